//! The five roles. Each run is a task of its own with a mailbox: the tool calls of its session.

pub(crate) mod coder;
pub(crate) mod conversation;
pub(crate) mod dispute;
pub(crate) mod fixer;
pub(crate) mod mailbox;
pub(crate) mod planner;
pub(crate) mod prompt;
mod race;
pub(crate) mod reviewer;
pub(crate) mod searcher;
pub(crate) mod tester;
mod turn;
pub(crate) mod watch;
mod work;

pub(crate) use mailbox::Answer;
pub(crate) use prompt::cut;
