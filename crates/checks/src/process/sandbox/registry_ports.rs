//! The ports of registries and proxies in the user's own settings: fetching may connect to them even if a server of this
//! machine listens at the same port.
//!
//! The project's own settings do not count: they could name any server of the user.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// Words in the names of variables with such servers.
const VARIABLES: &[&str] = &["proxy", "registry", "index"];

/// Whether a variable or a key names a server from which packages are fetched. Lists of hosts without a proxy do not count,
/// because they may name any server.
fn names_server(name: &str) -> bool {
    let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let around = ["noproxy", "nonproxy", "proxybypass"].iter().any(|part| plain.contains(part));
    !around && VARIABLES.iter().any(|part| plain.contains(part))
}

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

/// The most bytes of a settings file; a longer file is skipped.
const MAX_BYTES: u64 = 64 << 10;

/// Ports at which packages are always fetched from other machines: web, and git by ssh.
const USUAL: [u16; 3] = [22, 80, 443];

/// The ports; `given` are the command's variables beside those of our own environment.
pub(super) fn ports(given: &BTreeMap<String, String>, home: Option<&Path>) -> Vec<u16> {
    let own = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let given = given.iter().map(|(name, value)| (name.clone(), value.clone()));
    let values = own.chain(given).filter(|(name, _)| names_server(name));
    let files = home.into_iter().flat_map(|home| SETTINGS.iter().map(move |below| home.join(below)));
    let texts = files.filter_map(|file| {
        let is_short =
            std::fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
        is_short.then(|| std::fs::read_to_string(&file).ok()).flatten()
    });
    let in_texts = texts.flat_map(|text| in_settings(&text));
    values.flat_map(|(_, value)| after_hosts(&value)).chain(in_texts).chain(USUAL).collect()
}

/// The ports after the name or number of a host, in a text about a server.
fn after_hosts(text: &str) -> Vec<u16> {
    static AFTER_HOST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\w\]]:(\d{2,5})\b").ok());
    found(AFTER_HOST.as_ref(), text)
}

/// The ports of URLs in settings, and those after a host in lines whose key is about a server; other lines contain times, or
/// ports that `ssh` forwards.
fn in_settings(text: &str) -> Vec<u16> {
    static IN_URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"://(?:[^\s/@"'<>]*@)?(?:\[[^\s\]]*\]|[^\s/:@"'<>\[\]]+):(\d{2,5})\b"#).ok()
    });
    let of_line = |line: &str| {
        let key = line.trim_start().split(['=', ':', ' ', '\t']).next().unwrap_or_default();
        let is_url = key.to_ascii_lowercase().contains("url");
        if is_url || names_server(key) { after_hosts(line) } else { found(IN_URL.as_ref(), line) }
    };
    text.lines().flat_map(of_line).collect()
}

fn found(pattern: Option<&Regex>, text: &str) -> Vec<u16> {
    let Some(pattern) = pattern else { return Vec::new() };
    let port = |found: regex::Captures<'_>| found.get(1)?.as_str().parse().ok();
    pattern.captures_iter(text).filter_map(port).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_those_after_a_host() {
        let text = "registry=http://localhost:4873/\nhttps://127.0.0.1:3141 http://[::1]:8081/x\nproxy.example.org:3128";
        assert_eq!(after_hosts(text), [4873, 3141, 8081, 3128]);
        assert!(after_hosts("https://example.org/ a : 80, localhost:99999, x:808080").is_empty());
    }

    #[test]
    fn settings_name_ports_in_urls_and_after_keys_for_servers() {
        let text = "registry=http://localhost:4873/\nhttps-proxy localhost:3128\nGOPROXY=127.0.0.1:3000,direct\n\
                    \tsource = \"sparse+http://me:12345@[::1]:8081/x\"\n<url>http://localhost:8082/m</url>\n";
        assert_eq!(in_settings(text), [4873, 3128, 3000, 8081, 8082]);
        let others = "sshCommand = ssh -L 5432:localhost:5432\nafter = 12:30\nhost = localhost:6379\n";
        assert!(in_settings(others).is_empty());
        let around = "noproxy=localhost:5432\nno-proxy = [\"a:6379\"]\n<nonProxyHosts>localhost:9092</nonProxyHosts>\n\
                      systemProp.http.nonProxyHosts=localhost:5432\n";
        assert!(in_settings(around).is_empty());
    }

    #[test]
    fn hosts_without_a_proxy_open_no_port() {
        for name in ["NO_PROXY", "no_proxy", "npm_config_noproxy", "NPM_CONFIG_NO_PROXY"] {
            let given = BTreeMap::from([(name.to_owned(), "localhost:6063".to_owned())]);
            assert!(!ports(&given, None).contains(&6063), "{name}");
        }
    }

    #[test]
    fn variables_of_registries_count_and_others_do_not() {
        let given = |name: &str| BTreeMap::from([(name.to_owned(), "http://localhost:6061".to_owned())]);
        assert!(ports(&given("npm_config_registry"), None).contains(&6061));
        assert!(!ports(&given("SERVER"), None).contains(&6061));
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(".npmrc"), "registry=http://localhost:6062").unwrap();
        assert!(ports(&BTreeMap::new(), Some(home.path())).contains(&6062));
    }
}
