//! TypeScript and JavaScript: a name imported twice, `return` at the top of a module, `a?.b = c`, an abstract method in a
//! class that is not, `super()` in a class that extends nothing.

use std::collections::BTreeSet;

use syntax::{ImportKind, Language};

use crate::code::file::File;
use crate::rules::{Found, Pair};

pub(in super::super) fn check(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        if !node.named || !pair.wrote_at(node.start) {
            continue;
        }
        match node.kind {
            "return_statement" if is_at_top(file, index) && is_module(file) => {
                found.node(file, index, "`return` outside of any function");
            }
            "assignment_expression" | "augmented_assignment_expression"
                if flat.field(index, "left").is_some_and(|left| is_optional(file, left)) =>
            {
                found.node(file, index, "an optional chain (`?.`) is given a value");
            }
            "update_expression" if flat.parts(index).next().is_some_and(|of| is_optional(file, of)) => {
                found.node(file, index, "an optional chain (`?.`) is given a value");
            }
            "call_expression"
                if flat.field(index, "function").is_some_and(|of| flat.kind(of) == "super")
                    && has_no_base(file, index) =>
            {
                found.node(file, index, "`super()` in a class that extends nothing");
            }
            "abstract_method_signature" => {
                let class = flat.above(index).nth(1);
                if class.is_some_and(|class| matches!(flat.kind(class), "class_declaration" | "class")) {
                    found.node(file, index, "an abstract method in a class that is not abstract");
                }
            }
            _ => {}
        }
    }
    imported_twice(pair, file, found);
}

/// Whether the class around a node has no `extends`.
fn has_no_base(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let class = flat.above(index).find(|i| {
        matches!(flat.kind(*i), "class_declaration" | "class" | "abstract_class_declaration" | "object")
    });
    class.is_some_and(|class| {
        flat.kind(class) != "object"
            && !flat
                .children(class)
                .filter(|i| flat.kind(*i) == "class_heritage")
                .any(|i| file.text_of(i).contains("extends"))
    })
}

fn is_at_top(file: &File, index: usize) -> bool {
    let flat = file.flat();
    flat.above(index).all(|above| {
        !flat.kind(above).contains("function")
            && !matches!(flat.kind(above), "method_definition" | "class_static_block")
    })
}

/// A script of Node may return at its top; a module may not.
fn is_module(file: &File) -> bool {
    let flat = file.flat();
    file.path.ends_with(".mjs")
        || matches!(file.language, Some(Language::TypeScript | Language::Tsx)) && !file.path.ends_with(".cts")
        || flat.parts(0).any(|i| matches!(flat.kind(i), "import_statement" | "export_statement"))
}

/// Whether a target is reached through `?.`.
fn is_optional(file: &File, target: usize) -> bool {
    const MAX_DEPTH: usize = 50;
    let flat = file.flat();
    let mut at = target;
    for _ in 0..MAX_DEPTH {
        if !matches!(flat.kind(at), "member_expression" | "subscript_expression") {
            return false;
        }
        if flat.children(at).any(|i| flat.kind(i) == "optional_chain" || file.text_of(i) == "?.") {
            return true;
        }
        let Some(object) = flat.field(at, "object") else { return false };
        at = object;
    }
    false
}

fn imported_twice(pair: &Pair, file: &File, found: &mut Found) {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for import in &file.outline().imports {
        if import.kind == ImportKind::TypeOnly || import.conditional {
            continue;
        }
        let Some(statement) = statement_of(file, import.line) else { continue };
        for name in import.names.iter().filter(|name| name.name != "*") {
            let row = (name.line as usize).saturating_sub(1);
            if known.insert(name.local()) || !pair.wrote(row) {
                continue;
            }
            found.node(file, statement, format!("`{}` is imported twice", name.local()));
        }
    }
}

/// The `import` statement that begins on a line (1-based).
fn statement_of(file: &File, line: u32) -> Option<usize> {
    let flat = file.flat();
    let row = (line as usize).saturating_sub(1);
    flat.parts(0).find(|i| flat.kind(*i) == "import_statement" && file.row(flat.node(*i).start) == row)
}
