//! Taking a delivered change back: as a whole, or one file of it. Exact, or nothing: `workspace` compares each file first.

use std::sync::Arc;

use journal::{Journal, MissionDir};
use mission::{Delivery, Event, State};
use workspace::{DeliveryError, UndoError};

use crate::actor::past::PastMission;
use crate::bench::confine::FilterSandbox;
use crate::missions::project::Project;
use crate::text::quoted;

impl Project {
    /// Takes a delivery back, if every file is still as it was delivered; `file`: only that one. The error says why nothing was.
    pub async fn undo(&self, id: Option<&str>, file: Option<&str>) -> Result<String, String> {
        let (dir, past) = self.delivered(id).map_err(|why| format!("Nothing was undone: {why}."))?;
        let intended = past.events.iter().rev().find_map(|event| match event {
            Event::DeliveryIntended { delivery, .. } => Some(delivery.clone()),
            _ => None,
        });
        let intended =
            intended.and_then(|delivery| serde_json::from_value::<workspace::Delivery>(delivery).ok());
        let Some(mut delivery) = intended else {
            return Err(format!(
                "Nothing was undone: the journal of `{}` does not say what was delivered.",
                dir.id()
            ));
        };
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
        }
        // A mission that runs may be writing the same files
        let _lock = self.lock(dir.id()).map_err(|why| format!("Nothing was undone: {why}"))?;
        let (root, state, redactor) =
            (self.root.clone(), self.state.path().to_path_buf(), self.redactor.clone());
        let (journal, one) = (dir.journal_path(), file.is_some());
        let undone = crate::blocking::blocking(move || {
            let workspace = workspace::Workspace::open(&root, &state)
                .map_err(|error| format!("Nothing was undone: {error}"))?;
            workspace.confine_filters(Arc::new(FilterSandbox(checks::Sandbox::default())));
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
            let but = noted.err().map(|error| format!("The mission's journal does not say so: {error}\n"));
            Ok::<_, String>((undone, but.unwrap_or_default()))
        })
        .await;
        let (undone, noted) = undone?;
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
        Ok(format!(
            "Mission `{id}` is undone: {} restored, {} removed.\n{noted}{}",
            undone.restored.len(),
            undone.removed.len(),
            past.state.delivery.torn().iter().map(but).collect::<String>()
        ))
    }

    /// The mission whose change stands in the working tree: the named one, or the newest that wrote into it.
    fn delivered(&self, id: Option<&str>) -> Result<(MissionDir, PastMission), String> {
        let stands =
            |past: &PastMission| matches!(past.state.delivery, Delivery::Delivered { branch: None, .. });
        let wrote =
            |past: &PastMission| stands(past) || matches!(past.state.delivery, Delivery::Undone { .. });
        let (dir, past) = match id {
            Some(id) => self.find(Some(id), wrote)?,
            None => self
                .find(None, wrote)
                .map_err(|why| if why == super::project::NO_SUCH { NEVER.to_string() } else { why })?,
        };
        if stands(&past) {
            return Ok((dir, past));
        }
        let mut why = undelivered(&past.state, dir.id());
        // A second undo is no undo of something else
        if id.is_none()
            && let Ok((older, _)) = self.find(None, stands)
        {
            why.push_str(&format!("; `/task undo {}` takes back the change before it", older.id()));
        }
        Err(why)
    }
}

/// Said where there was never anything to undo.
const NEVER: &str = "no mission of this project has written into the working tree";

/// Why there is nothing to undo.
fn undelivered(state: &State, id: &str) -> String {
    match &state.delivery {
        Delivery::Undone { .. } => format!("the change of mission `{id}` was taken back already"),
        Delivery::Intended { .. } => {
            format!("the delivery of mission `{id}` was interrupted; `/task resume {id}` ends it first")
        }
        Delivery::Failed { torn, .. } if !torn.is_empty() => format!(
            "the delivery of mission `{id}` failed and left part of it in {}; `/task resume {id}` ends it first",
            quoted(torn.iter())
        ),
        Delivery::Delivered { branch: Some(branch), torn, .. } if !torn.is_empty() => format!(
            "the change of mission `{id}` is on branch `{branch}`; only {} holds part of it, where you wrote to it since",
            quoted(torn.iter())
        ),
        _ => format!("mission `{id}` has not written into the working tree"),
    }
}
