//! The secrets among the environment variables.
//!
//! It reads no environment: variables are arguments. `shared` knows which names are secret. This file decides which
//! values can be replaced without spoiling a text. `files.rs` finds more secrets for the same list.

use shared::secret_variables::holds_secret;

/// Bytes of the shortest value that is replaced: a shorter one is too likely a word of ordinary text.
const MIN_VALUE: usize = 8;
/// Bytes from which each line of a value of several lines (a key file in a variable) is replaced on its own, too.
const MIN_LINE: usize = 20;

/// Bytes from which letters alone are a secret; fewer are a word, such as the name of a service.
const MIN_LETTERS: usize = 16;

/// Words that stand for a secret in examples; replacing them everywhere would spoil the text.
const PLACEHOLDERS: [&str; 8] =
    ["redacted", "password", "changeme", "undefined", "disabled", "required", "anthropic", "authorization"];

/// The values to look for, the longest first, each with its replacement.
pub(super) fn secrets(env: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    values(env.filter(|(name, _)| holds_secret(name)))
}

/// The same for values that are secret whatever their names.
pub(super) fn values(secrets: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in secrets {
        let replacement = format!("[redacted:{name}]");
        let value = value.trim();
        for line in value.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE && *line != value) {
            found.push((line.to_owned(), replacement.clone()));
        }
        let placeholder = PLACEHOLDERS.contains(&value.to_ascii_lowercase().as_str());
        if value.len() >= MIN_VALUE && !placeholder && !is_word(value) {
            found.push((value.to_owned(), replacement));
        }
    }
    // A value that contains another must come first; the rest of the order only makes runs reproducible.
    found.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// Whether a value may be a word of ordinary text: few letters and nothing else, in the case of a word. In development
/// a password is often the name of its service, which stands in paths, commands and objectives, too.
fn is_word(value: &str) -> bool {
    let letters = value.len() < MIN_LETTERS && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    let rest = value.get(1..).unwrap_or_default();
    let lower = rest.bytes().all(|byte| byte.is_ascii_lowercase());
    letters && (lower || value.bytes().all(|byte| byte.is_ascii_uppercase()))
}
