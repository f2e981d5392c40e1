use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use crate::walk::{Step, visit};
use crate::{Language, Source};

/// No more problems than this are reported for a file: the first ones matter, the others follow.
pub const MAX_PROBLEMS: usize = 20;

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// something that does not belong there
    Unexpected,
    /// something that is not there
    Missing,
    /// the file was not parsed (too long, or too much work): no statement about the code
    NotChecked,
}

/// A place where a text is not what its language allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxProblem {
    /// 1-based
    pub line: u32,
    /// 1-based, in characters
    pub column: u32,
    /// what was expected or found
    pub message: String,
    /// what kind of problem
    pub kind: ProblemKind,
}

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
        if let Some(at) = self.text().find('\0') {
            found.push((at, ProblemKind::Unexpected, "NUL byte in source text".to_string()));
        }
        if self.root().has_error() && self.is_flow() {
            let message = "not checked: annotations of Flow are not understood".to_string();
            found.push((0, ProblemKind::NotChecked, message));
        } else if self.root().has_error() {
            self.error_nodes(&mut found);
        }
        if self.language() == Language::Python {
            crate::problems::python::check(self, &mut found);
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

    fn is_flow(&self) -> bool {
        let head = self.text().get(..self.text().floor_char_boundary(1_000)).unwrap_or_default();
        self.language() == Language::JavaScript && head.contains("@flow")
    }

    fn error_nodes(&self, found: &mut Vec<Found>) {
        let before = found.len();
        let brackets = brackets::unbalanced(self);
        visit(self.root(), |node, _| {
            if found.len() >= before + MAX_PROBLEMS {
                return Step::Stop;
            }
            if !node.has_error() {
                return Step::Over;
            }
            if node.is_missing() {
                let expected =
                    if node.is_named() { describe(node.kind()) } else { format!("`{}`", node.kind()) };
                found.push((
                    self.end_of_code_before(node.start_byte()),
                    ProblemKind::Missing,
                    format!("expected {expected}"),
                ));
                return Step::Over;
            }
            if node.is_error() {
                // an error which spans most of a file says nothing by its start: what is inside does
                let spans_much = node.end_position().row.saturating_sub(node.start_position().row) > 10;
                if spans_much && (!brackets.is_empty() || has_inner_error(node)) {
                    return Step::Into;
                }
                found.push((node.start_byte(), ProblemKind::Unexpected, self.unexpected(node)));
                return Step::Over;
            }
            Step::Into
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

    /// The end of the code before an offset: a missing `)` is missed there, not at the next token,
    /// which may be lines below.
    fn end_of_code_before(&self, byte: usize) -> usize {
        self.text().get(..byte).map_or(byte, |before| before.trim_end().len())
    }
}

type Found = (usize, ProblemKind, String);

fn has_inner_error(node: Node<'_>) -> bool {
    let mut inner = false;
    visit(node, |child, depth| {
        inner = inner || (depth > 0 && (child.is_error() || child.is_missing()));
        if inner {
            Step::Stop
        } else if child.has_error() {
            Step::Into
        } else {
            Step::Over
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
    use super::{Found, ProblemKind};
    use crate::Source;
    use crate::walk::{Step, visit};

    /// Brackets without their partner. Only tokens of the grammar count, so that brackets in strings
    /// and comments do not.
    pub(super) fn unbalanced(source: &Source<'_>) -> Vec<Found> {
        let mut open: Vec<(&str, usize)> = Vec::new();
        let mut found = Vec::new();
        visit(source.root(), |node, _| {
            if node.child_count() > 0 {
                return Step::Into;
            }
            if node.is_missing() || node.is_named() {
                return Step::Over;
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
            if found.len() >= 3 { Step::Stop } else { Step::Into }
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

mod python {
    use super::{Found, MAX_PROBLEMS, ProblemKind};
    use crate::Source;
    use crate::walk::{Step, children, visit};

    /// What Python refuses and its grammar lets through: bodies without a statement, and statements of
    /// one block in different columns.
    pub(super) fn check(source: &Source<'_>, found: &mut Vec<Found>) {
        let limit = found.len() + MAX_PROBLEMS;
        visit(source.root(), |node, _| {
            if found.len() >= limit {
                return Step::Stop;
            }
            match node.kind() {
                "block" | "module" => {
                    let statements = children(node);
                    if statements.is_empty() && node.kind() == "block" {
                        found.push((
                            node.start_byte(),
                            ProblemKind::Missing,
                            "expected an indented block of at least one statement".to_string(),
                        ));
                    }
                    let mut column = (node.kind() == "module").then_some(0);
                    let mut row = usize::MAX;
                    for statement in statements {
                        let start = statement.start_position();
                        // after `;`, or on the line of the header, the column is free
                        let first_on_line = source
                            .text()
                            .get(statement.start_byte().saturating_sub(start.column)..statement.start_byte())
                            .is_some_and(|before| before.chars().all(char::is_whitespace));
                        if !first_on_line || start.row == row || statement.is_error() {
                            continue;
                        }
                        row = start.row;
                        if *column.get_or_insert(start.column) != start.column {
                            found.push((
                                statement.start_byte(),
                                ProblemKind::Unexpected,
                                "unexpected indentation: differs from the other statements of this block"
                                    .to_string(),
                            ));
                            break;
                        }
                    }
                    Step::Into
                }
                _ => Step::Into,
            }
        });
    }
}

#[cfg(test)]
mod tests;
