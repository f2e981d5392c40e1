//! Correct code that a grammar does not know yet.
//!
//! Such code is masked by the same number of bytes that the grammar knows, so that offsets do not change.
//! Code that a grammar misreads without an error is always masked. Other code is masked only in a text with
//! errors, and only if that reduces the errors.

use tree_sitter::{Node, Tree};

use crate::edit::{Edit, ErrorAt, edited};
use crate::language::Language;
use crate::languages::{ecmascript, go, python, rust};
use crate::walk::{VisitStep, visit};

/// The most errors whose places are used.
const MAX_ERRORS: usize = 200;

/// The text with misread code masked; `None` if there is none.
pub(crate) fn always(language: Language, text: &str) -> Option<String> {
    // The parser ends at a NUL byte, at any place
    let cleaned = text.contains('\0').then(|| text.replace('\0', " "));
    let now = cleaned.as_deref().unwrap_or(text);
    let edits = match language {
        Language::TypeScript | Language::Tsx | Language::JavaScript => ecmascript::gaps::always(now),
        Language::Go => go::gaps::always(now),
        Language::Rust | Language::Python => Vec::new(),
    };
    edited(now, &edits).or(cleaned)
}

/// Possible masks in a text with errors, one list for each kind of gap.
pub(crate) fn edits(language: Language, text: &str, tree: &Tree) -> Vec<Vec<Edit>> {
    let mut all = match language {
        Language::TypeScript | Language::Tsx | Language::JavaScript => {
            let typed = language != Language::JavaScript;
            ecmascript::gaps::edits(text, typed, language == Language::Tsx, &errors(tree))
        }
        Language::Rust => rust::gaps::edits(text),
        Language::Python => python::gaps::edits(text),
        Language::Go => Vec::new(),
    };
    all.retain(|edits| !edits.is_empty());
    all
}

fn errors(tree: &Tree) -> Vec<ErrorAt<'_>> {
    let mut found = Vec::new();
    visit(tree.root_node(), |node, _| {
        if found.len() >= MAX_ERRORS {
            return VisitStep::Stop;
        }
        if node.is_error() {
            found.push(ErrorAt { start: node.start_byte(), end: node.end_byte(), within: holder(node) });
        }
        if node.has_error() { VisitStep::Into } else { VisitStep::Over }
    });
    found
}

/// The kind of the nearest node above an error that is not an error itself.
fn holder<'t>(node: Node<'t>) -> &'t str {
    let mut at = node.parent();
    while let Some(above) = at {
        if !above.is_error() {
            return above.kind();
        }
        at = above.parent();
    }
    ""
}
