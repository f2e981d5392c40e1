//! Part of `not-compiled`: a `match` of Rust over an enum of the crate that leaves out a variant.
//!
//! Looks at matches that the change wrote, and at those over enums whose variants it changed. It must report
//! nothing if an arm takes the rest, or if the variants are not all known.

use std::collections::BTreeSet;

use syntax::Language;

use crate::code::file::File;
use crate::project::is_specimen;
use crate::rules::names::missing_member::rust_variants;
use crate::rules::{Change, Found, Pair};

pub(super) fn check(change: &Change<'_>, found: &mut Found) {
    let rust = |pair: &&Pair| Language::of_path(&pair.path) == Some(Language::Rust);
    let changed: BTreeSet<String> = change.pairs.iter().filter(rust).flat_map(widened).collect();
    for (pair, head) in change.heads().filter(|(pair, head)| rust(pair) && !is_specimen(&head.path)) {
        matches(change, head, &changed, Some(pair), found);
    }
    if !change.whole && !changed.is_empty() {
        for file in change.others_with(&changed).iter().filter(|file| file.language == Some(Language::Rust)) {
            matches(change, file, &changed, None, found);
        }
    }
}

/// The enums to which the change adds a variant.
fn widened(pair: &Pair) -> Vec<String> {
    let enums = |file: &File| -> Vec<(String, BTreeSet<String>)> {
        let flat = file.flat();
        let all = flat.iter().filter(|(_, node)| node.kind == "enum_item");
        let named = all.map(|(index, _)| {
            let variants = flat.below(index).filter(|i| flat.kind(*i) == "enum_variant");
            let names = variants.map(|i| file.field_text(i, "name").to_string()).collect();
            (file.field_text(index, "name").to_string(), names)
        });
        named.collect()
    };
    let (Some(base), Some(head)) = (pair.old_code(), pair.head.as_deref()) else { return Vec::new() };
    let old = enums(base);
    let grown = enums(head).into_iter().filter(|(name, variants)| {
        old.iter().any(|(known, before)| known == name && !variants.is_subset(before))
    });
    grown.map(|(name, _)| name).collect()
}

fn matches(
    change: &Change<'_>,
    file: &File,
    changed: &BTreeSet<String>,
    pair: Option<&Pair>,
    found: &mut Found,
) {
    let flat = file.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "match_expression") {
        let Some((of, taken)) = taken(file, index) else { continue };
        let written = pair.is_some_and(|pair| pair.wrote_in(node.start, node.end));
        if !written && !changed.contains(of) {
            continue;
        }
        let Some(variants) = rust_variants(&change.head, file, of) else { continue };
        let known = taken.iter().all(|name| variants.contains(*name));
        if let Some(missing) = variants.iter().find(|name| !taken.contains(name.as_str())).filter(|_| known) {
            let end = node.start + "match".len();
            found.at(file, node.start, end, format!("this `match` leaves out `{of}::{missing}`"));
        }
    }
}

/// The enum whose variants the arms name, and the variants; `None` if an arm takes other values too.
fn taken(file: &File, index: usize) -> Option<(&str, BTreeSet<&str>)> {
    let flat = file.flat();
    let body = flat.field(index, "body")?;
    let in_macro = flat.above(index).any(|i| matches!(flat.kind(i), "macro_definition" | "token_tree"));
    if in_macro || file.text_of(body).contains("#[cfg") {
        return None;
    }
    let mut of: Option<&str> = None;
    let mut names = BTreeSet::new();
    for arm in flat.parts(body) {
        let pattern = flat.field(arm, "pattern").filter(|_| flat.kind(arm) == "match_arm")?;
        let guarded = flat.field(pattern, "condition").is_some();
        // `_` has no node of its own, so a pattern without parts takes every value
        let mut waiting: Vec<usize> = vec![flat.parts(pattern).next()?];
        while let Some(at) = waiting.pop() {
            let path = match flat.kind(at) {
                "or_pattern" => {
                    waiting.extend(flat.parts(at));
                    continue;
                }
                "reference_pattern" => {
                    waiting.extend(flat.parts(at).take(1));
                    continue;
                }
                "scoped_identifier" => at,
                "tuple_struct_pattern" | "struct_pattern" => flat.field(at, "type")?,
                _ => return None,
            };
            let mut parts = file.text_of(path).rsplit("::");
            let (name, owner) = (parts.next()?, parts.next()?);
            if !owner.starts_with(char::is_uppercase) || of.is_some_and(|of| of != owner) {
                return None;
            }
            of = Some(owner);
            if !guarded {
                names.insert(name);
            }
        }
    }
    Some((of.filter(|of| *of != "Self")?, names))
}
