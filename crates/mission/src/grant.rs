//! `needs_files`: which of the files that a blocked role asks for its task gets. The engine's `work_mailbox` asks.
//!
//! Pure, and it changes no scope: for each granted file the engine asks `permit::scope`, records the change and answers
//! the model.

use crate::{State, Task, path};

/// How often one attempt may be granted files. A task that needs more is planned wrong.
pub const MAX_GRANTS: u32 = 3;

/// The requested files that `task` does not own yet, or every reason why none is granted, in words for the model.
/// `granted`: how often this attempt was granted files before. `is_folder` asks the slot.
pub fn wanted(
    state: &State,
    task: &str,
    files: &[String],
    granted: u32,
    is_folder: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Vec<String>> {
    let mut problems = Vec::new();
    // A planned file that another task holds is not owned yet: the task then waits for it
    let owned = |file: &str| {
        let known = state.tasks.get(task).is_some_and(|task: &Task| task.scope.contains(file));
        known && state.holder(file, task).is_none()
    };
    let mut new: Vec<String> = Vec::new();
    for file in files {
        if path::is_glob(file) || is_folder(file) {
            problems.push(format!("`needs_files`: `{file}` is no file: name each file that must change"));
        } else if let Some(why) = path::forbidden(file) {
            problems.push(format!("`needs_files`: `{file}`: {why}"));
        } else if !owned(file) && !new.contains(file) {
            new.push(file.clone());
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if new.is_empty() {
        return Err(vec![
            "`needs_files`: all of these belong to this task already: change them, or submit `blocked` with a `question`"
                .to_string(),
        ]);
    }
    if granted >= MAX_GRANTS {
        return Err(vec![format!(
            "`needs_files`: this attempt was granted files {granted} times. Submit what can be done with them, or `blocked` \
             with a `question`"
        )]);
    }
    let scope = state.tasks.get(task).map(|task| &task.scope);
    let (own, more) = (
        scope.map_or(0, |scope| scope.len()),
        new.iter().filter(|file| scope.is_none_or(|scope| !scope.contains(file.as_str()))).count(),
    );
    let limit = state.policy.max_files as usize;
    if more > 0 && own + more > limit {
        return Err(vec![format!(
            "`needs_files`: the task has {own} files, and {more} more are over the limit of {limit} files a task. Name only \
             those that must change, or submit `blocked` with a `question`"
        )]);
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{Plan, PlannedTask};
    use crate::{Event, Policy};

    fn state(max_files: u32) -> State {
        let policy = Policy { max_files, ..Policy::default() };
        let (mission, objective) = ("m-00000001".to_string(), "x".to_string());
        let task = PlannedTask { id: "a".into(), files: vec!["src/a.js".into()], ..PlannedTask::default() };
        let plan = Plan { tasks: vec![task], ..Plan::default() };
        State::fold(&[
            Event::MissionStarted { mission, objective, policy, at_ms: 0 },
            Event::PlanAccepted { plan, notes: vec![], parent: None },
        ])
    }

    fn ask(files: &[&str], granted: u32) -> Result<Vec<String>, Vec<String>> {
        let files: Vec<String> = files.iter().map(ToString::to_string).collect();
        wanted(&state(3), "a", &files, granted, |path| path == "src")
    }

    #[test]
    fn new_files_are_granted_once_each() {
        assert_eq!(ask(&["src/b.js", "src/a.js", "src/b.js"], 0), Ok(vec!["src/b.js".to_string()]));
        assert_eq!(ask(&["app/[id]/page.tsx"], 2), Ok(vec!["app/[id]/page.tsx".to_string()]));
    }

    #[test]
    fn what_is_no_request_for_a_new_file_is_refused_with_the_reason() {
        for (files, granted, word) in [
            (&["src/a.js"][..], 0, "already"),
            (&["*"], 0, "is no file"),
            (&["src/**/*.js"], 0, "is no file"),
            (&["src"], 0, "is no file"),
            (&[".git/config"], 0, ".git/config"),
            (&["b", "c", "d"], 0, "limit of 3 files"),
            (&["b"], MAX_GRANTS, "3 times"),
        ] {
            let problems = ask(files, granted).unwrap_err();
            assert!(problems.iter().all(|problem| problem.contains(word)), "{files:?}: {problems:?}");
        }
    }
}
