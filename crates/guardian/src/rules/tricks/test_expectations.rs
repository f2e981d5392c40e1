//! What the tests of the project expect of a name: the proof that a result was made for them.
//!
//! Reads assertions and, for languages whose tests compare with `if`, lines of test files. Runs nothing.

use shared::test_files::is_test;

use crate::code::file::File;
use crate::code::functions::assertions;
use crate::rules::Change;

/// Texts in which tests compare.
pub(super) fn comparisons(change: &Change<'_>) -> Vec<String> {
    const MAX_FILES: usize = 500;
    let of = |file: &File| -> Vec<String> {
        if !file.is_code() {
            return Vec::new();
        }
        let mut found = assertions(file, 0);
        if file.is_test() {
            found.extend(file.text.lines().filter(|line| line.contains(['=', '('])).map(str::to_string));
        }
        found
    };
    let mut found: Vec<String> = change.heads().flat_map(|(_, file)| of(file)).collect();
    let tests = change.head.paths().iter().filter(|path| is_test(path)).take(MAX_FILES);
    found.extend(tests.filter_map(|path| change.head.file(path)).flat_map(|file| of(&file)));
    found
}

/// Whether one of these texts names `name` and has the literal outside of the arguments of its calls.
pub(super) fn expects(comparisons: &[String], name: &str, literal: &str) -> bool {
    let plain = literal.trim_matches(['"', '\'', '`']);
    !name.is_empty()
        && !plain.is_empty()
        && comparisons.iter().any(|text| beside(text, name).is_some_and(|rest| has(&rest, plain)))
}

/// The text without the name and the arguments of its calls; `None` if it does not name it.
fn beside(text: &str, name: &str) -> Option<String> {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
    let at = text
        .match_indices(name)
        .map(|(at, _)| at)
        .find(|at| !part(text[..*at].chars().next_back()) && !part(text[at + name.len()..].chars().next()))?;
    let (before, after) = (&text[..at], &text[at + name.len()..]);
    if !after.starts_with('(') {
        return Some(format!("{before} {after}"));
    }
    let mut depth = 0_usize;
    let end = after.char_indices().find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    Some(format!("{before} {}", end.map_or("", |(end, _)| &after[end..])))
}

/// Whether the literal occurs on its own.
fn has(text: &str, plain: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    text.match_indices(plain).any(|(at, found)| {
        let after = text[at + found.len()..].chars().next().filter(|c| *c != '.');
        !part(text[..at].chars().next_back()) && !part(after)
    })
}

#[cfg(test)]
mod tests {
    use super::expects;

    #[test]
    fn a_literal_counts_beside_the_call_only() {
        let told = |text: &str, name, literal| expects(&[text.to_string()], name, literal);
        assert!(told("assert.equal(z(), 26)", "z", "26"));
        assert!(told("assert z(f(1), 2) == 'a b'", "z", "\"a b\""));
        assert!(told("expect(LIMIT).toBe(26)", "LIMIT", "26"));
        assert!(!told("assert.equal(z(26), 25)", "z", "26"));
        assert!(!told("assert.equal(zz(), 26)", "z", "26"));
        assert!(!told("assert.equal(z(), 126)", "z", "26"));
    }
}
