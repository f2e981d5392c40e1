//! Which files a change may touch: the rules that need no mission. `steps/work/scope` decides which task holds a
//! file.

pub(crate) mod unreached;

use mission::{Issue, path};
use workspace::{Change, ChangeKind};

pub(crate) fn nothing() -> Issue {
    Issue::new("scope", "nothing differs from the base: the change is missing")
}

/// The reason for rejecting a change of a file that no task may touch.
pub(crate) fn forbidden(file: &str) -> Option<Issue> {
    let why = path::forbidden(file)?;
    Some(Issue::new("scope", format!("{why}; undo this change")).at(file, None))
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

/// Whether a file still exists but has lost all its content.
pub(crate) fn is_emptied(file: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> bool {
    const MAY_BE_EMPTY: [&str; 6] =
        ["__init__.py", "__init__.pyi", "py.typed", ".gitkeep", ".keep", ".nojekyll"];
    let is_blank = |text: &[u8]| text.iter().all(u8::is_ascii_whitespace);
    let was = before.is_some_and(|text| !is_blank(text));
    let name = file.rsplit('/').next().unwrap_or(file);
    was && after.is_some_and(is_blank) && !MAY_BE_EMPTY.contains(&name)
}

/// The file among `added` that contains most lines of a text: the text was moved there.
pub(crate) fn moved_to<'a>(before: &[u8], added: &[(&'a str, Vec<u8>)]) -> Option<&'a str> {
    const MOST_BYTES: usize = 1 << 20;
    let before = std::str::from_utf8(before).ok().filter(|text| text.len() <= MOST_BYTES)?;
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect()
    };
    let old = lines(before);
    let kept = |text: &[u8]| {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= MOST_BYTES)?;
        let mut left = lines(text);
        left.sort_unstable();
        let stays = old.iter().filter(|line| match left.binary_search(line) {
            Ok(at) => {
                left.remove(at);
                true
            }
            Err(_) => false,
        });
        Some(stays.count())
    };
    let counted = added.iter().filter_map(|(path, text)| Some((kept(text)?, *path)));
    counted.filter(|(kept, _)| 2 * kept > old.len()).max_by_key(|(kept, _)| *kept).map(|(_, path)| path)
}

/// Whether one of the texts asks to remove something that a file is named for: `Remove the legacy module` and `src/legacy.js`.
pub(crate) fn asks_to_remove(texts: &[String], file: &str) -> bool {
    const REMOVE: [&str; 9] =
        ["remove", "removes", "removed", "delete", "deletes", "deleted", "drop", "drops", "removal"];
    // Words of names that say what a file is for, not what it is about
    const ROLES: [&str; 10] =
        ["test", "tests", "spec", "specs", "index", "mod", "lib", "main", "src", "init"];
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = words(name.split_once('.').map_or(name, |(stem, _)| stem));
    let subject: Vec<String> = stem.into_iter().filter(|word| !ROLES.contains(&word.as_str())).collect();
    texts.iter().any(|text| {
        let said = words(text);
        said.iter().any(|word| REMOVE.contains(&word.as_str()))
            && (text.contains(file) || !subject.is_empty() && subject.iter().all(|word| said.contains(word)))
    })
}

/// The reason for rejecting an emptied file: it has to be deleted instead.
pub(crate) fn emptied(file: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Option<Issue> {
    is_emptied(file, before, after).then(|| {
        let message =
            "this file was emptied: delete it with `mission_move` (without `to`), or give it its text back";
        Issue::new("scope", message).at(file, None)
    })
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

    #[test]
    fn a_task_asks_to_remove_what_it_names() {
        let asks = |text: &str, file: &str| asks_to_remove(&[text.to_string()], file);
        for file in ["src/legacy.js", "test/legacy.test.js", "tests/test_legacy.py"] {
            assert!(asks("Remove the deprecated Legacy module and its tests", file), "{file}");
            assert!(!asks("Keep the legacy module as it is", file), "{file}");
            assert!(!asks("Remove the deprecated module", file), "{file}");
        }
        assert!(asks("Delete `src/index.js`", "src/index.js") && !asks("Delete the index", "src/index.js"));
        assert!(asks("drop the price_table helper", "lib/price_table.rb"));
        assert!(!asks("drop the table", "lib/price_table.rb"));
    }

    #[test]
    fn a_text_is_found_where_it_was_moved_to() {
        let before = b"import a\n\nexport const one = 1\nexport const two = 2\n";
        let found = |text: &str| moved_to(before, &[("other.js", b"x\n".to_vec()), ("new.js", text.into())]);
        assert_eq!(found("import b\nexport const one = 1\nexport const two = 2\n"), Some("new.js"));
        assert_eq!(found("  export const one = 1\nexport const three = 3\n"), None, "a third of it");
        assert_eq!(found("import a\nimport a\nimport a\n"), None, "one line counts once");
        assert_eq!(moved_to(before, &[]), None);
    }
}
