//! Rules that need logic: one file each, with what it is, why, and examples that are its tests and its
//! page in the documentation.

mod arity_mismatch;
mod assertion;
mod broken_data;
mod commented_alternative;
mod commented_out_code;
mod conflict_marker;
mod constant_result;
mod damaged_file;
mod duplicate_definition;
mod elided_code;
mod emptied_body;
mod empty_branch;
pub(crate) mod evidence;
mod failure_passed_over;
mod hard_coded_result;
mod hidden_error;
mod hollow_test;
mod house_style;
mod left_over_file;
mod missing_export;
mod missing_fixture;
mod missing_item;
mod missing_library_name;
mod missing_member;
mod missing_package_name;
mod missing_path;
mod missing_return;
mod missing_unlisted;
mod missing_value;
mod name_of_another_scope;
mod not_accepted;
mod not_awaited;
mod not_compiled;
mod pretended_work;
mod secret_in_code;
mod sql_from_values;
mod syntax_error;
mod test_case_removed;
mod test_removed;
mod test_switched_off;
mod test_weakened;
mod truncated_file;
mod undeclared_dependency;
mod undefined_name;
mod unreachable_code;
mod unreached_module;
mod unresolved_import;
mod unsafe_setting;
mod unused_code;
mod unwritten_body;
mod weaker_configuration;
mod wrong_arguments;

mod change;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::file::{File, Raw};
use crate::finding::{Category, Severity};

pub(crate) use change::{Change, Pair};

/// Every rule with logic, in the order in which they run.
pub(crate) static RULES: &[&Rule] = &[
    &syntax_error::RULE,
    &conflict_marker::RULE,
    &undefined_name::RULE,
    &elided_code::RULE,
    &unresolved_import::RULE,
    &undeclared_dependency::RULE,
    &missing_export::RULE,
    &missing_fixture::RULE,
    &emptied_body::RULE,
    &unwritten_body::RULE,
    &test_removed::RULE,
    &test_weakened::RULE,
    &commented_out_code::RULE,
    &duplicate_definition::RULE,
    &empty_branch::RULE,
    &hidden_error::RULE,
    &missing_value::RULE,
    &secret_in_code::RULE,
    &truncated_file::RULE,
    &unreachable_code::RULE,
    &arity_mismatch::RULE,
    &unreached_module::RULE,
    &hard_coded_result::RULE,
    &house_style::RULE,
    &constant_result::RULE,
    &pretended_work::RULE,
    &broken_data::RULE,
    &weaker_configuration::RULE,
    &failure_passed_over::RULE,
    &test_switched_off::RULE,
    &hollow_test::RULE,
    &test_case_removed::RULE,
    &name_of_another_scope::RULE,
    &not_accepted::RULE,
    &damaged_file::RULE,
    &left_over_file::RULE,
    &unused_code::RULE,
    &commented_alternative::RULE,
    &sql_from_values::RULE,
    &unsafe_setting::RULE,
    &not_compiled::RULE,
    &not_awaited::RULE,
    &missing_return::RULE,
    &wrong_arguments::RULE,
    &missing_member::RULE,
    &missing_library_name::RULE,
    &missing_package_name::RULE,
];

/// A rule.
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) category: Category,
    /// of a finding that is certain; a rule may lower it for one that is not
    pub(crate) severity: Severity,
    /// what it finds, in a sentence
    pub(crate) summary: &'static str,
    /// why it matters and what to do instead
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

/// What a rule looks at.
pub(crate) enum Check {
    /// one file; findings that the base had too are left out
    File(fn(&File, &mut Found)),
    /// one file before and after
    Edit(fn(&Pair, &mut Found)),
    /// the whole change, with the trees around it
    Change(fn(&Change<'_>, &mut Found)),
    /// one file before and after while it is edited; the whole change where it is known, which tells more
    EditOrChange(fn(&Pair, &mut Found), fn(&Change<'_>, &mut Found)),
}

/// Takes down what a rule finds.
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

    /// A finding of the rule's own severity, about a byte range.
    pub(crate) fn at(&mut self, file: &File, start: usize, end: usize, message: impl Into<String>) {
        self.push(file, start, end, self.rule.severity, message.into());
    }

    /// A finding that is likely, not certain.
    pub(crate) fn maybe(&mut self, file: &File, start: usize, end: usize, message: impl Into<String>) {
        self.push(file, start, end, Severity::Warning, message.into());
    }

    /// A finding about a node.
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
