//! The work queue that a user names for one run of the program (`run --queue`), for the mission that it starts.
//!
//! A project may set environment variables of OpenCode, for example with a `.env` file, and must not choose a server.
//! So the variable contains only the name of a file in the user's own data, and nobody can guess that name. The program
//! removes the file when it ends (`bin/mission.js`).

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sections::dispatch::DispatchConfig;

/// The variable that names the file for an OpenCode that the program starts.
pub(crate) const VARIABLE: &str = "OPENCODE_ORCHESTRATOR_RUN";
/// The largest file, in bytes.
const MAX: u64 = 16 << 10;

/// The queue of one run; what is not set stays as in the user's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueueOfRun {
    pub queue: String,
    pub namespace: Option<String>,
    pub credentials: Option<String>,
}

impl QueueOfRun {
    /// Changes the settings of the mission that this run starts.
    pub fn apply(self, dispatch: &mut DispatchConfig) {
        dispatch.queue = self.queue;
        if let Some(namespace) = self.namespace {
            dispatch.namespace = namespace;
        }
        if let Some(credentials) = self.credentials {
            dispatch.credentials = credentials;
        }
    }
}

/// Writes a file for one run as `name`, which must be hard to guess, and returns its path.
pub(crate) fn write(data_home: &Path, name: &str, what: &impl Serialize) -> Result<PathBuf, String> {
    let folder = folder(data_home);
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
    let text = serde_json::to_vec(what).map_err(|error| failed(&error))?;
    let path = folder.join(name);
    journal::write_atomic(&path, &text).map_err(|error| failed(&error))?;
    Ok(path)
}

/// The queue of the run that started this OpenCode, if it named one.
pub(crate) fn read(data_home: &Path, environment: &[(String, String)]) -> Result<Option<QueueOfRun>, String> {
    read_named(data_home, environment, VARIABLE)
}

/// The file of one run that a variable names, if it is set.
pub(crate) fn read_named<T: DeserializeOwned>(
    data_home: &Path,
    environment: &[(String, String)],
    variable: &str,
) -> Result<Option<T>, String> {
    let Some((_, name)) = environment.iter().find(|(known, _)| known == variable) else { return Ok(None) };
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    let path = folder(data_home).join(name);
    let is_file = std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() <= MAX);
    if !is_plain || !is_file {
        return Err(format!("the queue that `{variable}` names is not there"));
    }
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| format!("{}: {error}", path.display()))
}

fn folder(data_home: &Path) -> PathBuf {
    data_home.join("opencode-orchestrator").join("runs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_names_its_queue_and_a_variable_alone_names_none() {
        let home = tempfile::tempdir().unwrap();
        let chosen =
            QueueOfRun { queue: "nats://mine".into(), namespace: Some("a".into()), credentials: None };
        write(home.path(), "1f2e", &chosen).unwrap();
        let of = |value: &str| read(home.path(), &[(VARIABLE.into(), value.into())]);
        let mut dispatch = DispatchConfig::default();
        of("1f2e").unwrap().unwrap().apply(&mut dispatch);
        assert_eq!((dispatch.queue.as_str(), dispatch.namespace.as_str()), ("nats://mine", "a"));
        assert_eq!(read(home.path(), &[]).unwrap(), None);
        for wrong in ["", "other", "nats://theirs", "../runs/1f2e"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
