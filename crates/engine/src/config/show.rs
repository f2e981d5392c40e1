//! The effective configuration as text: `config show` prints it, and `load` can read it again.
//!
//! It prints nothing itself, and hides nothing: the caller removes secrets.

use super::Config;
use super::layer::{Layer, Node, Value};
use super::problem::Source;

/// The effective configuration as TOML that can be loaded again; a comment after each value says
/// where it was set (`path:line`, or `default`).
pub fn show(config: &Config) -> String {
    let text = match toml::to_string(config) {
        Ok(text) => text,
        Err(error) => return format!("# the configuration cannot be shown: {error}\n"),
    };
    let source = Source { name: String::new(), text: text.clone() };
    let Ok(layer) = Layer::from_toml(source) else { return text };
    let mut comments = Vec::new();
    collect(config, &layer.root, "", &mut comments);
    comments.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut shown = text;
    for (at, comment) in comments {
        // From the end backwards, so that earlier offsets stay valid.
        if shown.is_char_boundary(at) {
            shown.insert_str(at, &comment);
        }
    }
    shown
}

fn collect(config: &Config, node: &Node, path: &str, comments: &mut Vec<(usize, String)>) {
    let origin = |path: &str| match config.origins.get(path) {
        Some(origin) => format!("  # {}", origin.to_string().replace(char::is_control, " ")),
        None => "  # default".to_owned(),
    };
    match &node.value {
        Value::Table(table) => {
            for (key, entry) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(config, &entry.node, &path, comments);
            }
        }
        // Tables in a list have their own lines, but the list has one origin.
        Value::List(items) if items.iter().any(|item| matches!(item.value, Value::Table(_))) => {
            let values = items.iter().filter_map(|item| match &item.value {
                Value::Table(table) => Some(table.values()),
                _ => None,
            });
            comments.extend(values.flatten().map(|entry| (entry.node.end, origin(path))));
        }
        _ => comments.push((node.end, origin(path))),
    }
}
