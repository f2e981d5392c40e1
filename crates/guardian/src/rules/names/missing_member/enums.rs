//! Members of enums of TypeScript and Python, and of objects of TypeScript that are `as const`.
//!
//! Works with `classes`, which finds the definition. It must report nothing if a namespace, a second
//! declaration, a base class with members or a computed name may add members.

use std::collections::{BTreeMap, BTreeSet};

use syntax::Language;

use super::classes::class_of;
use super::ecmascript::OBJECT;
use crate::code::file::File;
use crate::names::{binds_in_ecmascript, binds_in_python};
use crate::rules::{Change, Found, Pair};

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let python = file.language == Some(Language::Python);
    let mut looked: BTreeMap<&str, Option<BTreeSet<String>>> = BTreeMap::new();
    for (index, of, name) in asked(pair, file, python) {
        let known = looked.entry(of).or_insert_with(|| members(change, file, of, python));
        let Some(members) = known else { continue };
        let common =
            if python { name.starts_with('_') || is_of_every_enum(name) } else { OBJECT.contains(&name) };
        if !members.contains(name) && !common {
            found.node(file, index, format!("`{of}` has no member `{name}`"));
        }
    }
}

/// `Name.member` in lines that the change wrote: the node, the name, the member.
fn asked<'f>(pair: &Pair, file: &'f File, python: bool) -> Vec<(usize, &'f str, &'f str)> {
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, node) in flat.iter() {
        let (object, member) = match (python, node.kind) {
            (true, "attribute") => ("object", "attribute"),
            (false, "member_expression") => ("object", "property"),
            (false, "nested_type_identifier") => ("module", "name"),
            _ => continue,
        };
        let (Some(object), Some(member)) = (flat.field(index, object), flat.field(index, member)) else {
            continue;
        };
        let of = file.text_of(object);
        let written = node.field == "left" && flat.kind(node.parent).contains("assignment");
        if matches!(flat.kind(object), "identifier" | "type_identifier")
            && of.starts_with(|c: char| c.is_uppercase())
            && !written
            && !file.text_of(index).contains("?.")
            && pair.wrote_at(flat.node(member).start)
        {
            found.push((index, of, file.text_of(member)));
        }
    }
    found
}

/// The members of the only enum of that name that the file can mean; `None` if they are not all known.
fn members(change: &Change<'_>, file: &File, of: &str, python: bool) -> Option<BTreeSet<String>> {
    if is_rebound(file, of, python) {
        return None;
    }
    let kinds = |kind: &str| {
        if python {
            kind == "class_definition"
        } else {
            matches!(kind, "enum_declaration" | "variable_declarator")
        }
    };
    let (other, definition) = class_of(&change.head, file, of, kinds)?;
    let holder = other.as_deref().unwrap_or(file);
    if python { of_python(holder, definition) } else { of_typescript(holder, definition) }
}

/// Whether the file also binds the name in another way than by its definition or import.
fn is_rebound(file: &File, of: &str, python: bool) -> bool {
    let flat = file.flat();
    let bindings = flat.iter().filter(|(index, node)| {
        if !matches!(node.kind, "identifier" | "shorthand_property_identifier_pattern")
            || file.text_of(*index) != of
        {
            return false;
        }
        let parent = flat.kind(node.parent);
        if matches!(
            parent,
            "enum_declaration" | "class_definition" | "dotted_name" | "import_specifier" | "import_clause"
        ) {
            return false;
        }
        if python {
            binds_in_python(file, *index, parent, node.field)
        } else {
            binds_in_ecmascript(parent, node.field)
        }
    });
    let allowed = usize::from(!python && file.text.contains(&format!("const {of}")));
    bindings.count() > allowed
}

fn of_typescript(file: &File, definition: usize) -> Option<BTreeSet<String>> {
    let flat = file.flat();
    let name = file.field_text(definition, "name");
    let merged = [format!("namespace {name}"), format!("interface {name}"), format!("module {name}")];
    if merged.iter().any(|form| file.text.contains(form.as_str())) {
        return None;
    }
    if flat.kind(definition) == "enum_declaration" {
        let body = flat.field(definition, "body")?;
        let names = flat.parts(body).map(|part| match flat.kind(part) {
            "enum_assignment" => flat.field(part, "name"),
            "property_identifier" | "string" => Some(part),
            _ => None,
        });
        return names.map(|name| Some(file.text_of(name?).trim_matches(['"', '\'']).to_string())).collect();
    }
    // `const A = { … } as const`: not in JavaScript, where a missing member is undefined
    let value = flat.field(definition, "value").filter(|v| flat.kind(*v) == "as_expression")?;
    let typed = flat.field(definition, "type").is_some();
    let object = flat.parts(value).next().filter(|i| flat.kind(*i) == "object")?;
    let constant = file.text_of(value).trim_end().ends_with("as const");
    let top = flat
        .above(definition)
        .all(|i| matches!(flat.kind(i), "program" | "export_statement" | "lexical_declaration"));
    if typed || !constant || !top {
        return None;
    }
    let names = flat.parts(object).map(|part| match flat.kind(part) {
        "pair" => {
            flat.field(part, "key").filter(|key| matches!(flat.kind(*key), "property_identifier" | "string"))
        }
        "method_definition" => {
            flat.field(part, "name").filter(|name| flat.kind(*name) == "property_identifier")
        }
        "shorthand_property_identifier" => Some(part),
        _ => None,
    });
    names.map(|name| Some(file.text_of(name?).trim_matches(['"', '\'']).to_string())).collect()
}

/// The members of a class whose base is an enum of the standard library; `None` if it may have others than it
/// lists.
fn of_python(file: &File, definition: usize) -> Option<BTreeSet<String>> {
    const BASES: &[&str] = &["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"];
    let flat = file.flat();
    let bases: Vec<&str> = flat
        .parts(flat.field(definition, "superclasses")?)
        .map(|base| file.text_of(base))
        .map(|base| base.strip_prefix("enum.").unwrap_or(base))
        .collect();
    let (last, mixed) = bases.split_last()?;
    let imported = file.outline().imports.iter().any(|import| import.module == "enum");
    let decorated = flat.kind(flat.node(definition).parent) == "decorated_definition"
        && !file.text_of(flat.node(definition).parent).trim_start().starts_with("@unique")
        && !file.text_of(flat.node(definition).parent).trim_start().starts_with("@enum.unique");
    if !imported
        || decorated
        || !BASES.contains(last)
        || !mixed.iter().all(|base| matches!(*base, "str" | "int"))
    {
        return None;
    }
    let body = flat.field(definition, "body")?;
    let mut all = BTreeSet::new();
    for statement in flat.parts(body) {
        match flat.kind(statement) {
            "expression_statement" => {
                for inner in flat.parts(statement) {
                    match flat.kind(inner) {
                        "assignment" => {
                            let left = flat.field(inner, "left")?;
                            let names = std::iter::once(left).chain(flat.below(left));
                            all.extend(
                                names
                                    .filter(|i| flat.kind(*i) == "identifier")
                                    .map(|i| file.text_of(i).to_string()),
                            );
                        }
                        "string" | "comment" => {}
                        _ => return None,
                    }
                }
            }
            "function_definition" => {
                all.insert(file.field_text(statement, "name").to_string());
            }
            "decorated_definition" => {
                let inner = flat.field(statement, "definition")?;
                all.insert(file.field_text(inner, "name").to_string());
            }
            "pass_statement" | "comment" => {}
            _ => return None,
        }
    }
    Some(all)
}

/// Whether an enum of Python may inherit this name: all names that it inherits begin in lower case.
fn is_of_every_enum(name: &str) -> bool {
    name.starts_with(char::is_lowercase)
}
