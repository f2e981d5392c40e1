//! Walks trees without recursion.
//!
//! All code that inspects a tree uses it. Code from a model can nest to any depth, so nothing here may recurse.

use tree_sitter::Node;

/// What to do after a node was visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitStep {
    /// Visit its children next
    Into,
    /// Skip its children
    Over,
    /// Visit nothing more
    Stop,
}

/// Visits a node and its descendants in source order, with the depth below `root`. Iterative, because trees may be
/// deeper than any stack.
pub fn visit<'t>(root: Node<'t>, mut enter: impl FnMut(Node<'t>, usize) -> VisitStep) {
    let mut cursor = root.walk();
    let mut depth = 0;
    loop {
        let step = enter(cursor.node(), depth);
        if step == VisitStep::Stop {
            return;
        }
        if step == VisitStep::Into && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        loop {
            if depth == 0 {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
            depth -= 1;
        }
    }
}

/// Where some words stand in a text, not as parts of longer names. Found in one pass, so that nested nodes can be asked
/// one after the other without reading their text again.
pub(crate) struct Words(Vec<usize>);

impl Words {
    pub(crate) fn of(text: &str, words: &[&str]) -> Words {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let mut found = Vec::new();
        for word in words.iter().filter(|word| !word.is_empty()) {
            found.extend(text.match_indices(word).map(|(at, _)| at).filter(|at| {
                let before = text.get(..*at).and_then(|before| before.chars().next_back());
                let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
                !is_part(before) && !is_part(after)
            }));
        }
        found.sort_unstable();
        Words(found)
    }

    /// Whether one of the words begins within a node. If not, the node need not be searched for them.
    pub(crate) fn are_in(&self, node: Node<'_>) -> bool {
        let first = self.0.partition_point(|at| *at < node.start_byte());
        self.0.get(first).is_some_and(|at| *at < node.end_byte())
    }
}

/// The named children of a node, without comments.
pub(crate) fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}
