//! Conversations with roles: sessions, prompts, turns, mailboxes and pages.
//!
//! `steps` hold them, and say what is asked and who takes the result. It knows no gate, no step and no git, and decides
//! neither what is right nor what is tried next.

pub(crate) mod conversation;
pub(crate) mod desk;
pub(crate) mod mailbox;
pub(crate) mod pages;
pub(crate) mod paging;
pub(crate) mod prompt;
pub(crate) mod requests;
pub(crate) mod session;
mod turn;
mod turn_state;
pub(crate) mod watch;
