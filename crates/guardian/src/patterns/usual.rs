//! What is a project's custom, and what a comment gives a reason for.
//!
//! It makes warnings of errors and never the other way round.

use syntax::Language;

use crate::code::file::{File, Raw, even};
use crate::sources::Sources;

const CASTS: [&str; 2] = ["as any", "as unknown as"];

/// What leaves code out of what is counted as covered by tests.
const COVERAGE: [&str; 5] = ["istanbul ignore", "c8 ignore", "v8 ignore", "pragma: no", "pragma:no"];

/// Where something stands that silences a tool.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where nobody is surprised: coverage left out of a whole function, an attribute of what is no function
    Proper,
    /// Where such things are needed: a line that opens a block, imports, or is too long
    Fit,
    /// On a plain statement or function: what one file does there is no custom of the others
    Statement,
    /// Beside code, or above it
    Elsewhere,
}

/// Whether the project did the same before the change: in this file; and, where that is common, in another.
pub(crate) fn is_usual(raw: &Raw, head: &File, base: Option<&File>, before: Option<&dyn Sources>) -> bool {
    const MAX_FILES: usize = 2_000;
    let row = raw.line as usize - 1;
    let line = head.line(row);
    let cast = CASTS.into_iter().find(|cast| raw.key.contains(cast));
    let form = match cast {
        Some(cast) => cast.to_string(),
        None => head.slice(raw.start, head.start_of_line(raw.line) + line.len()).trim_end().to_string(),
    };
    let here = match head.language {
        Some(Language::Python) => in_python(line, &form),
        Some(Language::Rust) => in_rust(head, row),
        _ if cast.is_some() || form.contains("@ts-") => Place::Elsewhere,
        _ => before_statement(head, row, &form),
    };
    let has = |text: &str| {
        text.contains(&form)
            && text.lines().any(|line| {
                let does = match cast {
                    Some(cast) => line.contains(cast),
                    // A comment to its end: one that names a rule is another
                    None => line.trim_end().ends_with(&form),
                };
                let python = head.language == Some(Language::Python);
                does && (!python || here != Place::Statement || in_python(line, &form) == here)
            })
    };
    // Of a compiler that must complain, a test asks that it does
    if here == Place::Proper || form.contains("@ts-expect-error") && head.is_test() {
        return true;
    }
    if head.language == Some(Language::Rust) {
        return false;
    }
    if base.is_some_and(|base| has(&base.text)) {
        return true;
    }
    let same = |path: &str| Language::of_path(path) == Language::of_path(&raw.path);
    // A new file does as its neighbours do
    (here != Place::Statement || base.is_none())
        && before.is_some_and(|before| {
            let files = before.files().iter().filter(|path| same(path)).take(MAX_FILES);
            files.into_iter().any(|path| before.read(path).is_some_and(|text| has(&text)))
        })
}

fn in_python(line: &str, form: &str) -> Place {
    let code = line.trim();
    let code = code.strip_suffix(form).unwrap_or(code).trim_end();
    let fit = code.ends_with(':') || ["import ", "from ", "@"].iter().any(|start| code.starts_with(start));
    if code.is_empty() {
        Place::Elsewhere
    } else if fit && COVERAGE.iter().any(|tool| form.contains(tool)) {
        Place::Proper
    } else if fit || line.len() > 88 && form.contains("noqa") {
        Place::Fit
    } else {
        Place::Statement
    }
}

/// An attribute is for the item below it.
fn in_rust(file: &File, row: usize) -> Place {
    const MAX_ATTRIBUTES: usize = 8;
    let item = (row..row + MAX_ATTRIBUTES)
        .map(|row| file.line(row).trim())
        .map(|line| {
            if line.starts_with("#[") {
                line.split_once(']').map_or("", |(_, rest)| rest.trim())
            } else {
                line
            }
        })
        .find(|line| !line.is_empty() && !line.starts_with("//"));
    let function =
        item.is_none_or(|item| item.starts_with("#!") || item.starts_with("fn ") || item.contains(" fn "));
    if function { Place::Statement } else { Place::Proper }
}

/// A comment is for what stands below it: coverage is left out of what tests do not reach, which is a branch, a part of
/// an expression, or a function.
fn before_statement(file: &File, row: usize, form: &str) -> Place {
    const BRANCHES: [&str; 12] = [
        "if ", "if(", "for ", "while ", "switch ", "try ", "else", "do ", "throw ", "default:", "case ", "}",
    ];
    const PARTS: [&str; 5] = [":", "?", ".", "||", "&&"];
    if !COVERAGE.iter().any(|tool| form.contains(tool)) {
        return Place::Statement;
    }
    let below = file.line(row + 1).trim();
    let starts = |words: &[&str]| words.iter().any(|start| below.starts_with(start));
    if starts(&BRANCHES) {
        Place::Fit
    } else if starts(&PARTS) || below.ends_with('{') && !starts(&["return", "const ", "let ", "await "]) {
        Place::Proper
    } else {
        Place::Statement
    }
}

/// What makes two silenced lines the same: what is silenced, too.
pub(crate) fn silenced(file: &File, raw: &Raw) -> String {
    let row = raw.line as usize - 1;
    let line = file.line(row);
    let alone = file.slice(file.start_of_line(raw.line), raw.start).trim().is_empty();
    let below = if alone { file.line(row + 1) } else { "" };
    even(&format!("{line} {below}"))
}

/// Whether a comment on one of the two lines above gives a reason: one that stood there before, above code where nothing was
/// silenced, speaks of something else.
pub(crate) fn says_why(raw: &Raw, head: &File, base: Option<&File>) -> bool {
    const ABOVE: usize = 2;
    let row = raw.line as usize - 1;
    let silences = head.slice(raw.start, head.start_of_line(raw.line) + head.line(row).len()).trim();
    let old = |comment: &str| {
        base.is_some_and(|base| {
            let lines: Vec<&str> = base.text.lines().map(str::trim).collect();
            let silenced_below =
                |at: usize| lines.iter().skip(at + 1).take(ABOVE).any(|line| line.contains(silences));
            let mut there = (0..lines.len()).filter(|at| lines[*at] == comment).peekable();
            there.peek().is_some() && !there.any(silenced_below)
        })
    };
    (row.saturating_sub(ABOVE)..row).map(|row| head.line(row)).any(|line| {
        let at = [
            line.find("//"),
            line.find("# "),
            line.find("/*"),
            line.trim_start().starts_with('*').then_some(0),
        ];
        at.into_iter().flatten().min().is_some_and(|at| {
            let said = line.get(at..).unwrap_or_default();
            // What an item is for is no reason to silence it
            let documents = ["///", "//!"].iter().any(|start| said.starts_with(start));
            let reason = !documents && !said.contains("ignore") && said.split_whitespace().count() > 2;
            reason && !old(line.trim())
        })
    })
}
