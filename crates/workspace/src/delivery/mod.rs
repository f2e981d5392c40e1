//! The result of a mission for its user: files in the working tree, or a branch.
//!
//! `plan` lists what will be written. `deliver` writes it with `apply`, can undo it, and finishes it after a crash. `branch` leaves
//! a branch instead, and `hunks` undoes a part of one file. Nothing else in this crate changes the user's files or refs.

pub mod apply;
pub mod branch;
pub mod deliver;
pub mod hunks;
pub mod plan;
