//! Guarantees for the Guardian's callers: only what a change introduced, severities, project rules.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use guardian::{Guardian, GuardianOptions, Level, MemorySources};

fn guardian() -> Guardian {
    Guardian::new(GuardianOptions::default()).0
}

fn check_edit(path: &str, base: Option<&str>, text: &str, expected: Expect) {
    expected.assert_eq(&lines(&guardian().lint_edit(path, base, text)));
}

fn lines(findings: &[guardian::Finding]) -> String {
    let lines: Vec<String> = findings
        .iter()
        .map(|f| format!("{}:{}:{} {} {}: {}", f.path, f.line, f.column, f.severity, f.rule, f.message))
        .collect();
    lines.join("\n")
}

#[test]
fn what_was_there_before_is_not_reported() {
    let base = "console.log(a);\nconsole.log(b);\n";
    check_edit("a.js", Some(base), base, expect![[""]]);
    // Moved and indented
    check_edit("a.js", Some(base), "if (x) {\n  console.log(b);\n  console.log(a);\n}\n", expect![[""]]);
    // Rewritten in place
    check_edit("a.js", Some(base), "console.log(a, 1);\nconsole.log(b);\n", expect![[""]]);
    check_edit(
        "a.js",
        Some(base),
        "console.log(a);\nf();\nconsole.log(a);\nconsole.log(b);\n",
        expect!["a.js:3:1 warning debug-leftover: left-over debugging output"],
    );
}

#[test]
fn code_that_became_a_comment_beside_what_replaced_it_is_no_error() {
    let base = "const a = parse(text, 1);\nstore(a);\n";
    check_edit(
        "a.js",
        Some(base),
        "// const a = parse(text, 1);\nconst a = parse(text, options);\nstore(a);\n",
        expect![
            "a.js:1:1 warning commented-out-code: `const a = parse(text, 1);` was code and is a comment now"
        ],
    );
    check_edit(
        "a.js",
        Some(base),
        "// const a = parse(text, 1);\nstore(a);\nlogout();\n",
        expect![
            "a.js:1:1 error commented-out-code: `const a = parse(text, 1);` was code and is a comment now"
        ],
    );
}

#[test]
fn a_fault_that_a_test_reads_is_no_error() {
    let said = |path: &str| lines(&guardian().lint_edit(path, None, "import 'x\n"));
    let severity = |path: &str| said(path).split(' ').nth(1).map(str::to_string);
    assert_eq!(severity("test/fixtures/syntax-error.mjs").as_deref(), Some("warning"));
    assert_eq!(severity("test/fixtures/plugin.mjs").as_deref(), Some("error"));
    assert_eq!(severity("lib/syntax-error.mjs").as_deref(), Some("error"));
}

#[test]
fn code_that_moved_to_another_file_is_not_new() {
    let base = MemorySources::new([("a.js", "console.log(1);\nf();\n"), ("b.js", "g();\n")]);
    let head = MemorySources::new([("a.js", "f();\n"), ("b.js", "g();\nconsole.log(1);\n")]);
    let changed = ["a.js".to_string(), "b.js".to_string()];
    expect![[""]].assert_eq(&lines(&guardian().lint_change(&base, &head, &changed)));
    assert_eq!(guardian().lint_files(&head, &changed).len(), 1);
}

#[test]
fn a_project_s_custom_is_where_and_how_it_did_the_same() {
    let said = |base: &str, line: &str| {
        let files = |text: String| {
            MemorySources::new([
                ("a.py", text.as_str()),
                ("b.py", "from c import d  # noqa\n\ndef g():\n    return h(1)  # noqa\n"),
            ])
        };
        let head = format!("{base}{line}\n");
        lines(&guardian().lint_change(&files(base.to_string()), &files(head), &["a.py".to_string()]))
    };
    let base = "def f(x):\n    y = x\n";
    // An import is silenced in other files, too
    expect!["a.py:3:17 warning blanket-suppression: every check of a tool was switched off by a comment\na.py:3:17 warning suppression: a check was switched off by a comment"].assert_eq(&said(base, "    import abc  # noqa"));
    // One line is a question, and a whole file is none
    expect!["a.py:3:21 warning blanket-suppression: every check of a tool was switched off by a comment\na.py:3:21 warning suppression: a check was switched off by a comment"].assert_eq(&said(base, "    return y.z + 1  # noqa"));
    assert!(said(base, "# ruff: noqa").contains("error blanket-suppression"));
    let same = "def f(x):\n    y = x.z  # noqa\n";
    assert!(!said(same, "    return y.z + 1  # noqa").contains("error"));
}

#[test]
fn coverage_is_left_out_of_branches_where_the_project_does_so() {
    let blocks = |other: &str, code: &str| {
        let files = |text: String| MemorySources::new([("a.js", text), ("b.js", other.to_string())]);
        let base = "export function f(x) {\n  g(x);\n}\n";
        let head = base.replace("  g(x);", code);
        let found = guardian().lint_change(&files(base.to_string()), &files(head), &["a.js".to_string()]);
        lines(&found).contains("error blanket-suppression")
    };
    let (custom, none) = ("/* istanbul ignore next */\nh();\n", "h();\n");
    let branch = "  g(x);\n  /* istanbul ignore next */\n  if (!x) {\n    h();\n  }";
    let statement = "  /* istanbul ignore next */\n  g(x);";
    assert!(!blocks(custom, branch));
    assert!(blocks(none, branch));
    assert!(blocks(custom, statement));
    // A function as a whole
    assert!(!blocks(none, "  g(x);\n}\n/* istanbul ignore next */\nfunction h() {\n  g(2);"));
}

#[test]
fn a_comment_that_was_there_before_gives_no_reason_for_what_is_silenced_now() {
    let blocks = |base: &str, head: &str| {
        let files = |text: &str| MemorySources::new([("a.js", text)]);
        let found = guardian().lint_change(&files(base), &files(head), &["a.js".to_string()]);
        lines(&found).contains("error blanket-suppression")
    };
    let silenced = "// the first of both wins\n// eslint-disable-next-line\nf(x);\n";
    assert!(blocks("// the first of both wins\nf(x);\n", silenced));
    assert!(!blocks("g();\n", silenced));
    // The reason was given when the code was first silenced
    assert!(!blocks(silenced, &silenced.replace("f(x)", "f(x, 1)")));
}

#[test]
fn what_only_cleans_up_may_fail_and_what_begins_like_it_may_not() {
    let severity = |path: &str, text: &str| {
        let found = guardian().lint_edit(path, None, text);
        let found: Vec<_> = found.iter().filter(|f| f.rule == "swallowed-error").collect();
        assert_eq!(found.len(), 1, "{text}");
        found[0].severity.to_string()
    };
    for call in ["page.close()", "open(page).close(now())", "close(page)"] {
        assert_eq!(severity("a.js", &format!("{call}.catch(() => {{}});\n")), "warning", "{call}");
    }
    for call in ["endpoint.send()", "endpoint()", "removal.start()"] {
        assert_eq!(severity("a.js", &format!("{call}.catch(() => {{}});\n")), "error", "{call}");
    }
    // Code that has the promise hears of its failure
    assert_eq!(severity("a.js", "sent.catch(() => {});\n"), "warning");
    let go = |call: &str| format!("package a\n\nfunc F() {{\n\tif err := {call}; err != nil {{\n\t}}\n}}\n");
    assert_eq!(severity("a.go", &go("f.Close()")), "warning");
    assert_eq!(severity("a.go", &go("f.Send()")), "error");
}

#[test]
fn a_test_may_ask_that_the_compiler_complains() {
    let blocks = |path: &str| {
        let files = |text: &str| MemorySources::new([(path, text)]);
        let head = "f(1);\n// @ts-expect-error\nf('a');\n";
        let found = guardian().lint_change(&files("f(1);\n"), &files(head), &[path.to_string()]);
        lines(&found).contains("error blanket-suppression")
    };
    assert!(blocks("src/a.ts"));
    assert!(!blocks("test/a.test-d.ts"));
}

#[test]
fn a_function_of_rust_is_silenced_with_a_reason() {
    let blocks = |other: &str, code: &str| {
        let files = |text: &str| MemorySources::new([("src/a.rs", text), ("src/b.rs", other)]);
        let (base, head) = ("mod a;\n", format!("mod a;\n{code}\n"));
        let found = guardian().lint_change(&files(base), &files(&head), &["src/a.rs".to_string()]);
        lines(&found).contains("error blanket-suppression")
    };
    let custom = "#[allow(dead_code)]\nstruct B;\n";
    assert!(blocks(custom, "#[allow(warnings)]\nfn f() {}"));
    assert!(!blocks("", "#[derive(Debug)]\n#[allow(warnings)]\nstruct A;"));
    assert!(blocks("", "/// What is counted by others.\n#[allow(warnings)]\nfn f() {}"));
    assert!(!blocks("", "// called by the other targets only\n#[allow(warnings)]\nfn f() {}"));
    // That one item is unused is a question
    assert!(!blocks("", "#[allow(dead_code)]\nfn f() {}"));
}

#[test]
fn what_several_files_do_is_a_custom_wherever_it_stands() {
    let blocks = |others: usize| {
        let silenced = "// eslint-disable-next-line\ng(2);\n";
        let files = |text: &str| {
            let others = (0..others).map(|n| (format!("b{n}.js"), silenced.to_string()));
            MemorySources::new(others.chain([("a.js".to_string(), text.to_string())]))
        };
        let (base, head) = ("f(1);\n", "f(1);\n// eslint-disable-next-line\nf(x);\n");
        let found = guardian().lint_change(&files(base), &files(head), &["a.js".to_string()]);
        lines(&found).contains("error blanket-suppression")
    };
    assert!(blocks(2));
    assert!(!blocks(3));
}

#[test]
fn severities_are_configured() {
    let with = |level| {
        let severity = BTreeMap::from([("debug-leftover".to_string(), level)]);
        let (guardian, problems) = Guardian::new(GuardianOptions { severity, ..GuardianOptions::default() });
        assert!(problems.is_empty());
        lines(&guardian.lint_edit("a.js", None, "console.log(1)"))
    };
    expect![[""]].assert_eq(&with(Level::Off));
    expect!["a.js:1:1 error debug-leftover: left-over debugging output"].assert_eq(&with(Level::Error));
}

#[test]
fn faulty_rules_are_named_and_the_others_run() {
    let yaml = "id: good\nlanguage: TypeScript\nmessage: found $A\nseverity: error\nrule:\n  pattern: bad($A)\n---\nid: nothing\nlanguage: TypeScript\nrule:\n  pattrn: x\n---\nid: cobol\nlanguage: Cobol\nrule:\n  pattern: x\n";
    let (guardian, problems) = Guardian::new(GuardianOptions {
        severity: BTreeMap::from([("debug-leftovers".to_string(), Level::Off)]),
        project_rules: vec![("rules/mine.yml".into(), yaml.into())],
        ..GuardianOptions::default()
    });
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    expect![[r#"
        rule file `rules/mine.yml` line 10: unknown field `pattrn`, expected one of pattern, kind, regex, nthChild, range, inside, has, precedes, follows, all, any, not, matches
        hint: see https://ast-grep.github.io/reference/yaml.html for what a rule may hold
        rule file `rules/mine.yml` line 14: Cobol is not supported!
        hint: see https://ast-grep.github.io/reference/yaml.html for what a rule may hold
        rule file `[guardian.severity]`: there is no rule `debug-leftovers`
        hint: did you mean `debug-leftover`?"#]].assert_eq(&shown.join("\n"));
    expect![["a.ts:1:1 error good: found 1"]].assert_eq(&lines(&guardian.lint_edit("a.ts", None, "bad(1)")));
}

#[test]
fn utilities_serve_the_rules_and_a_faulty_one_is_named() {
    let rule = |id: &str, util: &str| {
        (
            format!("{id}.yml"),
            format!("id: {id}\nlanguage: TypeScript\nmessage: m\nrule:\n  matches: {util}\n"),
        )
    };
    let util = |id: &str, rule: &str| {
        (format!("u/{id}.yml"), format!("id: {id}\nlanguage: TypeScript\nrule:\n  {rule}\n"))
    };
    let (guardian, problems) = Guardian::new(GuardianOptions {
        project_rules: vec![rule("one", "is-call"), rule("two", "nowhere")],
        // Not in the order of their dependencies
        utilities: vec![
            util("is-call", "any: [{ matches: is-f }, { pattern: g() }]"),
            util("broken", "kind: no_such_node"),
            util("is-f", "pattern: f()"),
            util("unreadable", "pattrn: x"),
        ],
        ..GuardianOptions::default()
    });
    let told: Vec<String> = problems.iter().map(|p| format!("{}:{}", p.file, p.line.unwrap_or(0))).collect();
    assert_eq!(told, ["u/unreadable.yml:3", "u/broken.yml:3", "two.yml:4"], "{problems:?}");
    expect![["a.ts:1:1 warning one: m\na.ts:2:1 warning one: m"]].assert_eq(&lines(&guardian.lint_edit(
        "a.ts",
        None,
        "f()\ng()\nh()\n",
    )));
}

#[test]
fn a_rule_that_matches_everything_is_bounded() {
    let yaml = "id: all\nlanguage: TypeScript\nrule:\n  kind: identifier\n";
    let (guardian, _) = Guardian::new(GuardianOptions {
        project_rules: vec![("r.yml".into(), yaml.into())],
        ..Default::default()
    });
    assert_eq!(guardian.lint_edit("a.ts", None, &"a;\n".repeat(5_000)).len(), 100);
}

#[test]
fn hostile_input_is_survived() {
    let guardian = guardian();
    for path in ["a.ts", "a.tsx", "a.js", "a.rs", "a.py", "a.go", "a.txt"] {
        for text in ["", "\0", "\u{feff}", "((((", "'", "/*", "\r\n\r\n", "é\u{0301}🦀 = (", "<<<<<<< "] {
            guardian.lint_edit(path, None, text);
            guardian.lint_edit(path, Some(text), "x");
        }
        let deep = "[".repeat(100_000);
        guardian.lint_edit(path, None, &deep);
        guardian.lint_edit(path, Some(&deep), &format!("{deep}{}", "]".repeat(100_000)));
    }
    let huge = "x = 1\n".repeat(9_000_000);
    let found = guardian.lint_edit("a.py", None, &huge);
    expect![["a.py:1:1 warning syntax-error: not checked: file of 54000000 bytes is beyond the 5000000 bytes that are parsed"]]
        .assert_eq(&lines(&found));
}
