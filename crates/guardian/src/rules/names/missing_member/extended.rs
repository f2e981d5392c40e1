//! Whether others build on a class.
//!
//! It is asked before a member counts as missing: what builds on a class may add to it. It goes by the name in the
//! texts of the project, so that another class of that name counts, too.

use syntax::Language;

use crate::project::Memo;
use crate::rules::Change;

/// Whether a class of that name is built on in the project: what it asks for, those who build on it may have.
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
