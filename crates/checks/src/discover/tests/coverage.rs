//! Which files a check covers, in small projects.

use super::{Coverage, needs_test};
use crate::check::{Check, CheckPurpose};
use crate::discover::discover;

/// The changed files that the project's test checks cover together.
fn covered(files: &[(&str, &str)], changed: &[&str]) -> Vec<String> {
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let checks: Vec<Check> = discover(&read, &list);
    assert!(checks.iter().any(|check| check.kind == CheckPurpose::Test), "{checks:?}");
    let coverage = Coverage::new(&read, &list);
    let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
    let mut all: Vec<String> = checks.iter().flat_map(|check| coverage.split(check, &changed).0).collect();
    all.sort();
    all.dedup();
    all
}

const NODE: &str = r#"{"name": "a", "scripts": {"test": "node --test", "build": "vite build"}}"#;

#[test]
fn a_test_speaks_for_its_language_only() {
    let files = [
        ("package.json", NODE),
        ("src/a.js", ""),
        ("test/a.test.js", ""),
        ("api/index.php", ""),
        ("api/view.html", ""),
        ("core/lib.rs", ""),
        ("deploy.sh", ""),
    ];
    let changed = ["src/a.js", "src/b.tsx", "api/index.php", "core/lib.rs", "deploy.sh", "src/data.json"];
    assert_eq!(covered(&files, &changed), ["src/a.js", "src/b.tsx", "src/data.json"]);
}

#[test]
fn builds_types_and_lints_cover_nothing() {
    let files = [
        ("package.json", r#"{"scripts": {"build": "tsc -p .", "lint": "eslint .", "test": "node --test"}}"#),
        ("src/a.ts", ""),
        ("test/a.test.ts", ""),
    ];
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let coverage = Coverage::new(&read, &list);
    let changed = ["src/a.ts".to_owned(), "README.md".to_owned()];
    for check in discover(&read, &list) {
        let (covers, misses) = coverage.split(&check, &changed);
        assert_eq!(covers.len() + misses.len(), 1, "prose needs no test");
        assert_eq!(covers.is_empty(), check.kind != CheckPurpose::Test, "{}", check.name);
    }
}

#[test]
fn a_member_needs_tests_of_its_own_or_of_one_that_uses_it() {
    let files = [
        (
            "package.json",
            r#"{"workspaces": ["packages/*"], "scripts": {"test": "npm test --workspaces --if-present"}}"#,
        ),
        (
            "packages/a/package.json",
            r#"{"name": "a", "scripts": {"test": "node --test"}, "dependencies": {"b": "*"}}"#,
        ),
        ("packages/a/test/a.test.js", ""),
        ("packages/b/package.json", r#"{"name": "b"}"#),
        ("packages/b/index.js", ""),
        ("packages/c/package.json", r#"{"name": "c"}"#),
        ("packages/c/index.js", ""),
        ("tool/package.json", r#"{"name": "tool"}"#),
        ("tool/index.js", ""),
    ];
    let changed =
        ["packages/a/index.js", "packages/b/index.js", "packages/c/index.js", "tool/index.js", "x.js"];
    assert_eq!(covered(&files, &changed), ["packages/a/index.js", "packages/b/index.js", "x.js"]);
}

#[test]
fn a_folder_beside_what_the_runner_is_told_to_look_at_is_not_covered() {
    let files = [
        ("package.json", r#"{"scripts": {"test": "mocha server/test"}}"#),
        ("server/test/a.js", ""),
        ("server/a.js", ""),
        ("client/a.js", ""),
    ];
    assert_eq!(covered(&files, &["server/a.js", "client/a.js"]), ["server/a.js"]);
    let files = [
        ("package.json", r#"{"scripts": {"test": "mocha -r ./setup.js test/*.js"}}"#),
        ("test/a.js", ""),
        ("setup.js", ""),
        ("lib/a.js", ""),
    ];
    assert_eq!(covered(&files, &["lib/a.js"]), ["lib/a.js"]);
    let files = [
        (
            "pyproject.toml",
            "[project]\nname = \"a\"\n[tool.pytest.ini_options]\ntestpaths = [\"one/tests\"]\n",
        ),
        ("one/a.py", ""),
        ("one/tests/test_a.py", ""),
        ("two/a.py", ""),
    ];
    assert_eq!(covered(&files, &["one/a.py", "two/a.py"]), ["one/a.py"]);
}

#[test]
fn crates_and_modules_that_are_no_members_are_not_covered() {
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/x\"]\n"),
        ("crates/a/Cargo.toml", "[package]\nname = \"a\"\n"),
        ("crates/a/src/lib.rs", ""),
        ("crates/x/Cargo.toml", "[package]\nname = \"x\"\n"),
        ("crates/x/src/lib.rs", ""),
        ("web/app.ts", ""),
    ];
    let changed = ["crates/a/src/lib.rs", "web/app.ts"];
    assert_eq!(covered(&files, &changed), ["crates/a/src/lib.rs"]);
    let check =
        Check { kind: CheckPurpose::Test, ..Check::configured("test", "cargo test --workspace", None) };
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let coverage = Coverage::new(&read, &list);
    assert!(coverage.split(&check, &["crates/x/src/lib.rs".to_owned()]).0.is_empty());
    let one = Check { run: "cargo test -p a".to_owned(), ..check };
    assert_eq!(coverage.split(&one, &["crates/a/src/lib.rs".to_owned()]).0.len(), 1);
    let other = Check { run: "cargo test -p b".to_owned(), ..one };
    assert!(coverage.split(&other, &["crates/a/src/lib.rs".to_owned()]).0.is_empty());

    let files = [
        ("go.mod", "module a\n"),
        ("a.go", ""),
        ("a_test.go", ""),
        ("sub/go.mod", "module b\n"),
        ("sub/b.go", ""),
    ];
    assert_eq!(covered(&files[..3], &["a.go", "sub/b.go"]), ["a.go", "sub/b.go"]);
    let check = Check { kind: CheckPurpose::Test, ..Check::configured("test", "go test ./...", None) };
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    assert!(Coverage::new(&read, &list).split(&check, &["sub/b.go".to_owned()]).0.is_empty());
}

#[test]
fn what_people_read_needs_no_test_and_what_serves_the_project_has_none() {
    for (path, expected) in [
        ("README.md", false),
        ("docs/a.rst", false),
        ("LICENSE", false),
        ("requirements.txt", true),
        ("a.py", true),
        ("package.json", true),
        (".github/workflows/ci.yml", true),
        ("Dockerfile", true),
    ] {
        assert_eq!(needs_test(path), expected, "{path}");
    }
    let files = [("package.json", NODE), ("test/a.test.js", "")];
    assert!(covered(&files, &[".github/workflows/ci.yml", "Dockerfile", "infra/main.tf"]).is_empty());
}

#[test]
fn a_module_behind_a_feature_that_is_off_is_not_covered() {
    let lib = "pub mod plain;\n\n#[cfg(feature = \"extra\")]\n/// More.\npub mod extra;\n#[cfg(feature = \"usual\")]\nmod usual;\n";
    let features = "[package]\nname = \"a\"\n[features]\ndefault = [\"some\"]\nsome = [\"usual\"]\nusual = []\nextra = []\n";
    let changed = ["src/extra/deep.rs", "src/extra.rs", "src/plain.rs", "src/usual/mod.rs"];
    let of = |more: &[(&str, &str)]| {
        let mut files = vec![
            ("Cargo.toml", features),
            ("src/lib.rs", lib),
            ("src/extra.rs", "mod deep;\n"),
            ("src/extra/deep.rs", ""),
            ("src/plain.rs", ""),
            ("src/usual/mod.rs", ""),
            ("tests/a.rs", ""),
        ];
        files.extend(more);
        covered(&files, &changed)
    };
    assert_eq!(of(&[]), ["src/plain.rs", "src/usual/mod.rs"]);
    let asks = "[package]\nname = \"b\"\n[dependencies]\na = { path = \"..\", features = [\"extra\"] }\n";
    assert_eq!(of(&[("b/Cargo.toml", asks)]).len(), 4, "another package may ask for it");
    let files = [("Cargo.toml", features), ("src/lib.rs", lib), ("src/extra.rs", ""), ("tests/a.rs", "")];
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let plain = discover(&read, &list).into_iter().find(|check| check.kind == CheckPurpose::Test).unwrap();
    let coverage = Coverage::new(&read, &list);
    for (run, covers) in [
        ("cargo test", false),
        ("cargo test --features extra,usual", true),
        ("cargo test --features=extra", true),
        ("cargo test --all-features", true),
        ("cargo test --features other", false),
    ] {
        let check = Check { run: run.into(), script: None, ..plain.clone() };
        let (covered, _) = coverage.split(&check, &["src/extra.rs".to_owned()]);
        assert_eq!(!covered.is_empty(), covers, "{run}");
    }
}

#[test]
fn a_file_behind_a_build_tag_is_not_covered() {
    let files = [
        ("go.mod", "module example.com/a\n"),
        ("a.go", "package a\n"),
        ("a_test.go", "package a\n"),
        ("slow.go", "// Slow.\n\n//go:build slow\n\npackage a\n"),
        ("linux.go", "//go:build linux\n\npackage a\n"),
        ("other.go", "//go:build !slow\n\npackage a\n"),
    ];
    assert_eq!(
        covered(&files, &["a.go", "linux.go", "other.go", "slow.go"]),
        ["a.go", "linux.go", "other.go"]
    );
}
