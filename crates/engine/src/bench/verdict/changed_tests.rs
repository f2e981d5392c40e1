//! Finds files of the judged tree that a check changes while it runs. The judged code runs in a build and in tests, and
//! could rewrite the tests, or the code that they test: the verdict would be about another tree.
//!
//! Tests and what they use (helpers, fixtures, settings of runners, manifests) are restored after every check, and a
//! test run that changed one is not evidence. For code and data this holds after test runs only, because a build may
//! generate code.
//!
//! Changes that the base's own checks make to such files belong to the project, and stay. Where they change code or data,
//! the project generates, so other files of that folder may change as well.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use checks::{Check, CheckPurpose, Outcome, Verdict};
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
    /// The tracked files of a slot before a check runs there.
    pub async fn standing(workspace: &Workspace, slot: &Slot) -> Standing {
        let (workspace, slot) = (workspace.clone(), slot.clone());
        blocking(move || {
            let files = workspace.files(&slot.commit).unwrap_or_else(|error| {
                tracing::warn!("whether a check changes files is not known: {error}");
                Vec::new()
            });
            let watched = files.into_iter().filter(|path| watched(path).is_some());
            watched.map(|path| (path.clone(), identity(&slot, &path))).collect()
        })
        .await
    }

    /// What checks of the base have changed so far.
    pub fn on_base(&self) -> BTreeSet<String> {
        self.on_base.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what checks of the base change.
    pub fn remember(&self, changed: impl IntoIterator<Item = String>) {
        self.on_base.lock().unwrap_or_else(PoisonError::into_inner).extend(changed);
    }

    /// Looks at the files of a slot after a check has run there. Says why its outcome is not to be believed, if so.
    pub async fn put_back(
        &self,
        workspace: &Workspace,
        slot: &Slot,
        before: Standing,
        check: &Check,
        is_base: bool,
    ) -> Option<String> {
        let known = self.on_base();
        let is_test_run = check.kind == CheckPurpose::Test;
        let (workspace, at) = (workspace.clone(), slot.clone());
        let changed = blocking(move || {
            let generated: BTreeSet<&str> = known
                .iter()
                .filter(|path| watched(path) == Some(Watched::Product))
                .map(|path| folder(path))
                .collect();
            let counts = |path: &str| match watched(path) {
                _ if known.contains(path) => false,
                Some(Watched::Test) => true,
                Some(Watched::Product) => is_base || is_test_run && !generated.contains(folder(path)),
                None => false,
            };
            let differs = |(path, found): (String, Option<Identity>)| {
                (counts(&path) && identity(&at, &path) != found).then_some(path)
            };
            let mut changed: Vec<String> = before.into_iter().filter_map(differs).collect();
            // A test is named before the code
            changed.sort_by_key(|path| (watched(path) != Some(Watched::Test), path.clone()));
            if !is_base && !changed.is_empty() {
                workspace.discard(&at, &changed)?;
            }
            Ok::<_, workspace::Error>(changed)
        });
        let changed = match changed.await {
            Ok(changed) => changed,
            Err(error) => return Some(format!("it changed files, which could not be put back: {error}")),
        };
        if is_base {
            self.remember(changed);
            return None;
        }
        if !is_test_run {
            return None;
        }
        let what = match watched(changed.first()?)? {
            Watched::Test => "tests of the project, or files that they use,",
            Watched::Product => "code or data of the project",
        };
        let names: Vec<String> = changed.iter().take(MAX_NAMES).map(|path| format!("`{path}`")).collect();
        Some(format!(
            "it changed {what} while it ran ({}), so what it says is not said of this change. They were put back. Write no \
             such file from code or from a test",
            names.join(", ")
        ))
    }
}

/// The outcome of a run that is not evidence. What fails nevertheless stays a failure, so that no code hides one by
/// changing a test.
pub(crate) fn not_believed(outcome: Outcome, base: Option<&Outcome>, why: String) -> Outcome {
    match checks::compare(base, &outcome) {
        Verdict::Fail { .. } => outcome,
        _ => Outcome { output: outcome.output, ..Outcome::not_started(why) },
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watched {
    /// A test, or what tests use.
    Test,
    /// Code and data of the product.
    Product,
}

/// As what a run of tests must leave the file as it is; `None`: it may change. Package managers may complete their own
/// files while they run tests.
fn watched(path: &str) -> Option<Watched> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match kind(path) {
        FileKind::Test | FileKind::TestSupport | FileKind::Config => Some(Watched::Test),
        FileKind::Manifest => {
            (!shared::lockfiles::is_lockfile(name) && name != "go.mod").then_some(Watched::Test)
        }
        FileKind::Code | FileKind::Other => Some(Watched::Product),
        FileKind::Prose => None,
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
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
            ("gen/a.js", "code"),
            ("gen/b.js", "code"),
            ("lib/a.js", "code"),
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
        assert_eq!(run(&build, false, &["src/a.js"]).await, None, "code may be generated");
        assert_eq!(text("src/a.js"), "wrong", "the next check may need it");
        let why = run(&tests, false, &["src/a.js"]).await.unwrap();
        assert!(why.starts_with("it changed code") && why.contains("`src/a.js`"), "{why}");
        assert_eq!(text("src/a.js"), "code");
        assert_eq!(run(&tests, true, &["gen/a.js"]).await, None);
        assert_eq!(run(&tests, false, &["gen/a.js", "gen/b.js"]).await, None, "the project generates there");
        assert!(run(&tests, false, &["lib/a.js"]).await.is_some());
        let again = ChangedTests::default();
        again.remember(found.on_base());
        let before = ChangedTests::standing(&workspace, &slot).await;
        write("gen/a.js");
        assert_eq!(again.put_back(&workspace, &slot, before, &tests, false).await, None, "after a restart");
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
            assert_eq!(watched(path), Some(Watched::Test), "{path}");
        }
        for path in ["src/a.js", "lib/a.rb", "data/a.csv"] {
            assert_eq!(watched(path), Some(Watched::Product), "{path}");
        }
        for path in ["Cargo.lock", "go.mod", "README.md"] {
            assert_eq!(watched(path), None, "{path}");
        }
    }
}
