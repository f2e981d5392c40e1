//! The layout on disk: the state folder of a project, and the folder of each mission in it.
//!
//! It creates folders and returns paths. An id or a name from outside is checked before it becomes a path. It decodes
//! no event: it only checks whether the first line of a journal is whole. Lock, queue and the removal of a mission have
//! their own files.

use crate::lock::{self, LockError, LockOwner, ProjectLock};
use crate::queue::{self, QueuePlace, Queued};
use crate::{Error, atomic, private, write_atomic};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const PRODUCT: &str = "opencode-orchestrator";

/// The name of a project's state folder: the sanitized name of its directory, and 12 hex digits of the SHA-256 of its
/// canonical path. Two worktrees of one repository are two projects.
pub fn project_key(root: &Path) -> String {
    let path = canonical(root);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut safe: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' })
        .take(40)
        .collect();
    if safe.trim_matches(['.', '_', '-']).is_empty() {
        safe = "project".to_owned();
    } else if safe.starts_with(['.', '-']) {
        safe.insert(0, '_');
    }
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let hex = shared::text::hex(&digest[..6]);
    format!("{safe}-{hex}")
}

fn canonical(root: &Path) -> PathBuf {
    root.canonicalize().or_else(|_| std::path::absolute(root)).unwrap_or_else(|_| root.to_path_buf())
}

/// Whether `id` is `m-` and eight characters of `[a-z0-9]`.
pub fn is_mission_id(id: &str) -> bool {
    id.strip_prefix("m-").is_some_and(|rest| {
        rest.len() == 8 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// The state folder of one project.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

impl StateDir {
    /// Opens the state folder of the project at `root`, and creates it (0700) if it is missing. `data_home` is
    /// `$XDG_DATA_HOME`.
    ///
    /// # Errors
    /// If the folder cannot be created; the error names it.
    pub fn open(data_home: &Path, root: &Path) -> Result<Self, Error> {
        let state = Self::at(data_home, root);
        for dir in [data_home.join(PRODUCT), state.path.clone(), state.missions()] {
            private::create_dir(&dir).map_err(Error::io("create the state folder", &dir))?;
        }
        // The key cannot be turned back into a path, and `clean` and people need to know which project the folder
        // belongs to.
        let note = state.path.join("project");
        if !note.exists() {
            let root = canonical(root);
            write_atomic(&note, format!("{}\n", root.display()).as_bytes())?;
        }
        Ok(state)
    }

    /// The state folder that the project has or would have; touches no file. For commands that only read, such as
    /// `status`.
    pub fn at(data_home: &Path, root: &Path) -> Self {
        Self { path: data_home.join(PRODUCT).join(project_key(root)) }
    }

    /// The state folders of all projects, sorted by name.
    pub fn list(data_home: &Path) -> Result<Vec<Self>, Error> {
        let all = data_home.join(PRODUCT);
        let mut found: Vec<Self> = entries(&all)?
            .into_iter()
            .filter(|path| path.join("missions").is_dir())
            .map(|path| Self { path })
            .collect();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The project's root, as it was when the folder was made.
    pub fn project_root(&self) -> Option<PathBuf> {
        let text = fs::read_to_string(self.path.join("project")).ok()?;
        Some(PathBuf::from(text.strip_suffix('\n').unwrap_or(&text)))
    }

    /// The private repository.
    pub fn repository(&self) -> PathBuf {
        self.path.join("repository.git")
    }

    /// The folder of its worktrees.
    pub fn slots(&self) -> PathBuf {
        self.path.join("slots")
    }

    /// The folder of all missions.
    pub fn missions(&self) -> PathBuf {
        self.path.join("missions")
    }

    /// The folder of one mission; it need not exist.
    ///
    /// # Errors
    /// [`Error::BadMissionId`]: ids come from command lines, and name a folder.
    pub fn mission(&self, id: &str) -> Result<MissionDir, Error> {
        if !is_mission_id(id) {
            return Err(Error::BadMissionId { id: id.chars().take(80).collect() });
        }
        Ok(MissionDir { id: id.to_owned(), path: self.missions().join(id) })
    }

    /// The missions that were begun (their journal has a whole line), newest first. Missions that cannot be inspected
    /// are included: reading them returns the error.
    ///
    /// # Errors
    /// If the folder cannot be listed. A folder that does not exist holds no missions.
    pub fn list_missions(&self) -> Result<Vec<MissionDir>, Error> {
        let mut found: Vec<(SystemTime, MissionDir)> = entries(&self.missions())?
            .into_iter()
            .filter_map(|path| {
                let mission = self.mission(path.file_name()?.to_str()?).ok()?;
                if !mission.is_begun() {
                    return None;
                }
                // If the file system keeps no creation time, the time of the last event is used.
                let time = |metadata: fs::Metadata| metadata.created().or_else(|_| metadata.modified());
                let begun = fs::metadata(mission.journal_path()).and_then(time);
                // If the journal cannot be inspected, the folder's time is used; without any time the mission counts as
                // the newest.
                let begun = begun.or_else(|_| fs::metadata(&mission.path).and_then(time));
                Some((begun.unwrap_or_else(|_| SystemTime::now()), mission))
            })
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        Ok(found.into_iter().map(|(_, mission)| mission).collect())
    }

    /// Removes the folders of missions that crashed before their first event, and returns the missions whose process
    /// ended without cleaning up. The caller must hold the project's lock, so that no other process writes here. The
    /// folder of its own mission `own` stays: it may hold a request that came while the mission starts.
    ///
    /// # Errors
    /// If a folder cannot be listed or removed.
    pub fn sweep(&self, own: &str) -> Result<Vec<MissionDir>, Error> {
        let mut crashed = Vec::new();
        for path in entries(&self.missions())? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Ok(mission) = self.mission(name) else { continue };
            if !mission.is_begun() {
                if name != own {
                    mission.forget()?;
                }
            } else if mission.tmp_dir().exists() {
                crashed.push(mission);
            }
        }
        Ok(crashed)
    }

    /// Takes the right to run a mission in this project.
    ///
    /// # Errors
    /// [`LockError::Held`] with its owner, if another mission runs.
    pub fn lock(&self, owner: &LockOwner) -> Result<ProjectLock, LockError> {
        ProjectLock::acquire(&self.path.join("lock"), owner)
    }

    /// Takes the last place in the queue.
    ///
    /// # Errors
    /// [`Error::QueueFull`], or an error if the place cannot be written.
    pub fn enqueue(&self, queued: &Queued) -> Result<QueuePlace, Error> {
        QueuePlace::take(&self.path.join("queue"), queued)
    }

    /// The missions that wait, in their order.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn queue(&self) -> Result<Vec<Queued>, Error> {
        queue::list(&self.path.join("queue"))
    }

    /// Takes a mission out of the queue; `None` if it does not wait.
    ///
    /// # Errors
    /// If its place cannot be removed.
    pub fn cancel_queued(&self, mission: &str) -> Result<Option<Queued>, Error> {
        queue::cancel(&self.path.join("queue"), mission)
    }

    /// Who runs a mission in this project now.
    ///
    /// # Errors
    /// If the lock file cannot be opened.
    pub fn owner(&self) -> Result<Option<LockOwner>, Error> {
        lock::owner(&self.path.join("lock"))
    }
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let list = match fs::read_dir(dir) {
        Ok(list) => list,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", dir)(error)),
    };
    Ok(list.filter_map(Result::ok).map(|entry| entry.path()).collect())
}

/// The folder of one mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissionDir {
    id: String,
    path: PathBuf,
}

impl MissionDir {
    /// Creates the folder (0700) and the folders in it if they are missing, and removes unfinished files. For the
    /// mission's owner, also on resume.
    ///
    /// # Errors
    /// If they cannot be created.
    pub fn create(&self) -> Result<(), Error> {
        for dir in [self.path.clone(), self.control_dir(), self.pages_dir(), self.tmp_dir()] {
            private::create_dir(&dir).map_err(Error::io("create the mission's folder", &dir))?;
        }
        // A crash while the board was written leaves such files; only the mission's owner writes here.
        for path in entries(&self.path)?.iter().filter(|path| atomic::is_unfinished(path)) {
            fs::remove_file(path).map_err(Error::io("remove an unfinished file", path))?;
        }
        Ok(())
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the mission was ever begun here.
    pub fn exists(&self) -> bool {
        self.journal_path().is_file()
    }

    /// Whether its first event was recorded. A journal that cannot be read counts as begun.
    fn is_begun(&self) -> bool {
        let file = match fs::File::open(self.journal_path()) {
            Ok(file) => file,
            Err(error) => return error.kind() != std::io::ErrorKind::NotFound,
        };
        let mut first = Vec::new();
        let mut file = std::io::BufReader::new(file).take(crate::MAX_LINE as u64);
        file.read_until(b'\n', &mut first).is_err() || first.ends_with(b"\n")
    }

    pub fn journal_path(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// What the board and `status` show; written with [`write_atomic`].
    pub fn board_path(&self) -> PathBuf {
        self.path.join("board.json")
    }

    /// Requests from outside: see [`crate::control`].
    pub fn control_dir(&self) -> PathBuf {
        self.path.join("control")
    }

    /// Context that was paged out.
    pub fn pages_dir(&self) -> PathBuf {
        self.path.join("pages")
    }

    /// Results of checks by tree, kept so that a resume does not run them again.
    pub fn checks_path(&self) -> PathBuf {
        self.path.join("checks.jsonl")
    }

    /// The folder for temporary files and caches of a running mission's checks.
    pub fn tmp_dir(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Removes the temporary files of checks; for the mission's owner, when it ends or pauses.
    ///
    /// # Errors
    /// If they cannot be removed.
    pub fn clear_tmp(&self) -> Result<(), Error> {
        let dir = self.tmp_dir();
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove temporary files", &dir)(error))
            }
            _ => Ok(()),
        }
    }

    /// The file of one page.
    ///
    /// # Errors
    /// [`Error::BadName`]: models ask for pages by name, and a name must not leave the folder.
    pub fn page_path(&self, name: &str) -> Result<PathBuf, Error> {
        let ok = (1..=64).contains(&name.len())
            && !name.starts_with('.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !ok {
            return Err(Error::BadName { name: name.chars().take(80).collect() });
        }
        Ok(self.pages_dir().join(name))
    }

    /// `report.<extension>`: `html` or `md`.
    pub fn report_path(&self, extension: &str) -> PathBuf {
        self.path.join(format!("report.{extension}"))
    }
}
