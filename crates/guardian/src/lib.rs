//! What well-formed code is: rules, and what a change did to them.
//!
//! The Guardian looks at a change as a reviewer would who knows how models fail: broken code, lazy code,
//! dishonest tests, imports that lead nowhere. It reports only what the change introduced. Most rules are
//! data (`rules/<language>/*.yml`, ast-grep's format); those that need logic are a Rust file each in
//! `src/rules/`.
//!
//! **Invariants**: no I/O, no clock, no randomness: sources are given as data ([`Sources`]). The same
//! input gives the same findings in the same order. An unchanged tree has none.

mod baseline;
mod bodies;
mod constant;
mod data;
mod docs;
mod doubt;
mod engine;
mod facts;
mod file;
mod finding;
mod flat;
mod functions;
mod library;
mod names;
mod patterns;
mod places;
mod project;
pub mod render;
mod rules;
mod said;
mod scan;
mod sgconfig;
mod sources;
mod usual;
mod utilities;

pub use docs::{RuleExample, RuleInfo, markdown, rule_infos};
pub use engine::{Guardian, GuardianOptions};
pub use finding::{Category, Finding, Level, RuleProblem, Severity};
pub use scan::Scan;
pub use sgconfig::SgConfig;
pub use sources::{MemorySources, Sources};
