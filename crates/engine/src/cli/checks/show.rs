//! Shows the set-up, checks, refused commands and hints of a project.
//!
//! It runs none of them.

use std::path::{Path, PathBuf};

use ::checks::{Check, CheckPurpose, Found};
use serde_json::{Value, json};
use workspace::{UserFiles, project_root};

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::files::{list, text};
use super::super::place::Place;
use crate::bench::discovery;
use crate::missions::trust::not_used;

pub(super) fn run(path: Option<&str>, json: bool, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let root = match path {
        None => place.root.clone(),
        Some(path) => folder(&place.cwd.join(path))?,
    };
    let found = find(&root, place)?;
    if json {
        return CommandAnswer::json(&as_json(&found));
    }
    Ok(CommandAnswer::done(as_text(&found)))
}

fn folder(path: &Path) -> Result<PathBuf, CommandFailure> {
    let found = path.canonicalize().ok().filter(|path| path.is_dir());
    found.map(|path| project_root(&path)).ok_or_else(|| {
        CommandFailure::Usage(format!(
            "there is no folder `{}`\nhint: name the folder of a project",
            path.display()
        ))
    })
}

/// What a mission in this project would use, including its `opencode.toml`.
fn find(root: &Path, place: &Place) -> Result<Found, CommandFailure> {
    let config = place.settings(root).map_err(|problems| {
        let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
        CommandFailure::Problem(list.join("\n"))
    })?;
    let user = UserFiles::open(root).map_err(CommandFailure::problem)?;
    let files = list(root, user.as_ref())?;
    let read = |path: &str| text(&root.join(path));
    let mut found = discovery::find(&read, &files, &|program| place.has_program(program), &config);
    found.hints.splice(0..0, not_used(&config.withheld));
    Ok(found)
}

fn kind(kind: CheckPurpose) -> &'static str {
    match kind {
        CheckPurpose::Build => "build",
        CheckPurpose::Type => "types",
        CheckPurpose::Lint => "lint",
        CheckPurpose::Test => "test",
        CheckPurpose::Custom => "custom",
    }
}

fn as_json(found: &Found) -> Value {
    let setup: Vec<Value> = found
        .setup
        .iter()
        .map(|step| json!({ "run": step.run, "directory": step.directory, "why": step.source }))
        .collect();
    let checks: Vec<Value> = found
        .checks
        .iter()
        .map(|check| {
            let mut value = json!({
                "name": check.name,
                "run": check.run,
                "directory": check.directory,
                "kind": kind(check.kind),
                "source": check.source,
            });
            if let Some(runner) = check.runner {
                value["runner"] = json!(runner);
            }
            value
        })
        .collect();
    let refused: Vec<Value> = found
        .refused
        .iter()
        .map(|refused| json!({ "name": refused.name, "run": refused.run, "source": refused.source, "why": refused.why }))
        .collect();
    json!({ "setup": setup, "checks": checks, "refused": refused, "hints": found.hints })
}

fn as_text(found: &Found) -> String {
    let place = |check: &Check| {
        if check.directory.is_empty() { String::new() } else { format!("in {}, ", check.directory) }
    };
    let mut parts = Vec::new();
    let mut part = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            parts.push(format!("{title}\n{}", lines.concat()));
        }
    };
    let line = |step: &Check| format!("  {}  ({}{})\n", step.run, place(step), step.source);
    part("set-up", found.setup.iter().map(line).collect());
    let line = |check: &Check| {
        format!(
            "  {} ({}): {}  ({}{})\n",
            check.name,
            kind(check.kind),
            check.run,
            place(check),
            check.source
        )
    };
    part("checks", found.checks.iter().map(line).collect());
    let line =
        |refused: &::checks::Refused| format!("  {}: {}  ({})\n", refused.run, refused.why, refused.source);
    part("never run unasked", found.refused.iter().map(line).collect());
    part("hints", found.hints.iter().map(|hint| format!("  {hint}\n")).collect());
    if parts.is_empty() { "nothing was found\n".into() } else { parts.join("\n") }
}
