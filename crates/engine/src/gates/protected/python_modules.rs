//! New Python modules that would be imported in place of a package: Python searches the folders of tests, and some others,
//! before installed packages, so that a module there named like a package replaces it for every test.
//!
//! Only top-level modules do so. It reads names of files, and of what the checking slot has installed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use shared::test_files::pytest_collects;
use workspace::Workspace;

use crate::bench::dependencies::folders_named;
use crate::bench::files::startup_files::is_python_module;
use crate::bench::slots::CHECKING;
use crate::gates::protected::known_packages::module_name;
use crate::gates::protected::packages_by_hand::Known;

/// Folders that Python or a runner usually searches, apart from those of tests.
const SEARCHED: [&str; 4] = ["", "src", "test", "tests"];
/// Names that packages install although they mean nobody's package.
const COMMON: [&str; 14] = [
    "test",
    "tests",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "scripts",
    "tools",
    "utils",
    "helpers",
    "benchmarks",
    "build",
    "src",
];
/// The most installed packages whose list of files is read, and the longest list, in bytes.
const MAX_INSTALLED: usize = 2_000;
const MAX_RECORD: u64 = 4 << 20;

/// The new files among `paths` that replace a package, each with its module.
pub(super) fn replacing(
    workspace: &Workspace,
    (base, head): (&str, &str),
    paths: &[String],
    known: &dyn Fn() -> Result<Option<Known>, workspace::Error>,
) -> Result<Vec<(String, String)>, workspace::Error> {
    let candidates: Vec<&String> = paths.iter().filter(|path| module(path).is_some()).collect();
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = candidates.iter().map(|path| path.as_str()).collect();
    let before = workspace.read_all(base, &names)?;
    let new: Vec<&String> = candidates
        .into_iter()
        .zip(before)
        .filter(|(_, before)| before.is_none())
        .map(|(path, _)| path)
        .collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let files: BTreeSet<String> = workspace.files(head)?.into_iter().collect();
    let searched = searched(&files);
    let mut packages = None;
    let mut found = Vec::new();
    for path in new.into_iter().filter(|path| files.contains(*path)) {
        let Some((_, module)) = module(path).filter(|(folder, _)| searched.contains(*folder)) else {
            continue;
        };
        let packages = match &packages {
            Some(packages) => packages,
            None => {
                let mut all = known()?.unwrap_or_default().modules;
                all.extend(installed(&workspace.slot_path(CHECKING)));
                packages.insert(all)
            }
        };
        let name = module_name(module);
        if is_python_module(&name) || packages.contains(&name) {
            found.push((path.clone(), module.to_string()));
        }
    }
    Ok(found)
}

/// The folder and the module that a file would be there.
fn module(path: &str) -> Option<(&str, &str)> {
    let split = |path: &'_ str| path.rfind('/').map_or(0, |at| at + 1);
    let name = path.get(split(path)..)?;
    let folder = path.get(..split(path))?.trim_end_matches('/');
    let (stem, end) = name.split_once('.')?;
    let last = end.rsplit('.').next().unwrap_or(end);
    if !["py", "pyc", "so", "pyd"].contains(&last) || last == "py" && end != "py" {
        return None;
    }
    if stem != "__init__" {
        return Some((folder, stem));
    }
    let module = folder.get(split(folder)..)?;
    Some((folder.get(..split(folder))?.trim_end_matches('/'), module))
        .filter(|(_, module)| !module.is_empty())
}

/// The folders that Python searches before installed packages: of each test, the first above it that is no package.
fn searched(files: &BTreeSet<String>) -> BTreeSet<&str> {
    let mut found: BTreeSet<&str> = SEARCHED.into();
    for path in files.iter().filter(|path| pytest_collects(path) || path.ends_with("conftest.py")) {
        let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        while !folder.is_empty() && files.contains(&format!("{folder}/__init__.py")) {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        found.insert(folder);
    }
    found
}

/// The modules of installed packages. Those that were installed from a folder may be the project's own.
fn installed(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = MAX_INSTALLED;
    for environment in folders_named(root, &[".venv", "venv"], 4) {
        let versions = fs::read_dir(root.join(environment).join("lib")).into_iter().flatten().flatten();
        for site in versions.map(|version| version.path().join("site-packages")) {
            for entry in fs::read_dir(site).into_iter().flatten().flatten() {
                let place = entry.path();
                if place.extension().is_none_or(|end| end != "dist-info")
                    || place.join("direct_url.json").exists()
                {
                    continue;
                }
                let Some(rest) = left.checked_sub(1) else { return found };
                left = rest;
                let text = workspace::read_beneath(&place, "RECORD", MAX_RECORD).unwrap_or_default();
                found.extend(modules_in(&String::from_utf8_lossy(&text)));
            }
        }
    }
    found
}

/// The top-level modules in an installed package's list of files.
fn modules_in(record: &str) -> BTreeSet<String> {
    let of_line = |line: &str| {
        let path = line.split(',').next()?;
        let first = path.split('/').next()?;
        let name = if first == path { module(path)?.1 } else { first };
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with("__");
        plain.then(|| name.to_ascii_lowercase())
    };
    record.lines().filter_map(of_line).filter(|name| !COMMON.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_top_level_module_where_python_searches() {
        for (path, expected) in [
            ("tests/unit/rich.py", Some(("tests/unit", "rich"))),
            ("tests/unit/rich/__init__.py", Some(("tests/unit", "rich"))),
            ("rich.cpython-312-x86_64-linux-gnu.so", Some(("", "rich"))),
            ("rich/__init__.py", Some(("", "rich"))),
            ("__init__.py", None),
            ("a/rich.txt", None),
            ("a/rich.d.py", None),
        ] {
            assert_eq!(module(path), expected, "{path}");
        }
        let files = [
            "app/a.py",
            "tests/unit/test_a.py",
            "tests/more/__init__.py",
            "tests/more/test_b.py",
            "web/conftest.py",
        ];
        let files: BTreeSet<String> = files.map(str::to_string).into();
        let searched = searched(&files);
        assert!(
            ["", "src", "tests", "tests/unit", "web"].into_iter().all(|folder| searched.contains(folder))
        );
        assert!(!["app", "tests/more"].into_iter().any(|folder| searched.contains(folder)), "{searched:?}");
    }

    #[test]
    fn only_new_modules_named_like_a_package_replace_one() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("project");
        let write = |root: &Path, path: &str, text: &str| {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        };
        write(&root, "requirements.txt", "-r deps.txt\n");
        write(&root, "deps.txt", "Rich-Text>=1\n");
        write(&root, "tests/unit/test_a.py", "def test_a(): pass\n");
        write(&root, "tests/unit/json.py", "");
        let workspace = Workspace::open(&root, &place.path().join("state")).unwrap();
        let base = workspace.take_base("m-test").unwrap().commit;
        let checking = workspace.slot(CHECKING, &base).unwrap();
        let site = ".venv/lib/python3.12/site-packages";
        write(
            &checking.path,
            &format!("{site}/attrs-1.dist-info/RECORD"),
            "attr/__init__.py,,\nsix.py,,\nattrs-1.dist-info/RECORD,,\n",
        );
        write(&checking.path, &format!("{site}/own-1.dist-info/RECORD"), "own.py,,\n");
        write(&checking.path, &format!("{site}/own-1.dist-info/direct_url.json"), "{}");
        let slot = workspace.slot(1, &base).unwrap();
        let paths = [
            "tests/unit/rich_text.py",
            "tests/unit/six.py",
            "tests/unit/random/__init__.py",
            "tests/unit/helper.py",
            "tests/unit/own.py",
            "tests/unit/json.py",
            "app/six.py",
        ]
        .map(str::to_string);
        paths.iter().for_each(|path| write(&slot.path, path, "x = 1\n"));
        let head = workspace.commit_slot(&slot, &base, "change").unwrap().id;
        let known = || crate::gates::protected::known_packages::at(&workspace, &base);
        let found = replacing(&workspace, (&base, &head), &paths, &known).unwrap();
        let found: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(found, ["tests/unit/rich_text.py", "tests/unit/six.py", "tests/unit/random/__init__.py"]);
        let lists = crate::gates::protected::known_packages::lists(
            &workspace,
            &base,
            &["deps.txt".into(), "notes.txt".into()],
        );
        assert_eq!(lists.unwrap(), BTreeSet::from(["deps.txt".to_string()]));
    }
}
