//! One source as a tree in which every key and value knows its place.
//!
//! It does not judge values: `validate` does.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{ConfigProblem, Source};

/// The largest file, in bytes: far more than a settings file needs.
const MOST_BYTES: usize = 1 << 20;
/// Nesting beyond this is refused, so that no walk over a tree can exhaust the stack.
const DEEPEST: usize = 32;

/// A source that was read.
pub(super) struct Layer {
    pub(super) name: String,
    /// The offset at which each line begins; empty if the source has no lines.
    lines: Vec<usize>,
    text: String,
    pub(super) root: Node,
}

/// A value and the byte offsets, in its source, at which it begins and ends.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// JSON only.
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// TOML only; no key takes one.
    Date(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The byte offset of the key.
    pub(super) key_at: usize,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(table) => table.get(key).map(|entry| &entry.node),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value without its places.
    pub(super) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => (*value).into(),
            Value::Integer(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Text(text) | Value::Date(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(table) => {
                table.iter().map(|(key, entry)| (key.clone(), entry.node.to_json())).collect::<Json>()
            }
        }
    }
}

impl Layer {
    /// Reads TOML. The error lists every syntax error that the parser can distinguish.
    pub(super) fn from_toml(source: Source) -> Result<Self, Vec<ConfigProblem>> {
        let Source { name, text } = source;
        let root = Node { at: 0, end: 0, value: Value::Null };
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut layer = Self { name, lines, text, root };
        if layer.text.len() > MOST_BYTES {
            let message = format!("the file holds {} bytes; {MOST_BYTES} is the most", layer.text.len());
            return Err(vec![layer.problem(0, message).hint("is it the right file?")]);
        }
        let text = layer.text.clone();
        let (table, errors) = DeTable::parse_recoverable(&text);
        if !errors.is_empty() {
            let problem = |error: &toml::de::Error| {
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                layer.problem(error.span().map_or(0, |span| span.start), format!("not valid TOML: {message}"))
            };
            let mut problems: Vec<_> = errors.iter().map(problem).collect();
            problems.sort_by_key(|problem| (problem.line, problem.column));
            // The parser reports more errors for the rest of a line that it could not parse.
            problems.dedup_by_key(|problem| problem.line);
            return Err(problems);
        }
        let span = table.span();
        let mut problems = Vec::new();
        let value = layer.table(table.into_inner(), 0, &mut problems);
        layer.root = Node { at: span.start, end: span.end, value };
        if problems.is_empty() { Ok(layer) } else { Err(problems) }
    }

    /// Takes the plugin's options, which have no lines.
    pub(super) fn from_json(name: &str, options: &Json) -> Result<Self, Vec<ConfigProblem>> {
        let root = Node { at: 0, end: 0, value: Value::Null };
        let mut layer = Self { name: name.to_owned(), lines: Vec::new(), text: String::new(), root };
        match json(options, 0) {
            Some(root) => layer.root = root,
            None => return Err(vec![layer.problem(0, format!("nested more than {DEEPEST} levels deep"))]),
        }
        match layer.root.value {
            Value::Null => layer.root.value = Value::Table(BTreeMap::new()),
            Value::Table(_) => {}
            _ => {
                let message = "the plugin's options must be an object".to_owned();
                let hint = "write [\"opencode-orchestrator\", { \"mission\": { \"parallel\": 4 } }]";
                return Err(vec![layer.problem(0, message).hint(hint)]);
            }
        }
        Ok(layer)
    }

    /// A problem at an offset of this source.
    pub(super) fn problem(&self, at: usize, message: String) -> ConfigProblem {
        let (line, column) = self.place(at);
        ConfigProblem { file: self.name.clone(), line, column, message, hint: None }
    }

    /// Line and column of an offset, from 1; zeros if the source has no lines.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|index| self.lines.get(index).copied());
        match start {
            None => (0, 0),
            Some(start) => {
                let before = self.text.get(start..at).unwrap_or_default();
                // A byte order mark before the text does not count as a column.
                (line, before.chars().filter(|c| *c != '\u{feff}').count() + 1)
            }
        }
    }

    fn node(&self, value: Spanned<DeValue<'_>>, depth: usize, problems: &mut Vec<ConfigProblem>) -> Node {
        let span = value.span();
        let value = match value.into_inner() {
            _ if depth > DEEPEST => {
                problems.push(self.problem(span.start, format!("nested more than {DEEPEST} levels deep")));
                Value::Null
            }
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Integer(value) => match i64::from_str_radix(value.as_str(), value.radix()) {
                Ok(value) => Value::Integer(value),
                Err(_) => {
                    problems.push(self.problem(span.start, format!("the number {value} is too large")));
                    Value::Null
                }
            },
            DeValue::Float(value) => Value::Float(value.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(items) => {
                Value::List(items.into_iter().map(|item| self.node(item, depth + 1, problems)).collect())
            }
            DeValue::Table(table) => self.table(table, depth, problems),
        };
        Node { at: span.start, end: span.end, value }
    }

    fn table(&self, table: DeTable<'_>, depth: usize, problems: &mut Vec<ConfigProblem>) -> Value {
        let entry = |(key, value): (Spanned<_>, Spanned<_>)| {
            let key_at = key.span().start;
            let key: std::borrow::Cow<'_, str> = key.into_inner();
            (key.into_owned(), Entry { key_at, node: self.node(value, depth + 1, problems) })
        };
        Value::Table(table.into_iter().map(entry).collect())
    }
}

/// A node from JSON; `None` if it is nested too deeply.
fn json(value: &Json, depth: usize) -> Option<Node> {
    if depth > DEEPEST {
        return None;
    }
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number_of(number),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => {
            Value::List(items.iter().map(|item| json(item, depth + 1)).collect::<Option<_>>()?)
        }
        Json::Object(object) => {
            let entry = |(key, value): (&String, &Json)| {
                Some((key.clone(), Entry { key_at: 0, node: json(value, depth + 1)? }))
            };
            Value::Table(object.iter().map(entry).collect::<Option<_>>()?)
        }
    };
    Some(Node { at: 0, end: 0, value })
}

/// JavaScript knows one kind of number, so 4 may arrive as 4.0.
fn number_of(number: &serde_json::Number) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match (number.as_i64(), number.as_f64()) {
        (Some(value), _) => Value::Integer(value),
        (None, Some(value)) if value.fract() == 0.0 && value.abs() <= EXACT => Value::Integer(value as i64),
        (None, value) => Value::Float(value.unwrap_or(f64::NAN)),
    }
}
