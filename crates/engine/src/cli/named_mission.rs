//! The arguments of commands that show or stop one mission.
//!
//! `place` decides which mission is meant if none is named.

use clap::Args;

/// A mission, and how to print what is said of it.
#[derive(Debug, Args)]
pub(super) struct NamedMission {
    /// The mission's id. Default: the running one, otherwise the newest.
    pub id: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
