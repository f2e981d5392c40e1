//! What keeps a command from everything but its slot, in three levels.
//!
//! *Full* (`full.rs`) gives it a machine of its own with bubblewrap's
//! namespaces; *basic* (`landlock.rs`, `ports.rs`, `own_network.rs`, `own_mounts.rs`, `seccomp.rs`)
//! takes rights away from the thread that starts it; *none* is what is left elsewhere. `places.rs` says
//! what may be seen at all, `limits.rs` and `cgroup.rs` how much may be used. Nothing here
//! starts the command itself; that is `supervise.rs`.

pub(super) mod cgroup;
#[cfg(target_os = "linux")]
mod full;
#[cfg(target_os = "linux")]
mod landlock;
pub(super) mod limits;
#[cfg(target_os = "linux")]
mod own_mounts;
#[cfg(target_os = "linux")]
mod own_network;
#[cfg(target_os = "linux")]
pub(super) mod places;
#[cfg(target_os = "linux")]
mod ports;
#[cfg(target_os = "linux")]
mod registry_ports;
#[cfg(target_os = "linux")]
mod seccomp;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::RunOptions;
use super::confined::ConfinedReach;

/// How well a command is confined. A later one confines more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not at all.
    #[default]
    None,
    /// It writes only in its slot, reads no personal files, and reaches no program of the user's.
    Basic,
    /// It has namespaces of its own: what it may not touch is not there.
    Full,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::Basic => "basic",
            Level::Full => "full",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a command may reach over the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    None,
    /// Servers that it has started itself.
    #[default]
    Loopback,
    /// Other machines, and of this one the registries and proxies that the user's settings name: for fetching packages.
    Fetch,
    All,
}

impl Network {
    /// Whether it is the machine's own network.
    pub(super) fn is_shared(self) -> bool {
        matches!(self, Network::Fetch | Network::All)
    }
}

/// What a command is confined by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// Exactly this level, or nothing is started; the best there is where none is named.
    pub require: Option<Level>,
    pub network: Network,
}

impl Sandbox {
    /// For commands that we trust as much as the user does.
    pub const OFF: Sandbox = Sandbox { require: Some(Level::None), network: Network::All };

    /// The level that a run gets; the error says what to do where it cannot be had.
    pub fn level(&self) -> Result<Level, String> {
        match self.require {
            None => Ok(strongest()),
            Some(Level::None) => Ok(Level::None),
            Some(Level::Basic) if basic_works() => Ok(Level::Basic),
            Some(Level::Basic) => Err("this kernel cannot confine it (no Landlock).\n\
                 hint: set `[sandbox] require = \"none\"` if its commands may run unconfined"
                .to_owned()),
            Some(Level::Full) => full_works().map(|()| Level::Full).map_err(|why| {
                format!("{why}.\nhint: install bubblewrap, or set `[sandbox] require = \"basic\"`")
            }),
        }
    }
}

/// The best level of this machine. Found once, by trying.
pub fn strongest() -> Level {
    if full_works().is_ok() {
        Level::Full
    } else if basic_works() {
        Level::Basic
    } else {
        Level::None
    }
}

/// Whether this machine can confine commands at all.
pub fn sandbox_available() -> bool {
    strongest() > Level::None
}

/// What ends the processes that a run at this level leaves, whatever they do.
pub fn describe_end(level: Level) -> &'static str {
    match level {
        Level::Full => "a namespace of processes, which ends with the command",
        _ if cgroup::works() => "a control group, which the kernel ends as one",
        _ => "a search for the mark in their limits",
    }
}

/// The level that runs get in a sentence, with what ends processes; where none is named, with what is missing for a better one.
pub fn describe_sandbox(sandbox: Sandbox) -> (Level, String) {
    let (level, text) = match (sandbox.require, sandbox.level()) {
        (None, _) => describe_level(),
        (Some(level), Ok(_)) => (level, format!("{level}, as `[sandbox] require` says")),
        (Some(level), Err(why)) => (level, format!("{level} is required, and nothing was run: {why}")),
    };
    (level, format!("{text}; what commands leave running is ended by {}", describe_end(level)))
}

/// What would give this machine a better level.
pub fn sandbox_hint() -> Option<&'static str> {
    match (strongest(), full_works()) {
        (Level::Full, _) | (_, Ok(())) => None,
        _ if !cfg!(target_os = "linux") => Some("run OpenCode on Linux for a sandbox"),
        (_, Err(why)) if why.contains("not installed") => Some("install bubblewrap for level full"),
        _ => Some("allow user namespaces for level full"),
    }
}

fn describe_level() -> (Level, String) {
    let level = strongest();
    let text = match (level, full_works()) {
        (Level::Full, _) => "full: bubblewrap, with namespaces of its own for each command".to_owned(),
        (Level::Basic, Err(why)) => format!("basic: Landlock and seccomp; no full, since {why}"),
        (_, Err(why)) => format!("none: this kernel has no Landlock, and {why}"),
        (_, Ok(())) => level.name().to_owned(),
    };
    (level, text)
}

#[cfg(target_os = "linux")]
fn full_works() -> Result<(), String> {
    static WORKS: OnceLock<Result<(), String>> = OnceLock::new();
    WORKS.get_or_init(full::probe).clone()
}

#[cfg(not(target_os = "linux"))]
fn full_works() -> Result<(), String> {
    Err("bubblewrap is for Linux only".to_owned())
}

#[cfg(target_os = "linux")]
fn basic_works() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let probe = || {
        let restrict = || {
            landlock::restrict_this_thread(&places::Places::default(), Network::None, &[])
                .is_ok_and(|got| got.files)
        };
        std::thread::Builder::new()
            .name("sandbox-probe".to_owned())
            .spawn(move || restrict() && seccomp::restrict_this_thread(true, Network::None).is_ok())
            .ok()
            .and_then(|thread| thread.join().ok())
            .unwrap_or(false)
    };
    *WORKS.get_or_init(probe)
}

#[cfg(not(target_os = "linux"))]
fn basic_works() -> bool {
    false
}

/// What a command may see and change, as paths of this machine.
pub(super) struct Reach {
    /// The slot, where it really is.
    pub root: PathBuf,
    /// Where the command sees it.
    pub seen_at: PathBuf,
    /// Folders below the slot that are not to be changed.
    pub kept: Vec<PathBuf>,
    pub tmp: PathBuf,
    pub readable: Vec<PathBuf>,
    pub writable: Vec<PathBuf>,
    pub home: Option<PathBuf>,
    pub network: Network,
    /// Ports to which fetching packages may connect whatever listens there.
    pub registries: Vec<u16>,
}

impl Reach {
    pub fn new(options: &RunOptions, level: Level) -> Reach {
        let root = real(&options.root);
        let seen_at = match (&options.seen_at, level) {
            (Some(path), Level::Full) if may_stand_in(path, options) => path.clone(),
            _ => root.clone(),
        };
        Reach {
            kept: options.kept.iter().map(|below| root.join(below)).filter(|path| path.is_dir()).collect(),
            tmp: real(&options.tmp),
            readable: options
                .readable
                .iter()
                .chain(&options.fetched)
                .filter(|path| path.exists())
                .cloned()
                .collect(),
            writable: options
                .writable
                .iter()
                .chain(&options.caches)
                .filter(|path| path.exists())
                .cloned()
                .collect(),
            home: home(),
            network: options.sandbox.network,
            registries: registries(options),
            root,
            seen_at,
        }
    }

    /// Of one program that has no slot.
    pub fn of_program(places: ConfinedReach<'_>, network: Network) -> Reach {
        let own = real(places.own);
        Reach {
            seen_at: own.clone(),
            kept: Vec::new(),
            tmp: own.clone(),
            readable: places.readable.iter().filter(|path| path.exists()).cloned().collect(),
            writable: places.writable.iter().filter(|path| path.exists()).cloned().collect(),
            home: home(),
            network,
            registries: Vec::new(),
            root: own,
        }
    }

    /// A path below the slot as the command sees it.
    pub fn seen(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.root) {
            Ok(below) if below.as_os_str().is_empty() => self.seen_at.clone(),
            Ok(below) => self.seen_at.join(below),
            Err(_) => path.to_path_buf(),
        }
    }
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
}

#[cfg(target_os = "linux")]
fn registries(options: &RunOptions) -> Vec<u16> {
    match options.sandbox.network {
        Network::Fetch => registry_ports::ports(&options.env, home().as_deref()),
        _ => Vec::new(),
    }
}

#[cfg(not(target_os = "linux"))]
fn registries(_options: &RunOptions) -> Vec<u16> {
    Vec::new()
}

/// Whether a slot can be shown at this place: nothing else that is shown may lie below it.
fn may_stand_in(path: &Path, options: &RunOptions) -> bool {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let others = [&options.tmp].into_iter().chain(&options.readable).chain(&options.writable);
    let others = others.chain(&options.caches).chain(&options.fetched).chain(&home);
    path.is_absolute()
        && path.components().count() > 2
        && !others.into_iter().any(|other| other.starts_with(path))
}

pub(super) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// The program and first arguments that run `/bin/sh -c` confined; the line comes after them. What is taken from the
/// calling thread, which must end soon, is taken here.
#[cfg(target_os = "linux")]
pub(super) fn enter(
    level: Level,
    reach: &Reach,
    directory: &Path,
) -> Result<Vec<std::ffi::OsString>, String> {
    match level {
        Level::None => Ok(Vec::new()),
        Level::Basic => {
            let places = places::Places::of(reach);
            if own_mounts::works() {
                own_mounts::enter(&places.writable)
                    .map_err(|error| format!("it cannot have mounts of its own: {error}"))?;
            }
            let network = match reach.network {
                Network::Loopback if own_network::works() => {
                    own_network::enter()
                        .map_err(|error| format!("it cannot have a network of its own: {error}"))?;
                    // There is nobody else in it.
                    Network::All
                }
                network => network,
            };
            let got = landlock::restrict_this_thread(&places, network, &reach.registries)?;
            if !got.files {
                return Err("this kernel cannot confine it (no Landlock)".to_owned());
            }
            // Without rules for ports, only a filter keeps it from the servers of this machine
            let network = if got.ports || network.is_shared() { network } else { Network::None };
            seccomp::restrict_this_thread(true, network)?;
            Ok(Vec::new())
        }
        Level::Full => {
            if reach.network == Network::Fetch {
                ports::close_local_servers(&reach.registries)?;
            }
            seccomp::restrict_this_thread(false, reach.network)?;
            Ok(full::arguments(reach, directory))
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn enter(
    _level: Level,
    _reach: &Reach,
    _directory: &Path,
) -> Result<Vec<std::ffi::OsString>, String> {
    Ok(Vec::new())
}
