//! What simulations and benchmarks need of the engine's inside: the crates `sim` and `bench`, and nothing that is published.
//!
//! - [`World`] is what a mission stands on beside its host; [`Engine::in_world`](crate::Engine::in_world) takes another one.
//!   [`block_in_virtual_time`] makes blocking work take time of a clock that stands.
//! - [`Actor`] owns a mission's state, apart from what it sets in motion: a benchmark carries out its [`Effects`] in a world
//!   of its own.
//! - [`Judge`] and [`Lint`] say what the gates say of [`ChangedFiles`], without a mission.
//! - [`behaviour`], [`form`] and the numbers of voters are what a mission compares candidates by and settles disputes with.
//!
//! No other file of the engine imports from here.

mod candidate;
mod judge;
mod lint;

pub use crate::actor::effects::{Effects, Events};
pub use crate::actor::orchestrator::{Actor, Orchestrator, Permission, ScopeAnswer, Stopped};
pub use crate::actor::record::Record;
pub use crate::blocking::{Takes, block_in_virtual_time};
pub use crate::clock::{Clock, SystemClock};
pub use crate::gates::verdict::Permissions;
pub use crate::steps::review::dispute::{last_test_voters, test_voters};
pub use crate::world::{Commands, Observer, Processes, Running, World};
pub use candidate::{behaviour, form};
pub use judge::{GateReport, Judge, JudgeError};
pub use lint::{ChangedFiles, Lint, LintReport};
pub use mission::permit::{Refusal, Wish};
