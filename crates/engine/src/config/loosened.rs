//! Which settings of a repository loosen limits: the author of a repository must not decide what its missions may do or
//! cost.
//!
//! Each key of the schema says which direction tightens it (`x-tightens`); a key without one needs trust. It compares
//! values that have passed the schema, and asks no user.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::describe::{properties, resolve};
use super::layer::{Entry, Layer, Node, Value};
use super::values::Span;

/// The longest value that is shown, in bytes: long enough for commands, too short to hide a command at its end.
const MOST_SHOWN: usize = 2_000;

/// Which sources the user has trusted, each with exactly its current text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// The project's `opencode.toml`.
    pub project: bool,
    /// The options of the plugin's entry in `opencode.json`.
    pub options: bool,
}

/// A setting of an untrusted source that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The source's name.
    pub file: String,
    /// The line, from 1; 0 if the source has no lines.
    pub line: usize,
    /// The path of the key.
    pub path: String,
    /// The value, on one line.
    pub value: String,
}

impl std::fmt::Display for Withheld {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, path, value } = self;
        match line {
            0 => write!(f, "{file}: {path} = {value}"),
            _ => write!(f, "{file}:{line}: {path} = {value}"),
        }
    }
}

/// Which values of a key are tighter than others.
enum Tightens<'a> {
    Lower,
    Higher,
    /// A list with fewer of the same items.
    Fewer,
    /// A list with all of the user's items, and more.
    More,
    /// Words, the tightest first.
    Words(Vec<&'a str>),
    Never,
}

impl<'a> Tightens<'a> {
    fn of(schema: &'a Json) -> Self {
        match schema.get("x-tightens") {
            Some(Json::Array(words)) => Self::Words(words.iter().filter_map(Json::as_str).collect()),
            Some(Json::String(word)) => match word.as_str() {
                "lower" => Self::Lower,
                "higher" => Self::Higher,
                "fewer" => Self::Fewer,
                "more" => Self::More,
                _ => Self::Never,
            },
            _ => Self::Never,
        }
    }

    /// Whether `value` may replace `own`, the value of the user or the default.
    fn allows(&self, value: &Json, own: &Json) -> bool {
        let items = |list: &Json| list.as_array().cloned();
        match self {
            Self::Lower | Self::Higher => match (amount(value), amount(own)) {
                (Some(value), Some(own)) if matches!(self, Self::Lower) => value <= own,
                (Some(value), Some(own)) => value >= own,
                _ => false,
            },
            Self::Fewer => match (items(value), items(own)) {
                (Some(value), own) => value.iter().all(|item| own.iter().flatten().any(|own| own == item)),
                _ => false,
            },
            Self::More => match (items(value), items(own)) {
                (Some(value), Some(own)) => own.iter().all(|own| value.contains(own)),
                _ => false,
            },
            Self::Words(words) => {
                let place = |value: &Json| {
                    let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    words.iter().position(|known| *known == word)
                };
                // A value that the user has not set counts as the tightest
                let own = if own.is_null() { Some(0) } else { place(own) };
                matches!((place(value), own), (Some(value), Some(own)) if value <= own)
            }
            Self::Never => false,
        }
    }
}

/// The amount of a number, a time in seconds, or a lifted limit.
fn amount(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) if text == "none" => Some(f64::INFINITY),
        Json::String(text) => text.parse::<Span>().ok().map(|span| span.get().as_secs_f64()),
        _ => None,
    }
}

/// Splits the tree of a source: the part that may be used, and the settings that loosen something. `own` is the user's
/// configuration with the defaults; `is_set` says whether the user has set a path.
pub(super) fn take_out(
    schema: &Json,
    layer: &Layer,
    own: &Json,
    is_set: &dyn Fn(&str) -> bool,
) -> (Node, Vec<Withheld>) {
    let mut comparison = Comparison { schema, layer, is_set, found: Vec::new() };
    let tree = comparison.section(schema, &layer.root, own, "");
    comparison.found.sort_by_key(|withheld| withheld.line);
    (tree, comparison.found)
}

struct Comparison<'a> {
    schema: &'a Json,
    layer: &'a Layer,
    is_set: &'a dyn Fn(&str) -> bool,
    found: Vec<Withheld>,
}

impl Comparison<'_> {
    fn section(&mut self, schema: &Json, node: &Node, own: &Json, path: &str) -> Node {
        let Value::Table(table) = &node.value else { return node.clone() };
        let schema = resolve(self.schema, schema);
        let mut kept = BTreeMap::new();
        for (key, entry) in table {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let own = own.get(key).unwrap_or(&Json::Null);
            let of = properties(schema).find(|(name, _)| name == key).map(|(_, of)| of);
            let Some(of) = of else { continue };
            let inner = if properties(resolve(self.schema, of)).next().is_some() {
                Some(self.section(of, &entry.node, own, &path))
            } else {
                self.key(&Tightens::of(of), &entry.node, own, &path)
            };
            kept.extend(inner.map(|node| (key.clone(), Entry { key_at: entry.key_at, node })));
        }
        Node { at: node.at, end: node.end, value: Value::Table(kept) }
    }

    /// The value of a key, without the parts that need trust.
    fn key(&mut self, tightens: &Tightens<'_>, node: &Node, own: &Json, path: &str) -> Option<Node> {
        if let Value::Table(table) = &node.value {
            let mut kept = BTreeMap::new();
            for (name, entry) in table {
                let own = own.get(name).unwrap_or(&Json::Null);
                let inner = self.key(tightens, &entry.node, own, &format!("{path}.{name}"));
                kept.extend(inner.map(|node| (name.clone(), Entry { key_at: entry.key_at, node })));
            }
            return Some(Node { at: node.at, end: node.end, value: Value::Table(kept) });
        }
        let value = node.to_json();
        let unset_list = matches!(tightens, Tightens::More) && !(self.is_set)(path);
        if unset_list || same(&value, own) || tightens.allows(&value, own) {
            return Some(node.clone());
        }
        let mut shown = value.to_string();
        if shown.len() > MOST_SHOWN {
            shown = crate::text::cut(&shown, MOST_SHOWN);
        }
        let line = self.layer.place(node.at).0;
        self.found.push(Withheld {
            file: self.layer.name.clone(),
            line,
            path: path.to_owned(),
            value: shown,
        });
        None
    }
}

/// Whether two values mean the same: `4` and `4.0` do, and an empty list means the same as none.
fn same(value: &Json, own: &Json) -> bool {
    value == own
        || matches!((amount(value), amount(own)), (Some(value), Some(own)) if value == own)
        || (own.is_null() && value.as_array().is_some_and(Vec::is_empty))
}

#[cfg(test)]
mod tests {
    use super::super::schema::TREE;
    use super::*;

    #[test]
    fn every_key_says_what_tightens_it() {
        fn visit(schema: &Json, path: &str, silent: &mut Vec<String>) {
            for (key, of) in properties(resolve(&TREE, schema)) {
                let path = format!("{path}.{key}");
                if properties(resolve(&TREE, of)).next().is_some() {
                    visit(of, &path, silent);
                } else if !matches!(
                    of["x-tightens"].as_str(),
                    Some("lower" | "higher" | "fewer" | "more" | "never")
                ) && of["x-tightens"].as_array().is_none_or(|words| words.len() < 2)
                {
                    silent.push(path);
                }
            }
        }
        let mut silent = Vec::new();
        visit(&TREE, "", &mut silent);
        assert_eq!(silent, Vec::<String>::new(), "add `x-tightens` to each");
    }
}
