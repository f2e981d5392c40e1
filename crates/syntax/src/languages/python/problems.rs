//! Problems that Python rejects and its grammar accepts.
//!
//! `problems` calls it. It checks only blocks: empty ones, and statements in different columns. The Guardian's
//! `not-accepted` handles statements in wrong places.

use crate::problem::{Found, MAX_PROBLEMS, ProblemKind};
use crate::source::Source;
use crate::walk::{VisitStep, children, visit};

/// Finds code that Python rejects and its grammar accepts: bodies without a statement, and statements of one block in
/// different columns.
pub(crate) fn check(source: &Source<'_>, found: &mut Vec<Found>) {
    let limit = found.len() + MAX_PROBLEMS;
    visit(source.root(), |node, _| {
        if found.len() >= limit {
            return VisitStep::Stop;
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
                    // After `;`, or on the line of the header, any column is allowed
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
                VisitStep::Into
            }
            _ => VisitStep::Into,
        }
    });
}
