//! Checks a layer against the schema and lists all its problems.
//!
//! It knows only the part of JSON Schema that [`super::schema`] produces.

use serde_json::Value as Json;

use super::describe::{
    MOST_SHOWN, alternatives, describe, found, is_odd, kind, kinds, properties, resolve, words,
};
use super::layer::{Entry, Layer, Node, Value};
use super::problem::ConfigProblem;
use super::text_kind::TextKind;
use crate::text::{nearest, one_of};

/// The most problems that are listed: a file with more is not a settings file. The rest is only
/// counted.
const MOST_PROBLEMS: usize = 50;

/// All problems of a layer, in the order of the text.
pub(super) fn validate(schema: &Json, layer: &Layer) -> Vec<ConfigProblem> {
    let mut checker = Checker { schema, layer, problems: Vec::new() };
    checker.check(schema, &layer.root, "");
    let mut problems = checker.problems;
    problems.extend(super::sections::checks::same_name_twice(layer));
    problems.extend(super::sections::dispatch::wrong_texts(layer));
    problems.sort_by_key(|problem| (problem.line, problem.column));
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    if more > 0 {
        problems.truncate(MOST_PROBLEMS);
        problems.push(layer.problem(0, format!("{more} more problems are not listed")));
    }
    problems
}

struct Checker<'a> {
    schema: &'a Json,
    layer: &'a Layer,
    problems: Vec<ConfigProblem>,
}

impl<'a> Checker<'a> {
    fn check(&mut self, schema: &'a Json, node: &Node, path: &str) {
        let schema = resolve(self.schema, schema);
        if let Some(alternatives) = alternatives(schema) {
            return self.check_alternatives(schema, alternatives, node, path);
        }
        if !self.fits(schema, node) {
            return self.wrong_value(schema, node, path, None);
        }
        match &node.value {
            Value::Text(text) => {
                let kind = kind(schema).map_or(Ok(()), |kind| kind.check(text));
                if let Err(hint) = kind {
                    self.wrong_value(schema, node, path, Some(hint));
                }
            }
            Value::Integer(number)
                if !in_range(schema, *number as f64) || is_odd(schema) && number % 2 == 0 =>
            {
                self.wrong_value(schema, node, path, None);
            }
            Value::Float(number) if !in_range(schema, *number) => self.wrong_value(schema, node, path, None),
            Value::List(items) => {
                let Some(of) = schema.get("items") else { return };
                for (index, item) in items.iter().enumerate() {
                    self.check(of, item, &format!("{path}[{index}]"));
                }
            }
            Value::Table(table) => {
                let mut entries: Vec<_> = table.iter().collect();
                entries.sort_by_key(|(_, entry)| entry.key_at);
                for (key, entry) in entries {
                    self.check_key(schema, key, entry, path);
                }
                self.check_required(schema, node, path);
            }
            _ => {}
        }
    }

    fn check_key(&mut self, schema: &'a Json, key: &str, entry: &Entry, path: &str) {
        let here = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let known = schema.get("properties").and_then(|properties| properties.get(key));
        let other = schema.get("additionalProperties").filter(|other| other.is_object());
        match known.or(other) {
            Some(schema) => self.check(schema, &entry.node, &here),
            None => {
                // `checks.command[0]` is written `[[checks.command]]`.
                let place = match path.rsplit_once('[') {
                    _ if path.is_empty() => String::new(),
                    Some((list, _)) => format!(" in `[[{list}]]`"),
                    None => format!(" in `[{path}]`"),
                };
                let shown: String = key.chars().take(MOST_SHOWN).collect();
                let mut problem = self.layer.problem(entry.key_at, format!("unknown key `{shown}`{place}"));
                if self.problems.len() < MOST_PROBLEMS {
                    problem.hint = Some(self.hint_for_key(schema, key, path));
                }
                self.problems.push(problem);
            }
        }
    }

    fn hint_for_key(&self, schema: &'a Json, key: &str, path: &str) -> String {
        let keys = || properties(schema).map(|(key, _)| key);
        if let Some(nearest) = nearest(key, keys()) {
            return format!("did you mean `{nearest}`?");
        }
        let mut elsewhere = Vec::new();
        self.sections_with(self.schema, key, "", &mut elsewhere);
        elsewhere.retain(|section| section != path && !section.is_empty());
        if elsewhere.is_empty() {
            format!("the keys here are {}", one_of(keys()).replace(" or ", " and "))
        } else {
            let sections: Vec<_> = elsewhere.iter().map(|section| format!("[{section}]")).collect();
            format!("`{key}` belongs to {}", one_of(sections.iter().map(String::as_str)))
        }
    }

    /// The sections that do have a key of this name. The schema of the configuration nests three
    /// deep and refers to nothing above itself, so this ends.
    fn sections_with(&self, schema: &'a Json, key: &str, path: &str, found: &mut Vec<String>) {
        for (name, inner) in properties(resolve(self.schema, schema)) {
            if name == key {
                found.push(path.to_owned());
            }
            let inner_path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.sections_with(inner, key, &inner_path, found);
        }
    }

    fn check_required(&mut self, schema: &Json, node: &Node, path: &str) {
        for key in schema.get("required").and_then(Json::as_array).into_iter().flatten() {
            let Some(key) = key.as_str().filter(|key| node.get(key).is_none()) else { continue };
            let message = format!("`{path}` has no `{key}`");
            self.problems.push(self.layer.problem(node.at, message).hint(format!("add `{key} = \"…\"`")));
        }
    }

    fn check_alternatives(&mut self, whole: &'a Json, of: &'a [Json], node: &Node, path: &str) {
        let mut parts = Vec::new();
        for schema in
            of.iter().map(|schema| resolve(self.schema, schema)).filter(|schema| self.fits(schema, node))
        {
            let mut part = Checker { schema: self.schema, layer: self.layer, problems: Vec::new() };
            part.check(schema, node, path);
            if part.problems.is_empty() {
                return;
            }
            parts.push(part.problems);
        }
        // Problems inside a list or table are reported there; a wrong text or number is reported as
        // a whole.
        match (&node.value, parts.pop()) {
            (Value::List(_) | Value::Table(_), Some(problems)) => self.problems.extend(problems),
            (_, part) => {
                let hint =
                    part.and_then(|problems| problems.into_iter().next()).and_then(|problem| problem.hint);
                self.wrong_value(whole, node, path, hint);
            }
        }
    }

    fn wrong_value(&mut self, schema: &'a Json, node: &Node, path: &str, hint: Option<String>) {
        let expected = describe(self.schema, schema);
        let found = found(&node.value);
        let key = if path.is_empty() { "the configuration".to_owned() } else { format!("`{path}`") };
        let mut problem = self.layer.problem(node.at, format!("{key} must be {expected}, not {found}"));
        problem.hint = self.hint_for_value(schema, node).or(hint);
        self.problems.push(problem);
    }

    /// A hint with the correct form, if the value is only written wrongly.
    fn hint_for_value(&self, schema: &'a Json, node: &Node) -> Option<String> {
        let meant = |value: Value, write: String| {
            let node = Node { value, ..node.clone() };
            let mut trial = Checker { schema: self.schema, layer: self.layer, problems: Vec::new() };
            // Only values that fit are suggested, so that the search for hints ends.
            if !self.fits_any(schema, &node) {
                return None;
            }
            trial.check(schema, &node, "");
            trial.problems.is_empty().then(|| format!("write {write}"))
        };
        match &node.value {
            Value::Text(text) => {
                let plain = text.trim();
                let number = plain.replace('_', "");
                None.or_else(|| {
                    plain.parse().ok().and_then(|b| meant(Value::Bool(b), format!("`{b}` without quotes")))
                })
                .or_else(|| {
                    let value = Value::Integer(number.parse().ok()?);
                    meant(value, format!("`{plain}` without quotes"))
                })
                .or_else(|| {
                    let value = Value::Float(number.parse().ok()?);
                    meant(value, format!("`{plain}` without quotes"))
                })
                .or_else(|| {
                    let words = words(self.schema, schema);
                    let word = nearest(plain, words.iter().copied())?;
                    Some(format!("did you mean `{word}`?"))
                })
                .or_else(|| {
                    let list = Value::List(vec![node.clone()]);
                    meant(list, format!("a list: [{}]", Json::from(text.as_str())))
                })
            }
            Value::Integer(number) if kinds(self.schema, schema).contains(&TextKind::Span) => {
                meant(Value::Text(format!("{number}s")), format!("`\"{number}s\"` for seconds"))
            }
            Value::Bool(false) => meant(Value::Text("none".to_owned()), "`\"none\"`".to_owned()),
            _ => None,
        }
    }

    fn fits_any(&self, schema: &'a Json, node: &Node) -> bool {
        let schema = resolve(self.schema, schema);
        match alternatives(schema) {
            Some(of) => of.iter().any(|schema| self.fits(resolve(self.schema, schema), node)),
            None => self.fits(schema, node),
        }
    }

    /// Whether a value is of the schema's type, or its fixed word; not yet whether it is in range.
    fn fits(&self, schema: &Json, node: &Node) -> bool {
        if let Some(word) = schema.get("const") {
            return word.as_str().is_some() && word.as_str() == node.text();
        }
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            return words.iter().any(|word| word.as_str().is_some() && word.as_str() == node.text());
        }
        let of = schema.get("type").and_then(Json::as_str).unwrap_or_default();
        match &node.value {
            Value::Bool(_) => of == "boolean",
            Value::Integer(_) => of == "integer" || of == "number",
            Value::Float(number) => of == "number" && number.is_finite(),
            Value::Text(_) => of == "string",
            Value::List(_) => of == "array",
            Value::Table(_) => of == "object",
            Value::Null | Value::Date(_) => false,
        }
    }
}

fn in_range(schema: &Json, number: f64) -> bool {
    let bound = |key| schema.get(key).and_then(Json::as_f64);
    bound("minimum").is_none_or(|least| number >= least)
        && bound("maximum").is_none_or(|most| number <= most)
        && bound("exclusiveMinimum").is_none_or(|below| number > below)
}
