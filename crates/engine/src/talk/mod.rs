//! Conversations with roles: sessions, prompts, turns, mailboxes and pages.

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
