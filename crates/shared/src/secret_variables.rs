//! Which environment variables hold secrets, by their names.
//!
//! It looks at no value and reads no environment. The two questions must stay separate: `checks` asks the wider one to
//! decide what it passes on to commands, `journal` the narrower one to decide what it removes from texts.

/// Parts of names that hold secrets.
const TELLING: [&str; 9] =
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "PRIVATE", "AUTH"];

/// Parts that make a name harmless although it contains a part of [`TELLING`].
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

/// Endings of variables that say where or how, and hold no secret.
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

/// Whether a variable of this name may hold a secret or lead to one. Such a variable is not passed on.
pub fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    TELLING.iter().any(|part| name.contains(part))
}

/// Whether the value of a variable of this name is a secret that is removed from texts. Paths and plain words do not
/// count: removing them would spoil the text.
pub fn holds_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    may_be_secret(name)
        && !HARMLESS_PARTS.iter().any(|part| upper.contains(part))
        && !HARMLESS_ENDS.iter().any(|end| upper.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_one_is_wider_than_what_is_one() {
        for name in ["OPENAI_API_KEY", "db_password", "NPM_TOKEN", "GPG_PASSPHRASE"] {
            assert!(may_be_secret(name) && holds_secret(name), "{name}");
        }
        for name in ["SSH_AUTH_SOCK", "GIT_AUTHOR_NAME", "SSL_KEY_FILE", "KEYMAP"] {
            assert!(may_be_secret(name) && !holds_secret(name), "{name}");
        }
        for name in ["PATH", "HOME", "LANG", ""] {
            assert!(!may_be_secret(name) && !holds_secret(name), "{name}");
        }
    }
}
