//! The mechanics of a delivery: compare, stage, back up, put in place, and put back on failure.

mod compare;
#[cfg(test)]
mod faults;
#[cfg(not(test))]
mod faults {
    //! Faults are for tests and simulations.

    use crate::error::At;

    pub(super) fn trip(path: &std::path::Path) -> Result<(), crate::error::Error> {
        match crate::faults::at("write into the user's files") {
            Some(_) => Err(crate::faults::error()).at("write", path),
            None => Ok(()),
        }
    }

    pub(super) fn crashed() -> bool {
        false
    }
}
mod place;
mod staging;

pub(crate) use compare::{Found, State, states};
#[cfg(test)]
pub(crate) use faults::{crash_after, fail_after};

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::{At, DeliveryError, Error};
use crate::plan::{Delivery, DeliveryEntry};
use crate::workspace::Workspace;
use compare::fingerprint;
use faults::{crashed, trip};
use place::{backup_name, duplicate, move_into_place, remove, replace};

/// What was done, by path.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) written: Vec<String>,
    pub(crate) removed: Vec<String>,
}

/// Brings every entry that is still as `before` to `after`. `kept` holds exact copies of files as they
/// were, to be preferred over what git would check out.
pub(crate) fn apply(
    workspace: &Workspace,
    delivery: &Delivery,
    found: &[Found],
    folder: &Path,
    kept: Option<&Path>,
) -> Result<Outcome, DeliveryError> {
    let root = workspace.root();
    let todo: Vec<(&DeliveryEntry, &Found)> =
        delivery.entries.iter().zip(found).filter(|(_, found)| found.state == State::Before).collect();
    let staged = staging::stage(workspace, delivery, &todo, folder, kept)?;
    let backup = folder.join("backup");
    for (entry, _) in &todo {
        let kept = backup.join(backup_name(&entry.path));
        crate::files::remove_tree(&kept)?;
        if entry.before.is_some() {
            let path = root.join(&entry.path);
            duplicate(&path, &kept).at("keep a copy of", &path)?;
        }
    }
    note_folders(root, delivery, folder)?;
    let mut work = Work { root, backup: &backup, done: Vec::new() };
    let result = work.run(&todo, &staged);
    if let Err(stop) = result {
        if crashed() {
            return Err(DeliveryError::Failed(Error::Unknown { rev: "a crash in a test".into() }));
        }
        let torn = work.put_back();
        return Err(match stop {
            Stop::Failed(source) if torn.is_empty() => DeliveryError::PutBack { source },
            Stop::Changed(path) if torn.is_empty() => DeliveryError::Changed { paths: vec![path] },
            Stop::Failed(source) => DeliveryError::Torn { source, paths: torn, backup },
            Stop::Changed(path) => {
                let source = io::Error::other("it changed while it was being replaced");
                let source = Error::Io { what: "replace", path: root.join(path), source };
                DeliveryError::Torn { source, paths: torn, backup }
            }
        });
    }
    drop(crate::files::remove_tree(&staged));
    let mut outcome = Outcome::default();
    for (entry, _) in todo {
        let list = if entry.after.is_some() { &mut outcome.written } else { &mut outcome.removed };
        list.push(entry.path.clone());
    }
    Ok(outcome)
}

/// Where the folders that a delivery will make are noted, before it makes them.
const FOLDERS: &str = "folders";

/// Writes down which folders are not there yet, so that a crash does not leave them behind for good.
fn note_folders(root: &Path, delivery: &Delivery, folder: &Path) -> Result<(), Error> {
    let mut missing: BTreeSet<String> = noted_folders(folder).into_iter().collect();
    for entry in delivery.entries.iter().filter(|entry| entry.after.is_some()) {
        for above in Path::new(&entry.path).ancestors().skip(1).filter(|above| *above != Path::new("")) {
            if let (Some(name), Err(_)) = (above.to_str(), fs::symlink_metadata(root.join(above))) {
                missing.insert(name.to_string());
            }
        }
    }
    let names: Vec<String> = missing.into_iter().collect();
    crate::files::write_private(&folder.join(FOLDERS), names.join("\0").as_bytes())
}

fn noted_folders(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join(FOLDERS)).unwrap_or_default();
    text.split('\0').filter(|name| crate::names::relative(name).is_ok()).map(str::to_string).collect()
}

/// Removes the empty folders that a delivery made before it was interrupted.
pub(crate) fn remove_made_folders(root: &Path, folder: &Path) {
    for name in noted_folders(folder).iter().rev() {
        // One that is not empty, or not there, stays as it is.
        drop(fs::remove_dir(root.join(name)));
    }
}

/// Why it stopped in the middle.
enum Stop {
    /// The user changed this file at the last moment.
    Changed(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

/// A step that was taken, for taking it back.
enum Step {
    /// The path held something before, which is in the backup.
    Replaced(String),
    Created(String),
    FolderMade(PathBuf),
    FolderRemoved(PathBuf, u32),
}

impl Step {
    fn path(self) -> Option<String> {
        match self {
            Step::Replaced(name) | Step::Created(name) => Some(name),
            Step::FolderMade(_) => None,
            Step::FolderRemoved(folder, _) => Some(folder.to_string_lossy().into_owned()),
        }
    }
}

struct Work<'a> {
    root: &'a Path,
    backup: &'a Path,
    done: Vec<Step>,
}

impl Work<'_> {
    fn run(&mut self, todo: &[(&DeliveryEntry, &Found)], staged: &Path) -> Result<(), Stop> {
        // Removals first: a folder may have to make way for a file and the other way round.
        for (entry, found) in todo.iter().filter(|(entry, _)| entry.after.is_none()) {
            let path = self.root.join(&entry.path);
            self.still(entry, found, &path)?;
            trip(&path)?;
            let aside = staged.with_extension("removed");
            if !remove(&path, &aside, found.fingerprint).at("remove", &path)? {
                return Err(Stop::Changed(entry.path.clone()));
            }
            self.done.push(Step::Replaced(entry.path.clone()));
            self.remove_empty_folders(&path)?;
        }
        let mut folders = BTreeSet::new();
        for (entry, found) in todo.iter().filter(|(entry, _)| entry.after.is_some()) {
            let path = self.root.join(&entry.path);
            self.still(entry, found, &path)?;
            self.make_folders(Path::new(&entry.path))?;
            if entry.before.is_none() && fs::symlink_metadata(&path).is_ok_and(|there| there.is_dir()) {
                let mode = folder_mode(&path);
                fs::remove_dir(&path).at("replace the folder", &path)?;
                self.done.push(Step::FolderRemoved(path.clone(), mode));
            }
            trip(&path)?;
            let step = if entry.before.is_some() { Step::Replaced } else { Step::Created };
            if !replace(&staged.join(&entry.path), &path, found.fingerprint).at("write", &path)? {
                return Err(Stop::Changed(entry.path.clone()));
            }
            self.done.push(step(entry.path.clone()));
            folders.extend(path.parent().map(Path::to_path_buf));
        }
        for folder in folders {
            // The names themselves should outlive a power cut; not every file system can promise that.
            drop(fs::File::open(&folder).and_then(|folder| folder.sync_all()));
        }
        Ok(())
    }

    /// The file is as it was when it was compared.
    fn still(&self, entry: &DeliveryEntry, found: &Found, path: &Path) -> Result<(), Stop> {
        if found.fingerprint.is_some() && fingerprint(path) != found.fingerprint {
            return Err(Stop::Changed(entry.path.clone()));
        }
        let is_new =
            found.fingerprint.is_none() && fs::symlink_metadata(path).is_ok_and(|there| !there.is_dir());
        if is_new { Err(Stop::Changed(entry.path.clone())) } else { Ok(()) }
    }

    fn make_folders(&mut self, relative: &Path) -> Result<(), Error> {
        let mut folder = self.root.to_path_buf();
        for part in relative.parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            match fs::symlink_metadata(&folder) {
                Ok(there) if there.is_dir() => {}
                Ok(_) => {
                    let error = io::Error::new(io::ErrorKind::NotADirectory, "it is in the way of a folder");
                    return Err(error).at("enter", &folder);
                }
                Err(_) => {
                    fs::create_dir(&folder).at("create", &folder)?;
                    self.done.push(Step::FolderMade(folder.clone()));
                }
            }
        }
        Ok(())
    }

    /// Folders that held only what was removed go as well, as with git.
    fn remove_empty_folders(&mut self, path: &Path) -> Result<(), Error> {
        let mut folder = path.parent();
        while let Some(at) = folder.filter(|at| *at != self.root && at.starts_with(self.root)) {
            let mode = folder_mode(at);
            if fs::remove_dir(at).is_err() {
                break;
            }
            self.done.push(Step::FolderRemoved(at.to_path_buf(), mode));
            folder = at.parent();
        }
        Ok(())
    }

    /// Takes every step back, the last first. Returns the paths where that failed.
    fn put_back(&mut self) -> Vec<String> {
        let mut torn = Vec::new();
        for step in self.done.drain(..).rev() {
            if crate::faults::at("put the user's files back").is_some() {
                torn.extend(step.path());
                continue;
            }
            let (result, name) = match step {
                Step::Replaced(name) => {
                    let kept = self.backup.join(backup_name(&name));
                    (move_into_place(&kept, &self.root.join(&name)), name)
                }
                Step::Created(name) => (fs::remove_file(self.root.join(&name)), name),
                Step::FolderMade(folder) => {
                    // Not empty: something else was put there meanwhile, which is not ours to remove.
                    drop(fs::remove_dir(&folder));
                    continue;
                }
                Step::FolderRemoved(folder, mode) => {
                    let made = fs::create_dir(&folder);
                    drop(fs::set_permissions(&folder, fs::Permissions::from_mode(mode)));
                    (made, folder.to_string_lossy().into_owned())
                }
            };
            if result.is_err() {
                torn.push(name);
            }
        }
        torn
    }
}

fn folder_mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0o755, |found| found.permissions().mode() & 0o7777)
}
