//! The message if a mission waits to be resumed.
//!
//! It resumes nothing itself.

use journal::StateDir;
use mission::{Phase, State};
use workspace::project_root;

use crate::actor::past::PastMission;
use crate::options::EngineOptions;
use crate::text::cut;

/// The most bytes of the objective in the message.
const MAX_OBJECTIVE: usize = 100;

/// A sentence for the user who opens the project, if its newest mission is unfinished and no mission runs. It writes
/// nothing, not even the state folder.
pub(crate) fn unfinished(options: &EngineOptions) -> Option<String> {
    let state = StateDir::at(&options.data_home, &project_root(&options.directory));
    if !state.path().exists() || state.owner().ok()?.is_some() {
        return None;
    }
    let newest = state.list_missions().ok()?.into_iter().next()?;
    match PastMission::read(&newest) {
        Ok(past) => waits(&past.state),
        Err(why) => Some(format!("Mission {} cannot be read: {why}", newest.id())),
    }
}

/// The status of an unfinished mission, and how to continue it.
pub(crate) fn waits(state: &State) -> Option<String> {
    if state.outcome.is_some() || state.mission.is_empty() {
        return None;
    }
    let how = match &state.paused {
        Some(why) => format!("paused: {why}"),
        None => "interrupted".into(),
    };
    let integrated =
        state.tasks.values().filter(|task| matches!(task.phase, Phase::Integrated { .. })).count();
    let id = &state.mission;
    let what = cut(state.objective.lines().next().unwrap_or_default(), MAX_OBJECTIVE);
    let tasks = match state.tasks.len() {
        0 => String::new(),
        all => format!("; {integrated} of {all} tasks integrated"),
    };
    let next = match how.contains("/task resume") {
        true => String::new(),
        // On a line of its own, so that a narrow note does not break it
        false => format!("\n`/task resume {id}` continues it."),
    };
    Some(format!("Mission {id} is not finished: {what} ({how}{tasks}).{next}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use journal::{Journal, LockOwner, Redactor};
    use mission::{Event, Outcome, PauseReason, Policy};

    use super::*;

    fn begin(state: &StateDir, id: &str, events: &[Event]) {
        let dir = state.mission(id).unwrap();
        dir.create().unwrap();
        let mut journal = Journal::create(&dir.journal_path(), Redactor::shapes_only()).unwrap();
        let started = Event::MissionStarted {
            mission: id.into(),
            objective: "Add one".into(),
            policy: Policy::default(),
            at_ms: 1,
        };
        for event in [&[started], events].concat() {
            journal.append(&event).unwrap();
        }
    }

    fn offered(home: &Path) -> Option<String> {
        let options = EngineOptions {
            directory: home.join("project"),
            data_home: home.join("data"),
            ..EngineOptions::default()
        };
        unfinished(&options)
    }

    #[test]
    fn the_newest_mission_is_offered_while_it_is_not_finished() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("project")).unwrap();
        assert_eq!(offered(home.path()), None);
        assert!(!home.path().join("data").exists(), "looking makes nothing");

        let state = StateDir::open(&home.path().join("data"), &home.path().join("project")).unwrap();
        begin(&state, "m-aaaaaaaa", &[]);
        let said = offered(home.path()).unwrap();
        assert!(said.contains("m-aaaaaaaa is not finished: Add one (interrupted).\n`/task resume"), "{said}");

        let later = || std::thread::sleep(std::time::Duration::from_millis(15));
        later();
        let reason = PauseReason::Stopped("Esc".into());
        begin(&state, "m-bbbbbbbb", &[Event::Paused { reason, at_ms: 2 }]);
        let said = offered(home.path()).unwrap();
        assert!(said.contains("m-bbbbbbbb") && said.contains("stopped by Esc"), "{said}");
        assert!(said.contains("/task resume m-bbbbbbbb"), "{said}");

        let owner = LockOwner {
            pid: std::process::id(),
            mission: "m-bbbbbbbb".into(),
            directory: "/".into(),
            since_ms: 1,
        };
        let lock = state.lock(&owner).unwrap();
        assert_eq!(offered(home.path()), None, "one that runs is no business of another OpenCode");
        drop(lock);

        later();
        begin(&state, "m-cccccccc", &[Event::Ended { outcome: Outcome::Done, at_ms: 3 }]);
        assert_eq!(offered(home.path()), None, "a user with a newer mission is not asked again");
    }
}
