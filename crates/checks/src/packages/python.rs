//! Requirements of Python projects: their versions, and where no client writes
//! the manifest, the edit of it.

use std::cmp::Ordering;

use toml_edit::{Array, DocumentMut, Item, Value};

use super::{Wanted, declared};

/// `>=2,<3` as its parts: operator and version. `None` where it is no such thing.
pub(super) fn clauses(spec: &str) -> Option<Vec<(&str, &str)>> {
    spec.split(',').map(clause).collect()
}

fn clause(part: &str) -> Option<(&str, &str)> {
    let part = part.trim();
    let (sign, version) = part.split_at(part.find(|c: char| !"<>=!~".contains(c))?);
    let sign = if sign.is_empty() { "==" } else { sign };
    let known = ["==", ">=", "<=", ">", "<", "~=", "!="].contains(&sign);
    let version = version.trim();
    let plain = version.chars().all(|c| c.is_ascii_alphanumeric() || ".*+-_".contains(c));
    (known && plain && version.starts_with(|c: char| c.is_ascii_digit())).then_some((sign, version))
}

/// Whether a version is one of a range.
pub(super) fn is_in(version: &str, spec: &str) -> bool {
    let Some(clauses) = clauses(spec) else { return false };
    let exact = clauses.iter().any(|(sign, _)| *sign == "==");
    if !exact && version.contains(|c: char| c.is_ascii_alphabetic()) && !version.contains("post") {
        return false;
    }
    clauses.iter().all(|(sign, wanted)| {
        let order = compare(version, wanted);
        match *sign {
            "==" => match wanted.strip_suffix(".*") {
                Some(stem) => version == stem || version.starts_with(&format!("{stem}.")),
                None => order == Ordering::Equal,
            },
            "!=" => order != Ordering::Equal,
            ">=" => order != Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            "<" => order == Ordering::Less,
            _ => {
                let stem = wanted.rsplit_once('.').map_or(*wanted, |(stem, _)| stem);
                order != Ordering::Less && (version == stem || version.starts_with(&format!("{stem}.")))
            }
        }
    })
}

/// By numbers; `1.0` and `1.0.0` are the same.
fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        let part = |part: &str| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let (number, rest) = part.split_at(digits);
            (number.parse().unwrap_or(0), rest.to_owned())
        };
        let mut all: Vec<_> = text.split('.').map(part).collect();
        while all.last().is_some_and(|(number, rest)| *number == 0 && rest.is_empty()) {
            all.pop();
        }
        all
    };
    parts(a).cmp(&parts(b))
}

/// `name[extras]>=version`, as it stands in a manifest.
pub(super) fn requirement(
    name: &str,
    extras: &[String],
    asked: Option<&str>,
    resolved: Option<&str>,
) -> String {
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let version = match (asked, resolved) {
        (Some(asked), _) if asked.starts_with(|c: char| c.is_ascii_digit()) => format!("=={asked}"),
        (Some(asked), _) => asked.split(',').map(str::trim).collect::<Vec<_>>().join(","),
        (None, Some(resolved)) => format!(">={resolved}"),
        (None, None) => String::new(),
    };
    format!("{name}{extras}{version}")
}

/// The manifest's text with more requirements in it.
pub(super) fn with(path: &str, text: &str, packages: &[(Wanted, Option<String>)]) -> Result<String, String> {
    if path.rsplit('/').next() == Some("pyproject.toml") {
        return pyproject(path, text, packages);
    }
    let required: Vec<&str> = text.lines().filter(|line| declared::python_name(line).is_some()).collect();
    let pins = !required.is_empty() && required.iter().all(|line| line.contains("=="));
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for (wanted, resolved) in packages {
        let pinned = resolved.as_ref().filter(|_| pins).map(|version| format!("=={version}"));
        let asked = pinned.as_deref().or(wanted.version.as_deref());
        text.push_str(&requirement(&wanted.name, &wanted.features, asked, resolved.as_deref()));
        text.push('\n');
    }
    Ok(text)
}

fn pyproject(path: &str, text: &str, packages: &[(Wanted, Option<String>)]) -> Result<String, String> {
    let unreadable = |why: String| format!("`{path}` cannot be edited: {why}");
    let mut document: DocumentMut = text.parse().map_err(|error| unreadable(format!("{error}")))?;
    for (wanted, resolved) in packages {
        let line =
            requirement(&wanted.name, &wanted.features, wanted.version.as_deref(), resolved.as_deref());
        let list = if wanted.dev { dev_list(&mut document) } else { main_list(&mut document) };
        let list =
            list.ok_or_else(|| unreadable("it has no `[project]` with a list of `dependencies`".into()))?;
        push(list, line);
    }
    Ok(document.to_string())
}

fn main_list(document: &mut DocumentMut) -> Option<&mut Array> {
    let project = document.get_mut("project")?.as_table_like_mut()?;
    let list = project.entry("dependencies").or_insert_with(|| Item::Value(Value::Array(Array::new())));
    list.as_array_mut()
}

/// Where the project keeps what its tests need; a group of the standard's own otherwise.
fn dev_list(document: &mut DocumentMut) -> Option<&mut Array> {
    const NAMES: [&str; 4] = ["dev", "test", "tests", "testing"];
    let extras = document.get("project").and_then(|project| project.get("optional-dependencies"));
    let extra = NAMES.into_iter().find(|name| extras.is_some_and(|extras| extras.get(name).is_some()));
    if let Some(name) = extra {
        return document.get_mut("project")?.get_mut("optional-dependencies")?.get_mut(name)?.as_array_mut();
    }
    let groups = document.entry("dependency-groups").or_insert_with(toml_edit::table).as_table_like_mut()?;
    let name = NAMES.into_iter().find(|name| groups.contains_key(name)).unwrap_or("dev");
    groups.entry(name).or_insert_with(|| Item::Value(Value::Array(Array::new()))).as_array_mut()
}

/// Laid out as the list is: a line each where its items have lines of their own.
fn push(list: &mut Array, line: String) {
    let last = list.iter().last().and_then(|item| item.decor().prefix()?.as_str().map(str::to_owned));
    list.push(line);
    if let (Some(prefix), Some(item)) = (last.filter(|prefix| prefix.contains('\n')), list.iter_mut().last())
    {
        item.decor_mut().set_prefix(prefix);
    }
}
