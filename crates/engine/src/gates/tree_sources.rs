//! A commit of the private repository as sources for the Guardian.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use guardian::Sources;
use workspace::Workspace;

/// The largest file that is linted, in bytes.
const MAX_FILE: usize = 4 * 1024 * 1024;

pub(crate) struct TreeSources {
    workspace: Workspace,
    commit: String,
    files: Vec<String>,
    read: Mutex<HashMap<String, Option<String>>>,
}

impl TreeSources {
    pub fn open(workspace: &Workspace, commit: &str) -> Result<TreeSources, workspace::Error> {
        let mut files = workspace.files(commit)?;
        files.sort();
        Ok(TreeSources {
            workspace: workspace.clone(),
            commit: commit.to_string(),
            files,
            read: Mutex::default(),
        })
    }
}

impl Sources for TreeSources {
    fn read(&self, path: &str) -> Option<Cow<'_, str>> {
        self.files.binary_search_by(|f| f.as_str().cmp(path)).ok()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let text = read.entry(path.to_string()).or_insert_with(|| {
            let bytes = self.workspace.read(&self.commit, path).ok().flatten()?;
            if bytes.len() > MAX_FILE { None } else { String::from_utf8(bytes).ok() }
        });
        text.clone().map(Cow::Owned)
    }

    fn files(&self) -> &[String] {
        &self.files
    }
}
