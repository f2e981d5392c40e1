//! BM25 over three fields (path, symbols, text), and over all words alike.
//!
//! `evidence` calls it, and `search` for the words that explain a hit. It reads no file, because the index has
//! all counts. Plain BM25 is the baseline of every ranking: a change of it changes every comparison.

use crate::entry::{BODY, Counts, FIELDS, FileId, PATH, SYMBOL};
use crate::index::Index;
use crate::query::Query;
use crate::words::words;
use std::collections::BTreeMap;

/// The weight of a word by its field, and how much a long field reduces it.
const FIELD_WEIGHT: [f32; FIELDS] = [6.0, 3.0, 0.5];
const FIELD_LENGTH: [f32; FIELDS] = [0.3, 0.5, 0.6];
/// How fast further repetitions stop to count.
const SATURATION: f32 = 1.2;
/// How much a long file reduces a word, in plain BM25.
const LENGTH: f32 = 0.75;
/// The most words of a question that are looked up, in plain BM25.
const MAX_WORDS: usize = 256;

/// A word of the question that a file contains, and its best field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) word: usize,
    pub(crate) field: usize,
}

/// Scores each file by the fields that contain the question's words.
pub(super) fn by_field(index: &Index, asked: &Query) -> Vec<f32> {
    let all: f32 = asked.words.iter().map(|word| word.weight).sum();
    let mut scores = vec![0.0; index.entries.len()];
    let mut covered = vec![0.0; index.entries.len()];
    // If a file contains several stand-ins of a word, only the best counts, not their sum.
    let mut best = vec![0.0_f32; index.entries.len()];
    for word in &asked.words {
        let mut touched: Vec<FileId> = Vec::new();
        for (term, worth) in &word.terms {
            for (file, counts) in index.postings.list(*term) {
                let strength = strength(index, file, counts).0 * worth;
                let Some(own) = best.get_mut(file as usize) else { continue };
                if *own == 0.0 {
                    touched.push(file);
                }
                *own = own.max(strength);
            }
        }
        for file in touched {
            let file = file as usize;
            let strength = std::mem::take(&mut best[file]);
            scores[file] += word.weight * strength * (SATURATION + 1.0) / (SATURATION + strength);
            covered[file] += word.weight;
        }
    }
    for (score, covered) in scores.iter_mut().zip(covered) {
        *score *= 0.5 + 0.5 * covered / all.max(f32::MIN_POSITIVE);
    }
    scores
}

/// The words of the question that a file contains.
pub(crate) fn found(index: &Index, file: FileId, asked: &Query) -> Vec<Found> {
    let Some(entry) = index.entry(file) else { return Vec::new() };
    let counts: BTreeMap<u32, Counts> = entry.terms().collect();
    let mut found = Vec::new();
    for (n, word) in asked.words.iter().enumerate() {
        let fields = word.terms.iter().filter_map(|(term, worth)| {
            let (strength, field) = strength(index, file, *counts.get(term)?);
            Some((strength * worth, field))
        });
        if let Some((_, field)) = fields.max_by(|a, b| a.0.total_cmp(&b.0)) {
            found.push(Found { word: n, field });
        }
    }
    found
}

/// The score of a word in a file, over all fields, and the field that gives most of it.
fn strength(index: &Index, file: FileId, counts: Counts) -> (f32, usize) {
    let lengths = index.lengths.get(file as usize).copied().unwrap_or(index.mean);
    let mut sum = 0.0;
    let mut best = (0.0, BODY);
    for field in [PATH, SYMBOL, BODY].into_iter().filter(|field| counts[*field] > 0) {
        let long = 1.0 - FIELD_LENGTH[field] + FIELD_LENGTH[field] * lengths[field] / index.mean[field];
        let part = FIELD_WEIGHT[field] * f32::from(counts[field]) / long;
        sum += part;
        if part > 0.0 && (field != BODY || best.0 == 0.0) && part >= best.0 {
            best = (part, field);
        }
    }
    (sum, best.1)
}

/// Plain BM25: all words of a file and its path count alike. The baseline of every other ranking.
pub(super) fn plain(index: &Index, question: &str) -> Vec<f32> {
    let mut counts: BTreeMap<String, f32> = BTreeMap::new();
    words(question, |word| {
        if counts.len() < MAX_WORDS || counts.contains_key(word) {
            *counts.entry(word.to_owned()).or_insert(0.0) += 1.0;
        }
    });
    let mean = index.mean[BODY] + index.mean[PATH];
    let mut scores = vec![0.0; index.entries.len()];
    for (word, times) in counts {
        let Some(term) = index.term(&word) else { continue };
        let weight = index.weight(term) * times;
        for (file, counts) in index.postings.list(term) {
            let file = file as usize;
            let (Some(score), Some(length)) = (scores.get_mut(file), index.lengths.get(file)) else {
                continue;
            };
            let n = f32::from(counts[BODY]) + f32::from(counts[PATH]);
            let long = 1.0 - LENGTH + LENGTH * (length[BODY] + length[PATH]) / mean;
            *score += weight * n * (SATURATION + 1.0) / (n + SATURATION * long);
        }
    }
    scores
}
