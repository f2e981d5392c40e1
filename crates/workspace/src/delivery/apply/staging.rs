//! Makes the new files of a delivery with git, so that line endings, filters and modes are right.
//!
//! They are outside of the user's files until `place` moves them there.

use std::fs;
use std::path::{Path, PathBuf};

use super::compare::Found;
use super::place::{backup_name, copy};
use crate::delivery::plan::{Delivery, DeliveryEntry};
use crate::error::{At, Error};
use crate::files::{folder_inside, private_dir, remove_tree};
use crate::git::filters::FilteredFile;
use crate::names::fields;
use crate::system::{PermissionsExt, set_mode};
use crate::workspace::Workspace;

/// Writes the new files of `todo` below the returned folder.
pub(crate) fn stage(
    workspace: &Workspace,
    delivery: &Delivery,
    todo: &[(&DeliveryEntry, &Found)],
    folder: &Path,
    kept: Option<&Path>,
) -> Result<PathBuf, Error> {
    let staged = folder.join("files");
    let index = folder.join("index");
    for old in [&staged, &index, &folder.join("index.lock")] {
        remove_tree(old)?;
    }
    private_dir(&staged)?;
    let git = workspace.git()?.work_tree(&staged).index(&index);
    let mut entries = Vec::new();
    let (mut wanted, mut due) = (Vec::new(), Vec::new());
    // The attributes of the new tree decide how its files are written.
    let listed = git.ok("list the files to deliver", &["ls-tree", "-r", "-z", &delivery.to_tree], None)?;
    for line in fields(&listed).filter(|line| line.ends_with(b".gitattributes")) {
        entries.extend_from_slice(line);
        entries.push(0);
    }
    for (entry, _) in todo {
        let Some(after) = &entry.after else { continue };
        if let Some(kept) = kept.map(|kept| kept.join(backup_name(&entry.path)))
            && fs::symlink_metadata(&kept).is_ok()
        {
            folder_inside(&staged, Path::new(&entry.path), 0o700)?;
            let to = staged.join(&entry.path);
            copy(&kept, &to).at("stage", &to)?;
            continue;
        }
        let (mode, oid, path) = (after.mode.clone(), after.oid.clone(), entry.path.clone().into_bytes());
        due.push(FilteredFile { mode, oid, path });
    }
    for file in git.write_filtered(&entries, due, &staged)? {
        entries.extend_from_slice(format!("{} {}\t", file.mode, file.oid).as_bytes());
        entries.extend_from_slice(&file.path);
        entries.push(0);
        wanted.extend_from_slice(&file.path);
        wanted.push(0);
    }
    git.ok("stage the delivery", &["update-index", "-z", "--index-info"], Some(entries))?;
    git.ok("stage the delivery", &["checkout-index", "-f", "-z", "--stdin"], Some(wanted))?;
    for (entry, _) in todo.iter().filter(|(entry, _)| entry.after.is_some()) {
        let path = staged.join(&entry.path);
        let made = fs::symlink_metadata(&path).at("stage", &path)?;
        if made.is_file() {
            keep_permissions(&workspace.root().join(&entry.path), &path)?;
            fs::File::open(&path).and_then(|file| file.sync_all()).at("write", &path)?;
        }
    }
    Ok(staged)
}

/// A replaced file keeps its permissions; only the executable bit comes from git.
fn keep_permissions(old: &Path, new: &Path) -> Result<(), Error> {
    let Ok(there) = fs::symlink_metadata(old) else { return Ok(()) };
    if !there.is_file() {
        return Ok(());
    }
    let executable = fs::metadata(new).at("look at", new)?.permissions().mode() & 0o111 != 0;
    let mode = there.permissions().mode() & 0o666;
    let mode = if executable { mode | (mode & 0o444) >> 2 } else { mode };
    set_mode(new, mode).at("set the mode of", new)
}
