//! Failures that reached the caller before the change and no longer do: the code now only logs them, or returns a good
//! result.

use syntax::Language;

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
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if head.is_broken() || base.is_broken() || head.is_test() {
        return;
    }
    match head.language {
        Some(Language::Go) => {
            in_go(pair, base, head, found);
            recovered(pair, head, found);
        }
        Some(Language::Rust) => in_rust(pair, base, head, found),
        _ => {
            caught(pair, base, head, found);
            attached(pair, base, head, found);
        }
    }
}

fn shown(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(50).collect()
}

/// Whether a text writes output or a log entry.
pub(super) fn is_log(text: &str) -> bool {
    const STARTS: &[&str] = &[
        "console.",
        "print(",
        "log.",
        "logger.",
        "logging.",
        "log(",
        "warn(",
        "self.logger.",
        "self.log.",
        "self._logger.",
        "self._log.",
        "this.logger.",
        "this.log.",
        "_logger.",
        "_log.",
        "LOG.",
        "LOGGER.",
        "slog.",
        "fmt.Print",
        "fmt.Fprint",
        "eprintln",
        "println",
        "eprint",
        "log::",
        "tracing::",
        "warn!",
        "error!",
        "info!",
        "debug!",
        "trace!",
        "warnings.warn(",
        "traceback.print",
        "process.stderr.write(",
        "process.stdout.write(",
        "sys.stderr.write(",
        "zap.",
        "logrus.",
        "glog.",
        "klog.",
        "winston.",
    ];
    let text = text.trim().trim_start_matches("await ");
    let exits = [".Fatal", ".Panic", "log.fatal(", "logger.fatal("].iter().any(|word| text.contains(word));
    let named = || {
        text.split('(').next().is_some_and(|callee| {
            let callee = callee.to_lowercase();
            callee.len() < 40
                && (callee.contains("logger.") || callee.contains(".log.") || callee.ends_with(".log"))
        })
    };
    !exits && (STARTS.iter().any(|start| text.starts_with(start)) || named())
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

/// Whether a comment in a block gives a reason.
fn explains(file: &File, block: usize) -> bool {
    let flat = file.flat();
    flat.below(block)
        .any(|i| flat.kind(i).contains("comment") && file.text_of(i).split_whitespace().count() > 3)
}

/// Statements of the base, whitespace evened out.
fn statements_of(base: &File) -> std::collections::HashSet<String> {
    base.flat()
        .iter()
        .filter(|(_, node)| is_statement(node.kind))
        .map(|(index, _)| even(base.text_of(index)))
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
            if explains(head, handler) {
                found.maybe(head, node.start, node.end, message);
            } else {
                found.at(head, node.start, node.end, message);
            }
        }
    }
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

/// The reaction of an `if err != nil` in a function of Go.
struct Handled {
    function: String,
    asked: String,
    before: String,
    index: usize,
    passes_on: bool,
}

fn handled(file: &File) -> Vec<Handled> {
    let flat = file.flat();
    let mut all = Vec::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "if_statement") {
        let asked = even(file.field_text(index, "condition"));
        let Some(name) =
            asked.strip_suffix("!= nil").map(str::trim).filter(|name| name.to_lowercase().ends_with("err"))
        else {
            continue;
        };
        let Some(block) = flat.field(index, "consequence") else { continue };
        let text = file.text_of(block);
        let ends = ["panic(", "os.Exit(", ".Fatal", ".Panic", "goto ", "t.Error", "errCh", "<-"]
            .iter()
            .any(|word| text.contains(word));
        let mentions = |i: usize| {
            file.text_of(i)
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == name || word.to_lowercase().contains("err"))
        };
        let returns = flat.below(block).any(|i| flat.kind(i) == "return_statement" && mentions(i));
        let keeps = flat
            .below(block)
            .any(|i| matches!(flat.kind(i), "assignment_statement" | "short_var_declaration"));
        // The failure is passed to another function, or sent to a client
        let told = flat.below(block).any(|i| {
            flat.kind(i) == "call_expression"
                && !is_log(file.text_of(i))
                && mentions(i)
                && !file.field_text(i, "function").starts_with("fmt.")
                && !flat
                    .above(i)
                    .take_while(|a| *a > block)
                    .any(|a| flat.kind(a) == "call_expression" && is_log(file.text_of(a)))
        });
        let initial = flat.field(index, "initializer").map(|i| even(file.text_of(i)));
        let before = initial.unwrap_or_else(|| {
            let siblings = flat.parts(node.parent).take_while(|sibling| *sibling < index);
            siblings.last().map_or_else(String::new, |sibling| even(file.text_of(sibling)))
        });
        let passes_on = ends || returns || keeps || told;
        all.push(Handled { function: function_of(file, index), asked, before, index, passes_on });
    }
    all
}

fn in_go(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let now = handled(head);
    if now.iter().all(|one| one.passes_on) {
        return;
    }
    let was = handled(base);
    for one in now.iter().filter(|one| !one.passes_on) {
        let flat = head.flat();
        let node = flat.node(one.index);
        let same = |other: &&Handled| {
            other.function == one.function && other.asked == one.asked && other.before == one.before
        };
        let before: Vec<&Handled> = was.iter().filter(same).collect();
        let told = before.iter().any(|other| other.passes_on && base.text_of(other.index).contains("return"));
        if pair.wrote_in(node.start, node.end) && told && before.iter().all(|other| other.passes_on) {
            let block = flat.field(one.index, "consequence").unwrap_or(one.index);
            let message =
                format!("the failure of `{}` was returned, and is not any more", shown(&one.before));
            if explains(head, block) {
                found.maybe(head, node.start, node.end, message)
            } else {
                found.at(head, node.start, node.end, message)
            }
        }
    }
}

/// A deferred `recover()` that drops every panic.
fn recovered(pair: &Pair, head: &File, found: &mut Found) {
    let flat = head.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "defer_statement") {
        let text = head.text_of(index);
        if !text.contains("recover()") || !pair.wrote_at(node.start) && !pair.wrote_in(node.start, node.end) {
            continue;
        }
        let code: String = flat
            .below(index)
            .filter(|i| flat.kind(*i) == "func_literal")
            .take(1)
            .map(|i| even(head.text_of(i)))
            .collect();
        let bare = matches!(
            code.as_str(),
            "func() { recover() }"
                | "func() { _ = recover() }"
                | "func() { if r := recover(); r != nil { } }"
                | "func() { if recover() != nil { } }"
        );
        let commented = flat
            .below(index)
            .any(|i| flat.kind(i) == "comment" && head.text_of(i).split_whitespace().count() > 3);
        if bare || commented && code.contains("{ recover()") {
            let message = "every panic of this function is dropped here";
            if commented {
                found.maybe(head, node.start, node.end, message)
            } else {
                found.at(head, node.start, node.end, message)
            }
        }
    }
}

/// `?` that became a branch which returns a good result.
fn in_rust(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let flat = head.flat();
    for (index, node) in flat.iter() {
        let (call, block) = match node.kind {
            "let_declaration" => {
                let (Some(pattern), Some(value), Some(other)) = (
                    flat.field(index, "pattern"),
                    flat.field(index, "value"),
                    flat.field(index, "alternative"),
                ) else {
                    continue;
                };
                if !head.text_of(pattern).starts_with("Ok(") {
                    continue;
                }
                (value, other)
            }
            "if_expression" => {
                let (Some(condition), Some(block)) =
                    (flat.field(index, "condition"), flat.field(index, "consequence"))
                else {
                    continue;
                };
                if flat.kind(condition) != "let_condition"
                    || !head.field_text(condition, "pattern").starts_with("Err(")
                {
                    continue;
                }
                let Some(value) = flat.field(condition, "value") else { continue };
                (value, block)
            }
            "match_expression" => {
                let (Some(value), Some(body)) = (flat.field(index, "value"), flat.field(index, "body"))
                else {
                    continue;
                };
                let arm = flat.parts(body).find(|arm| {
                    flat.kind(*arm) == "match_arm" && head.field_text(*arm, "pattern").starts_with("Err(")
                });
                let Some(block) = arm.and_then(|arm| flat.field(arm, "value")) else { continue };
                (value, block)
            }
            _ => continue,
        };
        if !pair.wrote_at(node.start) {
            continue;
        }
        let text = head.text_of(block);
        let tells = [
            "Err(",
            "?",
            "panic!",
            "unreachable!",
            "bail!",
            "process::exit",
            "abort(",
            ".push(",
            "send(",
            "errors",
            "= Some(",
            "= true",
            "= false",
            "failed",
            "+= 1",
            "unwrap()",
        ];
        // Log macros contain `{e:?}`
        let without_texts: String = text.split('"').step_by(2).collect();
        if tells.iter().any(|word| without_texts.contains(word)) {
            continue;
        }
        let call = even(head.text_of(call));
        let told = |file: &File| {
            let text = even(&file.text);
            text.matches(&format!("{call}?")).count()
                + text.matches(&format!("{call}.unwrap()")).count()
                + text.matches(&format!("{call}.expect(")).count()
        };
        if call.len() > 5 && call.contains('(') && told(base) > told(head) {
            let message =
                format!("a failure of `{}` reached the caller, and does not any more", shown(&call));
            if explains(head, block) {
                found.maybe(head, node.start, node.end, message)
            } else {
                found.at(head, node.start, node.end, message)
            }
        }
    }
}
