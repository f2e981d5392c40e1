//! What a delivery leaves aside when it fails or its process dies: cleared away where it is ours, and given back where it
//! is the user's.
//!
//! A file that changed since is the user's, and is never written over.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::compare::{Fingerprint, Found, fingerprint};
use super::place::{backup_name, beside, copy, exchange, rename_new, unfinished};
use crate::delivery::plan::DeliveryEntry;
use crate::error::{At, Error};
use crate::files::{private_dir, remove_tree};

/// Where the files are noted that a delivery is about to touch, with how each is recognised.
const STEPS: &str = "steps";
/// Where files are on their way out.
pub(super) const REMOVED: &str = "removed";
/// Where files are noted that a delivery wrote and did not put back.
const WRITTEN: &str = "written";
/// Says that everything of a delivery was in its place.
const DONE: &str = "done";
/// Beside the folders of deliveries: what was in nobody's place any more.
const KEPT: &str = "kept";

/// Something of the user's that is not where they wrote it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) path: String,
    pub(crate) file: PathBuf,
}

/// Where a file is on its way back.
pub(super) fn back(folder: &Path, path: &str) -> PathBuf {
    folder.join(REMOVED).join(format!("{}.back", backup_name(path)))
}

/// Notes what is about to be touched, before it is.
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

/// Without the device, whose number may be another after the next start.
fn print(found: Option<Fingerprint>) -> String {
    found.map_or_else(String::new, |(_, inode, size, at, nanos, mode, owner)| {
        format!("{inode} {size} {at} {nanos} {mode} {owner}")
    })
}

/// The files that a delivery wrote and did not put back.
pub(crate) fn written(folder: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(folder.join(WRITTEN)).unwrap_or_default();
    text.split('\0').filter(|path| crate::names::relative(path).is_ok()).map(str::to_string).collect()
}

/// Replaces what [`written`] says.
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

/// Whether part of a delivery is in its place and part of it is not.
pub(crate) fn is_half_done(folder: &Path) -> bool {
    !was_done(folder) && !written(folder).is_empty()
}

/// Adds a file to what [`written`] says, before it is written.
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

/// Clears away what a delivery staged or put aside. A file among it that is neither what was to be written nor what was
/// there before was written by somebody else in the instant of the exchange: it goes back to its place where that still
/// holds what we wrote, and is kept and named otherwise.
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
        // The staged file last: the others are compared with it.
        for left in [beside, aside, back(folder, &step.path), place.staged()] {
            // Where nothing was to be written, what is staged there is a folder for other files.
            if fingerprint(&left).is_none() || (step.ours.is_empty() && left == place.staged()) {
                continue;
            }
            if !place.is_ours(&left) && !place.is_old(&left) && !place.give_back(&left) {
                let file = place.keep(&left).at("keep", &left)?;
                kept.push(Kept { path: step.path.clone(), file });
            } else if left != place.staged() {
                // Its second name is gone where it was given back.
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

    /// Gives whether the file is where its owner wrote it.
    fn give_back(&self, file: &Path) -> bool {
        let path = self.root.join(&self.step.path);
        if fingerprint(&path).is_none() {
            // Where a file was to be written, somebody removed it since.
            return self.step.ours.is_empty() && rename_new(file, &path).is_ok();
        }
        self.is_ours(&path) && exchange(file, &path).is_ok()
    }

    /// Moves it to where it stays until somebody takes it.
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

/// The same content and permissions, or the same link.
fn same(one: &Path, other: &Path) -> bool {
    let (Ok(a), Ok(b)) = (fs::symlink_metadata(one), fs::symlink_metadata(other)) else { return false };
    if a.is_symlink() || b.is_symlink() {
        return fs::read_link(one).ok().is_some_and(|link| fs::read_link(other).ok() == Some(link));
    }
    let alike = a.is_file() && b.is_file() && a.len() == b.len() && a.permissions() == b.permissions();
    alike && fs::read(one).ok().is_some_and(|bytes| fs::read(other).ok() == Some(bytes))
}
