//! The command line as one table: every command of the program with its arguments, help and completion.
//!
//! `install`, `uninstall`, `doctor` and `demo` must work without the core, so `bin/` answers them; they are here too,
//! so that help and completion know them. The arguments of a command that the core answers are in that command's file.

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use super::answer::CommandAnswer;
use super::machines::{worker, workers};
use super::named_mission::NamedMission;
use super::steering::{answers, launch, memory, plan, queue, review, tell, undo, watch};
use super::{checks, clean, config, graph, help, lint, log, report, search, trust};

/// Missions for OpenCode: planned, carried out, checked and delivered.
#[derive(Debug, Parser)]
#[command(name = "opencode-orchestrator", version, max_term_width = 100)]
#[command(after_help = help::after_commands(), disable_help_subcommand = true)]
pub(super) struct Program {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Register the plugin in OpenCode's configuration.
    Install(Install),
    /// Take the plugin out of OpenCode's configuration.
    Uninstall(Uninstall),
    /// Check that everything a mission needs is there, and say how to fix what is not.
    Doctor(Json),
    /// Run a mission in an OpenCode of its own, and show it until it ends.
    Run(launch::Run),
    /// Continue a stopped mission in an OpenCode of its own.
    Resume(launch::Resume),
    /// Show a mission while it runs, and how it ended.
    Watch(watch::Arguments),
    /// Correct the running mission: its roles are told, and tasks that have not started are planned again.
    Tell(tell::Arguments),
    /// Answer the questions that a mission asks before its plan.
    Answer(answers::Arguments),
    /// Show a mission's plan, drop a task, or edit it as a file, before its tasks start.
    Plan(plan::Arguments),
    /// Show the missions that wait in the queue, or take one out.
    Queue(queue::Arguments),
    /// Show a mission's change by task and file, with what checked it.
    Review(review::Arguments),
    /// Run a mission on top of what another one delivered.
    Fix(launch::Fix),
    /// Take back a delivered change, one of its files, or one hunk.
    Undo(undo::Arguments),
    /// Show the missions of this project, or one of them.
    Status(NamedMission),
    /// Stop a running mission; it can be resumed.
    Stop(NamedMission),
    /// Show what a mission did, verified and cost.
    Report(report::Arguments),
    /// Draw a mission's task graph.
    Graph(graph::Arguments),
    /// List a mission's events.
    Log(log::Arguments),
    /// Run the Guardian's rules over files, or over what changed since a revision.
    Lint(lint::Arguments),
    /// Rank this project's files and symbols by how well they match some words.
    Search(search::Arguments),
    /// Show what missions learned of this project, edit it, or forget entries.
    Memory(memory::Arguments),
    /// Show which of the project's commands a mission runs and refuses, and why; runs nothing.
    Checks(checks::Arguments),
    /// Check opencode.toml, print its schema, or show what is in force.
    Config(config::Arguments),
    /// Trust the settings of this project that loosen a limit or run something, or revoke that trust.
    Trust(trust::Arguments),
    /// Remove what finished missions left on disk.
    Clean(clean::Arguments),
    /// Run checks for missions on other machines, as jobs of a work queue on a NATS server.
    Worker(worker::Arguments),
    /// Show which workers run for a work queue, and what they do.
    Workers(workers::Arguments),
    /// Run a whole mission with a scripted model, without a key or a cost.
    Demo,
    /// Print a script that completes this program's commands in a shell.
    Completion(Completion),
    /// Explain how to do something, or a command.
    Help(help::Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Install {
    /// Register it in the opencode.json of this project instead of yours.
    #[arg(long, conflicts_with = "config")]
    project: bool,
    /// Register it in the configuration in this folder.
    #[arg(long, value_name = "DIR")]
    config: Option<String>,
    /// Write this entry, a path or an npm package, instead of this package's path.
    #[arg(long)]
    spec: Option<String>,
    /// Register the plugin without the board in OpenCode's terminal interface.
    #[arg(long)]
    no_board: bool,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Uninstall {
    /// Take it out of the opencode.json of this project instead of yours.
    #[arg(long, conflicts_with = "config")]
    project: bool,
    /// Take it out of the configuration in this folder.
    #[arg(long, value_name = "DIR")]
    config: Option<String>,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Json {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Completion {
    /// The shell to complete in.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Parses the arguments. Help, version and wrong use are returned as answers.
pub(super) fn parse(args: &[String]) -> Result<Command, CommandAnswer> {
    let name = ["opencode-orchestrator".to_string()];
    match Program::try_parse_from(name.iter().chain(args)) {
        Ok(program) => Ok(program.command),
        Err(error) => {
            let text = error.render().to_string();
            Err(if error.use_stderr() {
                CommandAnswer::default().exit(2).note(&text)
            } else {
                CommandAnswer::done(text)
            })
        }
    }
}

/// The help of a command, or without words that of the program.
pub(super) fn help(words: &[&str]) -> CommandAnswer {
    let args: Vec<String> = words.iter().chain(&["--help"]).map(|word| word.to_string()).collect();
    parse(&args).err().unwrap_or_default()
}

pub(super) fn command_names() -> Vec<String> {
    Program::command().get_subcommands().map(|command| command.get_name().to_string()).collect()
}

impl Completion {
    pub fn script(&self) -> CommandAnswer {
        let words = clap::builder::PossibleValuesParser::new(help::known_words(&command_names()));
        let mut command = Program::command()
            .mut_subcommand("help", |help| help.mut_arg("topic", |topic| topic.value_parser(words)));
        let name = command.get_name().to_string();
        let mut script = Vec::new();
        let shell = match self.shell {
            Shell::Bash => clap_complete::Shell::Bash,
            Shell::Zsh => clap_complete::Shell::Zsh,
            Shell::Fish => clap_complete::Shell::Fish,
        };
        clap_complete::generate(shell, &mut command, name, &mut script);
        CommandAnswer::done(String::from_utf8_lossy(&script))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        Program::command().debug_assert();
    }

    #[test]
    fn completion_knows_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = Completion { shell }.script().stdout;
            for command in Program::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell:?}: {}", command.get_name());
            }
            assert!(script.contains("questions"), "{shell:?}: the topics of help");
        }
    }

    /// Commands that print JSON or a script in any case, and those that ask no program.
    const NO_FLAG: [&str; 5] = ["parse", "compare", "demo", "completion", "schema"];

    fn for_programs(command: &clap::Command, missing: &mut Vec<String>) {
        if command.get_name() == "help" {
            return;
        }
        for below in command.get_subcommands() {
            for_programs(below, missing);
        }
        let json = |argument: &clap::Arg| {
            argument.get_id() == "json"
                || argument.get_possible_values().iter().any(|value| value.get_name() == "json")
        };
        let answers = !command.is_subcommand_required_set();
        if answers && !NO_FLAG.contains(&command.get_name()) && !command.get_arguments().any(json) {
            missing.push(command.get_name().to_string());
        }
    }

    #[test]
    fn a_program_can_read_every_answer() {
        let (mut program, mut missing) = (Program::command(), Vec::new());
        program.build();
        for command in program.get_subcommands() {
            for_programs(command, &mut missing);
        }
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn every_command_and_option_says_what_it_is_for() {
        for command in Program::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
