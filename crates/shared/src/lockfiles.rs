//! Lockfiles, and the package manager that writes each. `checks` decides which manager installs from which
//! lockfile.
//!
//! It knows names only: it reads no lockfile and no folder.

/// The files of each manager, the usual one first.
const BY_MANAGER: [(&str, &[&str]); 13] = [
    ("npm", &["package-lock.json", "npm-shrinkwrap.json"]),
    ("pnpm", &["pnpm-lock.yaml"]),
    ("yarn", &["yarn.lock"]),
    ("bun", &["bun.lock", "bun.lockb"]),
    ("cargo", &["Cargo.lock"]),
    ("uv", &["uv.lock"]),
    ("poetry", &["poetry.lock"]),
    ("pdm", &["pdm.lock"]),
    ("pipenv", &["Pipfile.lock"]),
    ("go", &["go.sum"]),
    ("composer", &["composer.lock"]),
    ("bundler", &["Gemfile.lock"]),
    ("nix", &["flake.lock"]),
];

/// Managers of Python projects.
const PYTHON: [&str; 4] = ["uv", "poetry", "pdm", "pipenv"];

/// The lockfiles that a manager writes; empty for an unknown manager.
pub fn of(manager: &str) -> &'static [&'static str] {
    BY_MANAGER.iter().find(|(known, _)| *known == manager).map_or(&[], |(_, files)| files)
}

/// The lockfiles of Python projects, each with its manager.
pub fn python() -> impl Iterator<Item = (&'static str, &'static str)> {
    PYTHON.iter().flat_map(|manager| of(manager).iter().map(|file| (*manager, *file)))
}

/// Every lockfile's name.
pub fn all() -> impl Iterator<Item = &'static str> {
    BY_MANAGER.iter().flat_map(|(_, files)| files.iter().copied())
}

/// Whether `name` (without its folder) is a lockfile's; case does not count.
pub fn is_lockfile(name: &str) -> bool {
    all().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lockfiles_are_known_by_name_and_by_manager() {
        assert!(
            ["Cargo.lock", "cargo.lock", "go.sum", "bun.lockb", "Pipfile.lock"].into_iter().all(is_lockfile)
        );
        assert!(!["go.mod", "package.json", "Cargo.toml", "block", ""].into_iter().any(is_lockfile));
        assert_eq!(of("npm"), ["package-lock.json", "npm-shrinkwrap.json"]);
        assert!(of("make").is_empty());
        assert_eq!(python().count(), PYTHON.len(), "each has one");
    }
}
