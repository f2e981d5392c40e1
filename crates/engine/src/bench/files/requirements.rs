//! Lists of requirements of Python projects, told by their paths, as set-up finds them. It reads no file.

use shared::test_files::is_in_test_folder;

/// Folders of such lists; everything in them is one.
const FOLDERS: [&str; 2] = ["requirements", "reqs"];

/// Whether a path is a list from which pip installs packages, or that limits their versions.
pub(crate) fn is_requirements(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (place, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let folder = place.rsplit('/').next().unwrap_or(place);
    let Some(stem) = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".in")) else { return false };
    let in_folder = FOLDERS.contains(&folder);
    let named = stem.contains("requirement") || stem.starts_with("constraints") || in_folder;
    // Deeper among tests, it is a sample
    named && (!is_in_test_folder(path) || in_folder || ["test", "tests"].contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_from_samples_and_prose() {
        for path in [
            "requirements.txt",
            "dev-requirements.in",
            "requirements/base.txt",
            "api/reqs/test.txt",
            "tests/requirements.txt",
            "constraints.txt",
        ] {
            assert!(is_requirements(path), "{path}");
        }
        for path in
            ["notes.txt", "tests/fixtures/requirements.txt", "docs/requirements.md", "a/requirements.py"]
        {
            assert!(!is_requirements(path), "{path}");
        }
    }
}
