//! One word for one thing: `docs/GLOSSARY.md`, held by a test.
//!
//! Reads every page, prompt and rule, and the comments and texts of every source file. Each place that
//! uses a word of [`BANNED`] is listed with the word to use. It changes nothing and knows no grammar:
//! a word that is banned here has a standard word in its place.

// A test that cannot read what it judges must fail, helpers included.
#![allow(clippy::expect_used)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use syntax::{Language, Source, VisitStep};

/// Words that a reader has to decode, and what to write instead.
const BANNED: &[(&[&str], &str)] = &[
    (&["hand in", "hands in", "handed in", "handing in"], "submit"),
    (&["hand-in", "hand-ins"], "submission"),
    (&["thrown back", "throw back", "throws back", "threw back", "throwing back"], "reject"),
    (&["held against"], "compared with, checked against"),
    (&["whoever", "whomever"], "who, anyone who, the user who"),
    (&["anew"], "again, retry"),
    (&["mend", "mends", "mended", "mending"], "fix, repair"),
    (&["land", "lands", "landed", "landing"], "integrate"),
    (&["given up", "give up", "gives up", "gave up", "giving up"], "abandon, fail"),
    (&["goes on with", "go on with", "went on with", "going on with"], "continue"),
    (&["for want of"], "because there is no …"),
    (&["at this time"], "now, today, yet"),
    (&["holds already", "hold already", "held already"], "is already met"),
    (&["of before"], "from before, the base's …"),
    (&["for ever"], "forever, without end"),
    (&["put down", "puts down"], "record"),
    (&["lest", "wherein", "whereof", "thereof", "thereby", "hitherto"], "a plain sentence"),
];

/// Phrases of [`BANNED`] with their replacement, by their first word.
static PHRASES: LazyLock<HashMap<&str, Vec<(&str, &str)>>> = LazyLock::new(|| {
    let mut by_first: HashMap<_, Vec<_>> = HashMap::new();
    for (phrases, instead) in BANNED {
        for phrase in *phrases {
            let first = phrase.split(' ').next().unwrap_or_default();
            by_first.entry(first).or_default().push((*phrase, *instead));
        }
    }
    by_first
});

/// Files that quote the words.
const QUOTES: [&str; 2] = ["docs/GLOSSARY.md", "crates/engine/tests/language.rs"];

#[test]
fn texts_use_the_words_of_the_glossary() {
    let mut wrong = Vec::new();
    for path in tracked_files() {
        if let Some(text) = readable(&path) {
            wrong.extend(places(&path, &text));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn words_are_found_in_texts_and_comments_and_not_in_code() {
    let of = |path: &str, text: &str| places(path, text).len();
    assert_eq!(of("a.md", "What is handed\nin. Hand, in time; `given_up`"), 1);
    assert_eq!(of("a.rs", "/// It was thrown\n/// back.\nfn mend() { land(\"Landed, anew\") }"), 3);
    assert_eq!(of("a.js", "// Whoever\nconst anew = `for ever ${mend()}`"), 2);
    assert_eq!(of("a.yml", "message: Landlock is amended"), 0);
    assert_eq!(of("a.yml", "regex: anew\nnote: see `steps/land/`, `land` and {land}"), 0);
    assert_eq!(places("a.md", "\nanew"), ["a.md:2: `anew`: write: again, retry (docs/GLOSSARY.md)"]);
}

/// The text of a file that this test reads, with code blanked out; `None` for all others.
fn readable(path: &str) -> Option<String> {
    let fixture = path.contains("/fixtures/") || QUOTES.contains(&path);
    let read = Path::new(path)
        .extension()
        .is_some_and(|end| ["md", "yml", "rs", "js", "mjs"].iter().any(|known| end == *known));
    // A path that is gone from the working tree is no text.
    if fixture || !read { None } else { std::fs::read_to_string(root().join(path)).ok() }
}

/// Each place in `text` where a banned word stands, in words.
fn places(path: &str, text: &str) -> Vec<String> {
    let prose = match Path::new(path).extension().and_then(|end| end.to_str()) {
        Some("rs") => prose_of(Language::Rust, text),
        Some("js" | "mjs") => prose_of(Language::JavaScript, text),
        // A pattern finds words that others write.
        Some("yml") => text
            .lines()
            .map(|line| if line.contains("regex:") { "." } else { line })
            .collect::<Vec<_>>()
            .join("\n"),
        _ => text.to_owned(),
    };
    let words = words_of(&prose);
    let mut found = Vec::new();
    for (start, (line, first)) in words.iter().enumerate() {
        for (phrase, instead) in PHRASES.get(first.as_str()).into_iter().flatten() {
            let mut rest = words[start..].iter().map(|(_, word)| word.as_str());
            if phrase.split(' ').all(|word| rest.next() == Some(word)) {
                found.push(format!("{path}:{line}: `{phrase}`: write: {instead} (docs/GLOSSARY.md)"));
            }
        }
    }
    found
}

/// `text` with everything but comments and texts replaced by full stops, line for line.
fn prose_of(language: Language, text: &str) -> String {
    let Ok(source) = Source::parse(language, text) else { return text.to_owned() };
    let mut prose: Vec<u8> =
        text.bytes().map(|byte| if byte.is_ascii_whitespace() { byte } else { b'.' }).collect();
    syntax::visit(source.root(), |node, _| {
        let kind = node.kind();
        if kind.ends_with("comment")
            || ["string_literal", "raw_string_literal", "string_fragment"].contains(&kind)
        {
            prose[node.byte_range()].copy_from_slice(&text.as_bytes()[node.byte_range()]);
            return VisitStep::Over;
        }
        VisitStep::Into
    });
    String::from_utf8_lossy(&prose).into_owned()
}

/// The words in lower case with their lines; a stop between two of them is a word of its own.
fn words_of(text: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // Names of code, folders and values may be what they are; the marks of comments are no words.
        let letter = |c: char| c.is_alphanumeric() || "_-'’/`{".contains(c);
        for piece in line.split_inclusive(|c: char| !letter(c)) {
            let word = piece.trim_end_matches(|c: char| !letter(c)).to_lowercase();
            if !word.chars().all(|c| c == '/') {
                words.push((index + 1, word));
            }
            if piece.ends_with(['.', ',', ';', ':', '?', '(', ')']) {
                words.push((index + 1, ".".to_owned()));
            }
        }
    }
    words
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository's root")
}

/// What git tracks: a file that somebody left in the checkout is theirs.
fn tracked_files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git must be installed: this test reads the files that it tracks");
    assert!(output.status.success(), "this test needs a git checkout");
    let paths = String::from_utf8(output.stdout).expect("file names in UTF-8");
    paths.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}
