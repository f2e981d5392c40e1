//! The sections of `opencode.toml`, one file each: types, defaults, and the texts that become schema and manual.
//!
//! They parse and check nothing: `validate` compares a file with the schema before it becomes these types. The code
//! that reads a value decides what it does.

pub(crate) mod budget;
pub(crate) mod checks;
pub(crate) mod command;
pub(crate) mod context;
pub(crate) mod dispatch;
pub(crate) mod guardian;
pub(crate) mod heal;
pub(crate) mod mission;
pub(crate) mod review;
pub(crate) mod roles;
pub(crate) mod sandbox;
pub(crate) mod workspace;
