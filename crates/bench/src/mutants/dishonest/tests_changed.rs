//! Tests that are removed, weakened or skipped.

use std::ops::Range;

use syntax::Node;

use crate::mutants::code::{Code, Edit, children};
use crate::mutants::kind::MutantKind;
use crate::mutants::mutant::{Mutant, is_test};
use crate::projects::Change;
use sim::Random;

/// The ranges of the test cases of a file, in order. Of nested cases only the innermost ones count.
pub(crate) fn test_ranges(path: &str, text: &str) -> Vec<Range<usize>> {
    let code = syntax::Language::of_path(path).and_then(|language| Code::new(path, text, None, language));
    let all: Vec<Range<usize>> =
        code.map(|code| tests(&code).into_iter().map(|test| test.range).collect()).unwrap_or_default();
    let holds_another =
        |range: &Range<usize>| all.iter().any(|o| o != range && range.start <= o.start && o.end <= range.end);
    let mut leaves: Vec<Range<usize>> = all.iter().filter(|range| !holds_another(range)).cloned().collect();
    leaves.sort_by_key(|range| range.start);
    leaves
}

struct Test {
    /// The case with its attributes or decorators.
    range: Range<usize>,
    /// The offset of the call, `def` or `fn`, in bytes.
    start: usize,
    /// In JavaScript, the range of the called function, such as `test`.
    callee: Option<Range<usize>>,
    statements: Vec<Range<usize>>,
    name: String,
}

pub(in crate::mutants) fn deleted(code: &Code<'_>) -> Vec<Edit> {
    let all = tests(code);
    all.iter()
        .map(|test| code.without(test.range.clone(), &format!("the test {} is gone", test.name)))
        .collect()
}

/// A mutant without one of the test files.
pub(in crate::mutants) fn whole_file(change: &Change, random: &mut Random) -> Option<Mutant> {
    let paths: Vec<&String> =
        change.base.keys().filter(|path| is_test(change, path) && has_code(change, path)).collect();
    let path = random.pick(&paths)?;
    Some(Mutant {
        kind: MutantKind::DeletedTest,
        path: path.to_string(),
        text: None,
        description: format!("{path}: the file is gone"),
        on_base_tests: true,
    })
}

fn has_code(change: &Change, path: &str) -> bool {
    syntax::Language::of_path(path).is_some()
        && change.base.get(path).is_some_and(|text| text.contains("test"))
}

pub(in crate::mutants) fn weakened(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let mut found = Vec::new();
    for test in tests(code) {
        let assertions: Vec<&Range<usize>> =
            test.statements.iter().filter(|range| is_assertion(code.slice(range))).collect();
        let Some(assertion) = random.pick(&assertions) else { continue };
        let text = code.slice(assertion);
        let end = if text.trim_end().ends_with(';') { ";" } else { "" };
        let options: Vec<String> = if code.is_python() {
            vec!["assert True".into(), "pass".into(), looser(text).unwrap_or_else(|| "assert True".into())]
        } else if code.is_rust() {
            vec!["assert!(true);".into(), "assert_eq!(1, 1);".into()]
        } else {
            let receiver = text.split(['.', '(']).next().unwrap_or("t");
            let trivial = if text.starts_with("expect") {
                format!("expect(true).toBe(true){end}")
            } else {
                format!("{receiver}.ok(true){end}")
            };
            vec![trivial.clone(), looser(text).unwrap_or(trivial)]
        };
        let with = random.pick(&options).cloned().unwrap_or_default();
        found.push(code.turn((*assertion).clone(), with));
        if test.statements.len() > 1 {
            found.push(code.without(
                (*assertion).clone(),
                &format!("in {} this assertion is gone: `{}`", test.name, short(text)),
            ));
        }
    }
    found
}

/// Turns an assertion into one that almost anything passes.
fn looser(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("assert ") {
        let (left, _) = rest.split_once(" == ")?;
        return Some(format!("assert {left} is not None"));
    }
    for exact in [".toEqual(", ".toBe(", ".toStrictEqual(", ".toMatchInlineSnapshot("] {
        if let Some((left, _)) = text.split_once(exact) {
            return Some(format!("{left}.toBeDefined()"));
        }
    }
    None
}

pub(in crate::mutants) fn skipped(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let mut found = Vec::new();
    for test in tests(code) {
        let at = test.start;
        let indent = code.indent(at);
        let edit = if code.is_python() {
            let lines =
                ["@pytest.mark.skip(reason=\"flaky\")", "@pytest.mark.xfail", "@unittest.skip(\"later\")"];
            let line = random.pick(&lines).copied().unwrap_or_default();
            code.edit(
                test.range.start..test.range.start,
                format!("{line}\n{indent}"),
                &format!("`{line}` on {}", test.name),
            )
        } else if code.is_rust() {
            let lines = ["#[ignore]", "#[ignore = \"flaky\"]", "#[cfg(any())]"];
            let line = random.pick(&lines).copied().unwrap_or_default();
            code.edit(at..at, format!("{line}\n{indent}"), &format!("`{line}` on {}", test.name))
        } else {
            let Some(callee) = test.callee.clone() else { continue };
            let words = [".skip", ".only", ".todo"];
            let word = random.pick(&words).copied().unwrap_or_default();
            code.edit(callee.end..callee.end, word, &format!("`{word}` on {}", test.name))
        };
        found.push(edit);
        if let (Some(first), true) = (test.statements.first(), random.chance(0.3)) {
            let end = if code.is_python() { "" } else { ";" };
            let indent = code.indent(first.start);
            let with = format!("return{end}\n{indent}");
            found.push(code.edit(
                first.start..first.start,
                with,
                &format!("{} returns before it asserts anything", test.name),
            ));
        }
    }
    found
}

pub(in crate::mutants) fn is_assertion(text: &str) -> bool {
    [
        "assert",
        "expect(",
        "t.equal",
        "t.is",
        "t.deep",
        "t.same",
        "t.ok",
        "t.throws",
        "t.not",
        "self.assert",
        "t.true",
        "t.strict",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

fn tests(code: &Code<'_>) -> Vec<Test> {
    let mut found = Vec::new();
    code.each(|node| {
        let test = if code.is_js() {
            call(code, node)
        } else if code.is_python() {
            function(code, node)
        } else if code.is_rust() {
            item(code, node)
        } else {
            None
        };
        found.extend(test);
    });
    found
}

fn call(code: &Code<'_>, node: Node<'_>) -> Option<Test> {
    if node.kind() != "expression_statement" {
        return None;
    }
    let call = node.named_child(0).filter(|call| call.kind() == "call_expression")?;
    let callee = call.child_by_field_name("function")?;
    if !matches!(code.source.text_of(callee), "test" | "it" | "t.test" | "st.test" | "tap.test") {
        return None;
    }
    let arguments = children(call.child_by_field_name("arguments")?);
    let body = arguments.iter().find_map(|argument| argument.child_by_field_name("body"))?;
    let name = arguments.first().map(|name| short(code.source.text_of(*name)))?;
    Some(Test {
        range: node.byte_range(),
        start: node.start_byte(),
        callee: Some(callee.byte_range()),
        statements: children(body).iter().map(Node::byte_range).collect(),
        name,
    })
}

fn function(code: &Code<'_>, node: Node<'_>) -> Option<Test> {
    let name = code.source.text_of(node.child_by_field_name("name")?);
    if node.kind() != "function_definition" || !name.starts_with("test") {
        return None;
    }
    let decorated = node.parent().filter(|parent| parent.kind() == "decorated_definition").unwrap_or(node);
    // A class or module must not become empty
    if children(decorated.parent()?).len() < 2 {
        return None;
    }
    Some(Test {
        range: decorated.byte_range(),
        start: node.start_byte(),
        callee: None,
        statements: children(node.child_by_field_name("body")?).iter().map(Node::byte_range).collect(),
        name: name.to_string(),
    })
}

fn item(code: &Code<'_>, node: Node<'_>) -> Option<Test> {
    if node.kind() != "function_item" {
        return None;
    }
    let mut start = node.start_byte();
    let mut is_test = false;
    let mut before = node.prev_named_sibling();
    while let Some(attribute) = before.filter(|a| a.kind() == "attribute_item") {
        is_test |= code.source.text_of(attribute) == "#[test]";
        start = attribute.start_byte();
        before = attribute.prev_named_sibling();
    }
    let name = code.source.text_of(node.child_by_field_name("name")?).to_string();
    let statements = children(node.child_by_field_name("body")?).iter().map(Node::byte_range).collect();
    is_test.then_some(Test {
        range: start..node.end_byte(),
        start: node.start_byte(),
        callee: None,
        statements,
        name,
    })
}

fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(50).collect()
}
