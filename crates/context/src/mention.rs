//! Files that an objective names outright.

use crate::entry::FileId;
use crate::index::Index;

/// Names looked up in one text.
const MAX_NAMES: usize = 200;
/// A name that fits more files than this says nothing.
const MAX_FILES: usize = 20;

/// The files that a text names by their path or by the end of it (`auth/login.ts`, `login.ts`), in order.
pub(crate) fn mentioned(index: &Index, text: &str) -> Vec<FileId> {
    let names = text
        .split(|c: char| {
            c.is_whitespace() || matches!(c, '`' | '"' | '\'' | '(' | ')' | ',' | ';' | '<' | '>' | '[' | ']')
        })
        .map(|name| {
            let name = name.trim_end_matches(['.', ':', '!', '?']).trim_start_matches("./");
            // `src/a.rs:12`
            name.split_once(':').map_or(name, |(path, _)| path)
        })
        .filter(|name| name.len() > 2 && name.trim_matches('.').contains(['.', '/']) && !name.contains("//"))
        .take(MAX_NAMES);
    let mut found = Vec::new();
    for name in names {
        if let Some(id) = index.id(name) {
            found.push(id);
            continue;
        }
        let ending = |path: &str| path.strip_suffix(name).is_some_and(|before| before.ends_with('/'));
        let fitting: Vec<FileId> = (0..)
            .zip(&index.entries)
            .filter(|(_, entry)| ending(&entry.path))
            .map(|(id, _)| id)
            .take(MAX_FILES + 1)
            .collect();
        if fitting.len() <= MAX_FILES {
            found.extend(fitting);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
