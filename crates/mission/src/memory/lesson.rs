//! The input of learning: the events of one mission that has ended, and the model behind each count of edits.
//!
//! `commands`, `conventions`, `editing` and `pitfalls` read it. It must not change the memory.

use std::collections::BTreeMap;

use super::entry::Source;
use crate::{Event, Role};

/// What the memory learns from: one mission.
pub(super) struct Lesson<'a> {
    pub source: Source,
    pub events: &'a [Event],
    /// The model behind each `EditsMade` event, by the index of the event.
    models: BTreeMap<usize, &'a str>,
}

impl<'a> Lesson<'a> {
    pub fn new(source: Source, events: &'a [Event]) -> Lesson<'a> {
        Lesson { source, events, models: models(events) }
    }

    /// The model that made the edits of the event at index `at`.
    pub fn model(&self, at: usize) -> Option<&str> {
        self.models.get(&at).copied()
    }
}

/// Finds, for each `EditsMade` event, the model that was last asked to work on its task.
fn models(events: &[Event]) -> BTreeMap<usize, &str> {
    let (mut asked, mut models) = (BTreeMap::new(), BTreeMap::new());
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::RoleAsked {
                role: Role::Coder | Role::Fixer,
                task: Some(task),
                model: Some(model),
                ..
            } => {
                asked.insert(task.as_str(), model.as_str());
            }
            Event::EditsMade { task, .. } => {
                if let Some(model) = asked.get(task.as_str()) {
                    models.insert(at, *model);
                }
            }
            _ => {}
        }
    }
    models
}
