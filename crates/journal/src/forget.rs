//! Removing what is remembered, when the user asks for it.
//!
//! `clean` calls it; so does `StateDir::sweep`, for missions that never began. It takes no lock, follows no link, and
//! does not touch the private repository.

use crate::{Error, MissionDir};
use std::fs;

impl MissionDir {
    /// Removes the mission with its journal, pages and reports; afterwards nothing of it can be shown or undone. The
    /// caller must hold the project's lock. A mission that does not exist is no error.
    ///
    /// # Errors
    /// If the folder cannot be removed; parts of it may be gone by then.
    pub fn forget(&self) -> Result<(), Error> {
        match fs::symlink_metadata(self.path()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            // A link is removed and not followed: its target is not ours.
            Ok(found) if !found.is_dir() => fs::remove_file(self.path()),
            _ => fs::remove_dir_all(self.path()),
        }
        .map_err(Error::io("remove the mission", self.path()))
    }
}

#[cfg(test)]
mod tests {
    use crate::StateDir;

    #[test]
    fn a_forgotten_mission_is_gone_and_the_others_stay() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        for id in ["m-aaaaaaaa", "m-bbbbbbbb"] {
            let dir = state.mission(id).unwrap();
            dir.create().unwrap();
            std::fs::write(dir.journal_path(), "a line\n").unwrap();
        }
        let gone = state.mission("m-aaaaaaaa").unwrap();
        gone.forget().unwrap();
        gone.forget().unwrap();
        let left: Vec<String> =
            state.list_missions().unwrap().iter().map(|dir| dir.id().to_owned()).collect();
        assert_eq!(left, ["m-bbbbbbbb"]);
    }
}
