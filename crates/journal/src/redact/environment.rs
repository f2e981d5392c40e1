//! Which environment variables hold secrets.

/// A shorter value is too likely a word of ordinary text.
const MIN_VALUE: usize = 8;
/// Lines of a value of several lines (a key file in a variable) are looked for by themselves from here on.
const MIN_LINE: usize = 20;

const TELLING: [&str; 9] =
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "PRIVATE", "AUTH"];

/// Names that contain a telling part and hold none.
const HARMLESS_PARTS: [&str; 9] = [
    "KEYBOARD",
    "KEYMAP",
    "KEYRING",
    "HOTKEY",
    "MONKEY",
    "TOKENIZER",
    "AUTHOR_",
    "SSH_AUTH_SOCK",
    "XAUTHORITY",
];

/// Variables that say where or how, not what.
const HARMLESS_ENDS: [&str; 14] = [
    "_PATH",
    "_FILE",
    "_DIR",
    "_HOME",
    "_SOCK",
    "_HOST",
    "_HELPER",
    "_STORE",
    "_TYPE",
    "_METHOD",
    "_ALGORITHM",
    "_URL",
    "_URI",
    "APPLICATION_CREDENTIALS",
];

/// Words that stand for a secret in examples; replacing them everywhere would spoil the text.
const PLACEHOLDERS: [&str; 8] =
    ["redacted", "password", "changeme", "undefined", "disabled", "required", "anthropic", "authorization"];

/// The values to look for, the longest first, each with what stands in for it.
pub(super) fn secrets(env: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in env.filter(|(name, _)| is_telling(name)) {
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

fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    TELLING.iter().any(|part| name.contains(part))
        && !HARMLESS_PARTS.iter().any(|part| name.contains(part))
        && !HARMLESS_ENDS.iter().any(|end| name.ends_with(end))
}
