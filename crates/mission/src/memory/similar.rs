//! Tells whether two findings say the same in other words, by the words that they share.
//!
//! For `conventions`. It cuts common English endings, and must not need any other grammar.

use std::collections::BTreeSet;

/// Shorter words, in characters, are not compared: they are in every sentence.
const SHORTEST: usize = 4;
/// A text with fewer words is similar only to an equal one.
const FEWEST: usize = 3;

/// The words of a text in lower case, without common endings.
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

/// Whether two texts share at least half of all their words.
pub(super) fn is_similar(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    if one.len().min(other.len()) < FEWEST {
        return one == other;
    }
    let shared = one.intersection(other).count();
    shared * 2 >= one.union(other).count()
}
