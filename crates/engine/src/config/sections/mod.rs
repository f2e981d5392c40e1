//! The sections of `opencode.toml`, a file each.

pub(crate) mod budget;
pub(crate) mod checks;
pub(crate) mod command;
pub(crate) mod context;
pub(crate) mod guardian;
pub(crate) mod heal;
pub(crate) mod mission;
pub(crate) mod review;
pub(crate) mod roles;
pub(crate) mod sandbox;
pub(crate) mod workspace;
