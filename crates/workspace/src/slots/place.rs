//! Chooses the folders of slots: places in which the project could run as well.
//!
//! Tools treat a folder differently if its path contains a name with a leading dot, or `node_modules`: servers do not
//! serve from it, watchers and type checkers skip it. So a slot is never below such a folder, and has the project's own
//! name.

use std::fs;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use shared::text::hex;

use crate::error::{At, Error};
use crate::files::private_dir;
use crate::system::{MetadataExt, elsewhere, user};

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
    let own = elsewhere().join(format!("opencode-orchestrator-{}", user()));
    ours_alone(&own)?;
    Ok(own.join(key(state)).join("slots"))
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
    let found = fs::symlink_metadata(folder).at("look at", folder)?;
    if found.is_dir() && found.uid() == user() && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let why =
        "it is not a folder that only you can enter: remove it, or set `[workspace] directory`".to_string();
    Err(Error::Damaged { path: folder.to_path_buf(), why })
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
}
