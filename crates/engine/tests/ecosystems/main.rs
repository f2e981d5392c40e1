//! Projects of every kind with their real tools: a right change passes the project's own test, and a broken one is
//! rejected with that test's name.
//!
//! A scene without its program or registry prints that and is skipped. `npm test` ignores the slow scenes and counts
//! them as skipped; `npm run test:ecosystems` plays them too.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests too

mod greenfield;
mod node;
mod others;
mod python;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::for_benches::{GateReport, Judge, Permissions, Processes};
use mission::{Gate, GateVerdict};

/// A project and a task on it.
struct Scene<'a> {
    files: &'a [(&'a str, &'a str)],
    /// The file that the task changes, with its right and its broken text.
    changed: &'a str,
    right: &'a str,
    broken: &'a str,
    /// Part of the name of the test that the broken change fails.
    test: &'a str,
    /// The command that must verify the right change.
    check: &'a str,
}

/// A temporary folder for one project, with the state beside it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn with(files: &[(&str, &str)]) -> Place {
        let folder = tempfile::Builder::new().prefix("ecosystem-").tempdir().unwrap();
        let place = Place { folder };
        for (path, text) in files {
            let file = place.project().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        place
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    async fn judge(&self) -> Judge {
        let state = self.folder.path().join("state");
        Judge::open(&self.project(), &state, None, Arc::new(Processes)).await.unwrap()
    }

    /// The report of the project's checks on a change.
    async fn checked(&self, judge: &Judge, path: &str, text: &str) -> GateReport {
        self.checked_files(judge, &[(path, text)]).await
    }

    async fn checked_files(&self, judge: &Judge, files: &[(&str, &str)]) -> GateReport {
        let answer = files.iter().map(|(path, text)| (path.to_string(), Some(text.to_string()))).collect();
        let reports = judge.judge_files(&answer, Permissions::default(), true).await.unwrap();
        reports.into_iter().find(|report| report.gate == Gate::Checks).unwrap()
    }
}

impl Scene<'_> {
    async fn play(&self) {
        let place = Place::with(self.files);
        self.play_in(&place).await;
    }

    async fn play_in(&self, place: &Place) {
        let judge = place.judge().await;
        let right = place.checked(&judge, self.changed, self.right).await;
        assert_eq!(right.verdict, GateVerdict::Pass, "{}\n{:?}", right.detail, right.issues);
        let vouches =
            right.detail.split("; ").any(|said| said.contains(self.check) && said.contains("passed"));
        assert!(vouches, "`{}` does not vouch for it: {}", self.check, right.detail);
        let broken = place.checked(&judge, self.changed, self.broken).await;
        let said: Vec<String> = broken.issues.iter().map(ToString::to_string).collect();
        assert_eq!(broken.verdict, GateVerdict::Fail, "{}", broken.detail);
        assert!(
            said.iter().any(|issue| issue.contains(self.test)),
            "`{}` is not named: {said:#?}",
            self.test
        );
    }
}

/// Whether a program that a scene needs is missing; if so, it prints that.
fn skipped(scene: &str, programs: &[&str]) -> bool {
    let Some(program) = programs.iter().find(|program| !has(program)) else { return false };
    eprintln!("skipped: {scene}: `{program}` is not installed here");
    true
}

fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether the registry answers that a scene needs for its packages.
fn reaches(program: &str, arguments: &[&str], scene: &str) -> bool {
    let answers = |folder: &Path| {
        let asked = std::process::Command::new(program).args(arguments).current_dir(folder).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let folder = tempfile::tempdir().unwrap();
    let reached = answers(folder.path());
    if !reached {
        eprintln!("skipped: {scene}: no registry answers `{program}` here");
    }
    reached
}
