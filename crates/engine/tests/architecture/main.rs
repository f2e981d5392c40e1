//! The invariants of `docs/ARCHITECTURE.md`, read from `cargo metadata` and from the sources that git tracks.
//!
//! Each rule lists every place that breaks it, with what to do there. Code under `#[cfg(test)]` and in `tests/` must
//! follow the rules on files, but not those on what a crate may touch. One file for each theme: `crates`, `texts`,
//! `imports` (circles), `floors` (inside `engine`), `map` (the page), `messages` (the list of texts).

// A test that cannot read what it judges must fail, helpers included.
#![allow(clippy::expect_used)]

mod crates;
mod files;
mod floors;
mod graph;
mod imports;
mod map;
mod messages;
mod texts;

use files::{File, production_code};
use texts::host_of;

/// The rules above find violations, and ignore tests and comments.
#[test]
fn the_rules_bite() {
    let text = "//! std::fs in a comment\nuse std::fs;\n#[cfg(test)]\nmod tests;\nfs::read();\n#[cfg(test)]\nmod inner {\n    use std::fs;\n}\nuse std::fs;\n";
    let file = File { path: "crates/mission/src/a.rs".to_owned(), text: text.to_owned() };
    let places = file.lines_with(&["std::fs"], "x");
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(
        places[0].starts_with("crates/mission/src/a.rs:2: ")
            && places[1].starts_with("crates/mission/src/a.rs:10: ")
    );
    assert_eq!(file.all_lines_with(&["std::fs"], "x").len(), 4);
    assert_eq!(host_of("https://user@mirror.example:8080/simple"), Some("mirror.example".to_owned()));
    assert_eq!(host_of("http://127.0.0.1:4873/"), None);
    assert!(production_code().iter().any(|file| file.krate() == "engine"));
}
