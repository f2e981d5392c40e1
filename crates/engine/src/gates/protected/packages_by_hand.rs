//! Packages in manifests and lockfiles: the engine adds those that a plan names; tasks must not edit them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The packages of a file by name, each with its whole entry.
type Packages = BTreeMap<String, String>;

/// Packages that a change adds or requests differently; removed packages do not count. `known`: packages of other
/// manifests of the project, which a new manifest may name, too.
pub(crate) fn changed(
    path: &str,
    before: Option<&str>,
    after: Option<&str>,
    known: &BTreeSet<String>,
) -> Vec<String> {
    let Some(after) = after else { return Vec::new() };
    let is_new = before.is_none();
    let before = before.map(|text| packages(path, text)).unwrap_or_default();
    let differs = |(name, said): &(&String, &String)| {
        before.get(*name) != Some(*said) && !(is_new && known.contains(*name))
    };
    let mut found: Vec<String> =
        packages(path, after).iter().filter(differs).map(|(name, _)| name.clone()).collect();
    // A part of the project in the place of a package is another package
    let own = own_parts(path, after);
    found.extend(own.into_iter().filter(|name| before.contains_key(name) || known.contains(name)));
    found
}

/// Names that a manifest asks for as parts of the same project.
fn own_parts(path: &str, text: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    match path.rsplit('/').next().unwrap_or(path) {
        "package.json" => all.extend(node(text, true).into_keys()),
        "Cargo.toml" => {
            all.extend(text.parse().map(|table| cargo(&table, true)).unwrap_or_default().into_keys());
        }
        _ => {}
    }
    all.retain(|name| !packages(path, text).contains_key(name));
    all
}

/// The package names in a manifest.
pub(crate) fn names(path: &str, text: &str) -> BTreeSet<String> {
    packages(path, text).into_keys().collect()
}

fn packages(path: &str, text: &str) -> Packages {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "package.json" => node(text, false),
        "Cargo.toml" => text.parse().map(|table| cargo(&table, false)).unwrap_or_default(),
        "pyproject.toml" => text.parse().map(|table| python(&table)).unwrap_or_default(),
        "Cargo.lock" => text.parse().map(|table| cargo_lock(&table)).unwrap_or_default(),
        "package-lock.json" | "npm-shrinkwrap.json" => npm_lock(text),
        "go.mod" => lines(text.lines().filter(|line| {
            let line = line.trim();
            // The project's own name and its version of Go are not packages
            (line.contains(" v") || line.contains("=>"))
                && !line.starts_with("//")
                && !line.starts_with("module ")
        })),
        _ if name.contains("requirements") && name.ends_with(".txt") => {
            lines(text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')))
        }
        _ if shared::lockfiles::is_lockfile(name) => Packages::from([(name.to_string(), text.to_string())]),
        _ => Packages::new(),
    }
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> Packages {
    lines.map(|line| (line.trim().to_string(), String::new())).collect()
}

/// `own`: with parts of the same project. One that takes the place of a package anywhere is none.
fn node(text: &str, own: bool) -> Packages {
    const KEYS: [&str; 6] = [
        "dependencies",
        "devDependencies",
        "optionalDependencies",
        "peerDependencies",
        "overrides",
        "resolutions",
    ];
    let Ok(manifest) = serde_json::from_str::<Value>(text) else { return Packages::new() };
    let mut found = Packages::new();
    let tables = KEYS.iter().filter_map(|key| Some((*key, manifest.get(key)?.as_object()?)));
    for (key, table) in tables {
        let replaces = ["overrides", "resolutions"].contains(&key);
        for (name, wanted) in table {
            let signs = ["workspace:", "file:", "link:", "portal:"];
            let is_own =
                wanted.as_str().is_some_and(|wanted| signs.iter().any(|sign| wanted.starts_with(sign)));
            if own || replaces || !is_own {
                found.insert(name.clone(), wanted.to_string());
            }
        }
    }
    found
}

fn cargo(manifest: &toml::Table, with_own: bool) -> Packages {
    let mut found = Packages::new();
    let mut tables: Vec<&toml::Table> = vec![manifest];
    tables.extend(manifest.get("workspace").and_then(toml::Value::as_table));
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(targets.into_iter().flat_map(|all| all.values()).filter_map(toml::Value::as_table));
    for table in tables {
        for key in ["dependencies", "dev-dependencies", "build-dependencies", "patch", "replace"] {
            for (name, wanted) in table.get(key).and_then(toml::Value::as_table).into_iter().flatten() {
                let is = |key: &str| wanted.get(key).is_some();
                let own = (is("path") && !is("git") && !is("registry")) || is("workspace");
                if with_own || !own {
                    found.insert(name.clone(), wanted.to_string());
                }
            }
        }
    }
    found
}

fn python(manifest: &toml::Table) -> Packages {
    let project = manifest.get("project");
    let mut lists: Vec<&toml::Value> = Vec::new();
    lists.extend(project.and_then(|project| project.get("dependencies")));
    let tables = [project.and_then(|p| p.get("optional-dependencies")), manifest.get("dependency-groups")];
    lists.extend(tables.into_iter().flatten().filter_map(toml::Value::as_table).flat_map(|t| t.values()));
    let requires = manifest.get("build-system").and_then(|build| build.get("requires"));
    lists.extend(requires);
    let tool = |name: &str| manifest.get("tool").and_then(|tool| tool.get(name));
    lists.extend(tool("uv").and_then(|uv| uv.get("dev-dependencies")));
    let pdm = tool("pdm").and_then(|pdm| pdm.get("dev-dependencies")).and_then(toml::Value::as_table);
    lists.extend(pdm.into_iter().flat_map(|groups| groups.values()));
    let items = lists.into_iter().filter_map(toml::Value::as_array).flatten().filter_map(toml::Value::as_str);
    let mut found = lines(items);
    let poetry = tool("poetry");
    let mut tables: Vec<&toml::Value> = Vec::new();
    tables.extend(poetry.and_then(|poetry| poetry.get("dependencies")));
    tables.extend(poetry.and_then(|poetry| poetry.get("dev-dependencies")));
    let groups = poetry.and_then(|poetry| poetry.get("group")).and_then(toml::Value::as_table);
    tables
        .extend(groups.into_iter().flat_map(|groups| groups.values()).filter_map(|g| g.get("dependencies")));
    for (name, wanted) in tables.into_iter().filter_map(toml::Value::as_table).flatten() {
        found.insert(name.clone(), wanted.to_string());
    }
    found
}

/// Packages from a registry; members of the workspace change with their manifests.
fn cargo_lock(lock: &toml::Table) -> Packages {
    let all = lock.get("package").and_then(toml::Value::as_array);
    let entry = |package: &toml::Value| {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_string();
        package.get("source")?;
        Some((format!("{} {}", text("name"), text("version")), text("source") + &text("checksum")))
    };
    all.into_iter().flatten().filter_map(entry).collect()
}

fn npm_lock(text: &str) -> Packages {
    let Ok(lock) = serde_json::from_str::<Value>(text) else {
        return Packages::from([("the whole file".to_string(), text.to_string())]);
    };
    let all = lock.get("packages").and_then(Value::as_object);
    let foreign = all
        .into_iter()
        .flatten()
        .filter(|(path, entry)| path.contains("node_modules/") && entry.get("link").is_none());
    let name = |path: &str| path.rsplit("node_modules/").next().unwrap_or(path).to_string();
    foreign.map(|(path, entry)| (name(path), entry.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, before: &str, after: &str, expected: &[&str]) {
        let found = changed(path, Some(before), Some(after), &BTreeSet::new());
        assert_eq!(found, expected, "{path}: {before} -> {after}");
    }

    #[test]
    fn a_part_of_the_project_in_the_place_of_a_package_is_named() {
        let json = r#"{ "devDependencies": { "a": "1" } }"#;
        check("package.json", json, r#"{ "devDependencies": { "a": "file:./a" } }"#, &["a"]);
        check("package.json", json, r#"{ "devDependencies": { "a": "1", "b": "file:./b" } }"#, &[]);
        let over = r#"{ "devDependencies": { "a": "1" }, "overrides": { "c": "file:./c" } }"#;
        check("package.json", json, over, &["c"]);
        check(
            "Cargo.toml",
            "[dev-dependencies]\na = \"1\"",
            "[dev-dependencies]\na = { path = \"a\" }",
            &["a"],
        );
        check("Cargo.toml", "", "[dependencies]\na = { path = \"a\" }", &[]);
        check(
            "go.mod",
            "module m",
            "module m\nreplace example.org/a => ./a",
            &["replace example.org/a => ./a"],
        );
        let known = BTreeSet::from(["a".to_string()]);
        assert_eq!(
            changed("b/package.json", None, Some(r#"{"dependencies":{"a":"link:../a"}}"#), &known),
            ["a"]
        );
    }

    #[test]
    fn packages_that_are_added_or_asked_for_otherwise_are_named() {
        let json = r#"{ "dependencies": { "a": "1", "b": "1" } }"#;
        check("package.json", json, json, &[]);
        check("package.json", json, r#"{ "name": "x", "dependencies": { "b": "1" } }"#, &[]);
        check("package.json", json, &json.replace(r#""a": "1""#, r#""a": "2""#), &["a"]);
        check("package.json", json, &json.replace(r#""a": "1""#, r#""a": "1", "jose": "6""#), &["jose"]);
        check("package.json", json, &json.replace(r#""a": "1""#, r#""a": "1", "web": "workspace:*""#), &[]);
        let cargo = "[dependencies]\nserde = \"1\"\n";
        check("Cargo.toml", cargo, &format!("{cargo}itoa = \"1\"\n"), &["itoa"]);
        check(
            "Cargo.toml",
            cargo,
            &format!("{cargo}web = {{ path = \"../web\" }}\nb.workspace = true\n"),
            &[],
        );
        check(
            "Cargo.toml",
            cargo,
            &format!("{cargo}x = {{ git = \"https://e.org/x\", path = \"x\" }}\n"),
            &["x"],
        );
        let python = "[project]\ndependencies = [\"a>=1\"]\n";
        check("pyproject.toml", python, &python.replace("\"a>=1\"", "\"a>=1\", \"evil\""), &["evil"]);
        check("requirements.txt", "a==1\n", "# why\na==1\nb\n", &["b"]);
        check("dev-requirements.txt", "a==1\n", "a==1\nb\n", &["b"]);
        check(
            "pyproject.toml",
            python,
            &format!("{python}[tool.poetry.group.dev.dependencies]\nb = \"1\"\n"),
            &["b"],
        );
        check("pyproject.toml", python, &format!("{python}[tool.uv]\ndev-dependencies = [\"b\"]\n"), &["b"]);
        check(
            "go.mod",
            "module m\n\ngo 1.22\n",
            "module m\n\ngo 1.23\n\nrequire e.org/x v1.0.0\n",
            &["require e.org/x v1.0.0"],
        );
        check("yarn.lock", "a", "b", &["yarn.lock"]);
        check("src/package.rs", "a", "b", &[]);
    }

    #[test]
    fn of_lockfiles_only_what_comes_from_a_registry_counts() {
        let own = "[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n";
        let foreign =
            "[[package]]\nname = \"s\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\nchecksum = \"c\"\n";
        check("Cargo.lock", foreign, &format!("{own}{foreign}"), &[]);
        check("Cargo.lock", own, &format!("{own}{foreign}"), &["s 1.0.0"]);
        check("Cargo.lock", foreign, &foreign.replace("\"c\"", "\"d\""), &["s 1.0.0"]);
        let lock = r#"{ "packages": { "": { "name": "x" }, "node_modules/a": { "version": "1", "integrity": "i" } } }"#;
        check("package-lock.json", lock, &lock.replace(r#""name": "x""#, r#""name": "y""#), &[]);
        check("package-lock.json", lock, &lock.replace(r#""i""#, r#""j""#), &["a"]);
        check("package-lock.json", lock, "{ broken", &["the whole file"]);
    }

    #[test]
    fn a_new_manifest_may_name_what_the_project_has() {
        let known = BTreeSet::from(["a".to_string()]);
        let text = r#"{ "dependencies": { "a": "1", "jose": "6" } }"#;
        assert_eq!(changed("web/package.json", None, Some(text), &known), ["jose"]);
    }
}
