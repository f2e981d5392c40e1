//! Secrets that lie in files which tools know: `.env` files of the project, and the logins of OpenCode, netrc, npm, cargo and docker.
//!
//! The files are read once, when a mission is opened, up to a limit. A file that cannot be read is taken as empty.
//! `shared` knows which names of settings are secret.

use serde_json::Value;
use shared::secret_variables::holds_secret;
use std::fs::{DirEntry, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest file that is read, in bytes.
const MOST_BYTES: u64 = 256 * 1024;
/// Bytes of the shortest value that may be a secret whatever its name.
const RANDOM: usize = 16;
/// The most `.env` files of one folder that are read.
const MOST_FILES: usize = 20;
/// How deep parts of a project may lie, and the most folders that are searched.
const LEVELS: u8 = 2;
const MOST_FOLDERS: usize = 400;

type Reader = fn(&str) -> Vec<(String, String)>;

/// Files below the home folder, and how each is read.
const HOME: [(&str, Reader); 9] = [
    (".netrc", netrc),
    ("_netrc", netrc),
    (".npmrc", settings),
    (".yarnrc.yml", settings),
    (".pypirc", settings),
    (".git-credentials", logins),
    (".cargo/credentials.toml", settings),
    (".cargo/credentials", settings),
    (".docker/config.json", json),
];

/// The secrets in those files, each with a name.
pub(super) fn secrets(root: &Path, home: Option<&Path>, data_home: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders(root) {
        let names = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let names = names.filter_map(|name| name.into_string().ok());
        for name in names.filter(|name| is_env(name)).take(MOST_FILES) {
            found.extend(settings(&text(&folder.join(name))));
        }
        found.extend(settings(&text(&folder.join(".npmrc"))));
    }
    found.extend(json(&text(&data_home.join("opencode").join("auth.json"))));
    for (name, read) in HOME.iter().filter_map(|(name, read)| Some((home?.join(name), read))) {
        found.extend(read(&text(&name)));
    }
    found
}

/// The project's folder and those of its parts, such as `backend` and `apps/web`.
fn folders(root: &Path) -> Vec<PathBuf> {
    let mut all = vec![root.to_path_buf()];
    let mut level = all.clone();
    for _ in 0..LEVELS {
        let below: Vec<PathBuf> = level.iter().flat_map(|folder| parts(folder)).take(MOST_FOLDERS).collect();
        all.extend(below.iter().cloned());
        level = below;
    }
    all.truncate(MOST_FOLDERS);
    all
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    const FOREIGN: [&str; 5] = ["node_modules", "vendor", "target", "venv", "site-packages"];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    // A link may lead anywhere
    let is_part = |entry: &DirEntry| {
        let name = entry.file_name();
        let is_foreign =
            name.as_encoded_bytes().starts_with(b".") || FOREIGN.iter().any(|known| name == *known);
        !is_foreign && entry.file_type().is_ok_and(|kind| kind.is_dir())
    };
    entries.filter(is_part).map(|entry| entry.path()).collect()
}

fn is_env(name: &str) -> bool {
    let is_sample = [".example", ".sample", ".template", ".dist"].iter().any(|end| name.ends_with(end));
    let is_env = name == ".envrc" || name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
    is_env && !is_sample
}

fn text(path: &Path) -> String {
    let mut bytes = Vec::new();
    // Reading a pipe could block forever.
    let plain = path.metadata().is_ok_and(|found| found.is_file());
    if let Some(file) = plain.then(|| File::open(path).ok()).flatten() {
        let _ = file.take(MOST_BYTES).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads lines of the forms `NAME=value`, `name: value` and `name = "value"`.
fn settings(text: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return None;
        }
        // `//host/:_authToken=value`: the name of a setting may hold a colon
        let (name, value) = match line.split_once('=') {
            Some(pair) => pair,
            None => line.split_once(": ")?,
        };
        let name = name.trim().strip_prefix("export ").unwrap_or(name.trim());
        let name = name.rsplit(['/', ':']).next().unwrap_or(name).trim_matches(['"', '\'', ' ']);
        let value = unquoted(value.trim());
        let counts = holds_secret(name) || is_random(value) || value.contains("://") && value.contains('@');
        (counts && !value.contains("${")).then(|| (name.to_owned(), value.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest);
        }
    }
    value.split(" #").next().unwrap_or(value).trim()
}

/// Whether a value is long, in one piece, and has letters and digits: no word, path or address.
fn is_random(value: &str) -> bool {
    value.len() >= RANDOM
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+=".contains(&b))
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
}

fn netrc(text: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .windows(2)
        .filter_map(|pair| match pair {
            ["password" | "account", value] => Some(("netrc".to_owned(), (*value).to_owned())),
            _ => None,
        })
        .collect()
}

/// Reads lines of the form `https://user:password@host`.
fn logins(text: &str) -> Vec<(String, String)> {
    let password = |line: &str| {
        let (login, _) = line.split_once("://")?.1.rsplit_once('@')?;
        Some(("git".to_owned(), login.split_once(':')?.1.to_owned()))
    };
    text.lines().filter_map(password).collect()
}

/// Texts under secret names, and texts that look random, at any depth.
fn json(text: &str) -> Vec<(String, String)> {
    fn visit(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(name, value)| visit(name, value, found)),
            Value::Array(items) => items.iter().for_each(|value| visit(name, value, found)),
            Value::String(text) => {
                let known =
                    matches!(name, "access" | "refresh" | "auth" | "key" | "identitytoken" | "registrytoken");
                if known || holds_secret(name) || is_random(text) {
                    found.push((name.to_owned(), text.clone()));
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(text) {
        visit("", &value, &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Redactor;

    #[test]
    fn values_of_the_files_that_tools_know_are_taken_out_and_counted() {
        let place = tempfile::tempdir().unwrap();
        let (root, home, data) = (place.path().join("p"), place.path().join("h"), place.path().join("d"));
        let write = |path: std::path::PathBuf, text: &str| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            root.join(".env"),
            "# TOKEN=commented-out-1\nexport API_KEY=\"env-value-one\"\nPORT=3000\nNODE_ENV=development\nDB=postgres://me:database-word@host/db\nOTHER=q1w2e3r4t5y6u7i8 # note\n",
        );
        write(root.join(".env.example"), "API_KEY=shown-in-example\n");
        write(root.join("backend/.env"), "SECRET_KEY='nested-value-seven'\n");
        write(root.join("apps/web/.env.local"), "SESSION_SECRET=nested-value-eight\n");
        write(root.join("node_modules/a/.env"), "API_KEY=shown-in-package\n");
        write(home.join(".netrc"), "machine a login me password netrc-value-two\n");
        write(
            home.join(".npmrc"),
            "//registry.example.org/:_authToken=npm-value-three\nregistry=https://registry.example.org/\n",
        );
        write(home.join(".cargo/credentials.toml"), "[registry]\ntoken = \"cargo-value-four\"\n");
        write(home.join(".docker/config.json"), r#"{"auths":{"example.org":{"auth":"ZG9ja2VyOnZhbHVl"}}}"#);
        write(home.join(".git-credentials"), "https://me:git-value-five@example.org\n");
        write(data.join("opencode/auth.json"), r#"{"provider":{"type":"api","key":"opencode-value-six"}}"#);
        let redactor = Redactor::new(std::iter::empty()).with_files(&root, Some(&home), &data);
        for secret in [
            "env-value-one",
            "database-word",
            "q1w2e3r4t5y6u7i8",
            "netrc-value-two",
            "npm-value-three",
            "cargo-value-four",
            "ZG9ja2VyOnZhbHVl",
            "git-value-five",
            "opencode-value-six",
            "nested-value-seven",
            "nested-value-eight",
        ] {
            let said = redactor.redact(&format!("postgres://me:{secret}@host/db x")).into_owned();
            assert!(!said.contains(secret), "{said}");
        }
        assert_eq!(redactor.taken_out(), 11);
        redactor.redact("netrc-value-two again");
        assert_eq!(redactor.taken_out(), 11, "a secret is counted once");
        for plain in [
            "development",
            "3000",
            "shown-in-example",
            "shown-in-package",
            "commented-out-1",
            "https://registry.example.org/",
        ] {
            assert_eq!(redactor.redact(plain), plain);
        }
    }
}
