//! `plan show|edit|drop`: the part of a waiting mission's plan that has not started. The program starts the editor
//! (`bin/plan.js`) and passes the edited file with `--from`.

use std::path::PathBuf;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the plan as the file that can be edited.
    Show {
        /// The mission's id. Default: the newest that waits.
        id: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Edit the plan in `$VISUAL` or `$EDITOR`.
    Edit {
        /// The mission's id. Default: the newest that waits.
        id: Option<String>,
        /// Take this file instead of starting an editor.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// With `--from`: print JSON.
        #[arg(long, requires = "from")]
        json: bool,
    },
    /// Take tasks out of the plan.
    Drop {
        /// Ids of the tasks to drop.
        #[arg(required = true)]
        tasks: Vec<String>,
        /// The mission's id. Default: the newest that waits.
        #[arg(long, value_name = "ID")]
        mission: Option<String>,
        /// Also drop the tasks that depend on them.
        #[arg(long)]
        with_dependants: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let named = |id: &Option<String>| {
        id.as_deref().map(|id| place.mission(Some(id)).map(|dir| dir.id().to_string())).transpose()
    };
    let project = place.project().await?;
    let (changed, json) = match &args.what {
        What::Show { id, json } => {
            let (id, text) = project.plan_file(named(id)?.as_deref()).map_err(CommandFailure::Problem)?;
            return match json {
                true => CommandAnswer::json(&serde_json::json!({ "mission": id, "plan": text })),
                false => Ok(CommandAnswer::done(text)),
            };
        }
        What::Edit { from: None, .. } => {
            return Err(CommandFailure::Usage("the program starts the editor, without its core".into()));
        }
        What::Edit { id, from: Some(from), json } => {
            let path = place.cwd.join(from);
            let text = std::fs::read_to_string(&path).map_err(|error| {
                CommandFailure::Problem(format!("`{}` cannot be read: {error}", path.display()))
            })?;
            (project.edit_plan(named(id)?.as_deref(), &from.display().to_string(), &text).await, *json)
        }
        What::Drop { tasks, mission, with_dependants, json } => {
            (project.drop_tasks(named(mission)?.as_deref(), tasks, *with_dependants).await, *json)
        }
    };
    let changed =
        changed.map_err(|why| CommandFailure::Problem(format!("{why}\nThe plan stays as it was.")))?;
    if json {
        return CommandAnswer::json(&serde_json::json!({ "message": changed.trim_end() }));
    }
    Ok(CommandAnswer::done(changed))
}
