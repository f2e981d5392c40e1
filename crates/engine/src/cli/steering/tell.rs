//! `tell TEXT`: corrects the mission that runs, or waits to be resumed.
//!
//! It leaves the text for the mission, which checks and records it (`missions/tell.rs`). It resumes no
//! mission.

use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What to change; `task-id: text` concerns one task.
    #[arg(required = true)]
    words: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let project = place.project().await?;
    project.settled().await;
    let told = project.tell(&args.words.join(" "), "opencode-orchestrator tell");
    let told = told.map_err(|why| CommandFailure::Problem(format!("nothing was told: {why}")))?;
    if args.json {
        return CommandAnswer::json(&json!({ "told": true, "message": told.trim_end() }));
    }
    Ok(CommandAnswer::done(told))
}
