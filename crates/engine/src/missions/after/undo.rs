//! Undoes a delivered change: all of it, one file, or one hunk of a file. An undo is exact or not done at all:
//! `workspace` compares each file first.

use std::collections::BTreeSet;
use std::sync::Arc;

use journal::{Journal, MissionDir, ProjectLock};
use mission::{Delivery, Event, State};
use workspace::{DeliveryError, Entry, HunkError, UndoError};

use crate::actor::board_text;
use crate::actor::past::PastMission;
use crate::bench::confine::FilterSandbox;
use crate::missions::project::{NO_SUCH, Project};
use crate::text::{count, quoted};

impl Project {
    /// Undoes a delivery, if every file is still as it was delivered; `file`: only that one. The error says why nothing
    /// was undone.
    pub async fn undo(&self, id: Option<&str>, file: Option<&str>) -> Result<String, String> {
        let (_lock, dir, past) = self.locked(id)?;
        let mut delivery = intended(&past).ok_or_else(|| not_said(dir.id()))?;
        if let Some(file) = file {
            let wanted = file.trim_start_matches("./");
            let all: Vec<String> = delivery.entries.iter().map(|entry| entry.path.clone()).collect();
            delivery.entries.retain(|entry| entry.path == wanted);
            if delivery.entries.is_empty() {
                return Err(format!(
                    "Nothing was undone: mission `{}` did not change `{wanted}`; it changed {}.",
                    dir.id(),
                    quoted(all.iter())
                ));
            }
            if past.state.taken_back.iter().any(|path| path == wanted) {
                return Err(format!(
                    "Nothing was undone: `{wanted}` of mission `{}` was taken back already.",
                    dir.id()
                ));
            }
        } else {
            // Such a file is the user's again, whatever it holds by now
            delivery.entries.retain(|entry| !past.state.taken_back.contains(&entry.path));
        }
        let (root, state, redactor) =
            (self.root.clone(), self.state.path().to_path_buf(), self.redactor.clone());
        let (journal, one, versions) = (dir.journal_path(), file.is_some(), versions(&past.state));
        let undone = crate::blocking::blocking(move || {
            let workspace = workspace::Workspace::open(&root, &state)
                .map_err(|error| format!("Nothing was undone: {error}"))?;
            workspace.confine_filters(Arc::new(FilterSandbox(checks::Sandbox::default())));
            // Hunks that were undone before do not count as changes of the user
            workspace
                .standing(&mut delivery, &versions)
                .map_err(|error| format!("Nothing was undone: {error}"))?;
            let undone = workspace.undo(&delivery).map_err(|error| match &error {
                UndoError::Failed(DeliveryError::Torn { .. }) => {
                    format!("Not everything was undone: {error}\nhint: `/task undo` continues it")
                }
                _ => format!("Nothing was undone: {error}"),
            })?;
            let files = (undone.restored.len() + undone.removed.len()) as u32;
            let event = match delivery.entries.pop() {
                Some(entry) if one => Event::FileUndone { path: entry.path },
                _ => Event::Undone { files },
            };
            let noted = Journal::<Event>::reopen(&journal, redactor)
                .and_then(|(mut journal, _)| journal.append(&event));
            let but = noted
                .err()
                .map(|error| format!("This could not be recorded in the mission's journal: {error}\n"));
            Ok::<_, String>((undone, but.unwrap_or_default()))
        })
        .await;
        let (undone, noted) = undone?;
        board_text::renew(&dir, self.world.clock.now_ms());
        let id = dir.id();
        if let Some(file) = file {
            let how = if undone.removed.is_empty() {
                "as it was before"
            } else {
                "removed, as it was not there before"
            };
            return Ok(format!(
                "`{}` is {how}; the rest of mission `{id}` stays. `/task undo {id}` takes that back, too.\n{noted}",
                file.trim_start_matches("./")
            ));
        }
        let but = |path: &String| {
            format!(
                "- `{path}` still holds part of the change: an interrupted delivery had written it when you last wrote to it; look \
                 at it with `git diff`\n"
            )
        };
        let restored =
            Some(undone.restored.len()).filter(|n| *n > 0).map(|n| format!("{} as before", count(n, "file")));
        let removed = Some(undone.removed.len())
            .filter(|n| *n > 0)
            .map(|n| format!("{} removed", count(n, "new file")));
        let what: Vec<String> = restored.into_iter().chain(removed).collect();
        let what = if what.is_empty() { "no file was left to change".into() } else { what.join(", ") };
        Ok(format!(
            "Mission `{id}` is undone: {what}.\n{noted}{}",
            past.state.delivery.torn().iter().map(but).collect::<String>()
        ))
    }

    /// Undoes one hunk of a delivered file, if the user has not changed its lines or a neighbouring one since.
    pub async fn undo_hunk(&self, id: Option<&str>, file: &str, hunk: usize) -> Result<String, String> {
        let (lock, dir, past) = self.locked(id)?;
        let delivery = intended(&past).ok_or_else(|| not_said(dir.id()))?;
        let file = file.trim_start_matches("./").to_string();
        if past.state.taken_back.contains(&file) {
            return Err(format!(
                "Nothing was undone: `{file}` of mission `{}` was taken back already.",
                dir.id()
            ));
        }
        let whole = delivery.entries.iter().find(|entry| entry.path == file);
        if whole.is_some_and(|entry| entry.before.is_none() || entry.after.is_none()) && hunk == 1 {
            drop(lock);
            return self.undo(Some(dir.id()), Some(&file)).await;
        }
        let _lock = lock;
        let (root, state, redactor) =
            (self.root.clone(), self.state.path().to_path_buf(), self.redactor.clone());
        let (journal, id) = (dir.journal_path(), dir.id().to_string());
        let backs = past.state.hunks_back.get(&file).cloned().unwrap_or_default();
        crate::blocking::blocking(move || {
            let not = |why: &dyn std::fmt::Display| format!("Nothing was undone: `{file}`, hunk {hunk}: {why}");
            let workspace = workspace::Workspace::open(&root, &state).map_err(|error| not(&error))?;
            workspace.confine_filters(Arc::new(FilterSandbox(checks::Sandbox::default())));
            let taken: BTreeSet<usize> = backs.iter().map(|back| back.hunk as usize).collect();
            let undo = workspace.plan_hunk_undo(&delivery, &file, hunk, &taken).map_err(|why| match why {
                HunkError::NoFile => not(&format!(
                    "it was not changed by mission `{id}`; it changed {}",
                    quoted(delivery.entries.iter().map(|entry| &entry.path))
                )),
                why => not(&why),
            })?;
            let left = serde_json::to_value(&undo.left).map_err(|error| not(&error))?;
            let number = u32::try_from(hunk).unwrap_or(u32::MAX);
            let (mut journal, _) =
                Journal::<Event>::reopen(&journal, redactor).map_err(|error| not(&error))?;
            // Recorded first, so that a later undo of the rest knows about it even after a crash
            let event = Event::HunkUndone { path: file.clone(), hunk: number, left };
            journal.append(&event).map_err(|error| not(&error))?;
            if let Err(error) = workspace.undo_hunk(&delivery, &undo) {
                let kept = journal.append(&Event::HunkKept { path: file.clone(), hunk: number });
                let but = kept.err().map(|error| format!("\nThis could not be recorded in the mission's journal: {error}"));
                return Err(not(&error) + &but.unwrap_or_default());
            }
            Ok(format!(
                "Hunk {hunk} of `{file}` is as it was before mission `{id}`; the rest of the file is as you have it. `/task undo \
                 {id}` takes the rest of the mission's change back, too.\n"
            ))
        })
        .await
    }

    /// The mission whose change is in the user's files, with the project's lock: a running mission could write the same
    /// files. The journal is read under the lock, so that it contains every earlier undo.
    fn locked(&self, id: Option<&str>) -> Result<(ProjectLock, MissionDir, PastMission), String> {
        let not = |why: String| format!("Nothing was undone: {why}.");
        let (dir, _) = self.delivered(id).map_err(not)?;
        let lock = self.lock(dir.id()).map_err(|why| format!("Nothing was undone: {why}"))?;
        let (dir, past) = self.delivered(Some(dir.id())).map_err(not)?;
        Ok((lock, dir, past))
    }

    /// The mission whose change is in the working tree: the named one, or the newest that wrote into it.
    pub(super) fn delivered(&self, id: Option<&str>) -> Result<(MissionDir, PastMission), String> {
        let stands =
            |past: &PastMission| matches!(past.state.delivery, Delivery::Delivered { branch: None, .. });
        let wrote =
            |past: &PastMission| stands(past) || matches!(past.state.delivery, Delivery::Undone { .. });
        let (dir, past) = match id {
            Some(id) => self.find(Some(id), wrote)?,
            None => {
                self.find(None, wrote).map_err(|why| if why == NO_SUCH { NEVER.to_string() } else { why })?
            }
        };
        if stands(&past) {
            return Ok((dir, past));
        }
        let mut why = undelivered(&past.state, dir.id());
        // A second undo must not undo an older mission
        if id.is_none()
            && let Ok((older, _)) = self.find(None, stands)
        {
            why.push_str(&format!("; `/task undo {}` takes back the change before it", older.id()));
        }
        Err(why)
    }
}

/// The content of the newest intended delivery.
pub(super) fn intended(past: &PastMission) -> Option<workspace::Delivery> {
    let intent = past.events.iter().rev().find_map(|event| match event {
        Event::DeliveryIntended { delivery, .. } => Some(delivery.clone()),
        _ => None,
    });
    serde_json::from_value(intent?).ok()
}

/// The possible contents of each file with undone hunks, newest last.
pub(super) fn versions(state: &State) -> Vec<(String, Vec<Entry>)> {
    let left = |backs: &Vec<mission::HunkBack>| {
        backs.iter().filter_map(|back| serde_json::from_value(back.left.clone()).ok()).collect()
    };
    state.hunks_back.iter().map(|(path, backs)| (path.clone(), left(backs))).collect()
}

fn not_said(id: &str) -> String {
    format!("Nothing was undone: the journal of `{id}` does not say what was delivered.")
}

/// The message if there was never anything to undo.
const NEVER: &str = "no mission of this project has written into the working tree";

/// Why there is nothing to undo.
fn undelivered(state: &State, id: &str) -> String {
    match &state.delivery {
        Delivery::Undone { .. } => format!("the change of mission `{id}` was taken back already"),
        Delivery::Intended { .. } => {
            format!(
                "the delivery of mission `{id}` was interrupted; `/task resume {id}` finishes it, then undo again"
            )
        }
        Delivery::Failed { torn, .. } if !torn.is_empty() => format!(
            "the delivery of mission `{id}` failed and left part of it in {}; `/task resume {id}` finishes it, then undo again",
            quoted(torn.iter())
        ),
        Delivery::Delivered { branch: Some(branch), torn, .. } if !torn.is_empty() => format!(
            "the change of mission `{id}` is on branch `{branch}`; only {} holds part of it, where you wrote to it since",
            quoted(torn.iter())
        ),
        _ => format!("mission `{id}` has not written into the working tree"),
    }
}
