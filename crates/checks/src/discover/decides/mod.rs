//! Which lines a compiler or a type checker has judged where a check is green: by the command, the settings that stood at
//! the base, and what the file itself leaves out. Pure.
//!
//! What cannot be told (an unknown option, a file left out, code under a condition) is not judged: a finding that rests on
//! it stays. It knows nothing of findings.

mod command;
mod go;
mod python;
mod rust;
mod typescript;

use super::coverage;
use super::source::Source;
use crate::check::{Check, CheckPurpose};

/// A tool that decides whether names, members, imports and arguments hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    TypeScript,
    Pyright,
    Mypy,
    Rust,
    Go,
}

/// How a file's text is read, and all paths.
type Files<'a> = (&'a dyn Fn(&str) -> Option<String>, &'a [String]);

/// What is known of a project, before and after a change, to say what a check decides.
pub struct Decisions<'a> {
    /// Settings of the tools are read here: the base's are in place while checks run.
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
    /// `changed`: paths that differ between the two.
    pub fn new(base: Files<'a>, now: Files<'a>, changed: &'a [String]) -> Decisions<'a> {
        Decisions { base: Source::new(base.0, base.1), now: Source::new(now.0, now.1), changed }
    }

    /// The tool that has judged a line (from 1) where this check is green.
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

    /// Whether a command that looks at its whole project looks at this file.
    fn is_in_project(&self, check: &Check, path: &str) -> bool {
        let code = Check { kind: CheckPurpose::Build, ..check.clone() };
        coverage::is_of(&self.base, &code, path)
    }
}

#[cfg(test)]
#[path = "../tests/decides.rs"]
mod tests;
