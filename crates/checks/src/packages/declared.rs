//! The packages that a manifest declares.
//!
//! It never writes a manifest; the package manager does that.

use serde_json::Value;

/// Names as they are written there; `dev`: includes packages that only tests and tools need.
pub(super) fn names(path: &str, text: &str, dev: bool) -> Vec<String> {
    match path.rsplit('/').next().unwrap_or(path) {
        "package.json" => node(text, dev),
        "Cargo.toml" => text.parse().map(|table| cargo(&table, dev)).unwrap_or_default(),
        "pyproject.toml" => text.parse().map(|table| pyproject(&table, dev)).unwrap_or_default(),
        "go.mod" => go(text),
        _ => text.lines().filter_map(python_name).collect(),
    }
}

fn node(text: &str, dev: bool) -> Vec<String> {
    let Ok(manifest) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else {
        return Vec::new();
    };
    let mut keys = vec!["dependencies", "optionalDependencies"];
    keys.extend(dev.then_some("devDependencies"));
    let tables = keys.into_iter().filter_map(|key| manifest.get(key)?.as_object());
    tables.flat_map(|table| table.keys().cloned()).collect()
}

fn cargo(manifest: &toml::Table, dev: bool) -> Vec<String> {
    let mut keys = vec!["dependencies"];
    if dev {
        keys.extend(["dev-dependencies", "build-dependencies"]);
    }
    let tables = keys.into_iter().filter_map(|key| manifest.get(key)?.as_table());
    let renamed = |value: &toml::Value| value.get("package").and_then(toml::Value::as_str).map(str::to_owned);
    tables.flatten().map(|(name, value)| renamed(value).unwrap_or_else(|| name.clone())).collect()
}

fn pyproject(manifest: &toml::Table, dev: bool) -> Vec<String> {
    let project = manifest.get("project");
    let mut lists: Vec<&toml::Value> =
        project.and_then(|project| project.get("dependencies")).into_iter().collect();
    if dev {
        let groups = [
            project.and_then(|project| project.get("optional-dependencies")),
            manifest.get("dependency-groups"),
        ];
        lists.extend(groups.into_iter().flatten().filter_map(toml::Value::as_table).flat_map(|t| t.values()));
    }
    let entries = lists.into_iter().filter_map(toml::Value::as_array).flatten();
    entries.filter_map(|entry| python_name(entry.as_str()?)).collect()
}

/// The name at the beginning of a requirement; `None` for comments and options.
pub(super) fn python_name(line: &str) -> Option<String> {
    let line = line.trim();
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(line.len());
    let name = line.get(..end)?;
    name.starts_with(|c: char| c.is_ascii_alphanumeric()).then(|| name.to_owned())
}

fn go(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("require") {
            Some(rest) if rest.trim() == "(" => inside = true,
            Some(rest) if !inside => found.extend(rest.split_whitespace().next().map(str::to_owned)),
            _ if line == ")" => inside = false,
            _ if inside && !line.starts_with("//") => {
                found.extend(line.split_whitespace().next().map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}
