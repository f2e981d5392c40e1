//! The text of `board.json`. It is written often and as a whole, but a task that has not changed keeps its text: with
//! thousands of tasks that is most of the work.
//!
//! `record` writes the file while the mission runs. What the board shows is decided in `mission`.

use std::sync::Arc;

use journal::MissionDir;
use mission::{Board, BoardTask, State, Task};
use serde_json::value::RawValue;

use crate::actor::past::PastMission;
use crate::text::to_visible_json;

/// The texts of the tasks when the board was last written, in the order of the plan.
#[derive(Default)]
pub(super) struct BoardText {
    tasks: Vec<TaskText>,
}

struct TaskText {
    /// The task that the text is of. Holding it keeps the task from changing in place.
    task: Arc<Task>,
    json: Box<RawValue>,
}

impl TaskText {
    fn of(task: &Arc<Task>) -> Result<TaskText, serde_json::Error> {
        let json = RawValue::from_string(to_visible_json(&BoardTask::of(task))?)?;
        Ok(TaskText { task: task.clone(), json })
    }
}

impl BoardText {
    /// # Errors
    /// If the state cannot be written as JSON.
    pub fn of(&mut self, state: &State, now_ms: u64) -> Result<String, serde_json::Error> {
        let tasks = state.order.iter().filter_map(|id| state.tasks.shared(id));
        let mut count = 0;
        for task in tasks {
            match self.tasks.get_mut(count) {
                Some(text) if Arc::ptr_eq(&text.task, task) => {}
                Some(text) => *text = TaskText::of(task)?,
                None => self.tasks.push(TaskText::of(task)?),
            }
            count += 1;
        }
        self.tasks.truncate(count);
        let tasks: Vec<&RawValue> = self.tasks.iter().map(|text| &*text.json).collect();
        to_visible_json(&Board::with_tasks(state, now_ms, tasks))
    }
}

/// Writes the board of a mission that no actor owns, after its journal has changed. The mission is as it is even if this
/// fails.
pub(crate) fn renew(dir: &MissionDir, now_ms: u64) {
    let text = PastMission::read(dir)
        .and_then(|past| BoardText::default().of(&past.state, now_ms).map_err(|error| error.to_string()));
    let written = text.and_then(|text| {
        journal::write_atomic(&dir.board_path(), text.as_bytes()).map_err(|error| error.to_string())
    });
    if let Err(error) = written {
        tracing::warn!("the board could not be written: {error}");
    }
}

#[cfg(test)]
mod tests {
    use mission::mailbox::{Plan, PlannedTask};
    use mission::{Event, Policy};

    use super::*;

    fn plan(ids: &[&str]) -> Event {
        let task =
            |id: &&str| PlannedTask { id: (*id).into(), title: format!("Do {id}"), ..PlannedTask::default() };
        Event::PlanAccepted {
            plan: Plan { tasks: ids.iter().map(task).collect(), ..Plan::default() },
            notes: vec![],
            parent: None,
        }
    }

    #[test]
    fn the_text_is_that_of_the_whole_board_whatever_has_changed() {
        let mut state = State::default();
        let mut text = BoardText::default();
        let started =
            |id: &str| Event::AttemptStarted { task: id.into(), slot: 1, base: "b".into(), at_ms: 2 };
        let events = [
            Event::MissionStarted {
                mission: "m-00000001".into(),
                objective: "clear\u{1b}[2J it".into(),
                policy: Policy::default(),
                at_ms: 1,
            },
            plan(&["a", "b\u{202e}", "c"]),
            started("b\u{202e}"),
            started("a"),
            plan(&["c", "a"]),
        ];
        for event in events {
            state.apply(&event);
            let written = text.of(&state, 3).unwrap();
            assert_eq!(written, to_visible_json(&Board::of(&state, 3)).unwrap(), "{event:?}");
            assert_eq!(text.of(&state, 3).unwrap(), written, "without a change");
        }
        assert!(text.of(&state, 3).unwrap().contains("<U+001B>"));
    }
}
