//! `help`: the commands and topics; `help TOPIC`: how to do something, from the pages in `docs/`; `help COMMAND`: its
//! arguments. A word that is both shows both.

mod page;
mod topics;

use clap::Args;

use super::answer::{CommandAnswer, CommandFailure, unknown};
use topics::TOPICS;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A topic or a command; without one, the list of both.
    topic: Option<String>,
    /// The subcommand, such as `edit` of `plan`.
    subcommand: Option<String>,
}

/// `commands`: the names of all commands; `of_command`: the help of the command with these words, without words that of
/// the program.
pub(super) fn run(
    arguments: &Arguments,
    commands: &[String],
    of_command: impl Fn(&[&str]) -> CommandAnswer,
) -> Result<CommandAnswer, CommandFailure> {
    let Some(word) = &arguments.topic else { return Ok(of_command(&[])) };
    let words: Vec<&str> = [word.as_str()].into_iter().chain(arguments.subcommand.as_deref()).collect();
    let topic = TOPICS.iter().find(|topic| topic.name == word && words.len() == 1);
    let of_command = commands.contains(word).then(|| of_command(&words));
    match (of_command, topic) {
        // The error of an unknown subcommand
        (Some(answer), _) if answer.exit != 0 => Ok(answer),
        (Some(answer), Some(topic)) => {
            Ok(CommandAnswer::done(format!("{}\n{}", answer.stdout, topic.text())))
        }
        (Some(answer), None) => Ok(answer),
        (None, Some(topic)) => Ok(CommandAnswer::done(topic.text())),
        (None, None) => {
            let known = known_words(commands);
            let hint = "hint: `opencode-orchestrator help` lists the topics and the commands";
            let why = unknown("topic or command", word, known.iter().map(String::as_str));
            Err(CommandFailure::Usage(format!("{why}\n{hint}")))
        }
    }
}

/// The list of topics, below the list of commands.
pub(super) fn after_commands() -> String {
    let width = topics::names().map(str::len).max().unwrap_or_default();
    let list: String =
        TOPICS.iter().map(|topic| format!("  {:width$}  {}\n", topic.name, topic.about)).collect();
    format!(
        "Topics, for `opencode-orchestrator help TOPIC`:\n{list}\nIn OpenCode, type /task \"…\" to start a mission."
    )
}

/// The words that complete `help`: every topic and command.
pub(super) fn known_words(commands: &[String]) -> Vec<String> {
    let mut words: Vec<String> =
        topics::names().map(str::to_string).chain(commands.iter().cloned()).collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_a_section_of_a_page_that_fits_a_terminal() {
        for topic in TOPICS {
            let text = topic.text();
            let lines: Vec<&str> = text.lines().collect();
            assert!((5..=120).contains(&lines.len()), "{}: {} lines", topic.name, lines.len());
            for line in &lines {
                // Code is shown as it stands
                let code = line.starts_with("    ");
                assert!(code || line.chars().count() <= page::WIDTH, "{}: {line}", topic.name);
                for markup in ["](", "<!--", "|---", "**"] {
                    assert!(code || !line.contains(markup), "{}: {line}", topic.name);
                }
            }
            assert!(text.contains("docs/") || text.contains("README.md"), "{}: names its page", topic.name);
        }
    }
}
