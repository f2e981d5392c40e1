//! Which files hold secrets: untracked, they never enter the base, a slot, or a delivery.
//!
//! Names are judged, without regard to case; of a few settings files also the content. A file that only shows the shape of a
//! secret file (`.env.example`) is not one.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::names::path_of;

/// File names that are always secret.
const NAMES: &[&str] = &[
    ".env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".vault-token",
    ".terraformrc",
    "terraform.rc",
    "credentials.json",
    "credentials.toml",
    "client_secret.json",
    "service-account.json",
    "service_account.json",
    "serviceaccount.json",
    "google-services.key.json",
    "master.key",
    "secrets.json",
    "secrets.yml",
    "secrets.yaml",
    "secrets.toml",
    "secrets.env",
    "secret.json",
    "secret.yml",
    "secret.yaml",
    "secret.toml",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
];

/// What a name starts with when it is secret, unless it ends as a public key does.
const PREFIXES: &[&str] = &[".env.", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

/// What a name ends with when it is secret.
const SUFFIXES: &[&str] = &[
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".p8",
    ".jks",
    ".keystore",
    ".ppk",
    ".kdbx",
    ".asc.key",
    ".env",
    ".tfvars.secret",
    ".agekey",
];

/// Endings of files that only show what a secret file looks like.
const SAMPLES: &[&str] = &[".example", ".sample", ".template", ".dist", ".defaults", ".tmpl", ".pub"];

/// Files that are secret by the folder which holds them.
const IN_FOLDERS: &[(&str, &str)] = &[
    (".aws", "credentials"),
    (".aws", "config"),
    (".docker", "config.json"),
    (".kube", "config"),
    (".cargo", "credentials"),
    (".cargo", "credentials.toml"),
    (".gem", "credentials"),
    (".config", "gcloud"),
];

/// Folders whose every file is secret.
const FOLDERS: &[&str] = &[".ssh", ".gnupg", ".secrets"];

/// Settings of tools that hold a token in some projects: secret when they do.
const SETTINGS: &[&str] = &[".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml", "pip.conf", "nuget.config"];

/// What a token in such a file is called, in lower case.
const TOKENS: &[&str] =
    &["_authtoken", "_auth", "_password", "npmauthtoken", "npmauthident", "token", "cleartextpassword"];

/// Whether the file at `path` (relative, `/` between its parts) may hold secrets, by its name alone.
///
/// `.npmrc` and other settings files count, although most hold no token: those without one are part of a
/// project's base all the same.
pub fn is_secret_path(path: &str) -> bool {
    is_settings(path) || is_always_secret(path)
}

fn is_settings(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    SETTINGS.iter().any(|settings| name.eq_ignore_ascii_case(settings))
}

fn is_always_secret(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let mut parts = path.rsplit('/');
    let Some(name) = parts.next() else { return false };
    let folders: Vec<&str> = parts.collect();
    if folders.iter().any(|folder| FOLDERS.contains(folder)) {
        return true;
    }
    if let Some(parent) = folders.first()
        && IN_FOLDERS.contains(&(parent, name))
    {
        return true;
    }
    if SAMPLES.iter().any(|ending| name.ends_with(ending)) {
        return false;
    }
    // `.env.d.ts` and the like are sources that speak of the environment.
    let is_source = [".ts", ".js", ".mjs", ".rs", ".py", ".go", ".md"].iter().any(|end| name.ends_with(end));
    NAMES.contains(&name)
        || (!is_source && PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

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
    // a pipe is not waited for
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
    use super::{holds_secret, is_secret_path};

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

    #[test]
    fn secrets_are_told_by_name() {
        for path in [
            ".env",
            "a/b/.env",
            ".env.local",
            ".env.production",
            "prod.env",
            "server.pem",
            "tls/SERVER.KEY",
            "id_rsa",
            "deploy/id_rsa_ci",
            "id_ed25519",
            ".npmrc",
            ".netrc",
            "packages/a/.pypirc",
            "cert.p12",
            "cert.pfx",
            ".aws/credentials",
            "home/.aws/credentials",
            "config/secrets.yml",
            "secrets.json",
            ".ssh/known",
            ".docker/config.json",
            "config/master.key",
        ] {
            assert!(is_secret_path(path), "{path} holds a secret");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_not() {
        for path in [
            ".env.example",
            ".env.sample",
            "a/.env.template",
            "id_rsa.pub",
            "src/env.rs",
            "environment.ts",
            "src/keys.rs",
            "docs/secrets.md",
            "src/secrets.rs",
            "config.json",
            "credentials",
            "keyboard.key.md",
            ".env.d.ts",
            "monkey",
            "",
        ] {
            assert!(!is_secret_path(path), "{path} holds no secret");
        }
    }
}
