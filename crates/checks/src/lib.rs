//! The checks of a project: finds its own commands, runs them, and reads their output.
//!
//! - [`discover`] and [`setup_steps`] read manifests and name the commands.
//! - [`resolve`] does the same for a command that the user has configured (pure).
//! - [`run`] runs one of them: in its own process group, with a time limit, only named environment
//!   variables and bounded output, confined to its slot as well as this machine can ([`Level`]).
//! - [`compare`] compares an [`Outcome`] with the same check on the base (pure).
//!
//! **Invariants.** Only this crate runs a project's commands. It uses no other crate of this
//! workspace. Everything but [`run`] and [`sweep`] is a function of its arguments. When [`run`]
//! returns, or when this process dies, all processes that it started, and their descendants, are
//! ended.

// Without process groups nothing runs, so code that only runs need is unused
#![cfg_attr(not(unix), allow(dead_code))]

#[cfg(unix)]
mod beneath;
#[cfg(unix)]
mod caches;
mod check;
mod compare;
mod diagnostics;
mod discover;
mod environment;
mod filter;
mod names;
mod one_file;
mod outcome;
mod output;
mod packages;
mod parse;
mod process;
mod runners;
mod shell;
mod telling;
mod toolchain;

pub use check::{Check, CheckPurpose, DEFAULT_TIMEOUT};
pub use compare::{NewFailure, Verdict, compare};
pub use discover::{
    Choice, Coverage, Decider, Decisions, Found, NOT_INSTALLED, Refused, SetupStep, concerned, discover,
    find, needs_test, resolve, setup_steps, started,
};
pub use filter::FilterError;
pub use names::{not_seen, title};
pub use one_file::formatters::{Formatter, formatters};
pub use one_file::linters::{Linter, LinterFinding, linter_findings, linters, new_linter_findings};
pub use outcome::{End, Outcome, TestFailure, reading};
pub use output::clean;
pub use packages::{Addition, Manifest, RegistryAnswer, Wanted, answer as package_answer, is_unreachable};
pub use parse::{Reading, Report, parse};
pub use process::{
    Bounds, ConfinedReach, Level, Network, RunOptions, Sandbox, describe_end, describe_sandbox, place, run,
    sandbox_available, sandbox_hint, spawn_confined, strongest, sweep,
};
pub use runners::{Language, Runner};
pub use toolchain::{has_program, toolchain};
