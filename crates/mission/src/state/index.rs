//! The sets of tasks that decisions need, updated with each event, so that a mission of thousands of tasks is not
//! searched each time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

use crate::graph::remaining_path;
use crate::{Phase, Task, TaskId};

/// The tasks that it is an index of.
pub(super) type TaskMap = RedBlackTreeMapSync<TaskId, Arc<Task>>;

/// The order in which tasks start: the longest remaining path first, then the order of the plan.
pub(crate) type Rank = (Reverse<usize>, usize, TaskId);

/// What the index holds of one task.
#[derive(Clone, Copy, PartialEq)]
struct Known {
    phase: Discriminant<Phase>,
    open: bool,
    lost: bool,
    busy: bool,
    active: bool,
    split: bool,
    troubled: bool,
    ready: bool,
    compound: bool,
    without_tests: bool,
}

#[derive(Clone)]
pub(crate) struct Index {
    known: RedBlackTreeMapSync<TaskId, Known>,
    ranks: Arc<BTreeMap<TaskId, (usize, usize)>>,
    /// The tasks that are affected if a task is not integrated: those that wait for it, its parts, and its compound
    /// task.
    concerned: Arc<BTreeMap<TaskId, Vec<TaskId>>>,
    groups: Arc<BTreeMap<String, Vec<TaskId>>>,
    ready: RedBlackTreeSetSync<Rank>,
    ready_compound: RedBlackTreeSetSync<Rank>,
    active: RedBlackTreeSetSync<TaskId>,
    lost: RedBlackTreeSetSync<TaskId>,
    suspects: RedBlackTreeSetSync<TaskId>,
    troubled: RedBlackTreeSetSync<TaskId>,
    without_tests: RedBlackTreeSetSync<TaskId>,
    open: usize,
    busy: usize,
    split: usize,
}

impl Default for Index {
    fn default() -> Index {
        Index {
            known: RedBlackTreeMapSync::new_sync(),
            ranks: Arc::default(),
            concerned: Arc::default(),
            groups: Arc::default(),
            ready: RedBlackTreeSetSync::new_sync(),
            ready_compound: RedBlackTreeSetSync::new_sync(),
            active: RedBlackTreeSetSync::new_sync(),
            lost: RedBlackTreeSetSync::new_sync(),
            suspects: RedBlackTreeSetSync::new_sync(),
            troubled: RedBlackTreeSetSync::new_sync(),
            without_tests: RedBlackTreeSetSync::new_sync(),
            open: 0,
            busy: 0,
            split: 0,
        }
    }
}

impl Index {
    pub(super) fn of(tasks: &TaskMap, order: &[TaskId]) -> Index {
        let mut concerned: BTreeMap<TaskId, Vec<TaskId>> = BTreeMap::new();
        let mut groups: BTreeMap<String, Vec<TaskId>> = BTreeMap::new();
        for (id, task) in tasks.iter() {
            for on in &task.depends_on {
                concerned.entry(on.clone()).or_default().push(id.clone());
            }
            if let Some(parent) = &task.parent {
                concerned.entry(parent.clone()).or_default().push(id.clone());
                concerned.entry(id.clone()).or_default().push(parent.clone());
            }
            if let Some(group) = &task.group {
                groups.entry(group.clone()).or_default().push(id.clone());
            }
        }
        let path = remaining_path(tasks.values().map(Arc::as_ref));
        let place: BTreeMap<&str, usize> = order.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
        let of = |map: &dyn Fn(&str) -> Option<usize>, id: &TaskId| map(id).unwrap_or_default();
        let ranks = tasks.keys().map(|id| {
            let long = of(&|id| path.get(id).copied(), id);
            (id.clone(), (long, of(&|id| place.get(id).copied(), id)))
        });
        let mut index = Index {
            ranks: Arc::new(ranks.collect()),
            concerned: Arc::new(concerned),
            groups: Arc::new(groups),
            ..Index::default()
        };
        for task in tasks.values() {
            index.note(tasks, task);
        }
        index
    }

    pub(super) fn update(&mut self, tasks: &TaskMap, touched: &BTreeSet<TaskId>) {
        let concerned = Arc::clone(&self.concerned);
        let mut moved = Vec::new();
        for task in touched.iter().filter_map(|id| tasks.get(id)) {
            // Events about costs and prompts are frequent, and change nothing that other tasks wait for
            if self.note(tasks, task) {
                moved.push(task);
            }
        }
        for task in moved {
            for other in concerned.get(&task.id).into_iter().flatten().filter_map(|id| tasks.get(id)) {
                self.note(tasks, other);
            }
        }
    }

    /// Updates the index for one task. Returns whether its phase changed.
    fn note(&mut self, tasks: &TaskMap, task: &Task) -> bool {
        let active = task.phase.is_active() || task.phase == Phase::Testing;
        let tests = &task.tests;
        let now = Known {
            phase: discriminant(&task.phase),
            open: !task.phase.is_final(),
            lost: task.phase.is_lost(),
            busy: active && !matches!(task.phase, Phase::Passed { .. }),
            active,
            split: task.phase == Phase::Split,
            troubled: !task.phase.is_final() && (task.host_failures > 0 || task.empty_reviews > 0),
            ready: task.phase == Phase::Waiting
                && task.depends_on.iter().all(|on| satisfied(tasks, task, on)),
            compound: task.compound,
            without_tests: task.phase == Phase::Waiting
                && tests.draws > 0
                && tests.written.is_none()
                && tests.skipped.is_none(),
        };
        let before = self.known.get(&task.id).copied();
        if before == Some(now) {
            return false;
        }
        self.known.insert_mut(task.id.clone(), now);
        let was = |what: fn(&Known) -> bool| before.as_ref().is_some_and(what);
        let count = |counter: &mut usize, was: bool, is: bool| {
            *counter = counter.saturating_add(usize::from(is)).saturating_sub(usize::from(was));
        };
        count(&mut self.open, was(|k| k.open), now.open);
        count(&mut self.busy, was(|k| k.busy), now.busy);
        count(&mut self.split, was(|k| k.split), now.split);
        hold(&mut self.active, &task.id, was(|k| k.active), now.active);
        hold(&mut self.troubled, &task.id, was(|k| k.troubled), now.troubled);
        hold(&mut self.without_tests, &task.id, was(|k| k.without_tests), now.without_tests);
        hold(&mut self.lost, &task.id, was(|k| k.lost), now.lost);
        let (long, place) = self.ranks.get(&task.id).copied().unwrap_or_default();
        let rank = (Reverse(long), place, task.id.clone());
        hold(&mut self.ready, &rank, was(|k| k.ready && !k.compound), now.ready && !now.compound);
        hold(&mut self.ready_compound, &rank, was(|k| k.ready && k.compound), now.ready && now.compound);
        if !now.open {
            self.suspects.remove_mut(&task.id);
        }
        if now.lost && !was(|k| k.lost) {
            let of_group = task.group.as_ref().and_then(|group| self.groups.get(group));
            let concerned = self.concerned.get(&task.id).into_iter().chain(of_group).flatten();
            for id in concerned.filter(|id| tasks.get(*id).is_some_and(|other| !other.phase.is_final())) {
                self.suspects.insert_mut(id.clone());
            }
        }
        before.is_none_or(|before| before.phase != now.phase)
    }

    /// Whether the index equals a new one, except that it may list more suspects than necessary, and that the lengths
    /// of paths may be old: they do not matter for tasks that are over.
    pub(super) fn agrees(&self, tasks: &TaskMap, order: &[TaskId]) -> bool {
        let fresh = Index::of(tasks, order);
        let same = |one: &RedBlackTreeSetSync<Rank>, other: &RedBlackTreeSetSync<Rank>| {
            let ids = |set: &RedBlackTreeSetSync<Rank>| -> BTreeSet<TaskId> {
                set.iter().map(|(_, _, id)| id.clone()).collect()
            };
            ids(one) == ids(other)
        };
        let counts = |index: &Index| (index.open, index.busy, index.split);
        same(&self.ready, &fresh.ready)
            && same(&self.ready_compound, &fresh.ready_compound)
            && self.active == fresh.active
            && self.lost == fresh.lost
            && fresh.suspects.is_subset(&self.suspects)
            && self.troubled == fresh.troubled
            && self.without_tests == fresh.without_tests
            && counts(self) == counts(&fresh)
    }

    /// The number of tasks that are not over.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    /// The number of tasks that a worker is busy with.
    pub(crate) fn busy(&self) -> usize {
        self.busy
    }

    pub(crate) fn has_split(&self) -> bool {
        self.split > 0
    }

    /// Tasks that hold a slot or wait to be integrated, by id.
    pub(crate) fn active(&self) -> impl Iterator<Item = &TaskId> {
        self.active.iter()
    }

    /// Tasks whose dependencies are satisfied, without compound ones, in the order in which they start.
    pub(crate) fn ready(&self) -> impl Iterator<Item = &Rank> {
        self.ready.iter()
    }

    /// Compound tasks whose plan is due.
    pub(crate) fn ready_compound(&self) -> impl Iterator<Item = &Rank> {
        self.ready_compound.iter()
    }

    /// Tasks that were not integrated, by id.
    pub(crate) fn lost(&self) -> impl Iterator<Item = &TaskId> {
        self.lost.iter()
    }

    /// Tasks that are affected by a task that was not integrated, by id.
    pub(crate) fn suspects(&self) -> impl Iterator<Item = &TaskId> {
        self.suspects.iter()
    }

    /// Tasks whose last prompt failed because of the host or a review without a verdict.
    pub(crate) fn troubled(&self) -> impl Iterator<Item = &TaskId> {
        self.troubled.iter()
    }

    /// Waiting tasks for which an author of tests has begun, and which have no tests yet.
    pub(crate) fn without_tests(&self) -> impl Iterator<Item = &TaskId> {
        self.without_tests.iter()
    }

    pub(crate) fn group(&self, name: &str) -> &[TaskId] {
        self.groups.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn place(&self, id: &str) -> usize {
        self.ranks.get(id).map_or(usize::MAX, |(_, place)| *place)
    }
}

fn hold<T: Ord + Clone>(set: &mut RedBlackTreeSetSync<T>, item: &T, was: bool, is: bool) {
    match (was, is) {
        (false, true) => set.insert_mut(item.clone()),
        (true, false) => drop(set.remove_mut(item)),
        _ => {}
    }
}

/// Whether `task` may be built on `dependency`. Within a group it is enough that the dependency passed: the group is
/// integrated only as a whole.
fn satisfied(tasks: &TaskMap, task: &Task, dependency: &TaskId) -> bool {
    let Some(on) = tasks.get(dependency) else { return false };
    match on.phase {
        Phase::Integrated { .. } => true,
        Phase::Abandoned { .. } | Phase::Cancelled { .. } => task.runs_after.contains(dependency),
        Phase::Passed { .. } => on.shares_group(task),
        // The parts are dependencies of the task, too
        Phase::Split => on.shares_group(task),
        _ => false,
    }
}
