//! Go: `:=` without a new variable, a key that a map has twice, more or fewer values than a function of the file gives.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::file::File;
use crate::code::functions::functions;
use crate::rules::{Found, Pair};

pub(in super::super) fn check(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        match node.kind {
            "short_var_declaration" if pair.wrote_at(node.start) => nothing_new(file, index, found),
            "composite_literal" if pair.wrote_in(node.start, node.end) => repeated_keys(file, index, found),
            _ => {}
        }
    }
    counts(pair, file, found);
}

fn names_of(file: &File, list: usize) -> Vec<&str> {
    file.flat().parts(list).map(|i| file.text_of(i)).collect()
}

fn nothing_new(file: &File, statement: usize, found: &mut Found) {
    let flat = file.flat();
    let list = flat.node(statement).parent;
    let Some(left) = flat.field(statement, "left").filter(|_| flat.kind(list) == "statement_list") else {
        return;
    };
    let names = names_of(file, left);
    let mut known: BTreeSet<&str> = BTreeSet::from(["_"]);
    for earlier in flat.parts(list).take_while(|i| *i < statement) {
        if flat.kind(earlier) == "short_var_declaration"
            && let Some(left) = flat.field(earlier, "left")
        {
            known.extend(names_of(file, left));
        }
    }
    if names.iter().all(|name| known.contains(name)) {
        found.node(file, statement, "`:=` declares no new variable here; `=` gives the old ones a value");
    }
}

fn repeated_keys(file: &File, literal: usize, found: &mut Found) {
    let flat = file.flat();
    let is_map = flat.field(literal, "type").is_some_and(|i| flat.kind(i) == "map_type");
    let Some(body) = flat.field(literal, "body").filter(|_| is_map) else { return };
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for element in flat.parts(body).filter(|i| flat.kind(*i) == "keyed_element") {
        let Some(key) = flat.parts(element).next() else { continue };
        let text = file.text_of(key);
        let plain = text.starts_with('"') || text.parse::<i64>().is_ok();
        if plain && !known.insert(text) {
            found.node(file, element, format!("the map has the key {text} twice"));
        }
    }
}

/// How many values the functions of a file give; `None` where there are two of a name.
fn results(file: &File) -> BTreeMap<&str, Option<usize>> {
    let flat = file.flat();
    let mut found = BTreeMap::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "function_declaration") {
        let generic = flat.field(index, "type_parameters").is_some();
        let _ = node;
        found
            .entry(file.field_text(index, "name"))
            .and_modify(|known| *known = None)
            .or_insert_with(|| (!generic).then(|| result_count(file, index)));
    }
    found
}

fn result_count(file: &File, function: usize) -> usize {
    let flat = file.flat();
    let Some(result) = flat.field(function, "result") else { return 0 };
    if flat.kind(result) != "parameter_list" {
        return 1;
    }
    flat.parts(result)
        .map(|part| flat.children(part).filter(|i| flat.node(*i).field == "name").count().max(1))
        .sum()
}

/// `x := f()` where `f` gives two values, `return err` where two are promised.
fn counts(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    let given = results(file);
    let named = |name: &str| {
        flat.iter().any(|(i, node)| {
            node.kind == "identifier"
                && file.text_of(i) == name
                && (matches!(flat.kind(node.parent), "parameter_declaration" | "var_spec" | "const_spec")
                    && node.field == "name"
                    || flat.kind(node.parent) == "expression_list" && flat.node(node.parent).field == "left")
        })
    };
    for (index, node) in flat.iter() {
        if !matches!(node.kind, "short_var_declaration" | "assignment_statement")
            || !pair.wrote_at(node.start)
        {
            continue;
        }
        let (Some(left), Some(right)) = (flat.field(index, "left"), flat.field(index, "right")) else {
            continue;
        };
        let (targets, values) = (names_of(file, left).len(), flat.parts(right).collect::<Vec<_>>());
        let [call] = values.as_slice() else { continue };
        let callee = flat.field(*call, "function").filter(|i| flat.kind(*i) == "identifier");
        let Some(name) = callee.map(|i| file.text_of(i)) else { continue };
        if let Some(Some(count)) = given.get(name)
            && *count != targets
            && !named(name)
        {
            found.node(file, index, format!("`{name}` gives {count} values, and {targets} are taken"));
        }
    }
    for function in functions(file) {
        let wanted = result_count(file, function.index);
        for index in flat.below(function.body).filter(|i| flat.kind(*i) == "return_statement") {
            let inner = flat.above(index).find(|i| {
                matches!(flat.kind(*i), "func_literal" | "function_declaration" | "method_declaration")
            });
            if inner != Some(function.index) || !pair.wrote_at(flat.node(index).start) {
                continue;
            }
            let values: Vec<usize> = flat.parts(index).next().map_or_else(Vec::new, |list| {
                if flat.kind(list) == "expression_list" { flat.parts(list).collect() } else { vec![list] }
            });
            // A call may give several, and named results are returned by a bare `return`
            let several = values.len() == 1 && file.text_of(values[0]).ends_with(')');
            if values.is_empty() || several || values.len() == wanted {
                continue;
            }
            found.node(
                file,
                index,
                format!("{} values are returned where the function gives {wanted}", values.len()),
            );
        }
    }
}
