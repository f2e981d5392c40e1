use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Task, TaskId};

/// The tasks of a mission by their ids. A copy shares what neither side changes, so that every role can hold the state as
/// it was when it began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tasks(BTreeMap<TaskId, Arc<Task>>);

impl Tasks {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains_key(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    pub fn get(&self, id: &str) -> Option<&Task> {
        self.0.get(id).map(Arc::as_ref)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Task> {
        self.0.get_mut(id).map(Arc::make_mut)
    }

    pub fn insert(&mut self, id: TaskId, task: Task) {
        self.0.insert(id, Arc::new(task));
    }

    pub fn remove(&mut self, id: &str) {
        self.0.remove(id);
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &TaskId> + ExactSizeIterator + Clone {
        self.0.keys()
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Task> + ExactSizeIterator + Clone {
        self.0.values().map(Arc::as_ref)
    }

    /// Copies every task that someone else holds: for what concerns many of them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Task> {
        self.0.values_mut().map(Arc::make_mut)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&TaskId, &Task)> + ExactSizeIterator + Clone {
        self.0.iter().map(|(id, task)| (id, task.as_ref()))
    }
}

impl FromIterator<(TaskId, Task)> for Tasks {
    fn from_iter<I: IntoIterator<Item = (TaskId, Task)>>(tasks: I) -> Tasks {
        Tasks(tasks.into_iter().map(|(id, task)| (id, Arc::new(task))).collect())
    }
}

impl std::ops::Index<&str> for Tasks {
    type Output = Task;

    fn index(&self, id: &str) -> &Task {
        &self.0[id]
    }
}

impl Serialize for Tasks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tasks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Tasks, D::Error> {
        BTreeMap::<TaskId, Task>::deserialize(deserializer).map(Tasks::from_iter)
    }
}
