//! Variants of the crate's own enums: `State::Cancelled`, also in macros such as `matches!`.
//!
//! It expands no macro. It must report nothing if the name may mean another type, or if an attribute, an
//! associated constant or a macro may provide the variant.

use std::collections::{BTreeMap, BTreeSet};

use super::rust::is_plain;
use crate::code::file::File;
use crate::project::rust::{has_definition, package_files};
use crate::project::{Memo, Tree};
use crate::rules::{Change, Found, Pair};

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let mut looked: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for (start, end, of, name) in asked(pair, file) {
        let variants = looked.entry(of.to_string()).or_insert_with(|| variants(&change.head, file, of));
        let Some(variants) = variants else { continue };
        if !variants.contains(name) && !is_constant(&change.head, file, name) {
            found.at(file, start, end, format!("`{of}` has no variant `{name}`"));
        }
    }
}

/// `Of::Name` in lines that the change wrote.
fn asked<'f>(pair: &Pair, file: &'f File) -> Vec<(usize, usize, &'f str, &'f str)> {
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, node) in flat.iter().filter(|(_, node)| matches!(node.kind, "identifier" | "type_identifier"))
    {
        let of = file.text_of(index);
        let Some(rest) = file.text.get(node.end..).and_then(|rest| rest.strip_prefix("::")) else { continue };
        let before = file.text.get(..node.start).unwrap_or_default();
        let name_end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..name_end];
        // `a::Of::Name` may lead to another module; `Of::Name::more` is a path, not a variant
        if !of.starts_with(char::is_uppercase)
            || of.len() < 2
            || !name.starts_with(char::is_uppercase)
            || before.ends_with("::")
            || rest[name_end..].starts_with("::")
            || rest[name_end..].starts_with('!')
            || !pair.wrote_at(node.start)
        {
            continue;
        }
        let elsewhere = flat.above(index).any(|i| {
            matches!(
                flat.kind(i),
                "macro_definition" | "use_declaration" | "attribute_item" | "inner_attribute_item"
            )
        });
        // Where a type is expected, `T::Item` is an associated type and no variant
        let as_type = matches!(flat.kind(node.parent), "scoped_type_identifier")
            && !matches!(flat.kind(flat.node(node.parent).parent), "struct_expression" | "struct_pattern");
        if !elsewhere && !as_type {
            found.push((node.start, node.end + 2 + name_end, of, name));
        }
    }
    found
}

/// Whether the crate may have an associated constant or type of that name, in any `impl`.
fn is_constant(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    package_files(tree, &file.path).any(|path| {
        tree.read(path).is_some_and(|text| {
            text.contains(name)
                && (has_definition(&text, "const", name)
                    || has_definition(&text, "type", name)
                    || text.contains("const $"))
        })
    })
}

/// The variants of the only type of that name in the crate, if the file means it and they are all known.
pub(in crate::rules) fn variants(tree: &Tree<'_>, file: &File, of: &str) -> Option<BTreeSet<String>> {
    let here = file.outline().symbols.iter().any(|s| s.name == of && s.container.is_none());
    let imported = file.outline().imports.iter().any(|import| {
        let first = import.module.split("::").next().unwrap_or_default();
        let own = matches!(first, "crate" | "self" | "super")
            || file.outline().imports.iter().any(|i| i.kind == syntax::ImportKind::Mod && i.module == first);
        own && import.names.iter().any(|n| n.name == of && n.local() == of)
    });
    let other = file.outline().imports.iter().filter(|i| i.names.iter().any(|n| n.local() == of)).count();
    if !(here && other == 0 || imported && other == 1) {
        return None;
    }
    // The answer is the same for all files of a crate
    #[derive(Default)]
    struct Known(Memo<(String, String), Option<BTreeSet<String>>>);
    let manifest = tree.nearest(&file.path, "Cargo.toml").unwrap_or_default();
    tree.fact(Known::default).0.get((manifest, of.to_string()), || listed(tree, file, of))
}

fn listed(tree: &Tree<'_>, file: &File, of: &str) -> Option<BTreeSet<String>> {
    let mut found = None;
    for path in package_files(tree, &file.path) {
        let Some(text) = tree.read(path).filter(|text| text.contains(of)) else { continue };
        let others = ["struct", "union", "trait", "type", "mod", "as"];
        if others.iter().any(|keyword| has_definition(&text, keyword, of)) {
            return None;
        }
        if !has_definition(&text, "enum", of) {
            continue;
        }
        // Defined twice: which one is meant is not certain
        if found.is_some() {
            return None;
        }
        let other = tree.file(path).filter(|other| other.is_code() && !other.is_broken())?;
        found = Some(of_file(&other, of)?);
    }
    found
}

fn of_file(file: &File, of: &str) -> Option<BTreeSet<String>> {
    let flat = file.flat();
    let mut all =
        flat.iter().filter(|(i, node)| node.kind == "enum_item" && file.field_text(*i, "name") == of);
    let (item, _) = all.next()?;
    let made = flat.above(item).any(|i| matches!(flat.kind(i), "macro_definition" | "token_tree"));
    if all.next().is_some() || made || !is_plain(file, of) {
        return None;
    }
    let body = flat.field(item, "body")?;
    let names = flat
        .parts(body)
        .filter(|part| flat.kind(*part) != "attribute_item")
        .map(|part| (flat.kind(part) == "enum_variant").then(|| file.field_text(part, "name").to_string()));
    names.collect()
}
