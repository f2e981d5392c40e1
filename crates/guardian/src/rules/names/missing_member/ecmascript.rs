//! Members of `this` in classes of JavaScript or TypeScript.
//!
//! Works with `classes` and `extended`. Reports nothing if a decorator, an interface of that name, a computed name or
//! an unknown base class may add members; in JavaScript only calls count. Variables are for `ecmascript_variables`.

use std::collections::BTreeSet;

use syntax::Language;

use super::classes::class_of;
use super::extended::is_extended;
use crate::code::file::File;
use crate::project::Tree;
use crate::rules::{Change, Found, Pair};

/// Members of every object.
pub(super) const OBJECT: &[&str] = &[
    "constructor",
    "hasOwnProperty",
    "toString",
    "valueOf",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "__proto__",
];
/// The longest chain of base classes that is followed.
const MAX_BASES: usize = 8;

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    let script = file.language == Some(Language::JavaScript);
    for (class, _) in flat.iter().filter(|(_, node)| {
        node.named && matches!(node.kind, "class_declaration" | "class" | "abstract_class_declaration")
    }) {
        let mut known: Option<Option<BTreeSet<String>>> = None;
        for index in flat.below(class) {
            let node = flat.node(index);
            if node.kind != "member_expression"
                || !pair.wrote_at(node.start)
                || file.field_text(index, "object") != "this"
                || !belongs(file, index, class)
            {
                continue;
            }
            let Some(property) =
                flat.field(index, "property").filter(|p| flat.kind(*p) == "property_identifier")
            else {
                continue;
            };
            let name = file.text_of(property);
            let called = flat.kind(node.parent) == "call_expression" && node.field == "function";
            // In JavaScript a missing member is undefined, which may be intended; calling it is not
            if OBJECT.contains(&name)
                || script && !called
                || file.text_of(index).contains("?.")
                || file.slice(node.end, node.end + 2) == "?."
            {
                continue;
            }
            let members = known.get_or_insert_with(|| members(&change.head, file, class, 0));
            let missing = members.as_ref().is_some_and(|members| !members.contains(name));
            if missing && !(script && is_extended(change, file.field_text(class, "name"))) {
                found.node(
                    file,
                    index,
                    format!("the class `{}` has no `{name}`", file.field_text(class, "name")),
                );
            }
        }
    }
}

/// Whether `this` at a place is the class: no other class and no plain function is between.
fn belongs(file: &File, index: usize, class: usize) -> bool {
    let flat = file.flat();
    !flat.above(index).take_while(|above| *above != class).any(|above| {
        matches!(
            flat.kind(above),
            "class_declaration"
                | "class"
                | "function_declaration"
                | "function_expression"
                | "generator_function"
                | "generator_function_declaration"
        ) || flat.kind(above) == "method_definition" && flat.kind(flat.node(above).parent) == "object"
    })
}

/// All members of a class, including its bases; `None` if they are not all known.
pub(super) fn members(tree: &Tree<'_>, file: &File, class: usize, depth: usize) -> Option<BTreeSet<String>> {
    let flat = file.flat();
    let name = file.field_text(class, "name");
    let holder = flat.node(class).parent;
    let decorated = [class, holder].iter().any(|i| flat.children(*i).any(|c| flat.kind(c) == "decorator"));
    // An interface of the same name, or code that writes to the prototype, adds members
    let widened = !name.is_empty()
        && [
            format!("interface {name}"),
            format!("{name}.prototype"),
            format!("namespace {name}"),
            format!("({name}.prototype"),
            format!("assign({name}"),
        ]
        .iter()
        .any(|form| file.text.contains(form.as_str()));
    let text = file.text_of(class);
    let open = [
        "Object.assign(this",
        "Object.defineProperty(this",
        "Object.defineProperties(this",
        "this[",
        "Reflect.",
        "new Proxy(this",
        "Object.setPrototypeOf(this",
        "bindAll",
        ".call(this",
        ".apply(this",
    ]
    .iter()
    .any(|form| text.contains(form));
    if depth > MAX_BASES || decorated || widened || open {
        return None;
    }
    let mut all = BTreeSet::new();
    let body = flat.field(class, "body")?;
    for member in flat.parts(body) {
        match flat.kind(member) {
            "index_signature" => return None,
            _ => {
                let named = ["name", "property"].iter().find_map(|field| flat.field(member, field));
                if let Some(named) = named {
                    if flat.kind(named) == "computed_property_name" {
                        return None;
                    }
                    all.insert(file.text_of(named).trim_matches(['"', '\'']).to_string());
                }
            }
        }
    }
    for index in flat.below(class) {
        match flat.kind(index) {
            // An assigned member exists; in TypeScript it needs a declaration, which other code may provide
            "assignment_expression" | "augmented_assignment_expression" => {
                if let Some(left) = flat.field(index, "left") {
                    all.extend(
                        std::iter::once(left)
                            .chain(flat.below(left))
                            .filter(|i| {
                                flat.kind(*i) == "member_expression"
                                    && file.field_text(*i, "object") == "this"
                            })
                            .map(|i| file.field_text(i, "property").to_string()),
                    );
                }
            }
            // `constructor(private a: T)`
            "required_parameter" | "optional_parameter"
                if flat.children(index).any(|i| {
                    matches!(flat.kind(i), "accessibility_modifier" | "readonly" | "override_modifier")
                }) =>
            {
                all.insert(file.field_text(index, "pattern").to_string());
            }
            _ => {}
        }
    }
    let Some(heritage) = flat.children(class).find(|i| flat.kind(*i) == "class_heritage") else {
        return Some(all);
    };
    let extended = flat.children(heritage).find(|i| flat.kind(*i) == "extends_clause");
    let base = match extended {
        Some(clause) => flat.field(clause, "value"),
        // It only implements interfaces
        None if flat.children(heritage).any(|i| flat.kind(i) == "implements_clause") => return Some(all),
        None => flat.parts(heritage).next(),
    }?;
    if flat.kind(base) != "identifier" {
        return None;
    }
    let (base_file, base_class) = class_of(tree, file, file.text_of(base), is_class)?;
    let own = match base_file {
        None => members(tree, file, base_class, depth + 1)?,
        Some(other) => members(tree, &other, base_class, depth + 1)?,
    };
    all.extend(own);
    Some(all)
}

pub(super) fn is_class(kind: &str) -> bool {
    matches!(kind, "class_declaration" | "class" | "abstract_class_declaration")
}
