//! Chooses the folders of slots: places in which the project could run as well.
//!
//! Tools treat a folder differently if its path contains a name with a leading dot, or `node_modules`: servers do not
//! serve from it, watchers and type checkers skip it. So a slot is never below such a folder, and has the project's own
//! name.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use shared::text::hex;

use crate::error::Error;
use crate::files::reading::read_beneath;
use crate::files::{ensure_file, private_dir, remove_tree};
use crate::system::{MetadataExt, OsStrExt, OsStringExt, elsewhere, user};

/// The file beside slots outside of the state folder that names this state folder.
const OWNER: &str = "state";

/// The longest path that a note can name, in bytes.
const LONGEST_PATH: u64 = 4096;

/// The name of a slot if the project's own name would hide it again.
const UNUSABLE: &str = "project";

/// The folder of all slots. `chosen`: the folder that the user wants.
pub(crate) fn slots_folder(state: &Path, chosen: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(chosen) = chosen {
        let folder = chosen.join(key(state)).join("slots");
        return if is_hidden(&folder) { Err(hidden(chosen)) } else { Ok(folder) };
    }
    let usual = state.join("slots");
    if !is_hidden(&usual) {
        return Ok(usual);
    }
    let shared = shared_folder();
    ours_alone(&shared)?;
    Ok(shared.join(key(state)).join("slots"))
}

/// Notes beside slots that lie outside of the state folder whose slots they are, so that they can be found after
/// somebody removed the state folder.
pub(crate) fn note_owner(slots: &Path, state: &Path) -> Result<(), Error> {
    let Some(folder) = slots.parent().filter(|folder| *folder != state) else { return Ok(()) };
    private_dir(folder)?;
    ensure_file(&folder.join(OWNER), state.as_os_str().as_bytes())
}

/// Removes the note, and the folder of slots outside of the state folder if nothing else is in it.
pub(crate) fn forget_owner(slots: &Path, state: &Path) {
    if let Some(folder) = slots.parent().filter(|folder| *folder != state) {
        drop(fs::remove_file(folder.join(OWNER)));
        drop(fs::remove_dir(folder));
    }
}

/// Folders of slots in the usual place outside of state folders whose state folder does not exist any more: somebody
/// removed it by hand.
pub fn orphaned_slots() -> Vec<PathBuf> {
    orphans(&shared_folder())
}

fn orphans(shared: &Path) -> Vec<PathBuf> {
    if !belongs_to_us_alone(shared) {
        return Vec::new();
    }
    let folders = fs::read_dir(shared).into_iter().flatten().flatten().map(|entry| entry.path());
    folders.filter(|folder| owner(folder).is_some_and(|state| is_gone(&state, folder))).collect()
}

/// Removes such folders, and says how many. One that cannot be removed stays.
pub fn remove_orphaned_slots() -> usize {
    let removed = orphaned_slots().into_iter().filter(|folder| {
        // A mission may have made its state folder again while others were removed
        let still = owner(folder).is_some_and(|state| is_gone(&state, folder));
        // The note goes last: what an interrupted removal leaves is found again
        still && remove_tree(&folder.join("slots")).is_ok() && remove_tree(folder).is_ok()
    });
    removed.count()
}

/// The state folder that a folder of slots names.
fn owner(folder: &Path) -> Option<PathBuf> {
    let named = read_beneath(folder, OWNER, LONGEST_PATH)?;
    Some(PathBuf::from(OsString::from_vec(named))).filter(|state| state.is_absolute())
}

/// Whether this state folder is gone, and not only on a disk that is not mounted: the folder of all programs' data is
/// there. The name of the folder of slots must be made of its path, because files in it are no proof.
fn is_gone(state: &Path, slots: &Path) -> bool {
    slots.file_name().is_some_and(|name| name == key(state).as_str())
        && fs::symlink_metadata(slots).is_ok_and(|found| found.is_dir())
        && state.ancestors().nth(2).is_some_and(Path::is_dir)
        && fs::symlink_metadata(state).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The folder of all slots that lie outside of their state folder.
fn shared_folder() -> PathBuf {
    elsewhere().join(format!("opencode-orchestrator-{}", user()))
}

/// The last part of a slot's path.
pub(crate) fn slot_name(root: &Path) -> String {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let usable =
        !name.is_empty() && !name.starts_with('.') && name != "node_modules" && !name.contains('\u{fffd}');
    if usable { name } else { UNUSABLE.to_string() }
}

/// Whether tools would consider a project at this path hidden or installed.
fn is_hidden(path: &Path) -> bool {
    path.components().any(|part| match part {
        Component::Normal(name) => name == "node_modules" || name.to_string_lossy().starts_with('.'),
        _ => false,
    })
}

fn hidden(path: &Path) -> Error {
    let why = "slots cannot lie below a folder whose name begins with a dot, nor below node_modules: name another folder in \
               `[workspace] directory`";
    Error::Damaged { path: path.to_path_buf(), why: why.to_string() }
}

/// Creates a folder in a place where others may write too, and checks that it belongs to the user.
fn ours_alone(folder: &Path) -> Result<(), Error> {
    // A link by somebody else is neither followed nor replaced
    if let Ok(found) = fs::symlink_metadata(folder)
        && (!found.is_dir() || found.uid() != user())
    {
        let why = "it belongs to somebody else: remove it, or set `[workspace] directory`".to_string();
        return Err(Error::Damaged { path: folder.to_path_buf(), why });
    }
    private_dir(folder)?;
    if belongs_to_us_alone(folder) {
        return Ok(());
    }
    let why =
        "it is not a folder that only you can enter: remove it, or set `[workspace] directory`".to_string();
    Err(Error::Damaged { path: folder.to_path_buf(), why })
}

fn belongs_to_us_alone(folder: &Path) -> bool {
    fs::symlink_metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == user() && found.mode() & 0o077 == 0)
}

/// A short name for the project whose state folder this is.
fn key(state: &Path) -> String {
    let digest = Sha256::digest(state.as_os_str().as_encoded_bytes());
    hex(&digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_lie_below_no_hidden_folder_and_bear_the_project_s_name() {
        let plain = Path::new("/srv/state/project");
        assert_eq!(slots_folder(plain, None).unwrap(), Path::new("/srv/state/project/slots"));
        for state in ["/home/a/.local/share/x", "/srv/node_modules/x"] {
            let folder = slots_folder(Path::new(state), None).unwrap();
            assert!(!is_hidden(&folder) && folder.starts_with(elsewhere()), "{}", folder.display());
            assert_ne!(folder, slots_folder(&Path::new(state).join("other"), None).unwrap());
        }
        let chosen = slots_folder(plain, Some(Path::new("/srv/slots"))).unwrap();
        assert!(chosen.starts_with("/srv/slots"));
        assert!(slots_folder(plain, Some(Path::new("/srv/.slots"))).is_err());
        assert_eq!(slot_name(Path::new("/work/shop")), "shop");
        assert_eq!(slot_name(Path::new("/work/.dotfiles")), "project");
        assert_eq!(slot_name(Path::new("/")), "project");
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let place = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", place.path().join("link")).unwrap();
        assert!(ours_alone(&place.path().join("link")).is_err());
        assert!(ours_alone(&place.path().join("new")).is_ok());
        assert!(ours_alone(&place.path().join("new")).is_ok());
    }

    #[test]
    fn slots_without_a_state_folder_are_found_again_and_no_others() {
        let place = tempfile::tempdir().unwrap();
        let shared = place.path().join("shared");
        private_dir(&shared).unwrap();
        let note = |name: &str, state: &Path| {
            private_dir(&shared.join(name).join("slots")).unwrap();
            fs::write(shared.join(name).join(OWNER), state.as_os_str().as_bytes()).unwrap();
            shared.join(name)
        };
        let (kept, gone) = (place.path().join("data/kept"), place.path().join("data/gone"));
        fs::create_dir_all(&kept).unwrap();
        note(&key(&kept), &kept);
        let orphan = note(&key(&gone), &gone);
        note("another-name", &gone);
        let unmounted = Path::new("/nowhere/disk/data/project");
        note(&key(unmounted), unmounted);
        private_dir(&shared.join("no-note")).unwrap();
        crate::system::symlink(&orphan, shared.join("link")).unwrap();
        assert_eq!(orphans(&shared), std::slice::from_ref(&orphan));
        fs::create_dir(&gone).unwrap();
        assert!(orphans(&shared).is_empty());
    }
}
