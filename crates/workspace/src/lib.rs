//! The places where work happens: a project's private repository, its slots, integration and delivery.
//!
//! Only this crate runs git. The API blocks (the engine calls it from `spawn_blocking`).
//!
//! * [`Workspace::open`] makes or repairs the private repository in the project's state folder.
//! * [`Workspace::take_base`] records the user's current files, without secrets, as one commit there.
//! * [`Workspace::slot`] returns a folder at a commit; [`Workspace::commit_slot`] records its files.
//! * [`Workspace::merge`] integrates; [`Workspace::plan_delivery`] and [`Workspace::deliver`] write the
//!   result into the user's working tree, all or nothing.
//!
//! **Invariants**
//! * Nothing of the user's repository or working tree changes before [`Workspace::deliver`] or
//!   [`Workspace::leave_branch`]: no index, ref, stash, HEAD or configuration.
//! * No git process of ours runs a command that was planted in a slot: configuration, attributes, hooks and the
//!   pointers between folders are rewritten from memory before each use ([`Workspace`] keeps them).
//! * Untracked secrets ([`is_secret_path`]) never enter a slot, and no mission changes a tracked one. OpenCode's
//!   own configuration ([`is_host_path`]) never enters a slot and is never delivered.

mod base;
mod clean;
mod delivery;
mod error;
mod faults;
mod files;
mod git;
mod merge;
mod names;
mod packs;
mod slots;
pub mod system;
mod user;
mod workspace;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use base::secrets::{is_secret_file, is_secret_path};
pub use base::stage::{LeftOut, Why};
pub use base::{Base, Submodule};
pub use clean::Cleaned;
pub use delivery::deliver::{Delivered, Recovered, Undone};
pub use delivery::hunks::{Hunk, HunkUndo};
pub use delivery::plan::{Delivery, DeliveryEntry, Entry};
pub use error::{DeliveryError, Error, HunkError, UndoError};
pub use faults::{Fault, Faults, set_faults};
pub use files::reading::read_beneath;
pub use files::writing::{remove_beneath, write_beneath};
pub use files::{remove_folder, write_private_file};
pub use git::confine::{Confine, ConfinedPlaces};
pub use git::history::{Past, PastCommit};
pub use git::inspect::{Change, ChangeKind};
pub use merge::Merge;
pub use names::is_host_path;
pub use slots::builds::{copy_tree, move_tree};
pub use slots::conflict::ConflictSlot;
pub use slots::differences::{Difference, Differences, SlotEntry};
pub use slots::place::{orphaned_slots, remove_orphaned_slots};
pub use slots::{Commit, Slot};
pub use user::project::project_root;
pub use user::user_files::UserFiles;
pub use workspace::Workspace;
