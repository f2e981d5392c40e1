//! Searching a small repository.

#![allow(clippy::unwrap_used)]

mod shop;

use context::{Index, brief_input, estimate_tokens, render};
use expect_test::{Expect, expect};
use std::fs;

fn index() -> (tempfile::TempDir, Vec<String>, Index) {
    let dir = tempfile::tempdir().unwrap();
    let files = shop::write(dir.path(), shop::FILES);
    let index = Index::build(dir.path(), &files);
    (dir, files, index)
}

fn check(query: &str, limit: usize, expected: Expect) {
    expected.assert_eq(&render(&index().2.search(query, limit)));
}

#[test]
fn words_of_code_and_prose_meet() {
    check(
        "retry uploading pictures with a backoff",
        4,
        expect![[r#"
            src/upload/client.ts (11 lines): uploading in its path; pictures in its symbols; backoff in its text; imports src/net/backoff.ts
                function uploadPicture:5
            src/upload/picture.ts (3 lines): pictures, uploading in its path; imported by src/upload/client.ts
                interface Picture:1
            src/net/backoff.ts (5 lines): backoff in its path; imported by src/upload/client.ts
                function backoff:1
            test/upload.test.ts (2 lines): uploading in its path; pictures in its text; imports src/upload/client.ts
        "#]],
    );
    check(
        "total of the carts",
        2,
        expect![[r#"
            src/cart.ts (4 lines): carts in its path; total in its symbols; imported by src/checkout.ts
                class Cart:1, method total:3
            src/checkout.ts (2 lines): total, carts in its text; imports src/cart.ts
        "#]],
    );
}

#[test]
fn a_file_beside_good_ones_is_found_by_its_imports() {
    // No text in the cart mentions a checkout.
    check(
        "checkout",
        3,
        expect![[r#"
            src/checkout.ts (2 lines): checkout in its path; imports src/cart.ts
                function checkout:2
            src/cart.ts (4 lines): in a folder of good files; imported by src/checkout.ts
            README.md (2 lines): checkout in its text
        "#]],
    );
}

#[test]
fn a_file_that_is_named_comes_first() {
    check(
        "make `net/backoff.ts` log the picture, see cart.ts:2",
        2,
        expect![[r#"
            src/net/backoff.ts (5 lines): named in the question; backoff, net in its path
                function backoff:1
            src/cart.ts (4 lines): named in the question; cart in its path
                class Cart:1
        "#]],
    );
}

#[test]
fn the_beginning_of_a_word_is_enough() {
    check(
        "pict",
        1,
        expect![[r#"
            src/upload/picture.ts (3 lines): pict in its path
                interface Picture:1
        "#]],
    );
}

#[test]
fn nothing_is_said_as_that() {
    check(
        "zebra",
        5,
        expect![[r#"
        nothing found
        hint: use words that names in the code would contain
    "#]],
    );
    check(
        "",
        5,
        expect![[r#"
        nothing found
        hint: use words that names in the code would contain
    "#]],
    );
    check(
        "the of and",
        5,
        expect![[r#"
        nothing found
        hint: use words that names in the code would contain
    "#]],
    );
}

#[test]
fn tests_come_first_only_where_they_are_asked_for() {
    let (_dir, _, index) = index();
    let first = |query| index.search(query, 1)[0].path.clone();
    assert_eq!(first("send an upload"), "src/upload/client.ts");
    assert_eq!(first("the test that uploads"), "test/upload.test.ts");
}

#[test]
fn the_order_of_the_files_given_does_not_matter() {
    let (dir, mut files, index) = index();
    let before = index.search("upload picture cart", 20);
    files.reverse();
    files.extend(["./src/cart.ts".to_owned(), "../outside".to_owned(), "/etc/passwd".to_owned()]);
    let again = Index::build(dir.path(), &files);
    assert_eq!(again.search("upload picture cart", 20), before);
    assert_eq!(again.stats(), index.stats());
}

#[test]
fn building_again_reads_what_changed_and_nothing_else() {
    let (dir, mut files, index) = index();
    fs::write(dir.path().join("src/cart.ts"), "export class Basket {}\n").unwrap();
    fs::write(dir.path().join("src/new.ts"), "import { Basket } from './cart';\n").unwrap();
    fs::remove_file(dir.path().join("logo.png")).unwrap();
    files.retain(|path| path != "logo.png");
    files.push("src/new.ts".to_owned());

    let again = index.rebuild(dir.path(), &files);
    assert_eq!(again.stats().reused, files.len() - 2);
    let fresh = Index::build(dir.path(), &files);
    for query in ["basket", "cart total", "upload picture", "logo"] {
        assert_eq!(again.search(query, 20), fresh.search(query, 20), "{query}");
    }
}

#[test]
fn another_checkout_of_the_same_files_is_not_parsed_again() {
    let (_dir, files, index) = index();
    let other = tempfile::tempdir().unwrap();
    shop::write(other.path(), shop::FILES);
    assert_eq!(index.rebuild(other.path(), &files).stats().reused, files.len());
}

#[test]
fn files_that_nobody_reads_are_known_by_name_only() {
    let dir = tempfile::tempdir().unwrap();
    let large = "walrus ".repeat(200_000);
    let files = shop::write(
        dir.path(),
        &[
            ("a/large.txt", &large),
            ("a/binary.rs", "walrus\u{0}walrus"),
            ("a/bundle.js", "// @generated by a tool\nconst walrus = 1;\n"),
            ("a/Cargo.lock", "walrus"),
            (".env", "WALRUS=1"),
            ("a/seal.rs", "fn seal() {}\n"),
        ],
    );
    let index = Index::build(dir.path(), &files);
    assert_eq!(index.search("walrus", 9), []);
    assert_eq!(index.search("bundle", 1)[0].path, "a/bundle.js");
    assert_eq!((index.stats().files, index.stats().parsed), (6, 2));
}

#[test]
fn a_brief_shows_the_tree_and_the_best_files() {
    let (_dir, _, index) = index();
    expect![[r#"
        # Repository
        11 files: 6 TypeScript, 2 documents, 2 generated, binary or locked, 1 configuration and data.
        docs/ 1
        src/ 5
          net/ 1
          upload/ 2
        test/ 1

        # Files that fit the objective, best first
        src/upload/client.ts (11 lines): uploads in its path; imports src/upload/picture.ts
            function uploadPicture:5
        src/upload/picture.ts (3 lines): uploads in its path
        test/upload.test.ts (2 lines): uploads in its path; imports src/upload/client.ts
        docs/upload.md (1 line): uploads in its path
        README.md (2 lines): uploads in its text
        src/net/backoff.ts (5 lines): imported by src/upload/client.ts
        package.json (1 line): in a folder of good files
    "#]]
    .assert_eq(&brief_input(&index, "retry uploads", 400));
}

#[test]
fn a_brief_never_exceeds_its_budget() {
    let (_dir, _, index) = index();
    for budget in 0..600 {
        let text = brief_input(&index, "retry uploading pictures, then the cart and checkout", budget);
        assert!(estimate_tokens(&text) <= budget, "{budget}: {text}");
    }
}

#[test]
fn odd_names_stay_on_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let files =
        shop::write(dir.path(), &[("a b/größe \"x\".rs", "fn seal() {}\n"), ("new\nline/seal.rs", "")]);
    let index = Index::build(dir.path(), &files);
    expect![[r#"
        "a b/größe \"x\".rs" (1 line): größe in its path; seal in its symbols
            function seal:1
        "new\nline/seal.rs" (0 lines): seal in its path
    "#]]
    .assert_eq(&render(&index.search("seal größe", 5)));
}

#[test]
fn words_that_are_gone_do_not_pile_up() {
    let dir = tempfile::tempdir().unwrap();
    let files = ["a.txt".to_owned(), "b.rs".to_owned()];
    std::fs::write(dir.path().join("b.rs"), "pub fn walrus() {}\n").unwrap();
    let many = |round: u32| (0..3_000).map(|n| format!("word{round}x{n}\n")).collect::<String>();
    std::fs::write(dir.path().join("a.txt"), many(0)).unwrap();
    let mut index = Index::build(dir.path(), &files);
    let mut most = 0;
    for round in 1..12 {
        std::fs::write(dir.path().join("a.txt"), many(round)).unwrap();
        index = index.update(dir.path(), &files, &files[..1]);
        most = most.max(index.stats().bytes);
    }
    let fresh = Index::build(dir.path(), &files);
    assert!(most < 6 * fresh.stats().bytes, "{most} of {}", fresh.stats().bytes);
    for question in ["walrus", "word11x7", "word3x7"] {
        assert_eq!(index.search(question, 5), fresh.search(question, 5), "{question}");
    }
}
