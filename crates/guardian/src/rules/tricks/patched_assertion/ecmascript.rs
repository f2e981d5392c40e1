//! Replacements in JavaScript and TypeScript: assignments, `Object.assign` and its like, mocks, and matchers.

use std::sync::LazyLock;

use regex::Regex;

use super::weight::{Weight, may_fail, report};
use crate::code::file::File;
use crate::rules::{Found, Pair};

const LIBRARY: &str = r"(?:node:)?assert(?:/strict)?|node:test|chai|vitest|@vitest/expect|@jest/globals|expect|power-assert|should|uvu/assert|uvu|tap|ava|tape|@playwright/test|bun:test|expect\.js|unexpected|must|better-assert|@std/assert|@std/expect|@japa/assert|jasmine-core|mocha|jest-circus|jest-mock";

/// Functions that libraries have, and runners.
const KNOWN: &[&str] = &[
    "equal",
    "notEqual",
    "strictEqual",
    "notStrictEqual",
    "deepEqual",
    "deepStrictEqual",
    "notDeepEqual",
    "notDeepStrictEqual",
    "partialDeepStrictEqual",
    "ok",
    "throws",
    "rejects",
    "doesNotThrow",
    "doesNotReject",
    "match",
    "doesNotMatch",
    "fail",
    "ifError",
    "strict",
    "AssertionError",
    "isTrue",
    "isFalse",
    "isOk",
    "include",
    "includes",
    "lengthOf",
    "exists",
    "assert",
    "expect",
    "eql",
    "eq",
    "above",
    "below",
    "same",
    "is",
    "deep",
    "not",
    "toBe",
    "toEqual",
    "toStrictEqual",
    "toThrow",
    "toThrowError",
    "toMatch",
    "toMatchObject",
    "toMatchSnapshot",
    "toMatchInlineSnapshot",
    "toContain",
    "toContainEqual",
    "toHaveLength",
    "toHaveProperty",
    "toBeDefined",
    "toBeUndefined",
    "toBeNull",
    "toBeNaN",
    "toBeTruthy",
    "toBeFalsy",
    "toBeInstanceOf",
    "toBeCloseTo",
    "toBeGreaterThan",
    "toBeLessThan",
    "toHaveBeenCalled",
    "toHaveBeenCalledWith",
    "toHaveBeenCalledTimes",
    "resolves",
    "it",
    "test",
    "describe",
    "default",
];

static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"import\s+(?:type\s+)?([\w$]+)?\s*,?\s*(?:\*\s+as\s+([\w$]+)|\{{([^}}]*)\}})?\s*from\s*["'](?:{LIBRARY})["']"#
    ))
    .ok()
});

static REQUIRE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"(?:const|let|var)\s+([\w$]+|\{{[^}}]*\}})\s*(?::[^=\n]*)?=\s*[^;\n]*\(\s*["'](?:{LIBRARY})["']\s*\)"#
    ))
    .ok()
});

static MOCKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r#"^(?:jest|vi|vitest|mock|test\.mock|t\.mock)\.(?:mock|doMock|module|setMock|unstable_mockModule)\(\s*["'](?:{LIBRARY})["']"#)).ok()
});

pub(super) fn check(pair: &Pair, file: &File, found: &mut Found) {
    let names = bound(file);
    let text = &file.text;
    let may = !names.is_empty()
        || ["expect", "chai", "assert", "describe", "jest", "mock"].iter().any(|word| text.contains(word));
    if !may {
        return;
    }
    let flat = file.flat();
    for (index, node) in flat.iter() {
        match node.kind {
            "assignment_expression" => {
                let (Some(left), Some(right)) = (flat.field(index, "left"), flat.field(index, "right"))
                else {
                    continue;
                };
                let target = plain(file.text_of(left));
                let Some(name) = replaced(&names, &target, flat.kind(left)) else { continue };
                let weight = weigh(file, &names, &target, name, right);
                report(pair, file, index, &weight, format!("`{}` is replaced", shown(&target)), found);
            }
            "call_expression" => call(pair, file, index, &names, found),
            _ => {}
        }
    }
}

/// The names of the file that hold an assertion library, or a part of one.
fn bound(file: &File) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |list: &str| {
        for entry in list.split(',') {
            let name = entry.split([':']).next_back().unwrap_or(entry);
            let name = name.rsplit(" as ").next().unwrap_or(name).trim().trim_matches(['{', '}', ' ']);
            if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                names.push(name.to_string());
            }
        }
    };
    for pattern in [&IMPORT, &REQUIRE] {
        let Some(pattern) = pattern.as_ref() else { continue };
        for captures in pattern.captures_iter(&file.text).take(20) {
            captures.iter().skip(1).flatten().for_each(|group| add(group.as_str()));
        }
    }
    names
}

/// A target without brackets and types: `(chai.x as any).y` is `chai.x.y`.
fn plain(target: &str) -> String {
    let text = target.replace(" as any", "").replace(" as unknown", "").replace("!.", ".").replace("?.", ".");
    text.chars().filter(|c| !matches!(c, '(' | ')' | ' ' | '\n')).collect()
}

fn shown(target: &str) -> String {
    target.chars().take(60).collect()
}

fn root(target: &str) -> &str {
    target.split(['.', '[']).next().unwrap_or(target)
}

/// What an assignment replaces: the function's name, or "" for one that is computed; `None` if it replaces nothing of a
/// library.
fn replaced<'t>(names: &[String], target: &'t str, kind: &str) -> Option<&'t str> {
    let first = root(target);
    let global = matches!(first, "globalThis" | "global" | "window" | "self");
    let path = if global { target.split_once('.').map(|(_, rest)| rest)? } else { target };
    let held = names.iter().any(|name| name == root(path));
    let of_runner = matches!(root(path), "expect" | "chai" | "jasmine")
        || global && matches!(path, "it" | "test" | "describe" | "assert");
    let of_library = held && !global || of_runner && (global || path.contains('.'));
    if !of_library {
        return None;
    }
    let last = path.rsplit(['.', '[']).next().unwrap_or(path).trim_end_matches(']');
    let quoted = last.starts_with(['"', '\'', '`']);
    let last = last.trim_matches(['"', '\'', '`']);
    if kind == "subscript_expression" && !quoted {
        return Some("");
    }
    let whole = path == root(path);
    (whole || KNOWN.contains(&last) || path.contains(".prototype.")).then_some(last)
}

fn weigh(file: &File, names: &[String], target: &str, name: &str, value: usize) -> Weight {
    let flat = file.flat();
    let text = file.text_of(value);
    if names.iter().any(|bound| bound == root(&plain(text)))
        || text.contains("require(")
        || text.contains("import(")
    {
        return Weight::Nothing;
    }
    match flat.kind(value) {
        "arrow_function" | "function_expression" => {
            let body = flat.field(value, "body").map_or(text, |body| file.text_of(body));
            if !may_fail(body) {
                Weight::Proof
            } else if name.is_empty() || file.is_test() {
                Weight::Nothing
            } else {
                Weight::Suspicion
            }
        }
        _ if name.is_empty() => Weight::Suspicion,
        // `let expect = …` of the project's own
        _ if !target.contains(['.', '[']) => Weight::Suspicion,
        _ if file.is_test() => Weight::Suspicion,
        _ => Weight::Proof,
    }
}

fn call(pair: &Pair, file: &File, index: usize, names: &[String], found: &mut Found) {
    let flat = file.flat();
    let text = file.text_of(index);
    if MOCKED.as_ref().is_some_and(|pattern| pattern.is_match(text)) {
        let weight = if text.contains("importActual")
            || text.contains("requireActual")
            || text.contains("importOriginal")
        {
            Weight::Suspicion
        } else {
            Weight::Proof
        };
        report(
            pair,
            file,
            index,
            &weight,
            "the library that asserts is replaced by a mock".to_string(),
            found,
        );
        return;
    }
    let callee = file.field_text(index, "function");
    let Some(arguments) = flat.field(index, "arguments") else { return };
    let parts: Vec<usize> = flat.parts(arguments).collect();
    if callee.ends_with("expect.extend") || callee == "extend" && names.iter().any(|name| name == "expect") {
        matchers(pair, file, parts.first().copied(), found);
        return;
    }
    set_by_call(pair, file, index, names, (callee, &parts), found);
}

/// `Reflect.set(assert, …)`, `Object.assign(assert, …)`, spies and stubs.
fn set_by_call(
    pair: &Pair,
    file: &File,
    index: usize,
    names: &[String],
    (callee, parts): (&str, &[usize]),
    found: &mut Found,
) {
    let flat = file.flat();
    let text = file.text_of(index);
    let keyed = matches!(
        callee,
        "Reflect.set"
            | "Reflect.defineProperty"
            | "Object.defineProperty"
            | "mock.method"
            | "t.mock.method"
            | "sinon.stub"
            | "sinon.replace"
            | "jest.replaceProperty"
            | "jest.spyOn"
            | "vi.spyOn"
            | "spyOn"
    );
    let whole = matches!(callee, "Object.assign" | "Object.defineProperties");
    let Some(target) = parts.first().filter(|_| keyed || whole) else { return };
    let target = plain(file.text_of(*target));
    let first = root(&target).to_string();
    let held = names.contains(&first)
        || matches!(first.as_str(), "expect" | "chai")
        || matches!(first.as_str(), "globalThis" | "global") && keyed;
    if !held {
        return;
    }
    let global = matches!(first.as_str(), "globalThis" | "global");
    let value = parts.last().map_or("", |value| file.text_of(*value));
    let message = format!("a function of `{}` is replaced", shown(&target));
    if whole {
        let known = parts.iter().skip(1).any(|part| {
            flat.parts(*part).any(|entry| {
                let key = ["key", "name"].iter().find_map(|field| flat.field(entry, field)).unwrap_or(entry);
                KNOWN.contains(&file.text_of(key).trim_matches(['"', '\'']))
            })
        });
        let weight = if !known {
            Weight::Nothing
        } else if may_fail(value) {
            Weight::Suspicion
        } else {
            Weight::Proof
        };
        report(pair, file, index, &weight, message, found);
        return;
    }
    let key = parts.get(1).map_or("", |key| file.text_of(*key));
    let computed = !key.starts_with(['"', '\'', '`']);
    let plain_key = key.trim_matches(['"', '\'', '`']);
    let of_runner = matches!(plain_key, "expect" | "assert" | "it" | "test" | "describe");
    if !computed && !KNOWN.contains(&plain_key) || global && (computed || !of_runner) {
        return;
    }
    let spies = callee.contains("spyOn") || callee.contains("stub");
    // What follows the call: `.mockImplementation(…)`, `.returns(…)`
    let after = flat.above(index).take(4).map(|above| file.text_of(above)).find(|text| {
        text.contains("mockImplementation")
            || text.contains("mockReturn")
            || text.contains(".returns(")
            || text.contains(".callsFake(")
    });
    let acts = if spies {
        after.or((callee == "sinon.stub").then_some(""))
    } else {
        (parts.len() > 2).then_some(value)
    };
    let Some(acts) = acts else { return };
    let function = acts.contains("=>") || acts.contains("function") || spies || acts.contains("value");
    let replaced_by_own = names.iter().any(|name| root(&plain(acts)) == name);
    let weight = if replaced_by_own || may_fail(acts.trim_start_matches(text)) && computed {
        Weight::Nothing
    } else if !function || may_fail(acts.trim_start_matches(text)) {
        Weight::Suspicion
    } else {
        Weight::Proof
    };
    report(pair, file, index, &weight, message, found);
}

/// Matchers that have a name of the library, or always pass.
fn matchers(pair: &Pair, file: &File, object: Option<usize>, found: &mut Found) {
    let flat = file.flat();
    let Some(object) = object.filter(|object| flat.kind(*object) == "object") else { return };
    for entry in flat.parts(object) {
        let Some(key) = ["key", "name"].iter().find_map(|field| flat.field(entry, field)) else { continue };
        let name = file.text_of(key).trim_matches(['"', '\'']);
        let text = file.text_of(entry);
        let passes = text.matches("pass:").count() > 0
            && text.matches("pass:").count()
                == text.matches("pass: true").count() + text.matches("pass:true").count();
        let message =
            format!("the matcher `{name}` {}", if passes { "always passes" } else { "is replaced" });
        let weight = match (KNOWN.contains(&name), passes) {
            (true, true) => Weight::Proof,
            (true, false) | (false, true) => Weight::Suspicion,
            _ => Weight::Nothing,
        };
        report(pair, file, entry, &weight, message, found);
    }
}
