//! A case that is no longer handled.

use crate::mutants::code::{Code, Edit, children};

pub(in crate::mutants) fn dropped(code: &Code<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| match node.kind() {
        "else_clause" | "elif_clause" | "case_clause" | "switch_case" | "except_clause" => {
            found.push(code.without(
                node.byte_range(),
                &format!("without this `{}`", first_line(code, node.byte_range())),
            ));
        }
        "if_statement" | "if_expression" => {
            let has_else = node.child_by_field_name("alternative").is_some();
            let statement = match node.parent() {
                Some(parent) if parent.kind() == "expression_statement" => parent,
                Some(parent)
                    if matches!(parent.kind(), "statement_block" | "block" | "module" | "program") =>
                {
                    node
                }
                _ => return,
            };
            let alone = statement.parent().is_none_or(|block| children(block).len() < 2);
            if !has_else && !alone {
                found.push(code.without(
                    statement.byte_range(),
                    &format!("without this `{}`", first_line(code, node.byte_range())),
                ));
            }
        }
        _ => {}
    });
    found
}

fn first_line<'t>(code: &Code<'t>, range: std::ops::Range<usize>) -> &'t str {
    code.slice(&range).lines().next().unwrap_or_default()
}
