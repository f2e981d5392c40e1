//! Finds tests that a check changes while it runs, and what tests use: helpers, fixtures, settings of runners,
//! manifests. The judged code runs in a build and in tests, and could rewrite them. They are restored before the next
//! check, and a test run that changed one is not evidence.
//!
//! Changes that the base's own checks make to such files belong to the project, and stay.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use checks::{Check, CheckPurpose};
use workspace::system::MetadataExt;
use workspace::{Slot, Workspace};

use crate::bench::files::kinds::{FileKind, kind};
use crate::blocking::blocking;

/// Names in a message.
const MAX_NAMES: usize = 3;

/// The watched files of a slot, each with what tells it from any later file at its place: the kernel's time of its last
/// change cannot be set.
pub(crate) type Standing = HashMap<String, Option<Identity>>;
pub(crate) type Identity = (u64, u64, i64, i64);

#[derive(Default)]
pub(crate) struct ChangedTests {
    on_base: Mutex<BTreeSet<String>>,
}

impl ChangedTests {
    /// The tests of a slot before a check runs there.
    pub async fn standing(workspace: &Workspace, slot: &Slot) -> Standing {
        let (workspace, slot) = (workspace.clone(), slot.clone());
        blocking(move || {
            let files = workspace.files(&slot.commit).unwrap_or_else(|error| {
                tracing::warn!("whether a check changes tests is not known: {error}");
                Vec::new()
            });
            let tests = files.into_iter().filter(|path| is_watched(path));
            tests.map(|path| (path.clone(), identity(&slot, &path))).collect()
        })
        .await
    }

    /// Looks at the tests of a slot after a check has run there. Says why its outcome is not to be believed, if so.
    pub async fn put_back(
        &self,
        workspace: &Workspace,
        slot: &Slot,
        before: Standing,
        check: &Check,
        is_base: bool,
    ) -> Option<String> {
        let known = self.on_base.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (workspace, at) = (workspace.clone(), slot.clone());
        let changed = blocking(move || {
            let differs = |(path, found): (String, Option<Identity>)| {
                (identity(&at, &path) != found && !known.contains(&path)).then_some(path)
            };
            let mut changed: Vec<String> = before.into_iter().filter_map(differs).collect();
            changed.sort();
            if !is_base && !changed.is_empty() {
                workspace.discard(&at, &changed)?;
            }
            Ok::<_, workspace::Error>(changed)
        });
        let changed = match changed.await {
            Ok(changed) => changed,
            Err(error) => return Some(format!("it changed tests, which could not be put back: {error}")),
        };
        if is_base {
            self.on_base.lock().unwrap_or_else(PoisonError::into_inner).extend(changed);
            return None;
        }
        if changed.is_empty() || check.kind != CheckPurpose::Test {
            return None;
        }
        let names: Vec<String> = changed.iter().take(MAX_NAMES).map(|path| format!("`{path}`")).collect();
        Some(format!(
            "it changed tests of the project, or files that they use, while it ran ({}), so what it says is not said of this \
             change. They were put back. Write no such file from code or from another test",
            names.join(", ")
        ))
    }
}

/// Whether a run of tests must leave the file as it is. Package managers may complete their own files while they run
/// tests.
fn is_watched(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match kind(path) {
        FileKind::Test | FileKind::TestSupport | FileKind::Config => true,
        FileKind::Manifest => !shared::lockfiles::is_lockfile(name) && name != "go.mod",
        FileKind::Code | FileKind::Prose | FileKind::Other => false,
    }
}

fn identity(slot: &Slot, path: &str) -> Option<Identity> {
    let found = std::fs::symlink_metadata(slot.path.join(path)).ok()?;
    Some((found.ino(), found.len(), found.ctime(), found.ctime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tests_that_a_run_changed_are_put_back_and_it_is_not_believed() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("project");
        for (path, text) in [
            ("test/a.test.js", "right"),
            ("test/b.test.js", "right"),
            ("src/a.js", "code"),
            ("test/helper.rb", "right"),
        ] {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        let workspace = Workspace::open(&root, &place.path().join("state")).unwrap();
        let base = workspace.take_base("m-test").unwrap();
        let slot = workspace.slot(0, &base.commit).unwrap();
        let write = |path: &str| std::fs::write(slot.path.join(path), "wrong").unwrap();
        let tests = Check { kind: CheckPurpose::Test, ..Check::configured("test", "npm test", None) };
        let build = Check { kind: CheckPurpose::Build, ..Check::configured("build", "npm run build", None) };
        let found = ChangedTests::default();
        let run = async |check: &Check, is_base, paths: &[&str]| {
            let before = ChangedTests::standing(&workspace, &slot).await;
            paths.iter().for_each(|path| write(path));
            found.put_back(&workspace, &slot, before, check, is_base).await
        };
        let text = |path: &str| std::fs::read_to_string(slot.path.join(path)).unwrap();

        assert_eq!(run(&tests, false, &[]).await, None);
        assert_eq!(run(&tests, false, &["src/a.js"]).await, None, "code may be generated");
        assert_eq!(run(&build, false, &["test/a.test.js"]).await, None);
        assert_eq!(text("test/a.test.js"), "right", "the next check has the tests of the tree");
        let why = run(&tests, false, &["test/a.test.js"]).await.unwrap();
        assert!(why.contains("`test/a.test.js`"), "{why}");
        assert_eq!(text("test/a.test.js"), "right");
        assert!(run(&tests, false, &["test/helper.rb"]).await.is_some());
        assert_eq!(text("test/helper.rb"), "right");
        assert_eq!(run(&tests, true, &["test/b.test.js"]).await, None);
        assert_eq!(run(&tests, false, &["test/b.test.js"]).await, None, "the base does so as well");
        // Put back by itself before its end, it shows all the same
        let before = ChangedTests::standing(&workspace, &slot).await;
        write("test/a.test.js");
        std::fs::write(slot.path.join("test/a.test.js"), "right").unwrap();
        assert!(found.put_back(&workspace, &slot, before, &tests, false).await.is_some());
    }
    #[test]
    fn tests_of_every_language_and_what_they_use_are_watched() {
        for path in [
            "test/a.test.js",
            "test/helper.js",
            "tests/fixtures/a.json",
            "test/a_test.rb",
            "src/test/java/ATest.java",
            "a/__snapshots__/b.snap",
            "tests/conftest.py",
            "vitest.config.ts",
            "web/package.json",
        ] {
            assert!(is_watched(path), "{path}");
        }
        for path in ["src/a.js", "lib/a.rb", "Cargo.lock", "go.mod", "README.md", "data/a.csv"] {
            assert!(!is_watched(path), "{path}");
        }
    }
}
