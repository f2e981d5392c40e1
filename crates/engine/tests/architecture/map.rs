//! `docs/ARCHITECTURE.md` is a map: each folder and file of the engine is named there, and nothing that is gone.

use std::collections::BTreeSet;

use crate::files::{assert_none, root, tracked_files};

const PAGE: &str = "docs/ARCHITECTURE.md";
const SRC: &str = "crates/engine/src/";

#[test]
fn the_page_names_what_the_engine_holds() {
    let page = std::fs::read_to_string(root().join(PAGE)).expect("the page");
    let paths = tracked_files().into_iter().filter(|path| root().join(path).exists()).collect::<Vec<_>>();
    assert_none(unlike(&page, &paths));
}

/// What the page leaves out, and what it names that is not there.
fn unlike(page: &str, paths: &[String]) -> Vec<String> {
    let there: BTreeSet<String> = paths
        .iter()
        .filter_map(|path| path.strip_prefix(SRC)?.strip_suffix(".rs"))
        .filter(|path| !path.contains("/tests/") && !path.ends_with("/mod"))
        .map(str::to_owned)
        .collect();
    let named = named(page);
    let missing = there
        .difference(&named)
        .map(|path| format!("{PAGE}: {SRC}{path}.rs is not on the map; name it in the row of its folder"));
    let gone = named
        .difference(&there)
        .map(|path| format!("{PAGE}: the map names {SRC}{path}.rs, which is gone; take it off"));
    missing.chain(gone).collect()
}

/// The files that the engine's table names: the first cell is a folder, as `gates/`, or "the root", and code in the last one
/// names files in it.
fn named(page: &str) -> BTreeSet<String> {
    let section =
        page.split("\n### ").find(|section| section.starts_with("`crates/engine`")).unwrap_or_default();
    let mut named = BTreeSet::new();
    for row in section.lines().filter(|line| line.starts_with("| `") || line.starts_with("| the root")) {
        let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
        let (Some(folder), Some(files)) = (cells.first(), cells.last()) else { continue };
        let folder = if *folder == "the root" { "" } else { folder.trim_matches('`') };
        let files = files.split('`').skip(1).step_by(2);
        named.extend(files.map(|file| format!("{folder}{file}")));
    }
    named
}

#[test]
fn a_file_that_is_missing_or_gone_is_found() {
    let page = "# A\n\n### `crates/engine`: x\n\n| folder | what | files |\n|---|---|---|\n| the root | `X` | `lib` |\n| `gates/` | gates | `scope`, `new_tests/imports` |\n\n### `crates/b`\n| `c/` | c | `d` |\n";
    let paths = |names: &[&str]| names.iter().map(|name| format!("{SRC}{name}")).collect::<Vec<_>>();
    let all = [
        "lib.rs",
        "gates/mod.rs",
        "gates/scope.rs",
        "gates/new_tests/imports.rs",
        "cli/tests/x.rs",
        "a.toml",
    ];
    assert_eq!(unlike(page, &paths(&all)), Vec::<String>::new());
    let told = unlike(page, &paths(&[&all[..], &["gates/checks.rs"]].concat()));
    assert!(told.len() == 1 && told[0].contains("gates/checks.rs is not on the map"), "{told:?}");
    let told = unlike(page, &paths(&all[..3]));
    assert!(
        told.len() == 1 && told[0].contains("names crates/engine/src/gates/new_tests/imports.rs"),
        "{told:?}"
    );
}
