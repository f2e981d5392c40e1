//! The task graph: whether a plan stands, in which order its tasks run, how wide it gets.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use petgraph::Direction;
use petgraph::algo::{has_path_connecting, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::mailbox::{Plan, Problems};
use crate::{Policy, Task, TaskId, is_task_id, path};

/// The most problems that are told at once: a model mends a few at a time.
const MAX_PROBLEMS: usize = 12;
/// Above this many tasks, an order that already follows from others is not looked for.
const SMALL: usize = 1000;

/// A plan that stands, with what was mended in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub plan: Plan,
    /// What the engine changed, in words: edges it added.
    pub notes: Vec<String>,
}

/// Checks a plan. `taken` are the ids that the mission has already, `depth` how deep the plan is nested.
pub fn check(
    mut plan: Plan,
    policy: &Policy,
    taken: &BTreeSet<TaskId>,
    depth: u32,
) -> Result<Checked, Problems> {
    let mut problems = Vec::new();
    if plan.tasks.is_empty() {
        return Err(vec!["the plan has no task: name at least one".into()]);
    }
    if plan.tasks.len() > policy.max_tasks as usize {
        return Err(vec![format!(
            "the plan has {} tasks; at most {} are accepted: join small ones, or mark a large one `compound` so that it gets \
             a plan of its own when it is due",
            plan.tasks.len(),
            policy.max_tasks
        )]);
    }
    tasks(&mut plan, policy, taken, depth, &mut problems);
    if !problems.is_empty() {
        return Err(bounded(problems));
    }
    let graph = match edges(&plan) {
        Ok(graph) => graph,
        Err(problems) => return Err(bounded(problems)),
    };
    let order = match toposort(&graph, None) {
        Ok(order) => order,
        Err(cycle) => return Err(vec![name_cycle(&graph, &plan, cycle.node_id())]),
    };
    let notes = order_writers(&mut plan, graph, &order);
    groups_stand(&plan)?;
    Ok(Checked { plan, notes })
}

fn bounded(mut problems: Problems) -> Problems {
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        problems.push(format!("and {more} more of this kind"));
    }
    problems
}

fn tasks(plan: &mut Plan, policy: &Policy, taken: &BTreeSet<TaskId>, depth: u32, problems: &mut Problems) {
    let mut seen: HashSet<TaskId> = HashSet::with_capacity(plan.tasks.len());
    for (i, task) in plan.tasks.iter_mut().enumerate() {
        let id = task.id.clone();
        if !is_task_id(&id) {
            problems.push(format!("`tasks[{i}].id` is `{}`; ids are [a-z0-9][a-z0-9_-]{{0,31}}", short(&id)));
        } else if taken.contains(&id) {
            problems
                .push(format!("`tasks[{i}].id`: the mission has a task `{id}` already; choose another id"));
        } else if !seen.insert(id.clone()) {
            problems.push(format!("`tasks[{i}].id`: `{id}` stands twice; ids are unique"));
        }
        let id = short(&id);
        if task.instructions.trim().is_empty() {
            problems.push(format!("task `{id}` has no `instructions`"));
        }
        if task.acceptance.iter().all(|a| a.trim().is_empty()) {
            problems.push(format!("task `{id}` has no `acceptance`: say how one sees that it is done"));
        }
        task.acceptance.retain(|a| !a.trim().is_empty());
        if task.files.is_empty() {
            problems.push(format!("task `{id}` names no `files`"));
        }
        if task.compound && depth + 1 >= policy.max_depth {
            problems.push(format!(
                "task `{id}` is compound, but plans nest at most {} deep: name its tasks here instead",
                policy.max_depth
            ));
        }
        if !task.compound && task.files.len() > policy.max_files as usize {
            problems.push(format!(
                "task `{id}` is too large ({} files; at most {}): split it, or mark it `compound`",
                task.files.len(),
                policy.max_files
            ));
        }
        let mut files = BTreeSet::new();
        for file in &task.files {
            match path::normalise(file) {
                Err(why) => problems.push(format!("task `{id}`, `files`: {why}")),
                Ok(path) => match path::forbidden(&path) {
                    Some(why) => problems.push(format!("task `{id}`, `files`: `{path}`: {why}")),
                    None if !task.compound && path::is_glob(&path) && !path.contains('[') => problems
                        .push(format!("task `{id}`, `files`: `{path}` is a pattern; name files, or mark the task `compound`")),
                    None => {
                        files.insert(path);
                    }
                },
            }
        }
        task.files = files.into_iter().collect();
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_string() } else { text.chars().take(40).chain(['…']).collect() }
}

fn edges(plan: &Plan) -> Result<DiGraph<usize, ()>, Problems> {
    let mut graph = DiGraph::with_capacity(plan.tasks.len(), plan.tasks.len());
    let nodes: HashMap<&str, NodeIndex> =
        plan.tasks.iter().enumerate().map(|(i, t)| (t.id.as_str(), graph.add_node(i))).collect();
    let mut problems = Vec::new();
    for task in &plan.tasks {
        for dependency in &task.depends_on {
            match (nodes.get(dependency.as_str()), nodes.get(task.id.as_str())) {
                (Some(from), Some(to)) => {
                    graph.update_edge(*from, *to, ());
                }
                _ => problems.push(format!(
                    "task `{}` depends on `{}`, which is no task of this plan; its tasks are {}",
                    task.id,
                    short(dependency),
                    plan.tasks.iter().take(20).map(|t| format!("`{}`", t.id)).collect::<Vec<_>>().join(", ")
                )),
            }
        }
    }
    if problems.is_empty() { Ok(graph) } else { Err(problems) }
}

/// Walks along dependents that are themselves on a cycle until one repeats.
fn name_cycle(graph: &DiGraph<usize, ()>, plan: &Plan, start: NodeIndex) -> String {
    let mut parent: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut stack = vec![start];
    let mut found = None;
    'search: while let Some(node) = stack.pop() {
        for next in graph.neighbors_directed(node, Direction::Outgoing) {
            if next == start {
                found = Some(node);
                break 'search;
            }
            if let Entry::Vacant(vacant) = parent.entry(next) {
                vacant.insert(node);
                stack.push(next);
            }
        }
    }
    let mut names = vec![plan.tasks[graph[start]].id.clone()];
    let mut at = found;
    while let Some(node) = at.filter(|node| *node != start) {
        names.push(plan.tasks[graph[node]].id.clone());
        at = parent.get(&node).copied();
    }
    names.push(plan.tasks[graph[start]].id.clone());
    names.reverse();
    format!(
        "the tasks wait for each other in a circle: {}; remove one of these `depends_on`",
        names.join(" → ")
    )
}

/// Two tasks that write the same file run one after the other: along an order that exists already no cycle can arise.
fn order_writers(plan: &mut Plan, mut graph: DiGraph<usize, ()>, order: &[NodeIndex]) -> Vec<String> {
    let mut last_writer: HashMap<String, NodeIndex> = HashMap::new();
    let mut notes = Vec::new();
    let order = stable(&graph, order);
    for node in order {
        let files = plan.tasks[graph[node]].files.clone();
        for file in files {
            if let Some(earlier) = last_writer.insert(file.clone(), node) {
                let ordered = graph.contains_edge(earlier, node)
                    || (plan.tasks.len() <= SMALL && has_path_connecting(&graph, earlier, node, None));
                if !ordered {
                    graph.add_edge(earlier, node, ());
                    let before = plan.tasks[graph[earlier]].id.clone();
                    let task = &mut plan.tasks[graph[node]];
                    notes.push(format!("`{}` runs after `{before}`: both write {file}", task.id));
                    task.depends_on.push(before);
                }
            }
        }
    }
    notes
}

/// A group lands as one, so nothing outside it may stand between two of its tasks.
fn groups_stand(plan: &Plan) -> Result<(), Problems> {
    let unit = |task: &crate::mailbox::PlannedTask| match &task.group {
        Some(group) => format!("group `{group}`"),
        None => format!("`{}`", task.id),
    };
    let units: HashMap<&str, String> = plan.tasks.iter().map(|t| (t.id.as_str(), unit(t))).collect();
    let mut graph: DiGraph<String, ()> = DiGraph::new();
    let mut nodes: HashMap<&str, NodeIndex> = HashMap::new();
    for name in units.values() {
        nodes.entry(name).or_insert_with(|| graph.add_node(name.clone()));
    }
    for task in &plan.tasks {
        for dependency in &task.depends_on {
            let ends = (units.get(dependency.as_str()), units.get(task.id.as_str()));
            if let (Some(from), Some(to)) = ends
                && from != to
                && let (Some(from), Some(to)) = (nodes.get(from.as_str()), nodes.get(to.as_str()))
            {
                graph.update_edge(*from, *to, ());
            }
        }
    }
    toposort(&graph, None).map(|_| ()).map_err(|cycle| {
        vec![format!(
            "{} would wait for itself: its tasks land together, but a task outside it stands between them; put that task into the \
             group, or drop the group",
            graph[cycle.node_id()]
        )]
    })
}

/// A topological order in which, where the graph leaves the choice, tasks come as the plan lists them.
fn stable(graph: &DiGraph<usize, ()>, order: &[NodeIndex]) -> Vec<NodeIndex> {
    let mut depth: HashMap<NodeIndex, usize> = HashMap::with_capacity(order.len());
    for node in order {
        let deepest =
            graph.neighbors_directed(*node, Direction::Incoming).filter_map(|n| depth.get(&n)).max();
        depth.insert(*node, deepest.map_or(0, |d| d + 1));
    }
    let mut nodes = order.to_vec();
    nodes.sort_by_key(|n| (depth.get(n).copied().unwrap_or_default(), graph[*n]));
    nodes
}

/// The longest chain of tasks that still waits on each task, itself included: the critical path runs first.
pub fn remaining_path(tasks: &BTreeMap<TaskId, Task>) -> HashMap<&str, usize> {
    let mut graph: DiGraph<&str, ()> = DiGraph::with_capacity(tasks.len(), tasks.len());
    let nodes: HashMap<&str, NodeIndex> = tasks.keys().map(|id| (id.as_str(), graph.add_node(id))).collect();
    for (id, task) in tasks {
        for dependency in &task.depends_on {
            if let (Some(from), Some(to)) = (nodes.get(dependency.as_str()), nodes.get(id.as_str())) {
                graph.add_edge(*from, *to, ());
            }
        }
    }
    let mut longest: HashMap<&str, usize> = HashMap::with_capacity(tasks.len());
    let Ok(order) = toposort(&graph, None) else { return longest };
    for node in order.into_iter().rev() {
        let after =
            graph.edges(node).filter_map(|e| longest.get(graph[e.target()])).max().copied().unwrap_or(0);
        let own = usize::from(!tasks[graph[node]].phase.is_final());
        longest.insert(graph[node], after + own);
    }
    longest
}

/// How many tasks stand on the widest level of the graph, a level being the length of the longest way to it.
pub fn widest(tasks: &BTreeMap<TaskId, Task>) -> usize {
    let mut level: HashMap<&str, usize> = HashMap::with_capacity(tasks.len());
    let mut width: BTreeMap<usize, usize> = BTreeMap::new();
    // tasks are few hundred at most and each round settles at least one level
    for _ in 0..=tasks.len() {
        let mut changed = false;
        for (id, task) in tasks {
            let deepest =
                task.depends_on.iter().filter_map(|d| level.get(d.as_str())).max().map_or(0, |l| l + 1);
            if level.get(id.as_str()) != Some(&deepest) {
                level.insert(id, deepest);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (id, task) in tasks {
        if !task.compound {
            *width.entry(level.get(id.as_str()).copied().unwrap_or_default()).or_default() += 1;
        }
    }
    width.values().max().copied().unwrap_or(0)
}
