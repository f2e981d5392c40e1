//! Assertions that hold whatever the code does, and tests without any statement that could fail.
//!
//! It looks at one test and reports nothing: `mod.rs` does.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use crate::code::constant::is_fixed;
use crate::code::file::File;
use crate::code::functions::{Test, statements};

/// What a test does instead of testing; `None` where it may fail.
pub(super) fn why(file: &File, test: &Test) -> Option<&'static str> {
    if is_empty(file, test) {
        return Some("does nothing");
    }
    if test.assertions.is_empty() {
        return drops_failures(file, test).then_some("drops the very failure that it makes");
    }
    if only_when_it_fails(file, test) {
        return Some("asserts only where something fails, and passes where nothing does");
    }
    if test.assertions.iter().all(|assertion| is_either(assertion)) {
        return Some("asserts that something is so or not so");
    }
    asserts_constants(file, test).then_some("asserts only values that it wrote itself")
}

/// All assertions are in handlers of errors, and nothing says that there has to be one.
fn only_when_it_fails(file: &File, test: &Test) -> bool {
    let flat = file.flat();
    let text = file.text_of(test.index);
    let demands = [
        "assertions(",
        "hasAssertions",
        ".plan(",
        "fail",
        "throw",
        "raise",
        "toHaveBeen",
        "assert.ok(false",
        "else:",
        "finally",
    ];
    let tries = ["catch (", "catch {", "except "].iter().any(|word| text.contains(word));
    if !tries || demands.iter().any(|word| text.contains(word)) {
        return false;
    }
    let asserts = |i: &usize| match flat.kind(*i) {
        "assert_statement" => true,
        "call_expression" | "call" => {
            let callee = file.field_text(*i, "function");
            let callee = callee.split('(').next().unwrap_or(callee);
            callee.contains("expect")
                || callee.contains("assert")
                || callee.contains("should")
                || callee.contains("verify")
        }
        _ => false,
    };
    let mut all = flat.below(test.body).filter(asserts).peekable();
    all.peek().is_some()
        && all.all(|i| {
            flat.above(i)
                .take_while(|above| *above > test.body)
                .any(|above| matches!(flat.kind(above), "catch_clause" | "except_clause"))
        })
}

/// No statement, or only a comment.
fn is_empty(file: &File, test: &Test) -> bool {
    let flat = file.flat();
    let block = matches!(flat.kind(test.body), "block" | "statement_block");
    // A test whose name says that it only has to compile needs no body
    block && statements(file, test.body).iter().all(|i| flat.kind(*i) == "pass_statement")
}

/// `try: f() except ValueError: pass`: it passes whether `f` fails or not.
fn drops_failures(file: &File, test: &Test) -> bool {
    let flat = file.flat();
    let body = statements(file, test.body);
    let Some(last) = body.last().copied().filter(|i| flat.kind(*i) == "try_statement") else { return false };
    let handlers: Vec<usize> =
        flat.parts(last).filter(|i| matches!(flat.kind(*i), "except_clause" | "catch_clause")).collect();
    let quiet = |handler: &usize| {
        let block = flat.field(*handler, "body").or_else(|| flat.parts(*handler).last());
        block.is_some_and(|block| flat.parts(block).all(|i| flat.kind(i) == "pass_statement"))
    };
    let otherwise = flat.parts(last).any(|i| matches!(flat.kind(i), "else_clause" | "finally_clause"));
    let tried = flat.field(last, "body").map_or("", |body| file.text_of(body));
    let asks = ["assert", "fail", "raise", "throw", "expect", "check", "verify"];
    !handlers.is_empty()
        && handlers.iter().all(quiet)
        && !otherwise
        && !asks.iter().any(|word| tried.contains(word))
        && body.iter().take(body.len() - 1).all(|i| !asks.iter().any(|word| file.text_of(*i).contains(word)))
}

/// `a.is_ok() || a.is_err()`, `x or not x`, `x || true`.
fn is_either(assertion: &str) -> bool {
    let inner = ["assert!(", "expect(", "assert.ok(", "assert(", "assert ", "self.assertTrue("]
        .iter()
        .find_map(|start| assertion.strip_prefix(start))
        .unwrap_or_default();
    let Some((left, right)) = inner.split_once(" || ").or_else(|| inner.split_once(" or ")) else {
        return false;
    };
    let right = right.split([')', ',', ';']).next().map_or(right, |first| {
        // A call keeps its own bracket
        if right[first.len()..].starts_with(')') && first.ends_with('(') {
            &right[..=first.len()]
        } else {
            first
        }
    });
    let (left, right) = (left.trim(), right.trim());
    let opposite = |one: &str, other: &str| {
        const PAIRS: [(&str, &str); 2] = [(".is_ok()", ".is_err()"), (".is_some()", ".is_none()")];
        const ASKS: [(&str, &str); 4] =
            [(" == ", " != "), (" === ", " !== "), (" is ", " is not "), (" in ", " not in ")];
        PAIRS
            .iter()
            .any(|(yes, no)| one.strip_suffix(yes).is_some_and(|of| other.strip_suffix(no) == Some(of)))
            || ASKS
                .iter()
                .any(|(yes, no)| one.split_once(yes).is_some_and(|both| other.split_once(no) == Some(both)))
            || other.strip_prefix('!') == Some(one)
            || other.strip_prefix("not ") == Some(one)
    };
    matches!(right, "true" | "True") || opposite(left, right) || opposite(right, left)
}

/// Each assertion compares a name that the test gave a constant to with another constant.
fn asserts_constants(file: &File, test: &Test) -> bool {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"^(?:expect\((\w+)\)\.(?:not\.)?\w+\((.*)\);?|assert (\w+) (?:==|is) (.+)|assert(?:\.\w+|_eq!|\w*)\((\w+), (.*)\);?)$"#,
        )
        .ok()
    });
    let flat = file.flat();
    if !matches!(
        file.language,
        Some(Language::Python | Language::TypeScript | Language::Tsx | Language::JavaScript)
    ) {
        return false;
    }
    let (mut fixed, mut other): (BTreeSet<&str>, BTreeSet<&str>) = (BTreeSet::new(), BTreeSet::new());
    for index in flat.below(test.body) {
        let (name, value) = match flat.kind(index) {
            "variable_declarator" => (flat.field(index, "name"), flat.field(index, "value")),
            "assignment" | "assignment_expression" | "augmented_assignment" => {
                (flat.field(index, "left"), flat.field(index, "right"))
            }
            // `calls++` in a function that is handed over
            "update_expression" => (flat.field(index, "argument"), None),
            _ => continue,
        };
        let Some(name) = name else { continue };
        let plain =
            value.is_some_and(|value| is_fixed(file, value) && !flat.kind(value).ends_with("_expression"));
        let list = if plain && !fixed.contains(file.text_of(name)) { &mut fixed } else { &mut other };
        list.insert(file.text_of(name));
    }
    let is_plain = |text: &str| {
        let text = text.trim();
        fixed.contains(text) && !other.contains(text)
    };
    let is_literal = |text: &str| {
        let text = text.trim();
        let quoted = |sign: char| {
            text.len() > 1
                && text.starts_with(sign)
                && text.find(sign) != text.rfind(sign)
                && text.matches(sign).count() == 2
                && text.ends_with(sign)
        };
        text.parse::<f64>().is_ok()
            || quoted('"')
            || quoted('\'')
            || matches!(text, "true" | "false" | "null" | "undefined" | "True" | "False" | "None" | "")
    };
    // A mutable value may be changed by what it is handed to
    let handed = |name: &str| {
        flat.below(test.body).any(|i| {
            flat.kind(i) == "identifier"
                && file.text_of(i) == name
                && matches!(flat.kind(flat.node(i).parent), "arguments" | "argument_list" | "pair" | "array")
                && !is_asserting(file, i)
        })
    };
    FORM.as_ref().is_some_and(|form| {
        test.assertions.iter().all(|assertion| {
            form.captures(assertion).is_some_and(|found| {
                let part = |n: usize| found.get(n).map(|part| part.as_str());
                let subject = part(1).or(part(3)).or(part(5)).unwrap_or_default();
                let wanted = part(2).or(part(4)).or(part(6)).unwrap_or_default();
                is_plain(subject) && (is_literal(wanted) || is_plain(wanted)) && !handed(subject)
            })
        })
    })
}

/// Whether an argument is one of an assertion.
fn is_asserting(file: &File, argument: usize) -> bool {
    let flat = file.flat();
    let call = flat.node(flat.node(argument).parent).parent;
    let callee = file.field_text(call, "function");
    callee == "expect"
        || callee.starts_with("assert")
        || callee.starts_with("self.assert")
        || callee.contains(").")
}

#[cfg(test)]
mod tests {
    use super::is_either;

    #[test]
    fn what_holds_either_way() {
        for vain in [
            "assert!(a.is_ok() || a.is_err())",
            "assert x or not x",
            "assert(a || true)",
            "expect(a || !a).toBe(true)",
            "assert a is not None or a is None",
            "expect(a === 1 || a !== 1).toBe(true)",
        ] {
            assert!(is_either(vain), "{vain}");
        }
        for true_one in [
            "assert!(a.is_ok() || b.is_err())",
            "assert x or y",
            "expect(a || b).toBe(true)",
            "assert a is None or b is not None",
            "assert a == 1 or a != 2",
        ] {
            assert!(!is_either(true_one), "{true_one}");
        }
    }
}
