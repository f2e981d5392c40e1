//! Parts of the engine for simulations and benchmarks (the crates `sim` and `bench`), not for published code.
//!
//! - [`World`] is the environment of a mission beside its host; [`Engine::in_world`](crate::Engine::in_world) takes
//!   another one. [`block_in_virtual_time`] makes blocking work take virtual time.
//! - [`Actor`] owns a mission's state: a benchmark carries out its [`Effects`] in its own world.
//! - [`Dispatching`] has changes checked by workers of a queue, without a mission.
//! - [`Judge`] and [`Lint`] give the gates' verdicts on [`ChangedFiles`], without a mission.
//! - [`behaviour`], [`form`] and the numbers of voters are those with which a mission compares candidates and decides
//!   disputes.
//!
//! No other file of the engine imports from here.

mod candidate;
mod dispatching;
mod judge;
mod lint;

pub use crate::actor::effects::{Effects, Events};
pub use crate::actor::orchestrator::{Actor, Orchestrator, Permission, ScopeAnswer, Stopped};
pub use crate::actor::record::Record;
pub use crate::blocking::{Takes, block_in_virtual_time};
pub use crate::clock::{Clock, SystemClock};
pub use crate::gates::verdict::Permissions;
pub use crate::steps::review::dispute::{last_test_voters, test_voters};
pub use crate::world::{Asking, Commands, Observer, Processes, Running, Workers, World};
pub use candidate::{behaviour, form};
pub use dispatching::Dispatching;
pub use judge::{GateReport, Judge, JudgeError};
pub use lint::{ChangedFiles, Lint, LintReport};
pub use mission::permit::{Refusal, Wish};
pub use queue;
