//! Errors that are swallowed.

use crate::mutants::code::{Code, Edit, children};

pub(in crate::mutants) fn swallowed(code: &Code<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| {
        let in_block =
            node.parent().is_some_and(|parent| matches!(parent.kind(), "statement_block" | "block"));
        match node.kind() {
            // The handler becomes empty
            "catch_clause" | "except_clause" => {
                let body = node
                    .child_by_field_name("body")
                    .or_else(|| children(node).into_iter().find(|c| c.kind() == "block"));
                if let (Some(body), true) = (
                    body,
                    code.source.text_of(node).contains("raise")
                        || code.source.text_of(node).contains("throw"),
                ) {
                    let with = if code.is_python() { "pass" } else { "{}" };
                    found.push(code.turn(body.byte_range(), with));
                }
            }
            // The error is no longer thrown
            "throw_statement" if in_block => {
                for with in ["return", "return null"] {
                    found.push(code.turn(node.byte_range(), with));
                }
            }
            "raise_statement" if in_block => {
                for with in ["pass", "return None"] {
                    found.push(code.turn(node.byte_range(), with));
                }
            }
            // A failure of the statement is ignored
            "expression_statement"
                if in_block && code.source.text_of(node).contains('(') && !code.is_rust() =>
            {
                let text = code.source.text_of(node);
                let indent = code.indent(node.start_byte());
                if text.lines().count() > 3 || text.starts_with("super") {
                    return;
                }
                let with = if code.is_python() {
                    format!("try:\n{indent}    {text}\n{indent}except Exception:\n{indent}    pass")
                } else {
                    format!("try {{\n{indent}  {text}\n{indent}}} catch (err) {{}}")
                };
                found.push(code.turn(node.byte_range(), with));
            }
            "expression_statement" if code.is_rust() => {
                let text = code.source.text_of(node);
                if let Some(call) = text.strip_suffix("?;") {
                    found.push(code.turn(node.byte_range(), format!("let _ = {call};")));
                    found.push(code.turn(node.byte_range(), format!("{call}.ok();")));
                }
            }
            "call_expression" if code.is_rust() => {
                let text = code.source.text_of(node);
                for (from, to) in
                    [(".unwrap()", ".unwrap_or_default()"), (".expect(", ".unwrap_or_default()")]
                {
                    if let (Some((before, rest)), true) = (text.rsplit_once(from), text.lines().count() == 1)
                        && (rest.is_empty() || from == ".expect(")
                    {
                        found.push(code.turn(node.byte_range(), format!("{before}{to}")));
                    }
                }
            }
            _ => {}
        }
    });
    found
}
