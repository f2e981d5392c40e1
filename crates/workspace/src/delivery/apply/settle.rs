//! Clears up after a delivery that failed or whose process died: removes its own files and gives the user's back.
//!
//! A file that changed since then belongs to the user and is never overwritten.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::compare::{Fingerprint, Found, fingerprint};
use super::place::{backup_name, beside, copy, exchange, rename_new, unfinished};
use crate::delivery::plan::DeliveryEntry;
use crate::error::{At, Error};
use crate::files::{private_dir, remove_tree};

/// The file that lists what a delivery is about to change, with fingerprints.
const STEPS: &str = "steps";
/// The folder of files that are being removed.
pub(super) const REMOVED: &str = "removed";
/// The file that lists what a delivery wrote and did not restore.
const WRITTEN: &str = "written";
/// The mark that everything of a delivery was in its place.
const DONE: &str = "done";
/// The folder beside those of deliveries for files of the user whose place was taken.
const KEPT: &str = "kept";

/// A file of the user that is no longer where they wrote it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) path: String,
    pub(crate) file: PathBuf,
}

/// The temporary name of a file that is being given back.
pub(super) fn back(folder: &Path, path: &str) -> PathBuf {
    folder.join(REMOVED).join(format!("{}.back", backup_name(path)))
}

/// Notes which files will be changed, before the first change.
pub(super) fn note(folder: &Path, staged: &Path, todo: &[(&DeliveryEntry, &Found)]) -> Result<(), Error> {
    let mut text = String::new();
    for (entry, found) in todo {
        let ours = entry.after.as_ref().and_then(|_| fingerprint(&staged.join(&entry.path)));
        for field in [&print(ours), &print(found.fingerprint), &entry.path] {
            text.push_str(field);
            text.push('\0');
        }
    }
    let path = folder.join(STEPS);
    crate::files::write_private(&path, text.as_bytes())?;
    fs::File::open(&path).and_then(|file| file.sync_all()).at("write", &path)
}

/// Leaves out the device, because its number may differ after a restart.
fn print(found: Option<Fingerprint>) -> String {
    found.map_or_else(String::new, |(_, inode, size, at, nanos, mode, owner)| {
        format!("{inode} {size} {at} {nanos} {mode} {owner}")
    })
}

/// The files that a delivery wrote and did not restore.
pub(crate) fn written(folder: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(folder.join(WRITTEN)).unwrap_or_default();
    text.split('\0').filter(|path| crate::names::relative(path).is_ok()).map(str::to_string).collect()
}

/// Replaces the list of [`written`].
pub(crate) fn note_written(folder: &Path, paths: &BTreeSet<String>) -> Result<(), Error> {
    let text: String = paths.iter().flat_map(|path| [path.as_str(), "\0"]).collect();
    crate::files::write_private(&folder.join(WRITTEN), text.as_bytes())
}

/// Notes whether everything of a delivery is in its place.
pub(super) fn note_done(folder: &Path, done: bool) -> Result<(), Error> {
    if done { crate::files::write_private(&folder.join(DONE), b"") } else { remove_tree(&folder.join(DONE)) }
}

/// Whether everything of a delivery was in its place once.
pub(crate) fn was_done(folder: &Path) -> bool {
    folder.join(DONE).exists()
}

/// Whether only a part of a delivery is in its place.
pub(crate) fn is_half_done(folder: &Path) -> bool {
    !was_done(folder) && !written(folder).is_empty()
}

/// Adds a file to the list of [`written`], before it is written.
pub(super) fn note_writing(folder: &Path, path: &str) -> Result<(), Error> {
    let list = folder.join(WRITTEN);
    let noted = fs::OpenOptions::new().append(true).open(&list).and_then(|mut file| {
        file.write_all(format!("{path}\0").as_bytes())?;
        file.sync_data()
    });
    noted.at("write", &list)
}

struct NotedExchange {
    ours: String,
    before: String,
    path: String,
}

fn noted(folder: &Path) -> Vec<NotedExchange> {
    let text = fs::read_to_string(folder.join(STEPS)).unwrap_or_default();
    let fields: Vec<&str> = text.split('\0').collect();
    let steps = fields.as_chunks::<3>().0.iter().filter(|[_, _, path]| crate::names::relative(path).is_ok());
    let step = |[ours, before, path]: &[&str; 3]| NotedExchange {
        ours: (*ours).into(),
        before: (*before).into(),
        path: (*path).into(),
    };
    steps.map(step).collect()
}

/// Clears away what a delivery staged or put aside. A file there that is neither the new nor the old version was written
/// by somebody else during the exchange. It returns to its place if our version is still there; otherwise it is kept and
/// its path is returned.
pub(crate) fn clear_exchanges(root: &Path, folder: &Path) -> Result<Vec<Kept>, Error> {
    let mut kept = Vec::new();
    for step in noted(folder) {
        let beside = beside(root, &step.path);
        let part = unfinished(&beside);
        if let Err(error) = fs::remove_file(&part)
            && !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        {
            return Err(error).at("clear away", &part);
        }
        let place = Place { root, folder, step: &step };
        let aside = folder.join(REMOVED).join(backup_name(&step.path));
        // The staged file comes last, because the others are compared with it.
        for left in [beside, aside, back(folder, &step.path), place.staged()] {
            // If nothing was to be written, the staged path is a folder for other files.
            if fingerprint(&left).is_none() || (step.ours.is_empty() && left == place.staged()) {
                continue;
            }
            if !place.is_ours(&left) && !place.is_old(&left) && !place.give_back(&left) {
                let file = place.keep(&left).at("keep", &left)?;
                kept.push(Kept { path: step.path.clone(), file });
            } else if left != place.staged() {
                // A file that was given back has lost its name here.
                remove_tree(&left)?;
            }
        }
    }
    for name in ["files", REMOVED, STEPS] {
        remove_tree(&folder.join(name))?;
    }
    Ok(kept)
}

struct Place<'a> {
    root: &'a Path,
    folder: &'a Path,
    step: &'a NotedExchange,
}

impl Place<'_> {
    fn staged(&self) -> PathBuf {
        self.folder.join("files").join(&self.step.path)
    }

    fn is_ours(&self, file: &Path) -> bool {
        !self.step.ours.is_empty()
            && (print(fingerprint(file)) == self.step.ours
                || (print(fingerprint(&self.staged())) == self.step.ours && same(file, &self.staged())))
    }

    fn is_old(&self, file: &Path) -> bool {
        !self.step.before.is_empty()
            && (print(fingerprint(file)) == self.step.before
                || same(file, &self.folder.join("backup").join(backup_name(&self.step.path))))
    }

    /// Returns whether the file is back where its owner wrote it.
    fn give_back(&self, file: &Path) -> bool {
        let path = self.root.join(&self.step.path);
        if fingerprint(&path).is_none() {
            // If a file was to be written, somebody has removed it since.
            return self.step.ours.is_empty() && rename_new(file, &path).is_ok();
        }
        self.is_ours(&path) && exchange(file, &path).is_ok()
    }

    /// Moves it to a folder where it stays until the user takes it.
    fn keep(&self, file: &Path) -> io::Result<PathBuf> {
        let all = self.folder.ancestors().nth(3).unwrap_or(self.folder).join(KEPT);
        private_dir(&all).map_err(io::Error::other)?;
        let name = Path::new(&self.step.path).file_name().unwrap_or(file.as_os_str());
        let to = tempfile::Builder::new().tempdir_in(&all)?.keep().join(name);
        match rename_new(file, &to) {
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                copy(file, &to)?;
                fs::remove_file(file)?;
            }
            other => other?,
        }
        Ok(to)
    }
}

/// Whether two files have the same content and permissions, or are the same link.
fn same(one: &Path, other: &Path) -> bool {
    let (Ok(a), Ok(b)) = (fs::symlink_metadata(one), fs::symlink_metadata(other)) else { return false };
    if a.is_symlink() || b.is_symlink() {
        return fs::read_link(one).ok().is_some_and(|link| fs::read_link(other).ok() == Some(link));
    }
    let alike = a.is_file() && b.is_file() && a.len() == b.len() && a.permissions() == b.permissions();
    alike && fs::read(one).ok().is_some_and(|bytes| fs::read(other).ok() == Some(bytes))
}
