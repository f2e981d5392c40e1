//! Rules that need logic: one file each, with a summary, the reason, and examples that are its tests and its page in
//! the documentation. `evidence` states what each rule knows and when it reports nothing.
//!
//! A rule sees files only through `Change`, `Pair` and `File`, and does not see findings of other rules. For a rule
//! that inspects one file (`Check::File`), `engine` drops the findings that the base had too.

pub(crate) mod evidence;

mod broken;
mod calls;
mod change;
mod dishonest;
mod lazy;
mod names;
mod rule;
mod style;
#[cfg(test)]
mod tests;
mod tests_of_project;
mod tricks;
mod unsafe_code;

pub(crate) use change::{Change, Pair};
pub(crate) use rule::{Check, Example, Found, Rule};

/// Every rule with logic, in the order in which they run.
pub(crate) static RULES: &[&Rule] = &[
    &broken::syntax_error::RULE,
    &broken::conflict_marker::RULE,
    &names::undefined_name::RULE,
    &lazy::elided_code::RULE,
    &names::unresolved_import::RULE,
    &names::undeclared_dependency::RULE,
    &names::missing_export::RULE,
    &names::missing_fixture::RULE,
    &lazy::emptied_body::RULE,
    &lazy::unwritten_body::RULE,
    &tests_of_project::test_removed::RULE,
    &tests_of_project::test_weakened::RULE,
    &lazy::commented_out_code::RULE,
    &broken::duplicate_definition::RULE,
    &lazy::empty_branch::RULE,
    &dishonest::hidden_error::RULE,
    &calls::missing_value::RULE,
    &unsafe_code::secret_in_code::RULE,
    &broken::truncated_file::RULE,
    &broken::unreachable_code::RULE,
    &calls::arity_mismatch::RULE,
    &names::unreached_module::RULE,
    &dishonest::hard_coded_result::RULE,
    &style::house_style::RULE,
    &lazy::constant_result::RULE,
    &lazy::pretended_work::RULE,
    &broken::broken_data::RULE,
    &dishonest::weaker_configuration::RULE,
    &dishonest::failure_passed_over::RULE,
    &tests_of_project::test_switched_off::RULE,
    &tests_of_project::hollow_test::RULE,
    &tests_of_project::test_case_removed::RULE,
    &names::name_of_another_scope::RULE,
    &broken::not_accepted::RULE,
    &broken::damaged_file::RULE,
    &style::left_over_file::RULE,
    &style::unused_code::RULE,
    &style::commented_alternative::RULE,
    &unsafe_code::sql_from_values::RULE,
    &unsafe_code::unsafe_setting::RULE,
    &unsafe_code::weaker_security::RULE,
    &broken::not_compiled::RULE,
    &calls::not_awaited::RULE,
    &calls::missing_return::RULE,
    &calls::wrong_arguments::RULE,
    &names::missing_member::RULE,
    &names::missing_library_name::RULE,
    &names::missing_package_name::RULE,
    &tricks::result_under_test::RULE,
    &tricks::patched_assertion::RULE,
    &tricks::always_equal::RULE,
    &tricks::exit_at_import::RULE,
    &tricks::forged_verdict::RULE,
];
