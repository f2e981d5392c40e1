//! One operator or literal is replaced by another.
//!
//! The table differs from that of the engine's gate for new tests: measuring a gate with its own mutants would show
//! nothing.

use syntax::Node;

use crate::mutants::code::{Code, Edit};

pub(in crate::mutants) fn wrong(code: &Code<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| {
        if is_operator(node) {
            let other = match code.source.text_of(node) {
                "+" => "-",
                "-" => "+",
                "*" => "/",
                "/" => "*",
                "%" => "*",
                "<" => ">",
                ">" => "<",
                "<=" => ">",
                ">=" => "<",
                "==" => "!=",
                "!=" => "==",
                "===" => "!==",
                "!==" => "===",
                "&&" => "||",
                "||" => "&&",
                "??" => "&&",
                "and" => "or",
                "or" => "and",
                "&" => "|",
                "|" => "&",
                "<<" => ">>",
                ">>" | ">>>" => "<<",
                "in" => "not in",
                "is not" => "is",
                "not in" => "in",
                _ => return,
            };
            found.push(code.turn(node.byte_range(), other));
        }
        if matches!(node.kind(), "unary_expression" | "not_operator") {
            let text = code.source.text_of(node);
            if let Some(rest) = text.strip_prefix('!').or_else(|| text.strip_prefix("not ")) {
                found.push(code.turn(node.byte_range(), rest));
            }
        }
    });
    found
}

pub(in crate::mutants) fn off_by_one(code: &Code<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| {
        let text = code.source.text_of(node);
        if is_operator(node) {
            let other = match text {
                "<" => "<=",
                "<=" => "<",
                ">" => ">=",
                ">=" => ">",
                _ => return,
            };
            return found.push(code.turn(node.byte_range(), other));
        }
        if node.kind() == ".." && node.next_sibling().is_some_and(|next| next.is_named()) {
            return found.push(code.turn(node.byte_range(), "..="));
        }
        let counts = node.parent().is_some_and(|parent| {
            matches!(
                parent.kind(),
                "binary_expression"
                    | "binary_operator"
                    | "comparison_operator"
                    | "subscript_expression"
                    | "subscript"
                    | "slice"
                    | "index_expression"
                    | "arguments"
                    | "argument_list"
                    | "range_expression"
                    | "unary_operator"
            )
        });
        if counts
            && is_integer(node)
            && let Ok(number) = text.parse::<u64>()
        {
            found.push(code.turn(node.byte_range(), (number + 1).to_string()));
            if number > 0 {
                found.push(code.turn(node.byte_range(), (number - 1).to_string()));
            }
        }
        let one = |node: Node<'_>| {
            node.child_by_field_name("right").is_some_and(|right| code.source.text_of(right) == "1")
        };
        if matches!(node.kind(), "binary_expression" | "binary_operator")
            && one(node)
            && let (Some(left), Some("+" | "-")) = (
                node.child_by_field_name("left"),
                node.child_by_field_name("operator").map(|o| code.source.text_of(o)),
            )
        {
            found.push(code.turn(node.byte_range(), code.source.text_of(left)));
        }
    });
    found
}

pub(in crate::mutants) fn constants(code: &Code<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| {
        let text = code.source.text_of(node);
        let other = match (node.kind(), text) {
            ("true" | "false" | "boolean_literal", "true") => "false".to_string(),
            ("true" | "false" | "boolean_literal", "false") => "true".into(),
            ("true", "True") => "False".into(),
            ("false", "False") => "True".into(),
            _ if is_integer(node) => match text.parse::<u64>() {
                Ok(0) => "1".into(),
                Ok(number) => number.saturating_mul(10).to_string(),
                Err(_) => return,
            },
            ("string" | "string_literal" | "interpreted_string_literal", _) => {
                // A string as a statement is no constant
                if node.parent().is_some_and(|parent| parent.kind() == "expression_statement") {
                    return;
                }
                match changed(text) {
                    Some(other) => other,
                    None => return,
                }
            }
            _ => return,
        };
        found.push(code.turn(node.byte_range(), other));
    });
    found
}

/// A text with its last letter gone.
fn changed(quoted: &str) -> Option<String> {
    let quote = quoted.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let inner = quoted.strip_suffix(quote)?;
    let last = inner.chars().next_back().filter(char::is_ascii_alphanumeric)?;
    if quoted.contains('\n')
        || inner.ends_with(quote)
        || inner.contains('\\')
        || quoted.len() < 5
        || quoted.len() > 60
    {
        return None;
    }
    Some(format!("{}{quote}", inner.strip_suffix(last)?))
}

fn is_integer(node: Node<'_>) -> bool {
    matches!(node.kind(), "number" | "integer" | "integer_literal" | "int_literal")
}

fn is_operator(node: Node<'_>) -> bool {
    node.child_count() == 0
        && !node.is_named()
        && node.parent().is_some_and(|parent| {
            matches!(
                parent.kind(),
                "binary_expression"
                    | "binary_operator"
                    | "comparison_operator"
                    | "boolean_operator"
                    | "not in"
                    | "is not"
            )
        })
}
