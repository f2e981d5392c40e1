//! Chooses the checks that a change concerns, in a project with so many that not all run on every tree.
//!
//! Works with the crate `checks`, which knows which folders depend on each other. It must run nothing.

use std::collections::HashMap;
use std::path::Path;

use checks::Check;
use workspace::Workspace;

/// Up to this many checks all run on every tree. Of more checks, only those run that the change concerns.
const MOST_ALWAYS: usize = 12;

/// Whether there are so many checks that not all of them run on every tree.
pub(crate) fn chooses(all: &[Check]) -> bool {
    all.len() > MOST_ALWAYS
}

/// Whether it is a check of the whole project, or one that the user configured.
pub(crate) fn is_general(check: &Check) -> bool {
    check.directory.is_empty()
}

/// The checks whose folder contains a change of `tree`, or needs such a folder, and the general ones.
pub(crate) fn concerned(workspace: &Workspace, base: &str, tree: &str, all: Vec<Check>) -> Vec<Check> {
    let changed = workspace.changes(base, tree).unwrap_or_default();
    let changed: Vec<String> = changed.into_iter().map(|change| change.path).collect();
    let files = workspace.files(tree).unwrap_or_default();
    let manifests: Vec<&str> =
        files.iter().map(String::as_str).filter(|path| path.ends_with("package.json")).collect();
    let texts = workspace.read_all(tree, &manifests).unwrap_or_default();
    let texts: HashMap<&str, String> = manifests
        .iter()
        .copied()
        .zip(texts)
        .filter_map(|(path, text)| Some((path, String::from_utf8(text?).ok()?)))
        .collect();
    let folders = checks::concerned(&|path| texts.get(path).cloned(), &files, &changed);
    let concerns = |check: &Check| {
        let inside = |path: &String| Path::new(path).starts_with(&check.directory);
        is_general(check) || folders.contains(&check.directory) || changed.iter().any(inside)
    };
    all.into_iter().filter(concerns).collect()
}
