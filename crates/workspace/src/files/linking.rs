//! Shares the user's objects by hard links, or by copies if the file system allows no links.
//!
//! With links the objects survive when the user's repository is packed or pruned; links take no space
//! and need no git process. Git never writes into an existing object file.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{At, Error};
use crate::files::private_dir;

/// How often a listing is repeated if a file vanishes because the user's repository is being packed.
const ROUNDS: usize = 3;

/// Links every missing object from `from` (an `objects` folder) into `to`.
pub(crate) fn link_objects(from: &Path, to: &Path) -> Result<(), Error> {
    for round in 0..ROUNDS {
        match link_once(from, to) {
            Ok(()) => return Ok(()),
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound && round + 1 < ROUNDS => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn link_once(from: &Path, to: &Path) -> Result<(), Error> {
    for name in names(from)? {
        let text = name.to_string_lossy();
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            link_folder(&from.join(&name), &to.join(&name), |_| Some(0))?;
        }
    }
    let packs = from.join("pack");
    if packs.is_dir() {
        // The index comes last: git considers a pack complete when its index exists.
        link_folder(&packs, &to.join("pack"), |name| match name.rsplit('.').next()? {
            "pack" => Some(0),
            "rev" | "promisor" | "mtimes" => Some(1),
            "idx" => Some(2),
            _ => None,
        })?;
    }
    Ok(())
}

/// Links a folder of content-addressed files (any depth), such as LFS objects.
pub(crate) fn link_tree(from: &Path, to: &Path, depth: usize) -> Result<(), Error> {
    if depth == 0 || !from.is_dir() {
        return Ok(());
    }
    for name in names(from)? {
        let source = from.join(&name);
        if source.is_dir() && !source.is_symlink() {
            link_tree(&source, &to.join(&name), depth - 1)?;
        }
    }
    link_folder(from, to, |_| Some(0))
}

/// Links the plain files of one folder in the order of their rank; files without a rank are left out.
fn link_folder(from: &Path, to: &Path, rank: impl Fn(&str) -> Option<u8>) -> Result<(), Error> {
    let present: HashSet<OsString> = match fs::read_dir(to) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name()).collect(),
        Err(_) => HashSet::new(),
    };
    let mut missing: Vec<(u8, OsString)> = names(from)?
        .into_iter()
        .filter(|name| !present.contains(name))
        .filter_map(|name| Some((rank(&name.to_string_lossy())?, name)))
        .filter(|(_, name)| !name.to_string_lossy().starts_with("tmp_"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort();
    private_dir(to)?;
    for (_, name) in missing {
        let source = from.join(&name);
        if fs::symlink_metadata(&source).is_ok_and(|found| found.is_file()) {
            link_or_copy(&source, &to.join(&name))?;
        }
    }
    Ok(())
}

/// Makes a hard link, or a copy (moved into place when complete) if links are not possible.
fn link_or_copy(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error).at("share the object", from),
        Err(_) => {
            let folder = to.parent().unwrap_or(Path::new("/"));
            let part = tempfile::Builder::new().prefix("tmp_").tempfile_in(folder).at("write in", folder)?;
            fs::copy(from, part.path()).at("copy the object", from)?;
            part.persist(to).map_err(|error| error.error).at("write", to)?;
            Ok(())
        }
    }
}

fn names(folder: &Path) -> Result<Vec<OsString>, Error> {
    let entries = fs::read_dir(folder).at("list", folder)?;
    Ok(entries.flatten().map(|entry| entry.file_name()).collect())
}

/// The alternates of an `objects` folder, as absolute paths.
pub(crate) fn alternates(objects: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| objects.join(line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_objects_come_over_and_packs_before_their_index() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for name in
            ["ab/01", "pack/pack-1.idx", "pack/pack-1.pack", "pack/tmp_pack_x", "pack/multi-pack-index"]
        {
            fs::create_dir_all(from.join(name).parent().unwrap()).unwrap();
            fs::write(from.join(name), name).unwrap();
        }
        fs::create_dir_all(&to).unwrap();
        link_objects(&from, &to).unwrap();
        let mut packs: Vec<_> = names(&to.join("pack")).unwrap();
        packs.sort();
        assert_eq!(packs, ["pack-1.idx", "pack-1.pack"]);
        assert_eq!(fs::read_to_string(to.join("ab/01")).unwrap(), "ab/01");
        link_objects(&from, &to).unwrap();
    }
}
