//! A configuration as a list of paths and values, in any format.
//!
//! `data` reads the formats. In code, values in objects and lists are taken as written: nothing is evaluated.
//! `commands` and `settings` know what a value means.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::code::file::File;
use crate::data::{Format, value};

/// By path (`a/b/[]`), the values as text.
pub(super) type Values = BTreeMap<String, Vec<String>>;

/// A file with more values than this is not a configuration.
const MAX_VALUES: usize = 20_000;

pub(super) fn of(file: &File) -> Option<Values> {
    let mut values = Values::new();
    match Format::of_path(&file.path) {
        Some(format) => {
            let data = value(format, &file.text)?;
            flatten("", &data, &mut values);
        }
        None if file.is_code() && !file.is_broken() => of_code(file, &mut values),
        None => return None,
    }
    Some(values)
}

fn flatten(path: &str, value: &Value, out: &mut Values) {
    // The parser limits the depth of data
    if out.len() > MAX_VALUES {
        return;
    }
    let within = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                flatten(&within(&key.replace('/', "\u{2215}")), value, out);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                // Maps in a list are distinguished by their names
                let named = value.as_object().and_then(|map| {
                    ["name", "run", "id", "module", "uses"].iter().find_map(|key| map.get(*key))
                });
                match named {
                    Some(name) => {
                        flatten(&within(&format!("[{}]", label(name).replace('/', "\u{2215}"))), value, out)
                    }
                    None if value.is_object() => flatten(&within(&format!("[{at}]")), value, out),
                    None => flatten(&within("[]"), value, out),
                }
            }
            out.entry(within("[#]")).or_default().push(list.len().to_string());
        }
        Value::String(text) => out.entry(path.to_string()).or_default().push(text.clone()),
        Value::Null => {}
        other => out.entry(path.to_string()).or_default().push(other.to_string()),
    }
}

fn label(name: &Value) -> String {
    match name {
        Value::String(text) => text.lines().next().unwrap_or_default().chars().take(60).collect(),
        Value::Array(list) => list.iter().map(label).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The objects of a file of JavaScript or TypeScript.
fn of_code(file: &File, out: &mut Values) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        let value = match (flat.kind(node.parent), node.field) {
            ("pair", "value") => index,
            ("array", _) if node.named => index,
            _ => continue,
        };
        let said = match node.kind {
            "string" | "template_string" => file.text_of(value).trim_matches(['"', '\'', '`']).to_string(),
            "number" | "true" | "false" | "identifier" | "regex" | "unary_expression" => {
                file.text_of(value).replace('_', "")
            }
            "ternary_expression" | "binary_expression" => file.text_of(value).to_string(),
            _ => continue,
        };
        let mut parts: Vec<String> = Vec::new();
        for above in std::iter::once(index).chain(flat.above(index)) {
            match flat.kind(above) {
                "pair" => parts.push(
                    file.field_text(above, "key").trim_matches(['"', '\'', '`']).replace('/', "\u{2215}"),
                ),
                "array" if above != index => parts.push("[]".to_string()),
                _ => {}
            }
        }
        parts.reverse();
        if out.len() < MAX_VALUES {
            out.entry(parts.join("/")).or_default().push(said);
        }
    }
}

/// The last named part of a path.
pub(super) fn key(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.starts_with('[')).unwrap_or_default()
}
