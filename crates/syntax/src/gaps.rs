//! Code that is right and that a grammar does not know yet.
//!
//! Such code is masked by as many bytes that the grammar does know, so that every offset stays what it was.
//! What a grammar reads as something else without an error is masked always; the rest only in a text
//! that has errors, and only where the errors become fewer by it.

use tree_sitter::{Node, Tree};

use crate::edit::{Edit, ErrorAt, edited};
use crate::language::Language;
use crate::languages::{ecmascript, go, python, rust};
use crate::walk::{VisitStep, visit};

/// Errors that are looked at for what they tell.
const MAX_ERRORS: usize = 200;

/// The text with what its grammar misreads masked; `None` where there is nothing of the kind.
pub(crate) fn always(language: Language, text: &str) -> Option<String> {
    // A NUL byte ends the parser's text, wherever it stands
    let cleaned = text.contains('\0').then(|| text.replace('\0', " "));
    let now = cleaned.as_deref().unwrap_or(text);
    let edits = match language {
        Language::TypeScript | Language::Tsx | Language::JavaScript => ecmascript::gaps::always(now),
        Language::Go => go::gaps::always(now),
        Language::Rust | Language::Python => Vec::new(),
    };
    edited(now, &edits).or(cleaned)
}

/// What may be masked in a text with errors, one list a kind of gap.
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

/// The kind of the nearest node above an error that is none.
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
