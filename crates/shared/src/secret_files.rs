//! Which files hold secrets, by their paths. Case does not count. A file that only shows the shape of a secret file
//! (`.env.example`) is not one. `workspace` looks at what a file contains.

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

/// Beginnings of secret file names, unless the name ends like a public key's.
const PREFIXES: &[&str] = &[".env.", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

/// Endings of secret file names.
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

/// Files that are secret in one folder.
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

/// Folders in which every file is secret.
const FOLDERS: &[&str] = &[".ssh", ".gnupg", ".secrets"];

/// Settings of tools. They are secret only if they hold a token.
const SETTINGS: &[&str] = &[".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml", "pip.conf", "nuget.config"];

/// Whether the file at `path` (relative, `/` between its parts) may hold secrets, by its name alone.
///
/// `.npmrc` and other settings files count, although most hold no token. `workspace` keeps those without a token in
/// a project's base.
pub fn is_secret_path(path: &str) -> bool {
    is_settings(path) || is_always_secret(path)
}

/// Whether it is one of the settings files that may hold a token.
pub fn is_settings(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    SETTINGS.iter().any(|settings| name.eq_ignore_ascii_case(settings))
}

/// Whether a file of this name is always secret, whatever it contains.
pub fn is_always_secret(path: &str) -> bool {
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
    // `.env.d.ts` and similar files are sources about the environment.
    let is_source = [".ts", ".js", ".mjs", ".rs", ".py", ".go", ".md"].iter().any(|end| name.ends_with(end));
    NAMES.contains(&name)
        || (!is_source && PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::is_secret_path;

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
