//! For each word the files that contain it, packed: all lists in one block, and beside it the lists that have changed
//! since.
//!
//! `index` builds and replaces them from entries, `ranking` reads them. It knows only identifiers of words, computes no
//! score, and is not kept on disk. It does not clean up itself: `index` calls `is_worn` and builds all lists again.

use crate::entry::{Counts, Entry, FileId, TermId};
use crate::pack::{Counted, pack, put_counted, size_of};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The lists of all words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Postings {
    base: Arc<Base>,
    changed: FxHashMap<TermId, Arc<[u8]>>,
    /// For each word the number of files that contain it.
    spread: Vec<u32>,
    /// Bytes in `changed`.
    beside: usize,
}

#[derive(Debug, Default)]
struct Base {
    /// The start of the list of each word, and at the end the total length.
    starts: Vec<u64>,
    bytes: Vec<u8>,
}

impl Postings {
    /// The lists of `terms` words over these files.
    pub(crate) fn of(entries: &[Arc<Entry>], terms: usize) -> Self {
        // The positions of all lists are counted first, so that no list is moved later.
        let mut spread = vec![0_u32; terms];
        let mut starts = vec![0_u64; terms + 1];
        let mut last = vec![0_u32; terms];
        let every = || (0..).zip(entries).flat_map(|(file, entry)| entry.terms().map(move |own| (file, own)));
        for (file, (term, counts)) in every() {
            let term = term as usize;
            if let (Some(spread), Some(last), Some(size)) =
                (spread.get_mut(term), last.get_mut(term), starts.get_mut(term + 1))
            {
                *size += size_of(file - *last, counts) as u64;
                (*spread, *last) = (*spread + 1, file);
            }
        }
        for n in 1..starts.len() {
            starts[n] += starts[n - 1];
        }
        let mut bytes = vec![0; starts.last().copied().unwrap_or(0) as usize];
        let mut next: Vec<u64> = starts[..terms].to_vec();
        last.fill(0);
        let mut one = Vec::new();
        for (file, (term, counts)) in every() {
            let term = term as usize;
            let (Some(last), Some(next)) = (last.get_mut(term), next.get_mut(term)) else { continue };
            one.clear();
            put_counted(&mut one, file - *last, counts);
            *last = file;
            let from = *next as usize;
            if let Some(place) = bytes.get_mut(from..from + one.len()) {
                place.copy_from_slice(&one);
            }
            *next += one.len() as u64;
        }
        Self { base: Arc::new(Base { starts, bytes }), changed: FxHashMap::default(), spread, beside: 0 }
    }

    /// The files that contain a word, with its number of occurrences.
    pub(crate) fn list(&self, term: TermId) -> Counted<'_> {
        if let Some(list) = self.changed.get(&term) {
            return Counted::new(list);
        }
        let start = |n: usize| self.base.starts.get(n).map(|at| *at as usize);
        let term = term as usize;
        let range = start(term).zip(start(term + 1)).and_then(|(from, to)| self.base.bytes.get(from..to));
        Counted::new(range.unwrap_or_default())
    }

    /// The number of files that contain a word.
    pub(crate) fn spread(&self, term: TermId) -> usize {
        self.spread.get(term as usize).map_or(0, |n| *n as usize)
    }

    /// The number of words that a file contains.
    pub(crate) fn words(&self) -> usize {
        self.spread.iter().filter(|files| **files > 0).count()
    }

    /// Whether so much has changed that building all lists again is better.
    pub(crate) fn is_worn(&self) -> bool {
        self.beside > self.base.bytes.len() / 4 + 64 * 1024
    }

    /// Replaces the words of some files (in order): the old and the new entry of each.
    pub(crate) fn replace(&mut self, files: &[(FileId, &Entry, &Entry)], terms: usize) {
        self.spread.resize(terms, 0);
        let mut of_term: BTreeMap<TermId, Vec<(FileId, Option<Counts>)>> = BTreeMap::new();
        for &(file, before, now) in files {
            let mut own: BTreeMap<TermId, (Option<Counts>, Option<Counts>)> = BTreeMap::new();
            before.terms().for_each(|(term, counts)| own.entry(term).or_default().0 = Some(counts));
            now.terms().for_each(|(term, counts)| own.entry(term).or_default().1 = Some(counts));
            for (term, (before, now)) in own {
                if before != now {
                    of_term.entry(term).or_default().push((file, now));
                }
            }
        }
        for (term, changes) in of_term {
            let mut list: BTreeMap<FileId, Counts> = BTreeMap::new();
            let mut whole: Vec<(FileId, Counts)> = Vec::new();
            for (file, counts) in changes.iter().filter_map(|(file, now)| Some((*file, (*now)?))) {
                list.insert(file, counts);
            }
            let mut added = list.into_iter().peekable();
            for (file, counts) in self.list(term) {
                while let Some(new) = added.next_if(|(new, _)| *new < file) {
                    whole.push(new);
                }
                if changes.binary_search_by_key(&file, |(changed, _)| *changed).is_err() {
                    whole.push((file, counts));
                }
            }
            whole.extend(added);
            if let Some(spread) = self.spread.get_mut(term as usize) {
                *spread = whole.len() as u32;
            }
            let packed: Arc<[u8]> = pack(&whole).into();
            self.beside += packed.len();
            if let Some(old) = self.changed.insert(term, packed) {
                self.beside -= old.len();
            }
        }
    }

    /// The size of the lists in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.base.bytes.len() + 8 * self.base.starts.len() + 4 * self.spread.len() + self.beside
    }
}
