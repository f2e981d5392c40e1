//! The files of a delivered change with their numbers of lines, as the report lists them. `workspace` counts them; the
//! list is bounded, because it is part of the journal.

use serde::{Deserialize, Serialize};

/// The most files that are listed.
pub const MAX_CHANGED: usize = 100;

/// The first files of a change by path, and how many others there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFiles {
    pub files: Vec<ChangedFile>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    pub path: String,
    pub change: FileChange,
    /// The path before, if the file was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Numbers of added and removed lines; none for a file that is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    New,
    Changed,
    Moved,
    Deleted,
}

impl ChangedFiles {
    /// The files by path, as many as are listed.
    pub fn of(mut files: Vec<ChangedFile>) -> ChangedFiles {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let more = files.len().saturating_sub(MAX_CHANGED) as u32;
        files.truncate(MAX_CHANGED);
        ChangedFiles { files, more }
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}
