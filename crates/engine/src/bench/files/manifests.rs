//! The sections of manifests that configure the project's checks.
//!
//! `gates::protected` asks what changed, `bench::verdict` restores the base's sections. Texts in, sections or a text
//! out: it writes no file. `kinds` knows which files are manifests; the gate knows who may change a section.

use std::collections::{BTreeMap, BTreeSet};

use crate::bench::files::kinds::is_whole_manifest;

/// Sections by name, each as one text that can be compared.
type Sections = BTreeMap<String, String>;

/// Keys of package.json that hold the configuration of a check.
const NODE_KEYS: [&str; 37] = [
    "jest",
    "vitest",
    "mocha",
    "ava",
    "tap",
    "nyc",
    "c8",
    "eslintConfig",
    "eslintIgnore",
    "prettier",
    "xo",
    "standard",
    "stylelint",
    "lint-staged",
    "husky",
    "pre-commit",
    "simple-git-hooks",
    "gitHooks",
    "nano-staged",
    "commitlint",
    "nodemonConfig",
    "babel",
    "jasmine",
    "karma",
    "qunit",
    "testem",
    "uvu",
    "tsd",
    "ts-node",
    "esm",
    "cypress",
    "wireit",
    "nx",
    "turbo",
    "pnpm",
    "packageManager",
    "volta",
];
const CARGO_KEYS: [&str; 12] = [
    "lints",
    "profile",
    "workspace.lints",
    "test",
    "lib.test",
    "lib.doctest",
    "lib.harness",
    "package.autotests",
    "package.metadata.nextest",
    "package.build",
    "package.links",
    "lib.path",
];
const PYTHON_TOOLS: [&str; 16] = [
    "pytest",
    "ruff",
    "mypy",
    "pyright",
    "basedpyright",
    "black",
    "isort",
    "flake8",
    "pylint",
    "coverage",
    "tox",
    "nox",
    "bandit",
    "pydocstyle",
    "pytype",
    "ty",
];
/// What builds a project of Python, where its packages come from, its plugins of runners, and its scripts.
const PYTHON_KEYS: [&str; 14] = [
    "build-system.build-backend",
    "build-system.backend-path",
    "project.entry-points.pytest11",
    "tool.poetry.plugins.pytest11",
    "tool.uv.sources",
    "tool.uv.override-dependencies",
    "tool.uv.index",
    "tool.hatch.envs",
    "tool.hatch.build.hooks",
    "tool.pdm.scripts",
    "tool.pdm.build",
    "tool.poe",
    "tool.taskipy",
    "tool.setuptools.cmdclass",
];
/// Scripts that npm runs by itself.
const LIFECYCLE: [&str; 6] = ["install", "prepare", "publish", "pack", "version", "dependencies"];

/// The protected sections that differ between two versions of a manifest; a version is `None` if the file does not
/// exist. A version that cannot be parsed counts as having none of them.
pub(crate) fn changed(path: &str, before: Option<&str>, after: Option<&str>) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let read = |text: Option<&str>| text.and_then(|text| sections(name, text)).unwrap_or_default();
    let (before, after) = (read(before), read(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .filter(|name| before.contains_key(*name) || !is_harmless(name, &before))
        .cloned()
        .collect()
}

/// Whether package managers or git run a section automatically on the user's machine.
pub(crate) fn runs_of_itself(section: &str) -> bool {
    let Some(script) = section.strip_prefix("scripts.") else {
        return ["husky", "lint-staged", "nano-staged", "pre-commit", "simple-git-hooks", "gitHooks"]
            .contains(&section);
    };
    let of = script.strip_prefix("pre").or_else(|| script.strip_prefix("post")).unwrap_or(script);
    LIFECYCLE.contains(&script) || LIFECYCLE.contains(&of)
}

/// Whether a section of a manifest that begins with this mission can decide what tests say that are there already. What it
/// names, builds and runs on demand is its own.
pub(crate) fn configures_checks(section: &str) -> bool {
    const OWN: [&str; 9] = [
        "packageManager",
        "volta",
        "pnpm",
        "profile",
        "lib.path",
        "package.build",
        "package.links",
        "build-system.build-backend",
        "the whole file",
    ];
    let own = ["scripts.", "imports."].iter().any(|start| section.starts_with(start));
    !own && !OWN.contains(&section)
}

/// Whether the section is new and does not change what runs today: a script, or a name of a module that led nowhere.
fn is_harmless(section: &str, before: &Sections) -> bool {
    if let Some(name) = section.strip_prefix("imports.") {
        let led = |known: &String| {
            let pattern = known.strip_prefix("imports.").and_then(|known| known.split_once('*'));
            pattern.is_some_and(|(start, end)| name.starts_with(start) && name.ends_with(end))
        };
        return !before.keys().any(led);
    }
    let Some(script) = section.strip_prefix("scripts.") else { return false };
    let hooked = script.strip_prefix("pre").or_else(|| script.strip_prefix("post"));
    let hooks_in =
        hooked.is_some_and(|of| LIFECYCLE.contains(&of) || before.contains_key(&format!("scripts.{of}")));
    let is_check =
        ["test", "lint", "build", "check", "typecheck", "types", "tsc", "ci", "verify"].contains(&script);
    !hooks_in && !is_check && !LIFECYCLE.contains(&script)
}

fn sections(name: &str, text: &str) -> Option<Sections> {
    match name {
        "package.json" => package_json(text),
        "Cargo.toml" => {
            let table: toml::Table = text.parse().ok()?;
            Some(toml_sections(&table, CARGO_KEYS.iter().map(ToString::to_string)))
        }
        "pyproject.toml" => {
            let table: toml::Table = text.parse().ok()?;
            Some(toml_sections(&table, python_keys()))
        }
        "setup.cfg" => Some(ini(text)),
        _ if is_whole_manifest(name) => Some(Sections::from([("the whole file".into(), text.into())])),
        _ => None,
    }
}

fn python_keys() -> impl Iterator<Item = String> {
    let tools = PYTHON_TOOLS.iter().map(|tool| format!("tool.{tool}"));
    tools.chain(PYTHON_KEYS.iter().map(ToString::to_string))
}

fn package_json(text: &str) -> Option<Sections> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut found = Sections::new();
    if let Some(scripts) = value.get("scripts").and_then(|s| s.as_object()) {
        found.extend(scripts.iter().map(|(name, line)| (format!("scripts.{name}"), line.to_string())));
    }
    // Where names of modules lead
    if let Some(imports) = value.get("imports").and_then(|imports| imports.as_object()) {
        found.extend(imports.iter().map(|(name, to)| (format!("imports.{name}"), to.to_string())));
    }
    for key in NODE_KEYS {
        found.extend(value.get(key).map(|part| (key.to_string(), part.to_string())));
    }
    Some(found)
}

fn toml_sections(table: &toml::Table, keys: impl Iterator<Item = String>) -> Sections {
    let part = |key: &str| {
        let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
        rest.into_iter()
            .flat_map(|rest| rest.split('.'))
            .try_fold(table.get(first)?, |part, name| part.get(name))
    };
    keys.filter_map(|key| part(&key).map(|part| (key.clone(), part.to_string()))).collect()
}

const ENTRY_POINTS: &str = "options.entry_points";

/// The sections of setup.cfg that tools read.
fn ini(text: &str) -> Sections {
    let mut found = Sections::new();
    let mut section = String::new();
    for line in
        text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
    {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.trim().to_string();
        } else if section.split(':').any(|part| PYTHON_TOOLS.iter().any(|tool| part.starts_with(tool)))
            || ["aliases", ENTRY_POINTS].contains(&section.as_str())
        {
            let text = found.entry(section.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    // Others than those of a runner are the product's
    if found.get(ENTRY_POINTS).is_some_and(|text| !text.contains("pytest11")) {
        found.remove(ENTRY_POINTS);
    }
    found
}

/// The text `now` with the sections of `base` that configure checks; `None` if these are equal already.
/// `scripts_only`: only the scripts.
pub(crate) fn with_sections_of(path: &str, base: &str, now: &str, scripts_only: bool) -> Option<String> {
    let other = changed(path, Some(base), Some(now));
    let is_script = |section: &String| section.starts_with("scripts.");
    if !other.iter().any(|section| !scripts_only || is_script(section)) {
        return None;
    }
    let merged = match path.rsplit('/').next().unwrap_or(path) {
        "package.json" => with_keys_of(base, now, scripts_only),
        "Cargo.toml" => with_tables_of(base, now, CARGO_KEYS.iter().map(ToString::to_string)),
        "pyproject.toml" => with_tables_of(base, now, python_keys()),
        _ => None,
    };
    Some(merged.unwrap_or_else(|| base.to_string()))
}

fn with_keys_of(base_text: &str, now: &str, scripts_only: bool) -> Option<String> {
    let read = |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).ok();
    let (mut merged, mut base) = (read(now)?, read(base_text)?);
    let changed: Vec<String> = {
        let of = |text: &str| package_json(text).unwrap_or_default();
        let (before, after) = (of(base_text), of(now));
        let new = |name: &String| !before.contains_key(name) && !is_harmless(name, &before);
        let differs = |name: &String| before.contains_key(name) && before.get(name) != after.get(name);
        let names = before.keys().chain(after.keys()).filter(|name| new(name) || differs(name));
        names.filter_map(|name| Some(name.strip_prefix("imports.")?.to_string())).collect()
    };
    if !scripts_only && !changed.is_empty() {
        let known = base.get("imports").and_then(|part| part.as_object()).cloned().unwrap_or_default();
        let imports = merged.entry("imports").or_insert_with(|| serde_json::json!({}));
        let imports = imports.as_object_mut()?;
        for name in changed {
            match known.get(&name) {
                Some(to) => drop(imports.insert(name, to.clone())),
                None => drop(imports.remove(&name)),
            }
        }
    }
    for key in std::iter::once("scripts").chain(NODE_KEYS.into_iter().filter(|_| !scripts_only)) {
        match base.remove(key) {
            Some(value) => drop(merged.insert(key.into(), value)),
            None => drop(merged.remove(key)),
        }
    }
    serde_json::to_string_pretty(&merged).ok()
}

fn with_tables_of(base: &str, now: &str, keys: impl Iterator<Item = String>) -> Option<String> {
    let (mut merged, base): (toml::Table, toml::Table) = (now.parse().ok()?, base.parse().ok()?);
    for key in keys {
        let mut parts: Vec<&str> = key.split('.').collect();
        let last = parts.pop()?;
        let value = parts.iter().try_fold(&base, |table, name| table.get(*name)?.as_table());
        let value = value.and_then(|table| table.get(last)).cloned();
        let mut at = &mut merged;
        let mut is_there = true;
        for name in parts {
            if !at.contains_key(name) && value.is_none() {
                is_there = false;
                break;
            }
            at = at.entry(name).or_insert_with(|| toml::Table::new().into()).as_table_mut()?;
        }
        match value {
            _ if !is_there => {}
            Some(value) => drop(at.insert(last.to_string(), value)),
            None => drop(at.remove(last)),
        }
    }
    Some(merged.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, before: &str, after: &str, expected: &[&str]) {
        assert_eq!(changed(path, Some(before), Some(after)), expected, "{path}: {before} -> {after}");
    }

    #[test]
    fn of_package_json_only_checks_are_protected() {
        let base = r#"{ "name": "a", "scripts": { "test": "node --test", "start": "node ." }, "jest": { "bail": 1 } }"#;
        let with = |from: &str, to: &str| base.replace(from, to);
        let check = |after: String, expected: &[&str]| check("web/package.json", base, &after, expected);
        check(base.into(), &[]);
        check(with(r#""name": "a""#, r#""version": "2", "dependencies": { "b": "1" }"#), &[]);
        check(with("node --test", "true"), &["scripts.test"]);
        check(with(r#""start": "node .""#, r#""start": "node .", "demo": "node demo.js""#), &[]);
        check(with(r#""start": "node .""#, r#""start": "node .", "pretest": "rm a""#), &["scripts.pretest"]);
        check(
            with(r#""start": "node .""#, r#""start": "node .", "postinstall": "x""#),
            &["scripts.postinstall"],
        );
        check(with(r#""start": "node .""#, r#""start": "node .", "lint": "true""#), &["scripts.lint"]);
        check(with(r#""bail": 1"#, r#""bail": 0"#), &["jest"]);
        assert!(["scripts.postinstall", "scripts.prepare", "husky"].into_iter().all(runs_of_itself));
        assert!(!["scripts.test", "scripts.pretest", "jest"].into_iter().any(runs_of_itself));
        check("{ broken".into(), &["jest", "scripts.start", "scripts.test"]);
        assert_eq!(changed("package.json", Some(base), None).len(), 3);
    }

    #[test]
    fn names_of_modules_lead_where_they_led() {
        let base = r##"{ "imports": { "#a": "./src/a.js", "#lib/*": "./lib/*.js" } }"##;
        let with = |from: &str, to: &str| base.replace(from, to);
        let package = |after: &str, expected: &[&str]| check("package.json", base, after, expected);
        package(&with("./src/a.js", "./src/b.js"), &["imports.#a"]);
        package(&with(r##""#a""##, r##""#b": "./src/b.js", "#a""##), &[]);
        package(&with(r##""#a""##, r##""#lib/x": "./src/b.js", "#a""##), &["imports.#lib/x"]);
        package(r#"{}"#, &["imports.#a", "imports.#lib/*"]);
        let now = r##"{ "imports": { "#a": "./src/b.js", "#lib/*": "./lib/*.js", "#lib/x": "./b.js", "#c": "./c.js" } }"##;
        let merged = with_sections_of("package.json", base, now, false).unwrap();
        let merged: serde_json::Value = serde_json::from_str(&merged).unwrap();
        let imports = &merged["imports"];
        assert_eq!((imports["#a"].as_str(), imports["#c"].as_str()), (Some("./src/a.js"), Some("./c.js")));
        assert_eq!(imports.get("#lib/x"), None);
        assert_eq!(with_sections_of("package.json", base, now, true), None, "these are no scripts");
    }

    #[test]
    fn sections_of_the_base_take_the_place_of_others() {
        let base = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n[lib]\ndoctest = true\n";
        let now = "[package]\nname = \"a\"\nautotests = false\n[profile.test]\nopt-level = 3\n[dependencies]\nb = \"1\"\n";
        let merged = with_sections_of("x/Cargo.toml", base, now, false).unwrap();
        let merged: toml::Table = merged.parse().unwrap();
        let expected = format!("{base}[dependencies]\nb = \"1\"\n");
        assert_eq!(merged, expected.parse::<toml::Table>().unwrap());
        assert_eq!(with_sections_of("Cargo.toml", base, now, true), None, "it has no scripts");
        let python = "[tool.pytest.ini_options]\naddopts = \"-q\"\n";
        let merged = with_sections_of("pyproject.toml", python, "[project]\nname = \"a\"\n", false).unwrap();
        assert!(merged.contains("addopts") && merged.contains("name"), "{merged}");
        assert_eq!(
            with_sections_of("setup.cfg", "[mypy]\na = 1\n", "[mypy]\na = 2\n", false).as_deref(),
            Some("[mypy]\na = 1\n")
        );
        assert_eq!(
            with_sections_of("package.json", "{ \"jest\": 1 }", "{ broken", false).as_deref(),
            Some("{ \"jest\": 1 }")
        );
    }

    #[test]
    fn of_other_manifests_too() {
        let cargo = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n";
        check("Cargo.toml", cargo, &format!("{cargo}[dependencies]\nserde = \"1\"\n"), &[]);
        check("Cargo.toml", cargo, "[package]\nname = \"a\"\n", &["lints"]);
        check("Cargo.toml", cargo, &format!("{cargo}[profile.dev]\nopt-level = 3\n"), &["profile"]);
        check("Cargo.toml", cargo, &cargo.replace("name", "autotests = false\nname"), &["package.autotests"]);
        let python = "[project]\nname = \"a\"\n[tool.ruff]\nline-length = 99\n";
        check("pyproject.toml", python, &python.replace("\"a\"", "\"b\"\ndependencies = [\"x\"]"), &[]);
        check("pyproject.toml", python, &python.replace("99", "200"), &["tool.ruff"]);
        let cfg = "[metadata]\nname = a\n[tool:pytest]\naddopts = -q\n";
        check("setup.cfg", cfg, &cfg.replace("= a\n", "= b\n"), &[]);
        check("setup.cfg", cfg, &cfg.replace("-q", "-k none"), &["tool:pytest"]);
    }
}
