//! The ports to which a command may connect, by Landlock: at level basic, and at both levels during fetching.
//!
//! Landlock needs one rule for each port. The rules are created once and then applied to each command. They are created
//! again only if a server has started at an allowed port.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use landlock::{
    ABI, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

/// Ports at which servers in tests usually listen if the kernel does not choose the port.
const SERVERS: &[RangeInclusive<u16>] = &[3000..=3999, 4000..=4399, 5000..=5999, 8000..=8999, 9000..=9999];

/// The ports from which the kernel chooses by default.
const CHOSEN: RangeInclusive<u16> = 32_768..=60_999;

/// Created rules, and the ports that they leave out because a server listened there.
struct Made {
    rules: RulesetCreated,
    left_out: HashSet<u16>,
}

static OWN_SERVERS: Mutex<Option<Made>> = Mutex::new(None);
static OTHER_MACHINES: Mutex<Option<Made>> = Mutex::new(None);

/// Whether this kernel has rules for ports.
pub(super) fn works() -> bool {
    let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    rules.handle_access(AccessNet::ConnectTcp).is_ok()
}

/// Allows the calling thread, and everything that it starts, only ports at which its own servers can listen. Returns
/// whether the kernel supports it.
pub(super) fn allow_own_servers() -> Result<bool, String> {
    let all = SERVERS.iter().cloned().flatten().chain(chosen(kernel_range())).collect();
    restrict(&OWN_SERVERS, all, &listening())
}

/// Allows all ports, except those at which a server of this machine listens that is not a registry. It also closes
/// abstract sockets. Returns whether the kernel supports it.
pub(super) fn close_local_servers(registries: &[u16]) -> Result<bool, String> {
    let mut servers = listening();
    servers.retain(|port| !registries.contains(port));
    restrict(&OTHER_MACHINES, (1..=u16::MAX).collect(), &servers)
}

fn restrict(kept: &Mutex<Option<Made>>, all: Vec<u16>, servers: &HashSet<u16>) -> Result<bool, String> {
    let failed = |error: RulesetError| format!("Landlock refused the rules for ports: {error}");
    let status = current(kept, all, servers).and_then(RulesetCreated::restrict_self).map_err(failed)?;
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else { return Ok(false) };
    Ok(effective_abi >= ABI::V4 && status.ruleset != RulesetStatus::NotEnforced)
}

/// Rules that allow `all` of these ports except those of `servers`.
fn current(
    kept: &Mutex<Option<Made>>,
    all: Vec<u16>,
    servers: &HashSet<u16>,
) -> Result<RulesetCreated, RulesetError> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let taken: HashSet<u16> = all.iter().copied().filter(|port| servers.contains(port)).collect();
    // A rule cannot be removed, but others can be added.
    let fits = kept.take().filter(|made| taken.is_subset(&made.left_out));
    let (mut rules, missing) = match fits {
        Some(Made { rules, left_out }) => (rules, left_out.difference(&taken).copied().collect()),
        None => (
            Ruleset::default()
                .handle_access(AccessNet::ConnectTcp)?
                .scope(Scope::AbstractUnixSocket)?
                .create()?,
            all.into_iter().filter(|port| !taken.contains(port)).collect::<Vec<_>>(),
        ),
    };
    for port in missing {
        rules = rules.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    }
    // If the rules cannot be copied, they are created again for the next command.
    *kept = rules.try_clone().ok().map(|rules| Made { rules, left_out: taken });
    Ok(rules)
}

/// The ports that the kernel assigns to servers without a fixed port. It reserves every second port, beginning with the
/// first, for connections.
fn chosen(range: RangeInclusive<u16>) -> impl Iterator<Item = u16> {
    range.skip(1).step_by(2)
}

fn kernel_range() -> RangeInclusive<u16> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(first)), Some(Ok(last))) => first..=last,
        _ => CHOSEN,
    }
}

/// Ports at which a server of this machine listens now; none of them belongs to the command.
fn listening() -> HashSet<u16> {
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

    #[test]
    fn rules_for_ports_are_there_where_they_can_be_put_in_force() {
        let restricted = std::thread::spawn(|| close_local_servers(&[]).unwrap()).join().unwrap();
        assert_eq!(works(), restricted);
    }

    #[test]
    fn the_kernel_gives_servers_ports_that_are_allowed() {
        let allowed: HashSet<u16> = chosen(kernel_range()).collect();
        for _ in 0..200 {
            let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            assert!(allowed.contains(&server.local_addr().unwrap().port()));
        }
    }
}
