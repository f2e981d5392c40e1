//! The shape of a running mission's graph: how long its remaining path is, and how wide it gets.
//!
//! It only counts: `order.rs` orders the tasks, and `decide` starts them.

use std::collections::BTreeMap;

use petgraph::Direction;
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{Phase, Task, TaskId};

/// An edge leads from a task to one that waits for it: a dependent task, or its compound task.
fn graph<'a>(tasks: impl Iterator<Item = &'a Task>) -> DiGraph<&'a Task, ()> {
    let tasks: Vec<&Task> = tasks.collect();
    let mut graph: DiGraph<&Task, ()> = DiGraph::with_capacity(tasks.len(), tasks.len());
    let nodes: FxHashMap<&str, NodeIndex> =
        tasks.iter().map(|task| (task.id.as_str(), graph.add_node(task))).collect();
    let node = |id: &TaskId| nodes.get(id.as_str()).copied();
    for task in tasks {
        let Some(to) = node(&task.id) else { continue };
        for from in task.depends_on.iter().filter_map(node) {
            graph.add_edge(from, to, ());
        }
        if let Some(parent) = task.parent.as_ref().and_then(node) {
            graph.add_edge(to, parent, ());
        }
    }
    graph
}

/// For each task, the length of the longest chain of unfinished tasks that starts with it. The longest one,
/// the critical path, runs first.
pub fn remaining_path<'a>(tasks: impl Iterator<Item = &'a Task>) -> FxHashMap<&'a str, usize> {
    let graph = graph(tasks);
    let mut longest: FxHashMap<&str, usize> =
        FxHashMap::with_capacity_and_hasher(graph.node_count(), FxBuildHasher);
    let Ok(order) = toposort(&graph, None) else { return longest };
    for node in order.into_iter().rev() {
        let task = graph[node];
        let waiting = graph.neighbors(node).filter_map(|n| longest.get(graph[n].id.as_str()));
        let after = waiting.max().copied().unwrap_or(0);
        // A task that was split has no work of its own
        let own = !task.phase.is_final() && task.phase != Phase::Split;
        longest.insert(&task.id, after + usize::from(own));
    }
    longest
}

/// How many tasks are on the widest level of the graph. A task's level is the length of the longest path to
/// it.
pub fn widest<'a>(tasks: impl Iterator<Item = &'a Task>) -> usize {
    let graph = graph(tasks);
    let Ok(order) = toposort(&graph, None) else { return 0 };
    let mut level = vec![0_usize; graph.node_count()];
    let mut width: BTreeMap<usize, usize> = BTreeMap::new();
    for node in order {
        let deepest = graph.neighbors_directed(node, Direction::Incoming).map(|n| level[n.index()] + 1).max();
        let here = deepest.unwrap_or(0);
        level[node.index()] = here;
        if !graph[node].compound && graph[node].phase != Phase::Split {
            *width.entry(here).or_default() += 1;
        }
    }
    width.values().max().copied().unwrap_or(0)
}
