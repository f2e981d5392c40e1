//! Which files are tests, by their paths. Gates, Guardian, index and discovery must agree: if one takes a file for a
//! test and another for the program, no gate judges it.
//!
//! Paths are relative with `/` between their parts; case does not count. Only `bench` has its own rule, so that the
//! measurement of the gates does not share their mistakes.

/// Folders that hold only tests and what tests need.
const FOLDERS: [&str; 10] = [
    "test",
    "tests",
    "__tests__",
    "__snapshots__",
    "__mocks__",
    "testdata",
    "spec",
    "specs",
    "e2e",
    "test-d",
];

/// Whether the file is a test, or a file that tests use.
pub fn is_test(path: &str) -> bool {
    is_collected(path) || is_support(path)
}

/// Whether runners find tests in the file, by the customs of its language.
pub fn is_collected(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = split(&lower);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match Family::of(extension) {
        Some(Family::Go) => stem.ends_with("_test"),
        Some(Family::Python) => stem == "tests" || is_pytest(stem) || stem.ends_with("_tests"),
        Some(Family::Rust) => {
            let named =
                matches!(stem, "test" | "tests") || stem.ends_with("_test") || stem.ends_with("_tests");
            named || folders.last() == Some(&"tests") && name != "mod.rs"
        }
        Some(Family::EcmaScript) => {
            let middle = stem.rsplit(['.', '-', '_']).next().unwrap_or(stem);
            let marked = stem.len() > middle.len() && matches!(middle, "test" | "spec" | "tests" | "e2e");
            marked
                || stem.ends_with(".test-d")
                || stem == "test"
                || stem.starts_with("test-")
                || folders.contains(&"__tests__")
        }
        Some(Family::Other) => {
            let marked = |mark| stem.ends_with(mark);
            ["_test", "_spec", ".test", ".spec"].into_iter().any(marked) || stem.starts_with("test_")
        }
        None => false,
    }
}

/// Whether tests use the file (fixtures, helpers): it is in a folder of tests, and no `src` or `lib` folder lies
/// between.
pub fn is_support(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = split(&lower);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    name == "conftest.py" || extension == "snap" || is_among_tests(&folders, Family::of(extension))
}

/// Whether the file is in a folder of tests.
pub fn is_in_test_folder(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = split(&lower);
    is_among_tests(&folders, name.rsplit_once('.').and_then(|(_, extension)| Family::of(extension)))
}

fn is_among_tests(folders: &[&str], family: Option<Family>) -> bool {
    let is_source = |folder: &str| matches!(folder, "src" | "lib");
    // These words have other meanings, too
    let plain = folders.iter().any(|folder| is_source(folder)) || family != Some(Family::EcmaScript);
    let holds_tests =
        |folder: &str| FOLDERS.contains(&folder) && !(plain && matches!(folder, "spec" | "specs" | "e2e"));
    let last = folders.iter().rposition(|folder| holds_tests(folder));
    last.is_some_and(|at| !folders.get(at..).unwrap_or_default().iter().any(|folder| is_source(folder)))
}

/// Whether pytest collects a file of this name with its default settings.
pub fn pytest_collects(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".py").is_some_and(is_pytest)
}

fn is_pytest(stem: &str) -> bool {
    stem.starts_with("test_") || stem.ends_with("_test")
}

/// Whether Bun's test runner collects a file of this name.
pub fn bun_collects(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".test.", ".spec.", "_test.", "_spec."].iter().any(|mark| name.contains(mark))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Go,
    Python,
    Rust,
    EcmaScript,
    /// Code that is not parsed.
    Other,
}

impl Family {
    fn of(extension: &str) -> Option<Family> {
        Some(match extension {
            "go" => Family::Go,
            "py" | "pyi" => Family::Python,
            "rs" => Family::Rust,
            "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => Family::EcmaScript,
            "c" | "cc" | "clj" | "cpp" | "cs" | "dart" | "ex" | "exs" | "fs" | "hs" | "java" | "jl"
            | "kt" | "lua" | "m" | "ml" | "php" | "pl" | "rb" | "scala" | "sh" | "swift" | "zig" => {
                Family::Other
            }
            _ => return None,
        })
    }
}

fn split(path: &str) -> (Vec<&str>, &str) {
    let mut folders: Vec<&str> = path.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    (folders, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_by_the_customs_of_their_language() {
        let collected = "src/a.test.ts a.spec.jsx web/__tests__/a.js test.js test/test-a.mjs lib/a_test.go \
                         tests/test_a.py app/tests.py pkg/a_test.py tests/cli.rs src/tree/tests.rs src/a_tests.rs \
                         index.test-d.ts lib/a_spec.rb";
        for path in collected.split_whitespace() {
            assert!(is_collected(path) && is_test(path), "{path}");
        }
        let support = "test/helper.js tests/common/mod.rs tests/fixtures/a.json a/__snapshots__/b.snap conftest.py \
                       pkg/testdata/in.txt spec/support/env.js";
        for path in support.split_whitespace() {
            assert!(!is_collected(path) && is_support(path) && is_test(path), "{path}");
        }
        let others = "src/a.ts main.go latest.js src/contest.py src/attest.rs src/protest-march.js src/lib.rs \
                      packages/test/src/index.ts src/spec.ts src/testing/tool.go src/test_data/x.rs \
                      spec/protocol.md test_data.json";
        for path in others.split_whitespace() {
            assert!(!is_test(path), "{path}");
        }
    }

    #[test]
    fn runners_collect_by_their_own_defaults() {
        assert!(pytest_collects("a/test_b.py") && pytest_collects("b_test.py"));
        assert!(!pytest_collects("a/tests.py") && !pytest_collects("test_b.js"));
        assert!(bun_collects("a/b.test.ts") && bun_collects("b_spec.js") && !bun_collects("test/b.ts"));
    }
}
