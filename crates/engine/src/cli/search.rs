//! `search <words>`: the files and symbols that fit some words best.

use serde_json::json;
use workspace::UserFiles;

use super::args::Args;
use super::files::list;
use super::place::Place;
use super::{Answer, Failure};

const LIMIT: usize = 10;
const MAX_LIMIT: usize = 1000;

pub(super) fn run(args: &Args, place: &Place) -> Result<Answer, Failure> {
    let query = args.words.join(" ");
    if query.trim().is_empty() {
        return Err(Failure::Usage("`search` needs words to look for".into()));
    }
    let limit = args.number("--limit")?.unwrap_or(LIMIT).clamp(1, MAX_LIMIT);
    let user = UserFiles::open(&place.root).map_err(Failure::problem)?;
    let files = list(&place.root, user.as_ref())?;
    let hits = context::Index::build(&place.root, &files).search(&query, limit);
    if args.has("--json") {
        return Answer::json(&json!({ "hits": hits }));
    }
    let text = context::render(&hits);
    Ok(if hits.is_empty() { Answer::default().note(&text) } else { Answer::done(text) })
}
