//! The questions of the benchmark: commits, each with the tree and the history before it.

use crate::git::{Commit, Repository};
use context::{Index, MAX_PAST_COMMITS, PastCommit};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

/// The most files that a commit may change to become a question.
const MOST_FILES: usize = 8;
/// After this time a repository is left, with the results so far.
const TIME_LIMIT: Duration = Duration::from_secs(900);

/// A question with its answer.
pub struct Case<'a> {
    pub root: &'a Path,
    pub index: &'a Index,
    pub question: &'a str,
    pub changed: &'a BTreeSet<String>,
    pub lines: &'a BTreeMap<String, BTreeSet<u32>>,
}

/// Calls `each` for the newest `limit` commits that change 1 to 8 existing files; returns their number.
pub fn each_case(path: &Path, limit: usize, mut each: impl FnMut(&Case<'_>)) -> Result<usize, Failure> {
    let started = Instant::now();
    let repository = Repository::open(path)?;
    let commits = repository.commits()?;
    let parents = repository.parents()?;
    let folder = tempfile::tempdir()?;
    let (root, git_index) = (folder.path().join("tree"), folder.path().join("index"));
    std::fs::create_dir(&root)?;
    let mut index: Option<Index> = None;
    let mut done = 0;
    for commit in &commits {
        if done == limit || started.elapsed() > TIME_LIMIT {
            break;
        }
        if commit.parent.is_empty() || !(1..=MOST_FILES).contains(&commit.existing.len()) {
            continue;
        }
        let files = repository.check_out(&commit.parent, &root, &git_index)?;
        let known = match index.take() {
            Some(before) => before.rebuild(&root, &files),
            None => Index::build(&root, &files),
        };
        let now = known.with_history(&before(&commits, &parents, &commit.parent));
        let changed: BTreeSet<String> =
            commit.existing.iter().filter(|path| files.contains(path)).cloned().collect();
        if !changed.is_empty() {
            let lines = repository.changed_lines(commit)?;
            let question = commit.message.trim();
            each(&Case { root: &root, index: &now, question, changed: &changed, lines: &lines });
            done += 1;
        }
        index = Some(now);
    }
    Ok(done)
}

/// The history before a commit, newest first.
fn before(commits: &[Commit], parents: &HashMap<String, Vec<String>>, head: &str) -> Vec<PastCommit> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut open = vec![head];
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(parents.get(id).into_iter().flatten().map(String::as_str));
        }
    }
    commits
        .iter()
        .filter(|commit| seen.contains(commit.id.as_str()))
        .take(MAX_PAST_COMMITS)
        .map(|commit| PastCommit { message: commit.message.clone(), paths: commit.paths.clone() })
        .collect()
}
