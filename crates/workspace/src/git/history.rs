//! The project's history, as data for ranking files.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::names::{fields, object};
use crate::workspace::Workspace;

/// One commit of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCommit {
    /// Its name.
    pub id: String,
    /// Seconds since 1970.
    pub time: i64,
    /// The first line of its message.
    pub subject: String,
    /// The files that it changed.
    pub paths: Vec<String>,
}

impl Workspace {
    /// The last `limit` commits before and with `rev`, merges left out, newest first.
    pub fn history(&self, rev: &str, limit: usize) -> Result<Vec<PastCommit>, Error> {
        let count = format!("--max-count={limit}");
        let args = [
            "log",
            "-z",
            "--no-merges",
            "--name-only",
            "--no-renames",
            "--no-show-signature",
            &count,
            "--format=%x01%H%x02%ct%x02%s%x00",
            object(rev)?,
        ];
        let bytes = self.git()?.ok("read the history", &args, None)?;
        let mut commits: Vec<PastCommit> = Vec::new();
        for field in fields(&bytes) {
            let text = String::from_utf8_lossy(field);
            match text.trim_start_matches('\n').strip_prefix('\u{1}') {
                Some(header) => {
                    let mut words = header.splitn(3, '\u{2}').map(str::to_string);
                    let mut word = || words.next().unwrap_or_default();
                    let (id, time, subject) = (word(), word().parse().unwrap_or(0), word());
                    commits.push(PastCommit { id, time, subject, paths: Vec::new() });
                }
                None => {
                    if let Some(last) = commits.last_mut() {
                        last.paths.push(text.trim_start_matches('\n').to_string());
                    }
                }
            }
        }
        Ok(commits)
    }
}
