//! The interface through which git runs programs of the user: another crate starts and confines them.
//!
//! This crate has no sandbox. The code that opens the workspace gives it one ([`crate::Workspace::confine_filters`]); until
//! then, files that go through a filter are neither recorded nor written.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};

/// Starts a program so that it and its children reach only the system, toolchains and these places.
pub trait Confine: std::fmt::Debug + Send + Sync {
    /// Program, arguments, folder and variables come from `command`. The child has pipes for its three streams, leads a process
    /// group, and inherits no other variable.
    fn spawn(&self, command: &Command, places: &ConfinedPlaces) -> io::Result<Child>;
}

/// The files that such a program may read and write.
#[derive(Clone, Debug, Default)]
pub struct ConfinedPlaces {
    /// Files and folders that it may only read.
    pub readable: Vec<PathBuf>,
    /// Its own folder, for results and temporary files.
    pub own: PathBuf,
    /// Other places that it may write.
    pub writable: Vec<PathBuf>,
}
