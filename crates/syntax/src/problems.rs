//! The problems of a text, in words, from the errors of its tree and from its brackets.
//!
//! `gaps` masks code that the grammar does not know, `balance` counts brackets. It must not report code that compiles.

use tree_sitter::Node;

use crate::language::Language;
use crate::languages::python;
use crate::problem::{Found, MAX_PROBLEMS, ProblemKind, SyntaxProblem};
use crate::source::Source;
use crate::walk::{VisitStep, visit};

/// The syntax problems of a text, at most [`MAX_PROBLEMS`], in source order.
pub fn problems(language: Language, text: &str) -> Vec<SyntaxProblem> {
    match Source::parse(language, text) {
        Ok(source) => source.problems(),
        Err(why) => {
            let message = format!("not checked: {why}");
            vec![SyntaxProblem { line: 1, column: 1, message, kind: ProblemKind::NotChecked }]
        }
    }
}

impl Source<'_> {
    /// The syntax problems of this source, at most [`MAX_PROBLEMS`], in source order.
    pub fn problems(&self) -> Vec<SyntaxProblem> {
        let mut found = Vec::new();
        if let Some(at) = self.text().find('\0').filter(|at| !self.is_text(*at)) {
            found.push((at, ProblemKind::Unexpected, "NUL byte in source text".to_string()));
        }
        if self.root().has_error() && self.is_flow() {
            let message = "not checked: annotations of Flow are not understood".to_string();
            found.push((0, ProblemKind::NotChecked, message));
        } else if self.root().has_error() {
            self.error_nodes(&mut found);
        }
        if self.language() == Language::Python {
            python::problems::check(self, &mut found);
        }
        found.sort_by_key(|(at, ..)| *at);
        found.dedup_by_key(|(at, ..)| *at);
        found.truncate(MAX_PROBLEMS);
        found
            .into_iter()
            .map(|(at, kind, message)| {
                let (line, column) = self.position(at);
                SyntaxProblem { line, column, message, kind }
            })
            .collect()
    }

    /// Whether the byte at an offset is part of a string or a comment.
    fn is_text(&self, at: usize) -> bool {
        const TEXTS: [&str; 5] = ["string", "comment", "template", "heredoc", "rune"];
        let mut node = self.root().descendant_for_byte_range(at, at + 1);
        while let Some(inner) = node {
            if TEXTS.iter().any(|text| inner.kind().contains(text)) {
                return true;
            }
            node = inner.parent();
        }
        false
    }

    fn is_flow(&self) -> bool {
        let head = self.text().get(..self.text().floor_char_boundary(1_000)).unwrap_or_default();
        self.language() == Language::JavaScript && head.contains("@flow")
    }

    fn error_nodes(&self, found: &mut Vec<Found>) {
        let before = found.len();
        let brackets = brackets::unbalanced(self);
        visit(self.root(), |node, _| {
            if found.len() >= before + MAX_PROBLEMS {
                return VisitStep::Stop;
            }
            if !node.has_error() {
                return VisitStep::Over;
            }
            if node.is_missing() {
                let expected =
                    if node.is_named() { describe(node.kind()) } else { format!("`{}`", node.kind()) };
                found.push((
                    self.end_of_code_before(node.start_byte()),
                    ProblemKind::Missing,
                    format!("expected {expected}"),
                ));
                return VisitStep::Over;
            }
            if node.is_error() {
                // The start of an error that spans most of a file means nothing; the nodes inside of it do
                let spans_much = node.end_position().row.saturating_sub(node.start_position().row) > 10;
                if spans_much && (!brackets.is_empty() || has_inner_error(node)) {
                    return VisitStep::Into;
                }
                found.push((node.start_byte(), ProblemKind::Unexpected, self.unexpected(node)));
                return VisitStep::Over;
            }
            VisitStep::Into
        });
        found.extend(brackets);
        if found.len() == before {
            found.push((
                self.end_of_code_before(self.text().len()),
                ProblemKind::Unexpected,
                "code that the grammar does not allow".to_string(),
            ));
        }
    }

    fn unexpected(&self, node: Node<'_>) -> String {
        let text = self.text_of(node);
        let first = text.lines().next().unwrap_or_default().trim();
        if first.is_empty() {
            return "unexpected end of line".to_string();
        }
        let mut shown: String = first.chars().take(40).collect();
        if shown.len() < text.trim().len() {
            shown.push('…');
        }
        let shown = shown.replace('`', "'");
        match node.parent() {
            Some(parent) if parent.is_named() && !parent.is_error() && parent.parent().is_some() => {
                format!("unexpected `{shown}` in {}", describe(parent.kind()))
            }
            _ => format!("unexpected `{shown}`"),
        }
    }

    /// The end of the code before an offset: a missing `)` is reported there, not at the next token, which may be several
    /// lines below.
    fn end_of_code_before(&self, byte: usize) -> usize {
        self.text().get(..byte).map_or(byte, |before| before.trim_end().len())
    }
}

fn has_inner_error(node: Node<'_>) -> bool {
    let mut inner = false;
    visit(node, |child, depth| {
        inner = inner || (depth > 0 && (child.is_error() || child.is_missing()));
        if inner {
            VisitStep::Stop
        } else if child.has_error() {
            VisitStep::Into
        } else {
            VisitStep::Over
        }
    });
    inner
}

/// A grammar's node name in words: `function_declaration` is a function declaration.
fn describe(kind: &str) -> String {
    let words = kind.replace('_', " ");
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {words}")
}

mod brackets {
    use crate::problem::{Found, ProblemKind};
    use crate::source::Source;
    use crate::walk::{VisitStep, visit};

    /// Brackets without their partner. Only tokens of the grammar count, not brackets in strings and comments.
    pub(super) fn unbalanced(source: &Source<'_>) -> Vec<Found> {
        let mut open: Vec<(&str, usize)> = Vec::new();
        let mut found = Vec::new();
        visit(source.root(), |node, _| {
            if node.child_count() > 0 {
                return VisitStep::Into;
            }
            if node.is_missing() || node.is_named() {
                return VisitStep::Over;
            }
            match node.kind() {
                "{" | "(" | "[" | "${" => open.push((node.kind(), node.start_byte())),
                close @ ("}" | ")" | "]") => match open.pop() {
                    Some((opener, at)) if partner(opener) != close => {
                        let line = source.position(at).0;
                        found.push((
                            node.start_byte(),
                            ProblemKind::Unexpected,
                            format!("unexpected `{close}`: `{opener}` opened at line {line} is still open"),
                        ));
                    }
                    Some(_) => {}
                    None => found.push((
                        node.start_byte(),
                        ProblemKind::Unexpected,
                        format!("unexpected `{close}`: nothing is open here"),
                    )),
                },
                _ => {}
            }
            if found.len() >= 3 { VisitStep::Stop } else { VisitStep::Into }
        });
        if found.is_empty() {
            for (opener, at) in open.iter().rev().take(3) {
                let close = partner(opener);
                found.push((
                    *at,
                    ProblemKind::Missing,
                    format!("`{opener}` is never closed: expected `{close}` before the end of the file"),
                ));
            }
        }
        found
    }

    fn partner(open: &str) -> &'static str {
        match open {
            "(" => ")",
            "[" => "]",
            _ => "}",
        }
    }
}

#[cfg(test)]
mod tests;
