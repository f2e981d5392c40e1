//! Facts from past commits about the files, prepared for `ranking`.
//!
//! It does not use git: the caller reads the commits. It computes no score and is never stored with an index. A moved
//! file is recognised by its name only, and only if no other file has that name.

use crate::entry::FileId;
use crate::resolve::Paths;
use crate::words::words;
use serde::{Deserialize, Serialize};
use shared::text::start_of;
use std::collections::{BTreeMap, HashMap};

/// The most commits that are used; callers need not read more.
pub const MAX_PAST_COMMITS: usize = 5_000;
/// A commit with more files says nothing about a single one.
const MAX_PATHS: usize = 40;
/// The most bytes of a message that are read.
const MAX_MESSAGE: usize = 1_000;
/// Lines that tools append to messages.
const TRAILERS: [&str; 5] =
    ["signed-off-by:", "co-authored-by:", "reviewed-by:", "change-id:", "git-svn-id:"];

/// One commit of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCommit {
    /// Its message, or the beginning of the message
    pub message: String,
    /// The files that it changed, by their names at that time
    pub paths: Vec<String>,
}

/// A commit with those of its files that still exist.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) subject: String,
    pub(crate) files: Vec<FileId>,
    /// The number of newer commits.
    pub(crate) age: u32,
    /// The number of all files that it changed, including those that no longer exist.
    pub(crate) size: u32,
}

/// The usable commits, newest first, and the words of their messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Whether a history was given.
    pub(crate) is_known: bool,
    pub(crate) commits: Vec<Commit>,
    /// For each word the commits that contain it, with its number of occurrences.
    words: HashMap<String, Vec<(u32, u16)>>,
    pub(crate) lengths: Vec<f32>,
    pub(crate) mean_length: f32,
    /// Scores for each file: how recently, and how often, it changed.
    pub(crate) recency: [Vec<f32>; 2],
    /// For each file the commits that changed it, newest first.
    of_file: HashMap<FileId, Vec<u32>>,
}

impl History {
    /// `commits`: newest first. `paths`: the files by their current names.
    pub(crate) fn new(commits: &[PastCommit], paths: &Paths<'_>) -> Self {
        let names = names(paths);
        let mut history = Self { is_known: true, ..Self::default() };
        for (age, past) in commits.iter().take(MAX_PAST_COMMITS).enumerate() {
            if past.paths.len() > MAX_PATHS {
                continue;
            }
            let mut files: Vec<FileId> =
                past.paths.iter().filter_map(|path| now(path, paths, &names)).collect();
            files.sort_unstable();
            files.dedup();
            if !files.is_empty() {
                history.add(past, files, age as u32);
            }
        }
        let total: f32 = history.lengths.iter().sum();
        history.mean_length = (total / history.lengths.len().max(1) as f32).max(1.0);
        history
    }

    fn add(&mut self, past: &PastCommit, files: Vec<FileId>, age: u32) {
        let id = self.commits.len() as u32;
        let mut counts: BTreeMap<String, u16> = BTreeMap::new();
        for line in start_of(&past.message, MAX_MESSAGE).lines().filter(|line| !is_trailer(line)) {
            words(line, |word| {
                let n = counts.entry(word.to_owned()).or_insert(0);
                *n = n.saturating_add(1);
            });
        }
        self.lengths.push(counts.values().map(|n| f32::from(*n)).sum());
        for (word, n) in counts {
            self.words.entry(word).or_default().push((id, n));
        }
        for file in &files {
            self.of_file.entry(*file).or_default().push(id);
        }
        let subject = past.message.lines().next().unwrap_or_default().trim().to_owned();
        self.commits.push(Commit { subject, files, age, size: past.paths.len() as u32 });
    }

    /// For each of `files` files, the length of the messages of its commits; commits with many files count less.
    pub(crate) fn told_lengths(&self, files: usize) -> Vec<f32> {
        let mut lengths = vec![0.0; files];
        for (commit, length) in self.commits.iter().zip(&self.lengths) {
            for file in &commit.files {
                if let Some(own) = lengths.get_mut(*file as usize) {
                    *own += length / (commit.size as f32).sqrt();
                }
            }
        }
        lengths
    }

    /// The commits whose messages contain a word, with its number of occurrences.
    pub(crate) fn holding(&self, word: &str) -> &[(u32, u16)] {
        self.words.get(word).map_or(&[], Vec::as_slice)
    }

    /// The commits that changed a file, newest first.
    pub(crate) fn of(&self, file: FileId) -> &[u32] {
        self.of_file.get(&file).map_or(&[], Vec::as_slice)
    }
}

/// Whether a tool, not a person, wrote this line of a message.
pub(crate) fn is_trailer(line: &str) -> bool {
    let line = line.trim_start();
    TRAILERS.iter().any(|start| line.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start)))
}

/// The files whose name is unique.
fn names<'a>(paths: &Paths<'a>) -> HashMap<&'a str, Option<FileId>> {
    let mut names = HashMap::new();
    for (path, id) in paths.iter() {
        names.entry(name_of(path)).and_modify(|own| *own = None).or_insert(Some(id));
    }
    names
}

/// The current file for a path of the past: a moved file is recognised by its name, if that is unique.
fn now(path: &str, paths: &Paths<'_>, names: &HashMap<&str, Option<FileId>>) -> Option<FileId> {
    paths.get(path).or_else(|| names.get(name_of(path)).copied().flatten())
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
