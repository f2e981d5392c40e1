//! What the text after `/task` asks for.
//!
//! Pure. A misspelt command starts no mission by accident: the answer says which command it may mean.

use crate::is_mission_id;

/// The longest objective, in bytes.
pub const MAX_OBJECTIVE: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Run {
        objective: String,
    },
    Status {
        id: Option<String>,
    },
    Stop {
        id: Option<String>,
    },
    Resume {
        id: Option<String>,
    },
    Undo {
        id: Option<String>,
    },
    Report {
        id: Option<String>,
    },
    /// A text for the mission that runs or waits to be resumed.
    Tell {
        text: String,
    },
    /// Answers to the questions before the plan.
    Answer {
        text: String,
    },
    /// Shows the plan of a mission that waits; `drop`: a task to take out of it.
    Plan {
        drop: Option<String>,
    },
    /// Shows the change of a mission with its evidence.
    Review {
        id: Option<String>,
    },
    /// Starts a mission on top of what another one delivered.
    Fix {
        id: String,
        comment: String,
    },
    /// Shows the missions that wait; `cancel`: the one to take out of the queue.
    Queue {
        cancel: Option<String>,
    },
    /// Nothing is started; the user gets this answer.
    Refused {
        answer: String,
    },
}

const WORDS: [&str; 6] = ["status", "stop", "resume", "undo", "report", "review"];
/// Commands whose argument is not just a mission's id.
const OTHER_WORDS: [&str; 5] = ["tell", "answer", "fix", "queue", "help"];

/// The commands, one per line.
pub const HELP: &str = "\
- `/task <mission>` starts a mission
- `/task status` shows what runs and how far it is
- `/task tell <text>` corrects the mission that runs: roles hear it with their next prompt, and what has not started is planned \
again; `/task tell <task-id>: <text>` concerns one task
- `/task answer 1b 2a` answers questions before the plan; `/task answer defaults` leaves them to their defaults
- `/task plan` shows the plan of a mission that waits; `/task plan drop <task-id>` takes a task out of it
- `/task stop`, or Esc, stops it; `/task resume [id]` continues it
- `/task queue` shows the missions that wait for their turn; `/task queue cancel <id>` takes one out
- `/task report [id]` shows what was done, verified and spent
- `/task review [id]` shows a change by task and file, with what checked it
- `/task fix <id> <comment>` starts a mission from what that one delivered; `/task fix <id> path:line: <comment>` is about a line
- `/task undo [id]` takes a delivered change back
- `/task run <mission>` starts a mission whose text begins with one of these words
";

/// `known` says whether a mission of that id exists.
pub fn parse(text: &str, known: impl Fn(&str) -> bool) -> Command {
    let text = unquoted(without_command(text.trim()));
    if text.is_empty() {
        return refused(&format!(
            "`/task` needs a mission, such as `/task \"Implement user authentication with JWT\"`. Nothing was started.\n\n{HELP}"
        ));
    }
    let (word, rest) =
        text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()));
    if word == "run" && !rest.is_empty() {
        return run(unquoted(rest));
    }
    match (word, rest) {
        ("help", "") => return refused(HELP),
        ("tell", "") => {
            return refused(
                "Nothing was told: the text is missing. `/task tell <text>` corrects the mission, `/task tell <task-id>: <text>` one task.",
            );
        }
        ("plan", "") => return Command::Plan { drop: None },
        ("plan", rest) => {
            if let Some(plan) = plan(rest) {
                return plan;
            }
        }
        ("answer", rest) if is_answer(unquoted(rest)) => {
            return Command::Answer { text: unquoted(rest).to_string() };
        }
        ("answer", rest) if rest.split_whitespace().count() == 1 => {
            return refused(&format!(
                "Nothing was answered. `{rest}` names no choice: `/task answer 1b 2a` names questions and choices, `/task answer \
                 defaults` leaves them to their defaults. A mission of these words starts with `/task run {text}`."
            ));
        }
        ("fix", rest) => {
            if let Some(fix) = fix(rest, &known) {
                return fix;
            }
        }
        ("tell", rest) => return Command::Tell { text: unquoted(rest).to_string() },
        ("queue", rest) => {
            if let Some(queue) = queue(rest) {
                return queue;
            }
        }
        _ => {}
    }
    if !WORDS.contains(&word) {
        return likely(word, text).unwrap_or_else(|| run(text));
    }
    let id = match rest {
        "" => None,
        id if known(id) => Some(id.to_string()),
        id if is_mission_id(id) => {
            return refused(&format!(
                "There is no mission `{id}` in this project. `/task status` lists the missions."
            ));
        }
        other if other.split_whitespace().count() <= 2 => {
            return refused(&format!(
                "Nothing was started. Did you mean `/task {word}`? A mission whose text begins with this word starts with \
                 `/task run {word} {other}`."
            ));
        }
        _ => return run(text),
    };
    match word {
        "status" => Command::Status { id },
        "stop" => Command::Stop { id },
        "resume" => Command::Resume { id },
        "undo" => Command::Undo { id },
        "review" => Command::Review { id },
        _ => Command::Report { id },
    }
}

/// Whether every word is the letter of a choice, perhaps with the number of its question. An objective does not
/// begin like that.
fn is_answer(rest: &str) -> bool {
    let is_choice = |word: &str| {
        let letter = word.trim_start_matches(|c: char| c.is_ascii_digit());
        word.len() <= 4 && letter.len() == 1 && letter.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let mut words = rest.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
    words.peek().is_none() || matches!(rest, "default" | "defaults") || words.all(is_choice)
}

/// Objectives often begin with `fix`, too: it is a command only if a known mission's id follows.
fn fix(rest: &str, known: impl Fn(&str) -> bool) -> Option<Command> {
    let (id, comment) =
        rest.split_once(char::is_whitespace).map_or((rest, ""), |(id, comment)| (id, comment.trim()));
    if !is_mission_id(id) {
        return None;
    }
    if !known(id) {
        return Some(refused(&format!(
            "There is no mission `{id}` in this project. `/task status` lists the missions. Nothing was started."
        )));
    }
    if comment.is_empty() {
        return Some(refused(&format!(
            "Nothing was started: the comment is missing. `/task fix {id} <comment>` says what to change, `/task fix {id} path:line: <comment>` is about a line."
        )));
    }
    Some(match run(unquoted(comment)) {
        Command::Run { objective } => Command::Fix { id: id.to_string(), comment: objective },
        other => other,
    })
}

/// Objectives begin with `plan`, too: it is a command only with one of these words after it.
fn plan(rest: &str) -> Option<Command> {
    let mut words = rest.split_whitespace();
    let right = match (words.next()?, words.next(), words.next()) {
        ("drop", Some(task), None) if crate::is_task_id(task) => {
            return Some(Command::Plan { drop: Some(task.to_string()) });
        }
        ("drop", ..) => {
            "`/task plan drop <task-id>` takes one task out of the plan; ids have small letters, digits, `-` and `_`, and \
             `/task plan` shows them"
        }
        ("show", ..) => "`/task plan` shows the plan of a mission that waits",
        ("edit", ..) => {
            "`opencode-orchestrator plan edit` edits the plan in a terminal; here `/task plan` shows it, and `/task tell <text>` \
             has it changed"
        }
        _ => return None,
    };
    Some(refused(&format!(
        "Nothing was started, and the plan is as it was. {right}. A mission of these words starts with `/task run plan {rest}`."
    )))
}

fn queue(rest: &str) -> Option<Command> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    match words.as_slice() {
        [] => Some(Command::Queue { cancel: None }),
        ["cancel", id] if is_mission_id(id) => Some(Command::Queue { cancel: Some(id.to_string()) }),
        ["cancel", ..] => Some(refused(
            "Nothing was cancelled. Which one? `/task queue` lists the ids; `/task queue cancel <id>` takes one out.",
        )),
        [_] | [_, _] => Some(refused(&format!(
            "Nothing was started. Did you mean `/task queue`? A mission whose text begins with this word starts with \
             `/task run queue {rest}`."
        ))),
        _ => None,
    }
}

/// Refuses one or two words if the first is nearly a command: a misspelt command is no objective.
fn likely(word: &str, text: &str) -> Option<Command> {
    if text.split_whitespace().count() > 2 {
        return None;
    }
    // Objectives begin with these words, too
    let near = shared::text::nearest(word, WORDS.into_iter().chain(OTHER_WORDS))
        .filter(|near| *near != word || !matches!(word, "fix" | "answer"))?;
    Some(refused(&format!(
        "Nothing was started. Did you mean `/task {near}`? A mission of these words starts with `/task run {text}`."
    )))
}

fn run(objective: &str) -> Command {
    if objective.len() > MAX_OBJECTIVE {
        return refused(&format!(
            "The mission's text has {} bytes; at most {MAX_OBJECTIVE} are accepted. Put the details into a file of the \
             project and name that file. Nothing was started.",
            objective.len()
        ));
    }
    Command::Run { objective: objective.to_string() }
}

fn refused(answer: &str) -> Command {
    Command::Refused { answer: answer.to_string() }
}

/// A user may type the command once more after OpenCode has completed it: `/task /task status`.
fn without_command(mut text: &str) -> &str {
    while let Some(rest) =
        text.strip_prefix("/task").filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    {
        text = rest.trim_start();
    }
    text
}

/// OpenCode, when called from a shell, puts literal quotes around an argument that contains a space.
fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    inner.filter(|t| !t.contains('"')).map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_here(text: &str) -> Command {
        parse(text, |id| id == "m-00000001")
    }

    #[test]
    fn objectives_arrive_verbatim() {
        for (text, objective) in [
            ("add a login", "add a login"),
            ("\"add a login\"", "add a login"),
            ("say \"hi\"", "say \"hi\""),
            ("\"a\" and \"b\"", "\"a\" and \"b\""),
            ("run status page with uptime", "status page with uptime"),
            ("stop the server when the queue is empty", "stop the server when the queue is empty"),
            ("line one\nline two", "line one\nline two"),
            ("run", "run"),
            ("/task  add a login", "add a login"),
            ("/tasks are shown twice", "/tasks are shown twice"),
        ] {
            assert_eq!(parse_here(text), Command::Run { objective: objective.into() }, "{text}");
        }
    }

    #[test]
    fn control_words_count_alone_or_with_a_known_mission() {
        assert_eq!(parse_here("status"), Command::Status { id: None });
        assert_eq!(parse_here("/task /task status"), Command::Status { id: None });
        assert_eq!(parse_here(" \"stop\" "), Command::Stop { id: None });
        assert_eq!(parse_here("resume m-00000001"), Command::Resume { id: Some("m-00000001".into()) });
        for text in ["stop it", "status please now", "resume m-99999999", "", "\"\"", "/task stauts", "/task"]
        {
            assert!(matches!(parse_here(text), Command::Refused { .. }), "{text}");
        }
    }

    #[test]
    fn what_is_said_to_a_running_mission_is_taken_word_for_word() {
        assert_eq!(parse_here("tell use tabs"), Command::Tell { text: "use tabs".into() });
        assert_eq!(parse_here("tell \"a: use tabs\""), Command::Tell { text: "a: use tabs".into() });
        assert_eq!(parse_here("queue"), Command::Queue { cancel: None });
        let cancel = Some("m-00000002".to_string());
        assert_eq!(parse_here("queue cancel m-00000002"), Command::Queue { cancel });
        for text in ["queue cancel", "queue m-1", "tell", "help"] {
            assert!(matches!(parse_here(text), Command::Refused { .. }), "{text}");
        }
    }

    #[test]
    fn a_fix_names_its_mission_and_an_answer_its_choices() {
        let fix = Command::Fix { id: "m-00000001".into(), comment: "src/a.js:3: use tabs".into() };
        assert_eq!(parse_here("fix m-00000001 src/a.js:3: use tabs"), fix);
        for text in ["fix m-00000001", "fix m-99999999 use tabs"] {
            assert!(matches!(parse_here(text), Command::Refused { .. }), "{text}");
        }
        for text in [
            "fix the parser",
            "answer the phone in the lobby",
            "answer a question",
            "review the code for errors",
        ] {
            assert_eq!(parse_here(text), Command::Run { objective: text.into() });
        }
        for text in ["plan drop", "plan drop a b", "plan drop Docs", "plan show", "plan edit m-00000001"] {
            let Command::Refused { answer } = parse_here(text) else { panic!("{text} started something") };
            assert!(answer.contains(&format!("`/task run {text}`")), "{answer}");
        }
        for text in ["answer yes", "answer defualts", "answer 1bb"] {
            assert!(matches!(parse_here(text), Command::Refused { .. }), "{text}");
        }
        assert_eq!(parse_here("answer \"1b 2a\""), Command::Answer { text: "1b 2a".into() });
        for text in ["1b 2a", "b", "1b,2a", "defaults", ""] {
            assert_eq!(parse_here(&format!("answer {text}")), Command::Answer { text: text.into() });
        }
        assert_eq!(parse_here("plan"), Command::Plan { drop: None });
        assert_eq!(parse_here("plan drop docs"), Command::Plan { drop: Some("docs".into()) });
        assert_eq!(parse_here("plan the party"), Command::Run { objective: "plan the party".into() });
        assert_eq!(parse_here("review m-00000001"), Command::Review { id: Some("m-00000001".into()) });
    }

    #[test]
    fn a_slip_of_the_finger_starts_no_mission() {
        for (text, word) in
            [("statsu", "status"), ("stpo", "stop"), ("resmue m-00000001", "resume"), ("hlep", "help")]
        {
            let Command::Refused { answer } = parse_here(text) else { panic!("{text} started something") };
            assert!(
                answer.contains(&format!("`/task {word}`"))
                    && answer.contains(&format!("`/task run {text}`")),
                "{answer}"
            );
        }
        for text in ["fix bug", "refactor", "statsu bar in the editor"] {
            assert_eq!(parse_here(text), Command::Run { objective: text.into() });
        }
    }

    #[test]
    fn an_objective_has_a_longest_length() {
        assert!(matches!(parse_here(&"x".repeat(100 * 1024)), Command::Refused { .. }));
    }
}
