//! `unreachable-code`: statements after one that always leaves.
//!
//! It examines one block at a time and evaluates no condition. It knows calls that never return. Must not report
//! declarations that are hoisted.

use syntax::Language;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unreachable-code",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "Code after a `return`, `throw`, `raise`, `break` or `continue`, which never runs.",
    note: "Either the code before it leaves too early, or the code after it should go. An early return put in front of code is no fix.",
    valid: &[
        Example::new(&[("a.js", "function f() {\n  return g();\n  function g() { return 1; }\n}\n")]),
        Example::new(&[("a.js", "switch (a) {\n  case 1:\n    return b;\n    break;\n}\n")]),
        Example::new(&[("a.py", "def f():\n    return\n    yield\n")]),
        Example::new(&[(
            "src/lib.rs",
            "fn f() -> u8 {\n    #[cfg(unix)]\n    return 1;\n    #[allow(unreachable_code)]\n    2\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.js", "function f() {\n  return 1;\n  g();\n}\n")]),
        Example::new(&[("a.py", "def f():\n    raise E\n    g()\n")]),
        Example::new(&[("src/lib.rs", "fn f() -> u8 {\n    return 1;\n    g()\n}\n")]),
        Example::new(&[("a.go", "package a\n\nfunc F() int {\n\treturn 1\n\tg()\n\treturn 2\n}\n")]),
        Example::change(
            &[("a_test.py", "def test_a():\n    assert f() == 1\n")],
            &[("a_test.py", "def test_a():\n    return\n    assert f() == 1\n")],
        ),
    ],
    check: Check::File(check),
};

fn check(file: &File, found: &mut Found) {
    for (block, node) in file.flat().iter() {
        if !matches!(node.kind, "block" | "statement_block" | "statement_list" | "program") {
            continue;
        }
        let mut left: Option<usize> = None;
        for statement in file.flat().parts(block) {
            if file.flat().kind(statement) == "attribute_item" {
                // Attributes make what follows conditional
                break;
            }
            match left {
                Some(exit) if runs(file, statement) => {
                    let what = file.text_of(exit).split([' ', ';', '(', '\n']).next().unwrap_or_default();
                    found.node(file, statement, format!("never runs: the `{what}` before it leaves"));
                    break;
                }
                Some(_) => {}
                None if leaves(file, statement) => left = Some(statement),
                None => {}
            }
        }
    }
}

fn leaves(file: &File, statement: usize) -> bool {
    match file.flat().kind(statement) {
        "return_statement" | "throw_statement" | "raise_statement" | "break_statement"
        | "continue_statement" => true,
        "expression_statement" if file.language == Some(Language::Rust) => {
            file.flat().parts(statement).any(|inner| {
                matches!(
                    file.flat().kind(inner),
                    "return_expression" | "break_expression" | "continue_expression"
                )
            })
        }
        _ => false,
    }
}

/// Whether a statement runs in order: hoisted declarations do not, and some statements exist only for the compiler.
fn runs(file: &File, statement: usize) -> bool {
    let text = file.text_of(statement);
    match file.flat().kind(statement) {
        "function_declaration"
        | "generator_function_declaration"
        | "class_declaration"
        | "empty_statement"
        | "labeled_statement"
        | "break_statement"
        | "function_signature"
        | "interface_declaration"
        | "type_alias_declaration"
        | "enum_declaration"
        | "function_item"
        | "struct_item"
        | "enum_item"
        | "impl_item"
        | "use_declaration"
        | "const_item"
        | "static_item"
        | "mod_item"
        | "trait_item"
        | "macro_definition"
        | "type_item" => false,
        "variable_declaration" => text.contains('='),
        "expression_statement" | "macro_invocation" => {
            !(text.starts_with("yield") || text.starts_with("panic") || text.starts_with("unreachable"))
        }
        "return_statement" if file.language == Some(Language::Go) => false,
        _ => true,
    }
}
