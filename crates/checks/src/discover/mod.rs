//! Finding the project's own commands in its manifests: one file a kind of
//! project. Pure: files are read through the function that is given.

mod cargo;
mod go;
mod make;
mod node;
mod python;

use std::time::Duration;

use crate::check::{Check, DEFAULT_TIMEOUT, Kind};
use crate::shell::quote;
pub(crate) use node::Manager as NodeManager;

/// Manifests below the root are used only where the root has none of their
/// kind, and not deeper than this.
const MAX_DEPTH: usize = 2;
/// Folders of one kind of project that are looked at.
const MAX_PROJECTS: usize = 8;
/// Folders whose manifests are not the project's own.
const FOREIGN: &[&str] = &[
    "node_modules",
    "vendor",
    "third_party",
    "fixtures",
    "__fixtures__",
    "testdata",
    "test",
    "tests",
    "examples",
    "example",
    "templates",
    "template",
    "target",
    "dist",
    "build",
    "docs",
    "bench",
    "benchmarks",
    "fuzz",
];

/// What manifests are read from: contents by path, and all paths.
pub(crate) struct Source<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    list: &'a [String],
}

impl<'a> Source<'a> {
    pub(crate) fn new(read: &'a dyn Fn(&str) -> Option<String>, list: &'a [String]) -> Source<'a> {
        Source { read, list }
    }
}

impl Source<'_> {
    /// A file in a folder (empty: the root).
    pub(crate) fn read(&self, folder: &str, file: &str) -> Option<String> {
        let path = join(folder, file);
        self.has(folder, file).then(|| (self.read)(&path)).flatten()
    }

    pub(crate) fn has(&self, folder: &str, file: &str) -> bool {
        let path = join(folder, file);
        self.list.contains(&path)
    }

    pub(crate) fn has_any(&self, folder: &str, files: &[&str]) -> bool {
        files.iter().any(|file| self.has(folder, file))
    }

    /// Paths below a folder, relative to it.
    fn below<'b>(&'b self, folder: &'b str) -> impl Iterator<Item = &'b str> {
        self.list.iter().filter_map(move |path| {
            if folder.is_empty() { Some(path.as_str()) } else { path.strip_prefix(folder)?.strip_prefix('/') }
        })
    }

    /// The folders that hold one of these manifests: the root alone where it
    /// has one, else the outermost ones.
    pub(crate) fn projects(&self, manifests: &[&str]) -> Vec<String> {
        if self.has_any("", manifests) {
            return vec![String::new()];
        }
        let mut folders: Vec<String> = self
            .list
            .iter()
            .filter_map(|path| path.rsplit_once('/'))
            .filter(|(folder, file)| manifests.contains(file) && folder.split('/').count() <= MAX_DEPTH)
            .filter(|(folder, _)| {
                !folder.split('/').any(|part| FOREIGN.contains(&part) || part.starts_with('.'))
            })
            .map(|(folder, _)| folder.to_owned())
            .collect();
        folders.sort();
        folders.dedup();
        let outermost: Vec<String> = folders
            .iter()
            .filter(|folder| !folders.iter().any(|other| folder.starts_with(&format!("{other}/"))))
            .take(MAX_PROJECTS)
            .cloned()
            .collect();
        outermost
    }
}

/// The project's own checks, builds first, tests last; names are unique. `read`
/// gives a file's text, `list` all paths relative to the project's root.
pub fn discover(read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> Vec<Check> {
    let source = Source { read, list };
    let mut found = Vec::new();
    found.extend(node::discover(&source));
    found.extend(cargo::discover(&source));
    found.extend(python::discover(&source));
    found.extend(go::discover(&source));
    let known: Vec<Kind> = found.iter().map(|(_, check)| check.kind).collect();
    found.extend(make::discover(&source, &known));
    let mut found = unique(found);
    found.sort_by_key(|check| check.kind);
    found
}

/// What a project says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Steps that make a fresh checkout ready; their `source` says why.
    pub setup: Vec<Check>,
    /// Builds first, tests last; names are unique.
    pub checks: Vec<Check>,
    pub refused: Vec<Refused>,
    /// Sentences that say what was seen, and what to configure.
    pub hints: Vec<String>,
}

/// A command of the project that is never run unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub run: String,
    /// Who names it: `package.json scripts.test`.
    pub source: String,
    /// What of it is refused, and how it can be allowed.
    pub why: String,
}

/// All that is found in a project. `programs` says whether a program of that
/// name is there.
pub fn find(
    read: &dyn Fn(&str) -> Option<String>,
    list: &[String],
    _programs: &dyn Fn(&str) -> bool,
) -> Found {
    Found { setup: setup(read, list).into_iter().collect(), checks: discover(read, list), ..Found::default() }
}

/// A configured check with what the project's manifests say of its command:
/// `npm test` as the user wrote it gets the test runner behind that script.
pub fn resolve(check: Check, read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> Check {
    node::resolve(&Source { read, list }, check)
}

/// The command that installs what the project depends on, as its lockfiles say
/// and with install scripts off; for a slot that lacks it. `None` where nothing
/// is to be installed.
pub fn setup(read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> Option<Check> {
    let source = Source { read, list };
    let steps = [node::setup(&source), cargo::setup(&source), python::setup(&source), go::setup(&source)];
    let steps: Vec<Step> = steps.into_iter().flatten().collect();
    let run: Vec<String> = steps
        .iter()
        .map(|step| match step.folder.as_str() {
            "" => step.run.clone(),
            folder => format!("(cd {} && {})", quote(folder), step.run),
        })
        .collect();
    let sources: Vec<&str> = steps.iter().map(|step| step.source.as_str()).collect();
    (!run.is_empty()).then(|| Check {
        name: "setup".to_owned(),
        kind: Kind::Custom,
        run: run.join(" && "),
        timeout: DEFAULT_TIMEOUT,
        directory: String::new(),
        source: sources.join(", "),
        runner: None,
        script: None,
    })
}

/// One project's part of the set-up.
struct Step {
    folder: String,
    run: String,
    source: String,
}

/// Time limits by what a check does: lints are quick, the rest may compile.
fn limit(kind: Kind) -> Duration {
    match kind {
        Kind::Lint => DEFAULT_TIMEOUT / 2,
        _ => DEFAULT_TIMEOUT,
    }
}

pub(crate) fn join(folder: &str, file: &str) -> String {
    if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
}

/// Names told apart by folder, then by kind of project, then by number.
fn unique(found: Vec<(&'static str, Check)>) -> Vec<Check> {
    let mut all: Vec<Check> = Vec::new();
    for (project, mut check) in found {
        let taken = |all: &[Check], name: &str| all.iter().any(|other| other.name == name);
        let base = check.name.clone();
        let folder = check.directory.replace('/', "-");
        let mut candidates = vec![base.clone()];
        if !folder.is_empty() {
            candidates.insert(0, format!("{folder}-{base}"));
        }
        candidates.push(format!("{project}-{base}"));
        candidates.extend((2..100).map(|number| format!("{project}-{base}-{number}")));
        if let Some(name) = candidates.into_iter().find(|name| !taken(&all, name)) {
            check.name = name;
            all.push(check);
        }
    }
    all
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
