//! Which task waits for which, over any number of steps. An order that is added to a running mission must not close a
//! circle.

use std::collections::BTreeSet;

use super::State;
use crate::{Phase, Task};

/// How far a task must be before the tasks that wait for it continue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    /// It passed its gates: enough for tasks of its group.
    Passed,
    /// It is on the head, with its whole group.
    Integrated,
}

impl State {
    /// Whether `task` waits for `on`, over any number of steps: through dependencies, tasks that are integrated
    /// together with them, and parts of those that were split.
    pub fn depends(&self, task: &str, on: &str) -> bool {
        let (Some(first), Some(last)) = (self.tasks.get(task), self.tasks.get(on)) else { return task == on };
        let start = if first.shares_group(last) { Point::Passed } else { Point::Integrated };
        let mut seen = BTreeSet::new();
        let mut stack = vec![(first, start)];
        while let Some((task, point)) = stack.pop() {
            if task.id == last.id {
                return true;
            }
            if !task.phase.is_final() && seen.insert((task.id.as_str(), point)) {
                self.waits_for(task, point, &mut stack);
            }
        }
        false
    }

    fn waits_for<'a>(&'a self, task: &'a Task, point: Point, stack: &mut Vec<(&'a Task, Point)>) {
        for on in task.depends_on.iter().filter_map(|id| self.tasks.get(id)) {
            let point = if on.shares_group(task) { Point::Passed } else { Point::Integrated };
            stack.push((on, point));
        }
        let parts = || self.tasks.values().filter(|t| t.parent.as_ref() == Some(&task.id));
        match point {
            Point::Passed if task.phase == Phase::Split => stack.extend(parts().map(|t| (t, Point::Passed))),
            Point::Passed => {}
            Point::Integrated => {
                stack.extend(parts().map(|t| (t, Point::Integrated)));
                let group = self.tasks.values().filter(|t| t.shares_group(task) && t.id != task.id);
                stack.extend(group.map(|t| (t, Point::Passed)));
            }
        }
    }
}
