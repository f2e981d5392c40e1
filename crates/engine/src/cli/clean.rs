//! `clean`: frees the disk space of this project's missions.
//!
//! It never removes a mission that runs or waits to be resumed. Slots of any project whose state folder somebody removed
//! by hand go with it: nothing else would ever find them.

use journal::{LockError, LockOwner, MissionDir};
use serde_json::json;
use workspace::{Cleaned, Workspace};

use super::answer::{CommandAnswer, CommandFailure};
use super::place::{Place, Standing};
use crate::text::count;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Remove it also where a mission is not finished; its work is lost then.
    #[arg(long)]
    force: bool,
    /// Remove the missions themselves too: journals, pages and reports.
    #[arg(long)]
    all: bool,
    /// Only say what would be removed.
    #[arg(long)]
    dry_run: bool,
    /// Print what was removed as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    if !place.state.path().exists() {
        if args.dry_run {
            return would_remove(args, place, &[]);
        }
        return answer(args, Cleaned::default(), 0, remove_orphans(args));
    }
    let owner = LockOwner {
        pid: std::process::id(),
        mission: "clean".into(),
        directory: place.root.display().to_string(),
        since_ms: place.now_ms(),
    };
    let _lock = place.state.lock(&owner).map_err(|error| match error {
        LockError::Held { .. } => CommandFailure::Problem(format!("{error}\nnothing was removed")),
        error => CommandFailure::problem(error),
    })?;
    let missions = place.missions()?;
    if !args.all && !args.force {
        refuse_unfinished(place, &missions)?;
    }
    if args.dry_run {
        return would_remove(args, place, &missions);
    }
    let mut cleaned = Cleaned::default();
    let used = std::fs::read_dir(place.state.slots()).is_ok_and(|mut slots| slots.next().is_some());
    if used || place.state.repository().exists() {
        let workspace = Workspace::open(&place.root, place.state.path()).map_err(CommandFailure::problem)?;
        cleaned = workspace.clean().map_err(CommandFailure::problem)?;
    }
    cleaned.bytes += place.state.index_bytes();
    place.state.forget_index().map_err(CommandFailure::problem)?;
    let mut forgotten = 0;
    if args.all {
        for dir in &missions {
            workspace::remove_folder(&dir.tmp_dir());
            dir.forget().map_err(CommandFailure::problem)?;
            forgotten += 1;
        }
    }
    answer(args, cleaned, forgotten, remove_orphans(args))
}

/// How many folders of slots without a state folder were removed, or would be.
fn remove_orphans(args: &Arguments) -> usize {
    if args.dry_run {
        return workspace::orphaned_slots().len();
    }
    workspace::remove_orphaned_slots()
}

/// The same sums without removing anything.
fn would_remove(
    args: &Arguments,
    place: &Place,
    missions: &[MissionDir],
) -> Result<CommandAnswer, CommandFailure> {
    let slots = std::fs::read_dir(place.state.slots()).map_or(0, |slots| slots.flatten().count());
    let mut bytes = place.state.index_bytes();
    if slots > 0 || place.state.repository().exists() {
        bytes += Workspace::open(&place.root, place.state.path()).map_err(CommandFailure::problem)?.size();
    }
    let journals = if args.all { missions.len() } else { 0 };
    let orphans = remove_orphans(args);
    if args.json {
        return CommandAnswer::json(
            &json!({ "dry_run": true, "slots": slots, "bytes": bytes, "missions": journals, "orphaned": orphans }),
        );
    }
    if bytes == 0 && journals == 0 {
        return Ok(CommandAnswer::done(format!(
            "there is nothing to remove\n{}",
            about("would also remove", orphans)
        )));
    }
    let and = if journals > 0 { format!(" and {}", count(journals, "mission")) } else { String::new() };
    let megabytes = bytes as f64 / 1e6;
    Ok(CommandAnswer::done(format!(
        "would remove {}{and}, at most {megabytes:.1} MB; nothing was removed\n{}",
        count(slots, "slot"),
        about("would also remove", orphans)
    )))
}

/// Refuses if a mission can be resumed: its work exists only in the private repository. A mission that cannot be read
/// may be one of them: another version of this program may have written it.
fn refuse_unfinished(place: &Place, missions: &[MissionDir]) -> Result<(), CommandFailure> {
    let unfinished: Vec<&str> = missions
        .iter()
        .filter(|dir| place.past(dir).map_or(true, |past| Standing::of(&past.state, false).is_unfinished()))
        .map(MissionDir::id)
        .collect();
    if unfinished.is_empty() {
        return Ok(());
    }
    Err(CommandFailure::Problem(format!(
        "not finished: {}; what was done so far would be lost, and nothing was removed\nhint: `/task resume` in \
         OpenCode continues it; `clean --force` removes the work nonetheless, `clean --all` the journals with it",
        unfinished.join(", ")
    )))
}

/// A line about slots of other projects whose state folder somebody removed by hand.
fn about(verb: &str, orphans: usize) -> String {
    match orphans {
        0 => String::new(),
        _ => format!("{verb} the slots of {} without a state folder\n", count(orphans, "project")),
    }
}

fn answer(
    args: &Arguments,
    cleaned: Cleaned,
    missions: usize,
    orphans: usize,
) -> Result<CommandAnswer, CommandFailure> {
    if args.json {
        return CommandAnswer::json(
            &json!({ "slots": cleaned.slots, "bytes": cleaned.bytes, "missions": missions, "orphaned": orphans }),
        );
    }
    let slots = count(usize::try_from(cleaned.slots).unwrap_or(usize::MAX), "slot");
    let megabytes = cleaned.bytes as f64 / 1e6;
    let journals = if missions > 0 { format!(" and {}", count(missions, "mission")) } else { String::new() };
    let own = match (cleaned.bytes, missions) {
        (0, 0) => "there was nothing to remove\n".to_string(),
        _ => format!("removed {slots}{journals}; {megabytes:.1} MB are free again\n"),
    };
    Ok(CommandAnswer::done(own + &about("also removed", orphans)))
}
