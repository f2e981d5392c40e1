use super::{Check, Example, Found, Pair, Rule};
use crate::file::File;
use crate::finding::{Category, Severity};
use crate::functions::{functions, statements};

pub(super) static RULE: Rule = Rule {
    id: "emptied-body",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A function whose body was replaced by nothing, or by a constant.",
    note: "What the function did is lost, and its callers still rely on it. Put the body back and change what has to change; where the function is no longer needed, remove it and its calls.",
    valid: &[
        Example::change(
            &[("a.js", "function f(x) {\n  const y = g(x);\n  return y + 1;\n}\n")],
            &[("a.js", "function f(x) {\n  return h(x);\n}\n")],
        ),
        Example::change(&[("a.py", "def f():\n    return 1\n")], &[("a.py", "def f():\n    return 2\n")]),
    ],
    invalid: &[
        Example::change(
            &[("a.js", "function f(x) {\n  const y = g(x);\n  return y + 1;\n}\n")],
            &[("a.js", "function f(x) {\n}\n")],
        ),
        Example::change(
            &[("a.ts", "class A {\n  m(x: number) {\n    const y = g(x);\n    return y + 1;\n  }\n}\n")],
            &[("a.ts", "class A {\n  m(x: number) {\n    return 42;\n  }\n}\n")],
        ),
        Example::change(
            &[("a.py", "def f(x):\n    y = g(x)\n    return y + 1\n")],
            &[("a.py", "def f(x):\n    \"\"\"Doc.\"\"\"\n    pass\n")],
        ),
        Example::change(
            &[("src/lib.rs", "fn f(x: u8) -> u8 {\n    let y = g(x);\n    y + 1\n}\n")],
            &[("src/lib.rs", "fn f(x: u8) -> u8 {\n    7\n}\n")],
        ),
        Example::change(
            &[("a.go", "package a\n\nfunc F(x int) int {\n\ty := g(x)\n\treturn y + 1\n}\n")],
            &[("a.go", "package a\n\nfunc F(x int) int {\n\treturn 0\n}\n")],
        ),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if head.is_broken() {
        return;
    }
    let (old, new) = (functions(base), functions(head));
    for function in &new {
        let body = statements(head, function.body);
        if !is_trivial(head, &body) {
            continue;
        }
        let mut same = old.iter().filter(|before| before.name == function.name);
        let (Some(before), None) = (same.next(), same.next()) else { continue };
        let was = statements(base, before.body);
        if is_trivial(base, &was) || base.text_of(before.body).len() < 20 || !does_something(base, &was) {
            continue;
        }
        let name = function.name.rsplit('.').next().unwrap_or(&function.name);
        let message = if body.is_empty() {
            format!("the body of `{name}` was removed")
        } else {
            format!("the body of `{name}` was replaced by a constant")
        };
        let start = head.flat().node(function.index).start;
        let end = head.flat().node(function.body).end;
        // to make a function do nothing is a way of retiring it, if one says so
        let above = head.row(start).saturating_sub(6)..=head.row(end);
        let retired = above.map(|row| head.line(row).to_lowercase()).any(|line| {
            ["deprecated", "no-op", "noop", "no longer", "obsolete"].iter().any(|word| line.contains(word))
        });
        if retired {
            found.maybe(head, start, end, message);
        } else {
            found.at(head, start, end, message);
        }
    }
}

/// A call, a branch, a loop, an operation: something that a constant cannot stand for.
fn does_something(file: &File, body: &[usize]) -> bool {
    body.iter().any(|statement| {
        std::iter::once(*statement).chain(file.flat().below(*statement)).any(|index| {
            let kind = file.flat().kind(index);
            matches!(
                kind,
                "call_expression"
                    | "call"
                    | "macro_invocation"
                    | "new_expression"
                    | "binary_expression"
                    | "binary_operator"
                    | "for_statement"
                    | "while_statement"
                    | "if_statement"
                    | "if_expression"
                    | "match_expression"
                    | "method_call"
                    | "await_expression"
                    | "assignment_expression"
                    | "comparison_operator"
                    | "list_comprehension"
            )
        })
    })
}

fn is_trivial(file: &File, body: &[usize]) -> bool {
    match body {
        [] => true,
        [one] => {
            let node = file.flat().node(*one);
            match node.kind {
                "pass_statement" => true,
                "return_statement" | "expression_statement" => {
                    let inner: Vec<usize> = file.flat().parts(*one).collect();
                    match inner.as_slice() {
                        [] => true,
                        [value] => is_constant(file, *value),
                        _ => false,
                    }
                }
                _ => is_constant(file, *one),
            }
        }
        _ => false,
    }
}

fn is_constant(file: &File, index: usize) -> bool {
    let text = file.text_of(index);
    let filled = |i: usize| matches!(file.flat().kind(i), "interpolation" | "template_substitution");
    if file.flat().below(index).any(filled) {
        return false;
    }
    match file.flat().kind(index) {
        "number"
        | "string"
        | "true"
        | "false"
        | "null"
        | "undefined"
        | "none"
        | "nil"
        | "integer"
        | "float"
        | "ellipsis"
        | "integer_literal"
        | "float_literal"
        | "string_literal"
        | "raw_string_literal"
        | "boolean_literal"
        | "char_literal"
        | "int_literal"
        | "interpreted_string_literal"
        | "unit_expression" => true,
        "expression_list"
        | "return_expression"
        | "parenthesized_expression"
        | "unary_expression"
        | "unary_operator" => file.flat().parts(index).all(|part| is_constant(file, part)),
        "array" | "object" | "list" | "dictionary" | "tuple" => file.flat().parts(index).next().is_none(),
        "call_expression" => matches!(
            text,
            "Default::default()" | "Ok(())" | "Vec::new()" | "String::new()" | "Ok(Default::default())"
        ),
        "identifier" => matches!(text, "undefined" | "None" | "nil"),
        _ => false,
    }
}
