//! The user's repository, which is only read here.
//!
//! `project` finds its root and its state, `settings` selects the git settings that are used,
//! `filter_attributes` the files that go through filters, and `user_files` gives commands its
//! files. `delivery/` writes into it.

pub mod filter_attributes;
pub mod project;
pub mod settings;
pub mod user_files;
