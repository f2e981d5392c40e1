//! What is a project's custom, and what a comment gives a reason for.

use syntax::Language;

use crate::file::{File, Raw, even};
use crate::sources::Sources;

const CASTS: [&str; 2] = ["as any", "as unknown as"];

/// Of so many files one has it, where it is the custom of a project.
const COMMON: usize = 5;

/// Where something stands that silences a tool.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// on a line that opens a block, imports, or is too long
    Fit,
    /// on a plain statement: what one file does there is no custom of the others
    Statement,
    /// beside code, or above it
    Elsewhere,
}

/// Whether the project did the same before the change: in this file; and, where that is common, in another.
pub(crate) fn is_usual(raw: &Raw, head: &File, base: Option<&File>, before: Option<&dyn Sources>) -> bool {
    const MAX_FILES: usize = 2_000;
    let line = head.line(raw.line as usize - 1);
    let cast = CASTS.into_iter().find(|cast| raw.key.contains(cast));
    let form = match cast {
        Some(cast) => cast.to_string(),
        None => head.slice(raw.start, head.start_of_line(raw.line) + line.len()).trim_end().to_string(),
    };
    let below = head.line(raw.line as usize).trim_start();
    let imports = below.starts_with("import ") || below.contains("require(");
    let here = match place(head.language, line, &form) {
        Place::Elsewhere if cast.is_none() && imports => Place::Fit,
        place => place,
    };
    let has = |text: &str| {
        text.contains(&form)
            && text.lines().any(|line| {
                let does = match cast {
                    Some(cast) => line.contains(cast),
                    // a comment to its end: one that names a rule is another
                    None => line.trim_end().ends_with(&form),
                };
                does && (here != Place::Statement || place(head.language, line, &form) == here)
            })
    };
    if base.is_some_and(|base| has(&base.text)) {
        return true;
    }
    let same = |path: &str| Language::of_path(path) == Language::of_path(&raw.path);
    // a new file does as its neighbours do
    if here == Place::Statement && base.is_some() {
        return false;
    }
    let Some(before) = before else { return false };
    let mut files = before.files().iter().filter(|path| same(path)).take(MAX_FILES);
    let does = |path: &String| before.read(path).is_some_and(|text| has(&text));
    if here == Place::Fit || base.is_none() {
        return files.any(does);
    }
    let (of, with) = files.fold((0, 0), |(of, with), path| (of + 1, with + usize::from(does(path))));
    with > 0 && with * COMMON >= of
}

fn place(language: Option<Language>, line: &str, form: &str) -> Place {
    if language != Some(Language::Python) {
        return Place::Elsewhere;
    }
    let code = line.trim();
    let code = code.strip_suffix(form).unwrap_or(code).trim_end();
    let fit = code.ends_with(':') || ["import ", "from ", "@"].iter().any(|start| code.starts_with(start));
    if code.is_empty() {
        Place::Elsewhere
    } else if fit || line.len() > 88 && form.contains("noqa") {
        Place::Fit
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

/// Whether a comment stands on one of the two lines above.
pub(crate) fn says_why(file: &File, raw: &Raw) -> bool {
    let row = raw.line as usize - 1;
    (row.saturating_sub(2)..row).map(|row| file.line(row)).any(|line| {
        let at = [
            line.find("//"),
            line.find("# "),
            line.find("/*"),
            line.trim_start().starts_with('*').then_some(0),
        ];
        at.into_iter().flatten().min().is_some_and(|at| {
            let said = line.get(at..).unwrap_or_default();
            !said.contains("ignore") && said.split_whitespace().count() > 2
        })
    })
}
