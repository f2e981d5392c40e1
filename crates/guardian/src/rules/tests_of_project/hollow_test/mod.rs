//! New tests that cannot fail: they assert nothing, or only values that the test itself creates.

mod calls;
mod copies;
mod mocks;
mod vain;

use std::collections::BTreeSet;

use syntax::Language;

use crate::code::file::{File, even};
use crate::code::functions::{Test, assertions, statements, tests};
use crate::finding::{Category, Severity};
use crate::project::Tree;
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hollow-test",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A new test that cannot fail, whatever the code does.",
    note: "It counts as a test and shows nothing. Assert what the code gives for inputs that matter, and wait for what is asserted later.",
    valid: &[
        Example::new(&[
            ("a.py", "def f(x): return x\n"),
            ("test_a.py", "from a import f\ndef test_f():\n    assert f(1) == 1\n"),
        ]),
        Example::new(&[
            (
                "test_a.py",
                "from a import f\ndef check(x):\n    assert f(x)\ndef test_f():\n    check(1)\ndef test_does_not_raise():\n    f(2)\n",
            ),
            ("a.py", "def f(x): return x\n"),
        ]),
        Example::new(&[
            (
                "a.test.ts",
                "import { f } from './a';\nit('a', async () => { await expect(f()).rejects.toThrow(); });\n",
            ),
            ("a.ts", "export const f = async () => 1;\n"),
        ]),
        Example::new(&[
            ("a.go", "package a\n\nfunc F() {}\n"),
            ("a_test.go", "package a\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\twant(t, F)\n}\n"),
        ]),
        Example::new(&[(
            "src/lib.rs",
            "pub fn f() -> R { g() }\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a() {\n        f().unwrap();\n    }\n}\n",
        )]),
        // A helper that a module of the project also has, and that no assertion is about
        Example::new(&[
            (
                "a.js",
                "export function delay(ms) {\n  return new Promise((done) => setTimeout(done, ms));\n}\n",
            ),
            (
                "a.test.js",
                "import { f } from './a.js';\nfunction sleep(ms) {\n  return new Promise((done) => setTimeout(done, ms));\n}\nit('a', async () => { await sleep(1); expect(f()).toBe('a'); });\n",
            ),
        ]),
        Example::new(&[(
            "src/lib.rs",
            "pub fn f() -> u8 { 1 }\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a() -> Result<(), String> {\n        (f() == 1).then_some(()).ok_or_else(|| \"no\".to_string())\n    }\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[
            ("a.py", "def f(x): return x\n"),
            ("test_a.py", "from a import f\ndef test_f():\n    result = f(1)\n    print(result)\n"),
        ]),
        Example::new(&[
            ("a.test.ts", "import { f } from './a';\nit('a', () => { expect(f()).rejects.toThrow(); });\n"),
            ("a.ts", "export const f = async () => 1;\n"),
        ]),
        Example::new(&[
            ("a.ts", "export const f = () => 1;\n"),
            (
                "a.test.ts",
                "import { f } from './a';\nit('a', () => { const x = f(); expect(x).toEqual(x); });\n",
            ),
        ]),
        Example::new(&[(
            "a.test.js",
            "it('a', () => { const m = jest.fn(() => 3); expect(m()).toBe(3); });\n",
        )]),
        Example::new(&[
            ("src/b.js", "export const f = () => 1;\n"),
            (
                "src/b.test.js",
                "import { f } from './b';\njest.mock('./b', () => ({ f: () => 2 }));\nit('a', () => { expect(f()).toBe(2); });\n",
            ),
        ]),
        Example::new(&[
            ("a.go", "package a\n\nfunc F() int { return 1 }\n"),
            (
                "a_test.go",
                "package a\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\tx := F()\n\tt.Log(x)\n}\n",
            ),
        ]),
        Example::new(&[(
            "src/lib.rs",
            "pub fn f() -> u8 { 1 }\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a() {\n        let _ = f();\n    }\n}\n",
        )]),
        Example::new(&[
            ("a.ts", "export const f = () => 1;\n"),
            ("a.test.ts", "import { f } from './a';\nit('a', () => { expect(f()); });\n"),
        ]),
        Example::new(&[
            ("a.py", "def f(x): return x\n"),
            (
                "test_a.py",
                "from a import f\ndef test_f():\n    try:\n        f('b')\n    except ValueError:\n        pass\n",
            ),
        ]),
        Example::new(&[
            ("a.ts", "export const f = () => 1;\n"),
            (
                "a.test.ts",
                "import { f } from './a';\nit('a', () => { const want = 1; f(); expect(want).toBe(1); });\n",
            ),
        ]),
        Example::new(&[("a.test.ts", "it('a', () => {\n  // see above\n});\n")]),
        Example::new(&[(
            "test_a.py",
            "from unittest.mock import Mock\ndef test_a():\n    m = Mock(return_value=3)\n    assert m() == 3\n",
        )]),
        Example::new(&[
            ("a.py", "def gross(net):\n    return round(net * 1.19, 2)\n"),
            (
                "test_a.py",
                "def total(net):\n    return round(net * 1.19, 2)\ndef test_gross():\n    assert total(1) == 1.19\n",
            ),
        ]),
        Example::new(&[
            ("a.js", "export function slug(title) {\n  return title.toLowerCase().trim();\n}\n"),
            (
                "a.test.js",
                "function slug(title) {\n  return title.toLowerCase().trim();\n}\nit('a', () => { expect(slug('A')).toBe('a'); });\n",
            ),
        ]),
        Example::new(&[(
            "a.test.js",
            "import { load } from './a.js';\nit('a', () => {\n  load('').catch((e) => { expect(e.code).toBe(1); });\n});\n",
        )]),
        Example::new(&[
            ("a.py", "def f(x): return x\n"),
            (
                "test_a.py",
                "from a import f\ndef test_f():\n    r = f(1)\n    assert r is None or r is not None\n",
            ),
        ]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for (pair, head) in change.heads() {
        let all = tests(head);
        if all.is_empty() {
            continue;
        }
        let old: BTreeSet<&str> = pair
            .old_code()
            .map_or_else(BTreeSet::new, |base| tests(base).iter().map(|test| &*test.name).collect());
        for test in all.iter().filter(|test| !test.skipped && !old.contains(&*test.name)) {
            if !pair.wrote_in(head.flat().node(test.index).start, head.flat().node(test.body).end) {
                continue;
            }
            if let Some((index, message)) = hollow(&change.head, head, test) {
                found.node(head, index, message);
            }
        }
        copies::tests_a_copy(change, pair, head, found);
        if head.language.is_some_and(Language::is_ecmascript) {
            not_awaited(pair, head, all, found);
            mocks::mocks_itself(change, pair, head, all, found);
        }
        if head.language == Some(Language::Python) {
            mocks::patches_itself(pair, head, all, found);
        }
    }
}

fn hollow(tree: &Tree<'_>, file: &File, test: &Test) -> Option<(usize, String)> {
    let name = &test.name;
    if let Some(same) = itself(file, test) {
        return Some((test.index, format!("in test `{name}`, `{same}` is compared with itself")));
    }
    if mocks::only_mocks(file, test) {
        return Some((test.index, format!("test `{name}` asserts only what its own mock was told to give")));
    }
    if never_reached(file, test) {
        return Some((
            test.index,
            format!("the assertions of test `{name}` are in a callback that nothing in it calls"),
        ));
    }
    if let Some(why) = vain::why(file, test).filter(|_| !is_smoke(file, test)) {
        return Some((test.index, format!("test `{name}` {why}")));
    }
    (calls::asserts_nothing(tree, file, test) && !is_smoke(file, test))
        .then(|| (test.index, format!("test `{name}` asserts nothing")))
}

/// Whether a test only checks that code does not fail, and says so.
fn is_smoke(file: &File, test: &Test) -> bool {
    const WORDS: &[&str] = &[
        "not raise",
        "nt_raise",
        "nt_fail",
        "nt_throw",
        "n't ",
        "no raise",
        "not_raise",
        "not throw",
        "no throw",
        "notthrow",
        "not fail",
        "not_fail",
        "notfail",
        "not crash",
        "no crash",
        "nocrash",
        "not_crash",
        "no_crash",
        "notcrash",
        "panic",
        "smoke",
        "compile",
        "no error",
        "no_error",
        "noerror",
        "without error",
        "without_error",
        "not hang",
        "not_hang",
        "deadlock",
        "leak",
        "import",
        "regression",
        "not_error",
        "not error",
        "survive",
        "accepts",
        "tolerates",
        "overflow",
        "recursion",
        "does_nothing",
        "is_noop",
        "race",
        "concurren",
        "idempotent",
        "silent",
        "type",
        "send",
        "sync",
    ];
    let flat = file.flat();
    let node = flat.node(test.index);
    let row = file.row(node.start);
    let above = (row.saturating_sub(4)..row).map(|row| file.line(row).trim());
    let comments = above.filter(|line| line.starts_with(['/', '#', '*', '@']));
    let mut said: String = comments.collect::<Vec<_>>().join(" ").to_lowercase();
    said.push_str(&file.slice(node.start, flat.node(test.body).start).to_lowercase());
    let inside: String = flat
        .below(test.index)
        .filter(|i| {
            flat.kind(*i).contains("comment")
                || flat.kind(*i) == "string"
                    && file.language == Some(Language::Python)
                    && flat.kind(flat.node(*i).parent) == "expression_statement"
        })
        .map(|i| file.text_of(i).to_lowercase())
        .collect();
    WORDS.iter().any(|word| said.contains(word) || test.name.to_lowercase().contains(word))
        || inside.split_whitespace().count() > 3
            && WORDS
                .iter()
                .chain(&["should", "must", "make sure", "ensure"])
                .any(|word| inside.contains(word))
        || inside.split_whitespace().count() > 3 && tells_what_stays_away(&inside)
}

/// Whether a comment says what must not happen, and does not speak of the test itself.
fn tells_what_stays_away(said: &str) -> bool {
    const OF_TEST: [&str; 7] = ["assert", "check", "need", "verif", "todo", "test", "cover"];
    ["no ", "never", "nothing", "without"].iter().any(|word| said.contains(word))
        && !OF_TEST.iter().any(|word| said.contains(word))
}

/// The expression that a test compares with itself: a plain name on both sides.
fn itself(file: &File, test: &Test) -> Option<String> {
    let flat = file.flat();
    let about = file.text_of(test.index).to_lowercase();
    let meant = [
        "reflex",
        "nan",
        "__eq__",
        "hash",
        "partialeq",
        "equals itself",
        "equal to itself",
        "identity",
        "compare",
    ];
    if meant.iter().any(|word| about.contains(word))
        || test.name.to_lowercase().contains("eq") && !test.name.to_lowercase().contains("req")
    {
        return None;
    }
    let plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '[' | ']' | '&'))
            && text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '&')
    };
    for index in flat.below(test.body) {
        let (left, right) = match (file.language?, flat.kind(index)) {
            (Language::Python, "comparison_operator")
                if flat.kind(flat.node(index).parent) == "assert_statement" =>
            {
                let parts: Vec<usize> = flat.parts(index).collect();
                let [a, b] = parts.as_slice() else { continue };
                if !file.text_of(index).contains("==") && !file.text_of(index).contains(" is ") {
                    continue;
                }
                (file.text_of(*a).to_string(), file.text_of(*b).to_string())
            }
            (Language::Rust, "macro_invocation")
                if matches!(file.field_text(index, "macro"), "assert_eq" | "assert") =>
            {
                let text = file.text_of(index).replace(" == ", ", ");
                let inner = text
                    .split_once(['(', '[', '{'])
                    .map_or("", |(_, rest)| rest)
                    .trim_end_matches([')', ']', '}']);
                let mut parts = inner.split(',').map(|part| part.trim().to_string());
                (parts.next()?, parts.next().unwrap_or_default())
            }
            (Language::TypeScript | Language::Tsx | Language::JavaScript, "call_expression") => {
                let callee = file.field_text(index, "function");
                let argument = flat
                    .field(index, "arguments")
                    .and_then(|a| flat.parts(a).next())
                    .map(|i| file.text_of(i).to_string());
                match callee.strip_prefix("expect(") {
                    Some(rest) => {
                        let Some((subject, matcher)) = rest.split_once(").") else { continue };
                        if !matches!(
                            matcher,
                            "toBe"
                                | "toEqual"
                                | "toStrictEqual"
                                | "to.equal"
                                | "to.eql"
                                | "to.deep.equal"
                                | "toMatchObject"
                        ) {
                            continue;
                        }
                        (subject.to_string(), argument.unwrap_or_default())
                    }
                    None => match pair_of(file, index, callee) {
                        Some(two) => two,
                        None => continue,
                    },
                }
            }
            (_, "call_expression" | "call") => match pair_of(file, index, file.field_text(index, "function"))
            {
                Some(two) => two,
                None => continue,
            },
            _ => continue,
        };
        if left == right && plain(&left) {
            return Some(left);
        }
    }
    None
}

/// The first two arguments of an equality assertion.
fn pair_of(file: &File, call: usize, callee: &str) -> Option<(String, String)> {
    let last = callee.rsplit('.').next().unwrap_or(callee);
    let equals = matches!(
        last,
        "equal"
            | "strictEqual"
            | "deepEqual"
            | "deepStrictEqual"
            | "assertEqual"
            | "assertIs"
            | "assertListEqual"
            | "assertDictEqual"
            | "Equal"
            | "EqualValues"
            | "Exactly"
            | "Same"
            | "is"
            | "same"
    );
    let asserts = callee.starts_with("assert")
        || callee.starts_with("t.")
        || callee.starts_with("self.assert")
        || callee.starts_with("require.");
    if !equals || !asserts {
        return None;
    }
    let flat = file.flat();
    let mut arguments = flat
        .parts(flat.field(call, "arguments")?)
        .map(|i| file.text_of(i).to_string())
        .filter(|text| text != "t");
    Some((arguments.next()?, arguments.next()?))
}

/// Whether all assertions are in a listener that nothing triggers afterwards.
fn never_reached(file: &File, test: &Test) -> bool {
    if test.assertions.is_empty() || !file.language.is_some_and(Language::is_ecmascript) {
        return false;
    }
    let flat = file.flat();
    let text = file.text_of(test.body);
    if [
        "assertions(",
        "plan(",
        "done(",
        "await ",
        "emit",
        "dispatch",
        "trigger",
        "fire",
        "return ",
        "setTimeout",
        "advanceTimers",
        "runAll",
        "t.end",
        "Promise",
    ]
    .iter()
    .any(|word| text.contains(word))
    {
        return false;
    }
    let body = statements(file, test.body);
    let Some(last) = body.last() else { return false };
    // Code after the registration may trigger the listener
    let registers = |statement: usize| {
        flat.kind(statement) == "expression_statement"
            && flat.parts(statement).next().is_some_and(|call| {
                let method =
                    file.field_text(call, "function").rsplit('.').next().unwrap_or_default().to_string();
                flat.kind(call) == "call_expression"
                    && matches!(
                        method.as_str(),
                        "on" | "once"
                            | "addEventListener"
                            | "addListener"
                            | "subscribe"
                            | "onmessage"
                            | "listen"
                            | "then"
                            | "catch"
                            | "finally"
                            | "onChange"
                            | "watch"
                            | "prependListener"
                    )
                    && flat.field(call, "arguments").is_some_and(|arguments| {
                        flat.parts(arguments)
                            .any(|i| matches!(flat.kind(i), "arrow_function" | "function_expression"))
                    })
            })
    };
    if !registers(*last) {
        return false;
    }
    let outside: usize = body.iter().filter(|i| !registers(**i)).map(|i| assertions(file, *i).len()).sum();
    outside == 0 && body.iter().filter(|i| flat.kind(**i) == "expression_statement").all(|i| registers(*i))
}

/// `expect(…).rejects` without `await`.
fn not_awaited(pair: &Pair, file: &File, all: &[Test], found: &mut Found) {
    let flat = file.flat();
    for test in all {
        for index in flat.below(test.body) {
            if flat.kind(index) != "expression_statement" || !pair.wrote_at(flat.node(index).start) {
                continue;
            }
            let text = even(file.text_of(index));
            if text.starts_with("expect(") && (text.contains(").rejects.") || text.contains(").resolves.")) {
                found.node(file, index, "nobody waits for this assertion: the test ends before it is known");
            }
            // `expect(x);` asks for nothing
            let call = flat.parts(index).next().filter(|i| flat.kind(*i) == "call_expression");
            if call.is_some_and(|call| file.field_text(call, "function") == "expect") {
                found.node(file, index, "nothing is asked of what `expect` is given");
            }
        }
    }
}
