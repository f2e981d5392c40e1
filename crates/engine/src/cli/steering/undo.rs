//! `undo [id] [--file PATH | --hunk PATH:N]`: undoes a delivered change, one file of it, or one hunk of a file.
//!
//! `missions/after/undo.rs` does it, and `review` numbers the hunks; only `PATH:N` is parsed here. Files that changed
//! since the delivery are named and left as they are.

use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The mission's id. Default: the one that delivered last.
    id: Option<String>,
    /// Take only this file back.
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// Take only this hunk of a file back, by its number in `review`.
    #[arg(long, value_name = "PATH:N", conflicts_with = "file")]
    hunk: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let id = args.id.as_deref().map(|id| place.mission(Some(id))).transpose()?;
    let project = place.project().await?;
    let id = id.as_ref().map(|dir| dir.id());
    let undone = match &args.hunk {
        Some(hunk) => {
            let (path, number) = numbered(hunk)?;
            project.undo_hunk(id, path, number).await
        }
        None => project.undo(id, args.file.as_deref()).await,
    };
    let text = undone.map_err(CommandFailure::Problem)?;
    if args.json {
        return CommandAnswer::json(&json!({ "undone": true, "message": text.trim_end() }));
    }
    Ok(CommandAnswer::done(text))
}

/// `src/a.js:2`
fn numbered(hunk: &str) -> Result<(&str, usize), CommandFailure> {
    let parts = hunk.rsplit_once(':').and_then(|(path, number)| Some((path, number.parse().ok()?)));
    parts.filter(|(path, number)| !path.is_empty() && *number > 0).ok_or_else(|| {
        CommandFailure::Usage(format!(
            "`{hunk}` names no hunk; write a file and a number, such as src/a.js:2\nhint: `opencode-orchestrator review` numbers them"
        ))
    })
}
