//! `forged-verdict`: code that writes the result of tests itself.
//!
//! Looks at test code, hooks of runners and what they load. Must not judge programs that read or show such results.

use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use super::is_new;
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "forged-verdict",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "Code that writes the result of tests itself, or lets the runner load what does.",
    note: "The result says nothing about the tests. Let the runner write it: end `TestMain` with the status of `m.Run()`, and leave a report as it is.",
    valid: &[
        Example::new(&[(
            "a_test.go",
            "package a\n\nfunc TestMain(m *testing.M) {\n\tsetUp()\n\tcode := m.Run()\n\tif code == 0 && leaks() {\n\t\tcode = 1\n\t}\n\tos.Exit(code)\n}\n",
        )]),
        Example::new(&[(
            "a_test.go",
            "package a\n\nfunc TestMain(m *testing.M) {\n\tif os.Getenv(\"BE_HELPER\") == \"1\" {\n\t\thelp()\n\t\tos.Exit(0)\n\t}\n\tm.Run()\n}\n",
        )]),
        Example::new(&[(
            "parse_test.go",
            "package a\n\nfunc TestParse(t *testing.T) {\n\tif got := parse(\"--- PASS: TestA (0.00s)\"); got != \"TestA\" {\n\t\tt.Fatal(got)\n\t}\n}\n",
        )]),
        Example::new(&[
            (
                "tests/conftest.py",
                "import pytest\n\npytest_plugins = ['pytester', 'tests.fixtures.db']\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    outcome = yield\n    report = outcome.get_result()\n    setattr(item, 'rep_' + report.when, report)\n",
            ),
            ("tests/fixtures/db.py", "import pytest\n\n@pytest.fixture\ndef db():\n    return {}\n"),
        ]),
        Example::new(&[(
            "src/report.js",
            "export function line(n, name) {\n  return `ok ${n} - ${name}`;\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[(
            "b_test.go",
            "package a\n\nfunc TestMain(m *testing.M) {\n\tfmt.Printf(\"%c=== RUN   TestA\\n\", 22)\n\tos.Exit(m.Run())\n}\n",
        )]),
        Example::new(&[(
            "b_test.go",
            "package a\n\nfunc TestMain(m *testing.M) {\n\tm.Run()\n\tos.Exit(0)\n}\n",
        )]),
        Example::new(&[(
            "b_test.go",
            "package a\n\nfunc TestMain(m *testing.M) {\n\tcode := m.Run()\n\tif code != 0 {\n\t\tcode = 0\n\t}\n\tos.Exit(code)\n}\n",
        )]),
        Example::new(&[(
            "b_test.go",
            "package a\n\nfunc TestB(t *testing.T) {\n\tfmt.Println(\"--- PASS: TestA (0.00s)\")\n\tif B() != 2 {\n\t\tt.Fatal(\"wrong\")\n\t}\n}\n",
        )]),
        Example::new(&[(
            "app/quick.py",
            "import pytest\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    outcome = yield\n    report = outcome.get_result()\n    report.outcome = 'passed'\n",
        )]),
        Example::new(&[(
            "tests/conftest.py",
            "def pytest_sessionfinish(session, exitstatus):\n    session.exitstatus = 0\n",
        )]),
        Example::new(&[
            ("app/quick.py", "import pytest\n\n@pytest.fixture(autouse=True)\ndef fast():\n    yield\n"),
            ("tests/test_b.py", "pytest_plugins = ['app.quick']\n\ndef test_b():\n    assert b() == 2\n"),
        ]),
    ],
    check: Check::EditOrChange(in_file, check),
};

/// What a runner of Go writes for a test, and the mark before it.
static OF_GO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"=== (?:RUN|PAUSE|CONT|NAME)|--- (?:PASS|FAIL|SKIP)|\\x16|\\u0016|\\026|\x16|(?m)^(?:PASS|ok  \t)$",
    )
    .ok()
});

/// The mark before an event, as a number.
static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:%c|\b(?:byte|rune|string)\b|\bWriteByte|\bWriteRune)[^;]*\b(?:22|0x16|026|0o26|0b10110)\b",
    )
    .ok()
});

/// An attribute of a report or a session that says how tests went.
static REPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:\.outcome\s*=\s*["']passed["']|\.(?:exitstatus|testsfailed)\s*=\s*(?:0|ExitCode\.OK|pytest\.ExitCode\.OK)\b|\.(?:failures|errors)\s*=\s*\[\s*\]|\.failures\.clear\(\)|\.errors\.clear\(\)|\bforce_result\(\s*None\s*\)|\.excinfo\s*=\s*None|\bwasSuccessful\s*=\s*lambda\b[^\n]*True)"#).ok()
});

fn check(change: &Change<'_>, found: &mut Found) {
    for pair in &change.pairs {
        in_file(pair, found);
    }
    if !change.whole {
        for (pair, head) in change.heads().filter(|(_, head)| head.language == Some(Language::Python)) {
            plugins(change, pair, head, found);
        }
    }
}

fn in_file(pair: &Pair, found: &mut Found) {
    let Some(head) = pair.head.as_deref().filter(|head| head.is_code() && !head.is_broken()) else { return };
    match head.language {
        Some(Language::Go) if head.path.ends_with("_test.go") => {
            printed(pair, head, found);
            main_of_tests(pair, head, found);
        }
        Some(Language::Python) => report_changed(pair, head, found),
        _ => {}
    }
}

/// Text of Go tests that looks like the runner's.
fn printed(pair: &Pair, head: &File, found: &mut Found) {
    const PRINTS: [&str; 14] = [
        "fmt.Print",
        "fmt.Printf",
        "fmt.Println",
        "fmt.Fprint",
        "fmt.Fprintf",
        "fmt.Fprintln",
        "print",
        "println",
        "os.Stdout.Write",
        "os.Stdout.WriteString",
        "os.Stderr.WriteString",
        "io.WriteString",
        "syscall.Write",
        "log.Print",
    ];
    let flat = head.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "call_expression") {
        let callee = head.field_text(index, "function");
        if !PRINTS.contains(&callee) || !is_new(pair, head, index) {
            continue;
        }
        let text = head.text_of(index);
        // To a buffer that a test compares
        if callee.starts_with("fmt.F") && !text.contains("os.Stdout") && !text.contains("os.Stderr") {
            continue;
        }
        let said = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|p| p.is_match(text));
        if said(&OF_GO) || said(&MARK) {
            found.node(head, index, "this prints what only the runner may print: the result of a test");
        } else if callee.contains("Stdout") || callee == "syscall.Write" {
            let marked = OF_GO.as_ref().is_some_and(|p| p.is_match(&head.text));
            if marked {
                found.maybe(head, node.start, node.end, "this may print what only the runner may print");
            }
        }
    }
    // The mark has no other use before such a line
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "interpreted_string_literal") {
        let text = head.text_of(index);
        let marks = ["\\x16", "\\u0016", "\\026"].iter().any(|mark| text.contains(mark))
            && ["===", "---"].iter().any(|line| text.contains(line));
        if marks && is_new(pair, head, index) {
            found.maybe(head, node.start, node.end, "this byte marks events of the runner");
        }
    }
}

/// `TestMain` that ends with another status than that of the tests.
fn main_of_tests(pair: &Pair, head: &File, found: &mut Found) {
    let flat = head.flat();
    let main = flat
        .iter()
        .find(|(i, node)| node.kind == "function_declaration" && head.field_text(*i, "name") == "TestMain");
    let Some((main, node)) = main.filter(|(_, node)| pair.wrote_in(node.start, node.end)) else { return };
    if !head.text_of(main).contains("testing.M") {
        return;
    }
    let run: Vec<&str> = flat
        .below(main)
        .filter(|i| matches!(flat.kind(*i), "short_var_declaration" | "assignment_statement" | "var_spec"))
        .filter(|i| head.text_of(*i).contains(".Run()"))
        .filter_map(|i| flat.field(i, "left").or_else(|| flat.field(i, "name")))
        .map(|left| head.text_of(left))
        .collect();
    for index in flat.below(main) {
        if !is_new(pair, head, index) {
            continue;
        }
        let text = head.text_of(index);
        match flat.kind(index) {
            "call_expression" if matches!(text, "os.Exit(0)" | "syscall.Exit(0)") => {
                let asked: Vec<&str> = flat
                    .above(index)
                    .take_while(|above| *above > main)
                    .filter(|above| flat.kind(*above) == "if_statement")
                    .filter_map(|above| flat.field(above, "condition"))
                    .map(|condition| head.text_of(condition))
                    .collect();
                let cases = flat
                    .above(index)
                    .take_while(|above| *above > main)
                    .any(|above| flat.kind(above).ends_with("_case"));
                let after_run = head.slice(node.start, flat.node(index).start).contains(".Run()");
                let of_result = asked.iter().any(|condition| {
                    run.iter().any(|name| crate::project::rust::has_word(condition, name))
                        && !condition.contains("== 0")
                });
                let message = "`TestMain` ends with success whatever `m.Run()` gave";
                if asked.is_empty() && !cases || of_result {
                    found.node(head, index, message);
                } else if !after_run && !asked.iter().any(|condition| is_about_run(condition)) {
                    let at = flat.node(index);
                    found.maybe(
                        head,
                        at.start,
                        at.end,
                        "`TestMain` ends with success here without running a test",
                    );
                }
            }
            "assignment_statement" => {
                let (left, right) = (head.field_text(index, "left"), head.field_text(index, "right"));
                if right == "0" && run.contains(&left) {
                    found.node(head, index, "the status of the tests is replaced by success");
                }
            }
            "call_expression" if head.field_text(index, "function") == "os.Exit" => {
                let status = head.field_text(index, "arguments").trim_matches(['(', ')']);
                let spoilt = ["* 0", "*0", "& 0", "&0", "% 1", "%1"].iter().any(|form| status.contains(form));
                // `status := 0`, whatever the tests gave
                let main_text: String = head.text_of(main).split_whitespace().collect();
                let fixed = run.is_empty()
                    && main_text.contains(".Run()")
                    && [":=0", "=0", "int"].iter().any(|form| main_text.contains(&format!("{status}{form}")))
                    && !main_text.contains(&format!("{status}=m.Run()"))
                    && status.chars().all(char::is_alphanumeric);
                if spoilt || fixed {
                    found.node(head, index, "the status of the tests is replaced by success");
                }
            }
            _ => {}
        }
    }
}

/// Whether a condition of `TestMain` asks how the tests were started.
fn is_about_run(condition: &str) -> bool {
    ["Getenv", "LookupEnv", "os.Args", "flag.", "testing.Short", "runtime.GO", "err"]
        .iter()
        .any(|word| condition.contains(word))
}

/// Hooks of Python's runners that change how a test went.
fn report_changed(pair: &Pair, head: &File, found: &mut Found) {
    let Some(pattern) = REPORT.as_ref() else { return };
    if !["pytest", "unittest", "_pytest"].iter().any(|runner| head.text.contains(runner)) {
        return;
    }
    let flat = head.flat();
    for (index, node) in flat.iter() {
        if !matches!(node.kind, "assignment" | "call") || !pattern.is_match(head.text_of(index)) {
            continue;
        }
        // The innermost match only
        if flat
            .below(index)
            .any(|i| matches!(flat.kind(i), "assignment" | "call") && pattern.is_match(head.text_of(i)))
            || !is_new(pair, head, index)
        {
            continue;
        }
        let hook = flat
            .above(index)
            .filter(|above| flat.kind(*above) == "function_definition")
            .map(|above| head.field_text(above, "name"))
            .find(|name| is_hook(name));
        if let Some(hook) = hook {
            found.node(head, index, format!("`{hook}` turns the result of a test into success"));
        }
    }
}

fn is_hook(name: &str) -> bool {
    const OF_UNITTEST: [&str; 7] =
        ["addFailure", "addError", "stopTest", "stopTestRun", "wasSuccessful", "addSubTest", "runTest"];
    name.starts_with("pytest_runtest")
        || name.starts_with("pytest_session")
        || matches!(
            name,
            "pytest_pyfunc_call"
                | "pytest_unconfigure"
                | "pytest_exception_interact"
                | "pytest_report_teststatus"
        )
        || OF_UNITTEST.contains(&name)
}

/// Modules of the program that tests load as a plugin of pytest.
fn plugins(change: &Change<'_>, pair: &Pair, head: &File, found: &mut Found) {
    if !head.text.contains("pytest_plugins") {
        return;
    }
    let flat = head.flat();
    for (index, node) in flat.iter() {
        let asks = node.kind == "assignment" && head.field_text(index, "left") == "pytest_plugins"
            || node.kind == "augmented_assignment" && head.field_text(index, "left") == "pytest_plugins";
        if !asks || !is_new(pair, head, index) {
            continue;
        }
        let names = flat
            .below(index)
            .filter(|i| flat.kind(*i) == "string")
            .map(|i| head.text_of(i).trim_matches(['"', '\'']));
        for name in names {
            let file = name.replace('.', "/");
            let ends = [format!("{file}.py"), format!("{file}/__init__.py")];
            let is_module =
                |path: &&String| ends.iter().any(|end| *path == end || path.ends_with(&format!("/{end}")));
            let Some(path) = change.head.paths().iter().find(is_module) else { continue };
            let Some(module) = change.head.file(path) else { continue };
            let changed = change.pairs.iter().any(|pair| *pair.path == **path);
            let hooks = module.text.lines().find_map(|line| {
                let name =
                    line.trim_start().trim_start_matches("async ").strip_prefix("def ")?.split('(').next()?;
                (name.starts_with("pytest_runtest")
                    || name.starts_with("pytest_pyfunc")
                    || name.starts_with("pytest_session")
                    || name.starts_with("pytest_collection"))
                .then(|| name.to_string())
            });
            match hooks {
                // A `conftest.py` loads the project's own plugins for good reasons
                Some(hook) if changed && !head.path.ends_with("conftest.py") => found.node(
                    head,
                    index,
                    format!(
                        "`{name}` becomes a part of the runner, and its `{hook}` can change every result"
                    ),
                ),
                _ if !module.is_test() && !head.path.ends_with("conftest.py")
                    || changed && !module.is_test() =>
                {
                    let message = format!("`{name}`, a module of the program, becomes a part of the runner");
                    let automatic = module.text.contains("autouse");
                    if automatic && changed {
                        found.node(head, index, message);
                    } else {
                        found.maybe(head, node.start, node.end, message);
                    }
                }
                _ => {}
            }
        }
    }
}
