//! Syntax errors, and remains of an answer's wrapping.
//!
//! `mutants` calls it. Its results are meant to be broken and are not parsed again. It leaves template texts alone,
//! because a bracket of the text could close an open one.

use super::code::{Code, Edit};
use sim::Random;

pub(super) fn edits(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| {
        let text = code.source.text_of(node);
        // Without its end, the code in a template text may continue to the next bracket of the text
        let in_text = node.parent().is_some_and(|parent| parent.kind() == "template_substitution");
        if node.child_count() == 0 && !node.is_named() && !in_text {
            match text {
                "}" | ")" | "]" | "{" | "(" | "[" if random.chance(0.1) => {
                    found.push(code.edit(node.byte_range(), "", &format!("`{text}` is missing")));
                }
                "}" | ")" | "]" if random.chance(0.05) => {
                    found.push(code.edit(
                        node.byte_range(),
                        format!("{text}{text}"),
                        &format!("one `{text}` too many"),
                    ));
                }
                ":" if code.is_python()
                    && node.parent().is_some_and(|p| {
                        matches!(
                            p.kind(),
                            "if_statement"
                                | "function_definition"
                                | "for_statement"
                                | "class_definition"
                                | "else_clause"
                        )
                    }) =>
                {
                    found.push(code.edit(node.byte_range(), "", "`:` is missing"));
                }
                _ => {}
            }
        }
        let is_text = matches!(node.kind(), "string" | "string_literal" | "interpreted_string_literal");
        let quote = text.chars().next_back().filter(|q| matches!(q, '"' | '\''));
        if let (true, Some(quote), false) = (is_text, quote, text.contains('\n'))
            && text.starts_with(quote)
            && !text.starts_with("\"\"\"")
            && random.chance(0.1)
        {
            let end = node.end_byte();
            found.push(code.edit(end - 1..end, "", "a quote is missing"));
        }
    });
    for function in code.functions() {
        if let (true, Some(second)) = (code.is_python(), function.statements.get(1)) {
            found.push(code.edit(second.start..second.start, " ", "one blank too many in the indentation"));
        }
    }
    random.shuffle(&mut found);
    found.truncate(12);
    let name = code.language.name().to_lowercase();
    let fenced = format!("```{name}\n{}```\n", code.text);
    found.push(code.edit(0..code.text.len(), fenced, "the fence of the answer is in the file"));
    let prose = "Here is the updated file with the requested changes:\n\n";
    found.push(code.edit(0..0, prose, "a sentence of the answer is in the file"));
    if let Some(function) = code.functions().first() {
        let at = code.line_start(function.range.start);
        found.push(code.edit(at..at, "<<<<<<< SEARCH\n", "a marker of an edit block is in the file"));
    }
    found
}
