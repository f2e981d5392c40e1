//! Finds out whether a class has subclasses.
//!
//! Rules ask before they report a missing member, because a subclass may add it. It searches for the name in the
//! project's texts, so another class of that name counts, too.

use syntax::Language;

use crate::project::Memo;
use crate::rules::Change;

/// Whether the project has a subclass of a class of that name, which may define the members that the class uses.
pub(super) fn is_extended(change: &Change<'_>, name: &str) -> bool {
    #[derive(Default)]
    struct Extended(Memo<String, bool>);
    let known = change.head.fact(Extended::default);
    known.0.get(name.to_string(), || find_extended(change, name))
}

fn find_extended(change: &Change<'_>, name: &str) -> bool {
    const MAX_FILES: usize = 3_000;
    let Ok(form) = regex::Regex::new(&format!(
        r"(extends\s+(\w+\.)*{0}\b|class\s+\w+(\[[^\]]*\])?\([^)]*\b{0}\b)",
        regex::escape(name)
    )) else {
        return true;
    };
    let code = |path: &&String| Language::of_path(path).is_some();
    name.is_empty()
        || change.head.paths().iter().filter(code).take(MAX_FILES).any(|path| {
            change.head.read(path).is_some_and(|text| text.contains(name) && form.is_match(&text))
        })
}
