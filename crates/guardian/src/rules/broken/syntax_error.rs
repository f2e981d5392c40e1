//! `syntax-error`: errors that `syntax` finds in a text, if they are faults of the text and not of the grammar.
//!
//! Only Markdown fences are found here. Files that are wrong on purpose only get a warning; declaration files whose
//! brackets balance get nothing, because the grammar does not know all of their forms.

use syntax::ProblemKind;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "syntax-error",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "Code that its language does not allow, with the place and what was expected there.",
    note: "The file cannot be compiled or loaded. Read the lines around the place named and fix them; a bracket that is never closed is often a sign that the end of the file was cut off.",
    valid: &[
        Example::new(&[("a.ts", "export const f = (x: number) => [x];\n")]),
        Example::new(&[("a.py", "\"\"\"Shows code.\n\n```\nx = 1\n```\n\"\"\"\n")]),
        Example::new(&[("a.js", "export const text = f`\n\\`\\`\\`\n`;\n")]),
    ],
    invalid: &[
        Example::new(&[("a.ts", "export function f() {\n  return [1, 2\n")]),
        Example::new(&[("a.rs", "fn f() -> u32 { let x = ; x }\n")]),
        Example::new(&[("a.py", "def f(x):\n    a = 1\n      b = 2\n")]),
        Example::new(&[("a.js", "```javascript\nexport const f = () => 1;\n```\n")]),
        Example::new(&[("a.go", "package a\n\nfunc F() {\n\treturn\n")]),
    ],
    check: Check::File(check),
};

fn check(file: &File, found: &mut Found) {
    fence(file, found);
    for problem in &file.problems {
        let start = file.start_of_line(problem.line);
        let column = (problem.column as usize).saturating_sub(1);
        let rest = file.slice(start, file.text.len());
        let start = start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        let end = start + file.slice(start, file.text.len()).lines().next().unwrap_or_default().len();
        // Type files use forms that the grammar does not know
        let types = [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| file.path.ends_with(end));
        if types && problem.kind != ProblemKind::NotChecked && file.is_balanced() {
            continue;
        }
        if problem.kind == ProblemKind::NotChecked || is_faulty_on_purpose(&file.path) {
            found.maybe(file, start, end, problem.message.clone());
        } else {
            found.at(file, start, end, format!("syntax error: {}", problem.message));
        }
    }
}

/// Whether a file that tests read is named after a fault.
fn is_faulty_on_purpose(path: &str) -> bool {
    const FAULTS: [&str; 6] = ["error", "invalid", "broken", "bad", "malformed", "fail"];
    let mut words = path.split(|c: char| !c.is_alphanumeric());
    is_specimen(path) && words.any(|word| FAULTS.contains(&word))
}

/// A Markdown fence around the whole file, left over from a model's answer; some languages parse it as a string.
fn fence(file: &File, found: &mut Found) {
    if file.language.is_none() || !file.text.contains("```") {
        return;
    }
    let filled = |row: &usize| !file.line(*row).trim().is_empty();
    let first = (0..file.lines()).find(filled);
    let last = (0..file.lines()).rev().find(filled);
    let name = |line: &str| line.strip_prefix("```").is_some_and(|n| n.chars().all(|c| c.is_alphanumeric()));
    let opens = first.filter(|row| name(file.line(*row).trim_end()));
    let closes = last.filter(|row| Some(*row) != first && file.line(*row).trim_end() == "```");
    for row in opens.into_iter().chain(closes) {
        let line = file.line(row);
        let start = file.start_of_line(u32::try_from(row + 1).unwrap_or(u32::MAX));
        found.at(file, start, start + line.len(), "syntax error: a Markdown fence is no code");
    }
}
