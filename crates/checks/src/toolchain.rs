//! The parts of a machine that decide a check's outcome, beside the files of the tree.
//!
//! It starts no compiler, and only reads files and settings.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::hash::Hash;
use std::path::Path;
use std::time::SystemTime;

use shared::StableHasher;

use crate::environment;

/// Programs for checks, if they are on `PATH`.
pub(crate) const PROGRAMS: &[&str] = &[
    "node", "npm", "npx", "pnpm", "yarn", "bun", "deno", "tsc", "cargo", "rustc", "rustup", "python",
    "python3", "pytest", "uv", "go", "make", "cc", "gcc", "clang", "java", "ruby", "php", "dotnet", "sh",
];

/// Whether a program of this name is on our `PATH`.
pub fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.is_absolute() && folder.join(name).is_file())
}

/// Files that package managers write after an installation.
const INSTALLED: &[&str] = &[
    "node_modules/.package-lock.json",
    "node_modules/.yarn-state.yml",
    "node_modules/.modules.yaml",
    ".venv/pyvenv.cfg",
    "venv/pyvenv.cfg",
];

/// A short text that changes with the environment of checks, with the programs that run them, or with the packages
/// installed in the project's folder `root`, as far as names, sizes and times show it.
pub fn toolchain(root: &Path) -> String {
    describe(std::env::vars_os(), root)
}

fn describe(ours: impl Iterator<Item = (OsString, OsString)>, root: &Path) -> String {
    let environment = environment::build(ours, &BTreeMap::new(), root, root, Path::new("tmp"), "run");
    let mut hasher = StableHasher::new();
    environment.hash(&mut hasher);
    let path = environment.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    for program in PROGRAMS {
        let found = folders.iter().map(|folder| folder.join(program)).find(|file| file.is_file());
        // Links are resolved, so that another version behind the same name is noticed
        let real = found.as_ref().and_then(|file| file.canonicalize().ok());
        (program, &real, real.as_deref().map(stamp)).hash(&mut hasher);
    }
    for file in INSTALLED {
        (file, stamp(&root.join(file))).hash(&mut hasher);
    }
    hasher.hex()
}

/// Size and time of a file; `None` if there is none.
fn stamp(file: &Path) -> Option<(u64, Option<SystemTime>)> {
    file.metadata().ok().map(|found| (found.len(), found.modified().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn at(path: &Path, root: &Path, variables: &[(&str, &str)]) -> String {
        let path = [(OsString::from("PATH"), path.as_os_str().to_owned())];
        let others = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        describe(path.into_iter().chain(others), root)
    }

    #[test]
    fn it_changes_with_programs_variables_and_what_is_installed_and_with_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (bin, root) = (folder.path().join("bin"), folder.path().join("project"));
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(root.join("node_modules")).unwrap();
        fs::write(bin.join("node"), "one").unwrap();
        let first = at(&bin, &root, &[]);
        fs::write(root.join("src.js"), "changed").unwrap();
        fs::write(bin.join("unrelated"), "x").unwrap();
        assert_eq!(at(&bin, &root, &[("EDITOR", "vi")]), first);

        assert_ne!(at(&bin, &root, &[("TZ", "UTC")]), first);
        fs::write(bin.join("node"), "a longer one").unwrap();
        let second = at(&bin, &root, &[]);
        assert_ne!(second, first);
        fs::write(root.join("node_modules/.package-lock.json"), "{}").unwrap();
        assert_ne!(at(&bin, &root, &[]), second);
    }
}
