//! `run OBJECTIVE`, `fix ID COMMENT` and `resume [id]`: the command that the program types into an OpenCode that it
//! starts, and the time limit. The program starts OpenCode (`bin/mission.js`); this file refuses what can be refused
//! before.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use mission::command::MAX_OBJECTIVE;
use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::machines::Where;
use super::super::place::{Place, Standing};
use super::objectives;
use crate::clock::{Clock, SystemClock};
use crate::config::queue_of_run::{self, QueueOfRun, VARIABLE};
use crate::missions::project::Project;
use crate::text::count;

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// What is to be done; `-` reads it from standard input.
    #[arg(required_unless_present = "file")]
    objective: Option<String>,
    /// Run one mission after the other, for each item of the Markdown list in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "objective")]
    file: Option<PathBuf>,
    /// With a list for several projects: how many projects are worked on at once.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "file", value_parser = clap::value_parser!(u32).range(1..=16))]
    at_once: u32,
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Fix {
    /// The mission whose change is to be corrected.
    id: String,
    /// What to change; `path:line: text` is about one line.
    comment: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The mission's id. Default: the newest that is not finished.
    id: Option<String>,
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct How {
    /// Print how it ended as JSON; progress goes to standard error.
    #[arg(long)]
    json: bool,
    /// Stop the mission after this time, such as 90s, 30m or 2h; it can be resumed.
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    timeout: Option<u64>,
}

/// The longest file of objectives, in bytes.
const MAX_FILE: u64 = 4 << 20;

pub(crate) fn run(args: &Run, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    if let Some(file) = &args.file {
        let wrong = |why: String| CommandFailure::Usage(format!("{}: {why}", file.display()));
        let path = place.cwd.join(file);
        let text = read_file(&path).map_err(wrong)?;
        let found = objectives::read(&text).map_err(wrong)?;
        let mut missions = Vec::new();
        for objective in &found {
            let mut mission = json!({ "typed": format!("run {}", objective.text), "line": objective.line });
            if let Some(project) = &objective.project {
                let folder = path.parent().unwrap_or(&place.cwd).join(project);
                if !folder.is_dir() {
                    return Err(wrong(format!(
                        "line {}: its project `{project}` is no folder\nhint: the heading above it names the folder, relative to the file",
                        objective.line
                    )));
                }
                mission["directory"] = json!(folder);
            }
            missions.push(mission);
        }
        return answer(missions, args.at_once, &args.at, &args.how, place);
    }
    let objective = args.objective.as_deref().unwrap_or_default().trim();
    if objective.is_empty() {
        return Err(CommandFailure::Usage(
            "the objective is empty\nhint: `opencode-orchestrator run \"Add a --json flag to the list command\"`".into(),
        ));
    }
    if objective.len() > MAX_OBJECTIVE {
        return Err(CommandFailure::Usage(format!(
            "the objective has {}; at most {MAX_OBJECTIVE} are accepted\nhint: put the details into a file of the project and \
             name that file",
            count(objective.len(), "byte")
        )));
    }
    answer(vec![json!({ "typed": format!("run {objective}") })], 1, &args.at, &args.how, place)
}

pub(crate) async fn fix_command(args: &Fix, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let dir = place.mission(Some(&args.id))?;
    let project = place.project().await?;
    fix(&project, dir.id(), &args.comment, args.how.json, args.how.timeout).await
}

/// The command of `fix`. It refuses what can be refused before OpenCode starts.
pub(super) async fn fix(
    project: &Project,
    id: &str,
    comment: &str,
    json: bool,
    timeout: Option<u64>,
) -> Result<CommandAnswer, CommandFailure> {
    let comment = comment.trim();
    if comment.is_empty() || comment.len() > MAX_OBJECTIVE {
        return Err(CommandFailure::Usage(format!(
            "the comment must say what to change, in at most {MAX_OBJECTIVE} bytes"
        )));
    }
    project
        .followed(id, comment)
        .await
        .map_err(|why| CommandFailure::Problem(format!("nothing was started: {why}")))?;
    let fixed = json!({ "typed": format!("fix {id} {comment}") });
    CommandAnswer::json(&started(vec![fixed], 1, &How { json, timeout }))
}

pub(crate) fn resume(args: &Resume, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let owner = place.owner()?;
    if let Some(owner) = owner {
        return Err(CommandFailure::Problem(format!(
            "mission {0} runs in this project now\nhint: `opencode-orchestrator watch {0}` shows it",
            owner.mission
        )));
    }
    let named = args.id.as_deref().map(|id| place.mission(Some(id))).transpose()?;
    let dir = match named {
        Some(dir) => {
            let standing = Standing::of(&place.past(&dir)?.state, false);
            if !standing.is_unfinished() {
                return Err(CommandFailure::Problem(format!(
                    "mission {0} is {1}, and there is nothing to resume\nhint: `opencode-orchestrator report {0}` shows it",
                    dir.id(),
                    standing.name().replace('_', " ")
                )));
            }
            dir
        }
        None => {
            let unfinished = |dir: &journal::MissionDir| {
                place.past(dir).is_ok_and(|past| Standing::of(&past.state, false).is_unfinished())
            };
            place.missions()?.into_iter().find(unfinished).ok_or_else(|| {
                CommandFailure::Problem(
                    "there is nothing to resume: no mission of this project is unfinished\nhint: `opencode-orchestrator status` \
                     lists all"
                        .into(),
                )
            })?
        }
    };
    let resumed = json!({ "typed": format!("resume {}", dir.id()) });
    answer(vec![resumed], 1, &args.at, &args.how, place)
}

fn answer(
    missions: Vec<serde_json::Value>,
    at_once: u32,
    at: &Where,
    how: &How,
    place: &Place,
) -> Result<CommandAnswer, CommandFailure> {
    let mut value = started(missions, at_once, how);
    if at.is_named() {
        let (_, settings) = at.settings(place)?;
        let credentials = settings.credentials.map(|path| path.display().to_string());
        let chosen = QueueOfRun { queue: settings.url, namespace: Some(settings.namespace), credentials };
        let name = format!("{:016x}{:016x}", SystemClock.unique(), SystemClock.unique());
        let file = queue_of_run::write(&place.data_home, &name, &chosen).map_err(CommandFailure::Problem)?;
        value["queue"] = json!({ "variable": VARIABLE, "name": name, "file": file });
    }
    CommandAnswer::json(&value)
}

fn started(missions: Vec<serde_json::Value>, at_once: u32, how: &How) -> serde_json::Value {
    json!({ "missions": missions, "at_once": at_once, "json": how.json, "timeout_ms": how.timeout })
}

fn read_file(path: &Path) -> Result<String, String> {
    // Checked before it is opened, because opening a pipe could block
    if !std::fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("it is not a file".into());
    }
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(|error| error.to_string())?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("it is longer than {MAX_FILE} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

/// `90s`, `30m`, `2h`; a bare number is seconds.
pub(super) fn milliseconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no time; write 90s, 30m or 2h");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    // A timer cannot wait longer than this
    number.checked_mul(unit).filter(|ms| *ms > 0 && *ms < i32::MAX as u64).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(milliseconds("90s"), Ok(90_000));
        assert_eq!(milliseconds("2h"), Ok(7_200_000));
        assert_eq!(milliseconds("5"), Ok(5_000));
        for text in ["", "0s", "m", "-5s", "5d", "99999999999h", "5 m"] {
            assert!(milliseconds(text).is_err(), "{text}");
        }
    }
}
