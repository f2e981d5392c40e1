//! What a mission that begins from this one's delivery needs to know about it.
//!
//! The engine's `follow` calls it, and adds the place of the comment and the lines there. It reads the state and no
//! file. All texts are cut, because the next mission's journal contains a full copy.

use super::State;
use crate::{Followed, FollowedTask};
use crate::{Phase, Task};

/// The most bytes of a text, and the most tasks, findings of a task and files that are kept.
const MAX_TEXT: usize = 2_000;
const MAX_TASKS: usize = 12;
const MAX_FINDINGS: usize = 6;
const MAX_FILES: usize = 100;

impl State {
    /// `about`: the files that the comments are about, empty for all; `files`: the delivered files.
    pub fn to_follow(&self, about: &[&str], files: Vec<String>) -> Followed {
        let tasks = || self.order.iter().filter_map(|id| self.tasks.get(id));
        let done = |task: &&Task| matches!(task.phase, Phase::Integrated { .. }) && !task.compound;
        let of_file = |task: &&Task| about.is_empty() || about.iter().any(|path| task.scope.contains(*path));
        Followed {
            mission: self.mission.clone(),
            objective: cut(&self.objective),
            summary: self.brief.as_ref().map(|brief| cut(&brief.summary)).unwrap_or_default(),
            place: None,
            lines: String::new(),
            tasks: tasks().filter(done).filter(of_file).take(MAX_TASKS).map(task).collect(),
            files: files.into_iter().take(MAX_FILES).collect(),
        }
    }
}

fn task(task: &Task) -> FollowedTask {
    let findings = task.failures.iter().rev().flat_map(|failure| &failure.issues).take(MAX_FINDINGS);
    FollowedTask {
        title: cut(&task.title),
        instructions: cut(&task.instructions),
        files: task.scope.iter().take(MAX_FILES).cloned().collect(),
        findings: findings.map(|issue| cut(&issue.to_string())).collect(),
    }
}

fn cut(text: &str) -> String {
    shared::text::clip(text, MAX_TEXT)
}
