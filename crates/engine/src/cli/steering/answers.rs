//! `answer CHOICES`: answers the questions before the plan.
//!
//! It only passes the answers on: `missions/tell.rs` finds the mission that asks, and its state checks them.

use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Question and choice, such as `1b 2a`; `b` alone if one question is open; `defaults` for all.
    #[arg(required = true)]
    choices: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let project = place.project().await?;
    project.settled().await;
    let answered = project.answer(&args.choices.join(" "), "opencode-orchestrator answer");
    let answered = answered.map_err(|why| CommandFailure::Problem(format!("nothing was answered: {why}")))?;
    if args.json {
        return CommandAnswer::json(&json!({ "answered": true, "message": answered.trim_end() }));
    }
    Ok(CommandAnswer::done(answered))
}
