//! Releases of packages as missions for a real model: the objective, and whether an answer is right.
//!
//! The project is a version with its own tests, which pass. The objective consists of the notes of the next release and
//! the names of its new tests. The result is right if the tests of that release pass: no mission sees them.

mod told;

use std::fs;
use std::path::{Path, PathBuf};

use checks::Outcome;
use serde::Serialize;

use crate::projects::{Project, ProjectError, Registry, Tree};
use crate::uplift::packages::{PACKAGES, Package};
use crate::uplift::suites::Suites;

/// The most names of failing tests in a result.
const FAILING: usize = 20;
/// Folders that do not count as part of a project.
const ASIDE: [&str; 2] = [".git", "node_modules"];
/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A mission for a real model.
#[derive(Clone, Debug, Serialize)]
pub struct Release {
    /// `name from → to`, which also names it to [`judge`].
    pub title: String,
    pub objective: String,
    /// The project before the mission.
    pub files: Tree,
    /// A right answer: the release's own sources.
    pub answer: Tree,
    /// Folder with the `node_modules` that its tests need.
    pub environment: Option<PathBuf>,
}

/// The result of a release's tests.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    pub right: bool,
    pub passed: Option<u32>,
    /// At most 20 names; empty if the run broke off.
    pub failing: Vec<String>,
    /// How the run ended.
    pub end: String,
}

/// A release with the tests that decide.
struct Pair {
    package: &'static Package,
    title: String,
    base: Tree,
    head: Tree,
    notes: String,
}

/// The usable releases of the named packages (empty: all), and the ones that were left out with the reasons.
///
/// # Errors
/// In words, if a package or what its tests need cannot be fetched.
pub fn list(names: &[String], suites: &Suites) -> Result<(Vec<Release>, Vec<String>), String> {
    let (mut releases, mut left) = (Vec::new(), Vec::new());
    for pair in pairs(names)? {
        let environment = pair.package.environment()?;
        match pair.usable(suites) {
            Ok(objective) => releases.push(Release {
                files: pair.project(),
                answer: pair.answer(),
                title: pair.title,
                objective,
                environment,
            }),
            Err(why) => left.push(format!("{}: {why}", pair.title)),
        }
    }
    Ok((releases, left))
}

/// Runs the tests of a release on a folder.
///
/// # Errors
/// In words, if there is no such release, or its tests could not be run.
pub fn judge_release(title: &str, folder: &Path, suites: &Suites) -> Result<Judged, String> {
    let name = title.split(' ').next().unwrap_or_default().to_string();
    let pair = pairs(&[name])?.into_iter().find(|pair| pair.title == title);
    let pair = pair.ok_or_else(|| format!("there is no release `{title}`"))?;
    let tree = read(folder);
    let outcome = pair.held_out(&tree, suites);
    if let checks::End::CouldNotStart { why } = &outcome.end {
        return Err(format!("the tests of {title} could not be run: {why}"));
    }
    let failing = outcome.failing.iter().flatten().map(|failure| failure.name.clone());
    Ok(Judged {
        right: outcome.end.success(),
        passed: outcome.passed,
        failing: failing.take(FAILING).collect(),
        end: outcome.end.to_string(),
    })
}

fn pairs(names: &[String]) -> Result<Vec<Pair>, String> {
    let said = |error: ProjectError| error.to_string();
    // Dependencies of other languages are not in `node_modules`
    let wanted = PACKAGES.iter().filter(|package| package.project.registry == Registry::Npm);
    let mut pairs = Vec::new();
    for package in
        wanted.filter(|package| names.is_empty() || names.iter().any(|name| name == package.name()))
    {
        let versions = package.project.versions;
        for (from, to) in versions.iter().zip(versions.iter().skip(1)) {
            let log = Project { keep: &["CHANGELOG.md"], skip: &[], ..*package.project };
            let log = log.tree(to).map_err(said)?;
            pairs.push(Pair {
                package,
                title: format!("{} {from} → {to}", package.name()),
                base: package.folder(from).map_err(said)?,
                head: package.folder(to).map_err(said)?,
                notes: log.values().next().map(|text| told::notes(text, to)).unwrap_or_default(),
            });
        }
    }
    Ok(pairs)
}

impl Pair {
    fn is_of_tests(&self, path: &str) -> bool {
        let folder = self.package.project.suite.and_then(|suite| suite.folder.split('/').next());
        folder.is_some_and(|folder| path.split('/').next() == Some(folder))
    }

    /// The objective, if the tests distinguish a right answer from no answer.
    fn usable(&self, suites: &Suites) -> Result<String, String> {
        let green = |what: &str, outcome: &Outcome| match outcome.end.success() {
            true => Ok(()),
            false => Err(format!("{what} do not pass here ({})", outcome.end)),
        };
        let own: Vec<&str> =
            self.base.keys().map(String::as_str).filter(|p| self.package.is_test(p)).collect();
        if own.is_empty() {
            return Err("the version before has no tests".into());
        }
        if self.answer() == self.sources(&self.base) {
            return Err("no source file changed".into());
        }
        let cases = told::new_cases(self.tests(&self.base), self.tests(&self.head));
        if self.notes.is_empty() && cases.is_empty() {
            return Err("nothing tells what it is about: no notes, no new test".into());
        }
        green("the tests before the change", &suites.outcome(self.package, &self.base, &own))?;
        green("the tests of the release", &self.held_out(&self.head, suites))?;
        if self.held_out(&self.base, suites).end.success() {
            return Err("its tests pass without it".into());
        }
        Ok(told::objective(&self.title, &self.notes, &cases))
    }

    /// The outcome of the release's tests on these sources.
    fn held_out(&self, tree: &Tree, suites: &Suites) -> Outcome {
        let mut tree: Tree = self.sources(tree);
        tree.extend(self.head.iter().filter(|(path, _)| self.is_of_tests(path)).map(own));
        tree.extend(self.head.get_key_value("package.json").map(own));
        let tests: Vec<&str> =
            self.head.keys().map(String::as_str).filter(|p| self.package.is_test(p)).collect();
        suites.outcome(self.package, &tree, &tests)
    }

    fn tests<'t>(&'t self, tree: &'t Tree) -> impl Iterator<Item = &'t str> {
        tree.iter().filter(|(path, _)| self.package.is_test(path)).map(|(_, text)| text.as_str())
    }

    /// The sources of a tree, without tests and manifest.
    fn sources(&self, tree: &Tree) -> Tree {
        tree.iter().filter(|(path, _)| !self.is_of_tests(path) && *path != "package.json").map(own).collect()
    }

    fn answer(&self) -> Tree {
        self.sources(&self.head)
    }

    /// The version before, with a command that runs all of its tests.
    fn project(&self) -> Tree {
        let mut files = self.base.clone();
        files.insert(".gitignore".into(), "node_modules\n".into());
        let manifest = files.get("package.json").map(String::as_str).unwrap_or_default();
        if let (Ok(mut manifest), Some(suite)) =
            (serde_json::from_str::<serde_json::Value>(manifest), self.package.project.suite)
        {
            let all = self.package.command([format!("{}*{}", suite.folder, suite.suffix).as_str()]);
            manifest["scripts"] = serde_json::json!({ "test": all.replace("node_modules/.bin/", "") });
            files.insert("package.json".into(), format!("{manifest:#}\n"));
        }
        files
    }
}

/// The text files of a project.
fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, size) = (entry.path(), entry.metadata().map_or(u64::MAX, |found| found.len()));
            // A link is neither a file nor a folder here, and is not followed
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !ASIDE.iter().any(|name| entry.file_name() == *name) => {
                    waiting.push(path)
                }
                Ok(kind) if kind.is_file() && size <= MAX_FILE => {
                    if let (Ok(name), Ok(text)) = (path.strip_prefix(root), fs::read_to_string(&path)) {
                        tree.insert(name.to_string_lossy().into_owned(), text);
                    }
                }
                _ => {}
            }
        }
    }
    tree
}

fn own((path, text): (&String, &String)) -> (String, String) {
    (path.clone(), text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        let Some(package) = PACKAGES.iter().find(|package| package.name() == "qs") else {
            panic!("it is listed")
        };
        let tree = |version: &str| -> Tree {
            let manifest = "{\"name\":\"qs\"}";
            [("lib/index.js", version), ("package.json", manifest), ("test/parse.js", version)]
                .map(|(path, text)| (path.to_string(), text.to_string()))
                .into()
        };
        Pair { package, title: "qs 1 → 2".into(), base: tree("1"), head: tree("2"), notes: String::new() }
    }

    #[test]
    fn a_project_has_its_own_tests_and_nothing_of_the_release() {
        let files = pair().project();
        assert_eq!(files.get("test/parse.js").map(String::as_str), Some("1"));
        assert!(files.values().all(|text| text != "2"));
        assert!(files["package.json"].contains("\"test\": \"tape test/*.js\""), "{}", files["package.json"]);
    }

    #[test]
    fn a_right_answer_is_the_sources_alone() {
        assert_eq!(pair().answer().into_iter().collect::<Vec<_>>(), [("lib/index.js".into(), "2".into())]);
    }
}
