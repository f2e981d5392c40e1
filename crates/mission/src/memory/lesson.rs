//! What one mission says: its events, and which model made which edits.

use std::collections::BTreeMap;

use super::entry::Source;
use crate::{Event, Role};

/// What one mission says.
pub(super) struct Lesson<'a> {
    pub source: Source,
    pub events: &'a [Event],
    /// By task, the model that was asked last for its work, at each event.
    models: BTreeMap<usize, &'a str>,
}

impl<'a> Lesson<'a> {
    pub fn new(source: Source, events: &'a [Event]) -> Lesson<'a> {
        Lesson { source, events, models: models(events) }
    }

    /// The model that worked on a task when the event of this place was written.
    pub fn model(&self, at: usize) -> Option<&str> {
        self.models.get(&at).copied()
    }
}

/// For each count of edits, the model that made them.
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
