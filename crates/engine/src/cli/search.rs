//! `search <words>`: the files and symbols that fit some words best.
//!
//! It asks no model, and shows what a Searcher would start with.

use context::MAX_PAST_COMMITS;
use serde_json::json;
use workspace::UserFiles;

use super::answer::{CommandAnswer, CommandFailure};
use super::files::list;
use super::place::Place;
use crate::steps::kept_index::past_commits;

const MAX_LIMIT: usize = 1000;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to look for.
    #[arg(required = true)]
    words: Vec<String>,
    /// The most files that are named.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let query = args.words.join(" ");
    if query.trim().is_empty() {
        return Err(CommandFailure::Usage("`search` needs words to look for".into()));
    }
    let limit = args.limit.clamp(1, MAX_LIMIT);
    let user = UserFiles::open(&place.root).map_err(CommandFailure::problem)?;
    let files = list(&place.root, user.as_ref())?;
    let past = user.as_ref().map(|user| user.history(MAX_PAST_COMMITS)).transpose();
    // A ranking without the past is still a ranking.
    let past = past_commits(past.ok().flatten().unwrap_or_default());
    let hits = context::Index::build(&place.root, &files).with_history(&past).search(&query, limit);
    if args.json {
        return CommandAnswer::json(&json!({ "hits": hits }));
    }
    let text = context::render(&hits);
    Ok(if hits.is_empty() { CommandAnswer::default().note(&text) } else { CommandAnswer::done(text) })
}
