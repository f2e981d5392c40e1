//! Words that a change removes from the code: a test about them has nothing left to test.

use std::collections::HashSet;

use crate::code::file::File;
use crate::rules::Change;
use shared::test_files::is_test;

/// Words that the change removed from all code except tests. A test about them has nothing left to test, but a
/// reader has to judge this.
pub(super) fn vanished(change: &Change<'_>) -> HashSet<String> {
    const SHORTEST: usize = 6;
    const MAX_FILES: usize = 3_000;
    let is_word = |word: &&str| word.len() >= SHORTEST;
    let is_code = |path: &str| syntax::Language::of_path(path).is_some() && !is_test(path);
    let lower = |file: Option<&File>| file.map_or_else(String::new, |file| file.text.to_lowercase());
    let mut gone: HashSet<String> = HashSet::new();
    for pair in change.pairs.iter().filter(|pair| is_code(&pair.path)) {
        let (old, new) = (lower(pair.base.as_deref()), lower(pair.head.as_deref()));
        let new: HashSet<&str> = words(&new).filter(is_word).collect();
        gone.extend(words(&old).filter(|word| is_word(word) && !new.contains(word)).map(str::to_string));
    }
    for path in change.head.paths().iter().filter(|path| is_code(path)).take(MAX_FILES) {
        if gone.is_empty() {
            break;
        }
        if let Some(text) = change.head.read(path) {
            for word in words(&text.to_lowercase()).filter(is_word) {
                gone.remove(word);
            }
        }
    }
    gone
}

pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
