//! `npm run bench:engine`: what the engine itself costs, without models, git and checks.

mod effects;
mod mission;
mod plans;
mod storage;

pub use mission::{Run, run};
pub use plans::{Work, layers, random};
pub use storage::{Durable, append, replay};
