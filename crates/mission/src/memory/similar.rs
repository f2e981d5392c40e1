//! Whether two findings say the same in other words. By the words that they share; it knows no language.

use std::collections::BTreeSet;

/// Words are at least this long: shorter ones stand in every sentence.
const SHORTEST: usize = 4;
/// Texts with fewer words are only equal.
const FEWEST: usize = 3;

/// The words of a text, without endings that change from sentence to sentence.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let split = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    split
        .filter(|word| word.chars().count() >= SHORTEST)
        .map(|word| {
            let word = word.to_lowercase();
            let stem = word
                .strip_suffix("ing")
                .or_else(|| word.strip_suffix("ed"))
                .or_else(|| word.strip_suffix('s'));
            stem.filter(|stem| stem.len() >= SHORTEST).map_or_else(|| word.clone(), str::to_string)
        })
        .collect()
}

/// Whether they share more words than they differ in.
pub(super) fn is_similar(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    if one.len().min(other.len()) < FEWEST {
        return one == other;
    }
    let shared = one.intersection(other).count();
    shared * 2 >= one.union(other).count()
}
