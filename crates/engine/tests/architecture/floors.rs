//! The floors inside `engine`: which file may import which, and how large folders may be.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{File, assert_none, production_code, root, tracked_files};
use crate::graph::ImportGraph;

const SRC: &str = "crates/engine/src/";

/// Files that import only each other; the only ones in the root, beside `lib.rs` and `engine.rs`.
const LEAVES: [&str; 7] =
    ["blocking.rs", "clock.rs", "failure.rs", "host.rs", "options.rs", "text.rs", "world.rs"];

/// The rows above the leaves. Each imports only from itself and from earlier rows.
const ROWS: [&str; 11] = [
    "config/",
    "actor/",
    "bench/",
    "far/",
    "gates/",
    "talk/",
    "steps/",
    "missions/",
    "engine.rs",
    "cli/",
    "for_benches/",
];

/// What the gates share. Every other file or folder in `gates/` is a gate.
const SHARED: [&str; 7] =
    ["mod", "added_cases", "verdict", "files", "test_edits", "test_run", "tree_sources"];

/// The file that asks gates.
const ASKING: &str = "pipeline";

/// The most files of one folder, beside its `mod.rs`.
const MOST_FILES: usize = 15;

#[test]
fn each_floor_of_the_engine_stands_on_those_below() {
    assert_none(floors(&engine()));
}

#[test]
fn gates_know_no_other_gate_no_actor_and_no_conversation() {
    assert_none(gates(&engine()));
}

#[test]
fn only_the_pipeline_knows_the_order_of_gates() {
    assert_none(order(&engine()));
}

#[test]
fn only_steps_and_missions_name_the_context_of_a_mission() {
    assert_none(context(&engine()));
}

#[test]
fn nothing_dereferences_to_inherit() {
    assert_none(derefs(&engine()));
}

#[test]
fn folders_of_the_engine_are_small_and_its_root_holds_leaves() {
    let paths = tracked_files().into_iter().filter(|path| root().join(path).exists()).collect::<Vec<_>>();
    assert_none(folders(&paths));
}

fn engine() -> Vec<File> {
    production_code().into_iter().filter(|file| file.krate() == "engine").collect()
}

fn floors(files: &[File]) -> Vec<String> {
    let row = |path: &str| match LEAVES.contains(&path) {
        true => Some(0),
        false => ROWS.iter().position(|row| path.starts_with(row)).map(|row| row + 1),
    };
    let name = |row: usize| if row == 0 { "the leaves" } else { ROWS[row - 1] };
    let mut wrong = Vec::new();
    for (file, imports) in &ImportGraph::of("engine", files).edges {
        let Some(own) = row(file) else { continue };
        for imported in imports {
            match row(imported) {
                Some(other) if other <= own => {}
                Some(other) => wrong.push(format!(
                    "{SRC}{file}: imports {imported}; {} stands below {}, so give it what it needs as an argument, or \
                     move it up",
                    name(own),
                    name(other)
                )),
                None => wrong.push(format!(
                    "{SRC}{file}: imports {imported}, which has no floor; move it into a folder of ROWS"
                )),
            }
        }
    }
    wrong
}

/// The gate of a path: `checks` for `gates/checks.rs`, `new_tests` for `gates/new_tests/imports.rs`.
fn gate(path: &str) -> Option<&str> {
    let name = path.strip_prefix("gates/")?.split('/').next()?.trim_end_matches(".rs");
    (!SHARED.contains(&name) && name != ASKING).then_some(name)
}

fn gates(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (file, imports) in &ImportGraph::of("engine", files).edges {
        let Some(own) = gate(file) else { continue };
        for imported in imports {
            let other = gate(imported).is_some_and(|other| other != own);
            if other || imported.starts_with("actor/") || imported.starts_with("talk/") {
                wrong.push(format!(
                    "{SRC}{file}: a gate imports {imported}; move what both need to gates/verdict.rs or \
                     gates/test_run.rs, or let the pipeline pass it on"
                ));
            }
        }
    }
    wrong
}

fn order(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (file, imports) in &ImportGraph::of("engine", files).edges {
        let asked: BTreeSet<&str> = imports.iter().filter_map(|imported| gate(imported)).collect();
        if file != "gates/pipeline.rs" && gate(file).is_none() && asked.len() > 1 {
            let asked = Vec::from_iter(asked).join(", ");
            wrong.push(format!(
                "{SRC}{file}: imports the gates {asked}; only gates/pipeline.rs knows more than one, ask it"
            ));
        }
    }
    wrong
}

fn context(files: &[File]) -> Vec<String> {
    let may = |path: &str| ["steps/", "missions/"].iter().any(|row| path.starts_with(&format!("{SRC}{row}")));
    let what = "only steps/ and missions/ name it; take a `Bench`, a `Desk` or a `GateContext`";
    files
        .iter()
        .filter(|file| !may(&file.path))
        .flat_map(|file| file.lines_with(&["MissionContext"], what))
        .collect()
}

fn derefs(files: &[File]) -> Vec<String> {
    let what = "give the type the part as a field, and name the field where it is used";
    files.iter().flat_map(|file| file.lines_with(&["Deref for", "DerefMut for"], what)).collect()
}

fn folders(paths: &[String]) -> Vec<String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for path in paths.iter().filter_map(|path| path.strip_prefix(SRC)).filter(|path| path.ends_with(".rs")) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name != "mod.rs" {
            *count.entry(folder).or_default() += 1;
        }
        if folder.is_empty() && !LEAVES.contains(&name) && !["lib.rs", "engine.rs"].contains(&name) {
            wrong.push(format!(
                "{SRC}{name}: the root holds leaves only; move it into the folder of its floor"
            ));
        }
    }
    let large = count.into_iter().filter(|(_, count)| *count > MOST_FILES);
    wrong.extend(large.map(|(folder, count)| {
        format!("{SRC}{folder}: {count} files, {MOST_FILES} is the most; make a folder of those that belong together")
    }));
    wrong
}

fn plant(texts: &[(&str, &str)]) -> Vec<File> {
    let file = |(path, text): &(&str, &str)| File { path: format!("{SRC}{path}"), text: (*text).to_owned() };
    texts.iter().map(file).collect()
}

#[track_caller]
fn found(wrong: &[String], place: &str) {
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains(place), "{wrong:?}");
}

#[test]
fn a_planted_import_from_above_is_found() {
    let clean = [
        ("text.rs", "pub fn cut() {}"),
        ("bench/mod.rs", "use crate::text::cut;\npub struct Bench;"),
        ("gates/checks.rs", "use crate::bench::Bench;"),
    ];
    assert_eq!(floors(&plant(&clean)), Vec::<String>::new());
    let upward = [clean[1], clean[2], ("text.rs", "fn cut(bench: &crate::bench::Bench) {}")];
    found(&floors(&plant(&upward)), "text.rs: imports bench/mod.rs");
    let upward = [
        clean[0],
        clean[2],
        ("bench/mod.rs", "use crate::gates::checks;\npub struct Bench;\nfn f() { checks::go() }"),
    ];
    found(&floors(&plant(&upward)), "bench/mod.rs: imports gates/checks.rs");
    let nowhere = [clean[0], ("odd/x.rs", "pub struct X;"), ("cli/mod.rs", "use crate::odd::x::X;")];
    found(&floors(&plant(&nowhere)), "has no floor");
}

#[test]
fn a_planted_gate_that_knows_another_is_found() {
    let others = [
        ("gates/verdict.rs", "pub struct Change;"),
        ("gates/scope.rs", "use crate::gates::verdict::Change;\npub fn touched() {}"),
        ("gates/new_tests/mod.rs", "mod imports;\nuse imports::imported;"),
        ("gates/new_tests/imports.rs", "pub fn imported() {}"),
        ("talk/desk.rs", "pub struct Desk;"),
        ("actor/record.rs", "pub struct Record;"),
    ];
    assert_eq!(gates(&plant(&others)), Vec::<String>::new());
    for (text, place) in [
        ("use crate::gates::scope::touched;", "imports gates/scope.rs"),
        ("use super::new_tests::imports::imported;", "imports gates/new_tests/imports.rs"),
        ("fn f(desk: &crate::talk::desk::Desk) {}", "imports talk/desk.rs"),
        ("use crate::actor::record::Record;", "imports actor/record.rs"),
    ] {
        found(&gates(&plant(&[&others[..], &[("gates/guardian.rs", text)]].concat())), place);
    }
}

#[test]
fn a_planted_order_of_gates_is_found() {
    let gates = [("gates/scope.rs", "pub fn a() {}"), ("gates/checks.rs", "pub fn b() {}")];
    let both = "use crate::gates::{checks, scope};\nfn f() { scope::a(); checks::b() }";
    assert_eq!(order(&plant(&[&gates[..], &[("gates/pipeline.rs", both)]].concat())), Vec::<String>::new());
    found(&order(&plant(&[&gates[..], &[("steps/integration/a.rs", both)]].concat())), "checks, scope");
}

#[test]
fn a_planted_context_a_planted_deref_and_a_planted_file_are_found() {
    let text = "use crate::steps::context::MissionContext;";
    assert_eq!(context(&plant(&[("steps/work/a.rs", text), ("missions/a.rs", text)])), Vec::<String>::new());
    found(&context(&plant(&[("talk/a.rs", text)])), "talk/a.rs:1");
    found(&derefs(&plant(&[("talk/a.rs", "impl std::ops::Deref for Desk {\n}")])), "talk/a.rs:1");

    let path = |path: &str| format!("{SRC}{path}");
    let mut paths: Vec<String> = (0..MOST_FILES).map(|n| path(&format!("talk/{n}.rs"))).collect();
    paths.extend(["talk/mod.rs", "lib.rs", "text.rs", "config/example.toml"].map(path));
    assert_eq!(folders(&paths), Vec::<String>::new());
    found(&folders(&[&paths[..], &[path("talk/one_more.rs")]].concat()), "talk: 16 files");
    found(&folders(&[&paths[..], &[path("sessions.rs")]].concat()), "sessions.rs: the root holds leaves");
}
