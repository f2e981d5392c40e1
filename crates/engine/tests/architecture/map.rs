//! `docs/ARCHITECTURE.md` is a map: it names each folder and file of the engine, and nothing that does not exist. The
//! recipes of `CONTRIBUTING.md` name only existing places, too.

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

#[test]
fn pages_for_contributors_name_places_that_exist() {
    let paths = tracked_files().into_iter().filter(|path| root().join(path).exists()).collect::<Vec<_>>();
    assert_none([PAGE, "CONTRIBUTING.md"].into_iter().flat_map(|name| {
        let page = std::fs::read_to_string(root().join(name)).expect("the page");
        gone(name, &page, &paths)
    }));
}

/// The source files and folders that a page names, by a whole path or its end, and that do not exist.
fn gone(name: &str, page: &str, paths: &[String]) -> Vec<String> {
    let is_place = |span: &str| {
        let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
        plain && (span.ends_with('/') || span.ends_with(".rs") || span.ends_with(".js"))
    };
    let lies = |place: &str| {
        let place = format!("/{place}");
        paths.iter().map(|path| format!("/{path}")).any(|path| match place.ends_with('/') {
            true => path.contains(&place),
            false => path.ends_with(&place),
        })
    };
    let mut wrong = Vec::new();
    let mut fenced = false;
    for (index, line) in page.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let spans = line.split('`').skip(1).step_by(2).filter(|span| !fenced && is_place(span));
        wrong.extend(
            spans
                .filter(|place| !lies(place))
                .map(|place| format!("{name}:{}: `{place}` is gone; name where it is now", index + 1)),
        );
    }
    wrong
}

/// Files that the page does not name, and names that do not exist.
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

#[test]
fn a_place_that_is_gone_is_found() {
    let page = "`a/b.rs` and `b.rs` in `a/`, `<kind>.rs`, `c.rs`\n```\n`d.rs`\n```\n`b/`\n";
    let told = gone("A.md", page, &["crates/a/b.rs".to_owned()]);
    assert_eq!(
        told,
        ["A.md:1: `c.rs` is gone; name where it is now", "A.md:5: `b/` is gone; name where it is now"]
    );
}
