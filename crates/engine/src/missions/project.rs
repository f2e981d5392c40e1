//! The missions of a project: start, resume, review, undo.
//!
//! It starts nothing before it holds the project's lock.

use std::path::PathBuf;
use std::sync::Arc;

use journal::{LockOwner, MissionDir, ProjectLock, Redactor, StateDir};
use workspace::project_root;

use crate::actor::past::PastMission;
use crate::blocking::blocking;
use crate::host::Host;
use crate::options::EngineOptions;
use crate::world::World;

/// The message if no mission fits the request.
pub(crate) const NO_SUCH: &str = "there is no such mission in this project";

/// A project, and the folder of its missions.
pub(crate) struct Project {
    pub root: PathBuf,
    pub state: StateDir,
    pub options: EngineOptions,
    pub world: World,
    pub redactor: Redactor,
    pub host: Arc<dyn Host>,
}

impl Project {
    pub async fn open(
        options: &EngineOptions,
        world: World,
        redactor: Redactor,
        host: Arc<dyn Host>,
    ) -> Result<Project, String> {
        let (directory, data_home) = (options.directory.clone(), options.data_home.clone());
        let named =
            |name: &str| options.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let home = named("HOME").or_else(|| named("USERPROFILE")).map(PathBuf::from);
        let opened = blocking(move || {
            let root = project_root(&directory);
            let redactor = redactor.with_files(&root, home.as_deref(), &data_home);
            StateDir::open(&data_home, &root).map(|state| (root, state, redactor))
        })
        .await;
        let (root, state, redactor) = opened.map_err(|error| error.to_string())?;
        Ok(Project { root, state, options: options.clone(), world, redactor, host })
    }

    /// Takes the project's lock for a mission; no other process holds it meanwhile.
    pub(crate) fn lock(&self, mission: &str) -> Result<ProjectLock, String> {
        self.state.lock(&self.owner_of(mission)).map_err(|error| error.to_string())
    }

    pub(crate) fn owner_of(&self, mission: &str) -> LockOwner {
        LockOwner {
            pid: std::process::id(),
            mission: mission.to_string(),
            directory: self.options.directory.display().to_string(),
            since_ms: self.world.clock.now_ms(),
        }
    }

    /// A new mission id: `m-` and eight characters that no mission here uses.
    pub(crate) fn new_id(&self) -> String {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        loop {
            let mut number = self.world.clock.unique();
            let mut id = String::from("m-");
            for _ in 0..8 {
                id.push(char::from(LETTERS[(number % 36) as usize]));
                number /= 36;
            }
            if !self.state.mission(&id).is_ok_and(|dir| dir.exists()) {
                return id;
            }
        }
    }

    /// The named mission, or the newest one for which `wanted` is true. A mission that cannot be read could be the
    /// right one: the search ends there with an error.
    pub(crate) fn find(
        &self,
        id: Option<&str>,
        wanted: impl Fn(&PastMission) -> bool,
    ) -> Result<(MissionDir, PastMission), String> {
        if let Some(id) = id {
            let dir = self.state.mission(id).map_err(|e| e.to_string())?;
            let past = PastMission::read(&dir)?;
            return Ok((dir, past));
        }
        let missions = self.state.list_missions().map_err(|e| e.to_string())?;
        for dir in missions {
            let past = PastMission::read(&dir)
                .map_err(|why| format!("mission `{}` cannot be read: {why}", dir.id()))?;
            if wanted(&past) {
                return Ok((dir, past));
            }
        }
        Err(NO_SUCH.into())
    }
}
