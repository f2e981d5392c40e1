//! Functions and tests of a file, found the same way in every language.
//!
//! It judges nothing.

use std::collections::HashSet;
use std::sync::OnceLock;

use syntax::Language;

use crate::code::file::{File, even};

/// A function with a body.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// `Class.name`, `name`
    pub(crate) name: String,
    pub(crate) index: usize,
    pub(crate) body: usize,
}

/// The functions of a file that have a name and a body.
pub(crate) fn functions(file: &File) -> &[Function] {
    &file.fact(|file| AllFunctions(find_functions(file))).0
}

#[derive(Debug)]
struct AllFunctions(Vec<Function>);

fn find_functions(file: &File) -> Vec<Function> {
    let mut found = Vec::new();
    for (index, node) in file.flat().iter() {
        let (name, value) = match node.kind {
            "function_declaration"
            | "generator_function_declaration"
            | "method_definition"
            | "function_definition"
            | "function_item"
            | "method_declaration" => (file.flat().field(index, "name"), index),
            "variable_declarator"
            | "public_field_definition"
            | "field_definition"
            | "pair"
            | "assignment_expression" => {
                let field = match node.kind {
                    "field_definition" => "property",
                    "pair" => "key",
                    "assignment_expression" => "left",
                    _ => "name",
                };
                let value = file.flat().field(index, "value").or_else(|| file.flat().field(index, "right"));
                match value
                    .filter(|v| matches!(file.flat().kind(*v), "arrow_function" | "function_expression"))
                {
                    Some(value) => (file.flat().field(index, field), value),
                    None => continue,
                }
            }
            _ => continue,
        };
        let (Some(name), Some(body)) = (name, file.flat().field(value, "body")) else { continue };
        let mut full = file.text_of(name).to_string();
        if node.kind == "method_declaration" {
            full = format!("{}.{full}", even(file.field_text(index, "receiver")));
        }
        for above in file.flat().above(index) {
            let container = match file.flat().kind(above) {
                "class_declaration"
                | "class_definition"
                | "abstract_class_declaration"
                | "class"
                | "mod_item"
                | "trait_item"
                | "function_declaration"
                | "function_definition"
                | "function_item" => file.field_text(above, "name"),
                "impl_item" => file.field_text(above, "type"),
                _ => continue,
            };
            full = format!("{container}.{full}");
        }
        found.push(Function { name: full, index, body });
    }
    found
}

/// The statements of a body, without docstrings.
pub(crate) fn statements(file: &File, body: usize) -> Vec<usize> {
    let list = match file.flat().kind(body) {
        // A block of Go holds a statement list
        "block" if file.language == Some(Language::Go) => {
            file.flat().parts(body).find(|i| file.flat().kind(*i) == "statement_list").unwrap_or(body)
        }
        "block" | "statement_block" => body,
        _ => return vec![body],
    };
    let mut found: Vec<usize> =
        file.flat().parts(list).filter(|i| file.flat().kind(*i) != "attribute_item").collect();
    let docstring = |i: &usize| {
        file.language == Some(Language::Python)
            && file.flat().kind(*i) == "expression_statement"
            && file.flat().parts(*i).all(|j| file.flat().kind(j) == "string")
    };
    if found.first().is_some_and(docstring) {
        found.remove(0);
    }
    found
}

/// A test.
#[derive(Debug)]
pub(crate) struct Test {
    /// Groups and name, joined by ` > `
    pub(crate) name: String,
    pub(crate) index: usize,
    pub(crate) body: usize,
    /// Its assertions, whitespace evened out, in source order
    pub(crate) assertions: Vec<String>,
    /// The test is skipped
    pub(crate) skipped: bool,
    words: OnceLock<HashSet<String>>,
}

impl Test {
    fn new(name: String, index: usize, body: usize) -> Test {
        Test { name, index, body, assertions: Vec::new(), skipped: false, words: OnceLock::new() }
    }

    /// The words of its body; `file` is the file of the test.
    pub(crate) fn words(&self, file: &File) -> &HashSet<String> {
        self.words.get_or_init(|| {
            let words = file.text_of(self.body).split(|c: char| !c.is_alphanumeric() && c != '_');
            words.filter(|word| !word.is_empty()).map(str::to_string).collect()
        })
    }
}

/// The tests of a file.
pub(crate) fn tests(file: &File) -> &[Test] {
    &file.fact(|file| AllTests(find_tests(file))).0
}

#[derive(Debug)]
struct AllTests(Vec<Test>);

fn find_tests(file: &File) -> Vec<Test> {
    let mut found = match file.language {
        Some(Language::TypeScript | Language::Tsx | Language::JavaScript) if file.is_test() => {
            ecmascript_tests(file)
        }
        Some(Language::Python) if file.is_test() => {
            named_tests(file, |name, _| name.rsplit('.').next().is_some_and(|n| n.starts_with("test")))
        }
        Some(Language::Go) if file.is_test() => {
            named_tests(file, |name, _| ["Test", "Fuzz", "Example"].iter().any(|p| name.starts_with(p)))
        }
        Some(Language::Rust) if file.text.contains("#[") => {
            named_tests(file, |_, index| has_test_attribute(file, index))
        }
        _ => Vec::new(),
    };
    for test in &mut found {
        test.assertions = assertions(file, test.body);
        test.skipped = test.skipped || is_skipped(file, test);
    }
    found
}

fn is_skipped(file: &File, test: &Test) -> bool {
    let first = || statements(file, test.body).first().map_or("", |first| file.text_of(*first));
    match file.language {
        Some(Language::Rust) => {
            attributes(file, test.index).any(|a| a.trim_start_matches(['#', '[', ' ']).starts_with("ignore"))
        }
        Some(Language::Python) => {
            let skips = |text: &str| {
                ["mark.skip", "mark.xfail", "unittest.skip", "@skip", "expectedFailure"]
                    .iter()
                    .any(|s| text.contains(s))
                    && !text.contains("skipif")
                    && !text.contains("skipIf")
            };
            let decorated = file
                .flat()
                .above(test.index)
                .take(4)
                .filter(|i| file.flat().kind(*i) == "decorated_definition")
                .any(|i| {
                    file.flat().parts(i).any(|j| file.flat().kind(j) == "decorator" && skips(file.text_of(j)))
                });
            decorated
                || ["pytest.skip(", "self.skipTest(", "pytest.xfail("].iter().any(|s| first().starts_with(s))
        }
        // Under `testing.Short()` a test is skipped only in short runs
        Some(Language::Go) => first().contains(".Skip") && !first().contains("testing.Short()"),
        _ => {
            let switched_off = |call: usize| {
                let name = file.field_text(call, "function");
                name.ends_with(".skip") || name.starts_with('x') || name.ends_with(".todo")
            };
            let is_call = |i: &usize| file.flat().kind(*i) == "call_expression";
            switched_off(test.index)
                || file.flat().above(test.index).filter(is_call).any(switched_off)
                || file.flat().field(test.index, "arguments").is_some_and(|a| {
                    file.flat().parts(a).any(|i| {
                        file.flat().kind(i) == "object"
                            && (file.text_of(i).contains("skip: true")
                                || file.text_of(i).contains("skip: '")
                                || file.text_of(i).contains("skip: \""))
                    })
                })
        }
    }
}

/// The attributes before an item of Rust.
fn attributes(file: &File, index: usize) -> impl Iterator<Item = &str> {
    let parent = file.flat().node(index).parent;
    let mut found: Vec<&str> = Vec::new();
    for sibling in file.flat().children(parent).take_while(|sibling| *sibling < index) {
        match file.flat().kind(sibling) {
            "attribute_item" => found.push(file.text_of(sibling)),
            _ if file.flat().node(sibling).extra => {}
            _ => found.clear(),
        }
    }
    found.into_iter()
}

fn named_tests(file: &File, is_test: impl Fn(&str, usize) -> bool) -> Vec<Test> {
    functions(file)
        .iter()
        .filter(|function| is_test(&function.name, function.index))
        .map(|f| Test::new(f.name.clone(), f.index, f.body))
        .collect()
}

fn has_test_attribute(file: &File, index: usize) -> bool {
    attributes(file, index).any(|text| {
        let name = text.trim_start_matches(['#', '[', ' ']).split(['(', ']', ' ']).next().unwrap_or_default();
        name == "test"
            || name.ends_with("::test")
            || name.ends_with("_test")
            || matches!(name, "rstest" | "test_case" | "quickcheck")
    })
}

fn ecmascript_tests(file: &File) -> Vec<Test> {
    let mut found = Vec::new();
    for (index, node) in file.flat().iter() {
        if node.kind != "call_expression" {
            continue;
        }
        let Some((title, body)) =
            titled(file, index, &["it", "test", "Deno.test", "t.test", "specify", "fit", "xit", "xtest"])
        else {
            continue;
        };
        let mut name = title.to_string();
        for above in file.flat().above(index) {
            if file.flat().kind(above) == "call_expression"
                && let Some((group, _)) = titled(
                    file,
                    above,
                    &["describe", "suite", "context", "test", "it", "t.test", "xdescribe", "fdescribe"],
                )
            {
                name = format!("{group} > {name}");
            }
        }
        found.push(Test::new(name, index, body));
    }
    found
}

/// The title and the body of a call like `it("title", () => …)`.
fn titled<'f>(file: &'f File, call: usize, names: &[&str]) -> Option<(&'f str, usize)> {
    let function = file.field_text(call, "function");
    const MAX_NAME: usize = 60;
    // The rows of a table stand in the name: it may be long
    let table = || function.find(['(', '`', '<']).is_some_and(|at| at < MAX_NAME);
    if function.len() > MAX_NAME && !table()
        || !names.iter().any(|name| function.strip_prefix(name).is_some_and(is_modified))
    {
        return None;
    }
    let arguments = file.flat().field(call, "arguments")?;
    let mut parts = file.flat().parts(arguments);
    let title = parts.next()?;
    if !matches!(file.flat().kind(title), "string" | "template_string") {
        return None;
    }
    let body = parts.find(|i| matches!(file.flat().kind(*i), "arrow_function" | "function_expression"))?;
    let body = file.flat().field(body, "body")?;
    Some((file.text_of(title).trim_matches(['"', '\'', '`']), body))
}

/// Whether `rest` may follow the name of a test function before its arguments: `.only`, `.skipIf(…)`, `.each([…])`.
fn is_modified(rest: &str) -> bool {
    const CALLED: &[&str] =
        &[".each(", ".each`", ".each<", ".for(", ".for<", ".skipIf(", ".runIf(", ".extend("];
    const PLAIN: &[&str] = &[
        ".only",
        ".skip",
        ".concurrent",
        ".sequential",
        ".serial",
        ".parallel",
        ".failing",
        ".fails",
        ".todo",
        ".fixme",
        ".slow",
    ];
    let mut rest = rest;
    while let Some(after) = PLAIN.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = after;
    }
    rest.is_empty() || CALLED.iter().any(|word| rest.starts_with(word))
}

/// The assertions of a node: below it, or itself, as the body of `() => assert.ok(f())`.
pub(crate) fn assertions(file: &File, body: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut skip_until = 0;
    for index in std::iter::once(body).chain(file.flat().below(body)) {
        if index < skip_until {
            continue;
        }
        let node = file.flat().node(index);
        let is_assertion = match (file.language, node.kind) {
            (Some(Language::Python), "assert_statement") => true,
            (Some(Language::Python), "call") => {
                let name = file.field_text(index, "function");
                name.starts_with("self.assert")
                    || name.starts_with("self.fail")
                    || name == "pytest.raises"
                    || name == "pytest.warns"
            }
            (Some(Language::Rust), "macro_invocation") => {
                let name = file.field_text(index, "macro");
                let name = name.rsplit("::").next().unwrap_or(name);
                name.starts_with("assert")
                    || name.starts_with("debug_assert")
                    || name.starts_with("prop_assert")
            }
            (Some(Language::Go), "call_expression") => {
                let name = file.field_text(index, "function");
                name.starts_with("assert.")
                    || name.starts_with("require.")
                    || name.split_once('.').is_some_and(|(_, f)| {
                        matches!(f, "Error" | "Errorf" | "Fatal" | "Fatalf" | "Fail" | "FailNow")
                            && name.starts_with('t')
                    })
            }
            (Some(Language::Rust), "call_expression") => {
                let name = file.field_text(index, "function");
                name.rsplit("::").next().unwrap_or(name).starts_with("assert")
            }
            (_, "call_expression") => {
                let text = file.text_of(index);
                [
                    "expect(",
                    "expect.",
                    "assert(",
                    "assert.",
                    "t.is(",
                    "t.ok(",
                    "t.equal(",
                    "t.same(",
                    "t.deepEqual(",
                    "t.not(",
                    "t.true(",
                    "t.false(",
                    "t.throws(",
                    "t.rejects(",
                    "t.strictEqual(",
                    "t.assert.",
                    "t.error(",
                    "t.match(",
                    "tap.",
                    "should.",
                    "strictEqual(",
                    "deepStrictEqual(",
                    "equal(",
                    "deepEqual(",
                    "throws(",
                    "rejects(",
                    "assertEquals(",
                    "expectTypeOf",
                ]
                .iter()
                .any(|start| text.starts_with(start))
                    || text.strip_prefix("expect").is_some_and(|rest| rest.trim_start().starts_with('.'))
                    || text.contains(".should.") && text.len() < 300
            }
            _ => false,
        };
        if is_assertion {
            found.push(whole(file, index));
            skip_until = node.next;
        }
    }
    found
}

fn whole(file: &File, index: usize) -> String {
    file.text_of(index).split_whitespace().collect::<Vec<_>>().join(" ")
}
