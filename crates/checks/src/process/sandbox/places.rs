//! The paths of this machine that a command may see: the system, toolchains and their packages, but no files of the user.

use std::ffi::OsStr;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Reach, real};
use crate::toolchain::PROGRAMS;

/// Top-level folders of the system, without homes, `/root`, `/run`, `/tmp`, `/var` and other disks.
pub(super) const SYSTEM: &[&str] =
    &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu", "/sys"];

/// Settings of the system; see [`hidden`].
const SETTINGS: &str = "/etc";

/// System files with secrets, which are hidden even from root.
const HIDDEN: &[&str] = &[
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/sudoers",
    "/etc/sudoers.d",
    // The server of this socket builds what it is told to
    "/nix/var/nix/daemon-socket",
];
/// Folders of programs that are not the system's own. What only root may read there, and sockets of running servers, no
/// command may reach.
const ADDED: &[&str] = &["/opt", "/usr/local"];
/// The deepest level of those that is searched, and the most entries.
const ADDED_LEVELS: u8 = 4;
const MOST_ADDED: usize = 50_000;

/// The deepest level of settings that is searched.
const MOST_LEVELS: u8 = 5;

/// Toolchains and their packages, below the home folder, without settings that may hold a token.
const IN_HOME: &[&str] = &[
    ".asdf",
    ".bun/bin",
    ".bun/install/cache",
    ".cache/Cypress",
    ".cache/ms-playwright",
    ".cache/node",
    ".cache/puppeteer",
    ".cargo/bin",
    ".cargo/env",
    ".cargo/git",
    ".cargo/registry",
    ".conda",
    ".deno/bin",
    ".dotnet",
    ".fnm",
    ".ghcup",
    ".gradle/caches",
    ".gradle/wrapper",
    ".juliaup",
    ".local/bin",
    ".local/lib",
    ".local/pipx",
    ".local/share/fnm",
    ".local/share/mise",
    ".local/share/pipx",
    ".local/share/pnpm",
    ".local/share/uv",
    ".m2/repository",
    ".m2/wrapper",
    ".npm-global",
    ".nuget/packages",
    ".nvm",
    ".proto",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".rvm",
    ".sdkman",
    ".volta",
    ".yarn/bin",
    "anaconda3",
    "go/bin",
    "go/pkg",
    "miniconda3",
    "sdk",
];

/// Variables that name a toolchain's folder.
const VARIABLES: &[&str] = &[
    "RUSTUP_HOME",
    "GOROOT",
    "GOMODCACHE",
    "JAVA_HOME",
    "MAVEN_HOME",
    "GRADLE_HOME",
    "DOTNET_ROOT",
    "ANDROID_HOME",
    "PYENV_ROOT",
    "NVM_DIR",
    "VOLTA_HOME",
    "FNM_DIR",
    "COREPACK_HOME",
    "PNPM_HOME",
    "ASDF_DIR",
    "ASDF_DATA_DIR",
    "MISE_DATA_DIR",
    "RBENV_ROOT",
    "GEM_HOME",
];

/// Files with logins that programs keep beside what they install.
const LOGINS: &[&str] =
    &["auth.json", "credentials", "credentials.json", "credentials.toml", ".npmrc", ".netrc"];

/// What shows that a folder is somebody's project and no installation.
const PROJECT: &[&str] =
    &[".env", "package.json", "Cargo.toml", "pyproject.toml", "go.mod", "composer.json", "pom.xml"];

/// Folders below `CARGO_HOME`: everything but the credentials.
const CARGO: &[&str] = &["bin", "registry", "git"];

/// The paths that a command may see and change, beside its slot.
#[derive(Default)]
pub(super) struct Places {
    pub readable: Vec<PathBuf>,
    pub writable: Vec<PathBuf>,
}

impl Places {
    /// The places for level basic, as paths of this machine.
    pub fn of(reach: &Reach) -> Places {
        let mut readable: Vec<PathBuf> =
            SYSTEM.iter().flat_map(|folder| without_hidden(Path::new(folder))).collect();
        readable.push(PathBuf::from("/proc"));
        readable.extend(["/run/current-system", "/run/systemd/resolve", "/var/lib/snapd"].map(PathBuf::from));
        readable.retain(|path| path.exists());
        readable.extend(toolchains(reach));
        readable.extend(reach.readable.iter().cloned());
        let mut writable = vec![reach.root.clone(), reach.tmp.clone()];
        writable.extend(reach.writable.iter().cloned());
        Places { readable, writable }
    }
}

/// System files that no command may read: known files with secrets and, if we are root and nothing else protects them, all
/// settings that only their owner may read. Searched once.
pub(super) fn hidden() -> &'static [PathBuf] {
    static FOUND: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let mut all: Vec<PathBuf> = HIDDEN.iter().map(PathBuf::from).filter(|path| path.exists()).collect();
        if rustix::process::geteuid().is_root() {
            let own = private(Path::new(SETTINGS), MOST_LEVELS);
            all.extend(own.into_iter().filter(|path| !HIDDEN.iter().any(|known| path.starts_with(known))));
        }
        let mut left = MOST_ADDED;
        for folder in ADDED {
            all.extend(unreachable_in(Path::new(folder), ADDED_LEVELS, &mut left));
        }
        all
    })
}

/// Files and folders below this one that only their owner may read.
fn private(folder: &Path, levels: u8) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let found = entries.flat_map(|entry| {
        let Ok(found) = entry.metadata() else { return Vec::new() };
        let needed = match found.file_type() {
            kind if kind.is_dir() => 0o005,
            kind if kind.is_file() => 0o004,
            _ => return Vec::new(),
        };
        match found.mode() & needed == needed {
            false => vec![entry.path()],
            true if found.is_dir() && levels > 0 => private(&entry.path(), levels - 1),
            true => Vec::new(),
        }
    });
    found.collect()
}

/// Sockets below this folder, and if we are root, files that only root may read.
fn unreachable_in(folder: &Path, levels: u8, left: &mut usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if *left == 0 {
            break;
        }
        *left -= 1;
        let Ok(kind) = entry.file_type() else { continue };
        let is_own = || {
            let mode = entry.metadata().map_or(0, |found| found.mode());
            rustix::process::geteuid().is_root() && mode & 0o177 == 0
        };
        if kind.is_socket() || kind.is_file() && is_own() {
            found.push(entry.path());
        } else if kind.is_dir() && levels > 0 {
            found.extend(unreachable_in(&entry.path(), levels - 1, left));
        }
    }
    found
}

/// A folder, or if it contains something hidden, all its other entries.
fn without_hidden(folder: &Path) -> Vec<PathBuf> {
    let hidden = || hidden().iter();
    if hidden().any(|hidden| hidden == folder) {
        return Vec::new();
    }
    if !hidden().any(|hidden| hidden.starts_with(folder)) || folder.is_symlink() {
        return vec![folder.to_path_buf()];
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| without_hidden(&entry.path())).collect()
}

/// Existing folders of toolchains that are not part of the system.
pub(super) fn toolchains(reach: &Reach) -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = reach.home.clone();
    let mut all: Vec<PathBuf> =
        home.iter().flat_map(|home| IN_HOME.iter().map(|name| home.join(name))).collect();
    all.extend(VARIABLES.iter().filter_map(|name| set(name)));
    all.extend(
        set("CARGO_HOME").into_iter().flat_map(|cargo| CARGO.iter().map(move |name| cargo.join(name))),
    );
    let path = std::env::var_os("PATH").unwrap_or_default();
    for folder in std::env::split_paths(&path).filter(|folder| folder.is_absolute()) {
        all.extend(installation(&folder, home.as_deref()));
        // A program may be a link into the folder of its installation
        for program in PROGRAMS {
            let file = folder.join(program);
            if file.is_symlink() {
                let file = real(&file);
                all.extend(file.parent().and_then(|bin| installation(bin, home.as_deref())));
            }
        }
    }
    let forbidden = |path: &Path| {
        let owns = |place: &Path| place.starts_with(path);
        path.parent().is_none()
            || home.as_deref().is_some_and(owns)
            || home.as_deref().is_some_and(|home| path.starts_with(home.join(".ssh")))
            || owns(&reach.root)
            || owns(&reach.tmp)
            || path.starts_with(&reach.seen_at) && reach.seen_at != reach.root
            || system(path)
    };
    let mut all: Vec<PathBuf> = all.into_iter().filter(|path| path.exists() && !forbidden(path)).collect();
    all.sort();
    all.dedup();
    // A folder below a visible one needs no rule
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in all {
        if !kept.last().is_some_and(|last| path.starts_with(last)) {
            kept.push(path);
        }
    }
    kept
}

/// The folder of the installation whose programs are in `bin`: the one above, unless it is a home, contains other things,
/// contains a login, or is a project of the user. A package of npm is installed with all packages that it needs.
fn installation(bin: &Path, home: Option<&Path>) -> Option<PathBuf> {
    if system(bin) {
        return None;
    }
    let packages = |folder: &&Path| folder.file_name().is_some_and(|name| name == OsStr::new("node_modules"));
    if let Some(packages) = bin.ancestors().filter(packages).last() {
        return Some(packages.to_path_buf());
    }
    let named = bin.file_name().is_some_and(|name| name == OsStr::new("bin") || name == OsStr::new("shims"));
    let above = bin.parent().filter(|above| above.parent().is_some());
    let wide = |above: &Path| {
        let top = above.components().count() <= 2;
        let in_home = home.is_some_and(|home| {
            home.starts_with(above)
                || above.strip_prefix(home).is_ok_and(|below| below.components().count() < 2)
        });
        // A version manager is often a checkout itself
        let is_checkout = above.join(".git").exists() && !above.join("libexec").is_dir();
        top || in_home || is_checkout || LOGINS.iter().chain(PROJECT).any(|name| above.join(name).exists())
    };
    Some(above.filter(|above| named && !wide(above)).unwrap_or(bin).to_path_buf())
}

fn system(path: &Path) -> bool {
    SYSTEM.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_beside_programs_are_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("tool/run")).unwrap();
        let socket = folder.path().join("tool/run/s.sock");
        let _server = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::fs::write(folder.path().join("tool/data"), "").unwrap();
        assert_eq!(unreachable_in(folder.path(), 4, &mut 100), [socket]);
    }

    #[test]
    fn an_installation_with_logins_or_a_project_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("tool/bin");
        std::fs::create_dir_all(&bin).unwrap();
        assert_eq!(installation(&bin, None).as_deref(), bin.parent());
        for name in ["credentials.toml", ".env", ".git", "package.json"] {
            let file = folder.path().join("tool").join(name);
            std::fs::write(&file, "token").unwrap();
            assert_eq!(installation(&bin, None).as_ref(), Some(&bin), "{name}");
            std::fs::remove_file(&file).unwrap();
        }
    }

    #[test]
    fn a_folder_with_secrets_is_taken_apart() {
        let etc = without_hidden(Path::new("/etc"));
        assert!(etc.contains(&PathBuf::from("/etc/passwd")), "{etc:?}");
        for hidden in hidden() {
            assert!(!etc.iter().any(|path| hidden.starts_with(path)), "{}", hidden.display());
        }
        assert_eq!(without_hidden(Path::new("/usr")), [Path::new("/usr")]);
    }

    #[test]
    fn an_installation_is_the_folder_above_its_programs_and_never_a_home() {
        let home = Path::new("/home/a");
        let of = |bin: &str| installation(Path::new(bin), Some(home)).map(|path| path.display().to_string());
        assert_eq!(of("/usr/local/bin"), None);
        assert_eq!(
            of("/home/a/.nvm/versions/node/v20/bin").as_deref(),
            Some("/home/a/.nvm/versions/node/v20")
        );
        assert_eq!(of("/home/a/.local/bin").as_deref(), Some("/home/a/.local/bin"));
        assert_eq!(of("/home/a/bin").as_deref(), Some("/home/a/bin"));
        assert_eq!(of("/srv/bin").as_deref(), Some("/srv/bin"));
        assert_eq!(of("/srv/tools/bin").as_deref(), Some("/srv/tools"));
        assert_eq!(of("/srv/tools").as_deref(), Some("/srv/tools"));
    }

    #[test]
    fn a_program_of_npm_is_shown_with_the_packages_that_it_needs() {
        let of = |bin: &str| installation(Path::new(bin), None).map(|path| path.display().to_string());
        assert_eq!(of("/srv/tools/node_modules/.bin").as_deref(), Some("/srv/tools/node_modules"));
        assert_eq!(of("/srv/lib/node_modules/pnpm/bin").as_deref(), Some("/srv/lib/node_modules"));
        assert_eq!(
            of("/srv/node_modules/.pnpm/x@1/node_modules/x/bin").as_deref(),
            Some("/srv/node_modules")
        );
    }
}
