//! Rules about well-formed code, and what a change did to it.
//!
//! The Guardian looks at a change like a reviewer who knows how models fail: broken code, lazy code,
//! dishonest tests, imports of files that do not exist. It reports only what the change introduced. Most
//! rules are data (`rules/<language>/*.yml`, ast-grep's format); each rule that needs logic is a Rust
//! file in `src/rules/`.
//!
//! **Invariants**: no I/O, no clock, no randomness: sources are given as data ([`Sources`]). The same
//! input gives the same findings in the same order. An unchanged tree has no findings.

mod code;
mod data;
mod docs;
mod engine;
mod facts;
mod finding;
mod library;
mod names;
mod patterns;
mod project;
pub mod render;
mod rules;
mod scan;
mod sources;

pub use docs::{RuleExample, RuleInfo, markdown, rule_infos};
pub use engine::{Guardian, GuardianOptions};
pub use finding::{Category, Finding, Level, RuleProblem, Severity};
pub use patterns::sgconfig::SgConfig;
pub use rules::evidence::{Tool, decided_by};
pub use scan::Scan;
pub use sources::{MemorySources, Sources};
