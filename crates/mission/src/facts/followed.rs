//! What a mission knows of the mission whose delivery it begins from. Its journal keeps a full copy, because the other
//! mission may be removed. Data and its text only: `state/followed.rs` makes it.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::MissionId;

/// What a mission knows of the one that it follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Followed {
    pub mission: MissionId,
    pub objective: String,
    /// The summary of its Searcher.
    pub summary: String,
    /// The places of the user's comments as `path:line, path:line`, and the delivered lines there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lines: String,
    /// The tasks that changed those files; all tasks if the comments name no file.
    pub tasks: Vec<FollowedTask>,
    /// Files that it delivered.
    pub files: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowedTask {
    pub title: String,
    pub instructions: String,
    pub files: Vec<String>,
    /// What gates and Reviewers found before the task was integrated.
    pub findings: Vec<String>,
}

impl Followed {
    /// The text for prompts.
    pub fn text(&self) -> String {
        let mut text = format!(
            "# What this follows\nMission {} was delivered into the project, perhaps edited since; what the objective above says \
             is wanted on top of it. Change nothing else of it.\nIts objective: {}\n",
            self.mission,
            self.objective.replace('\n', "\n  ")
        );
        if let Some(place) = &self.place {
            let _ = writeln!(text, "\nThe comment belongs to {place}:\n{}", self.lines);
        }
        if !self.summary.is_empty() {
            let _ = writeln!(text, "\nWhat was known of the project then: {}", self.summary);
        }
        for task in &self.tasks {
            let files = task.files.join("`, `");
            let _ = writeln!(text, "\nTask \"{}\" (`{files}`): {}", task.title, task.instructions);
            for finding in &task.findings {
                let _ = writeln!(text, "- found on its way: {finding}");
            }
        }
        if !self.files.is_empty() {
            let _ = writeln!(text, "\nFiles that it changed: `{}`", self.files.join("`, `"));
        }
        text
    }
}
