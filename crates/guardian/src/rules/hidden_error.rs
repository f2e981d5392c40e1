use std::collections::HashSet;

use syntax::Language;

use super::{Check, Example, Found, Pair, Rule};
use crate::file::{File, even};
use crate::finding::{Category, Severity};

pub(super) static RULE: Rule = Rule {
    id: "hidden-error",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "Errors of code that was there before are swallowed now.",
    note: "Callers relied on hearing of the failure. Let the error through, or handle it and say how; to catch it and go on as if nothing happened hides the fault.",
    valid: &[
        Example::change(
            &[("a.js", "function f() {\n  return parse(text);\n}\n")],
            &[(
                "a.js",
                "function f() {\n  try {\n    return parse(text);\n  } catch (e) {\n    throw new ConfigError(e);\n  }\n}\n",
            )],
        ),
        Example::change(
            &[("a.py", "def f():\n    try:\n        g(1)\n    except KeyError:\n        pass\n")],
            &[("a.py", "def f():\n    try:\n        g(1)\n    except KeyError:\n        pass\n    h()\n")],
        ),
    ],
    invalid: &[
        Example::change(
            &[("a.py", "def f(x):\n    if x < 0:\n        raise ValueError(x)\n    return g(x)\n")],
            &[("a.py", "def f(x):\n    if x < 0:\n        return None\n    return g(x)\n")],
        ),
        Example::change(
            &[(
                "a.js",
                "function f(x) {\n  if (x < 0) {\n    throw new RangeError(x);\n  }\n  return g(x);\n}\n",
            )],
            &[("a.js", "function f(x) {\n  if (x < 0) {\n    return null;\n  }\n  return g(x);\n}\n")],
        ),
        Example::change(
            &[("a.js", "function f() {\n  return parse(text);\n}\n")],
            &[("a.js", "function f() {\n  try {\n    return parse(text);\n  } catch (e) {\n  }\n}\n")],
        ),
        Example::change(
            &[(
                "a.js",
                "async function f() {\n  try {\n    await g(x);\n  } catch (e) {\n    report(e);\n    throw e;\n  }\n}\n",
            )],
            &[(
                "a.js",
                "async function f() {\n  try {\n    await g(x);\n  } catch (e) {\n    return null;\n  }\n}\n",
            )],
        ),
        Example::change(
            &[("a.py", "def f():\n    return parse(text)\n")],
            &[(
                "a.py",
                "def f():\n    try:\n        return parse(text)\n    except Exception:\n        return None\n",
            )],
        ),
        Example::change(
            &[(
                "a.go",
                "package a\n\nfunc F() error {\n\terr := g(1, 2)\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn nil\n}\n",
            )],
            &[("a.go", "package a\n\nfunc F() error {\n\t_ = g(1, 2)\n\treturn nil\n}\n")],
        ),
        Example::change(
            &[("src/lib.rs", "fn f() -> R {\n    store(1, 2)?;\n    Ok(())\n}\n")],
            &[("src/lib.rs", "fn f() -> R {\n    let _ = store(1, 2);\n    Ok(())\n}\n")],
        ),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if head.is_broken() {
        return;
    }
    match head.language {
        Some(Language::Rust | Language::Go) => dropped(base, head, found),
        _ => {
            caught(base, head, found);
            no_longer_thrown(base, head, found);
        }
    }
}

/// A condition under which something was thrown, and under which nothing happens now.
fn no_longer_thrown(base: &File, head: &File, found: &mut Found) {
    let ends = |kind: &str| matches!(kind, "throw_statement" | "raise_statement");
    let mut thrown: Vec<String> = Vec::new();
    for (index, _) in base.flat().iter().filter(|(_, node)| ends(node.kind)) {
        thrown.extend(guard(base, index).map(|condition| even(base.text_of(condition))));
    }
    if thrown.is_empty() {
        return;
    }
    for (index, node) in head.flat().iter() {
        if !matches!(node.kind, "if_statement" | "elif_clause") {
            continue;
        }
        let (Some(condition), Some(then)) =
            (head.flat().field(index, "condition"), head.flat().field(index, "consequence"))
        else {
            continue;
        };
        let asked = even(head.text_of(condition));
        let nothing = head.flat().parts(then).next().is_some() && does_nothing(head, then);
        // may be meant: whoever calls may want no error there
        if nothing && thrown.contains(&asked) && !nothing_under(base, &asked) {
            let end = head.flat().node(then).end;
            let shown: String = asked.chars().take(50).collect();
            found.maybe(
                head,
                node.start,
                end,
                format!("under `{shown}` an error was raised, and is not now"),
            );
        }
    }
}

/// The condition that a statement stands under directly.
fn guard(file: &File, statement: usize) -> Option<usize> {
    let above = file.flat().above(statement).take(2);
    let holder =
        above.into_iter().find(|i| matches!(file.flat().kind(*i), "if_statement" | "elif_clause"))?;
    file.flat().field(holder, "condition")
}

/// Whether a file did nothing under that condition before, too.
fn nothing_under(file: &File, asked: &str) -> bool {
    file.flat().iter().any(|(index, node)| {
        matches!(node.kind, "if_statement" | "elif_clause")
            && file.flat().field(index, "condition").is_some_and(|c| even(file.text_of(c)) == asked)
            && file.flat().field(index, "consequence").is_some_and(|then| does_nothing(file, then))
    })
}

/// A `try` whose handlers do nothing.
struct Silent {
    index: usize,
    handler: usize,
    body: Vec<String>,
}

fn caught(base: &File, head: &File, found: &mut Found) {
    let new = silent(head);
    if new.is_empty() {
        return;
    }
    let old: HashSet<String> = silent(base).into_iter().flat_map(|s| s.body).collect();
    let statements: HashSet<String> = base
        .flat()
        .iter()
        .filter(|(_, node)| {
            node.kind.ends_with("_statement")
                || node.kind == "lexical_declaration"
                || node.kind == "variable_declaration"
        })
        .map(|(index, _)| even(base.text_of(index)))
        .collect();
    for one in new {
        // what stood there before, unguarded or with a handler that did something
        if let Some(statement) =
            one.body.iter().find(|s| s.len() > 8 && statements.contains(*s) && !old.contains(*s))
        {
            let shown: String = statement.chars().take(50).collect();
            let (start, end) = (head.flat().node(one.handler).start, head.flat().node(one.index).end);
            found.at(
                head,
                start,
                end,
                format!("an error of `{shown}` is swallowed here, and was not before"),
            );
        }
    }
}

fn silent(file: &File) -> Vec<Silent> {
    let mut found = Vec::new();
    for (index, node) in file.flat().iter().filter(|(_, node)| node.kind == "try_statement") {
        let Some(body) = file.flat().field(index, "body") else { continue };
        let handler = file.flat().parts(index).find(|part| match file.flat().kind(*part) {
            "catch_clause" => file.flat().field(*part, "body").is_some_and(|body| does_nothing(file, body)),
            "except_clause" => {
                let all = ["except:", "except Exception", "except BaseException"]
                    .iter()
                    .any(|s| file.text_of(*part).starts_with(s));
                all && file.flat().parts(*part).last().is_some_and(|block| does_nothing(file, block))
            }
            _ => false,
        });
        if let Some(handler) = handler {
            let body = file.flat().parts(body).map(|statement| even(file.text_of(statement))).collect();
            found.push(Silent { index, handler, body });
        }
        let _ = node;
    }
    found
}

fn does_nothing(file: &File, block: usize) -> bool {
    let trivial = |statement: usize| {
        let text = even(file.text_of(statement));
        let text = text.trim_end_matches(';');
        matches!(
            text,
            "pass"
                | "..."
                | "continue"
                | "return"
                | "return null"
                | "return undefined"
                | "return None"
                | "return false"
                | "return False"
                | "return []"
                | "return {}"
                | "return \"\""
                | "return ''"
                | "return 0"
        ) || text.starts_with("console.log(")
            || text.starts_with("print(")
    };
    file.flat().parts(block).all(trivial)
}

/// A call whose error went somewhere and now goes nowhere.
fn dropped(base: &File, head: &File, found: &mut Found) {
    for (index, node) in head.flat().iter() {
        let text = head.text_of(index);
        let call = match node.kind {
            "let_declaration" => text.strip_prefix("let _ = ").map(|rest| rest.trim_end_matches(';')),
            "expression_statement" => text.strip_suffix(".ok();"),
            "assignment_statement" => text.strip_prefix("_ = "),
            "short_var_declaration" => text.split_once(", _ := ").map(|(_, call)| call),
            _ => None,
        };
        let Some(call) = call.map(str::trim).filter(|call| call.len() > 5 && call.contains('(')) else {
            continue;
        };
        let told = match head.language {
            Some(Language::Rust) => {
                vec![format!("{call}?"), format!("{call}.unwrap()"), format!("{call}.expect(")]
            }
            _ => vec![format!("err := {call}"), format!("err = {call}"), format!("return {call}")],
        };
        let silent_before = base.text.contains(text);
        if !silent_before
            && told.iter().any(|form| base.text.contains(form.as_str()) && !head.text.contains(form.as_str()))
        {
            let shown: String = call.lines().next().unwrap_or_default().chars().take(50).collect();
            found.node(head, index, format!("the error of `{shown}` is dropped here, and was not before"));
        }
    }
}
