//! `config check|schema|show`: whether `opencode.toml` is valid, its schema, and the settings in
//! force.
//!
//! It writes nothing: the files belong to the user.

use std::path::PathBuf;

use serde_json::json;

use super::answer::{CommandAnswer, CommandFailure};
use super::place::Place;
use crate::config::settings;
use crate::config::{ConfigProblem, schema, show};
use crate::text::{count, visible};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Say whether opencode.toml and the rules that it names are right.
    Check(Json),
    /// Print the JSON Schema of opencode.toml.
    Schema,
    /// Show the settings in force, each with where it comes from.
    Show(Json),
}

#[derive(Debug, clap::Args)]
struct Json {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    match &args.part {
        Part::Check(format) => check(format, place),
        Part::Schema => Ok(CommandAnswer::done(schema())),
        Part::Show(format) => {
            let config = place.settings(&place.root).map_err(told)?;
            if format.json {
                return CommandAnswer::json(&config);
            }
            let note =
                "# options of the plugin's entry in opencode.json, where there are any, come over these\n";
            let withheld: String = config
                .withheld
                .iter()
                .map(|w| format!("# not used until you trust it: {}\n", visible(&w.to_string())))
                .collect();
            Ok(CommandAnswer::done(format!("{note}{withheld}{}", show(&config))))
        }
    }
}

fn check(format: &Json, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let candidates =
        [place.config_home.join("opencode").join("opencode.toml"), place.root.join("opencode.toml")];
    let files: Vec<PathBuf> = candidates.into_iter().filter(|path| path.exists()).collect();
    let problems = match settings::for_reading(&place.config_home, &place.root) {
        Err(problems) => problems,
        Ok(config) => settings::guardian(&config, &place.root).1.into_iter().map(of_rule).collect(),
    };
    let exit = u8::from(!problems.is_empty());
    if format.json {
        let list: Vec<_> = problems
            .iter()
            .map(|p| {
                json!({ "file": p.file, "line": p.line, "column": p.column, "message": p.message, "hint": p.hint })
            })
            .collect();
        return Ok(
            CommandAnswer::json(&json!({ "ok": exit == 0, "files": files, "problems": list }))?.exit(exit)
        );
    }
    if exit != 0 {
        return Err(told(problems));
    }
    let read: String = files.iter().map(|path| format!("{} is fine\n", path.display())).collect();
    Ok(CommandAnswer::done(if read.is_empty() {
        "there is no opencode.toml: the defaults are in force\n".into()
    } else {
        read
    }))
}

fn told(problems: Vec<ConfigProblem>) -> CommandFailure {
    let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
    CommandFailure::Problem(format!("{}\n{}", list.join("\n"), count(problems.len(), "problem")))
}

/// The problem of a rule that cannot be used, in the form of a settings problem.
fn of_rule(problem: guardian::RuleProblem) -> ConfigProblem {
    ConfigProblem {
        file: problem.file,
        line: problem.line.map_or(0, |line| line as usize),
        column: usize::from(problem.line.is_some()),
        message: problem.message,
        hint: Some(problem.hint),
    }
}
