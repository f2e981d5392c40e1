//! A promise without an `await`.

use crate::mutants::code::{Code, Edit};

pub(in crate::mutants) fn dropped(code: &Code<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    code.running(|node| {
        if !matches!(node.kind(), "await_expression" | "await") || !node.is_named() {
            return;
        }
        let text = code.source.text_of(node);
        let other = match text.strip_suffix(".await") {
            Some(rest) => rest,
            None => text.strip_prefix("await").unwrap_or(text).trim_start(),
        };
        found.push(code.turn(node.byte_range(), other));
    });
    found
}
