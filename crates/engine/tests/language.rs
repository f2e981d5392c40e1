//! One word for one thing: `docs/GLOSSARY.md`, held by a test.
//!
//! Reads every page, prompt and rule, and the comments and texts of every source file. It lists each place that uses a
//! word of [`BANNED`] with the word to use, and each Rust comment that begins in lower case (ESLint checks JavaScript).
//! It changes nothing and knows no grammar: a word that is banned here has a standard word in its place.

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
    (&["sent back", "send back", "sends back", "sending back"], "reject"),
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

/// Names that stay in lower case at the beginning of a sentence.
const NAMES: &str = "bun cargo eslint git gocheck mypy node npm npx p pip pnpm pytest ruff rustc sbt tape tsc unittest uv zig";

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
    assert_eq!(of("a.rs", "enum E {\n    #[serde(rename = \"mending\")]\n    A,\n}"), 0);
    assert_eq!(places("a.md", "\nanew"), ["a.md:2: `anew`: write: again, retry (docs/GLOSSARY.md)"]);
}

#[test]
fn comments_that_begin_in_lower_case_are_found() {
    let of = |text: &str| places("a.rs", text).len();
    assert_eq!(of("/// One\n/// two\n\nfn a() {} // three\n\n//! four\n//! five"), 2);
    assert_eq!(
        of("// npm's cache, rustc: x\nlet a = \"// no comment\"; // `a` is a\n\n// go.mod is no word\n"),
        0
    );
    assert_eq!(places("a.rs", "\n// why"), ["a.rs:2: a comment begins with `why`: write `Why`"]);
}

/// The text of a file that this test reads, with code blanked out; `None` for all others.
fn readable(path: &str) -> Option<String> {
    let fixture = path.contains("/fixtures/") || QUOTES.contains(&path);
    let read = Path::new(path)
        .extension()
        .is_some_and(|end| ["md", "yml", "rs", "js", "mjs"].iter().any(|known| end == *known));
    // A path may be missing in the working tree.
    if fixture || !read { None } else { std::fs::read_to_string(root().join(path)).ok() }
}

/// Each place in `text` with a banned word, as a message.
fn places(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let prose = match Path::new(path).extension().and_then(|end| end.to_str()) {
        Some("rs") => {
            let (prose, comments) = prose_of(Language::Rust, text);
            found.extend(in_lower_case(&comments).into_iter().map(|(line, word)| {
                let mut capital = word.to_owned();
                capital[..1].make_ascii_uppercase();
                format!("{path}:{line}: a comment begins with `{word}`: write `{capital}`")
            }));
            prose
        }
        Some("js" | "mjs") => prose_of(Language::JavaScript, text).0,
        // Patterns may contain banned words, because they search for them.
        Some("yml") => text
            .lines()
            .map(|line| if line.contains("regex:") { "." } else { line })
            .collect::<Vec<_>>()
            .join("\n"),
        _ => text.to_owned(),
    };
    let words = words_of(&prose);
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

/// `text` with everything but comments and texts replaced by full stops, line for line; and its comments with their lines.
fn prose_of(language: Language, text: &str) -> (String, Vec<(usize, &str)>) {
    let Ok(source) = Source::parse(language, text) else { return (text.to_owned(), Vec::new()) };
    let mut comments = Vec::new();
    let mut prose: Vec<u8> =
        text.bytes().map(|byte| if byte.is_ascii_whitespace() { byte } else { b'.' }).collect();
    syntax::visit(source.root(), |node, _| {
        let (kind, range) = (node.kind(), node.byte_range());
        // The names of what is kept on disk never change.
        if kind == "attribute_item" && text[range.clone()].starts_with("#[serde(") {
            return VisitStep::Over;
        }
        let comment = kind.ends_with("comment");
        if comment {
            comments.push((node.start_position().row + 1, &text[range.clone()]));
        }
        if comment || ["string_literal", "raw_string_literal", "string_fragment"].contains(&kind) {
            prose[range.clone()].copy_from_slice(&text.as_bytes()[range]);
            return VisitStep::Over;
        }
        VisitStep::Into
    });
    (String::from_utf8_lossy(&prose).into_owned(), comments)
}

/// The first words, with their lines, of comments that begin in lower case. What follows a comment on the line below
/// belongs to it; what holds more than letters is a name in the code.
fn in_lower_case<'a>(comments: &[(usize, &'a str)]) -> Vec<(usize, &'a str)> {
    let mut wrong = Vec::new();
    let mut last = 0;
    for (line, comment) in comments {
        let begins = std::mem::replace(&mut last, *line) + 1 != *line;
        let first = comment.trim_start_matches(['/', '!', '*']).split_whitespace().next().unwrap_or_default();
        let word = first.trim_end_matches([',', ':', ';', '.', ')', '!', '?']);
        let name = NAMES.split(' ').any(|name| word.split(['\'', '-']).next() == Some(name));
        let plain = word.chars().all(|c| c.is_ascii_lowercase() || "-'".contains(c));
        if begins && plain && word.starts_with(|c: char| c.is_ascii_lowercase()) && !name {
            wrong.push((*line, word));
        }
    }
    wrong
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

/// The files that git tracks; other files in the checkout are ignored.
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
