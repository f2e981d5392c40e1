//! Tests that only check their own mocks, or replace the code that they are about.
//!
//! For Python, TypeScript and JavaScript; functions that create mocks are known by name. Ignores mocks that keep a part
//! of the original, or are passed to other code.

use std::collections::BTreeSet;

use syntax::Language;

use crate::code::file::File;
use crate::code::functions::Test;
use crate::project::Target;
use crate::rules::{Change, Found, Pair};

/// Functions that create a mock.
const MAKERS: &[&str] = &[
    "vi.fn",
    "jest.fn",
    "sinon.stub",
    "sinon.spy",
    "sinon.fake",
    "mock.fn",
    "Mock",
    "MagicMock",
    "AsyncMock",
    "mock.Mock",
    "mock.MagicMock",
    "mocker.Mock",
    "mocker.stub",
    "td.func",
    "patch",
    "mock.patch",
    "mocker.patch",
];

/// Calls that do not reach the project's code.
const OWN: &[&str] = &[
    "expect",
    "assert",
    "vi",
    "jest",
    "sinon",
    "mock",
    "Mock",
    "MagicMock",
    "AsyncMock",
    "mocker",
    "patch",
    "td",
    "Error",
    "Promise",
    "console",
    "print",
    "self",
    "TypeError",
    "Date",
    "len",
    "str",
    "ValueError",
    "Exception",
];

/// Whether a test calls only its own mocks, and passes them to nothing.
pub(super) fn only_mocks(file: &File, test: &Test) -> bool {
    if test.assertions.is_empty()
        || !matches!(
            file.language,
            Some(Language::Python | Language::TypeScript | Language::Tsx | Language::JavaScript)
        )
    {
        return false;
    }
    let mocks = mocks(file, test);
    !mocks.is_empty() && asks_only(file, test, &mocks)
}

/// The names of mocks that a test creates.
fn mocks<'a>(file: &'a File, test: &Test) -> BTreeSet<&'a str> {
    let flat = file.flat();
    let mut mocks: BTreeSet<&str> = BTreeSet::new();
    for index in flat.below(test.body) {
        let (name, value) = match flat.kind(index) {
            "variable_declarator" => (flat.field(index, "name"), flat.field(index, "value")),
            "assignment" => (flat.field(index, "left"), flat.field(index, "right")),
            // `with patch("a.f") as f`
            "as_pattern" => (
                flat.field(index, "alias").and_then(|alias| flat.parts(alias).next()),
                flat.parts(index).next(),
            ),
            _ => continue,
        };
        let (Some(name), Some(value)) = (name, value) else { continue };
        let text = file.text_of(value);
        if flat.kind(name) == "identifier"
            && MAKERS
                .iter()
                .any(|maker| text.strip_prefix(maker).is_some_and(|rest| rest.starts_with(['(', '.'])))
        {
            mocks.insert(file.text_of(name));
        }
    }
    mocks
}

/// Whether a test calls only these mocks, and passes them to nothing.
fn asks_only(file: &File, test: &Test, mocks: &BTreeSet<&str>) -> bool {
    let flat = file.flat();
    let mut called = false;
    for index in flat.below(test.body) {
        match flat.kind(index) {
            "identifier" if mocks.contains(file.text_of(index)) => {
                let node = flat.node(index);
                let alone = match flat.kind(node.parent) {
                    "variable_declarator" => node.field == "name",
                    "assignment" => node.field == "left",
                    "as_pattern_target" => true,
                    "call" | "call_expression" => {
                        called = true;
                        node.field == "function"
                    }
                    "member_expression" | "attribute" => node.field == "object",
                    "arguments" | "argument_list" => {
                        let call = flat.node(node.parent).parent;
                        matches!(file.field_text(call, "function"), "expect" | "assert")
                    }
                    _ => false,
                };
                if !alone {
                    return false;
                }
            }
            "call" | "call_expression" | "new_expression" => {
                let callee = if flat.kind(index) == "new_expression" {
                    file.field_text(index, "constructor")
                } else {
                    file.field_text(index, "function")
                };
                let first = callee.split(['.', '(', '[']).next().unwrap_or(callee);
                let own = mocks.contains(first) || OWN.contains(&first);
                if !own {
                    return false;
                }
            }
            _ => {}
        }
    }
    called
}

/// The part of a test file's name that it shares with the tested file.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    stem.trim_start_matches("test_").trim_end_matches("_test")
}

/// Modules that are mocked completely in their own test.
pub(super) fn mocks_itself(change: &Change<'_>, pair: &Pair, file: &File, all: &[Test], found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "call_expression") {
        let callee = file.field_text(index, "function");
        if !matches!(callee, "vi.mock" | "jest.mock" | "vi.doMock" | "jest.doMock" | "mock.module")
            || !pair.wrote_at(node.start)
        {
            continue;
        }
        let Some(arguments) = flat.field(index, "arguments") else { continue };
        let parts: Vec<usize> = flat.parts(arguments).collect();
        let [module, factory, ..] = parts.as_slice() else { continue };
        let name = file.text_of(*module).trim_matches(['"', '\'', '`']);
        if ["importActual", "importOriginal", "requireActual", "..."]
            .iter()
            .any(|word| file.text_of(*factory).contains(word))
        {
            continue;
        }
        let import = file
            .outline()
            .imports
            .iter()
            .find(|import| import.module == name && (!import.names.is_empty() || import.alias.is_some()));
        let Some(import) = import else { continue };
        if !matches!(change.head.resolve(file, import), Target::File(_)) {
            continue;
        }
        let others = file
            .outline()
            .imports
            .iter()
            .filter(|other| {
                other.module != name
                    && (other.module.starts_with('.')
                        || matches!(change.head.resolve(file, other), Target::File(_)))
            })
            .count();
        let about = stem(&file.path) == stem(name) || others == 0;
        // The imported names are what the test checks
        let asked = import.names.iter().any(|n| {
            all.iter().any(|test| {
                test.assertions.iter().any(|a| {
                    a.starts_with("expect(")
                        && a.contains(&format!("{}(", n.local()))
                        && !a.starts_with(&format!("expect({})", n.local()))
                })
            })
        });
        if about && asked {
            found.node(
                file,
                index,
                format!("`{name}` is what these tests are about, and it is replaced here"),
            );
        }
    }
}

/// `patch("a.f")` in a test that asserts the result of `a.f()`.
pub(super) fn patches_itself(pair: &Pair, file: &File, all: &[Test], found: &mut Found) {
    let flat = file.flat();
    for test in all.iter().filter(|test| pair.wrote_at(file.flat().node(test.index).start)) {
        let holder = flat.node(test.index).parent;
        let from = if flat.kind(holder) == "decorated_definition" { holder } else { test.index };
        for index in flat.below(from) {
            if flat.kind(index) != "call"
                || !matches!(
                    file.field_text(index, "function"),
                    "patch" | "mock.patch" | "mocker.patch" | "unittest.mock.patch" | "monkeypatch.setattr"
                )
            {
                continue;
            }
            let Some(target) = flat.field(index, "arguments").and_then(|a| flat.parts(a).next()) else {
                continue;
            };
            let name = file.text_of(target).trim_matches(['"', '\'']);
            let Some((module, last)) = name.rsplit_once('.') else { continue };
            let module = module.rsplit('.').next().unwrap_or(module);
            let through = format!("{module}.{last}(");
            let direct = test.assertions.iter().any(|a| a.starts_with("assert ") && a.contains(&through));
            let assigned = flat
                .below(test.body)
                .any(|i| flat.kind(i) == "assignment" && file.field_text(i, "right").starts_with(&through));
            let only = assigned
                && flat.below(test.body).filter(|i| flat.kind(*i) == "call").all(|i| {
                    let callee = file.field_text(i, "function");
                    callee == through.trim_end_matches('(')
                        || callee.contains("patch")
                        || callee.contains("setattr")
                        || callee.contains("assert")
                });
            if direct || only {
                found.node(
                    file,
                    index,
                    format!("`{name}` is what test `{}` asks, and it is replaced here", test.name),
                );
            }
        }
    }
}
