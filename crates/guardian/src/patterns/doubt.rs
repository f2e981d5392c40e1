//! Finds matches of patterns that are a suspicion, not a proof, because the surrounding code gives them a meaning that
//! the pattern cannot see. Such a finding becomes a warning. Works on the matches of `patterns` in one file.

use std::sync::LazyLock;

use regex::Regex;

use crate::code::file::{File, Raw, even};
use crate::code::functions::tests;
use crate::finding::Severity;
use crate::patterns::{handed, stand_in};
use crate::project::is_vendored;

/// Verbs of clean-up calls: a failure of such a call no longer changes anything.
const CLEANING: [&str; 20] = [
    "cancel",
    "close",
    "abort",
    "dispose",
    "destroy",
    "release",
    "unlink",
    "rm",
    "rmdir",
    "remove",
    "kill",
    "terminate",
    "disconnect",
    "end",
    "stop",
    "cleanup",
    "unsubscribe",
    "detach",
    "shutdown",
    "rollback",
];

/// Lowers the severity of a finding that may be intended.
pub(crate) fn soften(file: &File, raw: &mut Raw) {
    let Some(language) = file.language.filter(|_| file.is_code()) else { return };
    let ecmascript = language.is_ecmascript();
    let meant = match &*raw.rule {
        "swallowed-error" => {
            ecmascript && is_fallback(file, raw)
                || cleans_up(file, raw)
                || language == syntax::Language::Go && is_seen(file, raw)
                || stand_in::is_stand_in(file, raw.start)
        }
        "shell-from-input" | "eval-of-input" => !handed::is_from_outside(file, raw.start),
        "test-skipped" => ecmascript && is_conditional(raw),
        // `if wanted: breakpoint()` on one line is a switch for development
        "breakpoint-left" => file.line(raw.line as usize - 1).trim_start().starts_with("if "),
        "unsafe-cast" => ecmascript && file.is_test(),
        "placeholder" => {
            ecmascript && is_overridden(file, raw.start)
                || stand_in::is_stand_in(file, raw.start)
                || stand_in::is_double_of_test(file, raw.start)
        }
        "blanket-suppression" => {
            stand_in::is_stand_in(file, raw.start)
                || language == syntax::Language::Python && is_coverage(file, raw)
                || language == syntax::Language::Rust && stand_in::is_for_others(file, raw.start)
                || is_of_one_line(file, raw)
        }
        "bare-suppression" => is_of_one_line(file, raw),
        _ => false,
    };
    if meant || is_vendored(&file.path) {
        raw.in_change = Severity::Warning;
        raw.severity = Severity::Warning;
    }
}

/// `.catch(() => null)` whose value is used, or after a call that only cleans up.
fn is_fallback(file: &File, raw: &Raw) -> bool {
    let flat = file.flat();
    if !raw.key.contains(".catch(") {
        return false;
    }
    let call = flat.iter().find(|(_, node)| {
        node.kind == "call_expression" && node.start == raw.start && is_catch(file, node.end)
    });
    let Some((call, _)) = call else { return false };
    // The call before `.catch`, by the name of its last part: `a().close(b)`
    let failed = flat.field(call, "function").and_then(|catch| flat.field(catch, "object"));
    let called = failed.and_then(|failed| flat.field(failed, "function"));
    // `promise.catch(() => {})` only keeps a failure from being reported twice: code that has the promise hears of it
    if failed.is_some_and(|failed| matches!(flat.kind(failed), "identifier" | "member_expression")) {
        return true;
    }
    let name = called.map(|called| flat.field(called, "property").unwrap_or(called));
    let cleans = name.is_some_and(|name| is_cleaning(file.text_of(name)));
    let taken = flat
        .above(call)
        .find(|above| !matches!(flat.kind(*above), "await_expression" | "parenthesized_expression"))
        .is_some_and(|above| {
            !matches!(flat.kind(above), "expression_statement" | "unary_expression" | "program")
        });
    let gives =
        ["null", "undefined", "{}"].iter().any(|value| raw.key.trim_end_matches(')').ends_with(value));
    cleans || taken && gives
}

/// Whether the failed call only cleaned up, or its failure is handled right below: one call whose failure changes
/// nothing, or a `return` that the next statement replaces.
fn cleans_up(file: &File, raw: &Raw) -> bool {
    let flat = file.flat();
    let mut at = flat.iter().filter(|(_, node)| node.start == raw.start).map(|(at, _)| at);
    let guard = |at: usize| {
        let guard = flat.above(at).next().filter(|i| flat.kind(*i) == "try_statement")?;
        Some((guard, flat.field(guard, "body")?))
    };
    match at.find_map(guard) {
        Some((guard, body)) => {
            let mut statements =
                flat.parts(body).filter(|i| !flat.node(*i).extra && !flat.kind(*i).starts_with("import_"));
            match (statements.next(), statements.next()) {
                (Some(only), None) if flat.kind(only) == "return_statement" => {
                    let above = flat.children(flat.node(guard).parent);
                    above.into_iter().any(|other| {
                        flat.node(other).start >= flat.node(guard).end
                            && flat.node(other).named
                            && !flat.node(other).extra
                    })
                }
                (Some(only), None) => is_cleaning(file.text_of(only)),
                _ => false,
            }
        }
        None => {
            let call = raw.key.split_once(" = ").map_or(raw.key.as_str(), |(_, call)| call);
            // `if err := f.Close(); err != nil {}` and `f.close().ok();`
            raw.key.starts_with("if ") && is_cleaning(call.trim_start_matches("if "))
                || raw.key.ends_with(".ok();") && is_cleaning(call)
        }
    }
}

/// `_ = err` in Go where the error was looked at: in a branch that reacts to it, below such a branch, or beside a comment.
fn is_seen(file: &File, raw: &Raw) -> bool {
    let flat = file.flat();
    if raw.key.trim() != "_ = err" {
        return false;
    }
    let at = flat.iter().find(|(_, node)| node.kind == "assignment_statement" && node.start == raw.start);
    let Some((at, node)) = at else { return false };
    let asks = |i: usize| {
        flat.kind(i) == "if_statement"
            && even(file.field_text(i, "condition")).split(' ').any(|word| word == "err")
    };
    let row = raw.line as usize - 1;
    let comment =
        |row: usize| file.line(row).split_once("//").is_some_and(|(_, said)| said.split(' ').count() > 2);
    let block = flat.above(at).find(|i| flat.kind(*i) == "block");
    let reacts = flat.parts(node.parent).count() > 1
        && block.is_some_and(|block| flat.above(block).next().is_some_and(asks));
    let asked = flat.parts(node.parent).take_while(|i| *i < at).any(asks);
    let above = row.checked_sub(1).is_some_and(|row| file.line(row).trim().starts_with("//") && comment(row));
    reacts || asked || comment(row) || above
}

/// Coverage that is excluded. It switches no check off, and often no single run reaches the code: a question for the
/// Reviewer.
fn is_coverage(file: &File, raw: &Raw) -> bool {
    file.line(raw.line as usize - 1).replace([' ', '-'], "").contains("pragma:nocover")
}

/// Whether a suppression is about one line of Python or Go, or says that one item of Rust is unused: correct changes have
/// many. One that covers a file, or whole groups of lints, is no question. In JavaScript such comments are rare.
fn is_of_one_line(file: &File, raw: &Raw) -> bool {
    let Some(language) = file.language else { return false };
    let line = file.line(raw.line as usize - 1).trim();
    if language == syntax::Language::Rust {
        let unused = ["dead_code", "unused"].iter().any(|lint| line.contains(lint));
        return line.starts_with("#[") && unused && !line.contains("warnings") && !line.contains("clippy::");
    }
    if language == syntax::Language::Go {
        return line.contains("nolint") && !line.starts_with("//");
    }
    language == syntax::Language::Python && !line.starts_with(['#', '@'])
}

/// Whether a call has the name of a clean-up.
fn is_cleaning(statement: &str) -> bool {
    let statement = even(statement);
    let called = statement.split('(').next().unwrap_or_default();
    let verb = called.rsplit(['.', ':', ' ']).next().unwrap_or(called).to_lowercase();
    CLEANING.iter().any(|word| {
        verb.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_lowercase()) || rest.starts_with("all"))
    })
}

/// Whether a skipped test is new and says why: nothing that ran before stopped running. `raw` is about the test.
pub(crate) fn is_new_with_reason(raw: &Raw, head: &File, base: Option<&File>) -> bool {
    static REASON: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?:reason\s*=\s*|ignore\s*=\s*|[sS]kip(?:f|Test)?\(\s*)[fr]?["'`]([^"'`]{12,})"#).ok()
    });
    const EXCUSES: [&str; 9] =
        ["flak", "broken", "fails", "failing", "later", "todo", "fix", "temporar", "for now"];
    if &*raw.rule != "test-skipped" {
        return false;
    }
    let said = REASON.as_ref().and_then(|form| form.captures(&raw.key)).and_then(|found| found.get(1));
    let Some(said) = said.map(|said| said.as_str().to_lowercase()) else { return false };
    // An expected failure that may also pass shows nothing
    let weak =
        raw.key.contains("xfail") && !raw.key.contains("strict=True") && !raw.key.contains("strict = True");
    if weak || said.split_whitespace().count() < 3 || EXCUSES.iter().any(|excuse| said.contains(excuse)) {
        return false;
    }
    let flat = head.flat();
    let now = tests(head);
    let about = now.iter().filter(|test| flat.node(test.body).end > raw.start);
    let Some(about) = about.min_by_key(|test| flat.node(test.body).end) else { return false };
    let Some(base) = base else { return true };
    // A test that has only another name now is not new
    base.is_code()
        && tests(base)
            .iter()
            .all(|old| old.name != about.name && now.iter().any(|test| test.name == old.name))
}

fn is_catch(file: &File, end: usize) -> bool {
    file.text.get(..end).is_some_and(|text| text.ends_with(')'))
}

/// `test.skip(condition, "why")`: the first argument is not the name of a test.
fn is_conditional(raw: &Raw) -> bool {
    let Some((_, arguments)) = raw.key.split_once(".skip(") else { return false };
    let first = arguments.trim_start();
    !first.starts_with(['"', '\'', '`', ')']) && !first.starts_with("async") && !first.starts_with("function")
}

/// A method that raises "not implemented" and that a subclass below overrides: the base class only declares it.
fn is_overridden(file: &File, start: usize) -> bool {
    let flat = file.flat();
    let at = flat.iter().find(|(_, node)| node.kind == "throw_statement" && node.start == start);
    let Some((at, _)) = at else { return false };
    let Some(method) = flat.above(at).find(|i| flat.kind(*i) == "method_definition") else { return false };
    let class = flat
        .above(method)
        .find(|i| matches!(flat.kind(*i), "class_declaration" | "class" | "abstract_class_declaration"));
    let Some(class) = class else { return false };
    let (name, own) = (file.field_text(method, "name"), file.field_text(class, "name"));
    let below = flat.iter().filter(|(_, node)| matches!(node.kind, "class_declaration" | "class"));
    own.len() > 1
        && below.filter(|(other, _)| *other != class).any(|(other, _)| {
            let heritage = flat.children(other).find(|i| flat.kind(*i) == "class_heritage");
            let extends = heritage.is_some_and(|i| {
                file.text_of(i)
                    .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
                    .any(|word| word == own)
            });
            extends
                && flat
                    .below(other)
                    .any(|i| flat.kind(i) == "method_definition" && file.field_text(i, "name") == name)
        })
}
