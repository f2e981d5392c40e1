//! `workers`: lists who works for a queue, on what, and since when. It must not take a job.

use queue::{Queue, WorkerCard};
use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;
use super::Where;
use crate::text::duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    at: Where,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let (_, settings) = args.at.settings(place)?;
    let server = settings.server();
    let queue = Queue::connect(settings).await.map_err(CommandFailure::problem)?;
    let workers = queue.workers().await.map_err(CommandFailure::problem)?;
    let jobs = queue.waiting().await.map_err(CommandFailure::problem)?;
    if args.json {
        return CommandAnswer::json(&json!({ "queue": server, "jobs": jobs, "workers": workers }));
    }
    Ok(CommandAnswer::done(as_text(&server, jobs, &workers)))
}

fn as_text(server: &str, jobs: u64, workers: &[WorkerCard]) -> String {
    if workers.is_empty() {
        return format!(
            "no worker runs for {server}\nhint: `opencode-orchestrator worker --queue {server}` starts one\n"
        );
    }
    let mut text = String::new();
    for card in workers {
        let labels =
            if card.labels.is_empty() { String::new() } else { format!(" [{}]", card.labels.join(", ")) };
        text.push_str(&format!(
            "{}{labels}: {} of {} busy, {} answered, up {}, version {}, sandbox {}\n",
            card.name,
            card.doing.len(),
            card.parallel,
            card.answered,
            duration(card.up_ms),
            card.version,
            card.sandbox
        ));
        for doing in &card.doing {
            text.push_str(&format!(
                "  {} for {}, since {}\n",
                doing.what,
                doing.owner,
                duration(doing.for_ms)
            ));
        }
    }
    text.push_str(&format!(
        "{} in the queue\n",
        crate::text::count(usize::try_from(jobs).unwrap_or(usize::MAX), "job")
    ));
    text
}
