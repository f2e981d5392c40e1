//! What the engine achieves with a weak model: missions of the real engine with its real gates, on releases of real
//! packages with their real tests, and a simulated model that is right with a given chance.
//!
//! - [`packages`] and [`steps`] say what a task is: a release, the real change, and wrong answers. That an answer is
//!   wrong is known from held-out tests, which the engine never sees, or from the way it was made.
//! - [`authors`] says which tests another Coder writes for a task.
//! - [`suites`] runs the packages' tests, once for each content of a folder, and keeps the outcomes on disk.
//! - [`rates`] says how the model errs, [`drawn`] what it answers, [`model`] is the model, [`configurations`] has the
//!   engine's settings.
//! - [`verdicts`] keeps the verdicts of the real gates on each answer.
//! - [`mission`] plays a mission with files and git; [`replay`] plays it with the kept verdicts, a thousand times
//!   faster; [`baselines`] plays without the engine.
//! - [`grid`] plays many missions, [`results`] keeps their results, [`stats`] counts, [`predict`] computes the
//!   expected results, [`report`] prints.

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
