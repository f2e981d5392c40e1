//! The text of prompts: the header of every prompt, and the parts that several roles share.
//!
//! Text for a single role is in its step; the role's description is in `prompts/`.

use std::fmt::Write;

use mission::{AttemptFailure, HeaderLine, Issue, Role, State, Task, WrittenTests};

use crate::talk::session::Part;
use crate::text::{cut, quoted};

/// The most issues that a prompt lists.
const MAX_ISSUES: usize = 20;
/// The longest text of one issue, in bytes.
const MAX_ISSUE: usize = 2000;

/// `attempt` is the number of this role's prompt for this task, from 1.
pub(crate) fn header(mission: &str, role: Role, task: Option<&str>, attempt: u32) -> String {
    header_of_part(mission, role, task, attempt, None)
}

/// The header of a session, which may have only one part of a task: the lines in the role's row that have a value.
pub(crate) fn header_of_part(
    mission: &str,
    role: Role,
    task: Option<&str>,
    attempt: u32,
    part: Option<Part>,
) -> String {
    let mut text = String::new();
    for line in role.row().header {
        let _ = match (line, task, part) {
            (HeaderLine::Mission, ..) => writeln!(text, "mission: {mission}"),
            (HeaderLine::Role, ..) => writeln!(text, "role: {role}"),
            (HeaderLine::Task, Some(task), _) => writeln!(text, "task: {task}"),
            (HeaderLine::Attempt, ..) => writeln!(text, "attempt: {attempt}"),
            (HeaderLine::Part, _, Some(Part::Tests)) => writeln!(text, "part: tests"),
            (HeaderLine::Task | HeaderLine::Part, ..) => Ok(()),
        };
    }
    text.push('\n');
    text
}

/// A task as its Coder, Fixer and Reviewer see it.
pub(crate) fn task(task: &Task) -> String {
    let mut text =
        format!("# Task: {}\n{}\n\nFiles: {}\n", task.title, task.instructions, quoted(task.scope.iter()));
    text.push_str("\nAcceptance:\n");
    text.push_str(&acceptance(&task.acceptance));
    if let Some(why) = &task.edits_tests {
        let _ = writeln!(
            text,
            "\nExisting tests may change here, because: {why}\nWhat they test stays tested: one that goes or asserts less without being named here is refused."
        );
    }
    if let Some(why) = &task.edits_config {
        let _ = writeln!(text, "\nScripts and configuration may change here, because: {why}");
    }
    text.push_str(&from_user(&task.corrections));
    text
}

/// Texts of the user after the mission's start, word for word; empty if there are none.
pub(crate) fn from_user<T: AsRef<str>>(said: &[T]) -> String {
    if said.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n# From the user, said while this mission ran\nThe newest stands last. Where it contradicts what is written above, this is right:\n",
    );
    for said in said {
        let _ = writeln!(text, "- {}", said.as_ref().replace('\n', "\n  "));
    }
    text
}

/// The base of the mission, and decisions before its plan; empty if there are none.
pub(crate) fn given(state: &State) -> String {
    let mut text = state.follows.as_ref().map(|followed| followed.text()).unwrap_or_default();
    let decided: Vec<_> = state.decided().collect();
    if !decided.is_empty() {
        text.push_str("\n# Decided\nWhat the objective leaves open; plan by it:\n");
    }
    for decision in decided {
        let who =
            if decision.by_default { "by default, nobody was asked or answered" } else { "by the user" };
        let chosen = decision.chosen.as_deref().unwrap_or_default();
        let _ = writeln!(text, "- {} {chosen} ({who})", decision.question);
    }
    text
}

/// The files outside the plan, as a question for the Reviewer.
pub(crate) fn outside(task: &Task) -> String {
    let items = task.review_items();
    let mut text = String::new();
    for (id, item) in items.iter().skip(task.acceptance.len()) {
        if text.is_empty() {
            text.push_str("\nFiles that the plan does not name, each an item to answer, too; met only where the task needs it:\n");
        }
        let _ = writeln!(text, "{id}: {}", item.replace('\n', " "));
    }
    text
}

/// One line `a1: text` for each item.
pub(crate) fn acceptance(items: &[String]) -> String {
    items.iter().enumerate().fold(String::new(), |mut text, (i, item)| {
        let _ = writeln!(text, "a{}: {}", i + 1, item.replace('\n', " "));
        text
    })
}

pub(crate) fn issues(issues: &[Issue]) -> String {
    let mut text = String::new();
    for issue in issues.iter().take(MAX_ISSUES) {
        let _ = writeln!(text, "- {}", cut(&issue.to_string(), MAX_ISSUE));
    }
    if issues.len() > MAX_ISSUES {
        let _ = writeln!(text, "- and {} more", issues.len() - MAX_ISSUES);
    }
    text
}

/// The hint for an attempt that must write whole files, because edits of the last attempt did not apply.
pub(crate) const WHOLE_FILES: &str = "Write each file whole, with the tool `write`: read it first, then give all of its text. Make no edits in place.\n";

/// The instruction if the user wants no tests.
pub(crate) const NO_TESTS: &str = "Write no new tests, unless the files above name them.\n";

/// The section about tests that were written before the work begins.
pub(crate) fn written_tests(tests: &WrittenTests) -> String {
    format!(
        "\n# Tests of this task\nAnother coder wrote them, and they stand in the files: {}. They fail now and have to pass; \
         they are not yours to change. If one contradicts the task, submit `blocked` and say why.\n",
        quoted(tests.paths.iter())
    )
}

/// The failures of earlier attempts, as facts.
pub(crate) fn memo(failures: &[AttemptFailure]) -> String {
    let Some(last) = failures.iter().map(|f| f.attempt).max() else { return String::new() };
    let mut text = String::from("\nAn earlier attempt at this task was discarded. It failed on:\n");
    for failure in failures.iter().filter(|f| f.attempt == last) {
        text.push_str(&issues(&failure.issues));
    }
    text.push_str("Do it another way where that helps.\n");
    text
}

/// A fence of backticks that nothing in the text can close.
pub(crate) fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_said_is_marked_as_theirs() {
        assert_eq!(from_user::<&str>(&[]), "");
        let text = from_user(&["use tabs", "and\nspaces"]);
        assert!(
            text.starts_with("\n# From the user") && text.ends_with("- use tabs\n- and\n  spaces\n"),
            "{text}"
        );
    }

    #[test]
    fn a_prompt_begins_with_the_lines_of_its_roles_row() {
        assert_eq!(header("m-1", Role::Searcher, None, 1), "mission: m-1\nrole: searcher\nattempt: 1\n\n");
        assert_eq!(
            header("m-1", Role::Planner, Some("a"), 2),
            "mission: m-1\nrole: planner\ntask: a\nattempt: 2\n\n"
        );
        assert_eq!(
            header_of_part("m-1", Role::Coder, Some("a"), 1, Some(Part::Tests)),
            "mission: m-1\nrole: coder\ntask: a\nattempt: 1\npart: tests\n\n"
        );
    }
}
