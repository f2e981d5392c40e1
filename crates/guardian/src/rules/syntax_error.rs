use syntax::ProblemKind;

use super::{Check, Example, Found, Rule};
use crate::file::File;
use crate::finding::{Category, Severity};

pub(super) static RULE: Rule = Rule {
    id: "syntax-error",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "Code that its language does not allow, with the place and what was expected there.",
    note: "The file cannot be compiled or loaded. Read the lines around the place named and mend them; a bracket that is never closed is often a sign that the end of the file was cut off.",
    valid: &[Example::new(&[("a.ts", "export const f = (x: number) => [x];\n")])],
    invalid: &[
        Example::new(&[("a.ts", "export function f() {\n  return [1, 2\n")]),
        Example::new(&[("a.rs", "fn f() -> u32 { let x = ; x }\n")]),
        Example::new(&[("a.py", "def f(x):\n    a = 1\n      b = 2\n")]),
        Example::new(&[("a.go", "package a\n\nfunc F() {\n\treturn\n")]),
    ],
    check: Check::File(check),
};

fn check(file: &File, found: &mut Found) {
    for problem in &file.problems {
        let start = file.start_of_line(problem.line);
        let column = (problem.column as usize).saturating_sub(1);
        let rest = file.slice(start, file.text.len());
        let start = start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        let end = start + file.slice(start, file.text.len()).lines().next().unwrap_or_default().len();
        if problem.kind == ProblemKind::NotChecked {
            found.maybe(file, start, end, problem.message.clone());
        } else {
            found.at(file, start, end, format!("syntax error: {}", problem.message));
        }
    }
}
