//! `undo [id] [--file PATH]`: takes a delivered change back, or one file of it.
//!
//! Files that changed since the delivery are named and left as they are.

use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The mission; the one that wrote last without it.
    id: Option<String>,
    /// Take only this file back.
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let id = args.id.as_deref().map(|id| place.mission(Some(id))).transpose()?;
    let project = place.project().await?;
    let undone = project.undo(id.as_ref().map(|dir| dir.id()), args.file.as_deref()).await;
    let text = undone.map_err(CommandFailure::Problem)?;
    if args.json {
        return CommandAnswer::json(&json!({ "undone": true, "message": text.trim_end() }));
    }
    Ok(CommandAnswer::done(text))
}
