//! The effect of past commits on a search.

#![allow(clippy::unwrap_used)]

mod shop;

use context::{Index, MAX_PAST_COMMITS, Part, PastCommit, Weights};

fn past(message: &str, paths: &[&str]) -> PastCommit {
    PastCommit { message: message.to_owned(), paths: paths.iter().map(|path| (*path).to_owned()).collect() }
}

fn index(commits: &[PastCommit]) -> (tempfile::TempDir, Index) {
    let dir = tempfile::tempdir().unwrap();
    let files = shop::write(dir.path(), shop::FILES);
    let index = Index::build(dir.path(), &files).with_history(commits);
    (dir, index)
}

/// A history of `n` commits that have nothing to do with the question.
fn others(n: usize) -> Vec<PastCommit> {
    (0..n).map(|n| past(&format!("Release {n}"), &["package.json"])).collect()
}

fn best(commits: &[PastCommit], question: &str) -> String {
    index(commits).1.search(question, 1)[0].path.clone()
}

#[test]
fn commits_with_a_message_like_the_question_vote_for_their_files() {
    // No file contains the word discount.
    let mut commits = others(20);
    commits.insert(3, past("Apply the discount once\n\nIt was taken twice.", &["src/cart.ts"]));
    let (_dir, index) = index(&commits);
    let hit = &index.search("discount is wrong", 1)[0];
    assert_eq!(hit.path, "src/cart.ts");
    assert_eq!(hit.parts[0].part, Part::History);
    assert_eq!(hit.why, "changed by \"Apply the discount once\"");
}

#[test]
fn a_file_that_was_moved_is_known_by_its_name() {
    let mut commits = others(20);
    commits.push(past("Apply the discount once", &["lib/old/cart.ts", "gone.ts"]));
    assert_eq!(best(&commits, "discount"), "src/cart.ts");
}

#[test]
fn a_commit_that_changes_everything_says_nothing() {
    let mut commits = others(20);
    let many: Vec<String> = (0..60).map(|n| format!("gone/{n}.ts")).collect();
    let mut all: Vec<&str> = many.iter().map(String::as_str).collect();
    all.push("src/cart.ts");
    commits.push(past("Discount", &all));
    assert_eq!(index(&commits).1.search("discount", 5), []);
}

#[test]
fn what_changed_lately_answers_no_question_by_itself() {
    assert_eq!(index(&others(50)).1.search("zebra", 5), []);
}

#[test]
fn lines_that_tools_append_to_messages_are_no_words() {
    let mut commits = others(20);
    commits.push(past("Count\n\nCo-authored-by: Zebra <zebra@example.org>", &["src/cart.ts"]));
    assert_eq!(index(&commits).1.search("zebra", 5), []);
}

#[test]
fn of_a_long_history_the_newest_commits_are_read() {
    let mut commits = others(MAX_PAST_COMMITS);
    commits.extend(std::iter::repeat_n(past("Discount", &["src/cart.ts"]), 1_000));
    assert_eq!(index(&commits).1.search("discount", 5), []);
    commits.insert(0, past("Discount", &["src/checkout.ts"]));
    assert_eq!(best(&commits, "discount"), "src/checkout.ts");
}

#[test]
fn odd_histories_are_no_trouble() {
    let commits =
        [past("", &[]), past("\n\n\u{0}", &["", "/", "../..", "src/cart.ts"]), past("x", &["x", "x"])];
    let (_dir, index) = index(&commits);
    assert_eq!(index.search("total of the cart", 1)[0].path, "src/cart.ts");
    assert_eq!(index.search("\u{0}", 1), []);
}

#[test]
fn a_part_that_is_switched_off_says_nothing() {
    let mut commits = others(20);
    commits.push(past("Discount", &["src/cart.ts"]));
    let (_dir, index) = index(&commits);
    let evidence = index.evidence("discount");
    let first = |weights: Weights| evidence.rank(&weights, 1).first().map(|(path, _)| (*path).to_owned());
    assert_eq!(first(Weights::LEARNED.only(Part::History)), Some("src/cart.ts".to_owned()));
    assert_eq!(first(Weights::LEARNED.only(Part::Text)), None);
    let voices = Part::ALL.iter().map(|part| part.voices().len()).sum::<usize>();
    assert_eq!(voices, context::VOICES, "each voice belongs to one part");
}
