//! A project with real git in a temporary folder, for this crate's tests.
//!
//! For tests only: the product must not use it.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use crate::{Base, Confine, ConfinedPlaces, Slot, Workspace};

/// A user's project and a state folder beside it.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    /// The folder of the state folder, if it is not beside the project.
    elsewhere: Option<tempfile::TempDir>,
}

impl Project {
    /// An empty folder without git.
    pub(crate) fn plain() -> Project {
        // Without the leading dot of the library's default: slots must not be in a hidden folder
        let folder = tempfile::Builder::new().prefix("workspace-").tempdir().unwrap();
        fs::create_dir(folder.path().join("project")).unwrap();
        Project { folder, elsewhere: None }
    }

    /// A repository without commits.
    pub(crate) fn empty() -> Project {
        let project = Project::plain();
        project.git(&["init", "-q", "-b", "main"]);
        project
    }

    /// A repository with these files committed.
    pub(crate) fn with(files: &[(&str, &str)]) -> Project {
        let project = Project::empty();
        for (name, text) in files {
            project.write(name, text);
        }
        project.commit_all();
        project
    }

    /// The same with the state folder on another file system; `None` if this machine has only one.
    pub(crate) fn across(mut self) -> Option<Project> {
        let elsewhere = tempfile::Builder::new().prefix("workspace-").tempdir_in("/dev/shm").ok()?;
        let device = |path: &Path| fs::metadata(path).unwrap().dev();
        if device(elsewhere.path()) == device(self.folder.path()) {
            return None;
        }
        self.elsewhere = Some(elsewhere);
        Some(self)
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.elsewhere.as_ref().unwrap_or(&self.folder).path().canonicalize().unwrap().join("state")
    }

    pub(crate) fn open(&self) -> Workspace {
        let workspace = Workspace::open(&self.root(), &self.state()).unwrap();
        workspace.confine_filters(Arc::new(Watch::default()));
        workspace
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        write(&self.root(), name, text);
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        fs::read(self.root().join(name)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(crate) fn commit_all(&self) {
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "commit"]);
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.root(), args)
    }

    /// Every file of the project, including `.git`: name, kind, mode and content.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.root())
    }
}

/// Git as a user runs it, with settings that do not depend on this machine.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", crate::git::NO_FILE)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .args(["-c", "user.name=u", "-c", "user.email=u@localhost", "-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// The same with something to read.
pub(crate) fn git_fed(folder: &Path, args: &[&str], input: &[u8]) {
    let mut child = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", crate::git::NO_FILE)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
    assert!(child.wait().unwrap().success(), "git {args:?}");
}

pub(crate) fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Takes the base, and commits the change `files` in slot 1.
pub(crate) fn mission(workspace: &Workspace, files: &[(&str, &str)]) -> (Base, Slot, String) {
    let base = workspace.take_base("m").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    for (name, text) in files {
        write(&slot.path, name, text);
    }
    let commit = workspace.commit_slot(&slot, &base.commit, "task").unwrap();
    (base, slot, commit.id)
}

pub(crate) fn fingerprint(folder: &Path) -> String {
    let mut lines = Vec::new();
    walk(folder, folder, &mut lines);
    lines.sort();
    lines.join("\n")
}

fn walk(root: &Path, folder: &Path, lines: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let content = if found.is_symlink() {
            fs::read_link(&path).unwrap().display().to_string()
        } else if found.is_dir() {
            walk(root, &path, lines);
            String::new()
        } else {
            Sha256::digest(fs::read(&path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        lines.push(format!("{name} {:o} {} {content}", found.permissions().mode(), found.uid()));
    }
}

/// Starts programs without a sandbox and records their places; the real sandbox is in another
/// crate.
#[derive(Debug, Default)]
pub(crate) struct Watch(pub(crate) Mutex<Vec<ConfinedPlaces>>);

impl Confine for Watch {
    fn spawn(&self, command: &Command, places: &ConfinedPlaces) -> io::Result<Child> {
        self.0.lock().unwrap().push(places.clone());
        let mut own = Command::new(command.get_program());
        own.args(command.get_args()).env_clear().env("CONFINED", "yes");
        own.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        own.current_dir(command.get_current_dir().unwrap()).process_group(0);
        own.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }
}
