//! Finds code that replaces other code (mocks, fakes, examples), and code that a tool or a test includes. A fault of
//! normal code may be right there, so a match is only a suspicion.
//!
//! Works on a file's path and on the type around a place. Must not depend on the finding.

use crate::code::file::File;
use crate::code::said::words_of;
use crate::project::is_built;

/// Words in names of replacements.
const WORDS: [&str; 17] = [
    "mock",
    "mocks",
    "mocked",
    "fake",
    "fakes",
    "stub",
    "stubs",
    "dummy",
    "noop",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "testutil",
    "testutils",
];

/// Whether the name of the file, or of the type around a place, says that it replaces something.
pub(crate) fn is_stand_in(file: &File, start: usize) -> bool {
    file.path.split('/').any(is_named_so) || around(file, start).any(|name| is_named_so(&name))
}

/// Whether a place is in a method that a test adds to a type: a method that is never called needs no body.
pub(crate) fn is_double_of_test(file: &File, start: usize) -> bool {
    let flat = file.flat();
    let Some(at) = innermost(file, start) else { return false };
    let within = |kind: &str| flat.above(at).any(|i| flat.kind(i) == kind);
    let of_trait = flat.above(at).any(|i| flat.kind(i) == "impl_item" && flat.field(i, "trait").is_some());
    // A function that a test passes on and that must not be called
    let nested = flat.above(at).filter(|i| flat.kind(*i) == "function_definition").count() > 1;
    let module = |i: usize| flat.kind(i) == "mod_item" && is_test_module(file, i);
    let in_test = file.is_test() || flat.above(at).any(module);
    let method = ["method_declaration", "method_definition", "class_definition"].into_iter().any(within);
    in_test && (of_trait || nested || method)
}

/// Whether an attribute of Rust silences code that a tool or several tests include: a whole module, or all of a file
/// that a build generates, or that tests, examples and benchmarks share.
pub(crate) fn is_for_others(file: &File, start: usize) -> bool {
    let shared = file.is_test() || file.path.split('/').any(|part| matches!(part, "benches" | "tests"));
    if shared || is_built(&file.path) {
        return true;
    }
    let flat = file.flat();
    let Some((at, _)) = flat.iter().find(|(_, node)| node.start == start && node.kind == "attribute_item")
    else {
        return false;
    };
    let below = flat.children(flat.node(at).parent).filter(|other| *other > at);
    let item = below
        .into_iter()
        .find(|i| !matches!(flat.kind(*i), "attribute_item" | "line_comment" | "block_comment"));
    item.is_some_and(|item| flat.kind(item) == "mod_item" || file.text_of(item).contains("include!("))
}

fn is_test_module(file: &File, module: usize) -> bool {
    let Some(row) = file.row(file.flat().node(module).start).checked_sub(1) else { return false };
    file.line(row).trim() == "#[cfg(test)]"
}

/// Names of the types around a place, innermost first.
fn around(file: &File, start: usize) -> impl Iterator<Item = String> + '_ {
    let flat = file.flat();
    let at = innermost(file, start);
    at.into_iter().flat_map(move |at| flat.above(at)).filter_map(move |i| {
        let field = match flat.kind(i) {
            "class_declaration" | "class_definition" | "class" | "abstract_class_declaration" => "name",
            "impl_item" => "type",
            "method_declaration" => "receiver",
            _ => return None,
        };
        Some(file.field_text(i, field).to_string())
    })
}

fn innermost(file: &File, start: usize) -> Option<usize> {
    file.flat().iter().filter(|(_, node)| node.start == start).map(|(at, _)| at).last()
}

/// Whether a name contains one of the words: `MockStore`, `fake_clock.rs`, `examples`.
fn is_named_so(name: &str) -> bool {
    words_of(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::is_named_so;

    #[test]
    fn words_of_names_say_what_stands_in() {
        for name in
            ["MockStore", "fake_clock.rs", "examples", "store.mock.ts", "*stubClient", "HttpStub", "HTTPStub"]
        {
            assert!(is_named_so(name), "{name}");
        }
        for name in ["Resampler", "hammock.rs", "democracy", "stubborn", "Store"] {
            assert!(!is_named_so(name), "{name}");
        }
    }
}
