//! The packages in lockfiles. `packages_by_hand` compares two versions of one, and asks which names a project's
//! packages have. Texts in, names out: it reads no file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Packages from a registry; members of the workspace change with their manifests.
pub(super) fn of_cargo(lock: &toml::Table) -> BTreeMap<String, String> {
    let all = lock.get("package").and_then(toml::Value::as_array);
    let entry = |package: &toml::Value| {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_string();
        package.get("source")?;
        Some((format!("{} {}", text("name"), text("version")), text("source") + &text("checksum")))
    };
    all.into_iter().flatten().filter_map(entry).collect()
}

pub(super) fn of_npm(text: &str) -> BTreeMap<String, String> {
    let Ok(lock) = serde_json::from_str::<Value>(text) else {
        return BTreeMap::from([("the whole file".to_string(), text.to_string())]);
    };
    let all = lock.get("packages").and_then(Value::as_object);
    let foreign = all
        .into_iter()
        .flatten()
        .filter(|(path, entry)| path.contains("node_modules/") && entry.get("link").is_none());
    let name = |path: &str| path.rsplit("node_modules/").next().unwrap_or(path).to_string();
    foreign.map(|(path, entry)| (name(path), entry.to_string())).collect()
}

/// The names of the packages from elsewhere in a lockfile, without versions.
pub(super) fn names(path: &str, text: &str) -> BTreeSet<String> {
    match path.rsplit('/').next().unwrap_or(path) {
        "package-lock.json" | "npm-shrinkwrap.json" => {
            let lock = serde_json::from_str::<Value>(text).unwrap_or_default();
            let older = lock.get("dependencies").and_then(Value::as_object);
            let mut found: BTreeSet<String> = of_npm(text).into_keys().collect();
            found.extend(older.into_iter().flat_map(|all| all.keys().cloned()));
            found
        }
        "Pipfile.lock" => {
            let lock = serde_json::from_str::<Value>(text).unwrap_or_default();
            let groups = lock.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with('_'));
            groups.filter_map(|(_, group)| group.as_object()).flat_map(|all| all.keys().cloned()).collect()
        }
        "yarn.lock" => text.lines().filter_map(of_yarn_line).collect(),
        "pnpm-lock.yaml" => text.lines().filter_map(of_pnpm_line).collect(),
        "bun.lock" => text.lines().filter_map(of_bun_line).collect(),
        "Cargo.lock" => of_tables(text, |package| package.contains_key("source")),
        // Of the project itself, uv notes another source than a registry
        "uv.lock" => of_tables(text, |package| {
            let source = package.get("source").and_then(toml::Value::as_table);
            source.is_none_or(|source| !source.contains_key("editable") && !source.contains_key("virtual"))
        }),
        "poetry.lock" | "pdm.lock" => of_tables(text, |_| true),
        _ => BTreeSet::new(),
    }
}

fn of_tables(text: &str, is_foreign: impl Fn(&toml::Table) -> bool) -> BTreeSet<String> {
    let lock: toml::Table = text.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let foreign = packages.filter_map(toml::Value::as_table).filter(|package| is_foreign(package));
    foreign.filter_map(|package| Some(package.get("name")?.as_str()?.to_string())).collect()
}

/// `"@a/b@npm:^1", "@a/b@^2":` begins an entry.
fn of_yarn_line(line: &str) -> Option<String> {
    let key = line.strip_suffix(':').filter(|line| !line.starts_with([' ', '#']))?;
    let first = key.split(',').next()?.trim_matches('"');
    if first.contains("@workspace:") {
        return None;
    }
    before_version(first)
}

/// `  /a/1.0.0:`, `  /a@1.0.0:` or `  '@a/b@1.0.0':` begins an entry.
fn of_pnpm_line(line: &str) -> Option<String> {
    let key = line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.strip_suffix(':')?;
    let key = key.trim_matches(['\'', '"']);
    let bare = key.trim_start_matches('/');
    before_version(bare).or_else(|| {
        let (name, version) = bare.rsplit_once('/')?;
        (key.starts_with('/') && version.starts_with(|c: char| c.is_ascii_digit())).then(|| name.to_string())
    })
}

/// `"key": ["name@1.0.0", …]` is an entry.
fn of_bun_line(line: &str) -> Option<String> {
    let (_, rest) = line.trim().split_once("\": [\"")?;
    let first = rest.split('"').next()?;
    if first.contains("@workspace:") {
        return None;
    }
    before_version(first)
}

/// The name in `name@version`; a scope begins with `@`, too.
fn before_version(told: &str) -> Option<String> {
    let at = told.char_indices().skip(1).find(|(_, c)| *c == '@')?.0;
    told.get(..at).filter(|name| !name.contains(' ')).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_lockfile_of_every_manager() {
        let cases = [
            (
                "package-lock.json",
                r#"{"packages":{"":{},"node_modules/a":{},"node_modules/a/node_modules/@s/b":{},"node_modules/own":{"link":true}}}"#,
            ),
            (
                "web/yarn.lock",
                "# yarn\n\n\"@s/b@^1.0.0\", \"@s/b@^2\":\n  version \"1\"\na@npm:1:\n\"own@workspace:x\":\n",
            ),
            (
                "pnpm-lock.yaml",
                "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\npackages:\n\n  '@s/b@1.0.0':\n    resolution: {}\n  /a/1.0.0:\n",
            ),
            (
                "bun.lock",
                "{\n  \"packages\": {\n    \"a\": [\"a@1.0.0\", \"\"],\n    \"x/@s/b\": [\"@s/b@1\", \"\"],\n    \"own\": [\"own@workspace:x\"],\n",
            ),
            (
                "Cargo.lock",
                "[[package]]\nname = \"a\"\nsource = \"r\"\n[[package]]\nname = \"@s/b\"\nsource = \"r\"\n[[package]]\nname = \"own\"\n",
            ),
            (
                "uv.lock",
                "[[package]]\nname = \"a\"\nsource = { registry = \"r\" }\n[[package]]\nname = \"@s/b\"\n[[package]]\nname = \"own\"\nsource = { editable = \".\" }\n",
            ),
            ("Pipfile.lock", r#"{"_meta":{"x":1},"default":{"a":{}},"develop":{"@s/b":{}}}"#),
        ];
        for (path, text) in cases {
            assert_eq!(names(path, text).into_iter().collect::<Vec<_>>(), ["@s/b", "a"], "{path}");
        }
        assert!(names("go.sum", "x").is_empty() && names("package-lock.json", "{ broken").len() <= 1);
    }
}
