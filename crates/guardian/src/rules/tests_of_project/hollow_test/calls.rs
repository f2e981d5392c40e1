//! The calls of a test, and whether any of them may assert.
//!
//! Unknown calls count as asserting: fixtures, packages, helpers in other test files. It follows only helpers of the
//! same file. `mod.rs` reports the result.

use std::collections::BTreeSet;

use syntax::Language;

use crate::code::file::File;
use crate::code::functions::{Function, Test, assertions, functions};
use crate::project::{Target, Tree};
use shared::test_files::is_test;

/// Whether a test calls code of the project and asserts nothing. Unknown calls count as asserting.
pub(super) fn asserts_nothing(tree: &Tree<'_>, file: &File, test: &Test) -> bool {
    if !test.assertions.is_empty() || test.name.is_empty() {
        return false;
    }
    let flat = file.flat();
    let own = functions(file);
    match file.language {
        Some(Language::Go) => in_go(tree, file, test, own),
        Some(Language::Rust) => in_rust(file, test, own),
        Some(Language::Python) => {
            let text = file.text_of(test.body);
            if text.contains("assert")
                || text.contains("raise")
                || text.contains("expect")
                || flat.below(test.body).any(|i| flat.kind(i) == "yield")
            {
                return false;
            }
            // Fixtures that are called may assert
            let parameters = file.field_text(test.index, "parameters");
            by_calls(tree, file, test.body, own, &["call"], parameters, &mut BTreeSet::new())
        }
        Some(Language::TypeScript | Language::Tsx | Language::JavaScript) => {
            let text = file.text_of(test.body);
            if [
                "assert", "expect", "should", "verify", "t.", "done", "cy.", "throw", "reject", "screen.",
                "page.",
            ]
            .iter()
            .any(|word| text.contains(word))
                || text.contains("return ")
            {
                return false;
            }
            by_calls(
                tree,
                file,
                test.body,
                own,
                &["call_expression", "new_expression"],
                "",
                &mut BTreeSet::new(),
            )
        }
        None => false,
    }
}

/// Whether the calls below a node include at least one of the project's code, and none that may assert.
fn by_calls(
    tree: &Tree<'_>,
    file: &File,
    body: usize,
    own: &[Function],
    kinds: &[&str],
    parameters: &str,
    seen: &mut BTreeSet<usize>,
) -> bool {
    if !seen.insert(body) || seen.len() > 20 {
        return false;
    }
    let flat = file.flat();
    let mut of_project = false;
    for index in flat.below(body).filter(|i| kinds.contains(&flat.kind(*i))) {
        let callee = if flat.kind(index) == "new_expression" {
            file.field_text(index, "constructor")
        } else {
            file.field_text(index, "function")
        };
        let (first, last) = (
            callee.split(['.', '(', '[']).next().unwrap_or(callee),
            callee.rsplit('.').next().unwrap_or(callee),
        );
        if is_assertive(last) || callee.len() > 120 {
            return false;
        }
        if !parameters.is_empty()
            && parameters.split(|c: char| !c.is_alphanumeric() && c != '_').any(|p| p == first && p != "self")
        {
            return false;
        }
        if first == "self" || first == "this" || first == "super" {
            return false;
        }
        if let Some(helper) = own.iter().find(|f| f.name == callee) {
            if !assertions(file, helper.body).is_empty()
                || file.text_of(helper.body).contains("assert")
                || file.text_of(helper.body).contains("raise")
                || file.text_of(helper.body).contains("throw")
            {
                return false;
            }
            of_project |= by_calls(tree, file, helper.body, own, kinds, "", seen);
            continue;
        }
        match origin(tree, file, first) {
            Origin::Project => of_project = true,
            Origin::Known => {}
            Origin::Unknown => return false,
        }
    }
    of_project
}

enum Origin {
    /// A file of the project that is not a test
    Project,
    /// Part of the language, or a value
    Known,
    Unknown,
}

fn origin(tree: &Tree<'_>, file: &File, name: &str) -> Origin {
    let imports = file.outline().imports.iter();
    for import in imports {
        let brings = import.alias.as_deref() == Some(name)
            || import.names.iter().any(|n| n.local() == name)
            || import.names.is_empty()
                && import.alias.is_none()
                && import.module.split('.').next() == Some(name);
        if !brings {
            continue;
        }
        return match tree.resolve(file, import) {
            Target::File(path) if is_test(&path) => Origin::Unknown,
            Target::File(_) => Origin::Project,
            Target::Known => Origin::Known,
            _ => Origin::Unknown,
        };
    }
    let language = file.language.unwrap_or(Language::Python);
    if crate::names::is_known(language, name) || file.names().bound.contains(name) {
        Origin::Known
    } else {
        Origin::Unknown
    }
}

fn in_go(tree: &Tree<'_>, file: &File, test: &Test, own: &[Function]) -> bool {
    const QUIET: &[&str] =
        &["Log", "Logf", "Parallel", "Helper", "TempDir", "Setenv", "Context", "Name", "Cleanup", "Chdir"];
    if !test.name.starts_with("Test")
        || test.name == "TestMain"
        || !file.field_text(test.index, "parameters").contains("testing.T")
    {
        return false;
    }
    let flat = file.flat();
    let text = file.text_of(test.body);
    if ["panic(", ".Fatal", "os.Exit", "assert", "require", "expect", "Eventually"]
        .iter()
        .any(|word| text.contains(word))
    {
        return false;
    }
    let mut calls = false;
    for index in flat.below(test.body).filter(|i| flat.kind(*i) == "call_expression") {
        let callee = file.field_text(index, "function");
        if let Some(method) = callee.strip_prefix("t.") {
            if !QUIET.contains(&method) {
                return false;
            }
            continue;
        }
        // A helper that gets the test object may fail the test
        let handed = flat.field(index, "arguments").is_some_and(|arguments| {
            flat.below(arguments).any(|i| flat.kind(i) == "identifier" && file.text_of(i) == "t")
        });
        let last = callee.rsplit('.').next().unwrap_or(callee);
        if handed
            || is_assertive(last)
            || own
                .iter()
                .any(|f| f.name == callee && f.name != test.name && file.text_of(f.body).contains("panic("))
        {
            return false;
        }
        let local = !callee.contains('.') && !crate::names::is_known(Language::Go, callee);
        let imported = callee.split_once('.').is_some_and(|(first, _)| {
            file.outline().imports.iter().any(|import| {
                let named = import.alias.as_deref().map_or_else(
                    || crate::names::import_names(&import.module).any(|n| n == first),
                    |alias| alias == first,
                );
                named && matches!(tree.resolve(file, import), Target::File(_))
            })
        });
        calls |= local || imported;
    }
    calls
}

fn in_rust(file: &File, test: &Test, own: &[Function]) -> bool {
    const QUIET: &[&str] =
        &["println", "eprintln", "print", "eprint", "dbg", "format", "vec", "write", "writeln", "matches"];
    let flat = file.flat();
    let text = file.text_of(test.body);
    let attributes_above = file.slice(
        file.start_of_line(
            u32::try_from(file.row(flat.node(test.index).start).saturating_sub(4)).unwrap_or(1),
        ),
        flat.node(test.index).start,
    );
    if [
        "unwrap",
        "expect",
        "?",
        "panic",
        "assert",
        "unreachable",
        "::<",
        "check",
        "verify",
        "unsafe",
        "exit(",
        "loom",
        "spawn",
        "tests",
        "insta",
        "drop(",
    ]
    .iter()
    .any(|word| {
        if *word == "?" {
            flat.below(test.body).any(|i| flat.kind(i) == "try_expression")
        } else {
            text.contains(word)
        }
    }) || attributes_above.contains("should_panic")
        || attributes_above.contains("trybuild")
        || attributes_above.contains("compile")
    {
        return false;
    }
    // The test gives what it works out: an error fails it
    let given = flat.parts(test.body).last().map_or("", |last| file.text_of(last));
    if file.field_text(test.index, "return_type").contains("Result")
        && given != "Ok(())"
        && !given.ends_with(';')
    {
        return false;
    }
    let mut calls = false;
    for index in flat.below(test.body) {
        match flat.kind(index) {
            "macro_invocation"
                if !QUIET
                    .contains(&file.field_text(index, "macro").rsplit("::").next().unwrap_or_default()) =>
            {
                return false;
            }
            "index_expression" => return false,
            "call_expression" => {
                let callee = file.field_text(index, "function");
                let last = callee.rsplit(['.', ':']).next().unwrap_or(callee);
                if is_assertive(last) {
                    return false;
                }
                if let Some(helper) = own.iter().find(|f| f.name.rsplit('.').next() == Some(last)) {
                    // A test helper may assert in its own way
                    let of_tests = helper.name.contains("tests.")
                        || helper.name.contains("test.")
                        || file.is_test()
                        || flat.below(test.body).contains(&helper.index);
                    if of_tests {
                        return false;
                    }
                    // A method may belong to any type
                    calls |= !callee.contains('.');
                } else if file
                    .outline()
                    .imports
                    .iter()
                    .any(|i| i.module.starts_with("crate") && i.names.iter().any(|n| n.local() == last))
                {
                    calls = true;
                } else if !callee.contains('.')
                    && !callee.contains("::")
                    && !last.starts_with(char::is_uppercase)
                {
                    return false;
                }
            }
            _ => {}
        }
    }
    calls
}

/// Whether a name contains a word for an assertion.
pub(super) fn is_assertive(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "assert",
        "expect",
        "check",
        "verif",
        "should",
        "must",
        "ensure",
        "valid",
        "compar",
        "snapshot",
        "match",
        "raises",
        "warns",
        "equal",
        "golden",
        "round",
        "test",
        "fail",
        "throw",
        "panic",
        "unwrap",
        "require",
        "confirm",
        "prove",
        "want",
        "approx",
        "benchmark",
        "waitfor",
        "wait_for",
        "getby",
        "findby",
        "exec",
        "run",
    ];
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}
