//! The mechanics of a delivery: compare, stage, back up, replace, and restore after a failure.
//!
//! All or nothing: after a failed step, all earlier ones are undone.

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
mod settle;
mod staging;

pub(crate) use compare::{Found, State, recorded, states};
#[cfg(test)]
pub(crate) use faults::{crash_after, fail_after, meanwhile};
pub(crate) use place::backup_name;
#[cfg(test)]
pub(crate) use place::{beside, unfinished};
pub(crate) use settle::{clear_exchanges, is_half_done, note_written, was_done, written};

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::delivery::plan::{Delivery, DeliveryEntry};
use crate::error::{At, DeliveryError, Error};
use crate::system::{PermissionsExt, set_mode};
use crate::workspace::Workspace;
use compare::{Fingerprint, fingerprint};
use faults::{crashed, trip};
#[cfg(not(test))]
use place::beside;
use place::{Done, Put, duplicate, remove, replace};

/// The changed paths.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) written: Vec<String>,
    pub(crate) removed: Vec<String>,
}

/// Changes every entry that is still in its `before` state to `after`. `kept` holds exact copies of earlier files;
/// they are preferred to what git would check out.
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
    settle::note(folder, &staged, &todo)?;
    crate::files::private_dir(&folder.join(settle::REMOVED))?;
    settle::note_done(folder, false)?;
    let mut already = written(folder);
    for (entry, _) in &todo {
        already.remove(&entry.path);
    }
    note_written(folder, &already)?;
    let mut work = Work { root, folder, done: Vec::new() };
    let result = work.run(&todo, &staged);
    if let Err(stop) = result {
        if crashed() {
            return Err(DeliveryError::Failed(Error::Unknown { rev: "a crash in a test".into() }));
        }
        let PutBack { mut torn, failed } = work.put_back();
        // What could not be cleared away stays noted for the next start.
        let kept = clear_exchanges(root, folder).unwrap_or_default();
        torn.extend(kept.iter().map(|kept| kept.path.clone()));
        torn.sort();
        torn.dedup();
        // If this cannot be written, the old list stays, which at worst names a file too many.
        already.extend(torn.iter().cloned());
        drop(note_written(folder, &already));
        let source = match stop {
            Stop::Failed(source) if torn.is_empty() => return Err(DeliveryError::PutBack { source }),
            Stop::Changed(path) if torn.is_empty() => {
                return Err(DeliveryError::Changed { paths: vec![path] });
            }
            Stop::Failed(source) => source,
            Stop::Changed(path) => {
                let source = io::Error::other("it changed while it was being replaced");
                Error::Io { what: "replace", path: root.join(path), source }
            }
        };
        // The error names the backup, so it must outlive the next delivery.
        drop(crate::files::write_private(&folder.join(TORN), b""));
        let kept: Vec<PathBuf> = kept.into_iter().map(|kept| kept.file).collect();
        let whereabouts = crate::error::whereabouts(&torn, &backup, &kept);
        return Err(DeliveryError::Torn { source, paths: torn, whereabouts, failed });
    }
    drop(settle::note_done(folder, true));
    // Everything is in its place: what could not be cleared away stays noted for the next start.
    drop(clear_exchanges(root, folder));
    let mut outcome = Outcome::default();
    for (entry, _) in todo {
        let list = if entry.after.is_some() { &mut outcome.written } else { &mut outcome.removed };
        list.push(entry.path.clone());
    }
    Ok(outcome)
}

/// Marks a delivery whose backup was named to the user.
pub(crate) const TORN: &str = "torn";

/// The file that lists the folders which a delivery will create, written before it creates them.
const FOLDERS: &str = "folders";

/// Notes which folders do not exist yet, so that they can be removed after a crash.
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

/// Removes the empty folders that an interrupted delivery created.
pub(crate) fn remove_made_folders(root: &Path, folder: &Path) {
    for name in noted_folders(folder).iter().rev() {
        // A folder that is not empty, or does not exist, is left alone.
        drop(fs::remove_dir(root.join(name)));
    }
}

/// Why a delivery stopped in the middle.
enum Stop {
    /// The user changed this file just before it was replaced.
    Changed(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

/// How to undo a step.
enum UndoStep {
    /// The path had something before, which is in the backup; with the fingerprint of its new content.
    Replaced(String, Option<Fingerprint>),
    Removed(String),
    Created(String, Option<Fingerprint>),
    FolderMade(PathBuf),
    FolderRemoved(PathBuf, u32),
}

impl UndoStep {
    fn path(self, root: &Path) -> Option<String> {
        match self {
            UndoStep::Replaced(name, _) | UndoStep::Removed(name) | UndoStep::Created(name, _) => Some(name),
            UndoStep::FolderMade(_) => None,
            UndoStep::FolderRemoved(folder, _) => Some(relative_to(root, &folder)),
        }
    }
}

fn relative_to(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// What could not be undone.
struct PutBack {
    /// Paths that could not be restored, or that somebody else has written since; those are left alone.
    torn: Vec<String>,
    /// Whether restoring failed for any of them.
    failed: bool,
}

struct Work<'a> {
    root: &'a Path,
    /// The folder of the delivery, with its staged files and its backup.
    folder: &'a Path,
    done: Vec<UndoStep>,
}

impl Work<'_> {
    fn run(&mut self, todo: &[(&DeliveryEntry, &Found)], staged: &Path) -> Result<(), Stop> {
        // Removals first: a folder may have to be replaced by a file, or a file by a folder.
        for (entry, found) in todo.iter().filter(|(entry, _)| entry.after.is_none()) {
            let path = self.root.join(&entry.path);
            self.still(entry, found, &path)?;
            trip(&path)?;
            settle::note_writing(self.folder, &entry.path)?;
            let put = self.remove(&path, &entry.path, found.fingerprint).at("remove", &path)?;
            self.step(put, &entry.path, |_| UndoStep::Removed(entry.path.clone()))?;
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
                self.done.push(UndoStep::FolderRemoved(path.clone(), mode));
            }
            trip(&path)?;
            settle::note_writing(self.folder, &entry.path)?;
            let step = if entry.before.is_some() { UndoStep::Replaced } else { UndoStep::Created };
            let beside = beside(self.root, &entry.path);
            let put = replace(&staged.join(&entry.path), &path, &beside, found.fingerprint);
            self.step(put.at("write", &path)?, &entry.path, |ours| step(entry.path.clone(), ours))?;
            folders.extend(path.parent().map(Path::to_path_buf));
        }
        for folder in folders {
            // The names in the folder should survive a power cut as well; not every file system can promise that.
            drop(fs::File::open(&folder).and_then(|folder| folder.sync_all()));
        }
        Ok(())
    }

    /// Notes a finished step, so that it can be undone whatever happens next.
    fn step(
        &mut self,
        put: Put,
        name: &str,
        step: impl FnOnce(Option<Fingerprint>) -> UndoStep,
    ) -> Result<(), Stop> {
        match put {
            Put::Done(Done { ours, left }) => {
                self.done.push(step(ours));
                match left {
                    Some((path, source)) => Err(Error::Io { what: "clear away", path, source }.into()),
                    None => Ok(()),
                }
            }
            Put::Changed => Err(Stop::Changed(name.to_string())),
            Put::Stranded(at) => {
                let source =
                    io::Error::other(format!("it changed while it was replaced by `{}`", at.display()));
                Err(Error::Io { what: "keep", path: self.root.join(name), source }.into())
            }
        }
    }

    fn remove(&self, path: &Path, name: &str, expected: Option<Fingerprint>) -> io::Result<Put> {
        let aside = self.folder.join(settle::REMOVED).join(backup_name(name));
        remove(path, &aside, &beside(self.root, name), expected)
    }

    /// Checks that the file is as it was at the comparison.
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
                    self.done.push(UndoStep::FolderMade(folder.clone()));
                }
            }
        }
        Ok(())
    }

    /// Removes folders that are empty after a removal, as git does.
    fn remove_empty_folders(&mut self, path: &Path) -> Result<(), Error> {
        let mut folder = path.parent();
        while let Some(at) = folder.filter(|at| *at != self.root && at.starts_with(self.root)) {
            let mode = folder_mode(at);
            if fs::remove_dir(at).is_err() {
                break;
            }
            self.done.push(UndoStep::FolderRemoved(at.to_path_buf(), mode));
            folder = at.parent();
        }
        Ok(())
    }

    /// Undoes every step, the last first, if what the delivery wrote is still there.
    fn put_back(&mut self) -> PutBack {
        let (mut torn, mut failed) = (Vec::new(), false);
        for step in std::mem::take(&mut self.done).into_iter().rev() {
            if crate::faults::at("put the user's files back").is_some() {
                torn.extend(step.path(self.root));
                failed = true;
                continue;
            }
            let (result, name) = match step {
                UndoStep::Replaced(name, ours) => (self.restore(&name, ours), name),
                UndoStep::Removed(name) => (self.restore(&name, None), name),
                UndoStep::Created(name, ours) => {
                    let path = self.root.join(&name);
                    match fingerprint(&path) {
                        // The file was removed since, so it is as before.
                        None => continue,
                        now if now != ours => (Ok(Put::Changed), name),
                        _ => (self.remove(&path, &name, ours), name),
                    }
                }
                UndoStep::FolderMade(folder) => {
                    // The folder is not empty: somebody else put something there, which is not ours to remove.
                    drop(fs::remove_dir(&folder));
                    continue;
                }
                UndoStep::FolderRemoved(folder, mode) => {
                    match fs::create_dir(&folder) {
                        Ok(()) => drop(set_mode(&folder, mode)),
                        // Somebody else created it again.
                        Err(_) if folder.is_dir() => {}
                        Err(_) => {
                            torn.push(relative_to(self.root, &folder));
                            failed = true;
                        }
                    }
                    continue;
                }
            };
            // What an undone step left over is cleared away later with everything else.
            if !matches!(result, Ok(Put::Done(_))) {
                failed |= result.is_err();
                torn.push(name);
            }
        }
        PutBack { torn, failed }
    }

    /// Restores the earlier file in place of ours. The backup stays: it may be a second name of the same file.
    fn restore(&self, name: &str, ours: Option<Fingerprint>) -> io::Result<Put> {
        let kept = self.folder.join("backup").join(backup_name(name));
        let copy = settle::back(self.folder, name);
        duplicate(&kept, &copy)?;
        replace(&copy, &self.root.join(name), &beside(self.root, name), ours)
    }
}

fn folder_mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0o755, |found| found.permissions().mode() & 0o7777)
}
