//! A syntax tree as a list in source order: rules walk it without recursion and find parents at once.

use std::sync::OnceLock;

use syntax::{Language, Node, Source};

/// The node and field names of a grammar; they live as long as the program.
struct Names {
    kinds: Vec<String>,
    fields: Vec<String>,
}

fn names(language: Language) -> &'static Names {
    static TABLES: [OnceLock<Names>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
    let slot = Language::ALL.iter().position(|l| *l == language).unwrap_or_default();
    TABLES[slot].get_or_init(|| {
        let grammar = language.grammar();
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Names {
            kinds: (0..count(grammar.node_kind_count()))
                .map(|id| grammar.node_kind_for_id(id).unwrap_or_default().to_string())
                .collect(),
            fields: (0..=count(grammar.field_count()))
                .map(|id| grammar.field_name_for_id(id).unwrap_or_default().to_string())
                .collect(),
        }
    })
}

/// A node of a [`Flat`] tree.
#[derive(Clone, Debug)]
pub(crate) struct FlatNode {
    pub(crate) kind: &'static str,
    /// The node's field in its parent, or ""
    pub(crate) field: &'static str,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Index of the parent; the root is its own parent
    pub(crate) parent: usize,
    /// Index after the last node below this one
    pub(crate) next: usize,
    pub(crate) named: bool,
    /// A comment, or another node that the grammar allows anywhere
    pub(crate) extra: bool,
}

/// A syntax tree as a list in source order.
///
/// Rules read it many times, for base and head, and it is kept between edits: so it owns its data, stores each
/// node's parent (tree-sitter searches for it from the root), and is walked without recursion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flat {
    nodes: Vec<FlatNode>,
    pub(crate) depth: usize,
}

impl Flat {
    pub(crate) fn new(source: &Source<'_>) -> Flat {
        Flat::walk(source.language(), source.root(), true, |_| {})
    }

    /// Walks a tree once and shows each node to the caller. Without `keep`, only the depth is recorded.
    pub(crate) fn walk<'t>(
        language: Language,
        root: Node<'t>,
        keep: bool,
        mut each: impl FnMut(&Node<'t>),
    ) -> Flat {
        let mut nodes: Vec<FlatNode> = Vec::with_capacity(if keep { root.descendant_count() } else { 0 });
        let mut cursor = root.walk();
        let mut open: Vec<usize> = Vec::new();
        let mut depth = 0;
        let names = names(language);
        loop {
            let node = cursor.node();
            let index = nodes.len();
            if keep {
                nodes.push(FlatNode {
                    kind: names.kinds.get(usize::from(node.kind_id())).map_or("ERROR", String::as_str),
                    field: cursor
                        .field_id()
                        .and_then(|id| names.fields.get(usize::from(id.get())))
                        .map_or("", String::as_str),
                    start: node.start_byte(),
                    end: node.end_byte(),
                    parent: open.last().copied().unwrap_or(0),
                    next: index + 1,
                    named: node.is_named(),
                    extra: node.is_extra(),
                });
            }
            each(&node);
            if cursor.goto_first_child() {
                open.push(index);
                depth = depth.max(open.len());
                if depth > 10 * syntax::MAX_DEPTH {
                    // No rule inspects such a tree
                    return Flat { nodes: Vec::new(), depth };
                }
                continue;
            }
            while !cursor.goto_next_sibling() {
                let end = nodes.len();
                match open.pop() {
                    Some(closed) if cursor.goto_parent() => {
                        if let Some(node) = nodes.get_mut(closed).filter(|_| keep) {
                            node.next = end;
                        }
                    }
                    _ => {
                        return Flat { nodes, depth };
                    }
                }
            }
        }
    }

    /// The node at an index; the root if no such node exists (an empty tree has an empty root).
    pub(crate) fn node(&self, index: usize) -> &FlatNode {
        static NONE: FlatNode = FlatNode {
            kind: "",
            field: "",
            start: 0,
            end: 0,
            parent: 0,
            next: 0,
            named: false,
            extra: false,
        };
        self.nodes.get(index).or(self.nodes.first()).unwrap_or(&NONE)
    }

    pub(crate) fn kind(&self, index: usize) -> &'static str {
        self.node(index).kind
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &FlatNode)> {
        self.nodes.iter().enumerate()
    }

    /// Indices of all nodes below a node, in source order, without the node itself.
    pub(crate) fn below(&self, index: usize) -> std::ops::Range<usize> {
        index + 1..self.node(index).next.max(index + 1).min(self.nodes.len().max(index + 1))
    }

    /// Direct children.
    pub(crate) fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let range = self.below(index);
        let mut at = range.start;
        std::iter::from_fn(move || {
            (at < range.end).then(|| {
                let child = at;
                at = self.node(child).next.max(child + 1);
                child
            })
        })
    }

    /// Direct named children, without comments.
    pub(crate) fn parts(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        self.children(index).filter(|child| self.node(*child).named && !self.node(*child).extra)
    }

    /// The child of a node in the given field.
    pub(crate) fn field(&self, index: usize, field: &str) -> Option<usize> {
        self.children(index).find(|child| self.node(*child).field == field)
    }

    /// Ancestors, nearest first, the root last.
    pub(crate) fn above(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = index;
        std::iter::from_fn(move || {
            let parent = self.node(at).parent;
            (parent < at).then(|| {
                at = parent;
                parent
            })
        })
    }
}
