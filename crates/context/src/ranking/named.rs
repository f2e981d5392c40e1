//! Scores files that a question names: by their path or its end, by a place in a stack trace, or by a symbol.
//!
//! `evidence` calls it. It looks up paths and symbols in the index and guesses none. A plain word is not a name, and
//! a name of many files scores nothing.

use crate::entry::{FileId, SYMBOL};
use crate::index::Index;
use crate::words::words;
use std::collections::BTreeMap;

/// The most names that are looked up for one text.
const MAX_NAMES: usize = 200;
/// A name of more files than this scores nothing.
const MAX_FILES: usize = 20;
/// A symbol that more files define scores nothing.
const MAX_DEFINERS: usize = 4;
/// The most files whose symbols are searched for one name.
const MAX_LOOKED_INTO: usize = 64;
/// The score of a file that defines a named symbol; a named path scores 1.
const SYMBOL_WORTH: f32 = 0.6;

/// The files that a text names, with a score for the certainty.
pub(super) fn named(index: &Index, text: &str) -> Vec<f32> {
    let mut scores = vec![0.0; index.entries.len()];
    let found = paths(index, text).into_iter().map(|file| (file, 1.0)).chain(symbols(index, text));
    for (file, worth) in found {
        if let Some(score) = scores.get_mut(file as usize) {
            *score = f32::max(*score, worth);
        }
    }
    scores
}

/// The files that a text names by their path or by its end (`auth/login.ts`, `login.ts`). The path may begin above
/// the project, as in a stack trace.
fn paths(index: &Index, text: &str) -> Vec<FileId> {
    let names = text
        .split(|c: char| {
            c.is_whitespace() || matches!(c, '`' | '"' | '\'' | '(' | ')' | ',' | ';' | '<' | '>' | '[' | ']')
        })
        .map(|name| {
            let name = name.trim_end_matches(['.', ':', '!', '?']).trim_start_matches("./");
            let name = name.strip_prefix("file://").unwrap_or(name);
            // `src/a.rs:12`
            name.split_once(':').map_or(name, |(path, _)| path)
        })
        .filter(|name| name.len() > 2 && name.trim_matches('.').contains(['.', '/']) && !name.contains("//"))
        .take(MAX_NAMES);
    let mut found = Vec::new();
    for name in names {
        if let Some(id) = inner(index, name) {
            found.push(id);
            continue;
        }
        let ending = |path: &str| path.strip_suffix(name).is_some_and(|before| before.ends_with('/'));
        let last = name.rsplit('/').next().unwrap_or(name);
        let fitting: Vec<FileId> = index
            .places
            .named(&index.entries, last)
            .filter(|id| index.entry(*id).is_some_and(|entry| ending(&entry.path)))
            .take(MAX_FILES + 1)
            .collect();
        if fitting.len() <= MAX_FILES {
            found.extend(fitting);
        }
    }
    found
}

/// The file at a path, or at the rest of the path after folders above the project.
fn inner(index: &Index, name: &str) -> Option<FileId> {
    let mut rest = name;
    loop {
        if let Some(id) = index.id(rest) {
            return Some(id);
        }
        rest = rest.split_once('/')?.1;
        // A bare name at the root is too little evidence.
        if !rest.contains('/') {
            return None;
        }
    }
}

/// The files that define a symbol that is written as one: `parse_config`, `parseConfig`, or in backticks.
fn symbols(index: &Index, text: &str) -> Vec<(FileId, f32)> {
    let mut names: BTreeMap<&str, f32> = BTreeMap::new();
    let quoted = text.split('`').skip(1).step_by(2).filter(|name| is_name(name)).map(|name| (name, 1.0));
    let compound = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|name| is_compound(name))
        .map(|name| (name, 1.0));
    for (name, worth) in quoted.chain(compound).take(MAX_NAMES) {
        names.insert(name, worth);
    }
    let mut found = Vec::new();
    for (name, worth) in names {
        let mut whole = None;
        words(name, |word| whole = index.term(word));
        let Some(term) = whole else { continue };
        let files: Vec<FileId> = index
            .postings
            .list(term)
            .filter(|(_, counts)| counts[SYMBOL] > 0)
            .map(|(file, _)| file)
            .take(MAX_LOOKED_INTO)
            .filter(|file| {
                index
                    .entry(*file)
                    .is_some_and(|entry| entry.symbols().iter().any(|symbol| symbol.name == name))
            })
            .take(MAX_DEFINERS + 1)
            .collect();
        if files.len() <= MAX_DEFINERS {
            let share = worth * SYMBOL_WORTH / (files.len().max(1) as f32).sqrt();
            found.extend(files.into_iter().map(|file| (file, share)));
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    text.len() > 2 && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a word looks like an identifier of several words.
fn is_compound(word: &str) -> bool {
    let inner = word.trim_matches('_');
    inner.len() > 4
        && (inner.contains('_')
            || inner.chars().zip(inner.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase()))
}
