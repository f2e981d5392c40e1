//! What the program tells an OpenCode that it starts for `worker --roles`: the queue, and how many roles work at once.
//!
//! Like the queue of a run, it is a file that a variable names: a project can set variables, and must not make an
//! OpenCode work for a server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The variable that names the file.
pub(crate) const VARIABLE: &str = "OPENCODE_ORCHESTRATOR_ROLES";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RolesOfWorker {
    pub url: String,
    pub credentials: Option<PathBuf>,
    pub namespace: String,
    pub lease_ms: u64,
    /// The worker's name in lists.
    pub name: String,
    /// How many roles work at once.
    pub roles: u32,
    /// The labels of the user, without those that stand for roles.
    pub labels: Vec<String>,
    /// The process that started it: the worker ends with it.
    pub started_by: u32,
    /// What happens is told as JSON.
    pub json: bool,
}

impl RolesOfWorker {
    /// Whether the process that started the worker is gone, as far as this machine says.
    pub fn is_orphan(&self) -> bool {
        let processes = Path::new("/proc");
        processes.join("self").exists() && !processes.join(self.started_by.to_string()).exists()
    }

    pub fn settings(&self) -> queue::Settings {
        queue::Settings {
            url: self.url.clone(),
            credentials: self.credentials.clone(),
            namespace: self.namespace.clone(),
            lease: Duration::from_millis(self.lease_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_knows_when_the_program_that_started_it_is_gone() {
        let of = |started_by| RolesOfWorker {
            url: String::new(),
            credentials: None,
            namespace: String::new(),
            lease_ms: 1,
            name: String::new(),
            roles: 1,
            labels: Vec::new(),
            started_by,
            json: false,
        };
        assert!(!of(std::process::id()).is_orphan());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert_eq!(of(child.id()).is_orphan(), Path::new("/proc/self").exists());
    }
}
