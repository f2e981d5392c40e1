//! Published packages, and the real changes between their consecutive versions.
//!
//! They are fetched when a benchmark runs, through the ordinary clients of the registries, into a cache folder
//! ([`cache`]); none of it is in this repository. A change is what a release changed, without what a build wrote.
//! If the package ships tests, half of the test files belong to the project (evidence, which gates may run), the
//! other half is held back ([`Change::held_out`]) to tell afterwards whether an accepted result was right.

mod change;
mod client;
mod list;
mod project;

use std::collections::BTreeMap;

pub use change::Change;
pub use client::{Release, release};
pub use list::ALL;
pub use project::{Project, ProjectError, Registry, Set, Suite, Tree, cache};

impl Project {
    pub fn find(name: &str) -> Option<&'static Project> {
        ALL.iter().find(|project| project.name == name)
    }

    /// The text files of a version, fetched if the cache does not have it.
    pub fn tree(&self, version: &str) -> Result<Tree, ProjectError> {
        let folder = client::fetch(self, version)?;
        let mut tree = client::read(&folder, &|path| self.wants(path))?;
        if self.registry == Registry::Crates {
            // Each room has its own lockfile
            tree.remove("Cargo.lock");
            if let Some(manifest) = tree.get_mut("Cargo.toml") {
                *manifest = by_discovery(manifest);
            }
        }
        Ok(tree)
    }

    /// The files of a version that are no text, and so not in a [`Tree`].
    pub fn data(&self, version: &str) -> Result<BTreeMap<String, Vec<u8>>, ProjectError> {
        let folder = client::fetch(self, version)?;
        client::data(&folder, &|path| self.wants(path))
    }

    /// What each release changed, the oldest first.
    pub fn changes(&'static self) -> Result<Vec<Change>, ProjectError> {
        let mut trees = Vec::new();
        for version in self.versions {
            trees.push((*version, self.tree(version)?));
        }
        let pairs = trees.iter().zip(trees.iter().skip(1));
        Ok(pairs.map(|(from, to)| Change::new(self, (from.0, &from.1), (to.0, &to.1))).collect())
    }
}

/// A published Cargo.toml names each test, and Cargo cannot read it if one is held back. Without these tables Cargo
/// finds the tests that exist. Doc tests are switched off, because each is a separate program.
fn by_discovery(manifest: &str) -> String {
    let mut kept = String::new();
    let (mut skipped, mut has_lib) = (false, false);
    for line in manifest.lines() {
        if line.starts_with('[') {
            skipped = matches!(line.trim(), "[[test]]" | "[[bench]]" | "[[example]]");
        }
        if skipped || line.starts_with("autotests") {
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
        if line.trim() == "[lib]" {
            has_lib = true;
            kept.push_str("doctest = false\n");
        }
    }
    if !has_lib {
        kept.push_str("\n[lib]\ndoctest = false\n");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_packages_of_three_languages_each_and_none_in_common() {
        for set in [Set::Tuning, Set::Measuring] {
            let languages: std::collections::BTreeSet<&str> =
                ALL.iter().filter(|p| p.set == set).map(|p| p.language).collect();
            assert!(languages.len() >= 3, "{set:?}: {languages:?}");
        }
        let mut names: Vec<&str> = ALL.iter().map(|p| p.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        assert!(ALL.iter().all(|project| project.versions.len() >= 2));
    }

    #[test]
    fn half_of_the_tests_are_held_back_with_no_trace() {
        let Some(project) = Project::find("find-my-way") else { panic!("it is in the list") };
        let tree = |version: &str| -> Tree {
            [
                ("index.js", version),
                ("test/helper.js", "h"),
                ("test/a.test.js", version),
                ("test/b.test.js", "b"),
            ]
            .map(|(path, text)| (path.to_string(), text.to_string()))
            .into()
        };
        let change = Change::new(project, ("1", &tree("1")), ("2", &tree("2")));
        assert_eq!(change.held_out.keys().collect::<Vec<_>>(), ["test/b.test.js"]);
        assert!(!change.base.contains_key("test/b.test.js") && !change.head.contains_key("test/b.test.js"));
        assert_eq!(change.changed, ["index.js", "test/a.test.js"]);
        assert_eq!(change.visible_tests(), ["test/a.test.js"]);
        let tests: Vec<String> = change.with_held_out(&change.head).into_keys().collect();
        assert_eq!(tests, ["index.js", "test/b.test.js", "test/helper.js"]);
    }

    #[test]
    fn a_manifest_names_no_test_that_may_be_held_back() {
        let manifest = "[package]\nname = \"a\"\nautotests = false\n\n[lib]\nname = \"a\"\n\n[[test]]\nname = \"t\"\n\n\
                        [[bench]]\nname = \"b\"\n\n[dependencies]\nb = \"1\"\n";
        let repaired =
            "[package]\nname = \"a\"\n\n[lib]\ndoctest = false\nname = \"a\"\n\n[dependencies]\nb = \"1\"\n";
        assert_eq!(by_discovery(manifest), repaired);
        assert_eq!(by_discovery("[package]\n"), "[package]\n\n[lib]\ndoctest = false\n");
    }
}
