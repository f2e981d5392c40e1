//! Confines a command to its slot, at one of three levels.
//!
//! *Full* (`full.rs`) uses bubblewrap's namespaces, so the command sees a separate machine. *Basic* (`landlock.rs`, `ports.rs`,
//! `own_network.rs`, `own_mounts.rs`, `seccomp.rs`) removes rights from the thread that starts it. *None* is used if the
//! machine has neither. `places.rs` decides what is visible, `limits.rs` and `cgroup.rs` how much may be used. Nothing here
//! starts the command itself; `supervise.rs` does.

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
#[cfg(target_os = "linux")]
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::RunOptions;
use super::confined::ConfinedReach;

/// How well a command is confined. A later level confines more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not confined.
    #[default]
    None,
    /// It writes only in its slot, reads no personal files, and reaches no program of the user.
    Basic,
    /// It has its own namespaces: files that it may not use do not exist there.
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
    /// Only servers that the command has started itself.
    #[default]
    Loopback,
    /// Other machines, and on this machine the registries and proxies in the user's settings: for fetching packages.
    Fetch,
    All,
}

impl Network {
    /// Whether the command uses the machine's own network.
    pub(super) fn is_shared(self) -> bool {
        matches!(self, Network::Fetch | Network::All)
    }
}

/// How a command is confined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// Requires exactly this level, or nothing is started; `None` takes the best level of the machine.
    pub require: Option<Level>,
    pub network: Network,
}

impl Sandbox {
    /// For commands that the user trusts.
    pub const OFF: Sandbox = Sandbox { require: Some(Level::None), network: Network::All };

    /// The level of a run; the error says what to do if the required level is not available.
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

/// How leftover processes of a run at this level are ended, for messages.
pub fn describe_end(level: Level) -> &'static str {
    match level {
        Level::Full => "a namespace of processes, which ends with the command",
        _ if cgroup::works() => "a control group, which the kernel ends as one",
        _ => "a search for the mark in their limits",
    }
}

/// The level of runs in a sentence, with how processes are ended; if no level is required, also with what a better one needs.
pub fn describe_sandbox(sandbox: Sandbox) -> (Level, String) {
    let (level, text) = match (sandbox.require, sandbox.level()) {
        (None, _) => describe_level(),
        (Some(level), Ok(_)) => (level, format!("{level}, as `[sandbox] require` says")),
        (Some(level), Err(why)) => (level, format!("{level} is required, and nothing was run: {why}")),
    };
    let gap = if level > Level::None { gap_in_fetching(ports_work()).unwrap_or_default() } else { "" };
    (level, format!("{text}; what commands leave running is ended by {}{gap}", describe_end(level)))
}

/// What a fetching command can reach if the kernel has no rules for ports, at every level.
fn gap_in_fetching(rules_for_ports: bool) -> Option<&'static str> {
    (!rules_for_ports).then_some(
        "; while packages are fetched, commands can reach servers of this machine: this kernel has no rules for ports (Linux \
         6.7 has)",
    )
}

#[cfg(target_os = "linux")]
fn ports_work() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    *WORKS.get_or_init(ports::works)
}

#[cfg(not(target_os = "linux"))]
fn ports_work() -> bool {
    true
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

/// The paths of this machine that a command may see and change.
pub(super) struct Reach {
    /// The real path of the slot.
    pub root: PathBuf,
    /// The path at which the command sees the slot.
    pub seen_at: PathBuf,
    /// Folders below the slot that must not change.
    pub kept: Vec<PathBuf>,
    pub tmp: PathBuf,
    /// The folder that serves as `/tmp` at level full; it is made for this run where no command can replace it by a link.
    pub scratch: Option<PathBuf>,
    pub readable: Vec<PathBuf>,
    pub writable: Vec<PathBuf>,
    pub home: Option<PathBuf>,
    pub network: Network,
    /// Ports to which fetching may connect, even if a server of this machine listens there.
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
            scratch: None,
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

    /// For a program without a slot.
    pub fn of_program(places: ConfinedReach<'_>, network: Network) -> Reach {
        let own = real(places.own);
        Reach {
            seen_at: own.clone(),
            kept: Vec::new(),
            tmp: own.clone(),
            scratch: None,
            readable: places.readable.iter().filter(|path| path.exists()).cloned().collect(),
            writable: places.writable.iter().filter(|path| path.exists()).cloned().collect(),
            home: home(),
            network,
            registries: Vec::new(),
            root: own,
        }
    }

    /// A path below the slot, as the command sees it.
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

/// Whether the command can see a slot at this path: no other visible path may be below it.
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

/// The program and first arguments that run `/bin/sh -c` confined; the command line follows them. Rights are removed from the
/// calling thread, which must end soon.
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
                    // No other program is in this network.
                    Network::All
                }
                network => network,
            };
            let got = landlock::restrict_this_thread(&places, network, &reach.registries)?;
            if !got.files {
                return Err("this kernel cannot confine it (no Landlock)".to_owned());
            }
            // Without rules for ports, only the filter can keep the command from this machine's servers
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_without_rules_for_ports_is_said() {
        assert!(gap_in_fetching(false).is_some_and(|gap| gap.contains("servers of this machine")));
        assert_eq!(gap_in_fetching(true), None);
    }
}
