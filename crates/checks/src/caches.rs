//! Caches of package managers and compilers. They are private, so that a check cannot write anything that the user's own
//! tools later run or link. Packages that the user has already fetched are read through symbolic links, never through
//! hard links, which would be the user's own files.

mod maven;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::beneath::Beneath;

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

/// Those of our caches that a run copies before it adds to them, beside npm's, and the longest file that is copied; a longer
/// one is linked.
const LAYERED_PYTHON: &[&str] = &["pip", "uv", "poetry"];
const LAYERED_NODE: &[&str] = &["yarn", "bun"];
const MAX_LAYERED: u64 = 32 << 10;

/// The most files that are linked one by one; a larger cache is not used.
const MAX_LINKED_FILES: usize = 40_000;

/// What a run needs from caches.
pub(crate) struct CachePlan<'a> {
    /// Our caches that earlier runs have filled, the preferred ones first; this run only reads them.
    pub fetched: &'a [PathBuf],
    /// Paths of the user that the command may read in any case.
    pub readable: &'a [PathBuf],
    /// The run fetches packages, so the user's fetched packages are linked first.
    pub fills: bool,
    /// The run installs packages of Node, and of Python.
    pub node: bool,
    pub python: bool,
    /// The run builds with cargo.
    pub cargo: bool,
    /// The run builds with Maven.
    pub maven: bool,
    /// Its packages come from pnpm. npm would warn about pnpm's settings in each output.
    pub pnpm: bool,
}

/// Points every tool at caches below `caches`. Earlier commands may have written there and to `fetched`, so both are read and
/// written through no link.
pub(crate) fn redirect(
    env: &mut BTreeMap<OsString, OsString>,
    caches: &Path,
    plan: &CachePlan,
) -> std::io::Result<()> {
    let own = Beneath::make(caches)?;
    let filled: Vec<Beneath> = plan.fetched.iter().filter_map(|path| Beneath::at(path)).collect();
    let fetched = |below: &str| filled.iter().filter_map(|from| from.below(below)).collect::<Vec<_>>();
    let with_user = |below: &str, user: &Path| fetched(below).into_iter().chain(Beneath::of_user(user));
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
    let tools = match fetched("corepack").first() {
        Some(folder) => folder.path().to_path_buf(),
        // Corepack may add versions
        None if plan.fills || !corepack.is_dir() => {
            if let Some(versions) = Beneath::of_user(&corepack.join("v1")) {
                own.made("corepack/v1")?.link_folders(&versions, 2);
            }
            caches.join("corepack")
        }
        None => corepack,
    };
    env.insert("COREPACK_HOME".into(), tools.into());
    take_over_settings(env, &home, &own, plan.readable);
    let npm = get(env, "npm_config_cache").unwrap_or_else(|| home.join(".npm"));
    if plan.fills {
        // Many small files: copied only for runs that read them
        if plan.node {
            if let Some(npm) = with_user("npm", &npm).find(|from| from.has("_cacache")) {
                take_over_npm(&npm, &own.made("npm")?);
            }
            take_over_fetched(&filled, &own, LAYERED_NODE);
        }
        if plan.python {
            take_over_fetched(&filled, &own, LAYERED_PYTHON);
        }
    }
    let cargo = get(env, "CARGO_HOME").unwrap_or_else(|| home.join(".cargo"));
    if plan.cargo
        && let Some(from) = with_user("cargo", &cargo).find(|from| from.below("registry").is_some())
    {
        take_over_cargo(&from, &own.made("cargo")?, plan.fills);
    }
    set_default(env, "RUSTUP_HOME", home.join(".rustup"));
    env.insert("CARGO_HOME".into(), caches.join("cargo").into());
    if plan.maven {
        maven::redirect(env, &home.join(".m2"), fetched("maven/.m2"), &own.made("maven")?);
    }
    let gradle = get(env, "GRADLE_USER_HOME").unwrap_or_else(|| home.join(".gradle"));
    if gradle.is_dir() {
        set_default(env, "GRADLE_RO_DEP_CACHE", gradle.join("caches"));
        // After the first run the link is already there
        drop(own.link("gradle/wrapper", &gradle.join("wrapper")));
    }
    env.insert("GRADLE_USER_HOME".into(), caches.join("gradle").into());
    let modules = match (get(env, "GOMODCACHE"), get(env, "GOPATH")) {
        (Some(modules), _) => modules,
        (None, Some(path)) => path.join("pkg/mod"),
        (None, None) => home.join("go/pkg/mod"),
    };
    let known = modules.join("cache/download");
    let has_modules = with_user("go-mod", &modules).find(|folder| folder.below("cache").is_some());
    let modules = match has_modules.map(|folder| folder.path().to_path_buf()) {
        // The user's modules are read in place
        Some(modules) if !plan.fills => modules,
        _ => caches.join("go-mod"),
    };
    env.insert("GOMODCACHE".into(), modules.into());
    let fetched_modules =
        fetched("go-mod/cache/download").into_iter().map(|folder| folder.path().to_path_buf());
    for known in fetched_modules.chain([known]).filter(|known| plan.fills && known.is_dir()) {
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
    Ok(())
}

/// Copies the user's settings of registries without lines that may hold a login. So packages can be found although the
/// private files cannot be read.
fn take_over_settings(
    env: &mut BTreeMap<OsString, OsString>,
    home: &Path,
    caches: &Beneath,
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
            LOGINS.iter().any(|word| lower.contains(word)) || crate::environment::has_login(line)
        };
        let kept: String =
            text.lines().filter(|line| !has_login(line)).flat_map(|line| [line, "\n"]).collect();
        let copy = format!("settings/{}", below.replace('/', "-"));
        if caches.write(&copy, kept.as_bytes()).is_ok() {
            env.insert((*name).into(), caches.path().join(copy).into());
        }
    }
}

fn set_default(env: &mut BTreeMap<OsString, OsString>, name: &str, folder: PathBuf) {
    if !env.contains_key(OsStr::new(name)) && folder.is_dir() {
        env.insert(name.into(), folder.into());
    }
}

/// Makes a home for cargo from which the user's packages can be read and to which others can be added. Best effort, as all of
/// these functions: a missing package is fetched, or the tool reports it.
fn take_over_cargo(from: &Beneath, to: &Beneath, fills: bool) {
    // If the whole index is a link, it takes no new package
    let is_old = fills && to.has_link("registry/index");
    if to.has("registry") && !is_old {
        return;
    }
    for name in ["registry/index", "registry/cache", "git"] {
        if to.has_link(name) {
            to.unlink(name);
        }
    }
    if fills {
        let mut left = MAX_LINKED_FILES;
        for name in ["registry/index", "git/db"] {
            if let (Some(from), Ok(to)) = (from.below(name), to.made(name)) {
                to.copy_from(&from, &mut left, MAX_COPIED);
            }
        }
        for name in ["registry/cache", "git/checkouts"] {
            if let (Some(from), Ok(to)) = (from.below(name), to.made(name)) {
                to.link_folders(&from, 2);
            }
        }
    } else {
        for name in ["registry/index", "registry/cache", "git"] {
            if from.has(name) {
                drop(to.link(name, &from.path().join(name)));
            }
        }
    }
    if let Ok(to) = to.made("registry/src")
        && let Some(from) = from.below("registry/src")
    {
        to.link_folders(&from, 2);
    }
    // Settings about the origin of packages, without the token
    for name in ["config.toml", "config"] {
        if let Some(text) = from.text(name, MAX_COPIED).filter(|text| !text.contains("token")) {
            drop(to.write(name, text.as_bytes()));
        }
    }
}

/// Copies caches that earlier runs have filled, for a run that adds to them; long files become links, and are only read.
fn take_over_fetched(fetched: &[Beneath], to: &Beneath, names: &[&str]) {
    let mut left = MAX_LINKED_FILES;
    for name in names {
        if let Some(from) = fetched.iter().find_map(|fetched| fetched.below(name))
            && !to.has(name)
            && let Ok(to) = to.made(name)
        {
            to.copy_from(&from, &mut left, MAX_LAYERED);
        }
    }
}

/// Makes npm's cache: contents are links; the index is copied, because npm appends to it.
fn take_over_npm(from: &Beneath, to: &Beneath) {
    if to.has("_cacache") {
        return;
    }
    let mut left = MAX_LINKED_FILES;
    for (name, most) in [("_cacache/index-v5", u64::MAX), ("_cacache/content-v2", 0)] {
        if let (Some(from), Ok(to)) = (from.below(name), to.made(name)) {
            to.copy_from(&from, &mut left, most);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_an_earlier_command_left_leads_nowhere() {
        let place = tempfile::tempdir().unwrap();
        let (home, caches, fetched) =
            (place.path().join("home"), place.path().join("tmp/caches"), place.path().join("fetched"));
        for folder in [home.join(".cargo/registry/index"), home.join(".ssh"), caches.clone(), fetched.clone()]
        {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(home.join(".npmrc"), "registry=https://example.org\n_authToken=mine\n").unwrap();
        fs::write(home.join(".cargo/config.toml"), "[net]").unwrap();
        fs::write(home.join(".ssh/key"), "mine").unwrap();
        let plan = CachePlan {
            fetched: std::slice::from_ref(&fetched),
            readable: &[],
            fills: false,
            node: false,
            python: false,
            cargo: true,
            maven: true,
            pnpm: false,
        };
        let mut env = BTreeMap::from([("HOME".into(), home.clone().into())]);
        // Links lead into the home from the folders that we write, and from those that we read
        symlink(&home, caches.join("settings")).unwrap();
        symlink(home.join(".ssh"), caches.join("cargo")).unwrap();
        symlink(&home, caches.join("maven")).unwrap();
        fs::create_dir_all(fetched.join("cargo/registry")).unwrap();
        symlink(home.join(".ssh/key"), fetched.join("cargo/config.toml")).unwrap();
        fs::create_dir_all(fetched.join("maven/.m2")).unwrap();
        symlink(home.join(".ssh"), fetched.join("maven/.m2/repository")).unwrap();
        redirect(&mut env, &caches, &plan).unwrap();
        assert!(fs::read_to_string(home.join(".npmrc")).unwrap().contains("mine"));
        assert_eq!(fs::read_dir(home.join(".ssh")).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&home).unwrap().count(), 3);
        assert!(!caches.join("cargo/config.toml").exists());
        assert!(!caches.join("maven/.m2/repository/key").exists());
        assert!(caches.join("settings/.npmrc").is_file());
    }

    #[test]
    fn a_run_that_adds_to_its_own_caches_reads_what_earlier_ones_fetched() {
        let place = tempfile::tempdir().unwrap();
        let (home, shared, own) =
            (place.path().join("home"), place.path().join("shared"), place.path().join("own"));
        for folder in
            ["npm/_cacache/index-v5", "npm/_cacache/content-v2/aa", "pip/http", "go-mod/cache/download"]
        {
            fs::create_dir_all(shared.join(folder)).unwrap();
        }
        fs::create_dir(&home).unwrap();
        fs::write(shared.join("npm/_cacache/content-v2/aa/one"), "tarball").unwrap();
        fs::write(shared.join("pip/http/small"), "index").unwrap();
        fs::write(shared.join("pip/http/wheel"), vec![0; 40 << 10]).unwrap();
        let plan = CachePlan {
            fetched: std::slice::from_ref(&shared),
            readable: &[],
            fills: true,
            node: true,
            python: true,
            cargo: false,
            maven: false,
            pnpm: false,
        };
        let mut env = BTreeMap::from([("HOME".into(), home.into())]);
        redirect(&mut env, &own, &plan).unwrap();
        assert!(own.join("npm/_cacache/content-v2/aa/one").is_symlink());
        assert!(own.join("pip/http/small").is_file() && !own.join("pip/http/small").is_symlink());
        assert!(own.join("pip/http/wheel").is_symlink());
        let proxies = env.get(OsStr::new("GOPROXY")).unwrap().to_string_lossy().into_owned();
        assert!(proxies.starts_with(&format!("file://{}", shared.join("go-mod/cache/download").display())));
        fs::write(own.join("pip/http/small"), "poison").unwrap();
        assert_eq!(fs::read_to_string(shared.join("pip/http/small")).unwrap(), "index");
    }

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
        let plan = CachePlan {
            fetched: &[],
            readable: &[],
            fills: true,
            node: true,
            python: false,
            cargo: true,
            maven: false,
            pnpm: false,
        };
        let mut env = BTreeMap::from([("HOME".into(), home.clone().into())]);
        redirect(&mut env, &caches, &plan).unwrap();
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
        redirect(&mut env, &caches, &CachePlan { pnpm: true, ..plan }).unwrap();
        assert!(!registry.join("index").is_symlink());
        assert!(PathBuf::from(env.get(OsStr::new("npm_config_store_dir")).unwrap()).starts_with(&caches));
    }
}
