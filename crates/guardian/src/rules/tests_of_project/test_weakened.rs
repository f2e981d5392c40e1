//! `test-weakened`: a test that checks less than before.
//!
//! Compares the texts of assertions in tests that are paired by name and order; it runs no test. Warns if a called
//! function may assert instead, or if the subject of an assertion was removed (`vanished`). Removed tests are for
//! `test_removed`.

use std::cell::LazyCell;

use super::assertion::plain;
use super::vanished::{vanished, words};
use crate::code::file::File;
use crate::code::functions::{Test, tests};
use crate::finding::{Category, Severity};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "test-weakened",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A test that asserts less than it did.",
    note: "The test was right before the change and still is. Put the assertion back and fix the code; if the behaviour is meant to change, the plan says so and names the test (`edits_tests`).",
    valid: &[
        Example::change(
            &[("a.test.js", "it('a', () => { expect(f(1)).toBe(2); });\n")],
            &[("a.test.js", "it('a', () => { expect(f(1)).toBe(2); expect(f(2)).toBe(3); });\n")],
        ),
        Example::change(
            &[("test_a.py", "def test_a():\n    assert f(1) == 2\n")],
            &[("test_a.py", "def test_a():\n    assert f(1, base=10) == 2\n")],
        ),
        Example::change(
            &[("a.test.js", "test('a', t => { t.same(f(1), [2]); t.ok(g(f(1))); });\n")],
            &[(
                "a.test.js",
                "test('a', t => { t.assert.deepStrictEqual(f(1), [2]); t.assert.ok(g(f(1))); });\n",
            )],
        ),
    ],
    invalid: &[
        Example::change(
            &[("a.test.js", "it('a', () => {\n  expect(f(1)).toBe(2);\n  expect(f(2)).toBe(3);\n});\n")],
            &[("a.test.js", "it('a', () => {\n  expect(f(1)).toBe(2);\n});\n")],
        ),
        Example::change(
            &[("a.test.js", "it('a', () => { expect(f(1)).toBe(2); });\n")],
            &[("a.test.js", "it('a', () => { expect(f(1)).toBeDefined(); });\n")],
        ),
        Example::change(
            &[("a.test.js", "it('a', () => { expect(f(1)).toBe(2); });\n")],
            &[("a.test.js", "it.skip('a', () => { expect(f(1)).toBe(2); });\n")],
        ),
        Example::change(
            &[("src/lib.rs", "#[test]\nfn a() {\n    assert_eq!(f(1), 2);\n}\n")],
            &[("src/lib.rs", "#[test]\n#[ignore]\nfn a() {\n    assert_eq!(f(1), 2);\n}\n")],
        ),
        Example::change(
            &[("test_a.py", "def test_a():\n    assert f(1) == 2\n")],
            &[("test_a.py", "def test_a():\n    assert f(1) is not None\n")],
        ),
        Example::change(
            &[("src/lib.rs", "#[test]\nfn a() {\n    assert_eq!(f(1), 2);\n}\n")],
            &[("src/lib.rs", "#[test]\nfn a() {\n    let _ = f(1);\n}\n")],
        ),
        Example::change(
            &[("test_a.py", "def test_a():\n    expected = g()\n    assert f(1) == expected\n")],
            &[("test_a.py", "def test_a():\n    expected = g()\n    pass\n")],
        ),
        Example::change(
            &[(
                "a.test.js",
                "it('a', () => { expect(f(1)).toBe(2); });\nit('a', () => { expect(f(2)).toBe(3); g(); });\n",
            )],
            &[("a.test.js", "it('a', () => { expect(f(1)).toBe(2); });\nit('a', () => { g(); });\n")],
        ),
        Example::change(
            &[(
                "a_test.go",
                "package a\n\nfunc TestA(t *testing.T) {\n\tif f(1) != 2 {\n\t\tt.Fatal(\"x\")\n\t}\n}\n",
            )],
            &[("a_test.go", "package a\n\nfunc TestA(t *testing.T) {\n\tf(1)\n}\n")],
        ),
        Example::change(
            &[("a.test.js", "test('a', () => assert.equal(f(1), 2));\n")],
            &[("a.test.js", "test('a', () => assert.ok(Number.isInteger(f(1))));\n")],
        ),
    ],
    check: Check::EditOrChange(check, check_change),
};

fn check(pair: &Pair, found: &mut Found) {
    check_pair(pair, &|_| false, found);
}

/// Runs with the whole change, which shows what was removed from the code.
fn check_change(change: &Change<'_>, found: &mut Found) {
    let gone = LazyCell::new(|| vanished(change));
    let is_gone = |assertion: &str| words(&assertion.to_lowercase()).any(|word| gone.contains(word));
    change.pairs.iter().for_each(|pair| check_pair(pair, &is_gone, found));
}

/// `is_gone`: whether an assertion is about something that the change removed from the code.
fn check_pair(pair: &Pair, is_gone: &dyn Fn(&str) -> bool, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if head.is_broken() || base.text == head.text {
        return;
    }
    let (old, new) = (tests(base), tests(head));
    for (n, test) in new.iter().enumerate() {
        let alike = |all: &[Test]| all.iter().filter(|other| other.name == test.name).count();
        // Tests with the same name are matched by their order
        let place = alike(new.get(..n).unwrap_or_default());
        let before = old.iter().filter(|before| before.name == test.name).nth(place);
        if let Some(before) = before.filter(|_| alike(old) == alike(new)) {
            compare(base, before, head, test, is_gone, found);
        }
    }
}

fn compare(
    base: &File,
    before: &Test,
    head: &File,
    test: &Test,
    is_gone: &dyn Fn(&str) -> bool,
    found: &mut Found,
) {
    let node = head.flat().node(test.index);
    let (start, end) = (node.start, node.end);
    if test.skipped && !before.skipped {
        found.at(head, start, end, format!("test `{}` ran before and is skipped now", test.name));
        return;
    }
    let dropped = without(&before.assertions, &test.assertions);
    let added = without(&test.assertions, &before.assertions);
    if dropped.is_empty() {
        return;
    }
    // The rest of the test is unchanged: only assertions were removed
    let rest = |file: &File, test: &Test| {
        let mut text = file.text_of(test.body).split_whitespace().collect::<Vec<_>>().join(" ");
        for assertion in &test.assertions {
            text = text.replacen(assertion.as_str(), "", 1);
        }
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !matches!(*word, "" | "pass"));
        words.collect::<String>()
    };
    let only = added.is_empty() && rest(base, before) == rest(head, test);
    if test.assertions.is_empty() {
        // A function that it calls may assert instead
        let message = format!("test `{}` asserts nothing any more", test.name);
        if !only && delegates(head, test) {
            found.maybe(head, start, end, message)
        } else {
            found.at(head, start, end, message)
        }
        return;
    }
    if let Some((old, new)) =
        added.iter().find_map(|new| Some((dropped.iter().find(|old| is_weaker(old, new))?, new)))
    {
        let at = place(head, test, new).unwrap_or(start);
        let message = format!("in test `{}`, `{}` was weakened to `{}`", test.name, short(old), short(new));
        found.at(head, at, end, message);
        return;
    }
    if added.is_empty() {
        let message =
            format!("test `{}` lost `{}`", test.name, dropped.first().map(|a| short(a)).unwrap_or_default());
        if only && !dropped.iter().all(|assertion| is_gone(assertion)) {
            found.at(head, start, end, message)
        } else {
            found.maybe(head, start, end, message)
        }
        return;
    }
    if let Some((old, new)) =
        added.iter().find_map(|new| Some((dropped.iter().find(|old| same_subject(old, new))?, new)))
    {
        let at = place(head, test, new).unwrap_or(start);
        found.maybe(
            head,
            at,
            end,
            format!("what an existing test expects was changed: `{}` was `{}`", short(new), short(old)),
        );
    }
}

/// Whether a test calls something that may assert.
fn delegates(file: &File, test: &Test) -> bool {
    file.flat().below(test.body).any(|index| {
        let name = match file.flat().kind(index) {
            "call" | "call_expression" => file.field_text(index, "function"),
            "macro_invocation" => file.field_text(index, "macro"),
            // A test that returns a result fails with it
            "try_expression" => return true,
            _ => return false,
        };
        let name = name.rsplit(['.', ':']).next().unwrap_or(name).to_lowercase();
        // Or fails in its own way
        let fails = ["panic", "unwrap", "fail", "fatal", "raises", "throws", "rejects"];
        ["assert", "check", "verify", "expect"].iter().chain(&fails).any(|word| name.contains(word))
    })
}

fn place(head: &File, test: &Test, assertion: &str) -> Option<usize> {
    let body = head.flat().node(test.body);
    let first = assertion.split(' ').next()?;
    head.slice(body.start, body.end).find(first).map(|at| body.start + at)
}

fn short(assertion: &str) -> String {
    let mut short: String = assertion.chars().take(60).collect();
    if short.len() < assertion.len() {
        short.push('…');
    }
    short
}

fn without<'a>(of: &'a [String], those: &[String]) -> Vec<&'a String> {
    let mut those: Vec<_> = those.iter().map(|assertion| plain(assertion)).collect();
    of.iter()
        .filter(|one| match those.iter().position(|other| *other == plain(one)) {
            Some(at) => {
                those.remove(at);
                false
            }
            None => true,
        })
        .collect()
}

/// The subject of an assertion: the first argument, before any comparison.
fn subject(assertion: &str) -> &str {
    let inner = match assertion.split_once('(') {
        Some((_, inner)) if !assertion.starts_with("assert ") => inner,
        _ => assertion.trim_start_matches("assert "),
    };
    let mut depth = 0_i32;
    for (at, c) in inner.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth < 0 {
                    return inner[..at].trim();
                }
            }
            ',' if depth == 0 => return inner[..at].trim(),
            '=' | '!' | '<' | '>' if depth == 0 && inner[at + 1..].starts_with('=') => {
                return inner[..at].trim();
            }
            _ => {}
        }
    }
    for word in [" is ", " in ", " not in ", " == "] {
        if let Some((subject, _)) = inner.split_once(word) {
            return subject.trim();
        }
    }
    inner.trim()
}

fn same_subject(old: &str, new: &str) -> bool {
    let subject = subject(old);
    subject.len() > 2 && subject == self::subject(new)
}

/// Whether an `expect(x)` has no matcher, or one that is never called.
fn asks_nothing(assertion: &str) -> bool {
    let called = assertion.strip_prefix("expect(").is_some_and(|rest| {
        let mut depth = 1_usize;
        let end = rest.find(|c| {
            depth = match c {
                '(' => depth + 1,
                ')' => depth - 1,
                _ => depth,
            };
            depth == 0
        });
        end.is_some_and(|end| !rest[end + 1..].contains('('))
    });
    called || assertion == "expect"
}

/// Whether an assertion is a negation: the opposite assertion is a different expectation, not a weaker one.
fn is_negation(assertion: &str) -> bool {
    [
        "assertFalse(",
        "isFalse(",
        "notOk(",
        "falsy(",
        "assertIsNone(",
        "assert not ",
        "False(",
        "assert.False(",
    ]
    .iter()
    .any(|form| assertion.starts_with(form))
        || [".toBe(false)", ".toBeFalsy()", ".toBeNull()", ".toBeUndefined()"]
            .iter()
            .any(|end| assertion.ends_with(end))
}

fn is_weaker(old: &str, new: &str) -> bool {
    const WEAK: &[&str] = &[
        ".toBeDefined()",
        ".toBeTruthy()",
        ".not.toBeNull()",
        ".not.toBeUndefined()",
        ".toBeFalsy()",
        ".to.exist",
        ".to.be.ok",
        ".not.toThrow()",
        "is not None",
        ".is_ok()",
        ".is_some()",
        "assertIsNotNone(",
        "NotNil(",
        "isinstance(",
        ".toBeInstanceOf(",
        "|| true",
        "or True",
        ".anything()",
        "expect.any(",
        "true ||",
        "!= null",
        "!== undefined",
        ".is_empty()",
    ];
    let (old, new) = (&*plain(old), &*plain(new));
    if asks_nothing(old) || is_negation(old) {
        return false;
    }
    let weak = WEAK.iter().any(|sign| new.contains(sign) && !old.contains(sign))
        || (new.starts_with("ok(") && !old.starts_with("ok("));
    let about_the_same = same_subject(old, new) || {
        let subject = subject(old);
        subject.len() > 2 && new.contains(subject)
    };
    // `assert f(x) == 2` to `assert f(x)`
    let bare =
        new.strip_prefix("assert ").is_some_and(|rest| rest.trim() == subject(old)) && old.len() > new.len();
    about_the_same && (weak || bare)
}
