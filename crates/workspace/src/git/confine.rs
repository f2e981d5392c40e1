//! Where git runs programs of the user's: started by another crate, which can confine them.
//!
//! This crate knows no sandbox. Who opens the workspace gives it one ([`crate::Workspace::confine_filters`]); until then, files
//! that go through a filter are neither recorded nor written.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};

/// Starts a program so that it, and all that it starts, reaches nothing but the system, toolchains and these places.
pub trait Confine: std::fmt::Debug + Send + Sync {
    /// Program, arguments, folder and variables are those of `command`; the child has pipes for all three of its
    /// streams, leads a group of processes, and inherits no other variable.
    fn spawn(&self, command: &Command, places: &ConfinedPlaces) -> io::Result<Child>;
}

/// What such a program may read and write.
#[derive(Clone, Debug, Default)]
pub struct ConfinedPlaces {
    /// Files and folders that it only reads.
    pub readable: Vec<PathBuf>,
    /// The folder of its own: for its results and what it writes meanwhile.
    pub own: PathBuf,
    /// More that it may write.
    pub writable: Vec<PathBuf>,
}
