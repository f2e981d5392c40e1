//! The user's project: made once for each shape, copied for each run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::truth;
use tempfile::TempDir;

/// Files of the largest project.
pub(super) const MOST_FILES: usize = 6;

/// Where a run takes place; gone when dropped.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    /// A project of `files` files under git, and nothing else.
    pub(super) fn new(files: usize, red: bool) -> io::Result<Place> {
        let shm = Path::new("/dev/shm");
        let folder = if shm.is_dir() { tempfile::tempdir_in(shm)? } else { tempfile::tempdir()? };
        let place = Place { folder };
        for folder in [place.data_home(), place.config_home().join("opencode")] {
            fs::create_dir_all(folder)?;
        }
        copy(&template(files.clamp(1, MOST_FILES), red)?, &place.root())?;
        Ok(place)
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub(super) fn data_home(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn config_home(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The name of the n-th file, and the word that it has.
pub(super) fn file(n: usize) -> (String, String) {
    (format!("data/f{n}.dat"), format!("alpha{n}"))
}

/// Kept for the whole process: making a repository takes longer than copying it.
static TEMPLATES: Mutex<Vec<((usize, bool), TempDir)>> = Mutex::new(Vec::new());

fn template(files: usize, red: bool) -> io::Result<PathBuf> {
    let mut known = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, folder)) = known.iter().find(|(key, _)| *key == (files, red)) {
        return Ok(folder.path().to_path_buf());
    }
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    fs::create_dir_all(root.join("data"))?;
    for n in 0..files {
        let (path, word) = file(n);
        let mut text = truth::fresh(&path, &word);
        if red && n == 0 {
            text.push_str("broken before\n");
        }
        fs::write(root.join(path), text)?;
    }
    fs::write(root.join("README.md"), "A simulated project.\n")?;
    git(root, &["init", "-q", "-b", "main"])?;
    git(root, &["add", "-A"])?;
    git(root, &["commit", "-q", "-m", "begin"])?;
    let path = root.to_path_buf();
    known.push(((files, red), folder));
    Ok(path)
}

pub(super) fn git(root: &Path, args: &[&str]) -> io::Result<()> {
    let date = "2026-01-01T00:00:00Z";
    let output = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_COMMITTER_DATE", date)
        .env_remove("GIT_DIR")
        .args(["-c", "user.name=u", "-c", "user.email=u@localhost", "-c", "init.templateDir="])
        .args(args)
        .current_dir(root)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("git {args:?}: {}", String::from_utf8_lossy(&output.stderr))))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
