//! Packages in manifests and lockfiles: the engine adds those that a plan names; tasks must not edit them. It reads the
//! same files as set-up, which would install what they name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bench::files::requirements::is_requirements;
use crate::gates::protected::locked_packages;

/// Names, each with everything that a file says about it.
type Entries = BTreeMap<String, String>;

/// The packages of a file.
#[derive(Default)]
struct Packages {
    /// From elsewhere: a registry, a repository, an archive.
    foreign: Entries,
    /// Parts of the same project.
    own: Entries,
}

/// The packages of a whole project.
#[derive(Default)]
pub(crate) struct Known {
    /// Named by a manifest.
    pub declared: BTreeSet<String>,
    /// Named by a lockfile.
    pub installed: BTreeSet<String>,
    /// Files with requirements that a list of another name includes.
    pub lists: BTreeSet<String>,
    /// The usual names of the modules of Python packages.
    pub modules: BTreeSet<String>,
}

/// Packages that a change adds or requests differently; removed packages do not count. `known`: packages of other
/// manifests of the project, which a new manifest may name, too.
pub(crate) fn changed(path: &str, before: Option<&str>, after: Option<&str>, known: &Known) -> Vec<String> {
    let Some(after) = after else { return Vec::new() };
    let is_new = before.is_none();
    let read = |text: &str| match known.lists.contains(path) {
        true => Packages::foreign(requirements(text)),
        false => packages(path, text),
    };
    let (before, after) = (before.map(read).unwrap_or_default(), read(after));
    let differs = |name: &str, said: &String| {
        before.foreign.get(name) != Some(said) && !(is_new && known.declared.contains(name))
    };
    // A part of the project in the place of a package is another package
    let replaces = |name: &str, said: &String| {
        let is_package = before.foreign.contains_key(name)
            || known.declared.contains(name)
            || known.installed.contains(name);
        before.own.get(name) != Some(said) && is_package
    };
    let foreign = after.foreign.iter().filter(|(name, said)| differs(name, said));
    let own = after.own.iter().filter(|(name, said)| replaces(name, said));
    let mut found: Vec<String> = foreign.map(|(name, _)| name.clone()).collect();
    for (name, _) in own {
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}

/// Whether the file says which packages a project wants.
pub(crate) fn is_manifest(path: &str) -> bool {
    const NAMES: [&str; 6] =
        ["package.json", "Cargo.toml", "pyproject.toml", "setup.cfg", "Pipfile", "go.mod"];
    path.rsplit('/').next().is_some_and(|name| NAMES.contains(&name)) || is_requirements(path)
}

/// The package names in a manifest.
pub(crate) fn names(path: &str, text: &str) -> BTreeSet<String> {
    packages(path, text).foreign.into_keys().collect()
}

/// The files that a list of requirements includes, as paths of the project.
pub(crate) fn included(path: &str, text: &str) -> Vec<String> {
    const SIGNS: [&str; 4] = ["--requirement", "--constraint", "-r", "-c"];
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let of_line = |line: &str| {
        let line = line.trim();
        let rest = SIGNS.iter().find_map(|sign| line.strip_prefix(sign))?;
        let file = rest.trim_start_matches([' ', '\t', '=']).split_whitespace().next()?;
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in file.split('/').filter(|part| !["", "."].contains(part)) {
            match part {
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    };
    text.lines().filter_map(of_line).collect()
}

/// The names of Python packages in a manifest, without versions.
pub(crate) fn python_names(path: &str, text: &str) -> BTreeSet<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_python = ["pyproject.toml", "setup.cfg", "Pipfile"].contains(&name) || is_requirements(path);
    if !is_python {
        return BTreeSet::new();
    }
    let bare = |said: &String| {
        let end = said.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(said.len());
        let bare = said.get(..end)?;
        bare.starts_with(|c: char| c.is_ascii_alphanumeric()).then(|| bare.to_string())
    };
    packages(path, text).foreign.keys().filter_map(bare).collect()
}

impl Packages {
    fn foreign(foreign: Entries) -> Packages {
        Packages { foreign, own: Entries::new() }
    }

    fn add(&mut self, is_own: bool, name: &str, said: &str) {
        let entries = if is_own { &mut self.own } else { &mut self.foreign };
        let entry = entries.entry(name.to_string()).or_default();
        entry.push_str(said);
        entry.push('\n');
    }
}

fn packages(path: &str, text: &str) -> Packages {
    let name = path.rsplit('/').next().unwrap_or(path);
    let table = || text.parse::<toml::Table>().unwrap_or_default();
    match name {
        "package.json" => node(text),
        "Cargo.toml" => cargo(&table()),
        "pyproject.toml" => Packages::foreign(python(&table())),
        "Pipfile" => Packages::foreign(pipfile(&table())),
        "setup.cfg" => Packages::foreign(setup_cfg(text)),
        "Cargo.lock" => Packages::foreign(locked_packages::of_cargo(&table())),
        "package-lock.json" | "npm-shrinkwrap.json" => Packages::foreign(locked_packages::of_npm(text)),
        "go.mod" => Packages::foreign(lines(text.lines().filter(|line| {
            let line = line.trim();
            // The project's own name and its version of Go are not packages
            (line.contains(" v") || line.contains("=>"))
                && !line.starts_with("//")
                && !line.starts_with("module ")
        }))),
        _ if is_requirements(path) => Packages::foreign(requirements(text)),
        _ if shared::lockfiles::is_lockfile(name) => {
            Packages::foreign(Entries::from([(name.to_string(), text.to_string())]))
        }
        _ => Packages::default(),
    }
}

fn requirements(text: &str) -> Entries {
    lines(text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')))
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> Entries {
    lines.map(|line| (line.trim().to_string(), String::new())).collect()
}

fn node(text: &str) -> Packages {
    const KEYS: [&str; 4] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
    /// One of these takes the place of a package anywhere, or changes it.
    const REPLACES: [&str; 5] = ["overrides", "resolutions", "patchedDependencies", "catalog", "catalogs"];
    const OWN: [&str; 4] = ["workspace:", "file:", "link:", "portal:"];
    let Ok(manifest) = serde_json::from_str::<Value>(text) else { return Packages::default() };
    let mut found = Packages::default();
    // A member of a workspace stands for the package of its name
    if let Some(name) = manifest.get("name").and_then(Value::as_str) {
        found.add(true, name, "");
    }
    for key in KEYS {
        for (name, wanted) in manifest.get(key).and_then(Value::as_object).into_iter().flatten() {
            let is_own =
                wanted.as_str().is_some_and(|wanted| OWN.iter().any(|sign| wanted.starts_with(sign)));
            found.add(is_own, name, &wanted.to_string());
        }
    }
    for place in [Some(&manifest), manifest.get("workspaces")].into_iter().flatten() {
        let tables = REPLACES.iter().filter_map(|key| place.get(*key)?.as_object());
        tables.flatten().for_each(|(name, wanted)| found.add(false, name, &wanted.to_string()));
    }
    found
}

fn cargo(manifest: &toml::Table) -> Packages {
    const KEYS: [&str; 5] =
        ["dependencies", "dev-dependencies", "dev_dependencies", "build-dependencies", "build_dependencies"];
    let mut found = Packages::default();
    let mut tables: Vec<&toml::Table> = vec![manifest];
    tables.extend(manifest.get("workspace").and_then(toml::Value::as_table));
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(targets.into_iter().flat_map(|all| all.values()).filter_map(toml::Value::as_table));
    let of = |value: &'_ toml::Value| value.as_table().cloned().unwrap_or_default();
    for table in tables {
        for (name, wanted) in KEYS.iter().filter_map(|key| table.get(*key)).flat_map(of) {
            let is = |key: &str| wanted.get(key).is_some();
            // What a member takes from its workspace stands there
            if !is("workspace") {
                found.add(is("path") && !is("git") && !is("registry"), &name, &wanted.to_string());
            }
        }
    }
    let patches = manifest.get("patch").map(of).unwrap_or_default();
    let replaced = patches.values().chain(manifest.get("replace")).flat_map(of);
    replaced.for_each(|(name, wanted)| found.add(false, &name, &wanted.to_string()));
    found
}

fn python(manifest: &toml::Table) -> Entries {
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
    let flit = tool("flit").and_then(|flit| flit.get("metadata"));
    lists.extend(["requires", "dev-requires"].iter().filter_map(|key| flit?.get(*key)));
    let extra = flit.and_then(|flit| flit.get("requires-extra")).and_then(toml::Value::as_table);
    lists.extend(extra.into_iter().flat_map(|groups| groups.values()));
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
    // Files with requirements, and where packages come from
    let dynamic = tool("setuptools").and_then(|setuptools| setuptools.get("dynamic"));
    let others = [
        ("dynamic dependencies", dynamic.and_then(|dynamic| dynamic.get("dependencies"))),
        ("dynamic extras", dynamic.and_then(|dynamic| dynamic.get("optional-dependencies"))),
        ("poetry's sources", poetry.and_then(|poetry| poetry.get("source"))),
        ("pdm's sources", tool("pdm").and_then(|pdm| pdm.get("source"))),
    ];
    found.extend(others.into_iter().filter_map(|(name, part)| Some((name.to_string(), part?.to_string()))));
    found
}

/// Every table holds packages, apart from the settings of pipenv itself.
fn pipfile(manifest: &toml::Table) -> Entries {
    let mut found = Entries::new();
    for (key, part) in manifest.iter().filter(|(key, _)| !["requires", "pipenv"].contains(&key.as_str())) {
        match part.as_table() {
            Some(table) => {
                found.extend(table.iter().map(|(name, wanted)| (name.clone(), wanted.to_string())));
            }
            None => drop(found.insert(key.clone(), part.to_string())),
        }
    }
    found
}

/// The requirements in the lists of setup.cfg.
fn setup_cfg(text: &str) -> Entries {
    const LISTS: [&str; 3] = ["install_requires", "setup_requires", "tests_require"];
    let mut found = Entries::new();
    let (mut section, mut is_list) = (String::new(), false);
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with(['#', ';'])) {
        let mut said = line.trim();
        if !line.starts_with([' ', '\t']) {
            if let Some(name) = said.strip_prefix('[').and_then(|said| said.strip_suffix(']')) {
                (section, is_list) = (name.trim().to_string(), false);
                continue;
            }
            let (key, rest) = said.split_once(['=', ':']).unwrap_or((said, ""));
            let key = key.trim().to_ascii_lowercase().replace('-', "_");
            is_list =
                section == "options.extras_require" || section == "options" && LISTS.contains(&key.as_str());
            said = rest.trim();
        }
        if is_list && !said.is_empty() {
            found.insert(said.to_string(), String::new());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, before: &str, after: &str, expected: &[&str]) {
        let found = changed(path, Some(before), Some(after), &Known::default());
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
        let known = Known { declared: BTreeSet::from(["a".to_string()]), ..Known::default() };
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
        let known = Known { declared: BTreeSet::from(["a".to_string()]), ..Known::default() };
        let text = r#"{ "dependencies": { "a": "1", "jose": "6" } }"#;
        assert_eq!(changed("web/package.json", None, Some(text), &known), ["jose"]);
    }
    #[test]
    fn a_part_of_the_project_replaces_no_package_that_another_package_needs() {
        let known = Known { installed: BTreeSet::from(["deep".to_string()]), ..Known::default() };
        let changed =
            |path: &str, before: Option<&str>, after: &str| changed(path, before, Some(after), &known);
        let json = r#"{ "name": "app", "dependencies": { "a": "1" } }"#;
        let with = |more: &str| json.replace(r#""a": "1""#, &format!(r#""a": "1", {more}"#));
        assert_eq!(changed("package.json", Some(json), &with(r#""deep": "file:./x""#)), ["deep"]);
        assert!(changed("package.json", Some(json), &with(r#""other": "workspace:*""#)).is_empty());
        let twice = r#"{ "dependencies": { "a": "1" }, "devDependencies": { "a": "file:./a" } }"#;
        assert_eq!(changed("package.json", Some(json), twice), ["a"]);
        assert_eq!(changed("packages/x/package.json", None, r#"{ "name": "deep" }"#), ["deep"]);
        assert!(changed("packages/x/package.json", None, r#"{ "name": "@app/x" }"#).is_empty());
        assert!(
            changed("x/package.json", Some(r#"{ "name": "deep" }"#), r#"{ "name": "deep", "version": "2" }"#)
                .is_empty()
        );
        let patched =
            r#"{ "name": "app", "dependencies": { "a": "1" }, "patchedDependencies": { "a@1": "a.patch" } }"#;
        assert_eq!(changed("package.json", Some(json), patched), ["a@1"]);
    }

    #[test]
    fn a_patch_of_cargo_is_a_package_whatever_its_neighbours_are_called() {
        let patch = "[patch.crates-io]\na = { path = \"fakes/a\" }\npath = { path = \"fakes/path\" }\n";
        check("Cargo.toml", "", patch, &["a", "path"]);
        check("Cargo.toml", "", "[dev_dependencies]\na = \"1\"\n", &["a"]);
        check("Cargo.toml", "", "[replace]\n\"a:1.0.0\" = { path = \"a\" }\n", &["a:1.0.0"]);
        let known = Known { declared: BTreeSet::from(["a".to_string()]), ..Known::default() };
        let member =
            "[package]\nname = \"new\"\n[dependencies]\na.workspace = true\nb = { path = \"../b\" }\n";
        assert!(changed("crates/new/Cargo.toml", None, Some(member), &known).is_empty());
    }

    #[test]
    fn every_file_from_which_set_up_installs_is_read() {
        let cfg = "[metadata]\nname = v\n\n[options]\npackages = v\ninstall_requires =\n    one\n";
        check("setup.cfg", cfg, &cfg.replace("    one\n", "    one\n    two>=1\n"), &["two>=1"]);
        check(
            "setup.cfg",
            cfg,
            &format!("{cfg}\n[options.extras_require]\ntest = two; three\n"),
            &["two; three"],
        );
        check("setup.cfg", cfg, &cfg.replace("packages = v", "packages = v, w"), &[]);
        check("requirements/base.txt", "one\n", "one\ntwo\n", &["two"]);
        check("tests/requirements.txt", "one\n", "one\ntwo\n", &["two"]);
        check("requirements-dev.in", "one\n", "one\ntwo\n", &["two"]);
        check(
            "Pipfile",
            "[packages]\none = \"*\"\n",
            "[packages]\none = \"*\"\n[dev-packages]\ntwo = \"*\"\n",
            &["two"],
        );
        let listed = Known { lists: BTreeSet::from(["deps.txt".to_string()]), ..Known::default() };
        assert_eq!(changed("deps.txt", Some("one"), Some("one\ntwo"), &listed), ["two"]);
        assert!(changed("notes.txt", Some("one"), Some("one\ntwo"), &listed).is_empty());
        assert_eq!(
            included(
                "requirements/dev.txt",
                "-r ../deps.txt\n-cbase.txt\n--requirement=more.in\nrich\n-r ../../out.txt"
            ),
            ["deps.txt", "requirements/base.txt", "requirements/more.in"]
        );
        let names = python_names("requirements.txt", "-r x.txt\nPyYAML>=6\nassert-py[x]==1\n");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["PyYAML", "assert-py"]);
    }
}
