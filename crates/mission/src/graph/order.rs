//! The order in which a plan's tasks run: the order of the plan, and the order of tasks that write the same file.
//!
//! It adds orders and removes none; a circle is reported, never cut.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use petgraph::Direction;
use petgraph::algo::{has_path_connecting, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::problem_text::short;
use crate::mailbox::{Plan, Problems};

/// Plans with more tasks are not searched for orders that already follow from others.
const SMALL: usize = 1000;
/// Names that one sentence lists.
const MAX_NAMES: usize = 20;

/// Tasks by their place in the plan; an edge leads from a task to one that waits for it.
type Graph = DiGraph<usize, ()>;

/// Adds the missing orders and returns them in words. The error lists the problems if no order is possible.
pub(super) fn order_tasks(plan: &mut Plan) -> Result<Vec<String>, Problems> {
    let mut graph = edges(plan)?;
    let order = toposort(&graph, None).map_err(|cycle| vec![name_cycle(&graph, plan, cycle.node_id())])?;
    let units = Units::of(plan, &graph)?;
    let order = stable(&graph, &order, &units);
    Ok(order_writers(plan, &mut graph, &order))
}

fn edges(plan: &Plan) -> Result<Graph, Problems> {
    let mut graph = DiGraph::with_capacity(plan.tasks.len(), plan.tasks.len());
    let nodes: FxHashMap<&str, NodeIndex> =
        plan.tasks.iter().enumerate().map(|(i, t)| (t.id.as_str(), graph.add_node(i))).collect();
    let mut problems = Vec::new();
    for (i, task) in plan.tasks.iter().enumerate() {
        for dependency in &task.depends_on {
            match nodes.get(dependency.as_str()) {
                Some(from) => {
                    graph.update_edge(*from, NodeIndex::new(i), ());
                }
                None => problems.push(format!(
                    "task `{}` depends on `{}`, which is no task of this plan; its tasks are {}",
                    task.id,
                    short(dependency),
                    listed(plan)
                )),
            }
        }
    }
    if problems.is_empty() { Ok(graph) } else { Err(problems) }
}

fn listed(plan: &Plan) -> String {
    let names: Vec<String> = plan.tasks.iter().take(MAX_NAMES).map(|t| format!("`{}`", t.id)).collect();
    let more = plan.tasks.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    names.join(", ") + &more
}

/// The shortest circle through `start`, as names joined by "waits for". `start` must be on a circle.
fn name_cycle(graph: &Graph, plan: &Plan, start: NodeIndex) -> String {
    // Follows what each task waits for, so that the names come in the order of the sentence
    let mut reached_from: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
    let mut queue = VecDeque::from([start]);
    let mut last = start;
    'search: while let Some(node) = queue.pop_front() {
        for next in graph.neighbors_directed(node, Direction::Incoming) {
            if next == start {
                last = node;
                break 'search;
            }
            if let Entry::Vacant(vacant) = reached_from.entry(next) {
                vacant.insert(node);
                queue.push_back(next);
            }
        }
    }
    let name = |node: NodeIndex| plan.tasks[graph[node]].id.as_str();
    let mut names = vec![name(start)];
    while last != start {
        names.push(name(last));
        last = reached_from.get(&last).copied().unwrap_or(start);
    }
    names.push(name(start));
    names.reverse();
    if names.len() > MAX_NAMES {
        let cut = names.len() - MAX_NAMES;
        names.splice(MAX_NAMES / 2..MAX_NAMES / 2 + cut, ["…"]);
    }
    format!(
        "the tasks wait for each other in a circle: {} (→ is \"waits for\"); remove one of these `depends_on`",
        names.join(" → ")
    )
}

/// Units of integration: a task, or a group as a whole.
struct Units {
    /// The place of each task's unit in the order of the units.
    place: Vec<usize>,
}

impl Units {
    /// A group is integrated as one, so no task outside it may come between two of its tasks.
    fn of(plan: &Plan, graph: &Graph) -> Result<Units, Problems> {
        if plan.tasks.iter().all(|t| t.group.is_none()) {
            return Ok(Units { place: Vec::new() });
        }
        let mut groups: FxHashMap<&str, NodeIndex> = FxHashMap::default();
        // A unit is named by the first of its tasks
        let mut units: DiGraph<usize, ()> = DiGraph::new();
        let mut unit_of = Vec::with_capacity(plan.tasks.len());
        for (i, task) in plan.tasks.iter().enumerate() {
            unit_of.push(match &task.group {
                Some(group) => *groups.entry(group).or_insert_with(|| units.add_node(i)),
                None => units.add_node(i),
            });
        }
        for edge in graph.raw_edges() {
            let (from, to) = (unit_of[graph[edge.source()]], unit_of[graph[edge.target()]]);
            if from != to {
                units.update_edge(from, to, ());
            }
        }
        let order = toposort(&units, None).map_err(|cycle| {
            // At least one unit of the circle is a group, because the tasks alone have an order
            let on_it = petgraph::algo::tarjan_scc(&units).into_iter().find(|c| c.contains(&cycle.node_id()));
            let group = on_it.iter().flatten().find_map(|unit| plan.tasks[units[*unit]].group.as_deref());
            vec![format!(
                "group `{}` would wait for itself: its tasks are integrated together, but a task outside it stands between them; put \
                 that task into the group, or drop the group",
                short(group.unwrap_or_default())
            )]
        })?;
        let order = by_depth(&units, &order);
        let mut place_of: FxHashMap<NodeIndex, usize> =
            FxHashMap::with_capacity_and_hasher(order.len(), FxBuildHasher);
        for (place, unit) in order.into_iter().enumerate() {
            place_of.insert(unit, place);
        }
        Ok(Units { place: unit_of.iter().map(|u| place_of.get(u).copied().unwrap_or_default()).collect() })
    }
}

/// A topological order. If the graph leaves a choice, tasks come in the order of the plan, and the tasks of a group
/// come together, so that orders added along it never make a group wait for itself.
fn stable(graph: &Graph, order: &[NodeIndex], units: &Units) -> Vec<NodeIndex> {
    let mut nodes = by_depth(graph, order);
    if !units.place.is_empty() {
        nodes.sort_by_key(|n| units.place.get(graph[*n]).copied().unwrap_or_default());
    }
    nodes
}

fn by_depth(graph: &Graph, order: &[NodeIndex]) -> Vec<NodeIndex> {
    let mut depth = vec![0_usize; graph.node_count()];
    for node in order {
        let deepest = graph.neighbors_directed(*node, Direction::Incoming).map(|n| depth[n.index()]).max();
        depth[node.index()] = deepest.map_or(0, |d| d + 1);
    }
    let mut nodes = order.to_vec();
    nodes.sort_by_key(|n| (depth[n.index()], graph[*n]));
    nodes
}

/// Makes tasks that write the same file run one after the other. It follows an existing order, so no cycle can arise.
fn order_writers(plan: &mut Plan, graph: &mut Graph, order: &[NodeIndex]) -> Vec<String> {
    let small = plan.tasks.len() <= SMALL;
    let mut last_writer: FxHashMap<&str, NodeIndex> =
        FxHashMap::with_capacity_and_hasher(plan.tasks.len(), FxBuildHasher);
    let mut added: Vec<(NodeIndex, NodeIndex, &str)> = Vec::new();
    for node in order {
        for file in &plan.tasks[graph[*node]].files {
            let Some(earlier) = last_writer.insert(file, *node) else { continue };
            let ordered = graph.contains_edge(earlier, *node)
                || (small && has_path_connecting(&*graph, earlier, *node, None));
            if !ordered {
                graph.add_edge(earlier, *node, ());
                added.push((earlier, *node, file));
            }
        }
    }
    let notes = added
        .iter()
        .map(|(earlier, later, file)| {
            let name = |node: &NodeIndex| plan.tasks[graph[*node]].id.as_str();
            format!("`{}` runs after `{}`: both write {file}", name(later), name(earlier))
        })
        .collect();
    let orders: Vec<_> =
        added.into_iter().map(|(earlier, later, _)| (graph[earlier], graph[later])).collect();
    for (earlier, later) in orders {
        let before = plan.tasks[earlier].id.clone();
        let task = &mut plan.tasks[later];
        task.depends_on.push(before.clone());
        task.runs_after.push(before);
    }
    notes
}
