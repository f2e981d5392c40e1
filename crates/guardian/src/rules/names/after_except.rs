//! Part of `name-of-another-scope` in Python: the name of `except … as name`, which Python deletes at the end
//! of the clause.
//!
//! It must report a use after the clause only if nothing else in the same function binds the name: then the
//! name is unbound on every path.

use crate::code::file::File;
use crate::names::binds_in_python;

/// Uses of such names outside of their clauses, in source order.
pub(super) fn uses(file: &File) -> Vec<(String, usize)> {
    let flat = file.flat();
    if !file.text.contains("except") || file.text.contains("locals()") || file.text.contains("vars()") {
        return Vec::new();
    }
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut looked: Vec<(usize, &str)> = Vec::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "identifier") {
        let in_target = flat.kind(node.parent) == "as_pattern_target" || node.field == "alias";
        let Some(clause) = flat.above(index).take(3).find(|i| is_clause(flat.kind(*i))).filter(|_| in_target)
        else {
            continue;
        };
        let (scope, name) = (scope_of(file, clause), file.text_of(index));
        if looked.contains(&(scope, name)) {
            continue;
        }
        looked.push((scope, name));
        found.extend(unbound(file, scope, name, clause).map(|use_| (name.to_string(), use_)));
    }
    found.sort_by_key(|(_, index)| *index);
    found
}

fn is_clause(kind: &str) -> bool {
    matches!(kind, "except_clause" | "except_group_clause")
}

/// The function, class or module in which a node is.
fn scope_of(file: &File, index: usize) -> usize {
    let flat = file.flat();
    flat.above(index)
        .find(|i| matches!(flat.kind(*i), "function_definition" | "class_definition" | "lambda"))
        .unwrap_or(0)
}

/// The first use of the name after its first clause, outside of all clauses that bind it.
fn unbound(file: &File, scope: usize, name: &str, first: usize) -> Option<usize> {
    let flat = file.flat();
    let binds_it = |clause: usize| {
        let body = flat.parts(clause).last().unwrap_or(clause);
        flat.below(clause).take_while(|i| *i < body).any(|i| {
            let node = flat.node(i);
            node.kind == "identifier"
                && file.text_of(i) == name
                && (flat.kind(node.parent) == "as_pattern_target" || node.field == "alias")
        })
    };
    let mut use_ = None;
    for index in flat.below(scope) {
        let node = flat.node(index);
        if node.kind != "identifier" || file.text_of(index) != name {
            continue;
        }
        let parent = flat.node(node.parent);
        if matches!(parent.kind, "global_statement" | "nonlocal_statement") {
            return None;
        }
        let within =
            flat.above(index).take_while(|i| *i > scope).any(|i| is_clause(flat.kind(i)) && binds_it(i));
        if within {
            continue;
        }
        let own = scope_of(file, index) == scope;
        // The name has another binding, so it may be bound here
        if binds_in_python(file, index, parent.kind, node.field)
            || matches!(parent.kind, "for_in_clause" | "named_expression" | "with_item" | "dotted_name")
        {
            return None;
        }
        let of_another =
            matches!((parent.kind, node.field), ("keyword_argument", "name") | ("attribute", "attribute"));
        if !of_another && own && index > first && use_.is_none() {
            use_ = Some(index);
        }
    }
    use_
}
