//! Level basic: files, ports, signals and abstract sockets, by Landlock.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::Network;

/// The newest interface that the library knows; older kernels do what they can.
const NEWEST: ABI = ABI::V10;

/// Devices that programs expect to be able to write to. Neither `/dev/shm`,
/// which other programs of the user share, nor terminals.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Ports that a server which a test has started usually listens at, where it
/// does not leave the choice to the kernel.
const SERVERS: &[RangeInclusive<u16>] = &[3000..=3999, 4000..=4399, 5000..=5999, 8000..=8999, 9000..=9999];

/// The ports from which the kernel chooses, unless it says otherwise.
const CHOSEN: RangeInclusive<u16> = 32_768..=60_999;

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
    readable: &[PathBuf],
    writable: &[PathBuf],
    network: Network,
) -> Result<Confined, String> {
    let all = AccessFs::from_all(NEWEST);
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
    let restrict = || {
        let mut rules = Ruleset::default().handle_access(all)?;
        if network != Network::All {
            rules = rules.handle_access(AccessNet::ConnectTcp)?;
        }
        let mut rules = rules.scope(Scope::Signal)?.scope(Scope::AbstractUnixSocket)?.create()?;
        rules = allow(rules, readable.iter(), AccessFs::from_read(NEWEST))?;
        rules = allow(rules, writable.iter(), all & !devices)?;
        rules = allow(rules, DEVICES.iter().map(PathBuf::from).collect::<Vec<_>>().iter(), all & !devices)?;
        if network == Network::Loopback {
            let taken = listening();
            for port in
                SERVERS.iter().cloned().chain([chosen()]).flatten().filter(|port| !taken.contains(port))
            {
                rules = rules.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
            }
        }
        rules.restrict_self()
    };
    let status =
        restrict().map_err(|error: landlock::RulesetError| format!("Landlock refused the rules: {error}"))?;
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else {
        return Ok(Confined { files: false, ports: false });
    };
    let enforced = status.ruleset != RulesetStatus::NotEnforced;
    // before its third version files could be emptied
    Ok(Confined { files: enforced && effective_abi >= ABI::V3, ports: enforced && effective_abi >= ABI::V4 })
}

fn allow<'a>(
    mut rules: RulesetCreated,
    paths: impl Iterator<Item = &'a PathBuf>,
    rights: BitFlags<AccessFs>,
) -> Result<RulesetCreated, landlock::RulesetError> {
    for path in paths {
        let Ok(file) = PathFd::new(path) else { continue };
        // rights of folders make no sense for a file, and are refused
        let rights = if path.is_dir() { rights } else { rights & AccessFs::from_file(NEWEST) };
        rules = rules.add_rule(PathBeneath::new(file, rights))?;
    }
    Ok(rules)
}

fn chosen() -> RangeInclusive<u16> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(first)), Some(Ok(last))) => first..=last,
        _ => CHOSEN,
    }
}

/// Ports at which a server of this machine listens now: none of them is the command's own.
fn listening() -> std::collections::HashSet<u16> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let texts = tables.iter().filter_map(|table| std::fs::read_to_string(table).ok());
    let port = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next()?, fields.nth(1)?);
        let (_, port) = local.rsplit_once(':')?;
        u16::from_str_radix(port, 16).ok().filter(|_| state == "0A")
    };
    texts.flat_map(|text| text.lines().skip(1).filter_map(port).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_port_is_found_and_a_closed_one_is_not() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        assert!(listening().contains(&port));
        drop(server);
        assert!(!listening().contains(&port));
    }
}
