//! Part of `hollow-test`: a test file that tests its own copy of a function of the project.
//!
//! A copy has the same name and the same body. Such a test still passes if the function of the project
//! changes, so it tests nothing. It must not report a function that the test file had before.

use syntax::Language;

use crate::code::file::{File, even};
use crate::code::functions::functions;
use crate::rules::{Change, Found, Pair};
use shared::test_files::is_test;

/// The shortest body, in bytes, that proves a copy.
const SHORTEST: usize = 24;

pub(super) fn tests_a_copy(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    const MAX_FILES: usize = 3_000;
    if !file.is_test() {
        return;
    }
    let flat = file.flat();
    let old: Vec<&str> = pair.old_code().map_or_else(Vec::new, |base| {
        functions(base).iter().map(|function| function.name.as_str()).collect()
    });
    for function in functions(file) {
        let name = function.name.as_str();
        let node = flat.node(function.index);
        let body = code_of(file, function.body);
        if name.contains('.') || old.contains(&name) || body.len() < SHORTEST || !pair.wrote_at(node.start) {
            continue;
        }
        let same_language = |path: &str| {
            let language = Language::of_path(path);
            language == file.language
                || language.is_some_and(Language::is_ecmascript)
                    && file.language.is_some_and(Language::is_ecmascript)
        };
        let all =
            change.head.paths().iter().filter(|path| same_language(path) && !is_test(path)).take(MAX_FILES);
        let original = all
            .filter(|path| change.head.read(path).is_some_and(|text| text.contains(name)))
            .filter_map(|path| Some((path, change.head.file(path)?)))
            .find(|(_, other)| {
                let same = |theirs: &&crate::code::functions::Function| {
                    theirs.name.rsplit('.').next() == Some(name) && code_of(other, theirs.body) == body
                };
                other.is_code() && functions(other).iter().any(|theirs| same(&theirs))
            });
        if let Some((path, _)) = original {
            let message = format!("these tests run a copy of `{name}`, not the one of `{path}`");
            found.node(file, function.index, message);
        }
    }
}

/// The code of a body in one form: `x => f(x)` has the same code as `{ return f(x); }`.
fn code_of(file: &File, body: usize) -> String {
    let code = even(file.text_of(body));
    let given = code.strip_prefix("{ return ").and_then(|rest| rest.strip_suffix('}'));
    given.map_or(code.clone(), |given| given.trim().trim_end_matches(';').to_string())
}
