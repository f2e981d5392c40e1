//! Fields and methods of Go structs of the same package.
//!
//! It knows the types of receivers and parameters only, and infers none. Reports nothing if a type is embedded from
//! another package, or if a file of the package cannot be read.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::file::File;
use crate::project::{Tree, folder_of, go};
use crate::rules::{Change, Found, Pair};

/// The members of a type of the package.
#[derive(Default)]
struct Type {
    members: BTreeSet<String>,
    embedded: Vec<String>,
    /// It is a struct or interface, written out here
    plain: bool,
}

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    let mut types: Option<Option<BTreeMap<String, Type>>> = None;
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "selector_expression") {
        if !pair.wrote_at(node.start) {
            continue;
        }
        let (Some(operand), Some(field)) = (flat.field(index, "operand"), flat.field(index, "field")) else {
            continue;
        };
        if flat.kind(operand) != "identifier" {
            continue;
        }
        let (variable, name) = (file.text_of(operand), file.text_of(field));
        let Some(of) = type_of(file, index, variable) else { continue };
        let types = types.get_or_insert_with(|| types_of(&change.head, folder_of(&file.path)));
        let Some(types) = types else { return };
        if has(types, &of, name, 0) == Some(false) {
            found.node(file, index, format!("`{of}` has no field or method `{name}`"));
        }
    }
}

/// The type of a receiver or parameter that nothing in the function shadows, if it is a type of the package.
pub(in crate::rules) fn type_of(file: &File, index: usize, variable: &str) -> Option<String> {
    let flat = file.flat();
    let mut found = None;
    for function in flat
        .above(index)
        .filter(|i| matches!(flat.kind(*i), "function_declaration" | "method_declaration" | "func_literal"))
    {
        // A variable in the function may have the same name
        let hidden = flat.below(function).any(|i| {
            flat.kind(i) == "identifier" && file.text_of(i) == variable && {
                let node = flat.node(i);
                let list = flat.node(node.parent);
                let holder = flat.kind(list.parent);
                flat.kind(node.parent) == "expression_list"
                    && list.field == "left"
                    && matches!(holder, "short_var_declaration" | "range_clause" | "receive_statement")
                    || flat.kind(node.parent) == "var_spec" && node.field == "name"
                    || flat.kind(node.parent) == "type_switch_statement"
                    || flat.kind(list.parent) == "type_switch_statement"
            }
        });
        if hidden {
            return None;
        }
        for list in ["receiver", "parameters"].iter().filter_map(|field| flat.field(function, field)) {
            for declaration in flat.parts(list).filter(|i| flat.kind(*i) == "parameter_declaration") {
                let named = flat
                    .children(declaration)
                    .any(|i| flat.node(i).field == "name" && file.text_of(i) == variable);
                if named && found.is_none() {
                    let text = file.field_text(declaration, "type").trim_start_matches('*');
                    let plain = text.split('[').next().unwrap_or(text);
                    let is_name = !plain.is_empty() && plain.chars().all(|c| c.is_alphanumeric() || c == '_');
                    // A type parameter is a type, too
                    let generic = file
                        .field_text(function, "type_parameters")
                        .split(|c: char| !c.is_alphanumeric())
                        .any(|word| word == plain);
                    found = Some(is_name.then(|| plain.to_string()).filter(|_| !generic));
                }
            }
        }
        if found.is_some() {
            break;
        }
    }
    found.flatten()
}

fn types_of(tree: &Tree<'_>, folder: &str) -> Option<BTreeMap<String, Type>> {
    const MAX_FILES: usize = 300;
    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    let all: Vec<&str> = go::files(tree, folder).collect();
    if all.len() > MAX_FILES {
        return None;
    }
    for path in all {
        let file = tree.file(path)?;
        // Generated files are not inspected, and `import "C"` brings another language
        if !file.is_code() || file.is_broken() || file.text.contains("import \"C\"") {
            return None;
        }
        let flat = file.flat();
        for (index, node) in flat.iter() {
            match node.kind {
                "type_spec" | "type_alias" => {
                    let known = types.entry(file.field_text(index, "name").to_string()).or_default();
                    let Some(of) = flat.field(index, "type") else { continue };
                    match flat.kind(of) {
                        "struct_type" if node.kind == "type_spec" => {
                            known.plain = true;
                            for field in flat.below(of).filter(|i| flat.kind(*i) == "field_declaration") {
                                // Fields of an inner struct are counted too, which does no harm here
                                let own: Vec<String> = flat
                                    .children(field)
                                    .filter(|i| flat.node(*i).field == "name")
                                    .map(|i| file.text_of(i).to_string())
                                    .collect();
                                if own.is_empty() {
                                    let text =
                                        file.field_text(field, "type").trim_start_matches('*').to_string();
                                    let plain = text.split('[').next().unwrap_or(&text).to_string();
                                    known
                                        .members
                                        .insert(plain.rsplit('.').next().unwrap_or(&plain).to_string());
                                    known.embedded.push(plain);
                                }
                                known.members.extend(own);
                            }
                        }
                        "interface_type" if node.kind == "type_spec" => {
                            known.plain = true;
                            for part in flat.parts(of) {
                                match flat.kind(part) {
                                    "method_elem" | "method_spec" => {
                                        known.members.insert(file.field_text(part, "name").to_string());
                                    }
                                    _ => known.embedded.push(file.text_of(part).to_string()),
                                }
                            }
                        }
                        _ => {}
                    }
                }
                "method_declaration" => {
                    let receiver = file.field_text(index, "receiver").trim_matches(['(', ')']).to_string();
                    let of = receiver
                        .split_whitespace()
                        .last()
                        .unwrap_or_default()
                        .trim_start_matches('*')
                        .to_string();
                    // `(a *A[K, V])` has spaces in its type
                    let of =
                        receiver.split('[').next().filter(|_| receiver.contains('[')).map_or(of, |before| {
                            before
                                .split_whitespace()
                                .last()
                                .unwrap_or_default()
                                .trim_start_matches('*')
                                .to_string()
                        });
                    types.entry(of).or_default().members.insert(file.field_text(index, "name").to_string());
                }
                _ => {}
            }
        }
    }
    Some(types)
}

/// Whether a type has a member, including promoted ones; `None` if this is unknown.
fn has(types: &BTreeMap<String, Type>, of: &str, name: &str, depth: usize) -> Option<bool> {
    const MAX_DEPTH: usize = 8;
    let known = types.get(of).filter(|known| known.plain && depth < MAX_DEPTH)?;
    if known.members.contains(name) {
        return Some(true);
    }
    for embedded in &known.embedded {
        match has(types, embedded, name, depth + 1) {
            Some(false) => {}
            other => return other,
        }
    }
    Some(false)
}
