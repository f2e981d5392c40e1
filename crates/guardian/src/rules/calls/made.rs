//! What the making of an object of the project's own class takes: `new A(1)`, `A(1)`.
//!
//! Follows a plain name to its one class, here or by an import. Says nothing of a class that builds on another, is
//! decorated, or makes its objects in a way of its own.

use std::sync::Arc;

use syntax::Language;

use crate::code::file::File;
use crate::project::{Target, Tree};

/// One parameter of a constructor.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) name: String,
    pub(super) optional: bool,
}

/// What the constructor of the class of that name takes, in order; `None` where that is not certain.
pub(super) fn taken(tree: &Tree<'_>, file: &File, name: &str) -> Option<Vec<Taken>> {
    let (other, original) = holder(tree, file, name)?;
    let of = other.as_deref().unwrap_or(file);
    let class = only_class(of, &original)?;
    if of.language == Some(Language::Python) { in_python(of, class) } else { in_typescript(of, class) }
}

fn holder(tree: &Tree<'_>, file: &File, name: &str) -> Option<(Option<Arc<File>>, String)> {
    if only_class(file, name).is_some() {
        return Some((None, name.to_string()));
    }
    let mut brought =
        file.outline().imports.iter().filter(|import| import.names.iter().any(|taken| taken.local() == name));
    let import = brought.next().filter(|import| !import.conditional)?;
    if brought.next().is_some() {
        return None;
    }
    let original = import.names.iter().find(|taken| taken.local() == name)?.name.clone();
    let Target::File(path) = tree.resolve(file, import) else { return None };
    let other = tree.file(&path).filter(|other| other.is_code() && !other.is_broken())?;
    Some((Some(other), original))
}

fn only_class(file: &File, name: &str) -> Option<usize> {
    let flat = file.flat();
    let mut all = flat.iter().filter(|(i, node)| {
        matches!(node.kind, "class_definition" | "class_declaration") && file.field_text(*i, "name") == name
    });
    let first = all.next().map(|(i, _)| i)?;
    // Known at the top only, and once
    let top = flat
        .above(first)
        .all(|i| matches!(flat.kind(i), "module" | "program" | "export_statement" | "decorated_definition"));
    (top && all.next().is_none() && file.text.matches(&format!("{name} =")).next().is_none()).then_some(first)
}

fn in_python(file: &File, class: usize) -> Option<Vec<Taken>> {
    let flat = file.flat();
    let bases = flat.field(class, "superclasses").is_some_and(|list| flat.parts(list).next().is_some());
    let body = flat.field(class, "body")?;
    let own =
        ["__new__", "__call__", "__init_subclass__", "metaclass", "KW_ONLY", "kw_only", "InitVar", "init="];
    if bases || own.iter().any(|word| file.text_of(class).contains(word)) {
        return None;
    }
    let decorators: Vec<&str> = match flat.kind(flat.node(class).parent) {
        "decorated_definition" => flat
            .children(flat.node(class).parent)
            .filter(|i| flat.kind(*i) == "decorator")
            .map(|i| file.text_of(i))
            .collect(),
        _ => Vec::new(),
    };
    match decorators.as_slice() {
        [] => {
            let mut all = flat.parts(body).filter(|i| {
                flat.kind(*i) == "function_definition" && file.field_text(*i, "name") == "__init__"
            });
            let init = all.next().filter(|_| all.next().is_none())?;
            let mut found = Vec::new();
            for part in flat.parts(flat.field(init, "parameters")?) {
                let (name, optional) = match flat.kind(part) {
                    "identifier" => (file.text_of(part), false),
                    "typed_parameter" => (
                        flat.parts(part)
                            .next()
                            .filter(|i| flat.kind(*i) == "identifier")
                            .map(|i| file.text_of(i))?,
                        false,
                    ),
                    "default_parameter" | "typed_default_parameter" => (file.field_text(part, "name"), true),
                    _ => return None,
                };
                found.push(Taken { name: name.to_string(), optional });
            }
            (!found.is_empty()).then(|| found.split_off(1))
        }
        [only] if only.starts_with("@dataclass") || only.starts_with("@dataclasses.dataclass") => {
            if file.text_of(class).contains("def __init__") || !file.text.contains("dataclasses") {
                return None;
            }
            let mut found = Vec::new();
            for statement in flat.parts(body).filter(|i| flat.kind(*i) == "expression_statement") {
                let Some(field) = flat.parts(statement).next().filter(|i| flat.kind(*i) == "assignment")
                else {
                    continue;
                };
                let Some(of) = flat.field(field, "type").map(|i| file.text_of(i)) else { continue };
                if !of.contains("ClassVar") {
                    let optional = flat.field(field, "right").is_some();
                    found.push(Taken { name: file.field_text(field, "left").to_string(), optional });
                }
            }
            Some(found)
        }
        _ => None,
    }
}

fn in_typescript(file: &File, class: usize) -> Option<Vec<Taken>> {
    let flat = file.flat();
    let heritage = flat.children(class).any(|i| matches!(flat.kind(i), "class_heritage" | "decorator"));
    let exported = flat.node(class).parent;
    let decorated = flat.kind(exported) == "export_statement"
        && flat.children(exported).any(|i| flat.kind(i) == "decorator");
    if heritage || decorated || file.language == Some(Language::JavaScript) {
        return None;
    }
    let body = flat.field(class, "body")?;
    let mut all = flat
        .parts(body)
        .filter(|i| matches!(flat.kind(*i), "method_definition" | "method_signature"))
        .filter(|i| file.field_text(*i, "name") == "constructor");
    let only = all.next().filter(|_| all.next().is_none())?;
    let mut found = Vec::new();
    for part in flat.parts(flat.field(only, "parameters")?) {
        let pattern = flat.field(part, "pattern").filter(|i| flat.kind(*i) != "rest_pattern")?;
        let optional = flat.kind(part) == "optional_parameter" || flat.field(part, "value").is_some();
        let said = flat.field(part, "type").map_or("", |i| file.text_of(i));
        // What may be undefined may be left out where it is `void`
        let optional = optional || said.contains("void") || said.contains("any");
        found.push(Taken { name: file.text_of(pattern).to_string(), optional });
    }
    Some(found)
}
