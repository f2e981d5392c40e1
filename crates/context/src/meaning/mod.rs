//! What an embedding model knows of files: the text that stands for each, and the similarity of a question to it.
//!
//! `engine` asks the model, `ranking` uses the similarities as one voice among the others. It asks no model and opens
//! only files below the root.

pub(crate) mod scores;
pub(crate) mod vectors;

use crate::budget::shown;
use crate::entry::{Depth, Entry, FileId};
use crate::file::{Folder, Role, is_generated};
use crate::index::Index;
use crate::meaning::scores::Meaning;
use std::collections::HashMap;
use std::sync::Arc;

/// The longest text that stands for a file, in bytes: models that read 512 tokens can read it whole.
const MAX_TEXT: usize = 1_500;
/// The part of it for the names of symbols, in bytes.
const MAX_NAMES: usize = 500;

/// A file and the text that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    pub path: String,
    pub text: String,
}

impl Index {
    /// The texts that stand for files, at most `limit`: path, names of symbols and the beginning of the file. If there
    /// are more files, those that rank highest for the question. Secrets and generated files are not among them.
    pub fn file_texts(&self, question: &str, limit: usize) -> Vec<FileText> {
        let folder = Folder::new(self.root());
        let worth = |entry: &Entry| entry.role != Role::Opaque && entry.depth >= Depth::Words;
        let worthy = (0..self.entries.len() as FileId).filter(|file| self.entry(*file).is_some_and(worth));
        let mut files: Vec<FileId> = worthy.collect();
        if files.len() > limit {
            let evidence = self.evidence(question);
            let ranked = evidence.ranked(&evidence.weights, self.entries.len());
            files = ranked.into_iter().map(|(file, _)| file).collect();
            files.retain(|file| self.entry(*file).is_some_and(worth));
            files.truncate(limit);
            files.sort_unstable();
        }
        let texts = files.into_iter().filter_map(|file| {
            let entry = self.entry(file)?;
            let text = folder.read(&entry.path).filter(|text| !is_generated(text))?;
            Some(FileText { path: entry.path.to_string(), text: text_of(entry, &text) })
        });
        texts.collect()
    }

    /// The same index with the similarity of files to a question. It counts for exactly this question.
    pub fn with_meaning(&self, question: &str, similar: &[(String, f32)]) -> Self {
        let usable = similar.iter().filter(|(_, similarity)| similarity.is_finite());
        let similar: HashMap<FileId, f32> = usable
            .filter_map(|(path, similarity)| Some((self.id(path)?, similarity.clamp(-1.0, 1.0))))
            .collect();
        let mean = similar.values().sum::<f32>() / similar.len().max(1) as f32;
        let mut scores = vec![0.0; self.entries.len()];
        for (file, similarity) in &similar {
            if let Some(score) = scores.get_mut(*file as usize) {
                *score = (similarity - mean).max(0.0);
            }
        }
        let mut index = self.clone();
        index.meaning = Some(Arc::new(Meaning { question: question.to_owned(), similar, scores }));
        index
    }

    /// The similarities that were given for this question.
    pub(crate) fn meaning(&self, question: &str) -> Option<&Meaning> {
        self.meaning.as_deref().filter(|meaning| meaning.question == question)
    }
}

/// The text that stands for a file.
fn text_of(entry: &Entry, text: &str) -> String {
    let mut own = format!("{}\n", shown(&entry.path));
    let names = own.len() + MAX_NAMES;
    for symbol in entry.symbols() {
        if own.len() + symbol.name.len() >= names {
            break;
        }
        own.push_str(&symbol.name);
        own.push(' ');
    }
    own.push('\n');
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if own.len() + line.len() >= MAX_TEXT {
            break;
        }
        own.push_str(line);
        own.push('\n');
    }
    own
}
