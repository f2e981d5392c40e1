//! Counts the words of many files in one thread: each distinct word is split, stemmed and looked up once. Its
//! numbers are valid only in this vocabulary; `names` has those of the index.

use crate::entry::{Counts, FIELDS};
use crate::pack::pack;
use crate::words::{runs, words};
use rustc_hash::FxHashMap;

/// The most words that are kept of one file.
const MAX_WORDS: usize = 5_000;
/// The most runs of letters whose words are remembered; beyond that, all are forgotten and computed again.
const MAX_KNOWN: usize = 400_000;

/// Words with numbers, and the counts of the current file.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    numbers: FxHashMap<Box<str>, u32>,
    /// For each run of letters, the range of its words in `parts`.
    known: FxHashMap<Box<str>, (u32, u32)>,
    parts: Vec<u32>,
    counts: Vec<Counts>,
    touched: Vec<u32>,
}

impl Vocabulary {
    /// Counts the words of a text for a field of the current file.
    pub(crate) fn count(&mut self, text: &str, field: usize) {
        for run in runs(text) {
            let (from, to) = match self.known.get(run) {
                Some(range) => *range,
                None => self.learn(run),
            };
            for at in from as usize..to as usize {
                let Some(number) = self.parts.get(at).copied() else { break };
                let Some(counts) = self.counts.get_mut(number as usize) else { break };
                if *counts == [0; FIELDS] {
                    if self.touched.len() >= MAX_WORDS {
                        continue;
                    }
                    self.touched.push(number);
                }
                counts[field] = counts[field].saturating_add(1);
            }
        }
    }

    fn learn(&mut self, run: &str) -> (u32, u32) {
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
            self.parts.clear();
        }
        let Self { numbers, parts, counts, .. } = self;
        let from = parts.len() as u32;
        words(run, |word| {
            let number = match numbers.get(word) {
                Some(number) => *number,
                None => {
                    let number = counts.len() as u32;
                    numbers.insert(word.into(), number);
                    counts.push([0; FIELDS]);
                    number
                }
            };
            parts.push(number);
        });
        let range = (from, parts.len() as u32);
        self.known.insert(run.into(), range);
        range
    }

    /// The words of the file, packed by number, and the number of words in each field. Then the next file begins.
    pub(crate) fn end_of_file(&mut self) -> (Box<[u8]>, [u32; FIELDS]) {
        self.touched.sort_unstable();
        let mut lengths = [0; FIELDS];
        let mut list = Vec::with_capacity(self.touched.len());
        for number in self.touched.drain(..) {
            if let Some(counts) = self.counts.get_mut(number as usize) {
                let counts = std::mem::take(counts);
                for (sum, n) in lengths.iter_mut().zip(counts) {
                    *sum += u32::from(n);
                }
                list.push((number, counts));
            }
        }
        (pack(&list), lengths)
    }

    /// All words with their numbers, sorted.
    pub(crate) fn into_words(self) -> Vec<(Box<str>, u32)> {
        let mut words: Vec<(Box<str>, u32)> = self.numbers.into_iter().collect();
        words.sort_unstable();
        words
    }
}
