//! Texts with their own grammar, and the schemas that fields of a section use. Sections and schema use it.
//!
//! `validate` asks it about each text that the schema marks with `x-kind`. It knows no key, and does not look for
//! a file, program or model that a text names.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::values::{ModelId, Span};

/// Texts with their own grammar. The schema names it as `x-kind`, beside a `pattern` that says nearly the same to
/// editors that know only JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextKind {
    Span,
    Model,
    InsidePath,
    CheckName,
    CommandLine,
    CommandName,
}

impl TextKind {
    const ALL: [Self; 6] =
        [Self::Span, Self::Model, Self::InsidePath, Self::CheckName, Self::CommandLine, Self::CommandName];

    fn name(self) -> &'static str {
        match self {
            Self::Span => "duration",
            Self::Model => "model",
            Self::InsidePath => "inside_path",
            Self::CheckName => "check_name",
            Self::CommandLine => "command_line",
            Self::CommandName => "command_name",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Fits "must be …".
    pub(super) fn expects(self) -> &'static str {
        match self {
            Self::Span => "a duration such as \"10m\"",
            Self::Model => "a model as \"provider/model\"",
            Self::InsidePath => "a path inside the project",
            Self::CheckName => "a name of letters, digits and `.:_-`",
            Self::CommandLine => "a command",
            Self::CommandName => "a name of small letters, digits and `-`",
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Self::Span => r"^\s*([0-9]+\s*[dhms]\s*)+$",
            Self::Model => r"^[^/\s]+/\S+$",
            Self::InsidePath => r"^[^/\\]",
            Self::CheckName => r"^[A-Za-z0-9][A-Za-z0-9.:_-]{0,63}$",
            Self::CommandLine => r"\S",
            Self::CommandName => r"^[a-z][a-z0-9-]{0,31}$",
        }
    }

    /// Whether a text is of this kind; otherwise what to do, as a hint.
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Span => text.parse::<Span>().map(drop),
            Self::Model => text.parse::<ModelId>().map(drop),
            Self::InsidePath => inside(text),
            Self::CheckName => {
                let allowed = |c: char| c.is_ascii_alphanumeric() || ".:_-".contains(c);
                let good = text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && text.len() <= 64
                    && text.chars().all(allowed);
                let hint = "begin with a letter or digit and keep to 64 characters";
                if good { Ok(()) } else { Err(hint.to_owned()) }
            }
            Self::CommandLine => {
                let hint = "write the command as you would type it in the project's root";
                if text.trim().is_empty() || text.contains('\0') { Err(hint.to_owned()) } else { Ok(()) }
            }
            Self::CommandName => {
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                let good = text.starts_with(|c: char| c.is_ascii_lowercase())
                    && text.len() <= 32
                    && text.chars().all(allowed);
                let hint = "begin with a letter, leave out the `/`, and keep to 32 characters";
                if good { Ok(()) } else { Err(hint.to_owned()) }
            }
        }
    }
}

/// Refuses paths that leave the project, on any platform.
fn inside(text: &str) -> Result<(), String> {
    let hint = "write it relative to the project's root, without `..`";
    let drive = text.as_bytes().get(1) == Some(&b':');
    let leaves =
        text.starts_with(['/', '\\', '~']) || drive || text.split(['/', '\\']).any(|part| part == "..");
    if leaves || text.trim().is_empty() || text.contains('\0') { Err(hint.to_owned()) } else { Ok(()) }
}

pub(super) fn text(kind: TextKind) -> Schema {
    json_schema!({ "type": "string", "pattern": kind.pattern(), "x-kind": kind.name() })
}

pub(super) fn span(_: &mut SchemaGenerator) -> Schema {
    text(TextKind::Span)
}

pub(super) fn check_name(_: &mut SchemaGenerator) -> Schema {
    text(TextKind::CheckName)
}

pub(super) fn command_line(_: &mut SchemaGenerator) -> Schema {
    text(TextKind::CommandLine)
}

pub(super) fn command_name(_: &mut SchemaGenerator) -> Schema {
    text(TextKind::CommandName)
}

/// Only the project knows the names of its checks; here any key is accepted.
pub(super) fn spans(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": text(TextKind::Span) })
}

pub(super) fn inside_paths(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": text(TextKind::InsidePath) })
}

pub(super) fn setup(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "const": "auto" },
        { "const": "none" },
        { "type": "array", "items": text(TextKind::CommandLine) },
    ] })
}

pub(super) fn limit_of_count(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "none" }] })
}

pub(super) fn limit_of_money(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "type": "number", "exclusiveMinimum": 0 }, { "const": "none" }] })
}

pub(super) fn limit_of_time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [text(TextKind::Span), { "const": "none" }] })
}

impl JsonSchema for ModelId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ModelId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        text(TextKind::Model)
    }
}

/// Options of requests to a model: plain values, and tables of plain values if a provider groups them.
pub(super) fn options(_: &mut SchemaGenerator) -> Schema {
    let plain =
        || json_schema!({ "anyOf": [{ "type": "boolean" }, { "type": "number" }, { "type": "string" }] });
    let table = json_schema!({ "type": "object", "additionalProperties": plain() });
    json_schema!({
        "type": "object",
        "additionalProperties": { "anyOf": [{ "type": "boolean" }, { "type": "number" }, { "type": "string" }, table] },
    })
}
