//! The ports to which a command may connect, by Landlock: at level basic, and at both levels while packages are fetched.
//!
//! Landlock takes one rule a port. The rules are made once and then put in force for each command; they are made again
//! only where a server has come up at a port that they allow.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use landlock::{
    ABI, AccessNet, LandlockStatus, NetPort, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope,
};

/// Ports that a server which a test has started usually listens at, where it does not leave the choice to the kernel.
const SERVERS: &[RangeInclusive<u16>] = &[3000..=3999, 4000..=4399, 5000..=5999, 8000..=8999, 9000..=9999];

/// The ports from which the kernel chooses, unless it says otherwise.
const CHOSEN: RangeInclusive<u16> = 32_768..=60_999;

/// Rules that were made, and the ports that they leave out because a server listened there.
struct Made {
    rules: RulesetCreated,
    left_out: HashSet<u16>,
}

static OWN_SERVERS: Mutex<Option<Made>> = Mutex::new(None);
static OTHER_MACHINES: Mutex<Option<Made>> = Mutex::new(None);

/// Leaves the calling thread, and all that it starts, the ports at which only its own servers can listen. Says whether
/// the kernel can do so.
pub(super) fn allow_own_servers() -> Result<bool, String> {
    let all = SERVERS.iter().cloned().flatten().chain(chosen(kernel_range())).collect();
    restrict(&OWN_SERVERS, all, &listening())
}

/// Leaves it all ports but those at which a server of this machine listens and is no registry. Abstract sockets go by
/// the network as well, and are closed. Says whether the kernel can do so.
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

/// Rules that allow `all` of these ports but those of `servers`.
fn current(
    kept: &Mutex<Option<Made>>,
    all: Vec<u16>,
    servers: &HashSet<u16>,
) -> Result<RulesetCreated, RulesetError> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let taken: HashSet<u16> = all.iter().copied().filter(|port| servers.contains(port)).collect();
    // A rule cannot be taken back, but others can be added.
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
    // Without a copy to keep, they are made again for the next command.
    *kept = rules.try_clone().ok().map(|rules| Made { rules, left_out: taken });
    Ok(rules)
}

/// Those from which the kernel gives one to a server that asks for any. It leaves every second port, the first among
/// them, to connections.
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

/// Ports at which a server of this machine listens now: none of them is the command's own.
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
    fn the_kernel_gives_servers_ports_that_are_allowed() {
        let allowed: HashSet<u16> = chosen(kernel_range()).collect();
        for _ in 0..200 {
            let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            assert!(allowed.contains(&server.local_addr().unwrap().port()));
        }
    }
}
