//! The JSON Schema of `opencode.toml`. It is derived from the element types, and it is also what
//! [`super::validate`] checks a file against: there is no second list of keys, types or ranges.

use std::sync::LazyLock;

use schemars::Schema;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;

use super::Config;

/// The JSON Schema (draft 2020-12) of `opencode.toml`, indented, with a newline at its end.
pub fn schema() -> String {
    format!("{:#}\n", *TREE)
}

/// The schema as a tree; made once, as every file is checked against it.
pub(super) static TREE: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(Config);
    RecursiveTransform(tidy).transform(&mut schema);
    schema.insert("title".to_owned(), "opencode.toml".into());
    schema.to_value()
});

/// Removes repetitions: sizes of Rust's integers, defaults of whole tables (their keys have them
/// already), and the line breaks of doc comments.
fn tidy(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    if schema.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
        schema.remove("format");
    }
    if schema.get("default").is_some_and(Value::is_object) {
        schema.remove("default");
    }
}
