//! `hidden-error`: an error that was reported before the change and is swallowed after it.
//!
//! Compares statements of base and head, by their place (`code::places`) or their text. In new code only dropped
//! results of Rust count, if no comment explains them. A handler that logs and returns a good result is for
//! `failure_passed_over`.

use std::collections::HashSet;

use syntax::Language;

use super::failure_passed_over::is_added;
use crate::code::constant::is_fixed;
use crate::code::file::{File, even};
use crate::code::places::{place, place_in_any};
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
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
        Example::change(
            &[(
                "a.ts",
                "function f(s) {\n  try {\n    p = parse(s);\n    if (!p) throw new Error('none');\n  } catch (e) {\n    if (e.message === 'none') throw new Error('no p');\n    return false;\n  }\n  return check(p);\n}\n",
            )],
            &[(
                "a.ts",
                "function f(s) {\n  if (!s) throw new Error('no p');\n  try {\n    p = parse(s);\n  } catch (e) {\n    return false;\n  }\n  return check(p);\n}\n",
            )],
        ),
        Example::change(
            &[(
                "a.js",
                "try {\n  const fast = require('fast');\n  f = fast.f;\n} catch (e) {\n  f = slow;\n}\n",
            )],
            &[(
                "a.js",
                "f = slow;\nif (!env.SLOW) {\n  try {\n    const fast = require('fast');\n    g(fast);\n  } catch (e) {\n    // Continue without it.\n  }\n}\n",
            )],
        ),
        Example::change(
            &[("src/lib.rs", "fn f(p: &str) -> R<u64> {\n    let a = open(p)?;\n    Ok(a)\n}\n")],
            &[("src/lib.rs", "fn f(p: &str) -> Option<u64> {\n    return open(p).ok();\n}\n")],
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
            &[(
                "a.py",
                "def f(x):\n    try:\n        g(x)\n    except OSError as e:\n        raise Broken() from e\n",
            )],
            &[("a.py", "def f(x):\n    try:\n        g(x)\n    except OSError as e:\n        pass\n")],
        ),
        Example::change(
            &[(
                "a.js",
                "function f(x) {\n  if (g(x)) {\n    h(x);\n  } else {\n    throw new Error(x);\n  }\n}\n",
            )],
            &[("a.js", "function f(x) {\n  if (g(x)) {\n    h(x);\n  } else {\n    return\n  }\n}\n")],
        ),
        Example::change(
            &[("src/lib.rs", "fn f(v: &mut V) {\n    v.try_push(1).unwrap()\n}\n")],
            &[("src/lib.rs", "fn f(v: &mut V) {\n    v.try_push(1).unwrap_or_default()\n}\n")],
        ),
        Example::change(
            &[("src/lib.rs", "fn f(p: &str) -> R<u64> {\n    let a = open(p)?;\n    Ok(a.len())\n}\n")],
            &[(
                "src/lib.rs",
                "fn f(p: &str) -> R<u64> {\n    Ok(open(p).map(|a| a.len()).unwrap_or(0))\n}\n",
            )],
        ),
        Example::change(
            &[("a.go", "package a\n\nfunc read(s string) (int, error) {\n\treturn g(s)\n}\n")],
            &[(
                "a.go",
                "package a\n\nfunc read(s string) (int, error) {\n\treturn g(s)\n}\n\nfunc Sum(s string) (int, error) {\n\tn, _ := read(s)\n\treturn n, nil\n}\n",
            )],
        ),
        Example::change(
            &[("src/lib.rs", "mod r;\n")],
            &[(
                "src/lib.rs",
                "mod r;\nfn f(r: &mut R) -> io::Result<()> {\n    let _ = r.read_exact(&mut [0]);\n    Ok(())\n}\n",
            )],
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

/// A place that threw before, and at which nothing happens now.
fn no_longer_thrown(base: &File, head: &File, found: &mut Found) {
    let ends = |kind: &str| matches!(kind, "throw_statement" | "raise_statement");
    let before = Places::of(base, |_, kind| ends(kind));
    if before.named.is_empty() {
        return;
    }
    let now = Places::of(head, |_, kind| ends(kind));
    if before.named.is_subset(&now.named) {
        return;
    }
    let nothing = |file: &File, index: usize, kind: &str| {
        matches!(kind, "pass_statement" | "return_statement") && is_nothing(file, index)
    };
    let silent = Places::of(base, |index, kind| nothing(base, index, kind));
    for (index, _) in head.flat().iter().filter(|(index, node)| nothing(head, *index, node.kind)) {
        let here = place(head, index);
        let anywhere = place_in_any(head, index);
        let was = |places: &Places| {
            (places.named.contains(&here), anywhere.as_ref().is_some_and(|here| places.any.contains(here)))
        };
        let ((thrown, alike), (still, still_alike), (quiet, quiet_alike)) =
            (was(&before), was(&now), was(&silent));
        if is_answer(head, index) {
            continue;
        }
        if thrown && !still && !quiet || alike && !still_alike && !quiet_alike {
            let shown = head.text_of(index);
            found.node(
                head,
                index,
                format!("an error was raised here, and now `{shown}` stands in its place"),
            );
        }
    }
}

/// `return false` in a function that answers yes or no: the caller sees the failure.
fn is_answer(file: &File, statement: usize) -> bool {
    let flat = file.flat();
    let text = even(file.text_of(statement));
    let no = matches!(text.trim_end_matches(';'), "return false" | "return False");
    let function = |i: &usize| flat.kind(*i).contains("function") || flat.kind(*i) == "method_definition";
    no && flat.above(statement).find(function).is_some_and(|function| {
        let name = file.field_text(function, "name").to_lowercase();
        let asks = ["is", "has", "can", "valid", "check", "match", "contains", "should"]
            .iter()
            .any(|word| name.contains(word));
        asks && ["return true", "return True"].iter().any(|yes| file.text_of(function).contains(yes))
    })
}

/// The places of some statements of a file.
struct Places {
    named: HashSet<String>,
    any: HashSet<String>,
}

impl Places {
    fn of(file: &File, is_meant: impl Fn(usize, &str) -> bool) -> Places {
        let all: Vec<usize> = file
            .flat()
            .iter()
            .filter(|(index, node)| is_meant(*index, node.kind))
            .map(|(index, _)| index)
            .collect();
        Places {
            named: all.iter().map(|index| place(file, *index)).collect(),
            any: all.iter().filter_map(|index| place_in_any(file, *index)).collect(),
        }
    }
}

/// A `try` whose handlers do nothing.
struct Silent {
    index: usize,
    handler: usize,
    body: Vec<String>,
    /// The last statement of the handler
    end: Option<String>,
}

fn caught(base: &File, head: &File, found: &mut Found) {
    let new = silent(head, false);
    if new.is_empty() {
        return;
    }
    // Handlers that ignored some errors, and now ignore all others too
    let ending = silent(base, true);
    let old: HashSet<String> = silent(base, false).into_iter().flat_map(|s| s.body).collect();
    let statements = super::failure_passed_over::statements_of(base);
    for one in new {
        // The base had the statement, without a `try` or with a handler that reacted
        let ended_so = |statement: &String| {
            one.end.is_some() && ending.iter().any(|was| was.end == one.end && was.body.contains(statement))
        };
        // This form tests for an optional module
        let is_optional =
            |s: &str| s.contains("require(") || s.contains("import(") || s.starts_with("import ");
        let is_meant = |s: &&String| {
            !is_optional(s) && s.len() > 8 && statements.contains(*s) && !old.contains(*s) && !ended_so(s)
        };
        if let Some(statement) = one.body.iter().find(is_meant) {
            let shown: String = statement.chars().take(50).collect();
            let (start, end) = (head.flat().node(one.handler).start, head.flat().node(one.index).end);
            let message = format!("an error of `{shown}` is swallowed here, and was not before");
            // A statement without a call rarely fails
            let certain = statement.contains('(') || statement.contains("await ");
            if certain && !is_added(base, head, statement) {
                found.at(head, start, end, message);
            } else {
                found.maybe(head, start, end, message);
            }
        }
    }
}

/// With `in_the_end`: those whose handlers end without effect, whatever they do before.
fn silent(file: &File, in_the_end: bool) -> Vec<Silent> {
    let mut found = Vec::new();
    let flat = file.flat();
    let quiet = |block: usize| match flat.parts(block).last() {
        Some(last) if in_the_end => is_nothing(file, last),
        _ => does_nothing(file, block),
    };
    let block_of = |handler: usize| flat.field(handler, "body").or_else(|| flat.parts(handler).last());
    for (index, _) in file.flat().iter().filter(|(_, node)| node.kind == "try_statement") {
        let Some(body) = file.flat().field(index, "body") else { continue };
        let handler = file.flat().parts(index).find(|part| match file.flat().kind(*part) {
            "catch_clause" => flat.field(*part, "body").is_some_and(quiet),
            "except_clause" => {
                let all = ["except:", "except Exception", "except BaseException"]
                    .iter()
                    .any(|s| file.text_of(*part).starts_with(s));
                all && flat.parts(*part).last().is_some_and(quiet)
            }
            _ => false,
        });
        if let Some(handler) = handler {
            let body = file.flat().parts(body).map(|statement| even(file.text_of(statement))).collect();
            let end = block_of(handler).and_then(|block| flat.parts(block).last());
            let end = end.map(|last| even(file.text_of(last)));
            found.push(Silent { index, handler, body, end });
        }
    }
    found
}

fn does_nothing(file: &File, block: usize) -> bool {
    file.flat().parts(block).all(|statement| is_nothing(file, statement))
}

fn is_nothing(file: &File, statement: usize) -> bool {
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
}

/// A call whose error was handled before and is dropped now.
fn dropped(base: &File, head: &File, found: &mut Found) {
    for (index, node) in head.flat().iter() {
        let text = head.text_of(index);
        let call = match node.kind {
            "let_declaration" => text.strip_prefix("let _ = ").map(|rest| rest.trim_end_matches(';')),
            // What is returned or assigned is an answer
            "expression_statement"
                if head
                    .flat()
                    .parts(index)
                    .next()
                    .is_some_and(|i| head.flat().kind(i) == "call_expression") =>
            {
                text.strip_suffix(".ok();")
            }
            "call_expression" if head.language == Some(Language::Rust) => {
                text.strip_suffix(".unwrap_or_default()").or_else(|| replaced(head, index))
            }
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
        if base.text.contains(text) {
            continue;
        }
        let shown: String = call.lines().next().unwrap_or_default().chars().take(50).collect();
        let was_told = |form: &String| count(&base.text, form) > count(&head.text, form);
        if told.iter().any(was_told) && replaced(head, index).is_some() && is_explained(head, index) {
            found.maybe(
                head,
                node.start,
                node.end,
                format!("the error of `{shown}` becomes a fixed value here"),
            );
        } else if told.iter().any(was_told) {
            found.node(head, index, format!("the error of `{shown}` is dropped here, and was not before"));
        } else if head.language == Some(Language::Rust) && is_dropped_in_new_code(head, index) {
            found.node(head, index, format!("the error of `{shown}` is dropped here, and nothing says why"));
        } else if head.language == Some(Language::Go) && could_be_returned(head, index, call) {
            let message = format!("the error of `{shown}` is dropped here, and the caller could hear of it");
            found.maybe(head, node.start, node.end, message);
        }
    }
}

/// The call whose error a fixed value replaces: `f(x)` of `f(x).map(g).unwrap_or(0)`.
fn replaced(file: &File, index: usize) -> Option<&str> {
    const STEPS: usize = 8;
    let flat = file.flat();
    let method = |call: usize| {
        let callee = flat.field(call, "function").filter(|of| flat.kind(*of) == "field_expression")?;
        Some((file.field_text(callee, "field"), flat.field(callee, "value")?))
    };
    let (name, mut of) = method(index)?;
    let given = flat.field(index, "arguments").and_then(|list| flat.parts(list).next());
    let fixed = match name {
        "unwrap_or" => given.is_some_and(|value| is_fixed(file, value)),
        "unwrap_or_else" => given
            .filter(|closure| file.text_of(*closure).starts_with("|_"))
            .and_then(|closure| flat.field(closure, "body"))
            .is_some_and(|body| is_fixed(file, body)),
        "unwrap_or_default" => true,
        _ => false,
    };
    if !fixed {
        return None;
    }
    for _ in 0..STEPS {
        match method(of) {
            Some(("map" | "and_then" | "map_err", inner)) => of = inner,
            _ => break,
        }
    }
    (flat.kind(of) == "call_expression").then(|| file.text_of(of))
}

/// Whether a dropped error is that of a function of the same file, in a function that returns errors itself.
fn could_be_returned(file: &File, index: usize, call: &str) -> bool {
    let flat = file.flat();
    let gives_error = |function: usize| {
        file.field_text(function, "result").trim_end_matches(')').split([',', ' ', '(']).next_back()
            == Some("error")
    };
    let is_function =
        |i: &usize| matches!(flat.kind(*i), "function_declaration" | "method_declaration" | "func_literal");
    let called = call.split('(').next().unwrap_or_default();
    let own = || {
        let all = flat.iter().filter(|(_, node)| node.kind == "function_declaration");
        all.filter(|(i, _)| file.field_text(*i, "name") == called).any(|(i, _)| gives_error(i))
    };
    !file.is_test()
        && !is_explained(file, index)
        && flat.above(index).find(is_function).is_some_and(gives_error)
        && own()
}

/// Whether a comment stands on the line of a node or above it.
fn is_explained(file: &File, index: usize) -> bool {
    let row = file.row(file.flat().node(index).start);
    [Some(row), row.checked_sub(1)].into_iter().flatten().any(|row| file.line(row).contains("//"))
}

fn count(text: &str, of: &str) -> usize {
    text.matches(of).count()
}

/// In code that the base does not have: an error that could be passed on, or a value that nothing uses.
fn is_dropped_in_new_code(head: &File, index: usize) -> bool {
    if head.is_test() || is_explained(head, index) {
        return false;
    }
    let Some(function) = head
        .flat()
        .above(index)
        .find(|i| matches!(head.flat().kind(*i), "function_item" | "closure_expression"))
    else {
        return false;
    };
    let gives = head.field_text(function, "return_type");
    let parent = head.flat().node(index).parent;
    match head.flat().kind(index) {
        "let_declaration" => {
            let value = head.flat().field(index, "value").map_or("", |value| head.flat().kind(value));
            gives.contains("Result") && value == "call_expression"
        }
        // A default that nothing uses only serves to hide the error
        "call_expression" => {
            let body = head.flat().field(function, "body");
            head.text_of(index).ends_with(".unwrap_or_default()")
                && (head.flat().kind(parent) == "expression_statement" && head.text_of(parent).ends_with(';')
                    || gives.is_empty() && body == Some(parent))
        }
        _ => false,
    }
}
