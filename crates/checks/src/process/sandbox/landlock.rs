//! Level basic: files, signals and abstract sockets, by Landlock; `ports.rs` has its rules for ports.
//!
//! What a kernel cannot confine is said by the level; it is never passed off as confined.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::places::Places;
use super::{Network, ports};

/// The newest interface that the library knows; older kernels do what they can.
const NEWEST: ABI = ABI::V10;

/// Devices that programs expect. Neither `/dev/shm`, which other programs of the user share, nor terminals, which could be
/// read as well, nor disks.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// What is in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Confined {
    /// Files are confined, emptying them included.
    pub files: bool,
    /// TCP is.
    pub ports: bool,
}

/// Restricts the calling thread, and all that it starts, for good.
pub(super) fn restrict_this_thread(
    places: &Places,
    network: Network,
    registries: &[u16],
) -> Result<Confined, String> {
    let all = AccessFs::from_all(NEWEST);
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
    let restrict = || {
        let mut rules = Ruleset::default().handle_access(all)?;
        if network == Network::None {
            rules = rules.handle_access(AccessNet::ConnectTcp)?;
        }
        let mut rules = rules.scope(Scope::Signal)?.scope(Scope::AbstractUnixSocket)?.create()?;
        rules = allow(rules, places.readable.iter(), AccessFs::from_read(NEWEST))?;
        // Names of the system's folders, also of those that are not shown as a whole
        rules = allow(rules, [PathBuf::from("/etc")].iter(), AccessFs::ReadDir.into())?;
        rules = allow(rules, places.writable.iter(), all & !devices)?;
        rules = allow(rules, DEVICES.iter().map(PathBuf::from).collect::<Vec<_>>().iter(), all & !devices)?;
        rules.restrict_self()
    };
    let status =
        restrict().map_err(|error: landlock::RulesetError| format!("Landlock refused the rules: {error}"))?;
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else {
        return Ok(Confined { files: false, ports: false });
    };
    let enforced = status.ruleset != RulesetStatus::NotEnforced;
    // Before its third version files could be emptied
    let files = enforced && effective_abi >= ABI::V3;
    // Last: a later restriction would copy the many rules once more.
    let ports = match network {
        Network::Loopback => ports::allow_own_servers()?,
        Network::Fetch => ports::close_local_servers(registries)?,
        _ => enforced && effective_abi >= ABI::V4,
    };
    Ok(Confined { files, ports })
}

fn allow<'a>(
    mut rules: RulesetCreated,
    paths: impl Iterator<Item = &'a PathBuf>,
    rights: BitFlags<AccessFs>,
) -> Result<RulesetCreated, landlock::RulesetError> {
    for path in paths {
        let Ok(file) = PathFd::new(path) else { continue };
        // Rights of folders make no sense for a file, and are refused
        let rights = if path.is_dir() { rights } else { rights & AccessFs::from_file(NEWEST) };
        rules = rules.add_rule(PathBeneath::new(file, rights))?;
    }
    Ok(rules)
}
