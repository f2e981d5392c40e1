//! `search <words>`: the files and symbols that fit the words best, with the score of each part of the ranking, and the
//! lines that a role would be shown.
//!
//! It asks no model, and shows what a Searcher starts with. What an embedding model said in a mission is kept.

use context::{Index, MAX_PAST_COMMITS};
use serde_json::json;
use workspace::UserFiles;

use super::answer::{CommandAnswer, CommandFailure};
use super::files;
use super::place::Place;
use crate::steps::embeddings;
use crate::steps::kept_index::{self, past_commits};

const MAX_LIMIT: usize = 1000;
const MAX_TOKENS: usize = 1_000_000;
/// The most symbols that are named for a range of lines.
const MAX_SYMBOLS: usize = 8;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to look for.
    #[arg(required = true)]
    words: Vec<String>,
    /// The most files to list.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Also show the lines that match best, in at most this many tokens (6000 without a number).
    #[arg(long, value_name = "TOKENS", num_args = 0..=1, require_equals = true, default_missing_value = "6000")]
    lines: Option<usize>,
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
    let files = files::list(&place.root, user.as_ref())?;
    let past = user.as_ref().map(|user| user.history(MAX_PAST_COMMITS)).transpose();
    // Without the history the ranking still works.
    let past = past.ok().flatten().unwrap_or_default();
    let (known, is_cut) = (past.commits.len(), past.is_cut);
    let index = index(place, &files).with_history(&past_commits(past));
    let (index, unheard) = with_embeddings(place, index, &query);
    let hits = index.search(&query, limit);
    let lines =
        args.lines.filter(|_| !hits.is_empty()).map(|tokens| index.lines_for(&query, tokens.min(MAX_TOKENS)));
    let with_notes = |answer| match &unheard {
        Some(note) => with_note(answer, known, is_cut).note(note),
        None => with_note(answer, known, is_cut),
    };
    if args.json {
        let answer = CommandAnswer::json(&match lines {
            Some(lines) => json!({ "hits": hits, "lines": lines }),
            None => json!({ "hits": hits }),
        })?;
        return Ok(with_notes(answer));
    }
    if hits.is_empty() {
        return Ok(with_notes(CommandAnswer::default().note(&context::render(&hits))));
    }
    let mut text = String::new();
    for hit in &hits {
        text += &context::render(std::slice::from_ref(hit));
        text += &format!("    {}\n", shares(hit));
    }
    for passage in lines.iter().flatten() {
        text += &format!("\n{}:{}-{}", passage.path, passage.from, passage.to);
        if !passage.symbols.is_empty() {
            let named: Vec<&str> = passage.symbols.iter().take(MAX_SYMBOLS).map(String::as_str).collect();
            let more = passage.symbols.len().saturating_sub(MAX_SYMBOLS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text += &format!("  {}{more}", named.join(", "));
        }
    }
    if lines.is_some() {
        text.push('\n');
    }
    Ok(with_notes(CommandAnswer::done(text)))
}

/// Says if git did not read the history to its end.
fn with_note(answer: CommandAnswer, known: usize, is_cut: bool) -> CommandAnswer {
    if !is_cut {
        return answer;
    }
    answer.note(&format!(
        "note: git takes long to read this history; only the newest {known} commits are part of the ranking"
    ))
}

/// The index with what the embedding model of the settings said of these words in a mission, and a note if it said
/// nothing. Only a mission asks it, because only OpenCode knows the keys of providers.
fn with_embeddings(place: &Place, index: Index, query: &str) -> (Index, Option<String>) {
    // Settings with a mistake are for `config check` to tell
    let Some(model) = place.settings(&place.root).ok().and_then(|config| config.context.embeddings) else {
        return (index, None);
    };
    let redactor = place.redactor();
    match embeddings::remembered(&place.state, &redactor, &model, &index, query) {
        Some(index) => (index, None),
        None => {
            let note = format!(
                "note: `{model}` of `[context] embeddings` is not part of this ranking; it is asked in missions, and known here for the words of their objectives"
            );
            (index, Some(note))
        }
    }
}

/// The share of each part of the ranking in a file's score: `score 0.71: text 62 %, history 30 %, recency 8 %`.
fn shares(hit: &context::Hit) -> String {
    let share = |own: &context::PartOfScore| {
        format!("{} {:.0} %", own.part.name(), 100.0 * own.score / hit.score.max(f32::MIN_POSITIVE))
    };
    let shares: Vec<String> = hit.parts.iter().map(share).collect();
    format!("score {:.3}: {}", hit.score, shares.join(", "))
}

/// The index of the files, built on the kept one. Without a state folder the new index is not kept.
fn index(place: &Place, files: &[String]) -> Index {
    let kept = kept_index::read(&place.state).ok().flatten();
    let index = match &kept {
        Some(kept) => kept.rebuild(&place.root, files),
        None => Index::build(&place.root, files),
    };
    if place.state.path().is_dir() {
        // Without a commit: these are the user's files on disk.
        kept_index::keep(&place.state, &index, "", kept.is_some());
    }
    index
}
