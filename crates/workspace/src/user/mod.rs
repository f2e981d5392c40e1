//! The user's repository, which is read here and never written.
//!
//! `project` finds its root and its state, `settings` says which of its git settings are used and
//! `filter_attributes` which files go through its filters, `user_files` gives commands
//! its files. What a delivery writes there is in `delivery/`.

pub mod filter_attributes;
pub mod project;
pub mod settings;
pub mod user_files;
