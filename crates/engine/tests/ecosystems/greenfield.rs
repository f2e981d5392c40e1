//! A change starts a project with tests in an empty folder. These tests judge it, and reports distinguish their results
//! from those of existing checks.

use mission::GateVerdict;

use crate::{Place, reaches, skipped};

/// `files`: the new project; `broken`: one of its files with another text.
async fn begun(files: &[(&str, &str)], broken: (&str, &str), test: &str, check: &str) {
    let place = Place::with(&[("README.md", "# double\n")]);
    let judge = place.judge().await;
    let right = place.checked_files(&judge, files).await;
    assert_eq!(right.verdict, GateVerdict::Pass, "{}\n{:?}", right.detail, right.issues);
    let vouches = |said: &str| said.contains(check) && said.contains("passed");
    assert!(right.detail.split("; ").any(vouches), "`{check}` does not vouch for it: {}", right.detail);
    let with_a_fault: Vec<(&str, &str)> =
        files.iter().map(|file| if file.0 == broken.0 { broken } else { *file }).collect();
    let wrong = place.checked_files(&judge, &with_a_fault).await;
    let said: Vec<String> = wrong.issues.iter().map(ToString::to_string).collect();
    assert_eq!(wrong.verdict, GateVerdict::Fail, "{}", wrong.detail);
    assert!(said.iter().any(|issue| issue.contains(test)), "`{test}` is not named: {said:#?}");
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_package_of_npm() {
    if skipped("npm, begun", &["npm"])
        || !reaches("npm", &["view", "is-number@7.0.0", "version"], "npm, begun")
    {
        return;
    }
    let manifest = r#"{ "name": "double", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" }, "dependencies": { "is-number": "7.0.0" } }"#;
    let test = "import assert from \"node:assert/strict\";\nimport test from \"node:test\";\nimport { double } from \"../double.js\";\n\ntest(\"three doubles\", () => assert.equal(double(3), 6));\ntest(\"two doubles\", () => assert.equal(double(2), 4));\n";
    let code = |body: &str| {
        format!(
            "import isNumber from \"is-number\";\n\nexport const double = (n) => (isNumber(n) ? {body} : NaN);\n"
        )
    };
    let (right, broken) = (code("2 * n"), code("n * n"));
    let files = [
        ("package.json", manifest),
        (".gitignore", "node_modules\n"),
        ("double.js", right.as_str()),
        ("test/double.test.js", test),
    ];
    begun(&files, ("double.js", &broken), "three doubles", "npm test").await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_package_of_python() {
    let download = ["-m", "pip", "download", "--no-deps", "-q", "iniconfig==2.0.0"];
    if skipped("Python, begun", &["python3"]) || !reaches("python3", &download, "Python, begun") {
        return;
    }
    let manifest = "[project]\nname = \"double\"\nversion = \"1.0\"\n\n[dependency-groups]\ndev = [\"pytest\"]\n\n[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n";
    let test = "from double import double\n\n\ndef test_three_doubles():\n    assert double(3) == 6\n\n\ndef test_two_doubles():\n    assert double(2) == 4\n";
    let files = [
        ("pyproject.toml", manifest),
        (".gitignore", ".venv\n__pycache__\n*.egg-info\n"),
        ("src/double/__init__.py", "def double(n):\n    return 2 * n\n"),
        ("tests/test_double.py", test),
    ];
    let broken = ("src/double/__init__.py", "def double(n):\n    return n * n\n");
    begun(&files, broken, "test_three_doubles", "pytest").await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_crate_of_rust() {
    if skipped("Rust, begun", &["cargo"]) {
        return;
    }
    let code = |body: &str| {
        format!(
            "//! Doubles.\n\n/// Twice `n`.\npub fn double(n: u32) -> u32 {{\n    {body}\n}}\n\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n    #[test]\n    fn three_doubles() {{\n        assert_eq!(double(3), 6);\n    }}\n\n    #[test]\n    fn two_doubles() {{\n        assert_eq!(double(2), 4);\n    }}\n}}\n"
        )
    };
    let (right, broken) = (code("2 * n"), code("n * n"));
    let files = [
        ("Cargo.toml", "[package]\nname = \"double\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        (".gitignore", "target\n"),
        ("src/lib.rs", right.as_str()),
    ];
    begun(&files, ("src/lib.rs", &broken), "three_doubles", "cargo test").await;
}
