//! `package.json` files, read once each, and the members of workspaces.
//!
//! A file that cannot be parsed counts as missing; the project's own tools report it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::discover::source::{Source, glob, is_foreign, join, json};

/// The most members of a workspace that are read.
const MAX_MEMBERS: usize = 400;

pub(crate) struct Package(Value);

impl Package {
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.get("name")?.as_str()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub(crate) fn script(&self, name: &str) -> Option<&str> {
        self.0.get("scripts")?.get(name)?.as_str()
    }

    pub(crate) fn scripts(&self) -> impl Iterator<Item = &str> {
        self.0
            .get("scripts")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|scripts| scripts.keys().map(String::as_str))
    }

    /// The wireit settings of a script.
    pub(crate) fn wireit(&self, script: &str) -> Option<&Value> {
        self.0.get("wireit")?.get(script)
    }

    pub(crate) fn depends_on(&self, package: &str) -> bool {
        self.version_of(package).is_some()
    }

    /// The names of all its dependencies.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &str> {
        ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]
            .iter()
            .filter_map(|key| self.0.get(key)?.as_object())
            .flat_map(|all| all.keys().map(String::as_str))
    }

    pub(crate) fn version_of(&self, package: &str) -> Option<&str> {
        ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]
            .iter()
            .find_map(|key| self.0.get(key)?.get(package)?.as_str())
    }

    /// Whether the package provides a tool of this name or depends on it.
    pub(crate) fn has_tool(&self, name: &str) -> bool {
        let own = self.0.get("bin").is_some_and(|bin| match bin {
            Value::Object(all) => all.contains_key(name),
            _ => self.name().is_some_and(|own| own.rsplit('/').next() == Some(name)),
        });
        own || self.depends_on(name)
            || ["dependencies", "devDependencies"].iter().filter_map(|key| self.0.get(key)?.as_object()).any(
                |all| all.keys().any(|package| crate::discover::judge::program_of_package(package) == name),
            )
    }

    pub(crate) fn has_dependencies(&self) -> bool {
        ["dependencies", "devDependencies", "optionalDependencies", "workspaces"]
            .iter()
            .filter_map(|key| self.0.get(key))
            .any(|all| {
                all.as_object().is_some_and(|all| !all.is_empty())
                    || all.as_array().is_some_and(|all| !all.is_empty())
            })
    }

    fn workspaces(&self) -> Option<Vec<String>> {
        let workspaces = self.0.get("workspaces")?;
        let list = workspaces.as_array().or_else(|| workspaces.get("packages")?.as_array())?;
        Some(texts(list))
    }
}

/// Parses a manifest's text as a package.
pub(super) fn parsed(text: &str) -> Option<Package> {
    json(text).map(Package)
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// The members of a workspace, by folder.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    pub folders: Vec<String>,
}

/// All packages of a project.
pub(crate) struct Packages<'a> {
    source: &'a Source<'a>,
    known: RefCell<BTreeMap<String, Option<Rc<Package>>>>,
    members: RefCell<BTreeMap<String, Members>>,
}

impl<'a> Packages<'a> {
    pub(crate) fn new(source: &'a Source<'a>) -> Packages<'a> {
        Packages { source, known: RefCell::default(), members: RefCell::default() }
    }

    /// The package of a folder.
    pub(crate) fn get(&self, folder: &str) -> Option<Rc<Package>> {
        if let Some(known) = self.known.borrow().get(folder) {
            return known.clone();
        }
        let read = self
            .source
            .read(folder, "package.json")
            .and_then(|text| json(&text))
            .map(|value| Rc::new(Package(value)));
        self.known.borrow_mut().insert(folder.to_owned(), read.clone());
        read
    }

    /// Whether a folder is the root of a workspace.
    pub(crate) fn is_workspace(&self, folder: &str) -> bool {
        self.patterns(folder).is_some()
    }

    /// The patterns of member folders, below a folder.
    fn patterns(&self, folder: &str) -> Option<Vec<String>> {
        if let Some(text) = self
            .source
            .read(folder, "pnpm-workspace.yaml")
            .or_else(|| self.source.read(folder, "pnpm-workspace.yml"))
        {
            let listed = yaml_list(&text, "packages");
            if !listed.is_empty() {
                return Some(listed);
            }
        }
        if let Some(patterns) = self.get(folder).and_then(|package| package.workspaces()) {
            return Some(patterns);
        }
        let settings = |file: &str| self.source.read(folder, file).and_then(|text| json(&text));
        if let Some(rush) = settings("rush.json") {
            let projects = rush.get("projects")?.as_array()?;
            return Some(
                projects
                    .iter()
                    .filter_map(|one| Some(one.get("projectFolder")?.as_str()?.to_owned()))
                    .collect(),
            );
        }
        if let Some(lerna) = settings("lerna.json") {
            let listed = lerna.get("packages").and_then(Value::as_array).map(|list| texts(list));
            return Some(listed.unwrap_or_else(|| vec!["packages/*".to_owned()]));
        }
        // Older nx: packages may be anywhere
        self.source.has_any(folder, &["nx.json", "turbo.json"]).then(|| vec!["**".to_owned()])
    }

    /// The members of the workspace whose root is this folder.
    pub(crate) fn members(&self, folder: &str) -> Members {
        if let Some(known) = self.members.borrow().get(folder) {
            return known.clone();
        }
        let patterns = self.patterns(folder).unwrap_or_else(|| vec!["**".to_owned()]);
        let (out, of): (Vec<&String>, Vec<&String>) =
            patterns.iter().partition(|pattern| pattern.starts_with('!'));
        let globs = |patterns: &[&String]| -> Vec<_> {
            patterns
                .iter()
                .filter_map(|pattern| {
                    glob(pattern.trim_start_matches('!').trim_start_matches("./").trim_end_matches('/'))
                })
                .collect()
        };
        // A pattern that names a folder exactly counts, whatever the folder's name
        let named = |place: &str| {
            of.iter().any(|pattern| {
                !pattern.contains("**")
                    && glob(pattern.trim_start_matches("./").trim_end_matches('/'))
                        .is_some_and(|glob| glob.is_match(place))
            })
        };
        let (of_globs, out_globs) = (globs(&of), globs(&out));
        let mut folders: Vec<String> = self
            .source
            .below(folder)
            .filter_map(|path| path.strip_suffix("/package.json"))
            .filter(|place| !place.split('/').any(|part| part == "node_modules"))
            .filter(|place| {
                of_globs.iter().any(|glob| glob.is_match(place))
                    && !out_globs.iter().any(|glob| glob.is_match(place))
            })
            .filter(|place| named(place) || !is_foreign(place))
            .map(|place| join(folder, place))
            .collect();
        folders.sort();
        folders.truncate(MAX_MEMBERS);
        let members = Members { folders };
        self.members.borrow_mut().insert(folder.to_owned(), members.clone());
        members
    }
}

/// The texts of a YAML list under a top-level key.
fn yaml_list(text: &str, key: &str) -> Vec<String> {
    let plain =
        |text: &str| text.split(" #").next().unwrap_or(text).trim().trim_matches(['"', '\'']).to_owned();
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("{key}:")));
    let Some(first) = lines.next() else { return Vec::new() };
    let rest = first.get(key.len() + 1..).unwrap_or_default().trim();
    if let Some(list) = rest.strip_prefix('[') {
        return list.trim_end_matches(']').split(',').map(plain).filter(|one| !one.is_empty()).collect();
    }
    lines
        .take_while(|line| line.trim().is_empty() || line.starts_with([' ', '\t', '-', '#']))
        .filter_map(|line| line.trim().strip_prefix('-'))
        .map(plain)
        .filter(|one| !one.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_yaml_are_read() {
        let text = "# x\npackages:\n  - 'packages/*' # all\n  # none\n  - \"!packages/out\"\n- apps/**\ncatalog:\n  a: 1\n";
        assert_eq!(yaml_list(text, "packages"), ["packages/*", "!packages/out", "apps/**"]);
        assert_eq!(yaml_list("packages: [a, 'b']", "packages"), ["a", "b"]);
    }
}
