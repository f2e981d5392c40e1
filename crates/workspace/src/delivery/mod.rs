//! What a mission leaves with its user: its files in their working tree, or a branch.
//!
//! `plan` says what will be written, `deliver` writes it by way of `apply`, can undo it and finishes it after a crash, and
//! `branch` leaves a branch instead; `hunks` takes back a part of one file. Nothing else in this crate changes anything of the user's.

pub mod apply;
pub mod branch;
pub mod deliver;
pub mod hunks;
pub mod plan;
