//! What the orchestrator asks of the world: to carry out effects, and to be notified when the state has settled or the
//! mission is over. `missions` implements it for real missions; simulations have their own implementations.
//!
//! It names no step: the layers above know the actor, and the actor knows only this trait.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use mission::{Effect, Event, State};

pub type Events = Pin<Box<dyn Future<Output = Vec<Event>> + Send>>;

/// What the orchestrator needs of the world.
pub trait Effects: Send + Sync + 'static {
    /// Carries out an effect and returns the resulting events. Events that must be known earlier are recorded during
    /// the work.
    fn carry_out(&self, effect: Effect, state: Arc<State>) -> Events;
    /// Called whenever the state has settled, to free what no task needs any more.
    fn settled(&self, _state: &State) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
    /// The mission is over or paused.
    fn closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
