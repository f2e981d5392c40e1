//! The packages that a project has at a commit: named by its manifests and lockfiles, and which files are lists of
//! requirements. `packages_by_hand` and `python_modules` compare a change with them; they know how each file is read.

use std::collections::{BTreeMap, BTreeSet};

use workspace::Workspace;

use crate::bench::files::kinds::{FileKind, kind};
use crate::bench::files::requirements::is_requirements;
use crate::gates::protected::locked_packages;
use crate::gates::protected::packages_by_hand::{self, Known};

/// The most manifests that are read to find the project's packages.
const MAX_MANIFESTS: usize = 200;
/// The most lockfiles that are read.
const MAX_LOCKFILES: usize = 20;
/// The most lists of requirements that lists include.
const MAX_LISTS: usize = 50;

/// The packages of the project at a commit; `None` if it has no manifest.
pub(super) fn at(workspace: &Workspace, commit: &str) -> Result<Option<Known>, workspace::Error> {
    let files = workspace.files(commit)?;
    let is_lockfile = |path: &&String| path.rsplit('/').next().is_some_and(shared::lockfiles::is_lockfile);
    let manifests: Vec<&str> = files
        .iter()
        .filter(|path| packages_by_hand::is_manifest(path))
        .map(String::as_str)
        .take(MAX_MANIFESTS)
        .collect();
    if manifests.is_empty() {
        return Ok(None);
    }
    let lockfiles: Vec<&str> =
        files.iter().filter(is_lockfile).map(String::as_str).take(MAX_LOCKFILES).collect();
    let mut texts = read(workspace, commit, &manifests)?;
    let lists = included(workspace, commit, &mut texts)?;
    let mut known = Known { lists, ..Known::default() };
    for (path, text) in &texts {
        let path = if known.lists.contains(path) { "requirements.txt" } else { path };
        known.declared.extend(packages_by_hand::names(path, text));
        known.modules.extend(packages_by_hand::python_names(path, text));
    }
    for (path, text) in read(workspace, commit, &lockfiles)? {
        let names = locked_packages::names(&path, &text);
        let is_python = shared::lockfiles::python().any(|(_, file)| path.ends_with(file));
        known.modules.extend(names.iter().filter(|_| is_python).cloned());
        known.installed.extend(names);
    }
    known.modules = known.modules.iter().map(|name| module_name(name)).collect();
    Ok(Some(known))
}

/// The changed files that are lists of requirements under another name, because a list of the base includes them.
pub(super) fn lists(
    workspace: &Workspace,
    base: &str,
    paths: &[String],
) -> Result<BTreeSet<String>, workspace::Error> {
    let may_be =
        |path: &&String| matches!(kind(path), FileKind::Prose | FileKind::Other | FileKind::TestSupport);
    let candidates: BTreeSet<&String> = paths.iter().filter(may_be).collect();
    if candidates.is_empty() {
        return Ok(BTreeSet::new());
    }
    let files = workspace.files(base)?;
    let lists: Vec<&str> =
        files.iter().filter(|path| is_requirements(path)).map(String::as_str).take(MAX_LISTS).collect();
    let mut texts = read(workspace, base, &lists)?;
    let found = included(workspace, base, &mut texts)?;
    Ok(found.into_iter().filter(|path| candidates.contains(path)).collect())
}

/// Adds the lists that lists of requirements include; returns those of another name.
fn included(
    workspace: &Workspace,
    commit: &str,
    texts: &mut BTreeMap<String, String>,
) -> Result<BTreeSet<String>, workspace::Error> {
    let mut found = BTreeSet::new();
    let mut next: Vec<String> = texts.keys().filter(|path| is_requirements(path)).cloned().collect();
    while let Some(path) = next.pop() {
        let text = texts.get(&path).cloned().unwrap_or_default();
        for named in packages_by_hand::included(&path, &text) {
            if texts.contains_key(&named) || found.len() >= MAX_LISTS {
                continue;
            }
            texts.extend(read(workspace, commit, &[&named])?);
            if !is_requirements(&named) {
                found.insert(named.clone());
            }
            next.extend(texts.contains_key(&named).then_some(named));
        }
    }
    Ok(found)
}

fn read(
    workspace: &Workspace,
    commit: &str,
    paths: &[&str],
) -> Result<BTreeMap<String, String>, workspace::Error> {
    let texts = workspace.read_all(commit, paths)?;
    let pairs = paths.iter().zip(texts).filter_map(|(path, text)| Some(((*path).to_string(), text?)));
    Ok(pairs.map(|(path, text)| (path, String::from_utf8_lossy(&text).into_owned())).collect())
}

/// The usual name of a Python package's module.
pub(super) fn module_name(package: &str) -> String {
    package.to_ascii_lowercase().replace(['-', '.'], "_")
}
