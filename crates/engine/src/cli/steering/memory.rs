//! `memory [edit|forget]`: what missions learned of this project, shown and changed. The editor is the program's to start
//! (`bin/memory.js`); what it wrote comes back with `--from`.

use std::path::PathBuf;

use mission::memory::Memory;
use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure, unknown};
use super::super::place::Place;
use crate::missions::memory;

/// The longest file that is taken from an editor, in bytes.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Edit it in `$VISUAL` or `$EDITOR`.
    Edit {
        /// Take this file instead of starting an editor.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// With `--from`: print JSON.
        #[arg(long, requires = "from")]
        json: bool,
    },
    /// Take entries out, and do not learn them again.
    Forget {
        /// Ids of entries, as `memory` shows them.
        #[arg(required_unless_present = "all")]
        ids: Vec<String>,
        /// Remove the whole memory; the next mission learns from the journals that are left.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let read =
        || Ok(memory::caught_up(&place.state, memory::read(&place.state).map_err(CommandFailure::Problem)?));
    let (changed, json) = match &args.what {
        None => return show(args.json, place, &read()?),
        Some(What::Edit { from: None, .. }) => {
            return Err(CommandFailure::Usage("the program starts the editor, without its core".into()));
        }
        Some(What::Edit { from: Some(from), json }) => (edit(from, place, read()?)?, *json),
        Some(What::Forget { all: true, json, .. }) => {
            place.state.forget_memory().map_err(CommandFailure::problem)?;
            ("the memory of this project is removed\n".to_string(), *json)
        }
        Some(What::Forget { ids, json, .. }) => (forget(ids, place, read()?)?, *json),
    };
    match args.json || json {
        true => CommandAnswer::json(&json!({ "memory": changed.trim_end() })),
        false => Ok(CommandAnswer::done(changed)),
    }
}

fn show(as_json: bool, place: &Place, memory: &Memory) -> Result<CommandAnswer, CommandFailure> {
    if as_json {
        let file = place.state.memory_path();
        return CommandAnswer::json(
            &json!({ "file": file, "entries": memory.entries, "plans": memory.plans, "markdown": memory.markdown(None) }),
        );
    }
    if memory.entries.is_empty() && memory.plans.is_empty() {
        return Ok(CommandAnswer::done(
            "nothing is known of this project yet: what missions learn here is kept when they end\n",
        ));
    }
    Ok(CommandAnswer::done(memory.markdown(Some(place.now_ms()))))
}

fn edit(from: &std::path::Path, place: &Place, mut memory: Memory) -> Result<String, CommandFailure> {
    let path = place.cwd.join(from);
    let unread = |error| CommandFailure::Problem(format!("`{}` cannot be read: {error}", path.display()));
    if std::fs::metadata(&path).map_err(unread)?.len() > MOST_BYTES {
        return Err(CommandFailure::Problem(format!("`{}` has more than 1 MiB", path.display())));
    }
    let text = std::fs::read_to_string(&path).map_err(unread)?;
    memory.edit(&text, place.now_ms()).map_err(|problems| {
        CommandFailure::Problem(format!("{}\nThe memory stays as it was.", problems.join("\n")))
    })?;
    keep(place, &memory)?;
    Ok(format!("the memory has {} now\n", entries(memory.entries.len())))
}

fn forget(ids: &[String], place: &Place, mut memory: Memory) -> Result<String, CommandFailure> {
    for id in ids {
        let known: Vec<String> = memory.entries.iter().map(|entry| entry.id.clone()).collect();
        if !memory.forget(id) {
            let text = unknown("entry", id, known.iter().map(String::as_str));
            return Err(CommandFailure::Usage(format!("{text}\nThe memory stays as it was.")));
        }
    }
    keep(place, &memory)?;
    Ok(format!("forgotten: {}\n", ids.join(", ")))
}

fn keep(place: &Place, memory: &Memory) -> Result<(), CommandFailure> {
    let state = place.open_state()?;
    memory::keep(&state, memory).map_err(CommandFailure::Problem)
}

fn entries(n: usize) -> String {
    if n == 1 { "1 entry".into() } else { format!("{n} entries") }
}
