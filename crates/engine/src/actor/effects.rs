//! What the orchestrator asks of the world: an effect to carry out, and word of when the state has settled or the mission
//! is over. The mission itself implements it in `missions`, simulations with what they like.
//!
//! It names no step: the floors above know the actor, the actor knows only this trait.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use mission::{Effect, Event, State};

pub type Events = Pin<Box<dyn Future<Output = Vec<Event>> + Send>>;

/// What the orchestrator needs of the world.
pub trait Effects: Send + Sync + 'static {
    /// Does it, and says what came of it. Whatever must be known earlier is recorded on the way.
    fn carry_out(&self, effect: Effect, state: Arc<State>) -> Events;
    /// Called whenever the state has settled: what no task needs any more is let go.
    fn settled(&self, _state: &State) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
    /// The mission is over or paused.
    fn closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
