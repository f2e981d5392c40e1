//! Returns what a test expects, only for the arguments of the test.
//!
//! `mutants` calls it. It reads the visible tests of the change and runs none. It knows literals only, and no types: a
//! case with anything else is left out.

use syntax::{Language, Node, Source, VisitStep, visit};

use crate::mutants::code::{Code, Edit, children};
use crate::mutants::mutant::is_test;
use crate::projects::Change;

/// A call that a test makes, and the literal that it expects.
struct Case {
    function: String,
    /// The place of the first literal argument, and its text.
    argument: (usize, String),
    expected: String,
}

pub(in crate::mutants) fn edits(code: &Code<'_>, change: &Change) -> Vec<Edit> {
    let functions = code.functions();
    let mut found = Vec::new();
    let tests = change.head.iter().filter(|(path, _)| is_test(change, path) || path.as_str() == code.path);
    for case in tests.flat_map(|(path, text)| cases(path, text, code.language)) {
        let Some(function) = functions.iter().find(|function| function.name == case.function) else {
            continue;
        };
        let (Some(first), Some(parameter)) =
            (function.statements.first(), function.parameters.get(case.argument.0))
        else {
            continue;
        };
        if !parameter.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) || parameter.is_empty() {
            continue;
        }
        let indent = code.indent(first.start);
        let (given, expected) = (&case.argument.1, &case.expected);
        let with = if code.is_python() {
            format!("if {parameter} == {given}:\n{indent}    return {expected}\n{indent}")
        } else if code.is_rust() {
            format!("if {parameter} == {given} {{\n{indent}    return {expected};\n{indent}}}\n{indent}")
        } else {
            format!("if ({parameter} === {given}) {{\n{indent}  return {expected}\n{indent}}}\n{indent}")
        };
        let what = format!("`{}` returns `{expected}` for `{given}`", function.name);
        found.push(code.edit(first.start..first.start, with, &what));
        if let (Some(last), false) = (function.statements.last(), code.is_rust()) {
            let what = format!("`{}` returns `{expected}` for everything", function.name);
            found.push(code.edit(first.start..last.end, format!("return {expected}"), &what));
        }
    }
    found
}

fn cases(path: &str, text: &str, language: Language) -> Vec<Case> {
    let mut found = Vec::new();
    let Some(Ok(source)) = Language::of_path(path).map(|own| Source::parse(own, text)) else { return found };
    if source.language().is_ecmascript() != language.is_ecmascript() {
        return found;
    }
    visit(source.root(), |node, _| {
        let statement =
            matches!(node.kind(), "expression_statement" | "assert_statement" | "macro_invocation");
        if !statement || !super::tests_changed::is_assertion(source.text_of(node)) {
            return VisitStep::Into;
        }
        found.extend(case(&source, node));
        found.extend(macro_case(&source, node));
        VisitStep::Over
    });
    found
}

fn case(source: &Source<'_>, assertion: Node<'_>) -> Option<Case> {
    let mut called: Option<(Node<'_>, Vec<Node<'_>>, Node<'_>)> = None;
    let mut expected = None;
    visit(assertion, |node, _| {
        if matches!(node.kind(), "call_expression" | "call") && called.is_none() {
            let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
            let callee = node.child_by_field_name("function");
            if let Some(callee) = callee.filter(|_| arguments.iter().any(|a| is_literal(*a)))
                && !super::tests_changed::is_assertion(source.text_of(node))
            {
                called = Some((callee, arguments, node));
                return VisitStep::Over;
            }
        }
        if is_literal(node) {
            expected = expected.or(called.is_some().then_some(node));
            return VisitStep::Over;
        }
        VisitStep::Into
    });
    let ((callee, arguments, _), expected) = (called?, expected?);
    let at = arguments.iter().position(|argument| is_literal(*argument))?;
    let function = source.text_of(callee).rsplit('.').next().unwrap_or_default().to_string();
    let argument = (at, source.text_of(*arguments.get(at)?).to_string());
    Some(Case { function, argument, expected: source.text_of(expected).to_string() })
}

/// Reads `assert_eq!(f("a"), "b")`, which the parser gives as tokens.
fn macro_case(source: &Source<'_>, node: Node<'_>) -> Option<Case> {
    let text = source.text_of(node);
    let inner = text.trim_end_matches(';').strip_prefix("assert_eq!(")?.strip_suffix(')')?;
    let (call, expected) = inner.rsplit_once(", ")?;
    let (function, argument) = call.strip_suffix(')')?.rsplit_once('(')?;
    let function = function.rsplit(['.', ':', ' ', '&']).next()?.to_string();
    let literal = |text: &str| text.starts_with('"') || text.chars().all(|c| c.is_ascii_digit());
    (literal(argument) && literal(expected) && !argument.is_empty()).then(|| Case {
        function,
        argument: (0, argument.to_string()),
        expected: expected.to_string(),
    })
}

fn is_literal(node: Node<'_>) -> bool {
    matches!(node.kind(), "string" | "number" | "integer" | "float" | "string_literal" | "integer_literal")
        && node.byte_range().len() < 60
}
