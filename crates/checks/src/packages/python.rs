//! Requirements of Python projects: their versions, and the edit of the manifest if no client writes it.

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};
use toml_edit::{Array, DocumentMut, Item, Value};

use super::{Wanted, declared};

/// A range such as `>=2,<3`, or a single version, which must match exactly. `None` if it is neither.
pub(super) fn specifiers(spec: &str) -> Option<VersionSpecifiers> {
    let clause = |part: &str| match part.trim() {
        exact if exact.starts_with(|c: char| c.is_ascii_digit()) => format!("=={exact}"),
        part => part.to_owned(),
    };
    spec.split(',').map(clause).collect::<Vec<_>>().join(",").parse().ok()
}

/// Whether a version is in a range. A pre-release is in it only if the range names one.
pub(super) fn is_in(version: &str, spec: &str) -> bool {
    let (Some(specifiers), Ok(version)) = (specifiers(spec), version.parse::<Version>()) else {
        return false;
    };
    let wants_early = specifiers.iter().any(VersionSpecifier::any_prerelease);
    (wants_early || !version.any_prerelease()) && specifiers.contains(&version)
}

/// `name[extras]>=version`, as it is written in a manifest.
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

/// The manifest's text with the added requirements.
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

/// The list of the project's test requirements, or a standard dependency group.
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

/// Keeps the layout of the list: one line each if its items have their own lines.
fn push(list: &mut Array, line: String) {
    let last = list.iter().last().and_then(|item| item.decor().prefix()?.as_str().map(str::to_owned));
    list.push(line);
    if let (Some(prefix), Some(item)) = (last.filter(|prefix| prefix.contains('\n')), list.iter_mut().last())
    {
        item.decor_mut().set_prefix(prefix);
    }
}
