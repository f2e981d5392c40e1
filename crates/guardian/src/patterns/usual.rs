//! Finds what the project usually does, and what a comment justifies.
//!
//! It lowers errors to warnings, never the other way round.

use syntax::Language;

use crate::code::file::{File, Raw, even};
use crate::sources::Sources;

const CASTS: [&str; 2] = ["as any", "as unknown as"];

/// Comments that exclude code from test coverage.
const COVERAGE: [&str; 5] = ["istanbul ignore", "c8 ignore", "v8 ignore", "pragma: no", "pragma:no"];

/// The place of a comment or attribute that silences a tool.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// An expected place: coverage excluded for a whole function, an attribute on an item that is not a function
    Proper,
    /// A place that often needs it: a line that opens a block, an import, a line that is too long
    Fit,
    /// On a plain statement or function: other files do not follow from what one file does here
    Statement,
    /// Beside or above other code
    Elsewhere,
}

/// Whether the project did the same before the change: in this file or, if it is common there, in another file.
pub(crate) fn is_usual(raw: &Raw, head: &File, base: Option<&File>, before: Option<&dyn Sources>) -> bool {
    const MAX_FILES: usize = 2_000;
    const HABIT: usize = 3;
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
                    // Compared to the end of the comment: a comment that names a rule is a different one
                    None => line.trim_end().ends_with(&form),
                };
                let python = head.language == Some(Language::Python);
                does && (!python || here != Place::Statement || in_python(line, &form) == here)
            })
    };
    // Tests use it to check that the compiler reports an error
    if here == Place::Proper || form.contains("@ts-expect-error") && head.is_test() {
        return true;
    }
    let same = |path: &str| Language::of_path(path) == Language::of_path(&raw.path);
    let others_with = |most: usize| {
        before.is_some_and(|before| {
            let files =
                before.files().iter().filter(|path| same(path) && **path != *raw.path).take(MAX_FILES);
            let with = files.filter(|path| before.read(path).is_some_and(|text| has(&text)));
            with.take(most).count() == most
        })
    };
    // What several files do is the project's habit, wherever it stands
    if others_with(HABIT) {
        return true;
    }
    if head.language == Some(Language::Rust) {
        return false;
    }
    if base.is_some_and(|base| has(&base.text)) {
        return true;
    }
    // A new file may follow its neighbours
    (here != Place::Statement || base.is_none()) && others_with(1)
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

/// An attribute applies to the item below it.
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

/// A comment applies to the code below it. Coverage is usually excluded for what tests do not reach: a branch, a part
/// of an expression, or a function.
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

/// Two silenced lines are the same if the silenced code is the same, too.
pub(crate) fn silenced(file: &File, raw: &Raw) -> String {
    let row = raw.line as usize - 1;
    let line = file.line(row);
    let alone = file.slice(file.start_of_line(raw.line), raw.start).trim().is_empty();
    let below = if alone { file.line(row + 1) } else { "" };
    even(&format!("{line} {below}"))
}

/// Whether a comment on one of the two lines above gives a reason. A comment that the base had above code without this
/// silencing does not count, because it explains something else.
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
    // In Go the comment above a function describes it, and gives no reason for a line of its body
    let from = match head.language {
        Some(syntax::Language::Go) if head.line(row.saturating_sub(1)).starts_with("func ") => row,
        _ => row.saturating_sub(ABOVE),
    };
    (from..row).map(|row| head.line(row)).any(|line| {
        let at = [
            line.find("//"),
            line.find("# "),
            line.find("/*"),
            line.trim_start().starts_with('*').then_some(0),
        ];
        at.into_iter().flatten().min().is_some_and(|at| {
            let said = line.get(at..).unwrap_or_default();
            // A description of an item is not a reason to silence it
            let documents = ["///", "//!"].iter().any(|start| said.starts_with(start));
            let reason = !documents && !said.contains("ignore") && said.split_whitespace().count() > 2;
            reason && !old(line.trim())
        })
    })
}
