//! Where what a pattern found is a suspicion and no proof: the code around it gives it a meaning that the pattern
//! cannot see. Such a finding stays, as a warning. Works on what `patterns` found in one file.

use crate::code::file::{File, Raw};
use crate::finding::Severity;

/// Verbs of what is done at the end, whose failure changes nothing any more.
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

/// Lowers what may be meant.
pub(crate) fn soften(file: &File, raw: &mut Raw) {
    if !file.language.is_some_and(syntax::Language::is_ecmascript) || !file.is_code() {
        return;
    }
    let meant = match &*raw.rule {
        "swallowed-error" => is_fallback(file, raw),
        "test-skipped" => is_conditional(raw),
        "unsafe-cast" => file.is_test(),
        "placeholder" => is_overridden(file, raw.start),
        _ => false,
    };
    if meant {
        raw.in_change = Severity::Warning;
        raw.severity = Severity::Warning;
    }
}

/// `.catch(() => null)` whose value somebody takes, and what only cleans up.
fn is_fallback(file: &File, raw: &Raw) -> bool {
    let flat = file.flat();
    if !raw.key.contains(".catch(") {
        return false;
    }
    let call = flat.iter().find(|(_, node)| {
        node.kind == "call_expression" && node.start == raw.start && is_catch(file, node.end)
    });
    let Some((call, _)) = call else { return false };
    let before = raw.key.rsplit_once(".catch(").map_or("", |(before, _)| before);
    let called = before.rsplit_once('(').map_or(before, |(name, _)| name);
    let verb = called.rsplit('.').next().unwrap_or(called).trim();
    let verb = verb.rsplit(' ').next().unwrap_or(verb).to_lowercase();
    let cleans = CLEANING.iter().any(|word| verb.starts_with(word));
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

fn is_catch(file: &File, end: usize) -> bool {
    file.text.get(..end).is_some_and(|text| text.ends_with(')'))
}

/// `test.skip(condition, "why")`: what stands first is no name of a test.
fn is_conditional(raw: &Raw) -> bool {
    let Some((_, arguments)) = raw.key.split_once(".skip(") else { return false };
    let first = arguments.trim_start();
    !first.starts_with(['"', '\'', '`', ')']) && !first.starts_with("async") && !first.starts_with("function")
}

/// A method that says it is not written, and that a class below has: the base only names it.
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
