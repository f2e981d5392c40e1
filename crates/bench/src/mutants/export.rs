//! An exported name is renamed only in its own file.
//!
//! `mutants` calls it; `syntax` says what is exported and imported. It touches no other file: that is the fault. It
//! resolves no path: an import from a module of that name counts.

use std::collections::BTreeSet;

use syntax::{Language, Node};

use super::code::{Code, Edit};
use crate::projects::Change;

pub(super) fn renamed(code: &Code<'_>, change: &Change) -> Vec<Edit> {
    let outline = code.source.outline();
    let mut names: BTreeSet<String> = outline.exports.iter().map(|export| export.local.clone()).collect();
    names.extend(
        outline.symbols.iter().filter(|s| s.container.is_none() && s.exported).map(|s| s.name.clone()),
    );
    let used = imported(code, change);
    let mut found = Vec::new();
    for name in names.iter().filter(|name| used.contains(*name) && name.len() > 2 && *name != "default") {
        let new = another(name, code);
        let mut text = String::new();
        let mut end = 0;
        let mut count = 0;
        code.each(|node| {
            if is_name(node) && code.source.text_of(node) == name && !is_key(node, code) {
                text.push_str(code.slice(&(end..node.start_byte())));
                text.push_str(&new);
                end = node.end_byte();
                count += 1;
            }
        });
        text.push_str(code.slice(&(end..code.text.len())));
        if count > 0 {
            found.push(code.edit(
                0..code.text.len(),
                text,
                &format!("`{name}` is called `{new}` here, and nowhere else"),
            ));
        }
    }
    found
}

/// Names that other files import from a module called like this one.
fn imported(code: &Code<'_>, change: &Change) -> BTreeSet<String> {
    let stem = stem(code.path);
    let folder = code.path.rsplit('/').nth(1).unwrap_or_default();
    let mut names = BTreeSet::new();
    for (path, text) in change.head.iter().filter(|(path, _)| path.as_str() != code.path) {
        let Some(language) = Language::of_path(path).filter(|_| text.contains(stem) || text.contains(folder))
        else {
            continue;
        };
        for import in syntax::outline(language, text).imports {
            let last = import
                .module
                .rsplit(['/', ':', '.'])
                .find(|part| !matches!(*part, "js" | "ts" | ""))
                .unwrap_or("");
            let whole =
                ["index", "lib", "__init__", "mod"].contains(&stem) && (last == folder || last == "crate");
            let local = import.module.starts_with('.')
                || import.module.contains("crate")
                || import.module.contains("super")
                || !language.is_ecmascript();
            if local && (last == stem || whole) {
                names.extend(import.names.iter().map(|name| name.name.clone()));
            }
        }
    }
    names
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

fn another(name: &str, code: &Code<'_>) -> String {
    if code.is_js() || name.starts_with(char::is_uppercase) {
        format!("{name}Impl")
    } else {
        format!("{name}_impl")
    }
}

fn is_name(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier"
            | "type_identifier"
            | "shorthand_property_identifier"
            | "property_identifier"
            | "shorthand_property_identifier_pattern"
    ) && node.child_count() == 0
}

/// Whether the name is a property of another object; a property of `exports` is the export.
fn is_key(node: Node<'_>, code: &Code<'_>) -> bool {
    let Some(parent) = node.parent().filter(|_| node.kind() == "property_identifier") else { return false };
    let object = parent.child_by_field_name("object").map(|object| code.source.text_of(object));
    !matches!(object, Some("exports" | "module.exports"))
}
