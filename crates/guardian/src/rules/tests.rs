use super::{Example, RULES, Rule};
use crate::{Guardian, GuardianOptions, MemorySources};

fn findings(guardian: &Guardian, example: &Example) -> Vec<crate::Finding> {
    let base = MemorySources::new(example.base.iter().copied());
    let head = MemorySources::new(example.head.iter().copied());
    let mut paths: Vec<String> =
        example.base.iter().chain(example.head).map(|(path, _)| (*path).to_string()).collect();
    paths.sort();
    paths.dedup();
    guardian.lint_change(&base, &head, &paths)
}

fn check(guardian: &Guardian, rule: &Rule) -> Vec<String> {
    let mut wrong = Vec::new();
    for (n, example) in rule.valid.iter().enumerate() {
        for finding in findings(guardian, example).into_iter().filter(|f| f.rule == rule.id) {
            wrong.push(format!(
                "{}: valid example {n}: {}:{} {}",
                rule.id, finding.path, finding.line, finding.message
            ));
        }
    }
    for (n, example) in rule.invalid.iter().enumerate() {
        if !findings(guardian, example).iter().any(|f| f.rule == rule.id) {
            wrong.push(format!("{}: invalid example {n}: nothing found", rule.id));
        }
    }
    wrong
}

#[test]
fn examples_of_rules_with_logic() {
    let (guardian, problems) = Guardian::new(GuardianOptions::default());
    assert!(problems.is_empty(), "{problems:#?}");
    let wrong: Vec<String> = RULES.iter().flat_map(|rule| check(&guardian, rule)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_examples_of_both_kinds() {
    for rule in RULES {
        assert!(!rule.valid.is_empty() && !rule.invalid.is_empty(), "{}", rule.id);
        assert!(rule.summary.ends_with('.') && rule.note.ends_with('.'), "{}", rule.id);
    }
}
