//! A question as words of the repository with their weights.
//!
//! `ranking`, `search`, `task` and `excerpt` use it. Words that the index does not contain are dropped. It ranks no
//! file. It must split words with `words`, as the index does, or questions would find nothing.

use crate::budget::clip;
use crate::entry::TermId;
use crate::index::Index;
use crate::words::words;
use std::collections::{BTreeMap, HashMap};

/// The most words of a question that are looked up: the most distinctive ones.
const MAX_TERMS: usize = 64;
/// The weight of a word of the repository that begins with the asked word, or the reverse (`auth`, `authenticate`).
const BEGINNING: f32 = 0.4;
/// The same if the repository contains the asked word itself.
const BEGINNING_BESIDE: f32 = 0.15;
/// The weights of a whole identifier of several words, and of its parts.
const WHOLE: f32 = 1.5;
const PART: f32 = 0.6;
const MAX_BEGINNINGS: usize = 12;

/// The words of a question with their weights, known words only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    /// For each word of the question, the terms that stand for it with their weights
    pub(crate) words: Vec<QueryWord>,
    /// The weight of each word of a text
    worth: HashMap<String, f32>,
    /// The question asks for tests, or for documents
    pub(crate) about_tests: bool,
    pub(crate) about_docs: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct QueryWord {
    name: String,
    /// The word as it was asked, for people
    pub(crate) asked: String,
    pub(crate) weight: f32,
    pub(crate) terms: Vec<(TermId, f32)>,
}

/// A word while the question is read.
struct Asked {
    run: String,
    times: u32,
    factor: f32,
    whole: bool,
}

impl Asked {
    fn new(run: &str, whole: bool) -> Self {
        Self { run: clip(run, 40), times: 0, factor: 0.0, whole }
    }
}

impl Query {
    pub(crate) fn new(index: &Index, text: &str) -> Self {
        let mut counts: BTreeMap<String, Asked> = BTreeMap::new();
        // An objective may be 100 KB of log output; the beginning contains the question.
        let text = clip(text, 64 * 1024);
        for run in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            let mut found: Vec<String> = Vec::new();
            words(run, |word| found.push(word.to_owned()));
            // The whole identifier was meant; its parts are added in case it is written in another way.
            let compound = found.len() > 1;
            for (n, word) in found.iter().enumerate() {
                let whole = compound && n + 1 == found.len();
                let factor = if whole {
                    WHOLE
                } else if compound {
                    PART
                } else {
                    1.0
                };
                let asked = counts.entry(word.clone()).or_insert_with(|| Asked::new(run, whole));
                asked.times += 1;
                asked.factor = asked.factor.max(factor);
            }
        }
        let about = |list: &[&str]| list.iter().any(|word| counts.contains_key(*word));
        let (about_tests, about_docs) =
            (about(&["test", "spec"]), about(&["doc", "readm", "documentat", "changelog"]));
        let mut list: Vec<QueryWord> = counts
            .into_iter()
            .filter_map(|(name, asked)| {
                let terms = stand_ins(index, &name, asked.whole);
                let best = terms.iter().map(|(term, worth)| index.weight(*term) * worth).fold(0.0, f32::max);
                let weight = best * asked.factor * (1.0 + (asked.times as f32).ln());
                (weight > 0.0).then_some(QueryWord { name, asked: asked.run, weight, terms })
            })
            .collect();
        list.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.name.cmp(&b.name)));
        list.truncate(MAX_TERMS);
        let mut worth = HashMap::new();
        for word in &list {
            for (term, share) in &word.terms {
                let own = worth.entry(index.names.get(*term).to_owned()).or_insert(0.0_f32);
                *own = own.max(word.weight * share);
            }
        }
        Self { words: list, worth, about_tests, about_docs }
    }

    /// How well a name or a line fits, as the sum over its words.
    pub(crate) fn fit(&self, text: &str) -> f32 {
        let mut sum = 0.0;
        words(text, |word| sum += self.worth.get(word).copied().unwrap_or_default());
        sum
    }
}

/// The terms of the index that stand for a word: the word itself, longer terms that begin with it, and terms with which
/// it begins.
fn stand_ins(index: &Index, word: &str, whole: bool) -> Vec<(TermId, f32)> {
    let itself = index.term(word).filter(|term| index.spread(*term) > 0);
    let mut found: Vec<(TermId, f32)> = itself.map(|term| (term, 1.0)).into_iter().collect();
    if word.len() < 4 || whole {
        return found;
    }
    let beginning = if itself.is_some() { BEGINNING_BESIDE } else { BEGINNING };
    let longer = index.names.beginning_with(word).filter(|id| index.spread(*id) > 0);
    let longer = longer.filter(|id| index.names.get(*id) != word).take(MAX_BEGINNINGS);
    found.extend(longer.map(|id| (id, beginning)));
    let shorter = (4..word.len()).filter(|end| word.is_char_boundary(*end));
    found.extend(shorter.filter_map(|end| index.term(&word[..end])).map(|id| (id, beginning)));
    found
}
