//! Properties of every input.

use std::sync::LazyLock;

use guardian::{Guardian, GuardianOptions, MemorySources};
use proptest::prelude::*;

static GUARDIAN: LazyLock<Guardian> = LazyLock::new(|| Guardian::new(GuardianOptions::default()).0);

const PATHS: &[&str] =
    &["src/a.ts", "src/b.test.tsx", "c.js", "src/lib.rs", "d.py", "test_e.py", "f.go", "g.txt"];

/// Pieces of code, so that generated texts resemble programs.
fn code() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("function f(a, b) {\n"),
        Just("}\n"),
        Just("import { a } from './b';\n"),
        Just("export const x = 1;\n"),
        Just("def f(x):\n    return x\n"),
        Just("    assert f(1) == 2\n"),
        Just("fn f() -> u8 {\n"),
        Just("use crate::a::B;\n"),
        Just("mod a;\n"),
        Just("#[test]\n"),
        Just("assert_eq!(f(), 1);\n"),
        Just("it('a', () => { expect(f(1)).toBe(2); });\n"),
        Just("try {\n f();\n} catch {}\n"),
        Just("// ... rest of the code\n"),
        Just("package a\n"),
        Just("func F() error {\n"),
        Just("if x == 12 { return 144 }\n"),
        Just("return 1;\n"),
        Just("'"),
        Just("`${"),
        Just("/*"),
        Just("\""),
        Just("\u{0}"),
        Just("é🦀"),
        Just("<<<<<<< a\n"),
        Just("\r\n"),
        Just("\t"),
        Just("class A:\n"),
        Just("from . import x\n"),
        Just("import"),
    ];
    prop::collection::vec(prop_oneof![9 => piece.prop_map(str::to_string), 1 => ".{0,12}"], 0..25)
        .prop_map(|pieces| pieces.concat())
}

fn tree() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((prop::sample::select(PATHS), code()), 1..5)
        .prop_map(|files| files.into_iter().map(|(path, text)| (path.to_string(), text)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics_and_always_says_the_same(base in tree(), head in tree()) {
        let (base, head) = (MemorySources::new(base), MemorySources::new(head));
        let paths: Vec<String> = PATHS.iter().map(ToString::to_string).collect();
        let findings = GUARDIAN.lint_change(&base, &head, &paths);
        prop_assert_eq!(&findings, &GUARDIAN.lint_change(&base, &head, &paths));
        prop_assert!(findings.iter().all(|f| f.line >= 1 && f.column >= 1 && !f.message.is_empty()));
        GUARDIAN.lint_files(&head, &paths);
    }

    #[test]
    fn an_unchanged_tree_is_silent(files in tree()) {
        let tree = MemorySources::new(files);
        let paths: Vec<String> = PATHS.iter().map(ToString::to_string).collect();
        prop_assert_eq!(GUARDIAN.lint_change(&tree, &tree, &paths), []);
    }
}

#[test]
fn blank_lines_are_no_change() {
    for rule in guardian::rule_infos() {
        for (path, text) in rule.valid.iter().chain(&rule.invalid).flat_map(|example| &example.head) {
            if !text.contains(['\'', '"', '`']) && !text.starts_with("//") {
                assert_eq!(GUARDIAN.lint_edit(path, Some(text), &format!("\n{text}\n\n")), [], "{text}");
            }
        }
    }
}
