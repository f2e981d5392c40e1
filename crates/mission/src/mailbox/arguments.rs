//! One description of each argument has three uses: the schema that the model sees, the repair of its mistakes, and the
//! words that say what is wrong.
//!
//! It knows no tool: each tool's file describes its own fields.

use serde_json::{Map, Value, json};

use super::lenient;

/// The longest text accepted in one field, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// The most items accepted in one list.
const MAX_ITEMS: usize = 20_000;
/// The most problems in one answer: a model fixes a few at a time.
const MAX_PROBLEMS: usize = 20;
/// The longest text that is read as JSON, in bytes, and how deep broken JSON may nest.
const MAX_JSON: usize = 4 * 1024 * 1024;
const MAX_NESTING: usize = 64;

/// What is wrong with a tool call, in the order of the fields. Shown to the model as it is.
pub type Problems = Vec<String>;

#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Text,
    Integer,
    Bool,
    Choice(&'static [&'static str]),
    List(&'static Shape),
    Object(&'static [Field]),
}

#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    /// Shown to the model; empty if the name is enough.
    pub hint: &'static str,
    /// The fewest items of a list.
    pub least: u8,
    /// The pattern that a text must match; empty: any text.
    pub pattern: &'static str,
}

impl Field {
    pub const fn required(name: &'static str, shape: Shape) -> Field {
        Field { name, shape, required: true, hint: "", least: 0, pattern: "" }
    }
    pub const fn optional(name: &'static str, shape: Shape) -> Field {
        Field { name, shape, required: false, hint: "", least: 0, pattern: "" }
    }
    pub const fn hint(self, hint: &'static str) -> Field {
        Field { hint, ..self }
    }
    pub const fn least(self, least: u8) -> Field {
        Field { least, ..self }
    }
    pub const fn pattern(self, pattern: &'static str) -> Field {
        Field { pattern, ..self }
    }
}

/// JSON Schema of an object with these fields.
pub fn json_schema(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = shape_schema(&field.shape);
        if let (false, Value::Object(map)) = (field.hint.is_empty(), &mut schema) {
            map.insert("description".into(), field.hint.into());
        }
        if let Value::Object(map) = &mut schema {
            if field.least > 0 {
                map.insert("minItems".into(), field.least.into());
            }
            if !field.pattern.is_empty() {
                map.insert("pattern".into(), field.pattern.into());
            } else if field.required && matches!(field.shape, Shape::Text) {
                map.insert("minLength".into(), 1.into());
            }
        }
        properties.insert(field.name.into(), schema);
    }
    let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn shape_schema(shape: &Shape) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Choice(words) => json!({ "type": "string", "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": shape_schema(item) }),
        Shape::Object(fields) => json_schema(fields),
    }
}

/// Reads `value` as an object with these fields. The result deserialises into the matching type.
pub(super) fn read(value: &Value, fields: &[Field]) -> Result<Value, Problems> {
    let mut problems = Vec::new();
    let repaired = object(value, fields, "", &mut problems);
    if problems.is_empty() {
        return Ok(repaired);
    }
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        problems.truncate(MAX_PROBLEMS);
        problems.push(format!("and {more} more of this kind"));
    }
    Err(problems)
}

/// Reads arguments into a type. The shape was checked before, so a failure is an error in this program; it is reported,
/// too.
pub(super) fn parse<T: serde::de::DeserializeOwned>(value: &Value, fields: &[Field]) -> Result<T, Problems> {
    serde_json::from_value(read(value, fields)?)
        .map_err(|error| vec![format!("the arguments could not be read: {error}")])
}

fn object(value: &Value, fields: &[Field], at: &str, problems: &mut Problems) -> Value {
    let unpacked;
    let map = match value {
        Value::Object(map) => map,
        Value::String(text) => match unpack(text) {
            Some(Value::Object(map)) => {
                unpacked = map;
                &unpacked
            }
            _ => return wrong(at, "an object", value, problems),
        },
        // Some models wrap a single object in a list
        Value::Array(items) if items.len() == 1 && items[0].is_object() => {
            return object(&items[0], fields, at, problems);
        }
        _ => return wrong(at, "an object", value, problems),
    };
    let mut result = Map::new();
    for field in fields {
        let here = if at.is_empty() { field.name.to_string() } else { format!("{at}.{}", field.name) };
        match find(map, field.name) {
            Some(Value::Null) | None if !field.required => {}
            Some(Value::Null) | None => {
                let near = nearest(map, fields, field.name);
                problems.push(format!("`{here}` is missing{near}"));
            }
            Some(found) => {
                result.insert(field.name.into(), shaped(found, &field.shape, &here, problems));
            }
        }
    }
    Value::Object(result)
}

/// A field by its name, or by the same name in another case (`dependsOn`, `DependsOn`, `depends-on`).
fn find<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        let wanted: String = name.chars().filter(|c| *c != '_').collect();
        map.iter().find(|(key, _)| same_word(key, &wanted)).map(|(_, value)| value)
    })
}

fn same_word(key: &str, wanted: &str) -> bool {
    key.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).eq(wanted.chars())
}

/// A key that matches no field, as a guess at what the model meant.
fn nearest(map: &Map<String, Value>, fields: &[Field], name: &str) -> String {
    let unknown = map.keys().find(|key| {
        fields.iter().all(|f| f.name != key.as_str())
            && (key.starts_with(name)
                || name.starts_with(key.as_str())
                || key.contains(name)
                || name.contains(key.as_str()))
    });
    unknown.map(|key| format!(" (`{key}` is not a field; is that what you meant?)")).unwrap_or_default()
}

fn shaped(value: &Value, shape: &Shape, at: &str, problems: &mut Problems) -> Value {
    match shape {
        Shape::Text => text(value, at, problems),
        Shape::Integer => integer(value, at, problems),
        Shape::Bool => boolean(value, at, problems),
        Shape::Choice(words) => choice(value, words, at, problems),
        Shape::List(item) => list(value, item, at, problems),
        Shape::Object(fields) => object(value, fields, at, problems),
    }
}

fn text(value: &Value, at: &str, problems: &mut Problems) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
        }
        _ => return wrong(at, "text", value, problems),
    };
    if text.len() > MAX_TEXT {
        problems
            .push(format!("`{at}` has {} bytes; at most {MAX_TEXT} are accepted: shorten it", text.len()));
        return Value::Null;
    }
    Value::String(text)
}

fn integer(value: &Value, at: &str, problems: &mut Problems) -> Value {
    let number = match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            number.as_f64().filter(|f| *f >= 0.0 && f.fract() == 0.0 && *f < 1e15).map(|f| f as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.map_or_else(|| wrong(at, "a whole number from 0", value, problems), Value::from)
}

fn boolean(value: &Value, at: &str, problems: &mut Problems) -> Value {
    match value {
        Value::Bool(_) => value.clone(),
        Value::String(text) if ["true", "yes"].contains(&text.to_ascii_lowercase().as_str()) => true.into(),
        Value::String(text) if ["false", "no"].contains(&text.to_ascii_lowercase().as_str()) => false.into(),
        Value::Number(number) if number.as_u64() == Some(1) => true.into(),
        Value::Number(number) if number.as_u64() == Some(0) => false.into(),
        _ => wrong(at, "true or false", value, problems),
    }
}

fn choice(value: &Value, words: &[&str], at: &str, problems: &mut Problems) -> Value {
    if let Value::String(text) = value {
        let lower = text.trim().to_ascii_lowercase();
        let stem =
            |word: &&&str| lower == **word || lower == format!("{word}d") || lower == format!("{word}ed");
        if let Some(word) = words.iter().find(stem) {
            return Value::String((*word).to_string());
        }
    }
    let expected = words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(" or ");
    wrong(at, &expected, value, problems)
}

fn list(value: &Value, item: &Shape, at: &str, problems: &mut Problems) -> Value {
    let unpacked;
    let items: &[Value] = match value {
        Value::Array(items) => items,
        Value::String(text) if is_packed(text) => match unpack(text) {
            Some(Value::Array(items)) => {
                unpacked = items;
                &unpacked
            }
            Some(single @ Value::Object(_)) => {
                unpacked = vec![single];
                &unpacked
            }
            _ => std::slice::from_ref(value),
        },
        Value::String(text) if text.trim().is_empty() => &[],
        Value::String(text) if matches!(item, Shape::Text) => match unquoted(text) {
            Some(items) => {
                unpacked = items;
                &unpacked
            }
            None => std::slice::from_ref(value),
        },
        Value::Null => &[],
        single => std::slice::from_ref(single),
    };
    if items.len() > MAX_ITEMS {
        problems.push(format!("`{at}` has {} items; at most {MAX_ITEMS} are accepted", items.len()));
        return Value::Null;
    }
    Value::Array(
        items.iter().enumerate().map(|(i, v)| shaped(v, item, &format!("{at}[{i}]"), problems)).collect(),
    )
}

/// Parses JSON that was submitted as text, with the mistakes that models make in it.
fn unpack(text: &str) -> Option<Value> {
    if text.len() > MAX_JSON {
        return None;
    }
    serde_json::from_str(text).ok().or_else(|| lenient::read(text, MAX_NESTING))
}

/// Whether a text in place of a list is the list as JSON, and not a path such as `[id]/page.tsx`.
fn is_packed(text: &str) -> bool {
    let inner = text.trim().strip_prefix(['[', '{']).map(str::trim_start);
    inner.is_some_and(|inner| inner.is_empty() || inner.starts_with(['"', '\'', '{', ']', '}']))
}

/// The items of `[a.ts, b.ts]`, which is no JSON: a repair as JSON would split the names.
fn unquoted(text: &str) -> Option<Vec<Value>> {
    let inner = text.trim().trim_end_matches([',', ';']).strip_prefix('[')?.strip_suffix(']')?;
    let item = |item: &str| Value::from(item.trim().trim_matches(['"', '\'', '`']));
    inner.contains(',').then(|| inner.split(',').filter(|i| !i.trim().is_empty()).map(item).collect())
}

fn wrong(at: &str, expected: &str, found: &Value, problems: &mut Problems) -> Value {
    let what = match found {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let place = if at.is_empty() { "the arguments".to_string() } else { format!("`{at}`") };
    let shown = match found {
        Value::String(text) if text.len() <= 40 => format!("{what} \"{text}\""),
        _ => what.to_string(),
    };
    problems.push(format!("{place} must be {expected}, found {shown}"));
    Value::Null
}
