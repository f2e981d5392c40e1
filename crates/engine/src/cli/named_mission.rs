//! The arguments of commands that show or stop one mission.
//!
//! `place` decides which mission is meant if none is named.

use clap::Args;

/// A mission, and how to print what is said of it.
#[derive(Debug, Args)]
pub(super) struct NamedMission {
    /// The mission, `m-` and eight characters; the newest or the running one without it.
    pub id: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
