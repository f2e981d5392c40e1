//! The subject of a file, from its name: a test and the tested code have the same subject.
//!
//! `resolve/places` groups files by it, and `ranking/beside` uses the groups. It sees only a path;
//! `shared::test_files` decides whether a file is a test.

/// The name of a file without the part that marks a test: `auth` for `src/auth.ts`, `auth.test.ts`, `test_auth.py`.
pub(crate) fn subject(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut stem = name.split('.').find(|part| !part.is_empty()).unwrap_or(name);
    for ending in ["_test", "_tests", "-test", "_spec", "-spec", "Test", "Tests", "Spec"] {
        stem = stem.strip_suffix(ending).filter(|rest| !rest.is_empty()).unwrap_or(stem);
    }
    stem = stem.strip_prefix("test_").filter(|rest| !rest.is_empty()).unwrap_or(stem);
    if matches!(stem, "index" | "mod" | "lib" | "main" | "__init__" | "tests" | "test") {
        return folder.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(stem);
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_has_the_subject_of_its_code() {
        for path in [
            "src/auth.ts",
            "src/auth.test.ts",
            "tests/test_auth.py",
            "auth_test.go",
            "src/auth/mod.rs",
            "src/auth/tests.rs",
            "auth/index.js",
        ] {
            assert_eq!(subject(path), "auth", "{path}");
        }
        for (path, expected) in
            [("", ""), ("test_", "test_"), (".eslintrc.js", "eslintrc"), ("main.rs", "main")]
        {
            assert_eq!(subject(path), expected, "{path}");
        }
    }
}
