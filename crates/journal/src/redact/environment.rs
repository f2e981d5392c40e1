//! The secrets among the environment variables.
//!
//! It reads no environment: variables are arguments. `shared` knows which names are secret; here it is decided which
//! values can be looked for without spoiling a text. `files.rs` finds others for the same list.

use shared::secret_variables::holds_secret;

/// A shorter value is too likely a word of ordinary text.
const MIN_VALUE: usize = 8;
/// Lines of a value of several lines (a key file in a variable) are looked for by themselves from here on.
const MIN_LINE: usize = 20;

/// Words that stand for a secret in examples; replacing them everywhere would spoil the text.
const PLACEHOLDERS: [&str; 8] =
    ["redacted", "password", "changeme", "undefined", "disabled", "required", "anthropic", "authorization"];

/// The values to look for, the longest first, each with what stands in for it.
pub(super) fn secrets(env: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    values(env.filter(|(name, _)| holds_secret(name)))
}

/// The same for what is secret whatever it is called.
pub(super) fn values(secrets: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in secrets {
        let replacement = format!("[redacted:{name}]");
        let value = value.trim();
        for line in value.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE && *line != value) {
            found.push((line.to_owned(), replacement.clone()));
        }
        if value.len() >= MIN_VALUE && !PLACEHOLDERS.contains(&value.to_ascii_lowercase().as_str()) {
            found.push((value.to_owned(), replacement));
        }
    }
    // A value that contains another must go first; the rest of the order only makes runs alike.
    found.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    found.dedup_by(|a, b| a.0 == b.0);
    found
}
