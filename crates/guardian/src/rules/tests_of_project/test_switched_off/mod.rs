//! Tests that ran before the change, still exist, and no longer run.

mod hooks;

use std::collections::BTreeMap;

use syntax::Language;

use crate::code::file::File;
use crate::code::functions::{Test, statements, tests};
use crate::finding::{Category, Severity};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "test-switched-off",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A test that is still written and does not run, or cannot fail, any more.",
    note: "It looks as if it were tested. Let the test run and make it pass; where it cannot run somewhere, tell the runner to skip it there, with the reason.",
    valid: &[
        Example::change(
            &[("a.test.js", "it('a', () => { expect(f(1)).toBe(2); });\n")],
            &[(
                "a.test.js",
                "it.skipIf(process.platform === 'win32')('a', () => { expect(f(1)).toBe(2); });\n",
            )],
        ),
        Example::change(
            &[("a_test.go", "//go:build linux\n\npackage a\n")],
            &[("a_test.go", "//go:build linux || freebsd\n\npackage a\n")],
        ),
        Example::change(
            &[("test_a.py", "def test_a():\n    assert f()\n")],
            &[("tests/test_b.py", "def test_a():\n    assert f()\n")],
        ),
    ],
    invalid: &[
        Example::change(
            &[("test_a.py", "def test_a():\n    assert f() == 1\n")],
            &[(
                "test_a.py",
                "import os\ndef test_a():\n    if os.getenv('CI'):\n        return\n    assert f() == 1\n",
            )],
        ),
        Example::change(
            &[("test_a.py", "def test_a():\n    assert f() == 1\n")],
            &[(
                "test_a.py",
                "@pytest.mark.skipif(True, reason='later')\ndef test_a():\n    assert f() == 1\n",
            )],
        ),
        Example::change(
            &[("a_test.go", "package a\n\nfunc TestA(t *testing.T) { t.Error() }\n")],
            &[("a_test.go", "//go:build never\n\npackage a\n\nfunc TestA(t *testing.T) { t.Error() }\n")],
        ),
        Example::change(
            &[("src/lib.rs", "#[test]\nfn a() {\n    assert_eq!(f(1), 2);\n}\n")],
            &[("src/lib.rs", "#[test]\n#[should_panic]\nfn a() {\n    assert_eq!(f(1), 2);\n}\n")],
        ),
        Example::change(
            &[("tests/test_a.py", "def test_a():\n    assert f() == 1\n")],
            &[("tests/a_disabled.py", "def test_a():\n    assert f() == 1\n")],
        ),
        Example::new(&[("conftest.py", "def pytest_runtest_setup(item):\n    pytest.skip('later')\n")]),
        Example::change(
            &[("a_test.go", "package a\n\nfunc TestMain(m *testing.M) { os.Exit(m.Run()) }\n")],
            &[("a_test.go", "package a\n\nfunc TestMain(m *testing.M) { os.Exit(0) }\n")],
        ),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for (pair, head) in change.heads() {
        hooks::check(pair, head, found);
        build_tags(change, pair, head, found);
        constant_conditions(pair, head, found);
        unknown_features(change, pair, head, found);
        let Some(base) = pair.old_code().filter(|base| !base.is_broken()) else { continue };
        let old: BTreeMap<&str, &Test> = tests(base).iter().map(|test| (test.name.as_str(), test)).collect();
        if old.is_empty() {
            continue;
        }
        for test in tests(head) {
            let Some(before) = old.get(test.name.as_str()) else { continue };
            early_return(pair, base, before, head, test, found);
            let panics = |file: &File, test: &Test| {
                attributes(file, test.index).any(|a| a.starts_with("should_panic"))
            };
            if head.language == Some(Language::Rust) && panics(head, test) && !panics(base, before) {
                found.node(
                    head,
                    test.index,
                    format!("test `{}` had to pass, and has to panic now", test.name),
                );
            }
        }
    }
    renamed(change, found);
}

fn attributes(file: &File, index: usize) -> impl Iterator<Item = &str> {
    let flat = file.flat();
    let mut found: Vec<&str> = Vec::new();
    for sibling in flat.children(flat.node(index).parent).take_while(|sibling| *sibling < index) {
        match flat.kind(sibling) {
            "attribute_item" => found.push(file.text_of(sibling).trim_start_matches(['#', '[', ' '])),
            _ if flat.node(sibling).extra => {}
            _ => found.clear(),
        }
    }
    found.into_iter()
}

/// A return before the first assertion, for a reason that is unrelated to the test.
fn early_return(pair: &Pair, base: &File, before: &Test, head: &File, test: &Test, found: &mut Found) {
    let leaves = |file: &File, test: &Test| -> Vec<(usize, String)> {
        let flat = file.flat();
        let leads = statements(file, test.body).into_iter().take_while(|i| {
            !crate::code::functions::assertions(file, *i)
                .iter()
                .any(|a| file.text_of(*i).starts_with(a.split(' ').next().unwrap_or_default()))
        });
        leads
            .filter_map(|statement| {
                let statement = if flat.kind(statement) == "expression_statement" {
                    flat.parts(statement).next().unwrap_or(statement)
                } else {
                    statement
                };
                let text = file.text_of(statement);
                if matches!(text.trim_end_matches(';'), "return") {
                    return Some((statement, String::new()));
                }
                if !matches!(flat.kind(statement), "if_statement" | "if_expression") {
                    return None;
                }
                let condition = file.field_text(statement, "condition").trim_matches(['(', ')']).to_string();
                let block = flat.field(statement, "consequence")?;
                let leaves = std::iter::once(block).chain(flat.below(block)).any(|i| {
                    matches!(flat.kind(i), "return_statement" | "return_expression")
                        && flat.parts(i).next().is_none()
                        && flat.above(i).take_while(|a| *a > block).count() <= 2
                });
                let asserts = !crate::code::functions::assertions(file, block).is_empty()
                    || file.text_of(block).contains("skip")
                    || file.text_of(block).contains("Skip");
                (leaves && !asserts).then_some((statement, condition))
            })
            .collect()
    };
    let known: Vec<String> = leaves(base, before).into_iter().map(|(_, condition)| condition).collect();
    for (statement, condition) in leaves(head, test) {
        let node = head.flat().node(statement);
        if known.contains(&condition) || !pair.wrote_at(node.start) {
            continue;
        }
        let constant = matches!(condition.as_str(), "" | "true" | "True" | "1" | "!false" | "not False");
        let environment = [
            "process.env",
            "os.environ",
            "os.getenv",
            "os.Getenv",
            "os.LookupEnv",
            "env::var",
            "import.meta.env",
            "Deno.env",
            "env!(",
            "CI",
            "GITHUB_ACTIONS",
        ]
        .iter()
        .any(|word| condition.contains(word));
        let message =
            format!("test `{}` returns here before it asserts anything, and counts as passed", test.name);
        if constant || environment {
            found.at(head, node.start, node.end, message);
        } else {
            found.maybe(head, node.start, node.end, message);
        }
    }
}

/// Skip conditions that are always true.
fn constant_conditions(pair: &Pair, head: &File, found: &mut Found) {
    let flat = head.flat();
    let (on, off) = (
        ["True", "true", "1", "not False", "!false", "bool(1)", "1 == 1"],
        ["False", "false", "0", "not True", "!true", "1 == 0"],
    );
    for (index, node) in flat.iter().filter(|(_, node)| matches!(node.kind, "call" | "call_expression")) {
        let callee = head.field_text(index, "function");
        let last = callee.rsplit('.').next().unwrap_or(callee);
        let skips = matches!(last, "skipif" | "skipIf" | "xfail")
            && (head.is_test() || head.language == Some(Language::Python));
        let runs = matches!(last, "skipUnless" | "runIf");
        if !skips && !runs || !pair.wrote_at(node.start) || callee.len() > 60 {
            continue;
        }
        let Some(arguments) = flat.field(index, "arguments") else { continue };
        let Some(first) = flat.parts(arguments).next() else { continue };
        let said = head.text_of(first).trim_matches(['"', '\'']);
        if skips && on.contains(&said) && last != "xfail" || runs && off.contains(&said) {
            found.node(
                head,
                index,
                format!(
                    "`{}` holds everywhere: the test never runs",
                    head.text_of(index).chars().take(40).collect::<String>()
                ),
            );
        }
    }
    if head.language == Some(Language::Rust) {
        for (index, node) in
            flat.iter().filter(|(_, node)| matches!(node.kind, "attribute_item" | "inner_attribute_item"))
        {
            let text: String = head.text_of(index).chars().filter(|c| !c.is_whitespace()).collect();
            let never = [
                "[cfg(any())]",
                "[cfg(FALSE)]",
                "[cfg(false)]",
                "[cfg(not(test))]",
                "[cfg(not(all()))]",
                "[cfg_attr(all(),ignore",
                "[cfg_attr(test,ignore",
                "[cfg_attr(not(any()),ignore",
            ];
            let about = head
                .flat()
                .children(node.parent)
                .find(|i| *i > index && !matches!(flat.kind(*i), "attribute_item" | "line_comment"));
            let tested = head.is_test() && node.kind == "inner_attribute_item"
                || about.is_some_and(|i| {
                    head.text_of(i).contains("#[test]") || attributes(head, i).any(|a| a.starts_with("test]"))
                });
            if never.iter().any(|form| text.contains(form)) && tested && pair.wrote_at(node.start) {
                found.node(head, index, "no build has these tests any more");
            }
        }
    }
}

/// Tests that need a feature which the manifest does not have.
fn unknown_features(change: &Change<'_>, pair: &Pair, head: &File, found: &mut Found) {
    if head.language != Some(Language::Rust) || !head.text.contains("feature") {
        return;
    }
    let manifest = change.head.nearest(&head.path, "Cargo.toml").and_then(|path| change.head.read(&path));
    let Some(manifest) = manifest else { return };
    let flat = head.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "attribute_item") {
        let text: String = head.text_of(index).chars().filter(|c| !c.is_whitespace()).collect();
        let asks = text.starts_with("#[cfg(feature=") || text.starts_with("#[cfg(all(");
        let about = flat
            .children(node.parent)
            .find(|i| *i > index && !matches!(flat.kind(*i), "attribute_item" | "line_comment"));
        let tested =
            about.is_some_and(|i| head.text_of(i).contains("#[test]") || head.text_of(i).contains("::test]"));
        if !asks || !tested || text.contains("not(") || !pair.wrote_at(node.start) {
            continue;
        }
        let unknown =
            text.split("feature=\"").skip(1).filter_map(|rest| rest.split('"').next()).find(|name| {
                // A dependency is a feature, too
                !manifest.contains(*name)
            });
        if let Some(name) = unknown {
            found.node(head, index, format!("no build has these tests: Cargo.toml has no feature `{name}`"));
        }
    }
}

/// Tags that the tool sets itself, beside the platform's.
const KNOWN_TAGS: &[&str] =
    &["cgo", "race", "msan", "asan", "gc", "gccgo", "purego", "appengine", "boringcrypto"];

/// A build tag of Go that nothing sets.
fn build_tags(change: &Change<'_>, pair: &Pair, head: &File, found: &mut Found) {
    if head.language != Some(Language::Go) || !head.path.ends_with("_test.go") {
        return;
    }
    let tag_line = |file: &File| {
        file.text.lines().take(30).find(|line| line.starts_with("//go:build ")).map(str::to_string)
    };
    let Some(line) = tag_line(head) else { return };
    let Some(base) = pair.base.as_deref() else { return };
    if tag_line(base).as_deref() == Some(line.as_str()) {
        return;
    }
    let words = |line: &str| -> Vec<String> {
        let said = line.trim_start_matches("//go:build ");
        said.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '!'))
            .filter(|word| !word.is_empty())
            .map(str::to_string)
            .collect()
    };
    let old = tag_line(base).map_or_else(Vec::new, |line| words(&line));
    for word in words(&line).iter().filter(|word| !old.contains(word)) {
        let plain = word.trim_start_matches('!');
        let inverted = word.starts_with('!');
        let known =
            KNOWN_TAGS.contains(&plain) || shared::GO_PLATFORMS.contains(&plain) || plain.starts_with("go1.");
        // `a || b` only adds builds
        if known || inverted || line.contains("||") {
            continue;
        }
        let at = head.text.find(&line).unwrap_or(0);
        let never = matches!(
            plain,
            "ignore"
                | "never"
                | "none"
                | "disabled"
                | "skip"
                | "todo"
                | "broken"
                | "off"
                | "false"
                | "wip"
                | "flaky"
                | "exclude"
        );
        let used = change
            .head
            .paths()
            .iter()
            .filter(|path| !path.ends_with(".go") && !path.contains("node_modules"))
            .take(500)
            .any(|path| {
                change.head.read(path).is_some_and(|text| text.contains("tags") && text.contains(plain))
            });
        if never && !used {
            found.at(
                head,
                at,
                at + line.len(),
                format!("nothing sets the build tag `{plain}`: these tests are in no build"),
            );
        } else if !used {
            found.maybe(
                head,
                at,
                at + line.len(),
                format!("nothing here sets the build tag `{plain}`, which these tests need now"),
            );
        }
    }
}

/// Whether a runner collects tests from a file of this name; `None` if the runner does not select by name.
fn is_looked_for(path: &str) -> Option<bool> {
    let parts: Vec<&str> = path.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    let mut pieces: Vec<&str> = name.split('.').collect();
    let extension = pieces.pop().unwrap_or_default();
    match extension {
        "ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "mts" | "cts" => {
            let by_name = pieces.iter().skip(1).any(|piece| matches!(*piece, "test" | "spec" | "cy"))
                && pieces.last().is_some_and(|last| {
                    matches!(
                        *last,
                        "test" | "spec" | "cy" | "e2e" | "node" | "browser" | "unit" | "integration" | "d"
                    )
                });
            Some(by_name || parts.contains(&"__tests__"))
        }
        "py" => {
            let stem = pieces.first().copied().unwrap_or_default();
            Some(
                pieces.len() == 1
                    && (stem.starts_with("test")
                        || stem.ends_with("_test")
                        || stem.ends_with("_tests")
                        || stem == "tests"),
            )
        }
        "go" => Some(name.ends_with("_test.go") && !name.starts_with(['_', '.'])),
        "rs" => None,
        _ => Some(false),
    }
}

/// Test files whose new name no runner collects.
fn renamed(change: &Change<'_>, found: &mut Found) {
    let gone =
        change.pairs.iter().filter(|pair| pair.head.is_none() && is_looked_for(&pair.path) == Some(true));
    for pair in gone {
        let Some(base) = pair.base.as_deref().filter(|base| base.is_code()) else { continue };
        if tests(base).is_empty() {
            continue;
        }
        let same = |other: &&Pair| {
            other.base.is_none()
                && other.head.as_deref().is_some_and(|head| {
                    head.text == base.text || {
                        let (old, new): (Vec<&str>, Vec<&str>) = (
                            base.text.lines().map(str::trim).collect(),
                            head.text.lines().map(str::trim).collect(),
                        );
                        let kept = old.iter().filter(|line| line.len() > 6 && new.contains(line)).count();
                        let all = old.iter().filter(|line| line.len() > 6).count();
                        all > 0 && kept * 10 >= all * 8
                    }
                })
        };
        let copies: Vec<&Pair> = change.pairs.iter().filter(same).collect();
        if copies.is_empty() || copies.iter().any(|copy| is_looked_for(&copy.path) != Some(false)) {
            continue;
        }
        // Runners that collect every file of a folder
        let by_folder = ["package.json", ".mocharc.json", ".mocharc.yml", ".mocharc.cjs", "ava.config.js"]
            .iter()
            .filter_map(|name| change.head.nearest(&pair.path, name))
            .filter_map(|path| change.head.read(&path))
            .any(|text| {
                text.contains("mocha")
                    || text.contains("node --test")
                    || text.contains("\"tap\"")
                    || text.contains("\"ava\"")
            });
        let Some((copy, head)) = copies.first().and_then(|copy| Some((copy, copy.head.as_deref()?))) else {
            continue;
        };
        let script = Language::of_path(&copy.path).is_some_and(Language::is_ecmascript);
        let message = format!(
            "no runner looks for tests in `{}`: those of `{}` do not run any more",
            copy.path, pair.path
        );
        if by_folder && script {
            found.maybe(head, 0, 0, message);
        } else {
            found.at(head, 0, 0, message);
        }
    }
}

#[cfg(test)]
mod names {
    use super::is_looked_for;

    #[test]
    fn runners_go_by_names() {
        for run in
            ["a.test.ts", "src/__tests__/a.js", "tests/test_a.py", "a_test.py", "x/a_test.go", "a.spec.tsx"]
        {
            assert_eq!(is_looked_for(run), Some(true), "{run}");
        }
        for not in
            ["a.test.ts.bak", "test/a.disabled.ts", "tests/a_disabled.py", "_a_test.go", "a.tests.off.ts"]
        {
            assert_eq!(is_looked_for(not), Some(false), "{not}");
        }
    }
}
