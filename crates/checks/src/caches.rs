//! Caches of package managers and compilers. They are private, so that a check cannot write anything that the user's own
//! tools later run or link. Packages that the user has already fetched are read through symbolic links, never through
//! hard links, which would be the user's own files.

mod maven;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The variable that moves a cache, and the folder's name among our caches.
const MOVED: &[(&str, &str)] = &[
    ("npm_config_cache", "npm"),
    ("YARN_CACHE_FOLDER", "yarn"),
    ("YARN_GLOBAL_FOLDER", "yarn-global"),
    ("BUN_INSTALL_CACHE_DIR", "bun"),
    ("DENO_DIR", "deno"),
    ("PIP_CACHE_DIR", "pip"),
    ("UV_CACHE_DIR", "uv"),
    ("POETRY_CACHE_DIR", "poetry"),
    ("PIPENV_CACHE_DIR", "pipenv"),
    ("VIRTUALENV_OVERRIDE_APP_DATA", "virtualenv"),
    ("PRE_COMMIT_HOME", "pre-commit"),
    ("GOCACHE", "go-build"),
    ("COMPOSER_CACHE_DIR", "composer"),
    ("DOTNET_CLI_HOME", "dotnet"),
    ("XDG_CACHE_HOME", "xdg"),
];

/// Large programs that tools expect in the general cache folder.
const BROWSERS: &[(&str, &str)] = &[
    ("PLAYWRIGHT_BROWSERS_PATH", "ms-playwright"),
    ("PUPPETEER_CACHE_DIR", "puppeteer"),
    ("CYPRESS_CACHE_FOLDER", "Cypress"),
];

/// Settings about the origin of packages: the variable that names the file, and its path below the home folder.
const SETTINGS: &[(&str, &str)] = &[
    ("npm_config_userconfig", ".npmrc"),
    ("PIP_CONFIG_FILE", ".config/pip/pip.conf"),
    ("UV_CONFIG_FILE", ".config/uv/uv.toml"),
];

/// Words by which a line with a login is recognised.
const LOGINS: &[&str] = &["auth", "token", "password", "username", "secret", "key="];

/// Where Go gets modules from by default.
const GO_PROXY: &str = "https://proxy.golang.org,direct";

/// Index files up to this length are copied, because tools rewrite them; longer ones are packs, which are never
/// rewritten.
const MAX_COPIED: u64 = 1 << 20;

/// The most files that are linked one by one; a larger cache is not used.
const MAX_LINKED_FILES: usize = 40_000;

/// What a run needs from caches.
pub(crate) struct CachePlan<'a> {
    /// Our caches that an earlier run has filled; this run only reads them.
    pub fetched: Option<&'a Path>,
    /// Paths of the user that the command may read in any case.
    pub readable: &'a [PathBuf],
    /// The run fetches packages, so the user's fetched packages are linked first.
    pub fills: bool,
    /// The run builds with cargo.
    pub cargo: bool,
    /// The run builds with Maven.
    pub maven: bool,
    /// Its packages come from pnpm. npm would warn about pnpm's settings in each output.
    pub pnpm: bool,
}

/// Points every tool at caches below `caches`.
pub(crate) fn redirect(env: &mut BTreeMap<OsString, OsString>, caches: &Path, plan: &CachePlan) {
    let (fetched, readable) = (plan.fetched, plan.readable);
    let get = |env: &BTreeMap<OsString, OsString>, name: &str| env.get(OsStr::new(name)).map(PathBuf::from);
    let home = get(env, "HOME").unwrap_or_default();
    let general = get(env, "XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache"));
    for (name, below) in BROWSERS {
        let folder = general.join(below);
        if !env.contains_key(OsStr::new(name)) && folder.is_dir() {
            env.insert((*name).into(), folder.into());
        }
    }
    let corepack = get(env, "COREPACK_HOME").unwrap_or_else(|| general.join("node/corepack"));
    let fetched_tools = fetched.map(|fetched| fetched.join("corepack")).filter(|folder| folder.is_dir());
    let tools = match fetched_tools {
        Some(folder) => folder,
        // Corepack may add versions
        None if plan.fills || !corepack.is_dir() => {
            link_folders(&corepack.join("v1"), &caches.join("corepack/v1"), 2);
            caches.join("corepack")
        }
        None => corepack,
    };
    env.insert("COREPACK_HOME".into(), tools.into());
    take_over_settings(env, &home, caches, readable);
    let npm = get(env, "npm_config_cache").unwrap_or_else(|| home.join(".npm"));
    if plan.fills {
        take_over_npm(&npm, &caches.join("npm"));
    }
    let cargo = get(env, "CARGO_HOME").unwrap_or_else(|| home.join(".cargo"));
    let sources = [fetched.map(|fetched| fetched.join("cargo")), Some(cargo.clone())];
    if plan.cargo
        && let Some(from) = sources.into_iter().flatten().find(|from| from.join("registry").is_dir())
    {
        take_over_cargo(&from, &caches.join("cargo"), plan.fills);
    }
    set_default(env, "RUSTUP_HOME", home.join(".rustup"));
    env.insert("CARGO_HOME".into(), caches.join("cargo").into());
    if plan.maven {
        maven::redirect(env, &home.join(".m2"), fetched, &caches.join("maven"));
    }
    let gradle = get(env, "GRADLE_USER_HOME").unwrap_or_else(|| home.join(".gradle"));
    if gradle.is_dir() {
        set_default(env, "GRADLE_RO_DEP_CACHE", gradle.join("caches"));
        drop(fs::create_dir_all(caches.join("gradle")));
        drop(symlink(gradle.join("wrapper"), caches.join("gradle/wrapper")));
    }
    env.insert("GRADLE_USER_HOME".into(), caches.join("gradle").into());
    let modules = match (get(env, "GOMODCACHE"), get(env, "GOPATH")) {
        (Some(modules), _) => modules,
        (None, Some(path)) => path.join("pkg/mod"),
        (None, None) => home.join("go/pkg/mod"),
    };
    let known = modules.join("cache/download");
    let sources = [fetched.map(|fetched| fetched.join("go-mod")), Some(modules)];
    let filled = sources.into_iter().flatten().find(|folder| folder.join("cache").is_dir());
    let modules = match filled {
        // The user's modules are read in place
        Some(modules) if !plan.fills => modules,
        _ => caches.join("go-mod"),
    };
    env.insert("GOMODCACHE".into(), modules.into());
    if plan.fills && known.is_dir() {
        // The user's modules serve as a proxy before the user's own one: Go reads them, and fetches what they lack
        let after = env.get(OsStr::new("GOPROXY")).filter(|proxy| !proxy.is_empty());
        let after = after.cloned().unwrap_or_else(|| GO_PROXY.into());
        let mut proxies = OsString::from("file://");
        proxies.push(&known);
        proxies.push(",");
        proxies.push(after);
        env.insert("GOPROXY".into(), proxies);
    }
    // Copies, because hard links would lead into a cache
    env.insert("UV_LINK_MODE".into(), "copy".into());
    for (name, below) in MOVED {
        env.remove(OsStr::new(&name.to_ascii_uppercase()));
        env.insert((*name).into(), caches.join(below).into());
    }
    env.remove(OsStr::new("npm_config_store_dir"));
    if plan.pnpm {
        env.insert("npm_config_store_dir".into(), caches.join("pnpm").into());
        env.insert("npm_config_package_import_method".into(), "copy".into());
    }
}

/// Copies the user's settings of registries without lines that may hold a login. So packages can be found although the
/// private files cannot be read.
fn take_over_settings(
    env: &mut BTreeMap<OsString, OsString>,
    home: &Path,
    caches: &Path,
    readable: &[PathBuf],
) {
    for (name, below) in SETTINGS {
        let file = home.join(below);
        let is_short = fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() < 64 << 10);
        if !is_short || env.contains_key(OsStr::new(name)) || readable.contains(&file) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let has_login = |line: &str| {
            let lower = line.to_ascii_lowercase();
            LOGINS.iter().any(|word| lower.contains(word))
                || line
                    .split_once("://")
                    .is_some_and(|(_, rest)| rest.split('/').next().unwrap_or("").contains('@'))
        };
        let kept: String =
            text.lines().filter(|line| !has_login(line)).flat_map(|line| [line, "\n"]).collect();
        let copy = caches.join("settings").join(below.replace('/', "-"));
        drop(fs::create_dir_all(caches.join("settings")));
        if fs::write(&copy, kept).is_ok() {
            env.insert((*name).into(), copy.into());
        }
    }
}

fn set_default(env: &mut BTreeMap<OsString, OsString>, name: &str, folder: PathBuf) {
    if !env.contains_key(OsStr::new(name)) && folder.is_dir() {
        env.insert(name.into(), folder.into());
    }
}

/// Makes a home for cargo from which the user's packages can be read and to which others can be added. Best effort, as
/// all of these functions: a missing package is fetched, or the tool reports it.
fn take_over_cargo(from: &Path, to: &Path, fills: bool) {
    // If the whole index is a link, it takes no new package
    if fills && to.join("registry/index").is_symlink() {
        drop(fs::remove_dir_all(to.join("registry")));
        drop(fs::remove_file(to.join("git")));
    }
    if to.join("registry").exists() {
        return;
    }
    drop(fs::create_dir_all(to.join("registry/src")));
    if fills {
        let mut left = MAX_LINKED_FILES;
        for name in ["registry/index", "git/db"] {
            copy_tree(&from.join(name), &to.join(name), &mut left, MAX_COPIED);
        }
        link_folders(&from.join("registry/cache"), &to.join("registry/cache"), 2);
        link_folders(&from.join("git/checkouts"), &to.join("git/checkouts"), 2);
    } else {
        for name in ["registry/index", "registry/cache", "git"] {
            if from.join(name).exists() {
                drop(symlink(from.join(name), to.join(name)));
            }
        }
    }
    for registry in fs::read_dir(from.join("registry/src")).into_iter().flatten().flatten() {
        let here = to.join("registry/src").join(registry.file_name());
        drop(fs::create_dir_all(&here));
        for package in fs::read_dir(registry.path()).into_iter().flatten().flatten().take(MAX_LINKED_FILES) {
            drop(symlink(package.path(), here.join(package.file_name())));
        }
    }
    // Settings about the origin of packages, without the token
    for name in ["config.toml", "config"] {
        if let Ok(text) = fs::read_to_string(from.join(name))
            && !text.contains("token")
        {
            drop(fs::write(to.join(name), text));
        }
    }
}

/// Makes npm's cache: contents are links; the index is copied, because npm appends to it.
fn take_over_npm(from: &Path, to: &Path) {
    let (from, to) = (from.join("_cacache"), to.join("_cacache"));
    if to.exists() || !from.is_dir() {
        return;
    }
    let mut left = MAX_LINKED_FILES;
    copy_tree(&from.join("index-v5"), &to.join("index-v5"), &mut left, u64::MAX);
    copy_tree(&from.join("content-v2"), &to.join("content-v2"), &mut left, 0);
}

/// Makes real folders down to `depth`, so that files can be added; their files are links.
fn link_folders(from: &Path, to: &Path, depth: usize) {
    for entry in fs::read_dir(from).into_iter().flatten().flatten().take(MAX_LINKED_FILES) {
        let target = to.join(entry.file_name());
        drop(fs::create_dir_all(to));
        if depth > 1 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            link_folders(&entry.path(), &target, depth - 1);
        } else {
            drop(symlink(entry.path(), target));
        }
    }
}

/// Files longer than `most` become links.
fn copy_tree(from: &Path, to: &Path, left: &mut usize, most: u64) {
    if !from.is_dir() {
        return;
    }
    drop(fs::create_dir_all(to));
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => copy_tree(&source, &target, left, most),
            Ok(kind) if kind.is_symlink() => drop(symlink(&source, &target)),
            Ok(kind) if kind.is_file() && entry.metadata().is_ok_and(|found| found.len() > most) => {
                drop(symlink(&source, &target));
            }
            Ok(kind) if kind.is_file() => drop(fs::copy(&source, &target)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_write_to_private_caches_and_read_what_the_user_has() {
        let place = tempfile::tempdir().unwrap();
        let (home, caches) = (place.path().join("home"), place.path().join("caches"));
        let package = home.join(".cargo/registry/src/registry-1/one-1.0.0");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("lib.rs"), "mine").unwrap();
        fs::write(home.join(".cargo/credentials.toml"), "secret").unwrap();
        let index = home.join(".cargo/registry/index/registry-1/.cache/on");
        fs::create_dir_all(&index).unwrap();
        fs::write(index.join("one"), "versions").unwrap();
        fs::create_dir_all(home.join(".cargo/registry/cache/registry-1")).unwrap();
        fs::write(home.join(".cargo/registry/cache/registry-1/one-1.0.0.crate"), "packed").unwrap();
        fs::create_dir_all(home.join("go/pkg/mod/cache/download")).unwrap();
        let content = home.join(".npm/_cacache/content-v2/sha512/aa");
        fs::create_dir_all(&content).unwrap();
        fs::write(content.join("one"), "tarball").unwrap();
        fs::create_dir_all(home.join(".npm/_cacache/index-v5")).unwrap();
        fs::write(home.join(".npm/_cacache/index-v5/one"), "entry").unwrap();

        fs::create_dir_all(home.join(".cache/node/corepack/v1/pnpm/9.0.0")).unwrap();
        fs::write(home.join(".npmrc"), "registry=https://example.org\n//example.org/:_authToken=abc\n")
            .unwrap();
        let plan =
            CachePlan { fetched: None, readable: &[], fills: true, cargo: true, maven: false, pnpm: false };
        let mut env = BTreeMap::from([("HOME".into(), home.clone().into())]);
        redirect(&mut env, &caches, &plan);
        let at = |name: &str| PathBuf::from(env.get(OsStr::new(name)).unwrap());
        for (name, _) in MOVED {
            assert!(at(name).starts_with(&caches), "{name}");
        }
        assert!(!env.contains_key(OsStr::new("npm_config_store_dir")));
        let linked = at("CARGO_HOME").join("registry/src/registry-1/one-1.0.0/lib.rs");
        assert_eq!(fs::read_to_string(linked).unwrap(), "mine");
        assert!(!at("CARGO_HOME").join("credentials.toml").exists());
        // Files can be added to both, and the user's stay as they are
        let listed = at("CARGO_HOME").join("registry/index/registry-1/.cache/on");
        assert!(!listed.is_symlink() && !listed.join("one").is_symlink());
        fs::write(listed.join("one"), "more versions").unwrap();
        assert_eq!(fs::read_to_string(index.join("one")).unwrap(), "versions");
        let packed = at("CARGO_HOME").join("registry/cache/registry-1");
        assert!(!packed.is_symlink() && packed.join("one-1.0.0.crate").is_symlink());
        assert!(at("GOMODCACHE").starts_with(&caches));
        let proxies = env.get(OsStr::new("GOPROXY")).unwrap().to_string_lossy().into_owned();
        let first = format!("file://{}", home.join("go/pkg/mod/cache/download").display());
        assert_eq!(proxies, format!("{first},{GO_PROXY}"));
        let tool = at("COREPACK_HOME").join("v1/pnpm/9.0.0");
        assert!(tool.starts_with(&caches) && tool.is_symlink() && tool.is_dir());
        let settings = fs::read_to_string(at("npm_config_userconfig")).unwrap();
        assert_eq!(settings, "registry=https://example.org\n");
        let npm = at("npm_config_cache").join("_cacache");
        assert!(npm.join("content-v2/sha512/aa/one").is_symlink());
        // npm appends to it, so it must not be the user's file
        assert!(!npm.join("index-v5/one").is_symlink() && npm.join("index-v5/one").is_file());
        // A second run keeps the results of the first. Older caches, in which the index was one link, are made again
        // once
        let registry = caches.join("cargo/registry");
        fs::remove_dir_all(&registry).unwrap();
        fs::create_dir_all(&registry).unwrap();
        symlink(home.join(".cargo/registry/index"), registry.join("index")).unwrap();
        redirect(&mut env, &caches, &CachePlan { pnpm: true, ..plan });
        assert!(!registry.join("index").is_symlink());
        assert!(PathBuf::from(env.get(OsStr::new("npm_config_store_dir")).unwrap()).starts_with(&caches));
    }
}
