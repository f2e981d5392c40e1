//! The environment of a check: empty, except for the variables that are named here.
//!
//! `process` starts each command with it. A variable of the user gets through only if it is named here and does not look like a
//! secret.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use shared::secret_variables::may_be_secret;

/// Copied from our own environment if set.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    // Folders of toolchains and their caches
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CARGO_NET_OFFLINE",
    "CARGO_HTTP_CAINFO",
    "GOROOT",
    "GOPATH",
    "GOCACHE",
    "GOMODCACHE",
    "GOPROXY",
    "GOSUMDB",
    "GOFLAGS",
    "GOTOOLCHAIN",
    "JAVA_HOME",
    "MAVEN_HOME",
    "GRADLE_HOME",
    "GRADLE_USER_HOME",
    "DOTNET_ROOT",
    "ANDROID_HOME",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "PYTHONPATH",
    "UV_CACHE_DIR",
    "UV_PYTHON",
    "PIP_CACHE_DIR",
    "PIP_INDEX_URL",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "VOLTA_HOME",
    "FNM_DIR",
    "FNM_MULTISHELL_PATH",
    "COREPACK_HOME",
    "PNPM_HOME",
    "BUN_INSTALL",
    "DENO_DIR",
    "YARN_CACHE_FOLDER",
    "ASDF_DIR",
    "ASDF_DATA_DIR",
    "MISE_DATA_DIR",
    "GEM_HOME",
    "GEM_PATH",
    "RBENV_ROOT",
    "npm_config_cache",
    "npm_config_registry",
    "npm_config_offline",
    "npm_config_prefer_offline",
    "npm_config_store_dir",
    "npm_config_cafile",
    "NPM_CONFIG_CACHE",
    "NPM_CONFIG_REGISTRY",
    "XDG_CACHE_HOME",
    // Compilers and certificates
    "CC",
    "CXX",
    "AR",
    "CFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    "PKG_CONFIG_PATH",
    "LIBCLANG_PATH",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "NIX_SSL_CERT_FILE",
    "UV_NATIVE_TLS",
    "NODE_EXTRA_CA_CERTS",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// Copied from our own environment by prefix.
const INHERITED_PREFIXES: &[&str] = &["LC_", "NVM_"];

/// Always set to these values.
const FIXED: &[(&str, &str)] = &[
    ("CI", "1"),
    ("TERM", "dumb"),
    ("NO_COLOR", "1"),
    ("CARGO_TERM_COLOR", "never"),
    ("CARGO_TERM_PROGRESS_WHEN", "never"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONUNBUFFERED", "1"),
    ("NPM_CONFIG_UPDATE_NOTIFIER", "false"),
    ("NPM_CONFIG_FUND", "false"),
    ("NPM_CONFIG_AUDIT", "false"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"),
];

/// An installed version of pnpm is good enough, because others cannot be fetched. npm warns of these settings, so only a
/// project of pnpm has them.
const OF_PNPM: &[(&str, &str)] = &[
    ("npm_config_manage_package_manager_versions", "false"),
    ("npm_config_package_manager_strict", "false"),
];

/// Every run carries this mark, so that processes it started can be found again. The name tells code under test
/// nothing: code must not behave differently where it is checked.
pub(crate) const MARKER: &str = "JOB_RUN_ID";

/// Whether a text holds an address with a login: of a proxy, an index, a registry.
pub(crate) fn has_login(text: &str) -> bool {
    text.split("://")
        .skip(1)
        .any(|rest| rest.split(['/', ',', ' ', '|', '\'']).next().unwrap_or(rest).contains('@'))
}

/// The environment of a check that runs in `directory` below `root`.
pub(crate) fn build(
    ours: impl Iterator<Item = (OsString, OsString)>,
    extra: &BTreeMap<String, String>,
    directory: &Path,
    root: &Path,
    tmp: &Path,
    marker: &str,
) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> = BTreeMap::new();
    for (name, value) in ours {
        let inherits = name.to_str().is_some_and(|name| {
            INHERITED.contains(&name) || INHERITED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        });
        if inherits && !has_login(&value.to_string_lossy()) {
            all.insert(name, value);
        }
    }
    all.extend(FIXED.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))));
    let is_of_pnpm = |folder: &Path| {
        ["pnpm-lock.yaml", "pnpm-workspace.yaml"].iter().any(|name| folder.join(name).is_file())
    };
    if is_of_pnpm(directory) || is_of_pnpm(root) {
        all.extend(OF_PNPM.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))));
    }
    all.extend(extra.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))));
    all.retain(|name, _| !may_be_secret(&name.to_string_lossy()));
    for name in ["TMPDIR", "TMP", "TEMP"] {
        all.insert(name.into(), tmp.into());
    }
    all.insert(MARKER.into(), marker.into());
    let venv = virtual_environment(directory, root);
    let path = all.remove(OsStr::new("PATH")).unwrap_or_else(|| DEFAULT_PATH.into());
    // A project's Python hides the system's; its Node tools are only added
    let first = venv.iter().map(|venv| venv.join("bin"));
    let last = [directory, root].map(|folder| folder.join("node_modules/.bin"));
    let last = last.into_iter().filter(|folder| folder.is_dir());
    let folders: Vec<PathBuf> = first.chain(std::env::split_paths(&path)).chain(last).collect();
    all.insert("PATH".into(), std::env::join_paths(folders).unwrap_or(path));
    if let Some(venv) = venv {
        all.insert("VIRTUAL_ENV".into(), venv.into());
    }
    all
}

const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

fn virtual_environment(directory: &Path, root: &Path) -> Option<PathBuf> {
    let places = [directory, root].into_iter().flat_map(|folder| [folder.join(".venv"), folder.join("venv")]);
    places.into_iter().find(|venv| venv.join("pyvenv.cfg").is_file())
}

/// Replaces folders of the user's checkout by those of the slot: an activated environment or a search path must not lead a
/// check to files outside of the slot.
pub(crate) fn lead_into_slot(env: &mut BTreeMap<OsString, OsString>, checkout: &Path, slot: &Path) {
    for name in ["PATH", "PYTHONPATH", "GEM_PATH"] {
        let Some(value) = env.get(OsStr::new(name)) else { continue };
        let lead = |folder: PathBuf| match folder.strip_prefix(checkout) {
            Ok(_) if folder.starts_with(slot) => Some(folder),
            Ok(below) => {
                let here = slot.join(below);
                let installed = folder.components().any(|part| part.as_os_str() == "node_modules")
                    || folder.ancestors().any(|above| above.join("pyvenv.cfg").is_file());
                // If the checkout is a home folder, it contains toolchains as well
                let gone = installed || name != "PATH";
                if here.is_dir() { Some(here) } else { (!gone).then_some(folder) }
            }
            Err(_) => Some(folder),
        };
        let folders: Vec<PathBuf> = std::env::split_paths(value).filter_map(lead).collect();
        match std::env::join_paths(folders) {
            Ok(value) if !value.is_empty() => drop(env.insert(name.into(), value)),
            _ => drop(env.remove(OsStr::new(name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(ours: &[(&str, &str)], extra: &[(&str, &str)]) -> BTreeMap<String, String> {
        let ours = ours.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let here = Path::new("/nowhere");
        build(ours, &extra, here, here, Path::new("/t"), "m-1")
            .into_iter()
            .map(|(name, value)| (name.into_string().unwrap(), value.into_string().unwrap()))
            .collect()
    }

    #[test]
    fn search_paths_lead_into_the_slot() {
        let place = tempfile::tempdir().unwrap();
        let (checkout, slot) = (place.path().join("mine"), place.path().join("slot"));
        for folder in ["mine/.venv/bin", "mine/src", "mine/bin", "slot/src", "other"] {
            std::fs::create_dir_all(place.path().join(folder)).unwrap();
        }
        std::fs::write(checkout.join(".venv/pyvenv.cfg"), "").unwrap();
        let path = |below: &[&str]| {
            std::env::join_paths(below.iter().map(|folder| place.path().join(folder))).unwrap()
        };
        let mut env = BTreeMap::from([
            ("PATH".into(), path(&["mine/.venv/bin", "mine/bin", "other"])),
            ("PYTHONPATH".into(), path(&["mine/src", "mine/gone", "other"])),
        ]);
        lead_into_slot(&mut env, &checkout, &slot);
        assert_eq!(env[OsStr::new("PATH")], path(&["mine/bin", "other"]));
        assert_eq!(env[OsStr::new("PYTHONPATH")], path(&["slot/src", "other"]));
        let mut env = BTreeMap::from([("PYTHONPATH".into(), path(&["mine/gone"]))]);
        lead_into_slot(&mut env, &checkout, &slot);
        assert!(env.is_empty(), "{env:?}");
    }

    #[test]
    fn only_named_variables_pass() {
        let env = built(
            &[("HOME", "/h"), ("LC_ALL", "C"), ("EDITOR", "vi"), ("CI", "0"), ("DATABASE_URL", "x")],
            &[],
        );
        assert_eq!(env["HOME"], "/h");
        assert_eq!(env["LC_ALL"], "C");
        assert_eq!(env["CI"], "1");
        assert_eq!(env["TMPDIR"], "/t");
        assert_eq!(env[MARKER], "m-1");
        assert_eq!(env["PATH"], DEFAULT_PATH);
        assert!(!env.contains_key("EDITOR") && !env.contains_key("DATABASE_URL"));
    }

    #[test]
    fn nothing_secret_passes_even_when_asked_for() {
        let names = ["OPENAI_API_KEY", "LC_TOKEN", "NVM_AUTH", "my_secret", "DB_PASSWORD", "SSH_AUTH_SOCK"];
        let pairs: Vec<_> = names.iter().map(|name| (*name, "x")).collect();
        let env = built(&pairs, &pairs);
        assert!(names.iter().all(|name| !env.contains_key(*name)), "{env:?}");
    }

    #[test]
    fn an_address_with_a_login_does_not_pass() {
        let env =
            built(&[("HTTPS_PROXY", "http://me:pw@proxy:1"), ("HTTP_PROXY", "http://proxy:1/a@b")], &[]);
        assert!(!env.contains_key("HTTPS_PROXY"));
        assert_eq!(env["HTTP_PROXY"], "http://proxy:1/a@b");
    }
}
