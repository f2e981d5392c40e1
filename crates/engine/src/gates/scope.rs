//! Which files a change may touch: the rules, without a mission. Who holds which file is asked in `steps/work/scope`.

use mission::{Issue, path};
use workspace::{Change, ChangeKind};

pub(crate) fn nothing() -> Issue {
    Issue::new("scope", "nothing differs from the base: the change is missing")
}

/// Why a change of a file that no task may touch is rejected.
pub(crate) fn forbidden(file: &str) -> Option<Issue> {
    let why = path::forbidden(file)?;
    Some(Issue::new("scope", format!("{why}; take this change back")).at(file, None))
}

/// Files that a change moves or deletes, in words.
pub(crate) fn moves(changes: &[Change]) -> Vec<String> {
    let word = |change: &Change| match &change.kind {
        ChangeKind::Renamed { from } => Some(format!("`{from}` moved to `{}`", change.path)),
        ChangeKind::Deleted => Some(format!("`{}` deleted", change.path)),
        _ => None,
    };
    changes.iter().filter_map(word).collect()
}

/// Why a file may not be left as it is where all that it held is gone: an empty file is no deleted one.
pub(crate) fn emptied(file: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Option<Issue> {
    const MAY_BE_EMPTY: [&str; 6] =
        ["__init__.py", "__init__.pyi", "py.typed", ".gitkeep", ".keep", ".nojekyll"];
    let is_blank = |text: &[u8]| text.iter().all(u8::is_ascii_whitespace);
    let was = before.is_some_and(|text| !is_blank(text));
    let name = file.rsplit('/').next().unwrap_or(file);
    (was && after.is_some_and(is_blank) && !MAY_BE_EMPTY.contains(&name)).then(|| {
        let message =
            "this file was emptied: delete it with `mission_move` (without `to`), or give it its text back";
        Issue::new("scope", message).at(file, None)
    })
}

/// A rename touches both names.
pub(crate) fn touched(change: Change) -> Vec<String> {
    match change.kind {
        ChangeKind::Renamed { from } => vec![change.path, from],
        _ => vec![change.path],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emptied_file_is_found() {
        let found = |file: &str, before: Option<&str>, after: Option<&str>| {
            emptied(file, before.map(str::as_bytes), after.map(str::as_bytes)).is_some()
        };
        assert!(found("src/a.js", Some("x"), Some("")) && found("a.md", Some("x"), Some(" \n")));
        assert!(!found("src/a.js", Some("x"), None), "it is deleted");
        assert!(!found("src/a.js", None, Some("")) && !found("src/a.js", Some("\n"), Some("")));
        assert!(!found("pkg/__init__.py", Some("x"), Some("")));
    }
}
