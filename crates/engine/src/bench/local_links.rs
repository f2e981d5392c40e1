//! The project's own packages among the installed ones (`file:`, `link:`, `workspace:`). Some package managers copy
//! them, and a copy becomes stale. In a slot they are replaced by links to the slot's own folders. For `setup` and
//! `slots`. It knows only Node, installs nothing, and names no folder outside the project. `workspace` makes the links.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use workspace::{Slot, Workspace};

/// Tables of package.json that name installed packages.
const TABLES: [&str; 4] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
/// The most packages of one project that are checked.
const MAX_PACKAGES: usize = 2_000;
/// The longest manifest that is read, in bytes.
const MAX_MANIFEST: u64 = 1 << 20;
/// The most ignored folders to which installed packages may link.
const MAX_MISSING: usize = 50;

/// Replaces installed copies of the slot's own packages by links into the slot. `files`: the paths of its commit.
pub(super) fn lead_into_slot(workspace: &Workspace, slot: &Slot, files: &[String]) {
    for (entry, folder) in copies(&slot.path, files) {
        let names = entry.to_str().zip(folder.to_str());
        let linked = names.map(|(entry, folder)| workspace.link_in_slot(slot, entry, folder));
        if let Some(Err(error)) = linked {
            tracing::warn!("{}: a copy of the project's own package stays: {error}", entry.display());
        }
    }
}

fn text(root: &Path, path: &str) -> Option<String> {
    String::from_utf8(workspace::read_beneath(root, path, MAX_MANIFEST)?).ok()
}

/// Folders of the project to which installed packages link and that a slot lacks because git ignores them; relative to
/// the root. `installed`: the folders with packages.
pub(super) fn missing(root: &Path, installed: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in installed.iter().filter(|folder| folder.ends_with("node_modules")) {
        let names = |below: &Path| -> Vec<PathBuf> {
            let entries = fs::read_dir(root.join(below)).into_iter().flatten().flatten().take(MAX_PACKAGES);
            entries.map(|entry| below.join(entry.file_name())).collect()
        };
        for name in names(folder) {
            let scope = name.file_name().is_some_and(|name| name.to_string_lossy().starts_with('@'));
            let entries = if scope { names(&name) } else { vec![name] };
            for entry in entries {
                let Ok(target) = fs::read_link(root.join(&entry)) else { continue };
                let above = entry.parent().unwrap_or(Path::new(""));
                let target = target.to_str().and_then(|target| beneath(above, target));
                found.extend(target.filter(|target| !root.join(target).exists()));
            }
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MAX_MISSING);
    found
}

/// Installed copies, each with its original folder in the project; both relative to the root.
fn copies(root: &Path, files: &[String]) -> Vec<(PathBuf, PathBuf)> {
    let manifests: BTreeMap<PathBuf, Value> = files
        .iter()
        .filter(|path| path.rsplit('/').next() == Some("package.json") && !path.contains("node_modules/"))
        .take(MAX_PACKAGES)
        .filter_map(|path| Some((Path::new(path).parent()?.to_path_buf(), text(root, path)?)))
        .filter_map(|(folder, text)| Some((folder, serde_json::from_str(&text).ok()?)))
        .collect();
    let own: BTreeMap<&str, &PathBuf> = manifests
        .iter()
        .filter_map(|(folder, manifest)| Some((manifest.get("name")?.as_str()?, folder)))
        .collect();
    let mut found = Vec::new();
    for (folder, manifest) in &manifests {
        for (name, spec) in specs(manifest) {
            let target = match named_path(spec) {
                Some(path) => beneath(folder, path),
                None if spec.starts_with("workspace:") => own.get(name).map(|path| (*path).clone()),
                None => None,
            };
            let Some(target) = target.filter(|target| root.join(target).is_dir()) else { continue };
            let places = folder.ancestors().map(|above| above.join("node_modules").join(name));
            let Some(entry) = places.into_iter().find(|entry| root.join(entry).exists()) else { continue };
            if is_copy(root, &entry) {
                found.push((entry, target));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn specs(manifest: &Value) -> Vec<(&str, &str)> {
    let tables = TABLES.iter().filter_map(|table| manifest.get(table)?.as_object());
    tables.flatten().filter_map(|(name, spec)| Some((name.as_str(), spec.as_str()?))).collect()
}

/// The folder that a specification names; `None` for archives and others.
fn named_path(spec: &str) -> Option<&str> {
    let path = ["file:", "link:", "portal:"].iter().find_map(|scheme| spec.strip_prefix(scheme))?;
    let archive = [".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end));
    (!archive).then_some(path)
}

/// Turns a path relative to a folder of the project into one relative to its root; `None` if it leaves the project.
fn beneath(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut place = folder.to_path_buf();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !place.pop() {
                    return None;
                }
            }
            Component::Normal(name) => place.push(name),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!place.as_os_str().is_empty()).then_some(place)
}

/// Whether the entry, with links resolved, is inside installed packages, and so a copy.
fn is_copy(root: &Path, entry: &Path) -> bool {
    let (Ok(real), Ok(root)) = (root.join(entry).canonicalize(), root.canonicalize()) else { return false };
    real.strip_prefix(&root)
        .is_ok_and(|below| below.components().any(|part| part.as_os_str() == "node_modules"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<String>) {
        let place = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = place.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let tracked = files.iter().filter(|(path, _)| !path.contains("node_modules"));
        let list = tracked.map(|(path, _)| (*path).to_string()).collect();
        (place, list)
    }

    #[test]
    fn copies_of_packages_of_the_project_are_found() {
        let (place, files) = project(&[
            ("package.json", r#"{"dependencies": {"lib": "file:./lib", "left": "1"}}"#),
            ("lib/package.json", r#"{"name": "lib"}"#),
            ("lib/index.js", "broken"),
            ("apps/a/package.json", r#"{"devDependencies": {"@x/tool": "link:../../tool"}}"#),
            ("tool/index.js", "now"),
            ("node_modules/lib/index.js", "as it was"),
            ("node_modules/left/index.js", "left"),
            ("apps/a/node_modules/@x/tool/index.js", "as it was"),
        ]);
        let pairs = [("apps/a/node_modules/@x/tool", "tool"), ("node_modules/lib", "lib")];
        assert_eq!(copies(place.path(), &files), pairs.map(|(entry, folder)| (entry.into(), folder.into())));
    }

    #[test]
    fn a_copy_behind_a_link_into_a_store_is_one_too_and_a_version_of_a_registry_is_none() {
        let (place, files) = project(&[
            ("package.json", r#"{"dependencies": {"lib": "workspace:*", "old": "^1.0.0"}}"#),
            ("lib/package.json", r#"{"name": "lib"}"#),
            ("old/package.json", r#"{"name": "old", "version": "2.0.0"}"#),
            ("node_modules/.pnpm/lib@file+lib/node_modules/lib/package.json", "{}"),
            ("node_modules/old/package.json", r#"{"name": "old", "version": "1.0.0"}"#),
        ]);
        let root = place.path();
        symlink(".pnpm/lib@file+lib/node_modules/lib", root.join("node_modules/lib")).unwrap();
        assert_eq!(copies(root, &files), [("node_modules/lib".into(), "lib".into())]);
        fs::remove_file(root.join("node_modules/lib")).unwrap();
        symlink("../lib", root.join("node_modules/lib")).unwrap();
        assert!(copies(root, &files).is_empty());
    }

    #[test]
    fn paths_that_leave_the_project_are_not_its_own() {
        assert_eq!(beneath(Path::new("a"), "../b/./c"), Some("b/c".into()));
        assert_eq!(beneath(Path::new("a"), "../../b"), None);
        assert_eq!(beneath(Path::new(""), "/b"), None);
        assert_eq!(named_path("file:a.tgz"), None);
    }

    #[test]
    fn links_to_what_git_ignores_are_found() {
        let (place, _) =
            project(&[("app/node_modules/a/index.js", ""), ("app/node_modules/@x/y/index.js", "")]);
        let root = place.path();
        symlink("../../local/one", root.join("app/node_modules/one")).unwrap();
        symlink("../../../local/two", root.join("app/node_modules/@x/two")).unwrap();
        symlink("../../../outside", root.join("app/node_modules/out")).unwrap();
        symlink("a", root.join("app/node_modules/there")).unwrap();
        assert_eq!(
            missing(root, &["app/node_modules".into()]),
            ["local/one", "local/two"].map(PathBuf::from)
        );
    }
}
