//! The index of a repository: the words, symbols and imports of each file.
//!
//! `read` reads files, `vocabulary` and `syntax` analyse them, `names` and `postings` keep the words, `kept` converts
//! an index to bytes and back. `graph` links files; `search` and `task` use the index. It only knows the files that it
//! is given: it lists no folder and writes nothing.

mod kept;
mod limits;
mod names;
mod parallel;
mod postings;
mod read;
mod vocabulary;

pub use kept::{Damage, Kept};
pub(crate) use names::Names;

use crate::entry::{Depth, Entry, FIELDS, FileId, TermId};
use crate::file;
use crate::graph::Graph;
use crate::history::{History, PastCommit};
use crate::meaning::scores::Meaning;
use crate::ranking::recency;
use crate::resolve::Paths;
use crate::resolve::places::Places;
use limits::Limits;
use postings::Postings;
use read::Before;
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// If more than one in this many files is new, all lists are built again.
const REBUILD_SHARE: usize = 16;

/// So many words that no file contains any more do no harm.
const MIN_DEAD: usize = 4_096;

/// The size of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Files listed
    pub files: usize,
    /// Files whose words are known
    pub read: usize,
    /// Files whose symbols are known
    pub parsed: usize,
    /// Files whose entries come from the previous index
    pub reused: usize,
    /// Imports from one file to another
    pub edges: usize,
    /// Bytes of memory, without the history
    pub bytes: usize,
}

/// The files of a repository, ready for a search. Files are in the order of their paths.
#[derive(Debug, Clone)]
pub struct Index {
    root: PathBuf,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) names: Arc<Names>,
    pub(crate) postings: Postings,
    /// For each file the number of words in each field, and the means.
    pub(crate) lengths: Arc<Vec<[f32; FIELDS]>>,
    pub(crate) mean: [f32; FIELDS],
    pub(crate) graph: Arc<Graph>,
    pub(crate) history: Arc<History>,
    /// For each file the length of the messages of its commits.
    pub(crate) told: Arc<Vec<f32>>,
    pub(crate) places: Arc<Places>,
    /// What an embedding model says of one question, if it was asked.
    pub(crate) meaning: Option<Arc<Meaning>>,
    reused: usize,
}

impl Index {
    /// Reads `files`, paths relative to `root` with `/` as separator. Paths that leave the root, links out of it and
    /// unreadable files are not read.
    pub fn build(root: &Path, files: &[String]) -> Self {
        Self::build_within(root, files, &Limits::USUAL)
    }

    pub(crate) fn build_within(root: &Path, files: &[String], limits: &Limits) -> Self {
        Self::assemble(root, files, limits, None, Arc::default(), None)
    }

    /// The same for files that may have changed, or another checkout; unchanged files are not parsed again.
    pub fn rebuild(&self, root: &Path, files: &[String]) -> Self {
        self.carried_on(root, files, None)
    }

    /// The same if only the files in `changed` may have changed; the others are not checked.
    pub fn update(&self, root: &Path, files: &[String], changed: &[String]) -> Self {
        self.carried_on(root, files, Some(changed))
    }

    fn carried_on(&self, root: &Path, files: &[String], changed: Option<&[String]>) -> Self {
        let changed: Option<HashSet<&str>> =
            changed.map(|list| list.iter().map(|path| as_kept(path)).collect());
        let compacted = self.is_littered().then(|| self.compacted()).flatten();
        let own = compacted.as_ref().unwrap_or(self);
        let before = Before { root: &own.root, entries: &own.entries, changed: changed.as_ref() };
        Self::assemble(root, files, &Limits::USUAL, Some(before), own.names.clone(), Some(own))
    }

    /// Whether most words are of files as they were before.
    fn is_littered(&self) -> bool {
        self.names.len() > 2 * self.postings.words() + MIN_DEAD
    }

    /// The same without the words that no file contains any more.
    fn compacted(&self) -> Option<Self> {
        let (names, entries) = self.living();
        let names = Arc::new(Names::of(&names)?);
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        let postings = Postings::of(&entries, names.len());
        Some(Self { entries, names, postings, ..self.clone() })
    }

    /// The same index with facts from past commits (newest first).
    pub fn with_history(mut self, commits: &[PastCommit]) -> Self {
        let mut history = History::new(commits, &Paths::of(&self.entries));
        history.recency = recency(&history, self.entries.len());
        self.told = Arc::new(history.told_lengths(self.entries.len()));
        self.history = Arc::new(history);
        self
    }

    /// Whether it has a history; the history stays as long as no file is added or removed.
    pub fn has_history(&self) -> bool {
        self.history.is_known
    }

    /// The size of the index.
    pub fn stats(&self) -> Stats {
        let at_least = |depth| self.entries.iter().filter(|entry| entry.depth >= depth).count();
        let words = self.names.len() * 2 * size_of::<TermId>() + self.names.text_len();
        Stats {
            files: self.entries.len(),
            read: at_least(Depth::Words),
            parsed: at_least(Depth::Symbols),
            reused: self.reused,
            edges: self.graph.edges(),
            bytes: self.entries.iter().map(|entry| entry.bytes()).sum::<usize>()
                + self.postings.bytes()
                + words,
        }
    }

    /// The number of lines of a file; 0 if it was not read. `None` if there is no such file.
    pub fn lines(&self, path: &str) -> Option<u32> {
        self.entry(self.id(path)?).map(|entry| entry.lines)
    }

    pub(crate) fn id(&self, path: &str) -> Option<FileId> {
        let path = as_kept(path);
        self.entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok().map(|at| at as FileId)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn entry(&self, id: FileId) -> Option<&Entry> {
        self.entries.get(id as usize).map(|entry| &**entry)
    }

    pub(crate) fn term(&self, word: &str) -> Option<TermId> {
        self.names.find(word)
    }

    /// The number of files that contain a term.
    pub(crate) fn spread(&self, term: TermId) -> usize {
        self.postings.spread(term)
    }

    /// How well a term distinguishes files; 0 if no file contains it.
    pub(crate) fn weight(&self, term: TermId) -> f32 {
        let (n, df) = (self.entries.len() as f32, self.spread(term) as f32);
        if df == 0.0 { 0.0 } else { (1.0 + (n - df + 0.5) / (df + 0.5)).ln() }
    }

    fn assemble(
        root: &Path,
        files: &[String],
        limits: &Limits,
        before: Option<Before<'_>>,
        mut names: Arc<Names>,
        index: Option<&Self>,
    ) -> Self {
        let mut paths: Vec<&str> =
            files.iter().map(|path| as_kept(path)).filter(|path| file::is_inside(path)).collect();
        paths.sort_unstable();
        paths.dedup();
        paths.truncate(limits.files);
        let (entries, fresh) = read::entries(root, &paths, limits, before, &mut names);
        let reused = entries.len() - fresh.len();
        let (lengths, mean) = lengths(&entries);
        let root = root.to_path_buf();

        let same_files = |old: &Self| {
            old.entries.len() == entries.len()
                && old
                    .entries
                    .iter()
                    .zip(&entries)
                    .all(|(old, new)| Arc::ptr_eq(old, new) || old.path == new.path)
        };
        if let Some(old) = index.filter(|old| same_files(old)) {
            let graph = if Graph::is_same(&old.entries, &entries, &fresh) {
                old.graph.clone()
            } else {
                Arc::new(old.graph.updated(&old.entries, &entries, &fresh))
            };
            let postings =
                if fresh.len() * REBUILD_SHARE > entries.len() + REBUILD_SHARE || old.postings.is_worn() {
                    Postings::of(&entries, names.len())
                } else {
                    let mut postings = old.postings.clone();
                    let replaced: Vec<(FileId, &Entry, &Entry)> = fresh
                        .iter()
                        .filter_map(|&n| Some((n as FileId, &**old.entries.get(n)?, &**entries.get(n)?)))
                        .collect();
                    postings.replace(&replaced, names.len());
                    postings
                };
            let (history, told) = (old.history.clone(), old.told.clone());
            let places = old.places.clone();
            return Self {
                root,
                entries,
                names,
                postings,
                lengths,
                mean,
                graph,
                history,
                told,
                places,
                meaning: None,
                reused,
            };
        }

        let postings = Postings::of(&entries, names.len());
        let graph = Arc::new(Graph::build(&entries));
        let (history, told) = (Arc::default(), Arc::new(vec![0.0; entries.len()]));
        let places = Arc::new(Places::of(&entries));
        Self {
            root,
            entries,
            names,
            postings,
            lengths,
            mean,
            graph,
            history,
            told,
            places,
            meaning: None,
            reused,
        }
    }
}

/// A path in the form that the index uses.
fn as_kept(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

fn lengths(entries: &[Arc<Entry>]) -> (Arc<Vec<[f32; FIELDS]>>, [f32; FIELDS]) {
    let mut sums = [0_u64; FIELDS];
    let mut lengths = Vec::with_capacity(entries.len());
    for entry in entries {
        for (sum, own) in sums.iter_mut().zip(entry.lengths) {
            *sum += u64::from(own);
        }
        lengths.push(entry.lengths.map(|n| n as f32));
    }
    let files = entries.len().max(1) as f64;
    (Arc::new(lengths), sums.map(|sum| (sum as f64 / files).max(1.0) as f32))
}
