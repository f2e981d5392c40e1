//! Shapes by which keys are recognized.
//!
//! `mod.rs` asks it last, after the known values. It knows no variable and no file: a key without a known shape
//! stays in the text. No row may match an ordinary word or a git hash.

use regex::{Captures, Regex, RegexSet};
use std::borrow::Cow;
use std::sync::LazyLock;

struct Shape {
    what: &'static str,
    regex: Regex,
    /// Whether the secret stays. The secret is the group `s`, or the whole match if there is no such group.
    keep: fn(&str) -> bool,
}

/// Name, pattern, and a test for matches that are no secret.
type Row = (&'static str, &'static str, fn(&str) -> bool);

const ROWS: [Row; 24] = [
    (
        "private key",
        r"(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
        never,
    ),
    // Also matches a key without its last line: outputs are cut.
    (
        "private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?P<s>(?:\s|\\r|\\n)*[A-Za-z0-9+/=][A-Za-z0-9+/=\s\\]{19,})",
        never,
    ),
    ("anthropic", r"\bsk-ant-[A-Za-z0-9_-]{20,}", never),
    // Also OpenRouter, DeepSeek and others; a name such as `sk-fading-circle-animation` is not one.
    ("api key", r"\bsk-[A-Za-z0-9_-]{20,}", not_random),
    ("github", r"\bgh[pousr]_[A-Za-z0-9]{36,}", never),
    ("github", r"\bgithub_pat_[A-Za-z0-9_]{22,}", never),
    ("gitlab", r"\bgl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_-]{20,}", never),
    ("aws", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", never),
    ("aws", r#"(?i)\baws_secret_access_key["']?\s*[:=]\s*["']?(?P<s>[A-Za-z0-9/+=]{40})"#, never),
    ("slack", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", no_digit),
    ("slack", r"\bhooks\.slack\.com/services/(?P<s>[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+)", never),
    ("google", r"\bAIza[A-Za-z0-9_-]{35}", never),
    ("npm", r"\bnpm_[A-Za-z0-9]{36}\b", never),
    ("npm", r"\b_authToken\s*=\s*(?P<s>[A-Za-z0-9_/+=-]{16,})", never),
    ("pypi", r"\bpypi-[A-Za-z0-9_-]{50,}", never),
    ("hugging face", r"\bhf_[A-Za-z0-9]{30,}", never),
    ("stripe", r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}", never),
    ("groq", r"\bgsk_[A-Za-z0-9]{40,}", never),
    ("xai", r"\bxai-[A-Za-z0-9]{60,}", never),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", never),
    (
        "authorization",
        r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+(?P<s>[A-Za-z0-9._~+/=-]{8,})"#,
        never,
    ),
    ("authorization", r"(?i)\bbearer\s+(?P<s>[A-Za-z0-9._~+/=-]{20,})", not_random),
    ("api key", r#"(?i)\b(?:x-)?api[_-]?key["']?\s*[:=]\s*["']?(?P<s>[A-Za-z0-9_-]{20,})"#, not_random),
    // Up to the last `@` before the path: a password may hold one, and a list of servers has a login for each
    ("password", r#"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"'<>]*:(?P<s>[^\s/"'<>]+)@"#, is_variable),
];

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    // A test compiles every row, so none is left out here.
    ROWS.iter()
        .filter_map(|&(what, pattern, keep)| Some(Shape { what, regex: Regex::new(pattern).ok()?, keep }))
        .collect()
});

/// All patterns at once: most texts hold no secret, and this shows it in one pass.
static ANY: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(ROWS.iter().map(|(_, pattern, _)| pattern)).ok());

/// Bytes of the shortest text that matches a shape (`a://:b@`).
const SHORTEST: usize = 7;

/// Replaces the secrets in `text`, and calls `saw` with each.
pub(super) fn redact<'a>(mut text: Cow<'a, str>, saw: &dyn Fn(&str)) -> Cow<'a, str> {
    if text.len() < SHORTEST || ANY.as_ref().is_some_and(|any| !any.is_match(&text)) {
        return text;
    }
    for shape in SHAPES.iter() {
        let replaced = shape.regex.replace_all(&text, |found: &Captures<'_>| replace(shape, found, saw));
        if let Cow::Owned(replaced) = replaced
            && replaced != *text
        {
            text = Cow::Owned(replaced);
        }
    }
    text
}

/// The match with only its secret replaced.
fn replace(shape: &Shape, found: &Captures<'_>, saw: &dyn Fn(&str)) -> String {
    let Some(whole) = found.get(0) else { return String::new() };
    let secret = found.name("s").unwrap_or(whole);
    if (shape.keep)(secret.as_str()) {
        return whole.as_str().to_owned();
    }
    if !secret.as_str().starts_with("[redacted:") {
        saw(secret.as_str());
    }
    let (from, to) = (secret.start() - whole.start(), secret.end() - whole.start());
    let (before, after) = (&whole.as_str()[..from], &whole.as_str()[to..]);
    format!("{before}[redacted:{}]{after}", shape.what)
}

fn never(_: &str) -> bool {
    false
}

fn no_digit(text: &str) -> bool {
    !text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether it looks like a name: names made of words often have hyphens and seldom digits, keys do not.
fn not_random(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let longest_run = text.split(['-', '_', '.']).map(str::len).max().unwrap_or(0);
    digits < 2 || longest_run < 16
}

/// Whether it is a placeholder for a password: `${PASSWORD}`, `$PASSWORD`, `{password}`, `%s`, `****`.
fn is_variable(text: &str) -> bool {
    text.starts_with(['$', '{', '%', '*', '['])
}

#[cfg(test)]
#[test]
fn every_row_compiles() {
    for (what, pattern, _) in ROWS {
        Regex::new(pattern).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    assert!(ANY.is_some());
}
