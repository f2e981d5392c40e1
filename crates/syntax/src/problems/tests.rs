//! Tests of `problems`, with the expected messages written out.

use expect_test::{Expect, expect};

use super::problems;
use crate::Language;

fn check(path: &str, text: &str, expected: Expect) {
    let language = Language::of_path(path).expect("a known extension");
    let shown: Vec<String> =
        problems(language, text).iter().map(|p| format!("{}:{} {}", p.line, p.column, p.message)).collect();
    expected.assert_eq(&shown.join("\n"));
}

#[test]
fn correct_code_has_none() {
    check("a.ts", "export const f = <T,>(x: T): T => x satisfies T;\n", expect![[""]]);
    check("a.tsx", "const a = <p>{x ? <b/> : null}</p>;\n", expect![[""]]);
    check("a.jsx", "export default () => <p a={1}>x</p>;\n", expect![[""]]);
    check("a.rs", "fn main() { let x = vec![1]; println!(\"{x:?}\"); }\n", expect![[""]]);
    check(
        "a.py",
        "def f(x: int) -> int:\n    '''doc'''\n    if x: return 1; y = 2\n    return x\n",
        expect![[""]],
    );
    check("a.go", "package a\n\nfunc F[T any](x T) T { return x }\n", expect![[""]]);
    check("a.py", "", expect![[""]]);
}

#[test]
fn truncated_code_names_what_is_open() {
    check(
        "a.ts",
        "function f() {\n  return [1, 2",
        expect![[r#"
        1:1 unexpected `function f() {…`
        1:14 `{` is never closed: expected `}` before the end of the file
        2:10 `[` is never closed: expected `]` before the end of the file"#]],
    );
    check(
        "a.rs",
        "fn f() {\n    if x {\n        g(",
        expect![[r#"
        1:1 unexpected `fn f() {…`
        1:8 `{` is never closed: expected `}` before the end of the file
        2:10 `{` is never closed: expected `}` before the end of the file
        3:10 `(` is never closed: expected `)` before the end of the file"#]],
    );
    check(
        "a.py",
        "def f(x):\n    return g(x,\n",
        expect![[r#"
        2:5 unexpected `return g(x,` in a function definition
        2:13 `(` is never closed: expected `)` before the end of the file
        2:16 expected an indented block of at least one statement"#]],
    );
    check(
        "a.go",
        "package a\n\nfunc F() {\n\treturn",
        expect![[r#"
        3:10 `{` is never closed: expected `}` before the end of the file
        4:8 expected `}`"#]],
    );
}

#[test]
fn slips_are_found_in_every_language() {
    check(
        "a.js",
        "const a = foo(1, 2;\n",
        expect![[r#"
        1:14 `(` is never closed: expected `)` before the end of the file
        1:19 expected `)`"#]],
    );
    check(
        "a.js",
        "if (a { b(); }\n",
        expect![[r#"
        1:4 `(` is never closed: expected `)` before the end of the file
        1:6 expected `)`"#]],
    );
    check("a.rs", "fn f() -> u32 { let x = ; x }\n", expect!["1:23 unexpected `=` in a let declaration"]);
    check("a.rs", "fn f() { a() } }\n", expect!["1:16 unexpected `}`"]);
    check("a.py", "def f(x)\n    return x\n", expect!["1:1 unexpected `def f(x)…`"]);
    check(
        "a.py",
        "def f(x):\n\ndef g(): pass\n",
        expect!["1:10 expected an indented block of at least one statement"],
    );
    check(
        "a.py",
        "def f(x):\n    a = 1\n      b = 2\n",
        expect!["3:7 unexpected indentation: differs from the other statements of this block"],
    );
    check(
        "a.py",
        "  x = 1\ny = 2\n",
        expect!["1:3 unexpected indentation: differs from the other statements of this block"],
    );
    check(
        "a.go",
        "package a\n\nfunc F( { }\n",
        expect![[r#"
        3:7 `(` is never closed: expected `)` before the end of the file
        3:8 expected `)`"#]],
    );
}

#[test]
fn hostile_input_is_survived() {
    check("a.ts", "let a = 1;\0 let b;", expect!["1:11 NUL byte in source text"]);
    for (path, open, close) in
        [("a.ts", "[", "]"), ("a.rs", "(", ")"), ("a.py", "[", "]"), ("a.go", "{", "}"), ("a.js", "{", "}")]
    {
        let language = Language::of_path(path).expect("a known extension");
        let deep = open.repeat(100_000);
        assert!(!problems(language, &deep).is_empty(), "{path}");
        let closed = format!("{deep}{}", close.repeat(100_000));
        let _ = problems(language, &closed);
    }
    let long = "a;".repeat(3_000_000);
    let found = problems(Language::JavaScript, &long);
    expect!["not checked: file of 6000000 bytes is beyond the 5000000 bytes that are parsed"]
        .assert_eq(&found[0].message);
}
