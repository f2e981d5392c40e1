//! What a schema allows, in words.
//!
//! Used for errors only. It knows no section: it reads everything from the schema.

use serde_json::Value as Json;

use super::layer::Value;
use super::text_kind::TextKind;
use crate::text::{one_of, one_of_quoted};

/// The most characters of a key or text that a message repeats.
pub(super) const MOST_SHOWN: usize = 40;

/// The fixed words that a schema allows.
pub(super) fn words<'a>(root: &'a Json, schema: &'a Json) -> Vec<&'a str> {
    let schema = resolve(root, schema);
    let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let fixed = schema.get("const").and_then(Json::as_str);
    let inner = alternatives(schema).unwrap_or_default().iter().flat_map(|schema| words(root, schema));
    listed.chain(fixed).chain(inner).collect()
}

/// The grammars of text that a schema allows.
pub(super) fn kinds<'a>(root: &'a Json, schema: &'a Json) -> Vec<TextKind> {
    let schema = resolve(root, schema);
    let inner = alternatives(schema).unwrap_or_default().iter().flat_map(|schema| kinds(root, schema));
    kind(schema).into_iter().chain(inner).collect()
}

/// Fits "must be …".
pub(super) fn describe<'a>(root: &'a Json, schema: &'a Json) -> String {
    let schema = resolve(root, schema);
    if let Some(of) = alternatives(schema) {
        // Fixed words first, as they are shorter to read.
        let (fixed, free): (Vec<_>, Vec<_>) = of.iter().partition(|schema| schema.get("const").is_some());
        let all: Vec<_> = fixed.into_iter().chain(free).map(|schema| describe(root, schema)).collect();
        return one_of_quoted(&all);
    }
    let words = words(root, schema);
    if !words.is_empty() {
        return one_of(words);
    }
    if let Some(kind) = kind(schema) {
        return kind.expects().to_owned();
    }
    match schema.get("type").and_then(Json::as_str).unwrap_or_default() {
        "boolean" => "`true` or `false`".to_owned(),
        "integer" => {
            let odd = if is_odd(schema) { "an odd number" } else { "a whole number" };
            match (schema.get("minimum"), schema.get("maximum")) {
                (Some(least), Some(most)) => format!("{odd} from {least} to {most}"),
                (Some(least), None) => format!("{odd} of at least {least}"),
                _ => odd.to_owned(),
            }
        }
        "number" if schema.get("exclusiveMinimum").is_some() => "a number above 0".to_owned(),
        "number" => "a number".to_owned(),
        "array" => match schema.get("items").and_then(|items| kind(resolve(root, items))) {
            Some(kind) => format!("a list, each item {}", kind.expects()),
            None => "a list".to_owned(),
        },
        "object" => match schema.get("additionalProperties").filter(|values| values.is_object()) {
            Some(values) => format!("a table, each value {}", describe(root, values)),
            None => "a table".to_owned(),
        },
        _ => "text".to_owned(),
    }
}

/// The schema that a `$ref` names; any other schema itself.
pub(super) fn resolve<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let name = schema.get("$ref").and_then(Json::as_str).and_then(|name| name.strip_prefix('#'));
    name.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

pub(super) fn alternatives(schema: &Json) -> Option<&[Json]> {
    schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array).map(Vec::as_slice)
}

pub(super) fn properties(schema: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let object = schema.get("properties").and_then(Json::as_object);
    object.into_iter().flatten().map(|(key, schema)| (key.as_str(), schema))
}

pub(super) fn kind(schema: &Json) -> Option<TextKind> {
    schema.get("x-kind").and_then(Json::as_str).and_then(TextKind::by_name)
}

pub(super) fn is_odd(schema: &Json) -> bool {
    schema.pointer("/not/multipleOf").is_some()
}

/// A value as messages show it.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Text(text) if text.is_empty() => "an empty text".to_owned(),
        Value::Text(text) => {
            let short: String = text.chars().take(MOST_SHOWN).collect();
            let dots = if short.len() < text.len() { "…" } else { "" };
            format!("{}{dots}", Json::from(short))
        }
        Value::Date(date) => format!("the date {date}"),
        Value::List(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}
