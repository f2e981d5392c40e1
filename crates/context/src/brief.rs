//! The Searcher's first text: an overview of the repository, and files that fit the objective.
//!
//! Uses `search` and `budget`; `engine::steps::plan` calls it. It opens no file and shows no code: everything comes
//! from the index. Files without room are counted.

use crate::budget::{Limited, bytes_of, count, shown};
use crate::file::Role;
use crate::index::Index;
use crate::search::render_one;
use std::collections::BTreeMap;

/// The most files that are ranked for one brief.
const MAX_FILES: usize = 60;
/// Files with less than this share of the best score are left out, beyond the first few.
const WEAK: f32 = 0.2;
const ALWAYS: usize = 8;
/// Deeper folders are only counted.
const MAX_DEPTH: usize = 6;
/// The share of the budget, and the bytes, that the tree of folders may use.
const TREE_SHARE: f32 = 0.25;
const TREE_BYTES: usize = 4_000;

/// An overview of the repository and the files that fit `objective`, best first, in at most `budget_tokens` by
/// [`crate::estimate_tokens`]. Names how many files were left out.
pub fn brief_input(index: &Index, objective: &str, budget_tokens: usize) -> String {
    let budget = bytes_of(budget_tokens);
    let mut text = Limited::new(budget);
    text.push(&format!("# Repository\n{}\n", languages(index)));
    let tree_limit = ((budget as f32 * TREE_SHARE) as usize).min(TREE_BYTES);
    text.push(&tree(index, tree_limit.min(text.left())));

    let mut hits = index.search(objective, MAX_FILES);
    // A file with a much lower score than the best contains only a chance word.
    let least = hits.first().map_or(0.0, |best| best.score * WEAK);
    let strong = hits.iter().filter(|hit| hit.score >= least).count();
    hits.truncate(strong.max(ALWAYS));
    if hits.is_empty() {
        text.push("\n# Files that fit the objective\nNone by their words; look at the folders above.\n");
        return text.finish();
    }
    let last = |left: usize| format!("{} more fit less well; grep finds them.\n", count(left, "file"));
    let reserve = last(MAX_FILES).len();
    let title = "\n# Files that fit the objective, best first\n";
    if text.left() < title.len() + reserve || !text.push(title) {
        return text.finish();
    }
    let mut left_out = 0;
    for hit in &hits {
        let entry = render_one(hit);
        if left_out > 0 || entry.len() + reserve > text.left() || !text.push(&entry) {
            left_out += 1;
        }
    }
    if left_out > 0 {
        text.push(&last(left_out));
    }
    text.finish()
}

/// `1204 files: 310 Rust, 40 TypeScript, 12 tests, 30 documents`.
fn languages(index: &Index) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &index.entries {
        let kind = match (entry.role, entry.language) {
            (Role::Code | Role::Test, Some(language)) => language.name(),
            (Role::Code | Role::Test, None) => "other code",
            (Role::Docs, _) => "documents",
            (Role::Data, _) => "configuration and data",
            (Role::Opaque, _) => "generated, binary or locked",
        };
        *kinds.entry(kind).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    format!("{}: {}.", count(index.entries.len(), "file"), kinds.join(", "))
}

/// The folders with their numbers of files, to the depth that fits `limit` bytes.
fn tree(index: &Index, limit: usize) -> String {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &index.entries {
        for (at, _) in entry.path.match_indices('/').take(MAX_DEPTH) {
            *folders.entry(&entry.path[..at]).or_default() += 1;
        }
    }
    let depth_of = |folder: &str| folder.matches('/').count() + 1;
    let drawn = |depth: usize| -> String {
        folders
            .iter()
            .filter(|(folder, _)| depth_of(folder) <= depth)
            .map(|(folder, n)| {
                let name = folder.rsplit('/').next().unwrap_or(folder);
                format!("{}{}/ {n}\n", "  ".repeat(depth_of(folder) - 1), shown(name))
            })
            .collect()
    };
    let fitting = (1..=MAX_DEPTH).rev().map(drawn).find(|text| text.len() <= limit);
    fitting.unwrap_or_else(|| {
        let mut text = Limited::new(limit.saturating_sub(40));
        let top = folders.iter().filter(|(folder, _)| depth_of(folder) == 1);
        let left_out = top.filter(|(folder, n)| !text.push(&format!("{}/ {n}\n", shown(folder)))).count();
        text.release(40);
        text.push(&format!("… {} more\n", count(left_out, "folder")));
        text.finish()
    })
}
