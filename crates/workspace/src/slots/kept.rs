//! Folders of a slot that the next mission can use again, such as a Python environment, each with a key.
//!
//! They are outside of every slot, so no command can write there. The caller keeps only folders that its own set-up has
//! made.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use crate::error::{At, Error};
use crate::files::{ensure_file, folder_inside, private_dir, remove_tree};
use crate::names::relative;
use crate::slots::Slot;
use crate::slots::builds::copy_tree;
use crate::workspace::Workspace;

/// The most folders that are kept for a project, about one for each branch in work.
const MOST: usize = 4;
/// The file whose time says when a folder was last used.
const USED: &str = "used";
const TREE: &str = "tree";

impl Workspace {
    /// Keeps a copy of a slot's folder under `key`; the folders that were unused for longest are removed.
    pub fn keep_folder(&self, slot: &Slot, name: &str, key: &str) -> Result<(), Error> {
        let (from, place) = (slot.path.join(relative(name)?), self.kept(key)?);
        let making = self.environments().join(format!(".new-{}", std::process::id()));
        private_dir(&self.environments())?;
        remove_tree(&making)?;
        private_dir(&making)?;
        let copied = copy_tree(&from, &making.join(TREE)).and_then(|()| ensure_file(&making.join(USED), b""));
        if let Err(error) = copied.and_then(|()| remove_tree(&place)) {
            remove_tree(&making)?;
            return Err(error);
        }
        fs::rename(&making, &place).at("keep", &place)?;
        self.forget_oldest()
    }

    /// Puts the folder kept under `key` into a slot, in place of what is there; returns whether there was one.
    pub fn put_kept_folder(&self, slot: &Slot, name: &str, key: &str) -> Result<bool, Error> {
        let (inside, place) = (relative(name)?, self.kept(key)?);
        if !fs::symlink_metadata(place.join(TREE)).is_ok_and(|found| found.is_dir()) {
            return Ok(false);
        }
        let to = slot.path.join(&inside);
        folder_inside(&slot.path, &inside, 0o755)?;
        remove_tree(&to)?;
        copy_tree(&place.join(TREE), &to)?;
        let used =
            File::open(place.join(USED)).and_then(|file| file.set_modified(std::time::SystemTime::now()));
        used.at("write", &place)?;
        Ok(true)
    }

    /// Paths in a slot that its commit does not contain, ignored by git or not; a folder with only such files is one path.
    pub fn beside_commit(&self, slot: &Slot) -> Result<Vec<String>, Error> {
        let args = ["ls-files", "-z", "--others", "--directory", "--no-empty-directory"];
        let found = self.slot_git(slot)?.ok("look for what was left in a slot", &args, None)?;
        let names = found.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    fn kept(&self, key: &str) -> Result<PathBuf, Error> {
        Ok(self.environments().join(relative(key)?))
    }

    fn forget_oldest(&self) -> Result<(), Error> {
        let entries = fs::read_dir(self.environments()).at("list", &self.environments())?;
        let mut all: Vec<(io::Result<std::time::SystemTime>, PathBuf)> = entries
            .flatten()
            .map(|entry| {
                (entry.path().join(USED).metadata().and_then(|found| found.modified()), entry.path())
            })
            .collect();
        all.sort_by_key(|(used, _)| used.as_ref().ok().copied());
        let surplus = all.len().saturating_sub(MOST);
        all.iter().take(surplus).try_for_each(|(_, path)| remove_tree(path))
    }
}
