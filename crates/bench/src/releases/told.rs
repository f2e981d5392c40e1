//! What a mission is told about a release: its notes, and the names of its new tests.
//!
//! `releases` calls it, with texts in and texts out. Only names of tests may be told, never what they check, because
//! the tests later decide whether the answer is right. It finds names only in JavaScript.

use std::collections::BTreeSet;

/// Marks of notes about things that a user of the package does not see.
const ASIDE: [&str; 7] = ["[meta]", "[tests]", "[dev deps]", "[actions]", "[readme]", "[docs]", "[deps]"];
/// The most names of new tests that are told.
const CASES: usize = 60;
/// The longest name, in characters.
const MAX_NAME: usize = 200;

/// The section of a change log for this version, without the notes of [`ASIDE`].
pub(super) fn notes(log: &str, version: &str) -> String {
    let heads = |line: &str| {
        let words = line.trim_start_matches('#').split(|c: char| !(c.is_alphanumeric() || ".-+".contains(c)));
        line.starts_with('#') && words.into_iter().any(|word| word.trim_start_matches('v') == version)
    };
    let section =
        log.lines().skip_while(|line| !heads(line)).skip(1).take_while(|line| !line.starts_with('#'));
    let aside = |line: &str| ASIDE.iter().any(|tag| line.to_lowercase().contains(tag));
    section.filter(|line| !line.trim().is_empty() && !aside(line)).collect::<Vec<_>>().join("\n")
}

/// Names of tests in `after` that are not in `before`, in their order.
pub(super) fn new_cases<'t>(
    before: impl Iterator<Item = &'t str>,
    after: impl Iterator<Item = &'t str>,
) -> Vec<String> {
    let mut seen: BTreeSet<String> = before.flat_map(cases).collect();
    after.flat_map(cases).filter(|name| seen.insert(name.clone())).take(CASES).collect()
}

/// The first arguments of calls of `test`, `it` and `t.test`.
fn cases(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let call = line
            .split_once('(')
            .filter(|(name, _)| matches!(name.rsplit('.').next(), Some("test" | "it")))?
            .1;
        let quote = call.chars().next().filter(|c| "'\"`".contains(*c))?;
        let name = call.get(1..)?.split(quote).next()?;
        (!name.is_empty() && name.chars().count() <= MAX_NAME).then(|| name.to_string())
    })
}

pub(super) fn objective(title: &str, notes: &str, cases: &[String]) -> String {
    let mut text = format!("Make the changes of the release {title} in this project.");
    if !notes.is_empty() {
        text += &format!(" Its notes say:\n\n{notes}\n");
    }
    if !cases.is_empty() {
        let names: Vec<String> = cases.iter().map(|name| format!("- {name}")).collect();
        text += &format!(
            "\nIts tests, which are not here, have new cases that are called:\n\n{}\n",
            names.join("\n")
        );
    }
    text + "\nWhat the project's own tests ask for stays, unless the above says otherwise. Leave the version number alone."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_those_of_the_version_without_what_is_aside() {
        let log = "## **2.1.0**\n- [New] later\n\n## **2.0.1**\n- [Fix] `parse`: a\n- [Dev Deps] update\n\n## **2.0.10**\n- [Fix] b\n";
        assert_eq!(notes(log, "2.0.1"), "- [Fix] `parse`: a");
        assert_eq!(notes(log, "2.0.10"), "- [Fix] b");
        assert_eq!(notes(log, "2.0"), "");
    }

    #[test]
    fn new_cases_are_named_once() {
        let before = "test('old', (t) => {})";
        let after = "test('old', (t) => {})\n  t.test(\"new, with 'quotes'\", function () {})\n  t.test(\"new, with 'quotes'\", x)\n\
                     t.equal(test('x'), 1)\nrun('no test')";
        assert_eq!(new_cases([before].into_iter(), [after].into_iter()), ["new, with 'quotes'"]);
    }
}
