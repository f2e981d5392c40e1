//! The place of a statement, described so that a change elsewhere does not alter the description.

use crate::code::file::{File, even};

/// The place of a statement: its function, the constructs around it and, if these say little, what precedes it.
pub(crate) fn place(file: &File, statement: usize) -> String {
    let flat = file.flat();
    let parent = flat.node(statement).parent;
    let in_block = matches!(flat.kind(parent), "block" | "statement_block");
    let (block, clause) = if in_block { (Some(parent), flat.node(parent).parent) } else { (None, parent) };
    let under = match flat.kind(clause) {
        "if_statement" | "elif_clause" => {
            format!("if {}", even(file.field_text(clause, "condition")))
        }
        "else_clause" => {
            let of = flat.node(clause).parent;
            format!("else of {}", even(file.field_text(of, "condition")))
        }
        "except_clause" => {
            let block = block.map_or(0, |block| flat.node(block).start);
            even(file.slice(flat.node(clause).start, block))
        }
        "catch_clause" => {
            let tried = flat.node(clause).parent;
            format!("catch of {}", even(file.field_text(tried, "body")))
        }
        "switch_case" | "case_clause" => even(file.line(file.row(flat.node(clause).start))),
        "switch_default" => "default".to_string(),
        _ => String::new(),
    };
    // Handlers, `else` branches and function bodies are distinguished by their first statement
    let before = match flat.kind(clause) {
        "if_statement" | "elif_clause" => String::new(),
        _ => {
            let earlier = flat.children(parent).take_while(|sibling| *sibling < statement);
            let named = earlier.filter(|sibling| flat.node(*sibling).named && !flat.node(*sibling).extra);
            named.map(|sibling| even(file.text_of(sibling))).collect::<Vec<_>>().join("; ")
        }
    };
    format!("{} | {under} | {before}", function_of(file, statement))
}

/// The place of a statement under a condition, independent of the function's name: the condition, and the statements
/// before it.
pub(crate) fn place_in_any(file: &File, statement: usize) -> Option<String> {
    let flat = file.flat();
    let parent = flat.node(statement).parent;
    let clause = if matches!(flat.kind(parent), "block" | "statement_block") {
        flat.node(parent).parent
    } else {
        parent
    };
    if flat.kind(clause) != "if_statement" {
        return None;
    }
    let around = flat.node(clause).parent;
    let before = flat.parts(around).take_while(|sibling| *sibling < clause).last()?;
    let (asked, before) = (even(file.field_text(clause, "condition")), even(file.text_of(before)));
    Some(format!("{before} | if {asked}"))
}

/// The names of the functions and classes around a node, outermost first.
pub(crate) fn function_of(file: &File, index: usize) -> String {
    let mut names: Vec<&str> = Vec::new();
    for above in file.flat().above(index) {
        let name = match file.flat().kind(above) {
            "function_declaration"
            | "function_definition"
            | "function_item"
            | "method_definition"
            | "class_definition"
            | "class_declaration"
            | "variable_declarator" => file.field_text(above, "name"),
            "pair" => file.field_text(above, "key"),
            "assignment_expression" => file.field_text(above, "left"),
            "impl_item" => file.field_text(above, "type"),
            _ => continue,
        };
        names.push(name);
    }
    names.reverse();
    names.join(".")
}
