//! Submodules in slots: their files at the recorded commit, for builds only.

use std::path::PathBuf;

use crate::error::Error;
use crate::files::{folder_inside, private_dir};
use crate::names::{fields, object, relative};
use crate::slots::Slot;
use crate::workspace::Workspace;

impl Workspace {
    /// Fills the folders of submodules. Best effort: a submodule without objects on this machine stays
    /// empty. Changes in these folders are never part of a commit.
    pub(crate) fn check_out_submodules(&self, slot: &Slot) -> Result<(), Error> {
        let Some(user) = self.user() else { return Ok(()) };
        if !slot.path.join(".gitmodules").is_file() {
            return Ok(());
        }
        let git = self.slot_git(slot)?;
        let listed = git.ok("look for submodules", &["ls-files", "-z", "--stage"], None)?;
        for line in fields(&listed) {
            let Some(text) = line.strip_prefix(b"160000 ").and_then(|rest| std::str::from_utf8(rest).ok())
            else {
                continue;
            };
            let Some((about, path)) = text.split_once('\t') else { continue };
            let commit = about.split(' ').next().unwrap_or_default();
            let (Ok(inside), Ok(commit)) = (relative(path), object(commit)) else { continue };
            let places: [PathBuf; 2] =
                [user.common_dir.join("modules").join(&inside), self.root().join(&inside).join(".git")];
            let Some(objects) =
                places.iter().map(|place| place.join("objects")).find(|objects| objects.is_dir())
            else {
                continue;
            };
            let folder = slot.path.join(&inside);
            folder_inside(&slot.path, &inside, 0o755)?;
            private_dir(&folder)?;
            let index = self.area().join(format!("slot-{}.{}.index", slot.n, path.replace(['/', '%'], "%")));
            let git =
                self.git()?.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects).work_tree(&folder).index(&index);
            // A failure (missing objects, a changed folder) costs only this submodule.
            drop(git.ok("clean a submodule", &["clean", "-ffdq"], None));
            drop(git.ok("check out a submodule", &["read-tree", "--reset", "-u", commit], None));
        }
        Ok(())
    }
}
