//! Releases of packages as missions for a real model: what is asked, and what an answer is worth.
//!
//! The project is a version with its own tests, which pass. The objective is told by the notes of the next release and by
//! the names of its new tests. What was made of it is right if the tests of that release pass: no mission sees them.

mod told;

use std::fs;
use std::path::{Path, PathBuf};

use checks::Outcome;
use serde::Serialize;

use crate::projects::{Project, ProjectError, Registry, Tree};
use crate::uplift::packages::{PACKAGES, Package};
use crate::uplift::suites::Suites;

/// Names of failing tests that are told.
const FAILING: usize = 20;
/// Folders of a project that are no part of it.
const ASIDE: [&str; 2] = [".git", "node_modules"];
/// The largest file that is looked at, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A mission that a real model can be sent on.
#[derive(Clone, Debug, Serialize)]
pub struct Release {
    /// `name from → to`, which also names it to [`judge`].
    pub title: String,
    pub objective: String,
    /// The project to begin with.
    pub files: Tree,
    /// What a right answer is known to be: the release's own sources.
    pub answer: Tree,
    /// Folder with the `node_modules` that its tests need.
    pub environment: Option<PathBuf>,
}

/// What the tests of a release say.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    pub right: bool,
    pub passed: Option<u32>,
    /// At most 20 names; none where the run broke off.
    pub failing: Vec<String>,
    /// How the run ended.
    pub end: String,
}

/// A release with what decides.
struct Pair {
    package: &'static Package,
    title: String,
    base: Tree,
    head: Tree,
    notes: String,
}

/// The releases of the named packages (none: all) that can be asked for, and what was left out and why.
///
/// # Errors
/// In words, where a package or what its tests need cannot be fetched.
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

/// What the tests of a release say of a folder.
///
/// # Errors
/// In words, where there is no such release, or its tests could not be run.
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
    // What a project of another language needs is not in `node_modules`
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

    /// The objective, if a right answer and no answer can be told from each other.
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

    /// What the tests of the release say of these sources.
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

    /// What the release is about: neither tests nor the manifest.
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

/// The texts of a project, without what is no part of it.
fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, size) = (entry.path(), entry.metadata().map_or(u64::MAX, |found| found.len()));
            // A link is neither of the two, and nothing is read through it
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
