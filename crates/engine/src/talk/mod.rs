//! Conversations with roles: sessions, prompts, turns, mailboxes and pages.
//!
//! `steps` hold conversations, and decide what is asked and where results go. This folder knows no gates, steps or git.
//! It decides neither whether a result is right nor what is tried next.

pub(crate) mod conversation;
pub(crate) mod desk;
pub(crate) mod file_turns;
pub(crate) mod folding;
pub(crate) mod mailbox;
pub(crate) mod pages;
pub(crate) mod paging;
pub(crate) mod prompt;
pub(crate) mod requests;
pub(crate) mod session;
mod turn;
mod turn_state;
pub(crate) mod watch;
