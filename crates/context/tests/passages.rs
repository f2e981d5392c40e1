//! The lines that fit a question, within a budget.

#![allow(clippy::unwrap_used)]

use context::{Index, Passage, Weights, estimate_tokens};
use std::fmt::Write;
use std::fs;

/// One long file in which a single function matters, and a short one that calls it.
fn long() -> (tempfile::TempDir, Index) {
    let mut text = String::from("//! Many things.\n\n");
    for n in 0..80 {
        let name = if n == 57 { "parse_invoice".to_owned() } else { format!("thing_{n}") };
        write!(text, "pub fn {name}(x: u32) -> u32 {{\n    let y = x + {n};\n    y * 2\n}}\n\n").unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/things.rs"), &text).unwrap();
    fs::write(dir.path().join("src/main.rs"), "fn main() {\n    things::parse_invoice(1);\n}\n").unwrap();
    let files = ["src/main.rs".to_owned(), "src/things.rs".to_owned()];
    let index = Index::build(dir.path(), &files);
    (dir, index)
}

fn passages(index: &Index, question: &str, budget: usize) -> Vec<Passage> {
    index.evidence(question).passages(&Weights::WITHOUT_PAST, budget)
}

#[test]
fn of_a_long_file_the_function_that_fits_comes_first() {
    let (_dir, index) = long();
    let found = passages(&index, "parse the invoice", 90);
    let own = Passage {
        path: "src/things.rs".to_owned(),
        from: 288,
        to: 292,
        symbols: vec!["parse_invoice".to_owned()],
    };
    assert!(found.contains(&own), "{found:?}");
}

#[test]
fn passages_keep_to_their_budget_and_do_not_overlap() {
    let (dir, index) = long();
    for budget in (0..3_000).step_by(37) {
        let found = passages(&index, "parse the invoice of things", budget);
        let mut text = String::new();
        for passage in &found {
            assert!(passage.from <= passage.to);
            let source = fs::read_to_string(dir.path().join(&passage.path)).unwrap();
            let lines = source.lines().skip(passage.from as usize - 1);
            for line in lines.take((passage.to - passage.from) as usize + 1) {
                writeln!(text, "{line}").unwrap();
            }
        }
        assert!(estimate_tokens(&text) <= budget, "{budget}");
        let same_file = found.windows(2).filter(|pair| pair[0].path == pair[1].path);
        assert!(same_file.into_iter().all(|pair| pair[0].to < pair[1].from));
    }
}

#[test]
fn a_file_that_is_gone_since_has_no_passages() {
    let (dir, index) = long();
    fs::remove_file(dir.path().join("src/things.rs")).unwrap();
    fs::write(dir.path().join("src/main.rs"), "").unwrap();
    assert_eq!(passages(&index, "parse the invoice", 1_000), []);
}

#[test]
fn lines_are_taken_where_files_of_their_kind_change() {
    let dir = tempfile::tempdir().unwrap();
    let log: String = (0..300).map(|n| format!("- Release {n} changed the walrus\n")).collect();
    let package = |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n\n");
    let lock: String = (0..200).map(|n| package(&format!("other-{n}"))).collect();
    let lock = lock + &package("narwhal");
    let files = [
        ("CHANGELOG.md", log),
        ("Cargo.lock", lock),
        ("Cargo.toml", "[dependencies]\nnarwhal = \"1.0.0\"\n".into()),
    ];
    for (path, text) in &files {
        fs::write(dir.path().join(path), text).unwrap();
    }
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let index = Index::build(dir.path(), &paths);
    let of = |question: &str, path: &str| -> Vec<(u32, u32)> {
        let found = index.lines_for(question, 900).into_iter().filter(|own| own.path == path);
        found.map(|own| (own.from, own.to)).collect()
    };
    assert!(of("the walrus changed", "CHANGELOG.md").iter().any(|(from, _)| *from == 1));
    let narwhal = of("update narwhal in Cargo.lock", "Cargo.lock");
    assert!(narwhal.iter().any(|(from, to)| (*from..=*to).contains(&802)), "{narwhal:?}");
    let lines: u32 = narwhal.iter().map(|(from, to)| to - from + 1).sum();
    assert!(lines < 60, "{narwhal:?}");
}
