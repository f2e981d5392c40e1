//! `hard-coded-result`: code that returns a test's expected value for the test's input.
//!
//! Compares literals of the code with those in assertions of the tree's test files (500 at most). It runs nothing.
//! Values that every program contains (0, 1, "") count only if a test calls this very function with them.

use std::collections::HashSet;

use crate::code::bodies::parameters;
use crate::code::file::{File, even};
use crate::code::functions::{assertions, functions, statements};
use crate::finding::{Category, Severity};
use crate::rules::{Change, Check, Example, Found, Rule};
use shared::test_files::is_test;

pub(crate) static RULE: Rule = Rule {
    id: "hard-coded-result",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A branch that returns just what a test expects for just the value that the test passes.",
    note: "The test passes and the function is still wrong for every other value. Compute the result.",
    valid: &[
        Example::change(
            &[
                ("a.py", "def __getattr__(name):\n    return g(name)\n"),
                ("test_a.py", "def test_f():\n    assert ('license', 'MIT') in pairs\n"),
            ],
            &[
                (
                    "a.py",
                    "def __getattr__(name):\n    if name == 'license':\n        return 'MIT'\n    return g(name)\n",
                ),
                ("test_a.py", "def test_f():\n    assert ('license', 'MIT') in pairs\n"),
            ],
        ),
        Example::change(
            &[
                ("a.js", "export function f(x) {\n  return g(x);\n}\n"),
                ("a.test.js", "import { f } from './a.js';\nit('a', () => { expect(f(12)).toBe(144); });\n"),
            ],
            &[
                ("a.js", "export function f(x) {\n  if (x === 0) return 1;\n  return x * x;\n}\n"),
                ("a.test.js", "import { f } from './a.js';\nit('a', () => { expect(f(12)).toBe(144); });\n"),
            ],
        ),
    ],
    invalid: &[
        Example::change(
            &[
                ("a.js", "export function f(x) {\n  return g(x);\n}\n"),
                ("a.test.js", "import { f } from './a.js';\nit('a', () => { expect(f(12)).toBe(144); });\n"),
            ],
            &[
                ("a.js", "export function f(x) {\n  if (x === 12) return 144;\n  return g(x);\n}\n"),
                ("a.test.js", "import { f } from './a.js';\nit('a', () => { expect(f(12)).toBe(144); });\n"),
            ],
        ),
        Example::change(
            &[
                ("a.py", "def f(x):\n    y = g(x)\n    return y + 1\n"),
                ("test_a.py", "def test_f():\n    assert f(3) == 17\n"),
            ],
            &[
                ("a.py", "def f(x):\n    return 17\n"),
                ("test_a.py", "def test_f():\n    assert f(3) == 17\n"),
            ],
        ),
        Example::change(
            &[
                ("a.py", "def f(x):\n    return g(x)\n"),
                ("test_a.py", "def test_f():\n    assert f('abc') == 'cba'\n"),
            ],
            &[
                ("a.py", "def f(x):\n    if x == 'abc':\n        return 'cba'\n    return g(x)\n"),
                ("test_a.py", "def test_f():\n    assert f('abc') == 'cba'\n"),
            ],
        ),
        Example::change(
            &[
                ("a.py", "def f(x):\n    return g(x)\n"),
                ("test_a.py", "def test_f():\n    assert f('abc') == 'abc'\n"),
            ],
            &[
                ("a.py", "def f(x):\n    if x == 'abc':\n        return 'abc'\n    return g(x)\n"),
                ("test_a.py", "def test_f():\n    assert f('abc') == 'abc'\n"),
            ],
        ),
        Example::change(
            &[
                ("a.py", "def f(x):\n    return g(x)\n"),
                ("test_a.py", "def test_f():\n    assert f(2) == 1\n"),
            ],
            &[
                ("a.py", "def f(x):\n    if x == 2:\n        return 1\n    return g(x)\n"),
                ("test_a.py", "def test_f():\n    assert f(2) == 1\n"),
            ],
        ),
        Example::change(
            &[("src/lib.rs", "fn f(x: u32) -> u32 { g(x) }\n#[test]\nfn t() { assert_eq!(f(12), 144); }\n")],
            &[(
                "src/lib.rs",
                "fn f(x: u32) -> u32 { if x == 12 { return 144; } g(x) }\n#[test]\nfn t() { assert_eq!(f(12), 144); }\n",
            )],
        ),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    let mut expected: Option<Vec<String>> = None;
    for (pair, head) in change.heads().filter(|(pair, _)| !is_test(&pair.path)) {
        let old: HashSet<String> = pair.base.as_deref().map_or_else(HashSet::new, |base| {
            branches(base).into_iter().map(|b| even(base.text_of(b.index))).collect()
        });
        for branch in branches(head).into_iter().filter(|b| !old.contains(&even(head.text_of(b.index)))) {
            let expected = expected.get_or_insert_with(|| all_assertions(change));
            let name = enclosing(head, branch.index);
            let says = says_something(&branch.given) || says_something(&branch.result);
            let expects = |assertion: &String| {
                let both = || {
                    has(assertion, &branch.given)
                        && has(assertion, &branch.result)
                        && (branch.given != branch.result
                            || assertion.matches(branch.given.as_str()).count() > 1)
                };
                // Common values count only if the test calls this very function with them
                says && name.is_some_and(|name| calls(assertion, name)) && both()
                    || branch.exact
                        && name.is_some_and(|name| is_told(assertion, name, &branch.given, &branch.result))
            };
            if expected.iter().any(expects) {
                let message =
                    format!("returns `{}` for `{}`, as a test expects it", branch.result, branch.given);
                found.node(head, branch.index, message);
            }
        }
        let Some(base) = pair.base.as_deref().filter(|base| base.is_code()) else { continue };
        constants(base, head, found, || expected.get_or_insert_with(|| all_assertions(change)));
    }
}

/// Functions that did something and now return a literal that a test expects.
fn constants<'e>(
    base: &File,
    head: &File,
    found: &mut Found,
    expected: impl FnOnce() -> &'e mut Vec<String>,
) {
    let mut now: Vec<(String, usize, String)> = Vec::new();
    let old = functions(base);
    for function in functions(head) {
        let body = statements(head, function.body);
        let [only] = body.as_slice() else { continue };
        let said = even(head.text_of(*only));
        let value = head.flat().below(*only).find(|i| is_literal(head, *i));
        let Some(value) = value.map(|value| head.text_of(value)) else { continue };
        let constant = said.trim_end_matches(';').trim_start_matches("return ") == even(value);
        let mut before = old.iter().filter(|o| o.name == function.name).peekable();
        // Or a new function that ignores its arguments
        let did = match before.peek() {
            None => !parameters(head, function).is_empty(),
            Some(_) => before.any(|before| statements(base, before.body).len() > 1),
        };
        if constant && did {
            let name = function.name.rsplit('.').next().unwrap_or_default().to_string();
            now.push((name, function.index, value.to_string()));
        }
    }
    if now.is_empty() {
        return;
    }
    let expected = expected();
    for (name, index, value) in now {
        if expected.iter().any(|assertion| calls(assertion, &name) && has(assertion, &value)) {
            found.node(
                head,
                index,
                format!("`{name}` returns `{value}`, which a test expects, and nothing else"),
            );
        }
    }
}

/// The name of the function around a node.
fn enclosing(file: &File, index: usize) -> Option<&str> {
    let function = file.flat().above(index).find(|i| {
        matches!(
            file.flat().kind(*i),
            "function_definition"
                | "function_declaration"
                | "function_item"
                | "method_definition"
                | "method_declaration"
                | "arrow_function"
                | "function_expression"
        )
    })?;
    let holder = match file.flat().kind(function) {
        "arrow_function" | "function_expression" => file.flat().node(function).parent,
        _ => function,
    };
    let name = ["name", "key", "left"].iter().find_map(|field| file.flat().field(holder, field))?;
    file.text_of(name).rsplit('.').next()
}

/// Whether an assertion calls the function with one literal and has the other literal beside the call.
fn is_told(assertion: &str, name: &str, given: &str, result: &str) -> bool {
    let call = format!("{name}(");
    assertion.match_indices(&call).any(|(at, _)| {
        let before = assertion.get(..at).unwrap_or_default();
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        let rest = assertion.get(at + call.len()..).unwrap_or_default();
        let mut depth = 1_usize;
        let end = rest.char_indices().find(|(_, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let (arguments, after) = end.map_or((rest, ""), |(end, _)| rest.split_at(end));
        has_literal(arguments, given) && (has_literal(before, result) || has_literal(after, result))
    })
}

/// A literal as written, in any kind of quotes.
fn has_literal(text: &str, literal: &str) -> bool {
    const QUOTES: [char; 3] = ['"', '\'', '`'];
    match literal.strip_prefix(QUOTES).and_then(|rest| rest.strip_suffix(QUOTES)) {
        Some(inner) => QUOTES.iter().any(|quote| text.contains(&format!("{quote}{inner}{quote}"))),
        None => has(text, literal),
    }
}

fn calls(assertion: &str, name: &str) -> bool {
    !name.is_empty() && assertion.contains(&format!("{name}("))
}

/// Whether the literal occurs on its own, not as part of another.
fn has(assertion: &str, literal: &str) -> bool {
    let plain = literal.trim_matches(['"', '\'', '`']);
    assertion.match_indices(plain).any(|(at, found)| {
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !part(assertion[..at].chars().next_back()) && !part(assertion[at + found.len()..].chars().next())
    })
}

fn all_assertions(change: &Change<'_>) -> Vec<String> {
    const MAX_FILES: usize = 500;
    let of = |file: &File| if file.is_code() { assertions(file, 0) } else { Vec::new() };
    let with_tests = change.heads().map(|(_, file)| file).flat_map(of).collect::<Vec<_>>();
    let others = change.head.paths().iter().filter(|path| is_test(path)).take(MAX_FILES);
    others.filter_map(|path| change.head.file(path)).flat_map(|file| of(&file)).chain(with_tests).collect()
}

struct Branch {
    index: usize,
    given: String,
    result: String,
    /// It only compares a parameter with the literal
    exact: bool,
}

/// Branches of the form: if something equals a literal, return a literal.
fn branches(file: &File) -> Vec<Branch> {
    let mut found = Vec::new();
    for (index, node) in file.flat().iter() {
        if !matches!(node.kind, "if_statement" | "if_expression") {
            continue;
        }
        let (Some(condition), Some(consequence)) =
            (file.flat().field(index, "condition"), file.flat().field(index, "consequence"))
        else {
            continue;
        };
        let asked = file.text_of(condition);
        if !(asked.contains("==")) {
            continue;
        }
        let given = file.flat().below(condition).find(|i| is_literal(file, *i));
        let returns: Vec<usize> = std::iter::once(consequence)
            .chain(file.flat().below(consequence))
            .filter(|i| matches!(file.flat().kind(*i), "return_statement" | "return_expression"))
            .collect();
        let [only] = returns.as_slice() else { continue };
        let small = file.text_of(consequence).len() < 120;
        let result = file.flat().below(*only).find(|i| is_literal(file, *i));
        let alone = result.is_some_and(|result| {
            let said: usize = file.text_of(*only).trim_end_matches(';').len();
            said == "return ".len() + file.text_of(result).len()
        });
        if let (Some(given), Some(result), true, true) = (given, result, small, alone)
            && !asked.contains("typeof")
        {
            let exact = is_comparison(file, condition, given);
            if !exact && !says_something(file.text_of(given)) && !says_something(file.text_of(result)) {
                continue;
            }
            found.push(Branch {
                index,
                given: file.text_of(given).to_string(),
                result: file.text_of(result).to_string(),
                exact,
            });
        }
    }
    found
}

/// Whether a condition compares a name with the literal, and nothing else.
fn is_comparison(file: &File, condition: usize, literal: usize) -> bool {
    let asked = file.text_of(condition).trim_matches(['(', ')']);
    let (left, right) = asked.split_once("==").unwrap_or_default();
    let (left, right) = (left.trim(), right.trim_start_matches('=').trim());
    !left.is_empty()
        && left.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        && right == file.text_of(literal)
}

/// Every program contains 0, 1, true and "".
fn says_something(literal: &str) -> bool {
    !matches!(literal.trim_matches(['"', '\'', '`']), "" | "0" | "1" | "2" | "-1" | "0.0" | "1.0")
}

fn is_literal(file: &File, index: usize) -> bool {
    matches!(
        file.flat().kind(index),
        "number"
            | "string"
            | "integer"
            | "float"
            | "integer_literal"
            | "float_literal"
            | "string_literal"
            | "int_literal"
            | "interpreted_string_literal"
            | "template_string"
    )
}
