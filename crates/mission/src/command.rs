//! What the text after `/task` asks for.

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
    /// Nothing is started: what to answer instead.
    Refused {
        answer: String,
    },
}

const WORDS: [&str; 5] = ["status", "stop", "resume", "undo", "report"];

/// `known` says whether a mission of that id exists.
pub fn parse(text: &str, known: impl Fn(&str) -> bool) -> Command {
    let text = unquoted(text.trim());
    if text.is_empty() {
        return refused(
            "`/task` needs a mission: `/task \"Implement user authentication with JWT\"`. Also: `/task status`, `stop`, \
             `resume`, `undo`, `report`.",
        );
    }
    let (word, rest) =
        text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()));
    if word == "run" && !rest.is_empty() {
        return run(unquoted(rest));
    }
    if !WORDS.contains(&word) {
        return run(text);
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
        _ => Command::Report { id },
    }
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

/// The shell's way into OpenCode wraps an argument that contains a space in literal quotes.
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
        ] {
            assert_eq!(parse_here(text), Command::Run { objective: objective.into() }, "{text}");
        }
    }

    #[test]
    fn control_words_count_alone_or_with_a_known_mission() {
        assert_eq!(parse_here("status"), Command::Status { id: None });
        assert_eq!(parse_here(" \"stop\" "), Command::Stop { id: None });
        assert_eq!(parse_here("resume m-00000001"), Command::Resume { id: Some("m-00000001".into()) });
        for text in ["stop it", "status please now", "resume m-99999999", "", "\"\""] {
            assert!(matches!(parse_here(text), Command::Refused { .. }), "{text}");
        }
    }

    #[test]
    fn an_objective_has_a_longest_length() {
        assert!(matches!(parse_here(&"x".repeat(100 * 1024)), Command::Refused { .. }));
    }
}
