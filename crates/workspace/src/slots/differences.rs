//! Lists how a slot differs from a revision, file by file, and replaces single files for a time.
//!
//! The engine uses it to restore files that decide checks while checks run. Nothing here follows a link.

use std::fs;
use std::path::PathBuf;

use crate::base::tree_of;
use crate::error::{At, Error};
use crate::files::reading::read_beneath;
use crate::files::remove_tree;
use crate::files::writing::{link_beneath, remove_beneath, write_beneath_as};
use crate::git::inspect::raw_entries;
use crate::names::{fields, object, relative};
use crate::slots::Slot;
use crate::system::{OsStrExt, OsStringExt, PermissionsExt};
use crate::workspace::Workspace;

/// The longest file that is read or replaced, in bytes.
const LONGEST: u64 = 8 << 20;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotEntry {
    File { bytes: Vec<u8>, executable: bool },
    Link(PathBuf),
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub path: String,
    /// The entry at the revision.
    pub before: Option<SlotEntry>,
    /// The entry in the slot.
    pub now: Option<SlotEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The requested paths that differ.
    pub changed: Vec<Difference>,
    /// Files that no commit would contain, because git ignores them or they look like secrets. An ignored folder is listed
    /// as one entry that ends in `/`.
    pub unrecorded: Vec<String>,
}

impl Workspace {
    /// The differences between a slot and a revision, for the paths that `wanted` names.
    pub fn differences(
        &self,
        slot: &Slot,
        revision: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Differences, Error> {
        let git = self.git()?;
        let (tree, left_out) = self.slot_tree(slot)?;
        let before = tree_of(&git, object(revision)?)?;
        let mut found = Differences::default();
        for (path, before, _) in raw_entries(&git, &before, &tree)? {
            let Some(path) = String::from_utf8(path).ok().filter(|path| wanted(path)) else { continue };
            let before = match before {
                None => None,
                Some((mode, _)) if mode == "160000" => continue,
                Some((mode, _)) => self.read(revision, &path)?.map(|bytes| match mode.as_str() {
                    "120000" => SlotEntry::Link(std::ffi::OsString::from_vec(bytes).into()),
                    mode => SlotEntry::File { bytes, executable: mode == "100755" },
                }),
            };
            let now = self.slot_entry(slot, &path)?;
            found.changed.push(Difference { path, before, now });
        }
        let ignored = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"];
        let ignored = self.slot_git(slot)?.ok("look for ignored files", &ignored, None)?;
        found.unrecorded =
            fields(&ignored).filter_map(|path| String::from_utf8(path.to_vec()).ok()).collect();
        found.unrecorded.extend(left_out.into_iter().map(|left| left.path));
        Ok(found)
    }

    /// The entry at a path of a slot; `None` also for a folder, a pipe or a file that is too long.
    pub fn slot_entry(&self, slot: &Slot, path: &str) -> Result<Option<SlotEntry>, Error> {
        let file = slot.path.join(relative(path)?);
        let Ok(found) = fs::symlink_metadata(&file) else { return Ok(None) };
        if found.is_symlink() {
            return Ok(Some(SlotEntry::Link(fs::read_link(&file).at("read", &file)?)));
        }
        let executable = found.permissions().mode() & 0o100 != 0;
        Ok(read_beneath(&slot.path, path, LONGEST).map(|bytes| SlotEntry::File { bytes, executable }))
    }

    /// Writes an entry at a path of a slot, or removes what is there.
    pub fn set_slot_entry(&self, slot: &Slot, path: &str, entry: Option<&SlotEntry>) -> Result<(), Error> {
        let file = slot.path.join(relative(path)?);
        match fs::symlink_metadata(&file) {
            Ok(found) if found.is_dir() => remove_tree(&file)?,
            // The write below replaces a plain file in one step
            Ok(found) if found.is_file() && matches!(entry, Some(SlotEntry::File { .. })) => {}
            Ok(_) => remove_beneath(&slot.path, path).at("remove", &file)?,
            Err(_) => {}
        }
        match entry {
            None => Ok(()),
            Some(SlotEntry::File { bytes, executable }) => {
                let mode = if *executable { 0o755 } else { 0o644 };
                write_beneath_as(&slot.path, path, bytes, mode).at("write", &file)
            }
            Some(SlotEntry::Link(to)) => {
                link_beneath(&slot.path, path, to.as_os_str().as_bytes()).at("write", &file)
            }
        }
    }
}
