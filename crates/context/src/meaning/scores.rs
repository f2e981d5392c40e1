//! The similarities of files to one question, as the ranking uses them.

use std::collections::HashMap;

use crate::entry::FileId;

/// The similarities of one question to the files of an index.
#[derive(Debug)]
pub(crate) struct Meaning {
    pub(crate) question: String,
    /// Between -1 and 1; files without a vector are missing.
    pub(crate) similar: HashMap<FileId, f32>,
    /// For each file its score: nothing for a file of mean similarity.
    pub(crate) scores: Vec<f32>,
}

impl Meaning {
    pub(crate) fn similarity(&self, file: FileId) -> Option<f32> {
        self.similar.get(&file).copied()
    }

    pub(crate) fn scores(&self) -> Vec<f32> {
        self.scores.clone()
    }
}
