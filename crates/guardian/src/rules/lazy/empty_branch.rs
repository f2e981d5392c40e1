//! `empty-branch`: an `if` without effect.
//!
//! For Python, TypeScript and JavaScript: in Rust such an arm is often right, and vet finds it in Go. Ignores tests, an
//! `if` with an `else`, and an `if` with a comment in or beside it.

use syntax::Language;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "empty-branch",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A condition is asked for, and whatever the answer, nothing follows from it.",
    note: "What should happen in that case was left out, an error most often. Write it; where nothing has to happen, leave the condition out, or say in a comment why it is there.",
    valid: &[
        Example::new(&[("a.py", "def f(x):\n    if x:\n        pass  # handled by the caller\n    g(x)\n")]),
        Example::new(&[("a.py", "def f(x):\n    if x:\n        pass\n    else:\n        g(x)\n")]),
        Example::new(&[("a.py", "def f(x):\n    if x:\n        return\n    g(x)\n")]),
        Example::new(&[(
            "a.js",
            "function f(x) {\n  for (const y of x) {\n    if (y) {\n      return;\n    }\n  }\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.py", "def f(x):\n    if x < 0:\n        pass\n    return g(x)\n")]),
        Example::new(&[(
            "a.py",
            "def f(x):\n    g(x)\n    if x:\n        if x < 0:\n            return None\n",
        )]),
        Example::new(&[("a.js", "function f(x) {\n  if (x < 0) {\n  }\n  return g(x);\n}\n")]),
        Example::new(&[("a.ts", "function f(x) {\n  g(x);\n  if (x < 0) {\n    return;\n  }\n}\n")]),
    ],
    check: Check::File(check),
};

fn check(file: &File, found: &mut Found) {
    let known =
        matches!(file.language, Some(language) if language == Language::Python || language.is_ecmascript());
    if !known || file.is_broken() || file.is_test() {
        return;
    }
    for (index, node) in file.flat().iter().filter(|(_, node)| node.kind == "if_statement") {
        let (Some(condition), Some(then)) =
            (file.flat().field(index, "condition"), file.flat().field(index, "consequence"))
        else {
            continue;
        };
        let commented = file
            .flat()
            .children(then)
            .chain(file.flat().children(index))
            .any(|child| file.flat().kind(child).contains("comment"))
            || has_comment(file, file.row(node.end.saturating_sub(1)));
        if commented || file.flat().field(index, "alternative").is_some() {
            continue;
        }
        let statements: Vec<usize> = file.flat().parts(then).collect();
        let block = matches!(file.flat().kind(then), "block" | "statement_block");
        let nothing = match statements.as_slice() {
            [] => block,
            [only] if block => match file.text_of(*only).trim_end_matches(';') {
                "pass" => true,
                "return" | "return None" | "return undefined" => is_last(file, index),
                _ => false,
            },
            _ => false,
        };
        if nothing {
            let asked: String = file.text_of(condition).chars().take(50).collect();
            found.at(file, node.start, node.end, format!("nothing follows from `{}`", asked.trim()));
        }
    }
}

fn has_comment(file: &File, row: usize) -> bool {
    let line = file.line(row);
    line.contains("//") || line.contains('#') || line.contains("/*")
}

/// Whether a statement is the last of its function.
fn is_last(file: &File, statement: usize) -> bool {
    let mut at = statement;
    loop {
        let parent = file.flat().node(at).parent;
        if parent == at || file.flat().parts(parent).last() != Some(at) {
            return false;
        }
        match file.flat().kind(parent) {
            "block" | "statement_block" | "if_statement" | "else_clause" | "elif_clause"
            | "with_statement" => at = parent,
            "function_definition" | "function_declaration" | "method_definition" => return true,
            _ => return false,
        }
    }
}
