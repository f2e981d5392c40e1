//! Sessions of roles on other machines. The owner's side opens one with a worker and then stands in the place of the
//! host (`owner`, `session`); the worker's side serves it with its own host and passes every call to the owner (`worker`,
//! `relay`).
//!
//! **Invariant:** a worker's session may do what a session here may do, and no more: each prompt and request needs the
//! owner's permission, each call of a tool passes the owner's rules, and files change in the owner's slot, of which the
//! worker has a copy. Conversations with roles do not know where the host is.

pub(crate) mod hooks;
pub(crate) mod message;
pub(crate) mod owner;
pub(crate) mod paths;
pub(crate) mod relay;
pub(crate) mod session;
#[cfg(test)]
mod tests;
pub(crate) mod trees;
pub(crate) mod worker;

use std::time::Duration;

/// How often each side shows that it is there, and after how long without a sign the other one is lost.
const ALIVE: Duration = Duration::from_secs(2);
const SILENCE: Duration = Duration::from_secs(12);
/// The longest conversation, and the longest wait for one answer within it.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a short message may take.
const SHORT: Duration = Duration::from_secs(20);

/// The label of jobs for workers that do roles, if the owner names one of its own or not. `None`: it is too long.
pub(crate) fn label(own: Option<&str>) -> Option<String> {
    let label = own.map_or("roles".to_string(), |own| format!("roles-{own}"));
    queue::is_name(&label).then_some(label)
}
