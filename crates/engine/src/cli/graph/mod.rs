//! `graph [id]`: a mission's task graph, as Mermaid, as a picture or as JSON.
//!
//! It reads the journal of one mission and changes nothing. `missions/page/picture` makes the nodes and the picture.

mod mermaid;

use mission::Board;
use serde_json::json;

use super::answer::{CommandAnswer, CommandFailure};
use super::place::Place;
use crate::missions::page::picture::{self, svg};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The mission's id. Default: the newest.
    id: Option<String>,
    /// As text, as a picture, or for a program.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Mermaid,
    Svg,
    Json,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let dir = place.mission(args.id.as_deref())?;
    let state = place.past(&dir)?.state;
    let board = Board::of(&state, place.now_ms());
    if matches!(args.format, Format::Json) {
        let tasks: Vec<_> = board
            .tasks
            .iter()
            .map(|task| json!({ "id": task.id, "title": task.title, "state": task.state, "depends_on": task.depends_on }))
            .collect();
        return CommandAnswer::json(&json!({ "mission": dir.id(), "tasks": tasks }));
    }
    let nodes = picture::nodes(&state, &board);
    let drawn = match args.format {
        Format::Svg => svg::draw(&nodes),
        Format::Mermaid | Format::Json => mermaid::draw(&nodes),
    };
    let answer = CommandAnswer::done(drawn);
    let id = dir.id();
    Ok(if nodes.is_empty() { answer.note(&format!("mission {id} has no tasks yet")) } else { answer })
}
