//! No two files of a crate import each other, directly or through others.

use crate::files::{File, assert_none, production_code};
use crate::graph::ImportGraph;

/// The crates without circles. Add a crate when its circles are removed.
const CRATES: [&str; 11] = [
    "engine",
    "context",
    "sim",
    "journal",
    "syntax",
    "guardian",
    "bench",
    "shared",
    "mission",
    "node",
    "process_group",
];

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = production_code();
    assert_none(CRATES.iter().flat_map(|krate| circles(krate, &files)));
}

fn circles(krate: &str, files: &[File]) -> Vec<String> {
    let told = |way| {
        format!("crates/{krate}/src: a circle of imports: {way}; move what both need into a file of its own")
    };
    ImportGraph::of(krate, files).circles().into_iter().map(told).collect()
}

#[test]
fn a_planted_circle_is_found_with_its_way() {
    let plant = |texts: &[(&str, &str)]| {
        let file = |(path, text): &(&str, &str)| File {
            path: format!("crates/engine/src/{path}"),
            text: (*text).to_owned(),
        };
        circles("engine", &texts.iter().map(file).collect::<Vec<_>>())
    };
    let clean = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::{A, B as C};\nfn main() { a::run() }"),
        (
            "a/mod.rs",
            "mod x;\npub use x::A;\npub struct B;\n#[cfg(test)]\nmod tests {\n    use crate::b::run;\n}",
        ),
        (
            "a/x.rs",
            "// use crate::b::run;\nconst T: &str = \"crate::b::run\";\npub struct A;\npub(in crate::c) fn f() {}",
        ),
        ("b.rs", "use crate::a::{A, B};\nuse crate::{C};\npub fn run() {}"),
        ("c.rs", "use crate::b;\nfn go() { b::run() }"),
    ];
    assert_eq!(plant(&clean), Vec::<String>::new());
    let with = |path: &str, text: &'static str| {
        let mut files = clean;
        for file in &mut files {
            if file.0 == path {
                file.1 = text;
            }
        }
        plant(&files)
    };
    let told = with("a/x.rs", "pub struct A;\nfn go() { super::super::c::go() }");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("a/x.rs → c.rs → b.rs → a/x.rs"), "through a re-export: {told:?}");
    let told =
        with("a/mod.rs", "mod x;\npub use x::A;\nuse crate::c as d;\npub struct B;\nfn go() { d::go() }");
    assert!(told.iter().any(|way| way.contains("a/mod.rs → c.rs → b.rs → a/mod.rs")), "{told:?}");
}
