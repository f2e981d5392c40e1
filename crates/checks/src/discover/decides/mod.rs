//! Decides which lines a compiler or a type checker has checked if a check is green. It follows from the command, the
//! settings of the base, and the exceptions in the file itself. Pure.
//!
//! If this cannot be decided (an unknown option, an excluded file, code under a condition), the line counts as not
//! checked, and a finding about it stays. It knows nothing of findings.

mod command;
mod go;
mod python;
mod rust;
mod typescript;

use super::coverage;
use super::source::Source;
use crate::check::{Check, CheckPurpose};

/// A tool that checks that names, members, imports and arguments exist and fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    TypeScript,
    Pyright,
    Mypy,
    Rust,
    Go,
}

/// The function that reads a file's text, and all paths.
type Files<'a> = (&'a dyn Fn(&str) -> Option<String>, &'a [String]);

/// The project before and after a change, from which follows what a check decides.
pub struct Decisions<'a> {
    /// Settings of tools are read from the base, because the base's are in place while checks run.
    base: Source<'a>,
    now: Source<'a>,
    changed: &'a [String],
}

/// A line of a file, with the text around it.
struct Place<'t> {
    path: &'t str,
    text: &'t str,
    line: &'t str,
    /// From 0.
    at: usize,
}

impl<'a> Decisions<'a> {
    /// `changed`: paths that differ between base and now.
    pub fn new(base: Files<'a>, now: Files<'a>, changed: &'a [String]) -> Decisions<'a> {
        Decisions { base: Source::new(base.0, base.1), now: Source::new(now.0, now.1), changed }
    }

    /// The tool that has checked a line (from 1) if this check is green.
    pub fn decider(&self, check: &Check, path: &str, line: u32) -> Option<Decider> {
        let text = self.now.read("", path)?;
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        let place = Place { path, text: &text, line: text.lines().nth(at).unwrap_or_default(), at };
        let end = path.rsplit_once('.').map_or("", |(_, end)| end);
        let commands = command::chain(check.script.as_deref().unwrap_or(&check.run))?;
        commands.iter().find_map(|words| match end {
            "ts" | "tsx" | "mts" | "cts" => {
                typescript::judges(self, check, words, &place).then_some(Decider::TypeScript)
            }
            "py" => python::judges(self, check, words, &place),
            "rs" => rust::judges(self, check, words, &place).then_some(Decider::Rust),
            "go" => go::judges(self, check, words, &place).then_some(Decider::Go),
            _ => None,
        })
    }

    /// Whether a file belongs to the project that a command checks as a whole.
    fn is_in_project(&self, check: &Check, path: &str) -> bool {
        let code = Check { kind: CheckPurpose::Build, ..check.clone() };
        coverage::is_of(&self.base, &code, path)
    }
}

#[cfg(test)]
#[path = "../tests/decides.rs"]
mod tests;
