//! The place in which a command works: the project, its state, the user's settings, and its mission.
//!
//! It finds and reads, and creates a folder only if a command asks for one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::{LockOwner, MissionDir, Redactor, StateDir};
use mission::{Delivery, Outcome, State};
use workspace::project_root;

use super::answer::{CommandFailure, Request, unknown};
use crate::actor::past::PastMission;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ConfigProblem, settings};
use crate::host::Nobody;
use crate::missions::project::Project;
use crate::options::EngineOptions;
use crate::world::World;

/// The project in which a command is called. Finding it creates nothing on disk.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub cwd: PathBuf,
    pub root: PathBuf,
    /// `$XDG_CONFIG_HOME`
    pub config_home: PathBuf,
    pub state: StateDir,
    /// `$XDG_DATA_HOME`
    pub data_home: PathBuf,
    /// The folders of `PATH`.
    path: Vec<PathBuf>,
    /// The environment variables that the program was given.
    environment: Vec<(String, String)>,
}

impl Place {
    pub fn find(request: &Request) -> Result<Place, CommandFailure> {
        let cwd = request.cwd.canonicalize().map_err(|error| {
            CommandFailure::Problem(format!(
                "the folder `{}` cannot be entered: {error}",
                request.cwd.display()
            ))
        })?;
        let root = project_root(&cwd);
        let data_home = home(&request.env, "XDG_DATA_HOME", &[".local", "share"])?;
        let config_home = home(&request.env, "XDG_CONFIG_HOME", &[".config"])?;
        let state = StateDir::at(&data_home, &root);
        let path =
            request.env.get("PATH").map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
        let environment = request.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(Place { cwd, root, config_home, state, data_home, path, environment })
    }

    /// The state folder, created if it is missing.
    pub fn open_state(&self) -> Result<StateDir, CommandFailure> {
        StateDir::open(&self.data_home, &self.root).map_err(CommandFailure::problem)
    }

    /// The project in the engine's form, without a host.
    pub async fn project(&self) -> Result<Project, CommandFailure> {
        let options = EngineOptions {
            directory: self.root.clone(),
            data_home: self.data_home.clone(),
            config_home: self.config_home.clone(),
            environment: self.environment.clone(),
            ..EngineOptions::default()
        };
        let redactor = Redactor::new(options.environment.iter().cloned());
        let opened = Project::open(&options, World::default(), redactor, Arc::new(Nobody)).await;
        opened.map_err(CommandFailure::Problem)
    }

    /// What takes secrets out of texts, as in missions of this project.
    pub fn redactor(&self) -> Redactor {
        let named =
            |name: &str| self.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let home = named("HOME").or_else(|| named("USERPROFILE")).map(PathBuf::from);
        let redactor = Redactor::new(self.environment.iter().cloned());
        redactor.with_files(&self.root, home.as_deref(), &self.data_home)
    }

    /// The settings in force in a project, without the plugin's options, which the program does not get.
    pub fn settings(&self, root: &Path) -> Result<Config, Vec<ConfigProblem>> {
        let state = StateDir::at(&self.data_home, root);
        let read = settings::read(&self.config_home, root, &settings::Options::default(), &state)?;
        Ok(read.config)
    }

    /// Whether a program of this name can be started.
    pub fn has_program(&self, name: &str) -> bool {
        self.path.iter().any(|folder| folder.is_absolute() && folder.join(name).is_file())
    }

    pub fn now_ms(&self) -> u64 {
        SystemClock.now_ms()
    }

    /// Who runs a mission in this project now.
    pub fn owner(&self) -> Result<Option<LockOwner>, CommandFailure> {
        self.state.owner().map_err(CommandFailure::problem)
    }

    /// The missions of the project, the newest first.
    pub fn missions(&self) -> Result<Vec<MissionDir>, CommandFailure> {
        self.state.list_missions().map_err(CommandFailure::problem)
    }

    /// The named mission, or the newest.
    pub fn mission(&self, id: Option<&str>) -> Result<MissionDir, CommandFailure> {
        let missions = self.missions()?;
        let Some(id) = id else {
            return missions.into_iter().next().ok_or_else(|| {
                CommandFailure::Problem(
                    "no mission has run in this project yet\nhint: `/task \"…\"` in OpenCode starts one"
                        .into(),
                )
            });
        };
        let known: Vec<String> = missions.iter().map(|dir| dir.id().to_string()).collect();
        missions.into_iter().find(|dir| dir.id() == id).ok_or_else(|| {
            let text = unknown("mission", id, known.iter().map(String::as_str));
            CommandFailure::Usage(format!(
                "{text}\nhint: `opencode-orchestrator status` lists those of this project"
            ))
        })
    }

    pub fn past(&self, dir: &MissionDir) -> Result<PastMission, CommandFailure> {
        PastMission::read(dir).map_err(CommandFailure::Problem)
    }
}

/// A folder of the user by the XDG rules: a variable that is empty or no absolute path counts as unset.
fn home(
    env: &BTreeMap<String, String>,
    variable: &str,
    otherwise: &[&str],
) -> Result<PathBuf, CommandFailure> {
    let absolute = |name: &str| env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(path) = absolute(variable) {
        return Ok(path);
    }
    let below = |home: PathBuf| otherwise.iter().fold(home, |path: PathBuf, part| path.join(Path::new(part)));
    absolute("HOME").or_else(|| absolute("USERPROFILE")).map(below).ok_or_else(|| {
        CommandFailure::Problem(format!(
            "your home folder is not known\nhint: set HOME or {variable} to an absolute path"
        ))
    })
}

/// The status of a mission, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Running,
    Paused,
    /// Its process ended in the middle of the work.
    Interrupted,
    Done,
    /// It ended, and something that was asked for is missing.
    Incomplete,
    Failed,
    /// All tasks were done, but the change was not written into the user's files.
    NotDelivered,
    Undone,
}

impl Standing {
    pub fn of(state: &State, running: bool) -> Standing {
        match (state.outcome, &state.delivery) {
            (Some(_), Delivery::Undone { .. }) => Standing::Undone,
            (Some(Outcome::Done), Delivery::Failed { .. }) => Standing::NotDelivered,
            (Some(Outcome::Done), _) => Standing::Done,
            (Some(Outcome::Incomplete), _) => Standing::Incomplete,
            (Some(Outcome::Failed), _) => Standing::Failed,
            (None, _) if state.paused.is_some() => Standing::Paused,
            (None, _) if running => Standing::Running,
            (None, _) => Standing::Interrupted,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Standing::Running => "running",
            Standing::Paused => "paused",
            Standing::Interrupted => "interrupted",
            Standing::Done => "done",
            Standing::Incomplete => "incomplete",
            Standing::Failed => "failed",
            Standing::NotDelivered => "not_delivered",
            Standing::Undone => "undone",
        }
    }

    /// Whether work is left that `/task resume` would continue.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Standing::Running | Standing::Paused | Standing::Interrupted)
    }

    /// The exit status: 0 for a mission that is done, running or undone; 1 if something is missing.
    pub fn exit(self) -> u8 {
        u8::from(!matches!(self, Standing::Done | Standing::Running | Standing::Undone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_follow_the_xdg_rules() {
        let env = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
        };
        let data = |pairs: &[(&str, &str)]| {
            home(&env(pairs), "XDG_DATA_HOME", &[".local", "share"]).map(|path| path.display().to_string())
        };
        assert_eq!(data(&[("HOME", "/h"), ("XDG_DATA_HOME", "/d")]).unwrap(), "/d");
        assert_eq!(data(&[("HOME", "/h"), ("XDG_DATA_HOME", "")]).unwrap(), "/h/.local/share");
        assert_eq!(data(&[("USERPROFILE", "/u"), ("XDG_DATA_HOME", "d")]).unwrap(), "/u/.local/share");
        assert!(matches!(data(&[]), Err(CommandFailure::Problem(text)) if text.contains("XDG_DATA_HOME")));
    }
}
