//! What the engine makes of a weak model: missions of the real engine with its real gates, on releases of real packages
//! with their real tests, and a simulated model that is right with a given chance.
//!
//! - [`packages`] and [`steps`] say what a task is: a release, the real change, and wrong answers of which evidence that the
//!   engine never sees (tests that are held back) or their making says that they are wrong.
//! - [`authors`] says what another coder writes as tests of a task.
//! - [`suites`] runs the packages' tests, each once for a folder's content, and remembers on disk.
//! - [`rates`] says how the model errs, [`drawn`] what it answers, [`model`] is the model, [`configurations`] what the engine is set to.
//! - [`verdicts`] remembers what the real gates say of each answer.
//! - [`mission`] plays a mission with files, git and all, and says what became of it; [`replay`] plays it with the gates'
//!   verdicts as they are remembered, a thousand times faster; [`baselines`] without the engine.
//! - [`grid`] plays many, [`results`] keeps them, [`stats`] counts, [`predict`] says beforehand what they
//!   should come to, [`report`] tells.

pub mod authors;
pub mod baselines;
mod commands;
pub mod configurations;
pub mod drawn;
pub mod grid;
pub mod measured;
pub mod mission;
pub mod model;
pub mod packages;
pub mod predict;
pub mod rates;
pub mod replay;
pub mod steps;
pub mod suites;
#[cfg(test)]
mod tests;
pub mod verdicts;
