//! Members of `self` in classes of Python.
//!
//! Works with `classes` and `extended`. Reports nothing if a base class is not found, a decorator is unknown, or
//! anything in the project adds such a member to objects. Variables are for `python_variables`.

use std::collections::BTreeSet;

use syntax::Language;

use super::classes::class_of;
use super::extended::is_extended;
use crate::code::file::File;
use crate::project::Tree;
use crate::rules::{Change, Found, Pair};

const MAX_BASES: usize = 8;
/// Base classes that add no plain names.
const PLAIN_BASES: &[&str] = &["object", "ABC", "abc.ABC"];

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (class, _) in flat.iter().filter(|(_, node)| node.kind == "class_definition") {
        let mut known: Option<Option<BTreeSet<String>>> = None;
        for index in flat.below(class) {
            let node = flat.node(index);
            if node.kind != "attribute"
                || file.field_text(index, "object") != "self"
                || !pair.wrote_at(node.start)
                || !belongs(file, index, class)
            {
                continue;
            }
            let name = file.field_text(index, "attribute");
            if name.starts_with("__") && name.ends_with("__") {
                continue;
            }
            let members = known.get_or_insert_with(|| members(&change.head, file, class, 0));
            let missing = members.as_ref().is_some_and(|members| {
                !members.contains(name) && !members.contains(&mangled(file, class, name))
            });
            let of_others = || {
                is_given_elsewhere(change, name)
                    || is_extended(change, file.field_text(class, "name")) && is_defined(change, name)
            };
            if missing
                && !is_tried(file, index, name)
                && !of_others()
                && !is_mixed_in(file, file.field_text(class, "name"))
            {
                found.node(
                    file,
                    index,
                    format!("the class `{}` has no `{name}`", file.field_text(class, "name")),
                );
            }
        }
    }
}

fn mangled(file: &File, class: usize, name: &str) -> String {
    format!("_{}{name}", file.field_text(class, "name"))
}

/// Whether `self` at a place is an object of the class.
fn belongs(file: &File, index: usize, class: usize) -> bool {
    let flat = file.flat();
    let mut functions = Vec::new();
    for above in flat.above(index).take_while(|above| *above != class) {
        match flat.kind(above) {
            "class_definition" => return false,
            "function_definition" => functions.push(above),
            _ => {}
        }
    }
    let Some(method) = functions.last() else { return false };
    // The first parameter of a class method may also be called `self`
    let holder = flat.node(*method).parent;
    let decorated = flat.kind(holder) == "decorated_definition"
        && flat.children(holder).any(|i| {
            flat.kind(i) == "decorator"
                && ["staticmethod", "classmethod", "validator", "declared_attr"]
                    .iter()
                    .any(|word| file.text_of(i).contains(word))
        });
    let first = flat
        .field(*method, "parameters")
        .and_then(|list| flat.parts(list).next())
        .map_or("", |i| file.text_of(i));
    !decorated
        && first.split(':').next().is_some_and(|first| first.trim() == "self")
        && functions.iter().rev().skip(1).all(|inner| !file.field_text(*inner, "parameters").contains("self"))
}

/// `hasattr(self, "x")`, `try: self.x … except AttributeError`.
pub(super) fn is_tried(file: &File, index: usize, name: &str) -> bool {
    let flat = file.flat();
    file.text.contains(&format!("\"{name}\""))
        || file.text.contains(&format!("'{name}'"))
        || flat
            .above(index)
            .any(|i| flat.kind(i) == "try_statement" && file.text_of(i).contains("AttributeError"))
}

/// Whether anything in the project adds a member of that name to objects.
pub(super) fn is_given_elsewhere(change: &Change<'_>, name: &str) -> bool {
    let forms = [
        format!(".{name} ="),
        format!(".{name}:"),
        format!(".{name}, "),
        format!("\"{name}\""),
        format!("'{name}'"),
        format!(".{name}="),
    ];
    change
        .head
        .paths()
        .iter()
        .filter(|path| Language::of_path(path) == Some(Language::Python))
        .take(3_000)
        .any(|path| {
            change.head.read(path).is_some_and(|text| {
                text.contains(name) && forms.iter().any(|form| text.contains(form.as_str()))
            })
        })
}

/// Whether any class of the project defines something of that name.
pub(super) fn is_defined(change: &Change<'_>, name: &str) -> bool {
    let forms = [format!("def {name}("), format!(" {name} ="), format!(" {name}:")];
    let python = |path: &&String| Language::of_path(path) == Some(Language::Python);
    change.head.paths().iter().filter(python).take(3_000).any(|path| {
        change.head.read(path).is_some_and(|text| forms.iter().any(|form| text.contains(form.as_str())))
    })
}

/// Code that adds members whose names are not in the text of the class.
const DYNAMIC: &[&str] = &[
    "__getattr__",
    "__getattribute__",
    "setattr(",
    "__dict__",
    "vars(",
    "__slots__",
    "locals()",
    "exec(",
    "super().__new__",
    "property(",
];

/// The members of a class and its bases; `None` if not all are known.
pub(super) fn members(tree: &Tree<'_>, file: &File, class: usize, depth: usize) -> Option<BTreeSet<String>> {
    let flat = file.flat();
    let text = file.text_of(class);
    let open = DYNAMIC.iter().any(|form| text.contains(form));
    let holder = flat.node(class).parent;
    let decorators: Vec<&str> = if flat.kind(holder) == "decorated_definition" {
        flat.children(holder).filter(|i| flat.kind(*i) == "decorator").map(|i| file.text_of(i)).collect()
    } else {
        Vec::new()
    };
    let known = |d: &&str| {
        ["dataclass", "total_ordering", "final", "runtime_checkable", "attr.s", "define", "frozen"]
            .iter()
            .any(|word| d.contains(word))
    };
    if depth > MAX_BASES || open || !decorators.iter().all(known) {
        return None;
    }
    let mut all = BTreeSet::new();
    let body = flat.field(class, "body")?;
    for index in flat.below(body) {
        let node = flat.node(index);
        match node.kind {
            "function_definition" | "class_definition" => {
                let inner = flat
                    .above(index)
                    .find(|i| matches!(flat.kind(*i), "class_definition" | "function_definition"));
                if inner == Some(class) {
                    all.insert(file.field_text(index, "name").to_string());
                }
            }
            "import_from_statement" | "import_statement" | "wildcard_import" => {
                let inner = flat
                    .above(index)
                    .find(|i| matches!(flat.kind(*i), "class_definition" | "function_definition"));
                if inner == Some(class) {
                    return None;
                }
            }
            // `self.x = …` in any form
            "attribute" if file.field_text(index, "object") == "self" => {
                let target = std::iter::once(index).chain(flat.above(index)).take(5).any(|i| {
                    let node = flat.node(i);
                    node.field == "left"
                        || matches!(
                            flat.kind(node.parent),
                            "as_pattern_target"
                                | "with_item"
                                | "pattern_list"
                                | "tuple_pattern"
                                | "delete_statement"
                                | "named_expression"
                        )
                });
                if target {
                    all.insert(file.field_text(index, "attribute").to_string());
                }
            }
            "identifier" => {
                let inner = flat
                    .above(index)
                    .find(|i| matches!(flat.kind(*i), "class_definition" | "function_definition" | "lambda"));
                let bound = std::iter::once(index)
                    .chain(flat.above(index))
                    .take(4)
                    .any(|i| matches!(flat.node(i).field, "left" | "name" | "alias"));
                if inner == Some(class) && bound {
                    all.insert(file.text_of(index).to_string());
                }
            }
            _ => {}
        }
    }
    let Some(list) = flat.field(class, "superclasses") else { return Some(all) };
    for base in flat.parts(list) {
        let name = file.text_of(base);
        if PLAIN_BASES.contains(&name) || name.starts_with("Generic[") || name.starts_with("typing.Generic[")
        {
            continue;
        }
        if flat.kind(base) != "identifier" {
            return None;
        }
        let (other, place) = class_of(tree, file, name, |kind| kind == "class_definition")?;
        all.extend(match other {
            None => members(tree, file, place, depth + 1)?,
            Some(other) => members(tree, &other, place, depth + 1)?,
        });
    }
    Some(all)
}

/// Whether another class of the file has this one as a base beside others: those may bring what it uses.
fn is_mixed_in(file: &File, class: &str) -> bool {
    let flat = file.flat();
    flat.iter().filter(|(_, node)| node.kind == "class_definition").any(|(index, _)| {
        let Some(bases) = flat.field(index, "superclasses") else { return false };
        let bases: Vec<&str> = flat.parts(bases).map(|i| file.text_of(i)).collect();
        bases.len() > 1 && bases.contains(&class)
    })
}
