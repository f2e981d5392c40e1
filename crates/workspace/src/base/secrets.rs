//! Which files hold secrets: untracked, they never enter the base, a slot, or a delivery.
//!
//! Names are judged, without regard to case; of a few settings files also the content. A file that only shows the shape of a
//! secret file (`.env.example`) is not one.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use shared::secret_files::{is_always_secret, is_settings};

use crate::names::path_of;

pub use shared::secret_files::is_secret_path;

/// What a token in such a file is called, in lower case.
const TOKENS: &[&str] =
    &["_authtoken", "_auth", "_password", "npmauthtoken", "npmauthident", "token", "cleartextpassword"];

/// Whether a file of this name is a secret whatever it holds.
pub(crate) fn is_secret(path: &[u8]) -> bool {
    is_always_secret(&String::from_utf8_lossy(path))
}

/// Whether a file of this name is a secret in some projects only.
pub(crate) fn is_secret_in_part(path: &[u8]) -> bool {
    is_settings(&String::from_utf8_lossy(path))
}

/// Whether this very file below `root` is a secret, by its name or by a token in it.
pub(crate) fn holds_secret(root: &Path, path: &[u8]) -> bool {
    is_secret(path) || (is_secret_in_part(path) && has_token(&root.join(path_of(path))))
}

/// The same for a path as text.
pub fn is_secret_file(root: &Path, path: &str) -> bool {
    holds_secret(root, path.as_bytes())
}

fn has_token(path: &Path) -> bool {
    let mut bytes = Vec::new();
    // A pipe is not waited for
    let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path);
    let Ok(file) = file else { return false };
    // Settings are short; a longer file is not read any further and taken for secret.
    if file.take(LONGEST + 1).read_to_end(&mut bytes).is_err() || bytes.len() as u64 > LONGEST {
        return true;
    }
    String::from_utf8_lossy(&bytes).to_ascii_lowercase().lines().any(|line| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return false;
        }
        // An address is secret only with a name and password in it: `https://user:word@host`.
        let credentials = line
            .split_once("://")
            .is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|host| host.contains('@')));
        // `${NPM_TOKEN}` names a variable and holds nothing.
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
