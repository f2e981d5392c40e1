//! Decides which files are secret: untracked secrets never enter the base, a slot, or a delivery.
//!
//! It compares names without regard to case, and for a few settings files it also reads the content. A file that only shows
//! the form of a secret file (`.env.example`) is not secret.

use std::fs::OpenOptions;
use std::io::Read;
use std::path::Path;

use shared::secret_files::{is_always_secret, is_settings};

use crate::names::path_of;
use crate::system::without_waiting;

pub use shared::secret_files::is_secret_path;

/// Parts of the names of tokens in such a file, in lower case.
const TOKENS: &[&str] =
    &["_authtoken", "_auth", "_password", "npmauthtoken", "npmauthident", "token", "cleartextpassword"];

/// Whether a file with this name is secret regardless of its content.
pub(crate) fn is_secret(path: &[u8]) -> bool {
    is_always_secret(&String::from_utf8_lossy(path))
}

/// Whether a file with this name is secret in some projects only.
pub(crate) fn is_secret_in_part(path: &[u8]) -> bool {
    is_settings(&String::from_utf8_lossy(path))
}

/// Whether this file below `root` is secret, by its name or by a token in it.
pub(crate) fn holds_secret(root: &Path, path: &[u8]) -> bool {
    is_secret(path) || (is_secret_in_part(path) && has_token(&root.join(path_of(path))))
}

/// The same for a path as text.
pub fn is_secret_file(root: &Path, path: &str) -> bool {
    holds_secret(root, path.as_bytes())
}

fn has_token(path: &Path) -> bool {
    let mut bytes = Vec::new();
    // Opening must not wait for a pipe
    let file = without_waiting(OpenOptions::new().read(true)).open(path);
    let Ok(file) = file else { return false };
    // Settings are short; a longer file is not read further and counts as secret.
    if file.take(LONGEST + 1).read_to_end(&mut bytes).is_err() || bytes.len() as u64 > LONGEST {
        return true;
    }
    String::from_utf8_lossy(&bytes).to_ascii_lowercase().lines().any(|line| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return false;
        }
        // An address is secret only if it contains a name and a password: `https://user:word@host`.
        let credentials = line
            .split_once("://")
            .is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|host| host.contains('@')));
        // `${NPM_TOKEN}` only names a variable, so it is no secret.
        let names_token = TOKENS.iter().any(|token| line.contains(token)) && !line.contains("${");
        credentials || names_token
    })
}

const LONGEST: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::holds_secret;

    #[test]
    fn settings_are_secret_with_a_token_only() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &str| {
            std::fs::write(folder.path().join(".npmrc"), text).unwrap();
            holds_secret(folder.path(), b".npmrc")
        };
        assert!(check("//registry.example.org/:_authToken=npm_abc\n"));
        assert!(check("registry=https://user:word@example.org/npm\n"));
        assert!(!check("legacy-peer-deps=true\nregistry=https://example.org/npm/\n# _authToken=x\n"));
        assert!(!check("//registry.example.org/:_authToken=${NPM_TOKEN}\n"));
    }
}
