//! Runs every example of every rule as the documentation shows it.

use crate::{Guardian, GuardianOptions, MemorySources, RuleExample, rule_infos};

fn findings(guardian: &Guardian, example: &RuleExample) -> Vec<crate::Finding> {
    let base = MemorySources::new(example.base.iter().cloned());
    let head = MemorySources::new(example.head.iter().cloned());
    let mut paths: Vec<String> =
        example.base.iter().chain(&example.head).map(|(path, _)| path.clone()).collect();
    paths.sort();
    paths.dedup();
    guardian.lint_change(&base, &head, &paths)
}

#[test]
fn every_example_of_every_rule_holds() {
    let (guardian, problems) = Guardian::new(GuardianOptions::default());
    assert!(problems.is_empty(), "{problems:#?}");
    let mut wrong = Vec::new();
    for rule in rule_infos() {
        let name = format!("{} {:?}", rule.id, rule.languages);
        for (n, example) in rule.valid.iter().enumerate() {
            for finding in findings(&guardian, example).into_iter().filter(|f| f.rule == rule.id) {
                wrong.push(format!(
                    "{name}: valid example {n}: {}:{} {}",
                    finding.path, finding.line, finding.message
                ));
            }
        }
        for (n, example) in rule.invalid.iter().enumerate() {
            let found = findings(&guardian, example);
            if !found.iter().any(|f| f.rule == rule.id) {
                wrong.push(format!("{name}: invalid example {n}: nothing found, others: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_file_is_documented() {
    let infos = rule_infos();
    assert_eq!(infos.len(), crate::patterns::BUILT_IN.len() + super::RULES.len());
    for rule in infos {
        assert!(!rule.valid.is_empty() && !rule.invalid.is_empty(), "{}", rule.id);
        assert!(rule.note.trim().ends_with('.') && !rule.summary.is_empty(), "{}", rule.id);
    }
}
