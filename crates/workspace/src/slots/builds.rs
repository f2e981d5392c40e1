//! Builds of the project at the base, kept outside of every slot and copied into fresh ones, so that a verdict need not start
//! with a cold build. Commands that ran on a mission's changes cannot have written them.

use std::collections::HashSet;
use std::fs::{self, FileTimes};
use std::io;
use std::path::{Component, Path};
use std::time::SystemTime;

use crate::error::{At, Error};
use crate::files::{copy_with_times, remove_tree};
use crate::slots::Slot;
use crate::system::{open_to_date, symlink};
use crate::workspace::Workspace;

/// The most entries of one build; a larger one is not kept.
const MAX_ENTRIES: usize = 200_000;
/// The deepest folder of a build.
const MAX_DEPTH: usize = 100;

impl Workspace {
    /// Moves a folder of a slot to the same name in `store`, replacing what is there.
    pub fn keep_build(&self, slot: &Slot, folder: &Path, store: &Path) -> Result<(), Error> {
        let (from, to) = (slot.path.join(folder), store.join(folder));
        if !is_inside(folder) || !is_folder(&slot.path, folder) {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is no folder of the slot");
            return Err(error).at("keep", &from);
        }
        move_tree(&from, &to)
    }

    /// Copies a folder from `store` into a slot, with its times; files that the slot already has stay.
    pub fn put_build(&self, store: &Path, folder: &Path, slot: &Slot) -> Result<(), Error> {
        let to = slot.path.join(folder);
        let above = folder.parent().unwrap_or(Path::new(""));
        if !is_inside(folder)
            || fs::symlink_metadata(&to).is_ok()
            || !(above.as_os_str().is_empty() || is_folder(&slot.path, above))
        {
            return Ok(());
        }
        let copied = copy_tree(&store.join(folder), &to);
        if copied.is_err() {
            remove_tree(&to)?;
        }
        copied
    }

    /// Sets the time of every file of a slot that is unchanged since `base` to `then`: a build that compares times rebuilds only
    /// the others.
    pub fn age_files(&self, slot: &Slot, base: &str, then: SystemTime) -> Result<(), Error> {
        let changed: HashSet<String> =
            self.changes(base, &slot.commit)?.into_iter().map(|change| change.path).collect();
        let times = FileTimes::new().set_modified(then);
        for path in self.files(&slot.commit)?.iter().filter(|path| !changed.contains(*path)) {
            // The time of a link or of a missing file does not count
            let Ok(file) = open_to_date(&slot.path.join(path)) else { continue };
            file.set_times(times).at("date", &slot.path.join(path))?;
        }
        self.slot_git(slot)?.run("look at a slot again", &["update-index", "-q", "--refresh"], None, 1024)?;
        self.publish_index(slot)
    }
}

/// Moves a folder that may lie on another file system.
pub fn move_tree(from: &Path, to: &Path) -> Result<(), Error> {
    remove_tree(to)?;
    if let Some(above) = to.parent() {
        fs::create_dir_all(above).at("create", above)?;
    }
    if fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let moved = copy_tree(from, to).and_then(|()| remove_tree(from));
    if moved.is_err() {
        remove_tree(to)?;
    }
    moved
}

/// Copies a folder with the times of its files, sharing blocks if the file system can. Links stay links; a file with two names
/// becomes two files.
pub fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    let mut left = MAX_ENTRIES;
    copy_into(from, to, &mut left, MAX_DEPTH)
}

fn copy_into(from: &Path, to: &Path, left: &mut usize, depth: usize) -> Result<(), Error> {
    let too_deep = || io::Error::other("its folders lie too deep");
    let depth = depth.checked_sub(1).ok_or_else(too_deep).at("copy", from)?;
    fs::create_dir(to).at("create", to)?;
    for entry in fs::read_dir(from).at("list", from)? {
        let entry = entry.at("list", from)?;
        let too_many = || io::Error::other("it holds too many files");
        *left = left.checked_sub(1).ok_or_else(too_many).at("copy", from)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().at("look at", &source)?;
        if kind.is_dir() {
            copy_into(&source, &target, left, depth)?;
        } else if kind.is_symlink() {
            let leads = fs::read_link(&source).at("read", &source)?;
            symlink(leads, &target).at("write", &target)?;
        } else if kind.is_file() {
            copy_with_times(&source, &target).at("copy", &source)?;
        }
    }
    let times = fs::metadata(from).and_then(|found| Ok(FileTimes::new().set_modified(found.modified()?)));
    open_to_date(to).and_then(|folder| folder.set_times(times?)).at("date", to)
}

fn is_inside(folder: &Path) -> bool {
    folder.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Whether `folder` is a real folder, with no link on the way.
fn is_folder(root: &Path, folder: &Path) -> bool {
    let real = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    folder.ancestors().filter(|above| !above.as_os_str().is_empty()).all(|above| real(&root.join(above)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Project, mission, write};

    #[test]
    fn a_build_of_the_base_is_copied_with_its_times_and_files_of_the_base_are_older() {
        let project = Project::with(&[("src/a", "a"), ("src/b", "b"), (".gitignore", "target\n")]);
        let workspace = project.open();
        let (base, slot, later) = mission(&workspace, &[("src/a", "A")]);
        let slot = workspace.fresh_slot(slot.n, &base.commit, &[]).unwrap();
        write(&slot.path, "target/debug/x", "made");
        let made = fs::metadata(slot.path.join("target/debug/x")).unwrap().modified().unwrap();
        let store = project.state().join("builds");
        let target = Path::new("target");
        workspace.keep_build(&slot, target, &store).unwrap();
        assert!(!slot.path.join("target").exists());
        let slot = workspace.fresh_slot(slot.n, &later, &[]).unwrap();
        workspace.put_build(&store, target, &slot).unwrap();
        workspace.age_files(&slot, &base.commit, SystemTime::UNIX_EPOCH).unwrap();
        let time = |path: &str| fs::metadata(slot.path.join(path)).unwrap().modified().unwrap();
        assert_eq!(time("target/debug/x"), made);
        assert_eq!(time("src/b"), SystemTime::UNIX_EPOCH);
        assert!(time("src/a") > made);
        // The next copy does not contain what a check wrote there
        write(&slot.path, "target/debug/x", "poison");
        let slot = workspace.fresh_slot(slot.n, &later, &[]).unwrap();
        workspace.put_build(&store, target, &slot).unwrap();
        assert_eq!(fs::read_to_string(slot.path.join("target/debug/x")).unwrap(), "made");
        assert!(workspace.slot_changes(&slot).unwrap().is_empty());
        assert!(workspace.keep_build(&slot, Path::new("../x"), &store).is_err());
    }
}
