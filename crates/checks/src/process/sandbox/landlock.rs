//! Level basic: confines files, signals and abstract sockets with Landlock; `ports.rs` has its rules for ports.
//!
//! The result shows what the kernel cannot confine; nothing is reported as confined that is not.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::places::Places;
use super::{Network, ports};

/// The newest interface that the library knows; older kernels enforce what they can.
const NEWEST: ABI = ABI::V10;

/// Devices that programs expect. Not `/dev/shm`, which other programs of the user share; no terminals, which could be read
/// as well; no disks.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// The rules that are in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Confined {
    /// Files are confined, including against truncation.
    pub files: bool,
    /// TCP ports are confined.
    pub ports: bool,
}

/// Permanently restricts the calling thread and everything that it starts.
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
        // File names in the system's folders may be listed, even if a folder is not shown as a whole
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
    // Before its third version, Landlock could not prevent truncation
    let files = enforced && effective_abi >= ABI::V3;
    // This comes last: a later restriction would copy the many rules once more.
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
        // Rights for folders are invalid for a file, and the kernel refuses them
        let rights = if path.is_dir() { rights } else { rights & AccessFs::from_file(NEWEST) };
        rules = rules.add_rule(PathBeneath::new(file, rights))?;
    }
    Ok(rules)
}
