//! The effect of an embedding model's similarities on a search.

#![allow(clippy::unwrap_used)]

mod shop;

use context::{Index, Part, Vectors};

fn index() -> (tempfile::TempDir, Index) {
    let dir = tempfile::tempdir().unwrap();
    let mut files = shop::write(dir.path(), shop::FILES);
    files.extend(shop::write(dir.path(), &[(".env", "KEY=1\n"), ("gen.js", "// @generated\nlet a = 1\n")]));
    let index = Index::build(dir.path(), &files);
    (dir, index)
}

const QUESTION: &str = "buy things";

#[test]
fn a_similar_file_is_found_without_one_word_of_the_question() {
    let (_dir, index) = index();
    assert_eq!(index.search(QUESTION, 5), []);
    let mut similar: Vec<(String, f32)> =
        index.file_texts(QUESTION, 100).into_iter().map(|file| (file.path, 0.4)).collect();
    similar.iter_mut().find(|(path, _)| path == "src/cart.ts").unwrap().1 = 0.71;
    similar.push(("no/such.ts".to_owned(), 1.0));
    let asked = index.with_meaning(QUESTION, &similar);
    let hit = &asked.search(QUESTION, 5)[0];
    assert_eq!((hit.path.as_str(), hit.parts[0].part), ("src/cart.ts", Part::Meaning));
    assert!(hit.why.contains("similar in meaning (0.71)"), "{}", hit.why);
    // Another question has other similarities, and a newer index none
    for question in ["upload a picture", "src/cart.ts"] {
        assert_eq!(asked.search(question, 20), index.search(question, 20));
    }
    assert_eq!(index.with_meaning(QUESTION, &[]).search(QUESTION, 5), []);
    assert_eq!(index.with_meaning(QUESTION, &[("src/cart.ts".into(), f32::NAN)]).search(QUESTION, 5), []);
}

#[test]
fn the_text_of_a_file_has_its_path_its_names_and_its_beginning_but_no_secret() {
    let (dir, index) = index();
    let texts = index.file_texts(QUESTION, 100);
    let paths: Vec<&str> = texts.iter().map(|file| file.path.as_str()).collect();
    for left_out in [".env", "gen.js", "package-lock.json", "logo.png"] {
        assert!(!paths.contains(&left_out), "{left_out}");
    }
    let cart = texts.iter().find(|file| file.path == "src/cart.ts").unwrap();
    assert!(cart.text.starts_with("src/cart.ts\nCart "), "{}", cart.text);
    assert!(cart.text.contains("items: string[] = [];"));
    let long = "let wort = 1;\n".repeat(1_000);
    let files = shop::write(dir.path(), &[("long.js", long.as_str()), ("src/cart.ts", "let cart = 1;\n")]);
    let texts = Index::build(dir.path(), &files).file_texts("cart", 1);
    assert_eq!(texts.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["src/cart.ts"]);
    let texts = Index::build(dir.path(), &files).file_texts("cart", 2);
    assert!(texts.iter().all(|file| file.text.len() <= 1_500));
}

#[test]
fn kept_vectors_stay_within_their_bound() {
    let mut vectors = Vectors::new("p/m");
    let texts: Vec<String> = (0..21_000).map(|n| n.to_string()).collect();
    for text in &texts {
        assert!(vectors.add(text, &[1.0, 0.5]));
    }
    let newest: Vec<&str> = texts[20_000..].iter().map(String::as_str).collect();
    let read = Vectors::from_bytes(&vectors.to_bytes(&newest).unwrap(), "p/m");
    assert_eq!(texts.iter().filter(|text| read.has(text)).count(), 20_000);
    assert!(newest.iter().all(|text| read.has(text)), "those that are used stay");
}
