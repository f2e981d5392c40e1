//! Reads texts that hold data (JSON, JSON with comments, YAML, TOML, INI) into one form.
//!
//! Works on a path and a text. Must not guess: a text that a tool for this format rejects is not read.

use std::collections::HashSet;

use granit_parser::Event;
use serde_json::{Map, Value};

/// A kind of data, by the path of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    /// Comments and trailing commas are allowed
    Jsonc,
    Yaml,
    Toml,
    Ini,
}

impl Format {
    pub(crate) fn of_path(path: &str) -> Option<Format> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let lower = name.to_ascii_lowercase();
        let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension {
            "jsonc" | "code-workspace" => Some(Format::Jsonc),
            "json" if is_commented(path, &lower) => Some(Format::Jsonc),
            "json" | "webmanifest" => Some(Format::Json),
            "yaml" | "yml" => Some(Format::Yaml),
            "toml" => Some(Format::Toml),
            "ini" | "cfg" => Some(Format::Ini),
            _ => match lower.as_str() {
                ".coveragerc" | ".flake8" | ".pylintrc" => Some(Format::Ini),
                ".eslintrc" | ".babelrc" | ".swcrc" | ".jshintrc" => Some(Format::Jsonc),
                ".nycrc" | ".c8rc" | ".mocharc" => Some(Format::Json),
                _ => None,
            },
        }
    }
}

/// Whether the tool that reads this JSON file accepts comments.
fn is_commented(path: &str, name: &str) -> bool {
    const STARTS: &[&str] = &[
        "tsconfig",
        "jsconfig",
        ".eslintrc",
        "biome",
        "deno",
        "babel.config",
        "api-extractor",
        "turbo",
        "renovate",
        "tslint",
        "typedoc",
        "angular",
        "nx",
        "rush",
        "devcontainer",
        "wrangler",
        "opencode",
        "tsdoc",
        "swc",
        ".swcrc",
        ".jshintrc",
        ".babelrc",
        "pyrightconfig",
        "language-configuration",
        "cspell",
        ".cspell",
        "knip",
        "oxlint",
        ".oxlintrc",
        "project",
        ".markdownlint",
        "tsup",
        "lerna",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
        || path.split('/').any(|part| matches!(part, ".vscode" | ".devcontainer" | ".zed"))
}

/// What is wrong with a text, and at which byte; `None` if it can be read.
pub(crate) fn problem(format: Format, text: &str) -> Option<(usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Json => json_problem(text),
        Format::Jsonc => json_problem(&without_comments(text)),
        Format::Toml => {
            let error = text.parse::<toml::Table>().err()?;
            let at = error.span().map_or(0, |span| span.start);
            Some((at, error.message().lines().next().unwrap_or_default().to_string()))
        }
        Format::Yaml => {
            const MAX_EVENTS: usize = 1_000_000;
            let mut keys = Keys::default();
            for event in granit_parser::Parser::new_from_str(text).take(MAX_EVENTS) {
                let (line, message) = match event {
                    Err(error) => (error.marker().line(), error.info().to_string()),
                    Ok((event, span)) => match keys.repeated(&event) {
                        Some(key) => (span.start.line(), format!("the key `{key}` is there already")),
                        None => continue,
                    },
                };
                let at = text.match_indices('\n').nth(line.saturating_sub(2)).map_or(0, |(at, _)| at + 1);
                return Some((at.min(text.len()), message));
            }
            None
        }
        Format::Ini => None,
    }
}

/// The keys of the mappings that are open while YAML is read.
#[derive(Default)]
struct Keys {
    open: Vec<Option<Mapping>>,
}

#[derive(Default)]
struct Mapping {
    keys: HashSet<String>,
    /// The next node is a value
    value: bool,
}

impl Keys {
    /// The key that this event repeats in its mapping. `<<` may repeat.
    fn repeated(&mut self, event: &Event<'_>) -> Option<String> {
        let is_node = matches!(
            event,
            Event::Scalar(..) | Event::Alias(..) | Event::SequenceStart(..) | Event::MappingStart(..)
        );
        let mut repeated = None;
        if is_node && let Some(Some(mapping)) = self.open.last_mut() {
            if let (false, Event::Scalar(key, ..)) = (mapping.value, event)
                && key != "<<"
                && !mapping.keys.insert(key.to_string())
            {
                repeated = Some(key.to_string());
            }
            mapping.value = !mapping.value;
        }
        match event {
            Event::MappingStart(..) => self.open.push(Some(Mapping::default())),
            Event::SequenceStart(..) => self.open.push(None),
            Event::MappingEnd | Event::SequenceEnd => drop(self.open.pop()),
            _ => {}
        }
        repeated
    }
}

fn json_problem(text: &str) -> Option<(usize, String)> {
    if text.trim().is_empty() {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    let error = values.find_map(Result::err)?;
    let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_string();
    Some((start, message))
}

/// JSON without comments and trailing commas; the length stays the same, so that offsets stay correct.
pub(crate) fn without_comments(text: &str) -> String {
    let mut out: Vec<u8> = text.bytes().collect();
    let (mut at, mut comma) = (0, None);
    while at < out.len() {
        match out[at] {
            b'"' => {
                comma = None;
                at += 1;
                while at < out.len() && out[at] != b'"' && out[at] != b'\n' {
                    at += if out[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'/' if out.get(at + 1) == Some(&b'/') => {
                while at < out.len() && out[at] != b'\n' {
                    out[at] = b' ';
                    at += 1;
                }
                continue;
            }
            b'/' if out.get(at + 1) == Some(&b'*') => {
                let mut ended = false;
                while at < out.len() && !ended {
                    ended = out[at] == b'/' && at > 0 && out.get(at - 1) == Some(&b'*');
                    if ended && let Some(star) = out.get_mut(at - 1) {
                        *star = b' ';
                    }
                    if out[at] != b'\n' && (out[at] != b'*' || ended) {
                        out[at] = b' ';
                    }
                    at += 1;
                }
                // Asterisks within the comment
                let mut back = at;
                while back > 0 && matches!(out[back - 1], b' ' | b'\n' | b'*') {
                    if out[back - 1] == b'*' {
                        out[back - 1] = b' ';
                    }
                    back -= 1;
                }
                continue;
            }
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    out[comma] = b' ';
                }
            }
            b if b.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += 1;
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_string())
}

/// The text as a value; `None` if it cannot be read.
pub(crate) fn value(format: Format, text: &str) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Json => {
            serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_comments(text))).ok()
        }
        Format::Jsonc => serde_json::from_str(&without_comments(text)).ok(),
        Format::Toml => serde_json::to_value(text.parse::<toml::Table>().ok()?).ok(),
        Format::Yaml => serde_saphyr::from_str(text).ok(),
        Format::Ini => Some(ini(text)),
    }
}

/// Sections with keys; a value of several lines is a list.
fn ini(text: &str) -> Value {
    let mut sections: Map<String, Value> = Map::new();
    let (mut section, mut key) = (String::new(), String::new());
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_string();
            key.clear();
            continue;
        }
        let holder = sections.entry(section.clone()).or_insert_with(|| Value::Object(Map::new()));
        let Some(holder) = holder.as_object_mut() else { continue };
        if line.starts_with([' ', '\t']) && !key.is_empty() {
            let kept = holder.entry(key.clone()).or_insert(Value::Null);
            let more = Value::String(trimmed.trim_end_matches(',').to_string());
            match kept {
                Value::Array(list) => list.push(more),
                Value::String(first) if first.is_empty() => *kept = Value::Array(vec![more]),
                other => *other = Value::Array(vec![other.take(), more]),
            }
        } else if let Some((name, said)) = trimmed.split_once(['=', ':']) {
            key = name.trim().to_string();
            holder.insert(key.clone(), scalar(said.trim()));
        }
    }
    Value::Object(sections)
}

fn scalar(said: &str) -> Value {
    match said.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Value::Bool(true),
        "false" | "no" | "off" => Value::Bool(false),
        _ => said.parse::<i64>().map_or_else(|_| Value::String(said.to_string()), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_with_comments_is_read_as_its_tools_do() {
        let text = "{\n  // a\n  \"a\": \"//\", /* ** b */ \"c\": [1, 2,],\n}\n";
        assert!(problem(Format::Json, text).is_some());
        assert_eq!(problem(Format::Jsonc, text), None);
        assert!(problem(Format::Jsonc, "{ \"a\": 1 \"b\": 2 }").is_some());
    }

    #[test]
    fn what_is_broken_is_told_with_its_place() {
        assert_eq!(problem(Format::Toml, "a = 1\nb = \"x\n").map(|(at, _)| at > 5), Some(true));
        assert!(problem(Format::Yaml, "a:\n  - b\n - c\n").is_some());
        assert_eq!(problem(Format::Yaml, "a: &x 1\nb: *x\n---\nc: !Ref d\n"), None);
        assert_eq!(problem(Format::Yaml, "a:\n  b: 1\n  c: [x, y]\nb:\n  b: c\n  c: b\n---\na: 1\n"), None);
        assert!(
            problem(Format::Yaml, "a:\n  b: 1\n  c: [b]\n  b: 2\n").is_some_and(|(_, m)| m.contains("`b`"))
        );
        assert_eq!(problem(Format::Json, ""), None);
    }

    #[test]
    fn sections_are_read() {
        let value = value(Format::Ini, "[a]\nx = 1\ny =\n  b\n  c\n").unwrap();
        assert_eq!(value["a"]["x"], 1);
        assert_eq!(value["a"]["y"][1], "c");
    }
}
