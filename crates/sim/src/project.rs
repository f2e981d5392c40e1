//! The user's project: created once for each shape, and copied for each run.
//!
//! The runner asks for it, in a folder that is removed after the run. Files and git are real. `truth` decides the
//! content of files, and `scenario` draws their number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use super::truth;
use tempfile::TempDir;

/// The number of files of the largest project.
pub(super) const MOST_FILES: usize = 6;

/// The folder of a run; removed when dropped.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    /// A project of `files` files under git, and nothing else.
    pub(super) fn new(files: usize, red: bool) -> io::Result<Place> {
        let shm = Path::new("/dev/shm");
        let folder = if shm.is_dir() {
            tempfile::Builder::new().prefix("sim-").tempdir_in(shm)?
        } else {
            tempfile::Builder::new().prefix("sim-").tempdir()?
        };
        let place = Place { folder };
        for folder in [place.data_home(), place.config_home().join("opencode")] {
            fs::create_dir_all(folder)?;
        }
        template(files.clamp(1, MOST_FILES), red)?.write(&place.root())?;
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

/// The name of the n-th file, and its word.
pub(super) fn file(n: usize) -> (String, String) {
    (format!("data/f{n}.dat"), format!("alpha{n}"))
}

/// A project at the start of a run. It is kept in memory, so that no process leaves a folder behind.
#[derive(Default)]
struct Template {
    folders: Vec<PathBuf>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Template {
    fn read(root: &Path) -> io::Result<Template> {
        let mut template = Template::default();
        template.add(root, Path::new(""))?;
        Ok(template)
    }

    fn add(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        self.folders.push(folder.to_path_buf());
        for entry in fs::read_dir(root.join(folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.add(root, &path)?;
            } else {
                self.files.push((path, fs::read(entry.path())?));
            }
        }
        Ok(())
    }

    fn write(&self, root: &Path) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| fs::create_dir_all(root.join(folder)))?;
        self.files.iter().try_for_each(|(path, content)| fs::write(root.join(path), content))
    }
}

/// Templates by the number of files and whether a check fails before the mission.
type Templates = Mutex<Vec<((usize, bool), Arc<Template>)>>;

/// Kept for the whole process: creating a repository takes longer than copying it.
static TEMPLATES: Templates = Mutex::new(Vec::new());

fn template(files: usize, red: bool) -> io::Result<Arc<Template>> {
    let mut known = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, template)) = known.iter().find(|(key, _)| *key == (files, red)) {
        return Ok(Arc::clone(template));
    }
    let folder = tempfile::Builder::new().prefix("sim-").tempdir()?;
    make(folder.path(), files, red)?;
    let template = Arc::new(Template::read(folder.path())?);
    known.push(((files, red), Arc::clone(&template)));
    Ok(template)
}

fn make(root: &Path, files: usize, red: bool) -> io::Result<()> {
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
    git(root, &["commit", "-q", "-m", "begin"])
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
