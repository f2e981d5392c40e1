//! The tasks of a mission in a map that copies share, with an index that is kept up to date.
//!
//! Every change goes through it, so that the index is correct after `update_index`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::index::{Index, TaskMap};
use crate::{Task, TaskId};

/// The tasks of a mission by id, with their [`Index`]. A copy shares what neither side changes, so that every role can
/// keep the state from when it began.
#[derive(Clone, Default)]
pub struct Tasks {
    tasks: TaskMap,
    index: Index,
    /// The tasks that changed since the last update of the index; `None`: possibly all tasks and their order.
    touched: Option<BTreeSet<TaskId>>,
}

impl Tasks {
    pub fn len(&self) -> usize {
        self.tasks.size()
    }

    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub fn contains_key(&self, id: &str) -> bool {
        self.tasks.contains_key(id)
    }

    pub fn get(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id).map(Arc::as_ref)
    }

    /// The task as copies of the state share it: the same pointer as before means that it has not changed since.
    pub fn shared(&self, id: &str) -> Option<&Arc<Task>> {
        self.tasks.get(id)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Task> {
        let task = self.tasks.get_mut(id)?;
        if let Some(touched) = &mut self.touched
            && !touched.contains(id)
        {
            touched.insert(id.to_string());
        }
        Some(Arc::make_mut(task))
    }

    pub fn insert(&mut self, id: TaskId, task: Task) {
        self.touched = None;
        self.tasks.insert_mut(id, Arc::new(task));
    }

    pub fn remove(&mut self, id: &str) {
        self.touched = None;
        self.tasks.remove_mut(id);
    }

    /// Changes every task for which `which` is true.
    pub fn update(&mut self, which: impl Fn(&Task) -> bool, mut change: impl FnMut(&mut Task)) {
        self.touched = None;
        let wanted: Vec<TaskId> =
            self.values().filter(|task| which(task)).map(|task| task.id.clone()).collect();
        for id in wanted {
            if let Some(task) = self.tasks.get_mut(&id) {
                change(Arc::make_mut(task));
            }
        }
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &TaskId> + ExactSizeIterator {
        self.tasks.keys()
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Task> + ExactSizeIterator {
        self.tasks.values().map(Arc::as_ref)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&TaskId, &Task)> + ExactSizeIterator {
        self.tasks.iter().map(|(id, task)| (id, task.as_ref()))
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// Updates the index: completely if tasks or orders between them were added or removed (`rebuild`), otherwise for
    /// the changed tasks and those that wait for them.
    pub(super) fn update_index(&mut self, order: &[TaskId], rebuild: bool) {
        let touched = self.touched.replace(BTreeSet::new());
        match touched.filter(|_| !rebuild) {
            Some(touched) => {
                self.index.update(&self.tasks, &touched);
                debug_assert!(
                    self.index.agrees(&self.tasks, order),
                    "the index of tasks differs from the tasks"
                );
            }
            None => self.index = Index::of(&self.tasks, order),
        }
    }
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The index follows from the tasks.
impl PartialEq for Tasks {
    fn eq(&self, other: &Tasks) -> bool {
        self.tasks == other.tasks
    }
}

impl FromIterator<(TaskId, Task)> for Tasks {
    fn from_iter<I: IntoIterator<Item = (TaskId, Task)>>(tasks: I) -> Tasks {
        let tasks = tasks.into_iter().map(|(id, task)| (id, Arc::new(task))).collect();
        let mut tasks = Tasks { tasks, ..Tasks::default() };
        tasks.update_index(&[], true);
        tasks
    }
}

impl std::ops::Index<&str> for Tasks {
    type Output = Task;

    fn index(&self, id: &str) -> &Task {
        &self.tasks[id]
    }
}

impl Serialize for Tasks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tasks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Tasks, D::Error> {
        std::collections::BTreeMap::<TaskId, Task>::deserialize(deserializer).map(Tasks::from_iter)
    }
}
