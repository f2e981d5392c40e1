//! Functions of the crate's own types: `Type::name`, `Self::name`, `self.name()`.
//!
//! Infers no types of variables and expands no macros. Reports nothing if a trait, a derive, a macro, an alias
//! or `Deref` may provide the function.

use std::collections::BTreeSet;

use crate::code::file::File;
use crate::project::rust::{has_definition, package_files};
use crate::rules::{Change, Found, Pair};

/// Derives that add only methods of the standard library's traits.
const DERIVES: &[&str] = &[
    "Debug",
    "Clone",
    "Copy",
    "PartialEq",
    "Eq",
    "Hash",
    "Default",
    "PartialOrd",
    "Ord",
    "Serialize",
    "Deserialize",
];
/// Methods that traits of the standard library add to types that implement them, or to all types.
const OF_TRAITS: &[&str] = &[
    "default",
    "clone",
    "clone_from",
    "eq",
    "ne",
    "cmp",
    "partial_cmp",
    "lt",
    "le",
    "gt",
    "ge",
    "max",
    "min",
    "clamp",
    "fmt",
    "hash",
    "hash_slice",
    "from",
    "into",
    "try_from",
    "try_into",
    "to_string",
    "to_owned",
    "borrow",
    "borrow_mut",
    "as_ref",
    "as_mut",
    "type_id",
    "from_str",
    "from_iter",
    "serialize",
    "deserialize",
    "deserialize_in_place",
    "clone_into",
    "drop",
    "deref",
    "deref_mut",
    "into_iter",
    "iter",
    "next",
    "index",
    "index_mut",
    "add",
    "sub",
    "mul",
    "div",
    "rem",
    "neg",
    "not",
    "add_assign",
    "sub_assign",
    "extend",
    "read",
    "write",
    "write_all",
    "flush",
    "write_str",
    "write_fmt",
    "poll",
    "source",
    "description",
    "is",
    "downcast_ref",
];

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    own_methods(change, pair, file, found);
    let flat = file.flat();
    let mut looked: BTreeSet<(String, String)> = BTreeSet::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "scoped_identifier") {
        if !pair.wrote_at(node.start)
            || flat.above(index).any(|i| {
                matches!(
                    flat.kind(i),
                    "use_declaration" | "macro_definition" | "token_tree" | "attribute_item"
                )
            })
        {
            continue;
        }
        let (Some(path), Some(name)) = (flat.field(index, "path"), flat.field(index, "name")) else {
            continue;
        };
        let of = match flat.kind(path) {
            "identifier" => file.text_of(path),
            "scoped_identifier" if is_of_crate(file, path) => file.field_text(path, "name"),
            _ => continue,
        };
        let (of, name) = (own_type(file, index, of), file.text_of(name));
        let Some(of) = of.filter(|of| of.starts_with(char::is_uppercase)) else { continue };
        // Constants and variants are checked elsewhere
        let function = name.starts_with(|c: char| c.is_lowercase() || c == '_')
            && flat.kind(node.parent) == "call_expression"
            && node.field == "function";
        if !function || OF_TRAITS.contains(&name) || !looked.insert((of.clone(), name.to_string())) {
            continue;
        }
        if lacks(change, file, &of, name) {
            found.node(file, index, format!("`{of}` has no function `{name}`"));
        }
    }
}

/// Whether a path begins in the crate: with a keyword, or with a module that the file declares.
fn is_of_crate(file: &File, path: usize) -> bool {
    let root = file.text_of(path).split("::").next().unwrap_or_default();
    let declared = || {
        let flat = file.flat();
        flat.iter().any(|(i, node)| node.kind == "mod_item" && file.field_text(i, "name") == root)
    };
    matches!(root, "crate" | "self" | "super") || declared()
}

/// Methods that an `impl` of the type itself calls on `self`.
fn own_methods(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    let mut looked: BTreeSet<(String, String)> = BTreeSet::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "field_expression") {
        let called = flat.kind(node.parent) == "call_expression" && node.field == "function";
        if !called || file.field_text(index, "value") != "self" || !pair.wrote_at(node.start) {
            continue;
        }
        let Some(of) = own_type(file, index, "Self").filter(|of| of.starts_with(char::is_uppercase)) else {
            continue;
        };
        let Some(field) = flat.field(index, "field").filter(|f| flat.kind(*f) == "field_identifier") else {
            continue;
        };
        let name = file.text_of(field);
        let in_macro = flat.above(index).any(|i| matches!(flat.kind(i), "macro_definition" | "token_tree"));
        if in_macro
            || OF_TRAITS.contains(&name)
            || !looked.insert((of.clone(), name.to_string()))
            || brings_traits(file)
        {
            continue;
        }
        if lacks(change, file, &of, name) && has_only_known_traits(change, file, &of) {
            found.node(file, field, format!("`{of}` has no method `{name}`"));
        }
    }
}

/// Whether an import may bring a trait for all types: a glob, or a name of another crate.
fn brings_traits(file: &File) -> bool {
    file.outline().imports.iter().any(|import| {
        let root = import.module.split("::").next().unwrap_or_default();
        let star = import.names.iter().any(|name| name.name == "*") || import.module.ends_with('*');
        star || !matches!(root, "std" | "core" | "alloc" | "crate" | "self" | "super")
    })
}

/// Whether each trait of the type belongs to the crate, or adds only the methods in [`OF_TRAITS`].
fn has_only_known_traits(change: &Change<'_>, file: &File, of: &str) -> bool {
    const KNOWN: &[&str] = &[
        "Debug",
        "Display",
        "Clone",
        "Copy",
        "Default",
        "PartialEq",
        "Eq",
        "PartialOrd",
        "Ord",
        "Hash",
        "From",
        "Into",
        "TryFrom",
        "FromStr",
        "Drop",
        "AsRef",
        "AsMut",
        "Error",
        "Send",
        "Sync",
        "Unpin",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Neg",
        "Not",
        "Index",
        "IndexMut",
        "Extend",
        "FromIterator",
        "Serialize",
        "Deserialize",
    ];
    let Ok(form) = regex::Regex::new(&format!(
        r"impl\b[^{{;]*?\b(\w+)(<[^{{;]*>)?\s+for\s+(&(mut\s+)?)?(\w+::)*{}\b",
        regex::escape(of)
    )) else {
        return false;
    };
    let tree = &change.head;
    let texts: Vec<_> = package_files(tree, &file.path).filter_map(|path| tree.read(path)).collect();
    texts.iter().filter(|text| text.contains(of)).all(|text| {
        form.captures_iter(text).filter_map(|found| found.get(1)).all(|name| {
            let own = format!("trait {}", name.as_str());
            KNOWN.contains(&name.as_str()) || texts.iter().any(|text| text.contains(own.as_str()))
        })
    })
}

/// The type at the start of a path: `Self` means the type of the impl.
fn own_type(file: &File, index: usize, path: &str) -> Option<String> {
    if path != "Self" {
        return Some(path.to_string());
    }
    let flat = file.flat();
    let holder = flat.above(index).find(|i| matches!(flat.kind(*i), "impl_item" | "trait_item"))?;
    if flat.kind(holder) == "trait_item" || flat.field(holder, "trait").is_some() {
        return None;
    }
    let of = file.field_text(holder, "type");
    Some(of.split('<').next().unwrap_or(of).to_string())
}

/// Whether a type belongs to the crate, and nothing in the crate defines a function of that name.
fn lacks(change: &Change<'_>, file: &File, of: &str, name: &str) -> bool {
    let tree = &change.head;
    // A type of another crate may have the same name as an own one
    let first = |module: &str| module.split("::").next().unwrap_or_default().to_string();
    let foreign = file.outline().imports.iter().any(|import| {
        let root = first(&import.module);
        import.names.iter().any(|name| name.local() == of)
            && !matches!(root.as_str(), "crate" | "self" | "super")
            && !file.outline().symbols.iter().any(|symbol| symbol.name == root)
    });
    if foreign {
        return false;
    }
    let mut definitions = 0;
    let (mut of_traits, mut implemented) = (BTreeSet::new(), Vec::new());
    for path in package_files(tree, &file.path) {
        let Some(text) = tree.read(path) else { continue };
        // A macro may generate functions, and an alias may mean another type
        if text.contains(&format!("type {of}"))
            || ["fn $", "paste!", "include!("].iter().any(|form| text.contains(form))
        {
            return false;
        }
        if has_definition(&text, "fn", name) {
            let Some(other) = tree.file(path).filter(|other| other.is_code() && !other.is_broken()) else {
                return false;
            };
            match givers(&other, of, name) {
                Some(traits) => of_traits.extend(traits),
                None => return false,
            }
        }
        implemented.push(text.to_string());
        if !text.contains(of) {
            continue;
        }
        for word in ["struct", "enum"] {
            if has_definition(&text, word, of) {
                definitions += 1;
                let Some(other) = tree.file(path).filter(|other| other.is_code() && !other.is_broken())
                else {
                    return false;
                };
                if !is_plain(&other, of) {
                    return false;
                }
            }
        }
        if has_definition(&text, "trait", of)
            || has_definition(&text, "union", of)
            || text.contains(&format!("Deref for {of}"))
            || text.contains(&format!("as {of}"))
        {
            return false;
        }
        // An item macro mentions the type
        if text.lines().any(|line| {
            line.contains("! {")
                && !line.contains("macro_rules!")
                && line.starts_with(|c: char| c.is_lowercase())
        }) && text.contains(&format!("{of},"))
        {
            return false;
        }
    }
    // A trait has the function, and the type or all types implement the trait
    let has_trait = |name: &String| {
        let form = format!(
            r"(?s)\b{0}(<[^{{;]*>)?\s+for\s+(&(mut\s+)?)?(\w+::)*({of}\b|\w\b|&|\$)",
            regex::escape(name)
        );
        regex::Regex::new(&form).is_ok_and(|form| {
            implemented.iter().any(|text| text.contains(name.as_str()) && form.is_match(text))
        }) || implemented.iter().any(|text| text.contains(&format!("derive({name}")))
    };
    definitions == 1 && !of_traits.iter().any(has_trait)
}

/// The traits of a file that have a function of that name; `None` if the type itself has it.
fn givers(file: &File, of: &str, name: &str) -> Option<BTreeSet<String>> {
    let flat = file.flat();
    let mut traits = BTreeSet::new();
    for (index, node) in flat.iter() {
        if !matches!(node.kind, "function_item" | "function_signature_item")
            || file.field_text(index, "name") != name
        {
            continue;
        }
        if flat.above(index).any(|i| matches!(flat.kind(i), "macro_definition" | "token_tree")) {
            return None;
        }
        let holder =
            flat.above(index).find(|i| matches!(flat.kind(*i), "impl_item" | "trait_item" | "function_item"));
        match holder.map(|i| (i, flat.kind(i))) {
            Some((holder, "trait_item")) => {
                traits.insert(file.field_text(holder, "name").to_string());
            }
            Some((holder, "impl_item")) => {
                let text = file.field_text(holder, "type").trim_start_matches(['&', '*']);
                let plain = text.split('<').next().unwrap_or(text).rsplit("::").next().unwrap_or(text);
                // `T` is a parameter of the impl, so the trait is for every type
                let generic = plain.len() <= 2
                    || file
                        .field_text(holder, "type_parameters")
                        .split(|c: char| !c.is_alphanumeric())
                        .any(|word| word == plain);
                if plain == of || generic {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(traits)
}

/// Whether a struct or enum has only attributes that add no functions.
pub(super) fn is_plain(file: &File, of: &str) -> bool {
    let flat = file.flat();
    let item = flat.iter().find(|(i, node)| {
        matches!(node.kind, "struct_item" | "enum_item") && file.field_text(*i, "name") == of
    });
    let Some((item, _)) = item else { return false };
    file.attributes(item).iter().all(|attribute| {
        let inner = attribute.trim_start_matches("#[").trim_end_matches(']');
        match inner.strip_prefix("derive(") {
            Some(list) => list
                .trim_end_matches(')')
                .split(',')
                .map(str::trim)
                .filter(|d| !d.is_empty())
                .all(|d| DERIVES.contains(&d.rsplit("::").next().unwrap_or(d))),
            None => [
                "serde",
                "non_exhaustive",
                "must_use",
                "allow",
                "expect",
                "doc",
                "repr",
                "deprecated",
                "cfg(",
                "default",
            ]
            .iter()
            .any(|known| inner.starts_with(known)),
        }
    })
}
