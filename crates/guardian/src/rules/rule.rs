//! A rule, its input, and the list to which it adds its findings. Knows no particular rule.

use std::sync::Arc;

use super::change::{Change, Pair};
use crate::code::file::{File, Raw};
use crate::finding::{Category, Severity};

/// A rule.
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) category: Category,
    /// The severity of a certain finding; the rule may lower it for an uncertain one
    pub(crate) severity: Severity,
    /// What it finds, in a sentence
    pub(crate) summary: &'static str,
    /// Why it matters and what to do instead
    pub(crate) note: &'static str,
    pub(crate) valid: &'static [Example],
    pub(crate) invalid: &'static [Example],
    pub(crate) check: Check,
}

/// An example of a rule: trees before and after a change, as (path, text).
pub(crate) struct Example {
    pub(crate) base: &'static [(&'static str, &'static str)],
    pub(crate) head: &'static [(&'static str, &'static str)],
}

impl Example {
    /// A new file.
    pub(crate) const fn new(head: &'static [(&'static str, &'static str)]) -> Example {
        Example { base: &[], head }
    }

    /// A change.
    pub(crate) const fn change(
        base: &'static [(&'static str, &'static str)],
        head: &'static [(&'static str, &'static str)],
    ) -> Example {
        Example { base, head }
    }
}

/// The input of a rule.
pub(crate) enum Check {
    /// One file; findings that the base also had are dropped
    File(fn(&File, &mut Found)),
    /// One file before and after
    Edit(fn(&Pair, &mut Found)),
    /// The whole change, with the trees around it
    Change(fn(&Change<'_>, &mut Found)),
    /// One file before and after while it is edited; at the gate the whole change, which shows more
    EditOrChange(fn(&Pair, &mut Found), fn(&Change<'_>, &mut Found)),
}

/// Collects the findings of a rule.
pub(crate) struct Found {
    rule: &'static Rule,
    raws: Vec<Raw>,
}

impl Found {
    pub(crate) fn new(rule: &'static Rule, raws: Vec<Raw>) -> Found {
        Found { rule, raws }
    }

    pub(crate) fn into_raws(self) -> Vec<Raw> {
        self.raws
    }

    /// Adds a finding about a byte range, with the rule's own severity.
    pub(crate) fn at(&mut self, file: &File, start: usize, end: usize, message: impl Into<String>) {
        self.push(file, start, end, self.rule.severity, message.into());
    }

    /// Adds a finding that is likely, not certain.
    pub(crate) fn maybe(&mut self, file: &File, start: usize, end: usize, message: impl Into<String>) {
        self.push(file, start, end, Severity::Warning, message.into());
    }

    /// Adds a finding about a node.
    pub(crate) fn node(&mut self, file: &File, index: usize, message: impl Into<String>) {
        let node = file.flat().node(index);
        self.at(file, node.start, node.end, message);
    }

    fn push(&mut self, file: &File, start: usize, end: usize, severity: Severity, message: String) {
        let mut raw = Raw::new(file, self.rule.id.into(), severity, start, end, message);
        raw.note = Some(Arc::from(self.rule.note));
        self.raws.push(raw);
    }
}
