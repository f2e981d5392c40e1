//! Verdicts on other machines: `verdict_job` is the question, `owner` asks it, `bay` answers it on a worker, in
//! the folders of a `home`.
//!
//! `project_checks` asks through `owner` and decides what an answer counts for. The crate `queue` has the
//! protocol, which must not be repeated here.

pub(crate) mod bay;
pub(crate) mod home;
pub(crate) mod owner;
#[cfg(test)]
#[path = "../../../../queue/tests/server/mod.rs"]
pub(crate) mod server;
#[cfg(test)]
mod tests;
pub(crate) mod verdict_job;

/// The name of this machine, for people.
pub(crate) fn machine() -> String {
    let read = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = read().or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let name: String =
        name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    if name.is_empty() { "machine".into() } else { name }
}
