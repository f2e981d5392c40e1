//! Removes folders in which commands ran: of any depth, and through no link.
//!
//! The standard library opens folder after folder, each with an open descriptor and a frame of the stack, so a very deep folder
//! could end this process. Here, inner folders are moved to the top, so that none is deeper than the second level.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, fchmod, fstat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The mode that allows to list, change and enter a folder.
const ALL: rustix::fs::RawMode = 0o700;

/// Removes a folder with its content. An error if there is a link in its place.
pub(crate) fn remove_folder_tree(path: &Path) -> io::Result<()> {
    remove_tree_in(CWD, path)
}

/// Removes anything with this name in an open folder; a missing name is not an error.
pub(crate) fn remove_entry(folder: impl AsFd, name: &str) -> io::Result<()> {
    match unlinkat(&folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => remove_tree_in(folder, name),
        Err(error) => Err(error.into()),
    }
}

fn remove_tree_in(above: impl AsFd, path: impl rustix::path::Arg + Copy) -> io::Result<()> {
    let top = open(&above, path)?;
    let mut number = 0_u64;
    loop {
        let entries = names(&top)?;
        if entries.is_empty() {
            break;
        }
        for (name, kind) in entries {
            if kind != FileType::Directory {
                remove(&top, &name, AtFlags::empty())?;
                continue;
            }
            match unlinkat(&top, &*name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => continue,
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::ACCESS) => {}
                Err(error) => return Err(error.into()),
            }
            let folder = open(&top, &*name)?;
            for (inner, kind) in names(&folder)? {
                if kind != FileType::Directory {
                    remove(&folder, &inner, AtFlags::empty())?;
                    continue;
                }
                if matches!(unlinkat(&folder, &*inner, AtFlags::REMOVEDIR), Ok(()) | Err(Errno::NOENT)) {
                    continue;
                }
                // A folder can only be moved if it is writable
                drop(open(&folder, &*inner)?);
                number += 1;
                up(&folder, &inner, &top, number)?;
            }
            remove(&top, &name, AtFlags::REMOVEDIR)?;
        }
    }
    unlinkat(above, path, AtFlags::REMOVEDIR).map_err(io::Error::from)
}

/// Moves a folder to the top, under a free name.
fn up(folder: &OwnedFd, name: &CStr, top: &OwnedFd, number: u64) -> io::Result<()> {
    for more in 0..100 {
        let new = format!(".up-{number}-{more}");
        if statat(top, new.as_str(), AtFlags::SYMLINK_NOFOLLOW).is_err() {
            return renameat(folder, name, top, new.as_str()).map_err(io::Error::from);
        }
    }
    Err(io::Error::other("something makes folders in it while it is removed"))
}

fn remove(folder: &OwnedFd, name: &CStr, flags: AtFlags) -> io::Result<()> {
    match unlinkat(folder, name, flags) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Opens a folder after making it readable and writable; caches of tools are often neither.
fn open(above: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<OwnedFd> {
    let folder = match openat(&above, name, FOLDER, Mode::empty()) {
        Ok(folder) if fstat(&folder)?.st_mode & ALL == ALL => return Ok(folder),
        Ok(folder) => folder,
        Err(Errno::ACCESS) => return open_closed(above, name),
        Err(error) => return Err(error.into()),
    };
    fchmod(&folder, Mode::from_raw_mode(ALL))?;
    Ok(folder)
}

/// Opens a folder that cannot even be read.
#[cfg(target_os = "linux")]
fn open_closed(above: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<OwnedFd> {
    let folder = openat(&above, name, FOLDER | OFlags::PATH, Mode::empty())?;
    // Uses the open folder, because the name may be a link by now
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&folder));
    rustix::fs::chmod(path, Mode::from_raw_mode(ALL))?;
    openat(above, name, FOLDER, Mode::empty()).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn open_closed(above: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<OwnedFd> {
    rustix::fs::chmodat(&above, name, Mode::from_raw_mode(ALL), AtFlags::SYMLINK_NOFOLLOW)?;
    openat(above, name, FOLDER, Mode::empty()).map_err(io::Error::from)
}

fn names(folder: &OwnedFd) -> io::Result<Vec<(CString, FileType)>> {
    let mut found = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(about) => FileType::from_raw_mode(about.st_mode),
                Err(_) => continue,
            },
            kind => kind,
        };
        found.push((name.to_owned(), kind));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_deep_folder_is_removed_with_few_open_files_and_little_stack() {
        let place = tempfile::tempdir().unwrap();
        let top = place.path().join("top");
        fs::create_dir(&top).unwrap();
        let mut at = openat(CWD, &top, FOLDER, Mode::empty()).unwrap();
        for _ in 0..60_000 {
            rustix::fs::mkdirat(&at, "d", Mode::from_raw_mode(0o755)).unwrap();
            at = openat(&at, "d", FOLDER, Mode::empty()).unwrap();
        }
        let removing = std::thread::Builder::new().stack_size(128 << 10);
        let path = top.clone();
        removing.spawn(move || remove_folder_tree(&path)).unwrap().join().unwrap().unwrap();
        assert!(!top.exists());
    }

    #[test]
    fn wide_and_closed_folders_go_and_what_links_lead_to_stays() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        for folder in ["top/a/b/c", "top/a/x/c", "top/.up-1-0/y/z", "mine"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for file in ["top/a/b/file", "top/.up-1-0/y/file", "mine/file"] {
            fs::write(at(file), "x").unwrap();
        }
        symlink(at("mine"), at("top/a/link")).unwrap();
        nix::unistd::mkfifo(&at("top/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for closed in ["top/a/b", "top/a", "top/.up-1-0/y"] {
            fs::set_permissions(at(closed), fs::Permissions::from_mode(0o500)).unwrap();
        }
        symlink(at("top"), at("way")).unwrap();
        assert!(remove_folder_tree(&at("way")).is_err());
        remove_folder_tree(&at("top")).unwrap();
        assert!(!at("top").exists() && at("mine/file").is_file());
    }
}
