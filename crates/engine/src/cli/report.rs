//! `report [id]`: what a mission did, verified and cost.
//!
//! It only shows what the mission wrote; it computes nothing again.

use mission::Board;
use serde_json::json;

use super::answer::{CommandAnswer, CommandFailure};
use super::place::{Place, Standing};
use super::status;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The mission's id. Default: the newest.
    id: Option<String>,
    /// Open the report's page as well.
    #[arg(long)]
    open: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let dir = place.mission(args.id.as_deref())?;
    let owner = place.owner()?.filter(|owner| owner.mission == dir.id());
    let past = place.past(&dir)?;
    let now = place.now_ms();
    let standing = Standing::of(&past.state, owner.is_some());
    let markdown = crate::missions::report::markdown(&past.state, now);
    let mut answer = if args.json {
        let mut value = status::value(&Board::of(&past.state, now), standing, owner.as_ref(), &dir);
        // The content of a delivery is long, and only the engine needs it
        value["delivery"] = match json!(past.state.delivery) {
            mut delivery if delivery["kind"] == "intended" => {
                delivery["delivery"] = json!(null);
                delivery
            }
            delivery => delivery,
        };
        value["report"] = json!(markdown);
        CommandAnswer::json(&value)?
    } else {
        CommandAnswer::done(markdown.trim_start_matches('\n'))
    };
    if standing == Standing::Interrupted {
        let id = dir.id();
        answer = answer
            .note(&format!("mission {id} was interrupted; `/task resume {id}` in OpenCode continues it"));
    }
    if args.open {
        let file =
            ["html", "md"].map(|extension| dir.report_path(extension)).into_iter().find(|f| f.is_file());
        if file.is_none() {
            answer =
                answer.note("there is nothing to open: a mission's report is written when it ends or pauses");
        }
        answer.open = file;
    }
    Ok(answer.exit(standing.exit()))
}
