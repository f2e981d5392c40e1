//! A project without git, a home, and missions in it, for the tests of the commands.

use std::path::{Path, PathBuf};

use journal::{Journal, LockOwner, MissionDir, ProjectLock, Redactor, StateDir};
use mission::{Event, Policy};
use serde_json::{Value, json};

pub(super) struct Sandbox {
    folder: tempfile::TempDir,
}

/// The answer of a command.
#[derive(Debug)]
pub(super) struct Called {
    pub exit: u64,
    pub stdout: String,
    pub stderr: String,
    pub whole: Value,
}

impl Called {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

impl Sandbox {
    pub fn new() -> Sandbox {
        let sandbox = Sandbox { folder: tempfile::Builder::new().prefix("engine-").tempdir().unwrap() };
        std::fs::create_dir(sandbox.project()).unwrap();
        sandbox
    }

    pub fn project(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    pub fn data_home(&self) -> PathBuf {
        self.folder.path().join(".local").join("share")
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.project().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub async fn call(&self, args: &[&str]) -> Called {
        self.call_in(&self.project(), args).await
    }

    pub async fn call_in(&self, cwd: &Path, args: &[&str]) -> Called {
        let request =
            json!({ "args": args, "cwd": cwd, "env": { "HOME": self.folder.path() }, "tty": false });
        let answer = crate::cli::run(&request.to_string()).await;
        let whole: Value = serde_json::from_str(&answer).unwrap();
        let text = |key: &str| whole[key].as_str().unwrap_or_default().to_string();
        Called {
            exit: whole["exit"].as_u64().unwrap(),
            stdout: text("stdout"),
            stderr: text("stderr"),
            whole,
        }
    }

    /// The project in the engine's form.
    pub async fn opened(&self) -> crate::missions::project::Project {
        let request = json!({ "args": [], "cwd": self.project(), "env": { "HOME": self.folder.path() } });
        let place = crate::cli::place::Place::find(&serde_json::from_value(request).unwrap()).unwrap();
        place.project().await.unwrap_or_else(|why| panic!("{why:?}"))
    }

    pub fn state(&self) -> StateDir {
        StateDir::open(&self.data_home(), &self.project()).unwrap()
    }

    /// A mission with two tasks, one after the other; `then`: its later events.
    pub fn mission(&self, id: &str, then: &[Value]) -> MissionDir {
        let dir = self.state().mission(id).unwrap();
        dir.create().unwrap();
        let task = |id: &str, after: &[&str]| {
            json!({ "id": id, "title": format!("Do {id}"), "instructions": "…", "files": [format!("{id}.js")],
                    "depends_on": after, "acceptance": ["it works"] })
        };
        let plan = json!({ "tasks": [task("one", &[]), task("two", &["one"])] });
        let begin = [
            json!({ "event": "mission_started", "mission": id, "objective": "Add a thing\nand more",
                    "policy": Policy::default(), "at_ms": 1_000 }),
            json!({ "event": "base_taken", "commit": "c", "tree": "t", "changed": [], "left_out": [] }),
            json!({ "event": "role_asked", "role": "planner", "task": null, "attempt": 1, "at_ms": 3_000 }),
            json!({ "event": "plan_accepted", "plan": plan, "notes": [], "parent": null }),
        ];
        let mut journal = Journal::<Event>::create(&dir.journal_path(), Redactor::shapes_only()).unwrap();
        for event in begin.iter().chain(then) {
            journal.append(&serde_json::from_value(event.clone()).unwrap()).unwrap();
        }
        dir
    }

    /// Pretends that a process runs the mission, as long as the lock lives.
    pub fn running(&self, id: &str) -> ProjectLock {
        let owner = LockOwner { pid: 4242, mission: id.into(), directory: "/d".into(), since_ms: 1 };
        self.state().lock(&owner).unwrap()
    }
}

/// Both tasks are integrated and nothing is missing.
pub(super) fn done() -> Vec<Value> {
    vec![
        json!({ "event": "integrated", "tasks": ["one", "two"], "commit": "d", "tree": "u", "checks": [],
                "at_ms": 61_000 }),
        json!({ "event": "delivered", "files": 2, "branch": null, "note": null }),
        json!({ "event": "ended", "outcome": "done", "at_ms": 62_500 }),
    ]
}

pub(super) fn incomplete() -> Vec<Value> {
    vec![
        json!({ "event": "task_given_up", "task": "one", "reason": "it does not compile" }),
        json!({ "event": "task_cancelled", "task": "two", "reason": "`one` was abandoned" }),
        json!({ "event": "ended", "outcome": "incomplete", "at_ms": 2_000 }),
    ]
}

pub(super) fn paused() -> Vec<Value> {
    vec![json!({ "event": "paused", "reason": { "kind": "stopped", "detail": "cli" }, "at_ms": 5_000 })]
}
