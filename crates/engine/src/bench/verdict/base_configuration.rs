//! Puts the base's configuration of checks in place while checks run: commands, settings of tools, start-up files.
//!
//! A mission may change a command with the user's consent, but its checks still run the base's commands. Other
//! configuration is the base's, too, without consent; with consent the tasks' changes count, but nothing that a command
//! left in the slot. The user's current files in their own folder are never changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use workspace::{Difference, Differences, Slot, SlotEntry, Workspace};

use crate::bench::files::kinds::{FileKind, kind};
use crate::bench::files::manifests;
use crate::bench::slots::CHECKING;
use crate::bench::verdict::left_caches::LeftCaches;
use crate::blocking::blocking;

/// Files with commands, beside package.json; in lower case.
const COMMANDS: [&str; 8] = [
    "makefile",
    "gnumakefile",
    "justfile",
    "taskfile.yml",
    "taskfile.yaml",
    "tox.ini",
    "noxfile.py",
    "package.json",
];
/// Folders of tools with settings, not with results.
const SETTINGS: [&str; 4] = [".cargo/", ".config/", ".mvn/", "__mocks__/"];

#[derive(Default)]
pub(crate) struct BaseConfiguration {
    commit: OnceLock<String>,
    /// Ignored files that configure checks and existed after the base's own checks had run.
    unrecorded: Mutex<BTreeSet<String>>,
    left: Arc<LeftCaches>,
    /// The programs of the project that its checks start.
    programs: OnceLock<Arc<BTreeSet<String>>>,
    /// Locks the replacement of files in a slot, for one run at a time.
    one: Arc<AsyncMutex<()>>,
    /// The user's files are on another machine: they count as the base's.
    without_user: bool,
}

/// The kind of run for which the configuration is put in place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct For {
    /// The user agreed that the mission changes configuration.
    pub consent: bool,
    /// The run is of a check that the mission adds, which may need files that the base does not have.
    pub own: bool,
}

impl BaseConfiguration {
    /// For a machine that has no files of the user.
    pub fn without_user() -> BaseConfiguration {
        BaseConfiguration { without_user: true, ..BaseConfiguration::default() }
    }

    /// The programs of the project that its checks start, once the base has been read: they are configuration, too.
    pub fn programs(&self) -> Arc<BTreeSet<String>> {
        self.programs.get().cloned().unwrap_or_default()
    }

    /// Tests and what tests use stay tests: a plan says in `edits_tests` why they change.
    pub fn set_programs(&self, mut programs: BTreeSet<String>) {
        programs.retain(|path| !kind(path).is_test());
        let _ = self.programs.set(Arc::new(programs));
    }

    /// The ignored paths in a slot; empty if they are not known.
    pub async fn ignored(workspace: &Workspace, slot: &Slot) -> Vec<String> {
        let (workspace, at) = (workspace.clone(), slot.clone());
        let found = blocking(move || workspace.differences(&at, &at.commit, &|_| false)).await;
        found.map(|found| found.unrecorded).unwrap_or_else(|error| {
            tracing::warn!("what a check leaves on the base is not known: {error}");
            Vec::new()
        })
    }

    /// Remembers what a check of the base made: the ignored paths before it and after it.
    pub async fn remember_made(&self, workspace: &Workspace, slot: &Slot, check: &str, before: &[String]) {
        let after = BaseConfiguration::ignored(workspace, slot).await;
        self.left.remember(check, before, after);
    }

    /// What set-up and checks of the base left in their slot.
    pub fn left(&self) -> &LeftCaches {
        &self.left
    }

    /// Remembers the ignored files of the base after its checks have run in the slot: these files are not planted by a
    /// change.
    pub async fn remember(&self, workspace: &Workspace, slot: &Slot) {
        let (workspace, at) = (workspace.clone(), slot.clone());
        let found = blocking(move || workspace.differences(&at, &at.commit, &|_| false)).await;
        match found {
            Ok(found) => {
                let mut known = self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner);
                known.extend(found.unrecorded.into_iter().filter(|path| is_planted(path)));
            }
            Err(error) => tracing::warn!("what checks leave on the base is not known: {error}"),
        }
        let _ = self.commit.set(slot.commit.clone());
    }

    /// Puts the base's configuration into a slot; `None` if nothing differs, or no base is remembered.
    pub async fn put(
        &self,
        workspace: &Workspace,
        slot: &Slot,
        check: &str,
        what: For,
    ) -> Result<Option<InPlace>, String> {
        let Some(base) = self.commit.get().cloned() else { return Ok(None) };
        let known = self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let one = self.one.clone().lock_owned().await;
        let (workspace, slot, check) = (workspace.clone(), slot.clone(), check.to_string());
        let (left, programs, without_user) = (self.left.clone(), self.programs(), self.without_user);
        blocking(move || {
            let Differences { changed, unrecorded } =
                differing(&workspace, &slot, &base, &programs, what.consent)
                    .map_err(|error| failed(&error))?;
            if slot.n == CHECKING {
                for path in left.before(&check, &slot.path, &unrecorded) {
                    workspace.remove_slot_file(&slot, &path).map_err(|error| failed(&error))?;
                }
            }
            for path in unrecorded.into_iter().filter(|path| is_planted(path) && !known.contains(path)) {
                tracing::debug!("taken out of a slot before a check: {path}");
                let name = path.trim_end_matches('/');
                workspace.remove_slot_file(&slot, name).map_err(|error| failed(&error))?;
            }
            let mut kept = InPlace { workspace, slot, replaced: Vec::new(), _one: one };
            for difference in changed {
                let user = (!without_user).then(|| kept.workspace.root());
                let Some(ours) = wanted(&difference, what, user) else { continue };
                let Difference { path, now, .. } = difference;
                kept.workspace
                    .set_slot_entry(&kept.slot, &path, ours.as_ref())
                    .map_err(|error| failed(&error))?;
                kept.replaced.push((path, ours, now));
            }
            Ok(if kept.replaced.is_empty() { None } else { Some(kept) })
        })
        .await
    }
}

fn failed(error: &workspace::Error) -> String {
    format!("the configuration of the base could not be put in place: {error}")
}

/// Configuration of checks that differs from what it must be. With consent these are only files that no commit
/// contains, and commands.
fn differing(
    workspace: &Workspace,
    slot: &Slot,
    base: &str,
    programs: &BTreeSet<String>,
    consent: bool,
) -> Result<Differences, workspace::Error> {
    let mut found = workspace.differences(slot, base, &|path| {
        (decides(path) || programs.contains(path)) && (!consent || holds_commands(path))
    })?;
    if consent && slot.n == CHECKING {
        let later = workspace.differences(slot, &slot.commit, &|path| {
            (kind(path) == FileKind::Config || programs.contains(path)) && !holds_commands(path)
        })?;
        found.changed.extend(later.changed);
    }
    Ok(found)
}

/// Keeps the right configuration in the slot until it is dropped.
pub(crate) struct InPlace {
    workspace: Workspace,
    slot: Slot,
    /// Path, content during the run, and content before it.
    replaced: Vec<(String, Option<SlotEntry>, Option<SlotEntry>)>,
    _one: OwnedMutexGuard<()>,
}

impl Drop for InPlace {
    fn drop(&mut self) {
        for (path, ours, before) in &self.replaced {
            // A file that was written meanwhile is newer and stays
            let is_ours = self.workspace.slot_entry(&self.slot, path).is_ok_and(|now| now == *ours);
            if is_ours && let Err(error) = self.workspace.set_slot_entry(&self.slot, path, before.as_ref()) {
                tracing::warn!("a file of a slot was not put back: {error}");
            }
        }
    }
}

fn holds_commands(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    COMMANDS.contains(&name.as_str())
}

fn decides(path: &str) -> bool {
    matches!(kind(path), FileKind::Config | FileKind::Manifest) || holds_commands(path)
}

/// Whether an ignored path may change the results of checks: settings may, caches of tools may not.
fn is_planted(path: &str) -> bool {
    match path.strip_suffix('/') {
        Some(folder) => {
            SETTINGS.iter().any(|settings| format!("/{folder}/").ends_with(&format!("/{settings}")))
        }
        None => kind(path) == FileKind::Config,
    }
}

/// The content that a path must have during the run; `None` if it may stay as it is. `user`: the user's files, if they
/// are here.
fn wanted(difference: &Difference, what: For, user: Option<&Path>) -> Option<Option<SlotEntry>> {
    let Difference { path, before, now } = difference;
    if before.is_none() && (what.own || holds_commands(path) && kind(path) != FileKind::Config) {
        return None;
    }
    if user.is_some_and(|user| is_the_users(difference, user)) {
        return None;
    }
    if kind(path) != FileKind::Manifest {
        return Some(before.clone());
    }
    let text = |entry: &Option<SlotEntry>| match entry {
        Some(SlotEntry::File { bytes, .. }) => String::from_utf8(bytes.clone()).ok(),
        _ => None,
    };
    let Some(base) = text(before) else { return before.as_ref().map(|base| Some(base.clone())) };
    let Some(current) = text(now) else { return Some(before.clone()) };
    let merged = manifests::with_sections_of(path, &base, &current, what.consent)?;
    Some(Some(SlotEntry::File { bytes: merged.into_bytes(), executable: false }))
}

/// Whether a path is in the slot as the user has it now, and not as the base had it.
fn is_the_users(Difference { path, before, now }: &Difference, user: &Path) -> bool {
    let theirs = workspace::read_beneath(user, path, 8 << 20);
    let is_theirs = match now {
        Some(SlotEntry::File { bytes, .. }) => theirs.as_ref() == Some(bytes),
        Some(SlotEntry::Link(_)) => false,
        None => std::fs::symlink_metadata(user.join(path)).is_err(),
    };
    // If the user's file equals the base's, both are the same
    let unchanged = matches!(before, Some(SlotEntry::File { bytes, .. }) if theirs.as_ref() == Some(bytes));
    is_theirs && !unchanged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Option<SlotEntry> {
        Some(SlotEntry::File { bytes: text.as_bytes().to_vec(), executable: false })
    }

    fn put(path: &str, before: Option<&str>, now: Option<&str>, what: For, user: &[(&str, &str)]) -> String {
        let place = tempfile::tempdir().unwrap();
        for (path, text) in user {
            let file = place.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let difference =
            Difference { path: path.into(), before: before.and_then(file), now: now.and_then(file) };
        match wanted(&difference, what, Some(place.path())) {
            None => "stays".into(),
            Some(None) => "out".into(),
            Some(Some(SlotEntry::File { bytes, .. })) => String::from_utf8(bytes).unwrap(),
            Some(Some(SlotEntry::Link(to))) => to.display().to_string(),
        }
    }

    #[test]
    fn tests_that_a_check_starts_stay_tests() {
        let configuration = BaseConfiguration::default();
        configuration.set_programs(["scripts/run.mjs", "test/all.js"].map(String::from).into());
        assert_eq!(*configuration.programs(), BTreeSet::from(["scripts/run.mjs".to_string()]));
    }

    #[test]
    fn what_decides_checks_is_the_base_s_and_what_is_new_is_taken_out() {
        let plain = For::default();
        for path in ["Makefile", "web/vitest.config.ts", "a/conftest.py", ".cargo/config.toml", "pytest.toml"]
        {
            for now in [Some("other"), None] {
                assert_eq!(put(path, Some("base"), now, plain, &[(path, "base")]), "base", "{path}");
            }
            assert_eq!(put(path, Some("base"), None, plain, &[]), "stays", "{path}: the user deleted it");
        }
        for path in ["sitecustomize.py", "a/b.pth", "jest.setup.js", "src/.npmrc"] {
            assert_eq!(put(path, None, Some("new"), plain, &[]), "out", "{path}");
            assert_eq!(put(path, None, Some("new"), For { own: true, ..plain }, &[]), "stays", "{path}");
        }
    }

    #[test]
    fn what_the_user_has_now_is_theirs() {
        let plain = For::default();
        assert_eq!(put("tox.ini", Some("base"), Some("mine"), plain, &[("tox.ini", "mine")]), "stays");
        assert_eq!(put("tox.ini", Some("base"), Some("other"), plain, &[("tox.ini", "mine")]), "base");
        assert_eq!(put("tox.ini", None, Some("mine"), plain, &[("tox.ini", "mine")]), "stays");
    }

    #[test]
    fn without_the_users_files_a_change_configures_no_check() {
        let difference = |before: Option<&str>, now: Option<&str>| Difference {
            path: "pytest.ini".into(),
            before: before.and_then(file),
            now: now.and_then(file),
        };
        let wanted = |difference| wanted(&difference, For::default(), None);
        assert_eq!(wanted(difference(Some("base"), None)), Some(file("base")), "the change deletes it");
        assert_eq!(wanted(difference(Some("base"), Some("other"))), Some(file("base")));
        assert_eq!(wanted(difference(None, Some("new"))), Some(None));
    }

    #[test]
    fn a_manifest_keeps_what_is_not_about_checks() {
        let base = r#"{"name":"a","scripts":{"test":"node --test"},"jest":{"bail":1}}"#;
        let now = r#"{"name":"a","scripts":{"test":"true"},"jest":{"bail":0},"dependencies":{"b":"1"}}"#;
        let merged: serde_json::Value =
            serde_json::from_str(&put("web/package.json", Some(base), Some(now), For::default(), &[]))
                .unwrap();
        assert_eq!(merged["scripts"]["test"], "node --test");
        assert_eq!(merged["jest"]["bail"], 1);
        assert_eq!(merged["dependencies"]["b"], "1");
        let agreed = For { consent: true, own: false };
        let merged: serde_json::Value =
            serde_json::from_str(&put("web/package.json", Some(base), Some(now), agreed, &[])).unwrap();
        assert_eq!(
            (merged["scripts"]["test"].as_str(), merged["jest"]["bail"].as_i64()),
            (Some("node --test"), Some(0))
        );
        assert_eq!(put("package.json", None, Some(now), For::default(), &[]), "stays", "a new package");
    }

    #[test]
    fn only_settings_among_what_git_does_not_record_are_plants() {
        for path in [".env", "web/.npmrc", "conftest.py", "a/vitest.config.js", ".cargo/", "a/__mocks__/"] {
            assert!(is_planted(path), "{path}");
        }
        for path in ["node_modules/", "dist/", ".next/", "a/.pytest_cache/", "target/", "data/x.json"] {
            assert!(!is_planted(path), "{path}");
        }
    }
    #[tokio::test]
    async fn a_check_begins_with_the_base_s_programs_and_without_what_others_left_for_it() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("project");
        let write = |root: &Path, path: &str, text: &str| {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        };
        for (path, text) in
            [(".gitignore", "out/\nstate/\n"), ("tools/run.mjs", "base"), ("tools/other.mjs", "base")]
        {
            write(&root, path, text);
        }
        let workspace = Workspace::open(&root, &place.path().join("state")).unwrap();
        let slot = workspace.slot(CHECKING, &workspace.take_base("m-test").unwrap().commit).unwrap();
        let base = BaseConfiguration::default();
        base.set_programs(BTreeSet::from(["tools/run.mjs".to_string()]));
        for (check, made) in [("build", "out/a.js"), ("lint", "state/clean")] {
            let before = BaseConfiguration::ignored(&workspace, &slot).await;
            write(&slot.path, made, "");
            base.remember_made(&workspace, &slot, check, &before).await;
        }
        base.remember(&workspace, &slot).await;
        for path in ["tools/run.mjs", "tools/other.mjs"] {
            write(&slot.path, path, "changed");
        }
        let text = |path: &str| std::fs::read_to_string(slot.path.join(path)).unwrap();
        let kept = base.put(&workspace, &slot, "lint", For::default()).await.unwrap();
        assert_eq!((text("tools/run.mjs"), text("tools/other.mjs")), ("base".into(), "changed".into()));
        assert!(slot.path.join("out/a.js").exists() && !slot.path.join("state").exists());
        drop(kept);
        assert_eq!(text("tools/run.mjs"), "changed");
    }
}
