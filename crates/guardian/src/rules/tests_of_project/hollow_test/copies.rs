//! Part of `hollow-test`: a test file that tests its own copy of a function of the project.
//!
//! A copy has the same body, and the same name or the same parameters and an assertion about it. Such a test still passes if the function of the project
//! changes, so it tests nothing. It must not report a function that the test file had before.

use syntax::Language;

use crate::code::file::{File, even};
use crate::code::functions::{Function, functions, tests};
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
        // Under another name it is a helper, unless the tests assert what it gives
        let asserted = format!("{name}(");
        let tested = tests(file).iter().any(|test| test.assertions.iter().any(|a| a.contains(&asserted)));
        let given = parameters_of(file, function.body);
        let line = file.text_of(function.body).lines().map(|line| line.trim_matches(['{', '}', ' ', '\t']));
        let line = line.max_by_key(|line| line.len()).unwrap_or_default();
        let original = all
            .filter(|path| {
                change
                    .head
                    .read(path)
                    .is_some_and(|text| text.contains(name) || tested && text.contains(line))
            })
            .filter_map(|path| Some((path, change.head.file(path)?)))
            .find_map(|(path, other)| {
                let same = |theirs: &&Function| {
                    let named = theirs.name.rsplit('.').next() == Some(name);
                    let alike = tested && parameters_of(&other, theirs.body) == given;
                    (named || alike) && code_of(&other, theirs.body) == body
                };
                let theirs = functions(&other).iter().filter(|_| other.is_code()).find(same)?;
                Some((path, theirs.name.clone()))
            });
        if let Some((path, theirs)) = original {
            let message = format!("these tests run a copy of `{theirs}`, not the one of `{path}`");
            found.node(file, function.index, message);
        }
    }
}

/// The list of parameters of the function with this body.
fn parameters_of(file: &File, body: usize) -> String {
    even(file.field_text(file.flat().node(body).parent, "parameters"))
}

/// The code of a body in one form: `x => f(x)` has the same code as `{ return f(x); }`.
fn code_of(file: &File, body: usize) -> String {
    let code = even(file.text_of(body));
    let given = code.strip_prefix("{ return ").and_then(|rest| rest.strip_suffix('}'));
    given.map_or(code.clone(), |given| given.trim().trim_end_matches(';').to_string())
}
