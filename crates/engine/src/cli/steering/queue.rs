//! `queue [cancel ID]`: the missions of a project that wait for their turn.
//!
//! It only changes the queue; it does not touch the process that runs a mission.

use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Take a mission out of the queue.
    Cancel {
        /// The mission, as `queue` lists it.
        id: String,
    },
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let cancel = args.action.as_ref().map(|Action::Cancel { id }| id.as_str());
    if cancel.is_none() && args.json {
        let queue = place.state.queue().map_err(CommandFailure::problem)?;
        let queue: Vec<_> = queue
            .iter()
            .map(|queued| {
                json!({ "mission": queued.mission, "objective": queued.objective, "pid": queued.pid,
                        "at_ms": queued.at_ms, "waits": queued.waits })
            })
            .collect();
        return CommandAnswer::json(
            &json!({ "running": place.owner()?.map(|owner| owner.mission), "queue": queue }),
        );
    }
    if !place.state.path().exists() && cancel.is_none() {
        return Ok(CommandAnswer::done("No mission waits in this project.\n"));
    }
    let in_terminal = |text: String| text.replace("`/task queue`", "`opencode-orchestrator queue`");
    let text =
        place.project().await?.queue(cancel).map_err(|why| CommandFailure::Problem(in_terminal(why)))?;
    if args.json {
        return CommandAnswer::json(&json!({ "cancelled": cancel }));
    }
    Ok(CommandAnswer::done(text))
}
