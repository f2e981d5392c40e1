//! `review [id]`: a mission's change by task and file with its evidence, in numbered hunks; with `--comment`, the
//! command that the program types to start a mission on top of it. It prints the result of `missions/after/review.rs`.
//! It changes no file and starts no mission: the program does, and also asks the user about each hunk.

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;
use super::launch;

/// The most lines of hunks that are shown for a whole change.
const MAX_LINES: usize = 2_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The mission's id. Default: the newest with a delivered change.
    id: Option<String>,
    /// Show only this file, whole.
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// Show tasks, files and evidence without the lines.
    #[arg(long, conflicts_with = "file")]
    summary: bool,
    /// Start a mission that corrects the change as a comment on a line says: `--comment src/a.js:12 "handle null"`.
    #[arg(long, num_args = 2, value_names = ["PATH:LINE", "TEXT"], conflicts_with_all = ["file", "summary"])]
    comment: Vec<String>,
    /// Go through the hunks one by one: keep, take back, comment.
    #[arg(short, long, conflicts_with_all = ["file", "summary", "comment", "json"])]
    interactive: bool,
    /// With `--comment`: stop that mission after this time.
    #[arg(long, value_name = "TIME", value_parser = launch::milliseconds, requires = "comment")]
    timeout: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    if args.interactive {
        return Err(CommandFailure::Usage("the program asks, without its core".into()));
    }
    let named = args.id.as_deref().map(|id| place.mission(Some(id))).transpose()?;
    let project = place.project().await?;
    let id = named.as_ref().map(|dir| dir.id());
    let mut review = project.review(id).await.map_err(CommandFailure::Problem)?;
    if let [at, text] = args.comment.as_slice() {
        let path = at
            .rsplit_once(':')
            .filter(|(_, line)| line.parse::<u32>().is_ok())
            .map_or(at.as_str(), |(path, _)| path);
        review.only(path).map_err(CommandFailure::Usage)?;
        let comment = format!("{}: {text}", at.trim_start_matches("./"));
        return launch::fix(&project, &review.mission, &comment, args.json, args.timeout).await;
    }
    if let Some(path) = &args.file {
        review.only(path).map_err(CommandFailure::Problem)?;
    }
    if args.json {
        return CommandAnswer::json(&review);
    }
    Ok(CommandAnswer::done(review.text(match (args.summary, &args.file) {
        (true, _) => 0,
        (_, Some(_)) => usize::MAX,
        _ => MAX_LINES,
    })))
}
