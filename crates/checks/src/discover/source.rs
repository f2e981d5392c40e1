//! The files of a project for discovery: contents by path, and all paths. It also decides which
//! folders contain another project.
//!
//! It gets texts and reads no disk, so tests and `engine` can give it any tree.

use std::collections::HashSet;

use globset::{GlobBuilder, GlobMatcher};
use serde_json::Value;

/// Manifests deeper than this are ignored.
const MAX_DEPTH: usize = 4;
/// The most folders for one kind of project.
pub(crate) const MAX_PROJECTS: usize = 200;
/// Folders whose manifests do not belong to the project itself.
const FOREIGN: &[&str] = &[
    "node_modules",
    "vendor",
    "vendors",
    "vendored",
    "third_party",
    "third-party",
    "thirdparty",
    "deps",
    "3rdparty",
    "external",
    "fixtures",
    "__fixtures__",
    "fixture",
    "testdata",
    "test-data",
    "test",
    "tests",
    "spec",
    "specs",
    "__tests__",
    "__mocks__",
    "testing",
    "e2e",
    "examples",
    "example",
    "samples",
    "sample",
    "demo",
    "demos",
    "templates",
    "template",
    "boilerplate",
    "boilerplates",
    "starters",
    "starter",
    "playground",
    "playgrounds",
    "sandbox",
    "target",
    "dist",
    "build",
    "out",
    "docs",
    "doc",
    "bench",
    "benchmark",
    "benchmarks",
    "fuzz",
    "site-packages",
    "venv",
    "bower_components",
    "Pods",
    "snapshots",
    "cookbook",
    "tutorials",
    "tutorial",
    "integration-tests",
    "integration_tests",
    "testing-fixtures",
    "scaffold",
    "skeleton",
    "stubs",
    "generators",
];

/// The source of manifests: contents by path, and all paths.
pub(crate) struct Source<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    list: &'a [String],
    known: HashSet<&'a str>,
    programs: &'a dyn Fn(&str) -> bool,
}

impl<'a> Source<'a> {
    pub(crate) fn new(read: &'a dyn Fn(&str) -> Option<String>, list: &'a [String]) -> Source<'a> {
        Source { read, list, known: list.iter().map(String::as_str).collect(), programs: &|_| true }
    }

    /// `programs` tells whether a program of that name is installed.
    pub(crate) fn with_programs(self, programs: &'a dyn Fn(&str) -> bool) -> Source<'a> {
        Source { programs, ..self }
    }

    pub(crate) fn has_program(&self, name: &str) -> bool {
        (self.programs)(name)
    }

    /// A file in a folder (empty: the root).
    pub(crate) fn read(&self, folder: &str, file: &str) -> Option<String> {
        let path = join(folder, file);
        self.has(folder, file).then(|| (self.read)(&path)).flatten()
    }

    pub(crate) fn has(&self, folder: &str, file: &str) -> bool {
        self.known.contains(join(folder, file).as_str())
    }

    pub(crate) fn has_any(&self, folder: &str, files: &[&str]) -> bool {
        files.iter().any(|file| self.has(folder, file))
    }

    /// The first of these files that exists in a folder.
    pub(crate) fn first<'f>(&self, folder: &str, files: &[&'f str]) -> Option<&'f str> {
        files.iter().copied().find(|file| self.has(folder, file))
    }

    /// Paths below a folder, relative to it.
    pub(crate) fn below<'b>(&'b self, folder: &'b str) -> impl Iterator<Item = &'b str> {
        self.list.iter().filter_map(move |path| {
            if folder.is_empty() { Some(path.as_str()) } else { path.strip_prefix(folder)?.strip_prefix('/') }
        })
    }

    /// Whether there are files below a folder.
    pub(crate) fn is_folder(&self, folder: &str) -> bool {
        self.below(folder).next().is_some()
    }

    /// The folder that `cd` enters; `start` is where the command line began.
    pub(crate) fn folder_at(&self, here: &str, start: &str, to: &str) -> String {
        let from_here = resolve(here, to);
        let from_start = resolve(start, to);
        let known = |folder: &Option<String>| folder.as_ref().is_some_and(|folder| self.is_folder(folder));
        if !known(&from_here) && known(&from_start) {
            return from_start.unwrap_or_default();
        }
        from_here.unwrap_or_else(|| here.to_owned())
    }

    /// Whether a pattern matches a file of the project or a folder above one.
    pub(crate) fn holds(&self, folder: &str, pattern: &str) -> bool {
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        if pattern.is_empty() || pattern == "." {
            return self.is_folder(folder);
        }
        if !pattern.contains(['*', '?', '{', '[']) {
            return self.has(folder, pattern) || self.is_folder(&join(folder, pattern));
        }
        let globs = [glob(pattern), glob(&format!("{pattern}/**"))];
        self.below(folder).any(|path| globs.iter().flatten().any(|glob| glob.is_match(path)))
    }

    /// The folders with one of these manifests, the root first, then by name; without folders of
    /// foreign projects.
    pub(crate) fn folders_with(&self, manifests: &[&str]) -> Vec<String> {
        let mut folders: Vec<String> = self
            .list
            .iter()
            .filter_map(|path| match path.rsplit_once('/') {
                Some((folder, file)) => manifests.contains(&file).then(|| folder.to_owned()),
                None => manifests.contains(&path.as_str()).then(String::new),
            })
            .filter(|folder| {
                folder.is_empty() || folder.split('/').count() <= MAX_DEPTH && !is_foreign(folder)
            })
            .collect();
        folders.sort();
        folders.dedup();
        folders
    }

    /// The folders with one of these manifests: only the root if it has one, otherwise the outermost
    /// ones.
    pub(crate) fn projects(&self, manifests: &[&str]) -> Vec<String> {
        let folders = self.folders_with(manifests);
        if folders.first().is_some_and(String::is_empty) {
            return vec![String::new()];
        }
        outermost(folders)
    }
}

/// Folders that are not inside another one of the list.
pub(crate) fn outermost(folders: Vec<String>) -> Vec<String> {
    let inside = |folder: &str| folders.iter().any(|other| other != folder && is_inside(folder, other));
    folders.iter().filter(|folder| !inside(folder)).cloned().collect()
}

pub(crate) fn is_inside(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Words at either end of a folder's name that show a project for other purposes, such as an
/// example.
const FOREIGN_WORDS: &[&str] = &[
    "example",
    "examples",
    "fixture",
    "fixtures",
    "template",
    "templates",
    "sample",
    "samples",
    "demo",
    "demos",
    "playground",
    "boilerplate",
    "e2e",
];

/// Names of folders with whole projects for tests: `test-<one of these>`.
const FOR_TESTS: &[&str] = &[
    "apps",
    "assets",
    "cases",
    "crates",
    "data",
    "files",
    "modules",
    "packages",
    "programs",
    "projects",
    "repos",
    "resources",
    "workspaces",
];

/// Whether a folder's manifests do not belong to the project itself.
pub(crate) fn is_foreign(folder: &str) -> bool {
    folder.split('/').any(|part| {
        let first = part.split(['-', '_']).next().unwrap_or(part);
        let last = part.rsplit(['-', '_']).next().unwrap_or(part);
        FOREIGN.contains(&part)
            || part.starts_with(['.', '_', '{'])
            || first.len() < part.len() && [first, last].iter().any(|word| FOREIGN_WORDS.contains(word))
            || ["test", "tests"].contains(&first) && FOR_TESTS.contains(&last)
    })
}

pub(crate) fn join(folder: &str, file: &str) -> String {
    if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
}

/// A path relative to a folder; `None` if it leaves the project.
pub(crate) fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~', '$']) || path.contains('$') {
        return None;
    }
    shared::paths::join(folder, path)
}

/// A glob in which `*` stays within a name, and `**` does not.
pub(crate) fn glob(pattern: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}

/// Parses JSON with comments and trailing commas, as in settings of tools.
pub(crate) fn json(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&without_comments(text)).ok())
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if in_string => {
                out.push(c);
                out.extend(chars.next());
            }
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '/' if !in_string && chars.peek() == Some(&'/') => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            '/' if !in_string && chars.peek() == Some(&'*') => {
                chars.next();
                let mut last = ' ';
                for c in chars.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '}' | ']' if !in_string => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_with_comments_are_read() {
        let text = "\u{feff}{ // one\n \"a\": \"//x\", /* two */ \"b\": [1, 2,],\n}";
        assert_eq!(json(text), Some(serde_json::json!({ "a": "//x", "b": [1, 2] })));
        assert_eq!(json("{"), None);
    }

    #[test]
    fn projects_that_tests_and_readers_are_given_are_not_the_projects_own() {
        for folder in
            ["test-crates/a", "tests_data", "base_template/web", "a/demo-shop", "vendored/b", "x/sample_app"]
        {
            assert!(is_foreign(folder), "{folder}");
        }
        for folder in ["test-utils", "crates/testing-kit", "runtime-tests/a", "contest", "packages/exampled"]
        {
            assert!(!is_foreign(folder), "{folder}");
        }
    }

    #[test]
    fn folders_are_entered_and_left() {
        assert_eq!(resolve("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(resolve("a", "./b/").as_deref(), Some("a/b"));
        assert_eq!(resolve("", ".."), None);
        assert_eq!(resolve("", "$HOME"), None);
    }
}
