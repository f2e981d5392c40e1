//! Failures that reached the caller before the change and no longer do: the code now only logs them, or returns a good
//! result.

mod go;
mod logs;
mod rust;
mod settled;

use syntax::Language;

use self::logs::{explains, is_log, shown};
use crate::code::file::{File, even};
use crate::code::places::function_of;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "failure-passed-over",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A failure that callers heard of is only logged now, or looks like success.",
    note: "The caller takes the failure for a good result and continues with what is not there. Pass the error on; log it besides, where that helps.",
    valid: &[
        // Handled as before, now in a loop
        Example::change(
            &[(
                "a.js",
                "function f() {\n  try {\n    store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth); store(first, second, third, fourth);\n    send(1, 2);\n  } catch (e) {\n    console.warn(e);\n  }\n}\n",
            )],
            &[(
                "a.js",
                "function f() {\n  for (let n = 0; n < 3; n++) {\n    try {\n      send(1, 2);\n    } catch (e) {\n      console.warn(e);\n    }\n  }\n}\n",
            )],
        ),
        Example::change(
            &[(
                "a.go",
                "package a\n\nfunc F() error {\n\terr := g()\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn nil\n}\n",
            )],
            &[(
                "a.go",
                "package a\n\nfunc F() error {\n\terr := g()\n\tif err != nil {\n\t\tlog.Print(err)\n\t\treturn err\n\t}\n\treturn nil\n}\n",
            )],
        ),
        Example::change(
            &[("a.py", "def f(x):\n    store(x, 1)\n")],
            &[(
                "a.py",
                "def f(x):\n    try:\n        store(x, 1)\n    except Exception as e:\n        log.error(e)\n        raise\n",
            )],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "fn f() -> R {\n    let Some(x) = a() else { return Ok(()) };\n    Ok(())\n}\n",
            )],
            &[(
                "src/lib.rs",
                "fn f() -> R {\n    let Some(x) = a(1) else { return Ok(()) };\n    Ok(())\n}\n",
            )],
        ),
        Example::change(
            &[("a.js", "async function f(all) {\n  await Promise.all(all.map(store));\n}\n")],
            &[(
                "a.js",
                "async function f(all) {\n  const results = await Promise.allSettled(all.map(store));\n  report(results);\n}\n",
            )],
        ),
        Example::change(
            &[("src/lib.rs", "fn f() -> R {\n    store(1, 2)?.done();\n    Ok(())\n}\n")],
            &[(
                "src/lib.rs",
                "fn f() -> R {\n    if let Ok(s) = store(1, 2) {\n        s.done();\n    } else {\n        return Err(E);\n    }\n    Ok(())\n}\n",
            )],
        ),
    ],
    invalid: &[
        Example::change(
            &[("a.py", "def f(x):\n    store(x, 1)\n")],
            &[(
                "a.py",
                "def f(x):\n    try:\n        store(x, 1)\n    except Exception as e:\n        logger.warning('no: %s', e)\n        return False\n",
            )],
        ),
        Example::change(
            &[("a.py", "def f(x):\n    store(x, 1)\n")],
            &[("a.py", "def f(x):\n    with suppress(Exception):\n        store(x, 1)\n")],
        ),
        Example::change(
            &[("a.ts", "async function f(x) {\n  await store(x, 1);\n}\n")],
            &[("a.ts", "async function f(x) {\n  await store(x, 1).catch(console.error);\n}\n")],
        ),
        Example::change(
            &[(
                "a.go",
                "package a\n\nfunc F() error {\n\terr := g()\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn nil\n}\n",
            )],
            &[(
                "a.go",
                "package a\n\nfunc F() error {\n\terr := g()\n\tif err != nil {\n\t\tlog.Print(err)\n\t}\n\treturn nil\n}\n",
            )],
        ),
        Example::change(
            &[("a.go", "package a\n\nfunc F() { g() }\n")],
            &[("a.go", "package a\n\nfunc F() {\n\tdefer func() { _ = recover() }()\n\tg()\n}\n")],
        ),
        Example::change(
            &[("src/lib.rs", "fn f() -> R {\n    store(1, 2)?;\n    Ok(())\n}\n")],
            &[(
                "src/lib.rs",
                "fn f() -> R {\n    match store(1, 2) {\n        Ok(_) => {}\n        Err(e) => log::warn!(\"{e}\"),\n    }\n    Ok(())\n}\n",
            )],
        ),
        Example::change(
            &[("a.js", "async function f(all) {\n  await Promise.all(all.map(store));\n}\n")],
            &[("a.js", "async function f(all) {\n  await Promise.allSettled(all.map(store));\n}\n")],
        ),
        Example::change(
            &[("src/lib.rs", "fn f() -> R {\n    store(1, 2)?.done();\n    Ok(())\n}\n")],
            &[(
                "src/lib.rs",
                "fn f() -> R {\n    if let Ok(s) = store(1, 2) {\n        s.done();\n    }\n    Ok(())\n}\n",
            )],
        ),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if head.is_broken() || base.is_broken() || head.is_test() {
        return;
    }
    match head.language {
        Some(Language::Go) => go::check(pair, base, head, found),
        Some(Language::Rust) => rust::check(pair, base, head, found),
        _ => {
            caught(pair, base, head, found);
            attached(pair, base, head, found);
            settled::check(pair, base, head, found);
        }
    }
}

/// A value that means "nothing there", without any fault.
fn is_harmless(text: &str) -> bool {
    let text = text.trim().trim_end_matches(';').trim_start_matches("return").trim();
    matches!(
        text,
        "" | "pass"
            | "..."
            | "continue"
            | "null"
            | "undefined"
            | "None"
            | "false"
            | "False"
            | "true"
            | "True"
            | "[]"
            | "{}"
            | "()"
            | "\"\""
            | "''"
            | "0"
            | "-1"
            | "new Map()"
            | "new Set()"
            | "dict()"
            | "list()"
            | "set()"
            | "nil"
            | "nil, nil"
            | "Ok(())"
            | "Ok(None)"
            | "Ok(false)"
            | "Ok(true)"
            | "Ok(0)"
            | "Ok(vec![])"
            | "Ok(Vec::new())"
            | "Ok(String::new())"
            | "Ok(Default::default())"
            | "Default::default()"
            | "Vec::new()"
            | "String::new()"
            | "0, nil"
            | "\"\", nil"
            | "false, nil"
            | "true, nil"
            | "({})"
    )
}

fn parts(file: &File, block: usize) -> Vec<usize> {
    let flat = file.flat();
    let list = flat.parts(block).find(|i| flat.kind(*i) == "statement_list").unwrap_or(block);
    flat.parts(list).collect()
}

/// Whether a block only logs and gives a harmless value; at least one of its statements is a log entry.
fn only_logs(file: &File, block: usize) -> bool {
    let all = parts(file, block);
    let text = |i: &usize| file.text_of(*i);
    all.iter().any(|i| is_log(text(i))) && all.iter().all(|i| is_log(text(i)) || is_harmless(text(i)))
}

/// Whether the head has a statement more often than the base: then what a `try` guards is new, and the old place may be
/// as it was.
pub(super) fn is_added(base: &File, head: &File, statement: &str) -> bool {
    let times = |file: &File| even(&file.text).matches(statement).count();
    times(head) > times(base)
}

/// Statements of the base, whitespace evened out.
pub(super) fn statements_of(base: &File) -> std::collections::HashSet<String> {
    let flat = base.flat();
    let bodies = flat.iter().filter(|(_, node)| node.kind == "arrow_function");
    let given = bodies
        .filter_map(|(index, _)| flat.field(index, "body").filter(|b| flat.kind(*b) != "statement_block"));
    let statements = flat.iter().filter(|(_, node)| is_statement(node.kind));
    statements
        .map(|(index, _)| even(base.text_of(index)))
        // `() => f(x)` does what `() => { return f(x); }` does
        .chain(given.map(|body| format!("return {};", even(base.text_of(body)))))
        .collect()
}

fn is_statement(kind: &str) -> bool {
    kind.ends_with("_statement") || matches!(kind, "lexical_declaration" | "variable_declaration")
}

/// Statements that the base had without this `try`, or with a handler that reacted differently.
fn caught(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let flat = head.flat();
    let mut known = None;
    for (index, node) in flat.iter() {
        let (body, handler) = match node.kind {
            "try_statement" => {
                let Some(body) = flat.field(index, "body") else { continue };
                let handler = flat.parts(index).find(|part| match flat.kind(*part) {
                    "catch_clause" => flat.field(*part, "body").is_some_and(|block| only_logs(head, block)),
                    "except_clause" => {
                        let all = ["except:", "except Exception", "except BaseException"]
                            .iter()
                            .any(|s| head.text_of(*part).starts_with(s));
                        all && flat.parts(*part).last().is_some_and(|block| only_logs(head, block))
                    }
                    _ => false,
                });
                let Some(handler) = handler else { continue };
                (body, handler)
            }
            "with_statement" => {
                let clause = flat.parts(index).next().unwrap_or(index);
                let text = head.text_of(clause);
                let Some(body) = flat.field(index, "body") else { continue };
                if !["suppress(Exception)", "suppress(BaseException)"].iter().any(|all| text.contains(all)) {
                    continue;
                }
                (body, clause)
            }
            _ => continue,
        };
        if !pair.wrote_at(flat.node(handler).start) && !pair.wrote_in(node.start, flat.node(body).start) {
            continue;
        }
        let known = known.get_or_insert_with(|| statements_of(base));
        let guarded = |statement: &str| {
            let flat = base.flat();
            flat.iter().any(|(i, node)| match node.kind {
                "try_statement" => {
                    let within = flat.field(i, "body").is_some_and(|body| {
                        flat.below(body)
                            .any(|i| is_statement(flat.kind(i)) && even(base.text_of(i)) == statement)
                    });
                    within
                        && flat.parts(i).any(|part| {
                            matches!(flat.kind(part), "catch_clause" | "except_clause")
                                && flat.parts(part).last().is_some_and(|block| {
                                    parts(base, block)
                                        .iter()
                                        .all(|s| is_log(base.text_of(*s)) || is_harmless(base.text_of(*s)))
                                })
                        })
                }
                _ => false,
            })
        };
        let optional = |s: &str| s.contains("require(") || s.contains("import(") || s.starts_with("import ");
        let lost = parts(head, body).into_iter().map(|i| even(head.text_of(i))).find(|s| {
            s.len() > 8 && s.contains('(') && known.contains(s) && !optional(s) && !is_log(s) && !guarded(s)
        });
        if let Some(statement) = lost {
            let message = format!(
                "a failure of `{}` reached the caller, and is only noted here now",
                shown(&statement)
            );
            let node = flat.node(handler);
            if explains(head, handler) || had_handler(base, head, handler) || is_added(base, head, &statement)
            {
                found.maybe(head, node.start, node.end, message);
            } else {
                found.at(head, node.start, node.end, message);
            }
        }
    }
}

/// Whether the same function of the base has a handler with the same log entry: the statement only moved into its `try`.
fn had_handler(base: &File, head: &File, handler: usize) -> bool {
    let code = |file: &File, handler: usize| {
        file.flat().parts(handler).last().map_or_else(String::new, |block| even(file.text_of(block)))
    };
    let (wanted, function) = (code(head, handler), function_of(head, handler));
    let flat = base.flat();
    let all = flat.iter().filter(|(_, node)| node.kind == head.flat().kind(handler));
    all.map(|(index, _)| index)
        .any(|index| code(base, index) == wanted && function_of(base, index) == function)
}

/// `.catch(console.error)` at the end of a call that had none.
fn attached(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let flat = head.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "call_expression") {
        let Some(callee) = flat.field(index, "function") else { continue };
        if flat.kind(callee) != "member_expression"
            || head.field_text(callee, "property") != "catch"
            || !pair.wrote_at(node.end.saturating_sub(1))
        {
            continue;
        }
        let (Some(object), Some(arguments)) = (flat.field(callee, "object"), flat.field(index, "arguments"))
        else {
            continue;
        };
        let Some(handler) = flat.parts(arguments).next() else { continue };
        let quiet = match flat.kind(handler) {
            "member_expression" => is_log(head.text_of(handler)),
            "arrow_function" => flat.field(handler, "body").is_some_and(|body| {
                if flat.kind(body) == "statement_block" {
                    only_logs(head, body)
                } else {
                    is_log(head.text_of(body))
                }
            }),
            _ => false,
        };
        let call = even(head.text_of(object));
        let had = |file: &File| even(&file.text).matches(call.as_str()).count();
        let still = even(&base.text).contains(&format!("{call}.catch("));
        if quiet && call.len() > 6 && had(base) > 0 && !still && !explains(head, handler) {
            let waited = flat.above(index).take(2).any(|i| flat.kind(i) == "await_expression")
                || flat.kind(node.parent) == "return_statement";
            let message =
                format!("a failure of `{}` reached the caller, and is only noted here now", shown(&call));
            if waited {
                found.node(head, callee, message)
            } else {
                found.maybe(head, node.start, node.end, message)
            }
        }
    }
}
