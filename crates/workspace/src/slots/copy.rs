//! Copies files that git does not contain (such as `node_modules`) from the user's project into a slot.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::base::secrets::is_secret_path;
use crate::error::{At, Error};
use crate::files::{ensure_file, folder_inside, remove_tree};
use crate::git::Git;
use crate::names::{is_host_path, relative};
use crate::slots::Slot;
use crate::system::{MetadataExt, symlink};
use crate::user::project::ask;
use crate::workspace::Workspace;

impl Workspace {
    /// Copies `names` from the user's project into a slot, sharing blocks if the file system can, and returns those that are
    /// there now. It skips names that do not exist, are tracked by git, or hold secrets. It does not copy again while the
    /// source is unchanged.
    ///
    /// Links inside point to places in the slot; none leads back to the user's folder.
    pub fn copy_into_slot(&self, slot: &Slot, names: &[String]) -> Result<Vec<String>, Error> {
        let mut there = Vec::new();
        for name in names {
            let inside = relative(name.trim_end_matches('/'))?;
            let from = self.root().join(&inside);
            let Ok(found) = fs::symlink_metadata(&from) else { continue };
            if found.is_symlink() || is_secret_path(name) || is_host_path(name) || self.is_tracked(name)? {
                continue;
            }
            let to = slot.path.join(&inside);
            let stamp = stamp(&from);
            let mark = self.area().join(format!("slot-{}.{}.copied", slot.n, name.replace('/', "%")));
            let fresh = fs::read_to_string(&mark).is_ok_and(|old| old == stamp);
            if !fresh || fs::symlink_metadata(&to).is_err() {
                remove_tree(&mark)?;
                remove_tree(&to)?;
                folder_inside(&slot.path, &inside, 0o755)?;
                let copy = Copy { root: self.root() };
                copy.tree(&from, &to)?;
                ensure_file(&mark, stamp.as_bytes())?;
            }
            there.push(name.clone());
        }
        Ok(there)
    }

    fn is_tracked(&self, name: &str) -> Result<bool, Error> {
        if self.user().is_none() {
            return Ok(false);
        }
        let output = ask(&Git::as_user()?, self.root(), &["ls-files", "-z", "--cached", "--", name])?;
        Ok(!output.stdout.is_empty())
    }
}

struct Copy<'a> {
    root: &'a Path,
}

impl Copy<'_> {
    fn tree(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let found = fs::symlink_metadata(from).at("copy", from)?;
        if found.is_symlink() {
            let target = fs::read_link(from).at("copy", from)?;
            if let Some(target) = self.link(from, &target) {
                symlink(target, to).at("write", to)?;
            }
        } else if found.is_dir() {
            fs::create_dir(to).at("create", to)?;
            for entry in fs::read_dir(from).at("list", from)? {
                let name = entry.at("list", from)?.file_name();
                if !is_secret_path(&name.to_string_lossy()) || is_package_file(from) {
                    self.tree(&from.join(&name), &to.join(&name))?;
                }
            }
        } else if found.is_file() {
            match fs::copy(from, to) {
                // Somebody removed it meanwhile, as happens with caches.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => drop(other.at("copy", from)?),
            }
        }
        Ok(())
    }

    /// The target of a copied link: the same place in the slot, or `None` if the link left the project. It is relative,
    /// because a command may see the slot at another path.
    fn link(&self, from: &Path, target: &Path) -> Option<PathBuf> {
        let mut place = from.parent()?.strip_prefix(self.root).ok()?.to_path_buf();
        if target.is_absolute() {
            let up: PathBuf = place.components().map(|_| Component::ParentDir).collect();
            return Some(up.join(target.strip_prefix(self.root).ok()?));
        }
        for part in target.components() {
            match part {
                Component::ParentDir if !place.pop() => return None,
                Component::Normal(name) => place.push(name),
                _ => {}
            }
        }
        Some(target.to_path_buf())
    }
}

/// Packages contain certificates and the like for their own use; those are public.
fn is_package_file(folder: &Path) -> bool {
    folder.components().any(|part| part.as_os_str() == "node_modules")
}

/// A text that changes when something was installed: the times of the folder, its entries and their entries.
fn stamp(folder: &Path) -> String {
    let mut newest = (0, 0);
    let mut count = 0_u64;
    let mut look = |path: &Path| {
        if let Ok(found) = fs::symlink_metadata(path) {
            newest = newest.max((found.ctime(), found.ctime_nsec()));
            count += 1;
        }
    };
    look(folder);
    let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries(folder) {
        look(&path);
        if path.is_dir() && !path.is_symlink() {
            entries(&path).for_each(|path| look(&path));
        }
    }
    format!("{count} {}.{}", newest.0, newest.1)
}
