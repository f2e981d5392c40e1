//! Packages that depend on other packages of the same project: a change there can break their tests. Pure.
//!
//! `engine` uses it to leave out checks of other packages. It reads only `package.json`, no imports: a dependency that
//! the manifest does not name is not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::node::Packages;
use super::source::{Source, is_inside};

/// The folders of packages that a change of these files affects: packages that contain one of them, and packages that
/// depend on such a package, directly or through others.
pub fn concerned(
    read: &dyn Fn(&str) -> Option<String>,
    list: &[String],
    changed: &[String],
) -> BTreeSet<String> {
    let source = Source::new(read, list);
    let packages = Packages::new(&source);
    let folders = source.folders_with(&["package.json"]);
    let mut needed_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let named: BTreeMap<String, &str> = folders
        .iter()
        .filter_map(|folder| Some((packages.get(folder)?.name()?.to_owned(), folder.as_str())))
        .collect();
    for folder in &folders {
        let Some(package) = packages.get(folder) else { continue };
        for need in package.needs().filter_map(|name| named.get(name)) {
            needed_by.entry(need).or_default().push(folder);
        }
    }
    let mut found: BTreeSet<String> = changed.iter().filter_map(|path| innermost(&folders, path)).collect();
    let mut open: Vec<String> = found.iter().cloned().collect();
    while let Some(folder) = open.pop() {
        for other in needed_by.get(folder.as_str()).into_iter().flatten() {
            if found.insert((*other).to_owned()) {
                open.push((*other).to_owned());
            }
        }
    }
    found
}

fn innermost(folders: &[String], path: &str) -> Option<String> {
    folders.iter().filter(|folder| is_inside(path, folder)).max_by_key(|folder| folder.len()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_concerns_its_package_and_those_that_need_it() {
        let files = [
            ("package.json", r#"{"workspaces": ["packages/*"]}"#),
            ("packages/a/package.json", r#"{"name": "a", "dependencies": {"b": "*"}}"#),
            ("packages/b/package.json", r#"{"name": "b", "devDependencies": {"c": "*"}}"#),
            ("packages/c/package.json", r#"{"name": "c", "dependencies": {"a": "*", "left": "1"}}"#),
            ("packages/d/package.json", r#"{"name": "d"}"#),
        ];
        let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let read =
            |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        let of = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            concerned(&read, &list, &paths).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(of(&["packages/d/src/a.js"]), ["packages/d"]);
        // A cycle of dependencies ends
        assert_eq!(of(&["packages/c/index.js"]), ["packages/a", "packages/b", "packages/c"]);
        assert_eq!(of(&["README.md"]), [""]);
    }
}
