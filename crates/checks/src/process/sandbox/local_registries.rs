//! Registries and proxies that the user runs on this machine: the only local servers that fetching packages may reach.
//!
//! They are named in the user's environment and settings. What the project's own settings name does not count: it could be
//! any server of the user's.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// What the name of a variable that names such a server contains.
const VARIABLES: &[&str] = &["proxy", "registry", "index"];

/// Settings of package managers below the home folder.
const SETTINGS: &[&str] = &[
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".bunfig.toml",
    ".config/pip/pip.conf",
    ".pip/pip.conf",
    ".config/uv/uv.toml",
    ".config/pypoetry/config.toml",
    ".cargo/config.toml",
    ".config/go/env",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".gradle/init.gradle",
    ".gemrc",
    ".bundle/config",
    ".gitconfig",
    ".config/git/config",
];

/// Longer ones are no settings.
const MAX_BYTES: u64 = 64 << 10;

/// The ports; `given` are variables that a command gets beside those of our own environment.
pub(super) fn ports(given: &BTreeMap<String, String>, home: Option<&Path>) -> Vec<u16> {
    let own = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let given = given.iter().map(|(name, value)| (name.clone(), value.clone()));
    let values = own.chain(given).filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        VARIABLES.iter().any(|part| name.contains(part))
    });
    let files = home.into_iter().flat_map(|home| SETTINGS.iter().map(move |below| home.join(below)));
    let texts = files.filter_map(|file| {
        let is_short =
            std::fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
        is_short.then(|| std::fs::read_to_string(&file).ok()).flatten()
    });
    values.map(|(_, value)| value).chain(texts).flat_map(|text| named(&text)).collect()
}

/// Ports of this machine that a text names.
fn named(text: &str) -> Vec<u16> {
    static LOCAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0)\s*:\s*(\d+)|\[::1?\]:(\d+)").ok()
    });
    let Some(local) = LOCAL.as_ref() else { return Vec::new() };
    let port = |found: regex::Captures<'_>| found.get(1).or(found.get(2))?.as_str().parse().ok();
    local.captures_iter(text).filter_map(port).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_from_addresses_of_this_machine_only() {
        let text =
            "registry=http://localhost:4873/\nhttps://127.0.0.1:3141 http://[::1]:81/ http://example.org:90";
        assert_eq!(named(text), [4873, 3141, 81]);
        assert!(named("notlocalhost1:5 localhost:99999 10.127.0.0.1").is_empty());
    }

    #[test]
    fn variables_of_registries_count_and_others_do_not() {
        let given = |name: &str| BTreeMap::from([(name.to_owned(), "http://localhost:61".to_owned())]);
        assert!(ports(&given("npm_config_registry"), None).contains(&61));
        assert!(!ports(&given("SERVER"), None).contains(&61));
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(".npmrc"), "registry=http://localhost:62").unwrap();
        assert!(ports(&BTreeMap::new(), Some(home.path())).contains(&62));
    }
}
