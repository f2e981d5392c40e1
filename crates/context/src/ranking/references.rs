//! Personalised PageRank over imports and references, in both directions, from the best files.
//!
//! `evidence` calls it; imports come from `graph`, references from rare words of `postings`. It resolves no name: a
//! word that few files define is a reference. The order in which words were read must not affect a score.

use crate::entry::{BODY, FileId, SYMBOL};
use crate::file::Role;
use crate::index::Index;
use std::collections::{BTreeMap, HashMap};

/// The share of a file's score that stays with it; the rest moves along its edges.
const STAYS: f32 = 0.4;
/// The most files whose edges are followed.
const MAX_STEPS: usize = 40;
/// A word that more files contain, or define, is not a reference.
const MAX_USERS: usize = 24;
const MAX_DEFINERS: usize = 2;
/// The smallest number that every possible number of users divides.
const WHOLE: u64 = 5_354_228_880;
/// The weights of edges: a reference, an import, and being imported.
const REFERENCE: f32 = 1.0;
const IMPORTED: f32 = 2.0;
const IMPORTER: f32 = 1.0;

/// The score that arrives at each file from the given ones, and the file that gives it most.
pub(super) fn connected(index: &Index, seeds: &[(FileId, f32)]) -> (Vec<f32>, HashMap<FileId, FileId>) {
    let mut arrived = vec![0.0; index.entries.len()];
    let mut waiting: BTreeMap<FileId, f32> = seeds.iter().copied().collect();
    let mut strongest: HashMap<FileId, (f32, FileId)> = HashMap::new();
    for _ in 0..MAX_STEPS {
        let next = waiting.iter().max_by(|a, b| a.1.total_cmp(b.1).then_with(|| b.0.cmp(a.0)));
        let Some((file, worth)) = next.map(|(file, worth)| (*file, *worth)) else { break };
        waiting.remove(&file);
        let edges = edges(index, file);
        let all: f32 = edges.iter().map(|(_, worth)| worth).sum();
        for (to, edge) in edges {
            let part = worth * (1.0 - STAYS) * edge / all;
            *waiting.entry(to).or_insert(0.0) += part;
            if let Some(own) = arrived.get_mut(to as usize) {
                *own += part;
            }
            let own = strongest.entry(to).or_insert((part, file));
            if part > own.0 {
                *own = (part, file);
            }
        }
    }
    (arrived, strongest.into_iter().map(|(to, (_, from))| (to, from)).collect())
}

/// The edges of a file by imports and references, in both directions.
fn edges(index: &Index, file: FileId) -> Vec<(FileId, f32)> {
    let mut edges: Vec<(FileId, f32)> = Vec::new();
    let mut add = |to: FileId, worth: f32| {
        if to != file {
            edges.push((to, worth));
        }
    };
    let imports = index.graph.imports(file);
    for to in imports {
        add(*to, IMPORTED);
    }
    let importers = index.graph.importers(file);
    for to in importers {
        // An import of a file that many others import means little.
        add(*to, IMPORTER / (importers.len() as f32).sqrt());
    }
    let Some(own) = index.entry(file).filter(|entry| is_source(entry.role)) else { return summed(edges) };
    // Counted in whole numbers, so that the order in which the words were read has no effect on the sum.
    let mut parts: Vec<(FileId, u64)> = Vec::new();
    for (term, counts) in own.terms() {
        let users = index.spread(term);
        if !(2..=MAX_USERS).contains(&users) {
            continue;
        }
        let definers = index.postings.list(term).filter(|(_, counts)| counts[SYMBOL] > 0).count();
        if definers == 0 || definers > MAX_DEFINERS {
            continue;
        }
        for (to, there) in index.postings.list(term) {
            let leads = match (counts[SYMBOL] > 0, there[SYMBOL] > 0) {
                (false, true) => counts[BODY] > 0,
                (true, false) => there[BODY] > 0,
                _ => false,
            };
            if leads && to != file {
                parts.push((to, WHOLE / users as u64));
            }
        }
    }
    parts.sort_unstable();
    for list in parts.chunk_by(|a, b| a.0 == b.0) {
        let Some((to, _)) = list.first() else { continue };
        if index.entry(*to).is_some_and(|entry| is_source(entry.role)) {
            let sum: u64 = list.iter().map(|(_, part)| part).sum();
            edges.push((*to, REFERENCE * (sum as f64 / WHOLE as f64) as f32));
        }
    }
    summed(edges)
}

/// One edge to each file, in order.
fn summed(mut edges: Vec<(FileId, f32)>) -> Vec<(FileId, f32)> {
    edges.sort_by_key(|(to, _)| *to);
    edges.dedup_by(|own, before| {
        let same = own.0 == before.0;
        if same {
            before.1 += own.1;
        }
        same
    });
    edges
}

/// Whether a file can refer to symbols: a symbol's name in prose is not a reference.
fn is_source(role: Role) -> bool {
    matches!(role, Role::Code | Role::Test)
}
