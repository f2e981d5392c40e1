//! A git filter of the user in the real sandbox: `workspace` runs git, `checks` confines it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests too

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;

use checks::{ConfinedReach, Sandbox};
use workspace::{Confine, ConfinedPlaces, Workspace};

/// Confines filters as the engine does for missions.
#[derive(Debug)]
struct Confined(Sandbox);

impl Confine for Confined {
    fn spawn(&self, command: &Command, places: &ConfinedPlaces) -> io::Result<Child> {
        let reach =
            ConfinedReach { readable: &places.readable, own: &places.own, writable: &places.writable };
        checks::spawn_confined(command, self.0, reach)
    }
}

fn git(folder: &Path, args: &[&str]) {
    let said = Command::new("git")
        .args(["-c", "user.name=u", "-c", "user.email=u@localhost"])
        .args(args)
        .current_dir(folder)
        .output();
    assert!(said.unwrap().status.success(), "{args:?}");
}

/// With real git and the real sandbox: the filter works, and its side effects are prevented.
#[test]
fn a_filter_of_the_user_s_runs_in_the_sandbox() {
    for level in [checks::Level::Basic, checks::Level::Full] {
        let sandbox = Sandbox { require: Some(level), ..Sandbox::default() };
        if sandbox.level().is_err() {
            eprintln!("skipped: no level {level} here");
            continue;
        }
        let place = tempfile::Builder::new().prefix("filters-").tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let (project, program) = (root.join("project"), root.join("upper.sh"));
        std::fs::create_dir(&project).unwrap();
        let reach = format!(
            "tr a-z A-Z\nfor f in {0}/planted {0}/project/a.up {0}/state/repository.git/planted; do echo x > $f; done 2>/dev/null\ntrue\n",
            root.display()
        );
        std::fs::write(&program, reach).unwrap();
        git(&project, &["init", "-q"]);
        git(&project, &["config", "filter.up.clean", &format!("sh {}", program.display())]);
        git(&project, &["config", "filter.up.smudge", "tr A-Z a-z"]);
        git(&project, &["config", "filter.up.required", "true"]);
        std::fs::write(project.join(".gitattributes"), "*.up filter=up\n").unwrap();
        std::fs::write(project.join("a.up"), "mine\n").unwrap();
        let workspace = Workspace::open(&project, &root.join("state")).unwrap();
        workspace.confine_filters(Arc::new(Confined(sandbox)));
        let base = workspace.take_base("m").unwrap();
        assert_eq!(workspace.read(&base.commit, "a.up").unwrap().unwrap(), b"MINE\n", "{level}");
        let slot = workspace.slot(1, &base.commit).unwrap();
        assert_eq!(std::fs::read(slot.path.join("a.up")).unwrap(), b"mine\n", "{level}");
        std::fs::write(slot.path.join("b.up"), "new\n").unwrap();
        let commit = workspace.commit_slot(&slot, &base.commit, "t").unwrap();
        assert_eq!(workspace.read(&commit.id, "b.up").unwrap().unwrap(), b"NEW\n", "{level}");
        assert_eq!(std::fs::read(project.join("a.up")).unwrap(), b"mine\n", "{level}");
        assert!(
            !root.join("planted").exists() && !workspace.repository().join("planted").exists(),
            "{level}"
        );
    }
}
