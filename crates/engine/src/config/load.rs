//! Merges the layers of the configuration.
//!
//! It reads no file: texts come in with their names, and problems go out with their places.

use std::collections::BTreeMap;
use std::fmt;

use super::layer::{Entry, Layer, Node, Value};
use super::loosened::{Trusted, take_out};
use super::problem::{ConfigProblem, Source};
use super::sections::dispatch;
use super::validate::validate;
use super::{Config, schema};

/// The name, in problems and origins, of the options of the plugin's entry in `opencode.json`.
pub const OPTIONS: &str = "opencode.json (plugin options)";

/// Reads the configuration: the user's file, the project's over it, the plugin's options over both.
///
/// Tables are merged key by key; everything else, lists too, is replaced as a whole. The options have the shape of the
/// TOML. From an untrusted source only the settings that tighten the user's own are used; the rest is in
/// [`Config::withheld`]. If any source has problems, the error lists all problems of all sources, in the order of the
/// layers.
pub fn load(
    user: Option<Source>,
    project: Option<Source>,
    options: Option<serde_json::Value>,
    trusted: Trusted,
) -> Result<Config, Vec<ConfigProblem>> {
    let user = user.map(|source| (true, true, Layer::from_toml(source)));
    let project = project.map(|source| (false, trusted.project, Layer::from_toml(source)));
    let options = options.iter().map(|options| (false, trusted.options, Layer::from_json(OPTIONS, options)));
    let mut problems = Vec::new();
    let mut layers = Vec::new();
    for (is_users, trusted, layer) in user.into_iter().chain(project).chain(options) {
        match layer {
            Err(unreadable) => problems.extend(unreadable),
            Ok(layer) => {
                let mut found = validate(&schema::TREE, &layer);
                found.extend(dispatch::of_another(&layer).filter(|_| !is_users));
                if found.is_empty() {
                    layers.push((trusted, layer));
                }
                problems.extend(found);
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut merged = Node { at: 0, end: 0, value: Value::Table(BTreeMap::new()) };
    let mut origins = Origins::default();
    // The trusted layers together are the user's settings, with which the others are compared.
    for (_, layer) in layers.iter().filter(|(trusted, _)| *trusted) {
        lay_over(&mut merged, &layer.root, layer, "", &mut origins);
    }
    let own = serde_json::to_value(whole(&merged)?).unwrap_or_default();
    let settled = std::mem::take(&mut origins);
    merged = Node { at: 0, end: 0, value: Value::Table(BTreeMap::new()) };
    let mut withheld = Vec::new();
    for (trusted, layer) in &layers {
        if *trusted {
            lay_over(&mut merged, &layer.root, layer, "", &mut origins);
        } else {
            let (tree, found) =
                take_out(&schema::TREE, layer, &own, &|path: &str| settled.get(path).is_some());
            withheld.extend(found);
            lay_over(&mut merged, &tree, layer, "", &mut origins);
        }
    }
    let mut config = whole(&merged)?;
    config.origins = origins;
    config.withheld = withheld;
    Ok(config)
}

/// Every layer has passed the schema, and merging keeps that. A failure here is a bug of this program; it is reported,
/// not swallowed.
fn whole(merged: &Node) -> Result<Config, Vec<ConfigProblem>> {
    serde_json::from_value(merged.to_json()).map_err(|error| {
        let file = "opencode.toml".to_owned();
        let message = format!("the merged configuration cannot be read: {error}");
        let hint =
            Some("this is a fault of opencode-orchestrator; please report it with this file".to_owned());
        vec![ConfigProblem { file, line: 0, column: 0, message, hint }]
    })
}

fn lay_over(under: &mut Node, over: &Node, layer: &Layer, path: &str, origins: &mut Origins) {
    match (&mut under.value, &over.value) {
        (Value::Table(under), Value::Table(over)) => {
            for (key, entry) in over {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let empty = match entry.node.value {
                    Value::Table(_) => Value::Table(BTreeMap::new()),
                    _ => Value::Null,
                };
                let blank = Entry { key_at: 0, node: Node { at: 0, end: 0, value: empty } };
                let under = under.entry(key.clone()).or_insert(blank);
                lay_over(&mut under.node, &entry.node, layer, &path, origins);
            }
        }
        (under, over_value) => {
            *under = over_value.clone();
            let line = layer.place(over.at).0;
            origins.0.insert(path.to_owned(), Origin { file: layer.name.clone(), line });
        }
    }
}

/// The place where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// [`Source::name`], or [`OPTIONS`].
    pub file: String,
    /// The line, from 1; 0 if the source has no lines.
    pub line: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// The places of all values that are not defaults, by path (`mission.parallel`).
#[derive(Clone, Debug, Default)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// The place where the value at a path was set; `None` means that it is the default.
    pub fn get(&self, path: &str) -> Option<&Origin> {
        self.0.get(path)
    }
}

/// Origins do not count when configurations are compared: equal values are equal.
impl PartialEq for Origins {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
