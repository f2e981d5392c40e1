//! Part of `unused-code`: variables of a function of TypeScript or JavaScript that the change adds and
//! nothing reads.
//!
//! It must report nothing if the name is anywhere else in the file. `not-compiled` reports variables of Go.

use std::collections::HashMap;

use syntax::Language;

use crate::code::file::File;
use crate::rules::{Found, Pair};

pub(super) fn check(pair: &Pair, file: &File, found: &mut Found) {
    if !file.language.is_some_and(Language::is_ecmascript) || file.text.contains("eval(") {
        return;
    }
    let flat = file.flat();
    let mut declared: Vec<usize> = Vec::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "variable_declarator") {
        let Some(name) = flat.field(index, "name").filter(|i| flat.kind(*i) == "identifier") else {
            continue;
        };
        let holder = flat.node(node.parent);
        let looped = matches!(flat.kind(holder.parent), "for_statement" | "for_in_statement");
        let local = flat.above(index).any(|i| {
            matches!(
                flat.kind(i),
                "function_declaration" | "function_expression" | "arrow_function" | "method_definition"
            )
        });
        let kept = file.text_of(name).starts_with('_') || flat.kind(holder.parent) == "export_statement";
        if local && !looped && !kept && flat.field(index, "value").is_some() && pair.wrote_at(node.start) {
            declared.push(name);
        }
    }
    if declared.is_empty() {
        return;
    }
    let mut words: HashMap<&str, usize> = HashMap::new();
    for word in file.text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$') {
        *words.entry(word).or_default() += 1;
    }
    for name in declared {
        let text = file.text_of(name);
        if words.get(text) == Some(&1) {
            found.node(file, name, format!("`{text}` is new, and nothing reads it"));
        }
    }
}
