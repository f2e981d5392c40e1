//! The folders of one place of a worker: an empty one instead of the user's project, and its state. No other process uses
//! them meanwhile.
//!
//! For `bay` and for sessions of roles. It must not lie in a project.

use std::path::{Path, PathBuf};

use journal::{LockError, LockOwner, ProjectLock, StateDir};

/// The most places of one user on one machine, over all workers.
const MAX_PLACES: usize = 256;
/// The name under which a place locks its folder and keeps commits.
pub(crate) const NAME: &str = "worker";
/// The empty folder that a place has instead of the user's project.
const CHECKOUT: &str = "checkout";

pub(crate) struct Home {
    _lock: ProjectLock,
    pub root: PathBuf,
    pub state: PathBuf,
}

impl Home {
    /// Opens the first place below `data_home` that no other process uses.
    pub fn open(data_home: &Path, now_ms: u64) -> Result<Home, String> {
        for n in 0..MAX_PLACES {
            let root =
                data_home.join("opencode-orchestrator").join("workers").join(n.to_string()).join(CHECKOUT);
            std::fs::create_dir_all(&root)
                .map_err(|error| format!("cannot create {}: {error}", root.display()))?;
            let state = StateDir::open(data_home, &root).map_err(|error| error.to_string())?;
            let owner = LockOwner {
                pid: std::process::id(),
                mission: NAME.into(),
                directory: root.display().to_string(),
                since_ms: now_ms,
            };
            match state.lock(&owner) {
                Ok(lock) => {
                    let state = state.path().to_path_buf();
                    return Ok(Home { _lock: lock, root, state });
                }
                Err(LockError::Held { .. }) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(format!("{MAX_PLACES} workers of yours run on this machine already"))
    }
}

/// Removes what the code or the roles of one project left, before another one is worked on: nothing may reach it. Downloads
/// stay: only set-ups of bases write them.
pub(crate) fn forget_project(state: &Path) {
    for left in ["repository.git", "tmp", "environments"] {
        workspace::remove_folder(&state.join(left));
    }
}
