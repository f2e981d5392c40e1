//! Scores tests of good files and their code, and other files of the same folder.
//!
//! `evidence` calls it with the best files so far; `resolve/places` knows where files are. It uses only names, and
//! does not check whether a test really imports its code. Names and folders of many files score nothing.

use crate::entry::{Entry, FileId};
use crate::file::Role;
use crate::index::Index;
use crate::resolve::paths::folder_of;
use crate::subject::subject;
use std::collections::{BTreeMap, HashMap};

/// If more files have a name, the name says nothing.
const MAX_ALIKE: usize = 24;
/// If a folder has more files, the folder says nothing.
const MAX_FOLDER: usize = 400;

/// Scores files with the same subject as good ones; for each also the good file.
pub(super) fn beside(index: &Index, seeds: &[(FileId, f32)]) -> (Vec<f32>, HashMap<FileId, FileId>) {
    let mut scores = vec![0.0; index.entries.len()];
    let mut of = HashMap::new();
    for &(seed, worth) in seeds {
        let Some(own) = index.entry(seed).filter(|entry| is_source(entry)) else { continue };
        let alike = index.places.of_subject(subject(&own.path));
        if alike.len() > MAX_ALIKE {
            continue;
        }
        for file in alike.iter().filter(|file| **file != seed) {
            let Some(other) = index.entry(*file).filter(|entry| is_source(entry)) else { continue };
            let pair = (own.role == Role::Test) != (other.role == Role::Test);
            let near = nearness(&own.path, &other.path);
            let worth = worth * near * if pair { 1.0 } else { 0.5 };
            if let Some(score) = scores.get_mut(*file as usize)
                && worth > *score
            {
                *score = worth;
                of.insert(*file, seed);
            }
        }
    }
    (scores, of)
}

fn is_source(entry: &Entry) -> bool {
    matches!(entry.role, Role::Code | Role::Test)
}

/// How much of their folders two paths share, from 0.5 to 1.
fn nearness(a: &str, b: &str) -> f32 {
    let parts = |path: &'_ str| -> Vec<String> {
        folder_of(path)
            .split('/')
            .filter(|part| !matches!(*part, "" | "src" | "lib" | "test" | "tests" | "__tests__" | "spec"))
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (parts(a), parts(b));
    let most = a.len().max(b.len());
    if most == 0 {
        return 1.0;
    }
    let shared = a.iter().filter(|part| b.contains(part)).count();
    0.5 + 0.5 * shared as f32 / most as f32
}

/// Scores files in the folders of good files.
pub(super) fn folder(index: &Index, seeds: &[(FileId, f32)]) -> Vec<f32> {
    let mut worth: BTreeMap<u32, f32> = BTreeMap::new();
    for (seed, score) in seeds {
        if let Some(folder) = index.places.folder(*seed) {
            *worth.entry(folder).or_insert(0.0) += score;
        }
    }
    worth.retain(|folder, _| index.places.size(*folder) <= MAX_FOLDER);
    let score = |file: FileId, folder: &u32| {
        let worth = worth.get(folder)?;
        index.entry(file).filter(|entry| entry.role != Role::Opaque)?;
        Some(worth / (index.places.size(*folder) as f32).sqrt())
    };
    (0..).zip(index.places.folders()).map(|(file, folder)| score(file, folder).unwrap_or_default()).collect()
}
