//! `graph [id]`: a mission's task graph, as Mermaid or as a picture.

mod layout;
mod mermaid;
mod node;
mod svg;

use mission::Board;

use node::{Node, shortened};

use super::answer::{CommandAnswer, CommandFailure};
use super::place::Place;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The mission; the newest without it.
    id: Option<String>,
    /// As text or as a picture.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Mermaid,
    Svg,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let dir = place.mission(args.id.as_deref())?;
    let state = place.past(&dir)?.state;
    let board = Board::of(&state, place.now_ms());
    let position = |id: &String| board.tasks.iter().position(|task| task.id == *id);
    let nodes: Vec<Node> = board
        .tasks
        .iter()
        .map(|task| Node {
            id: task.id.to_string(),
            title: shortened(&task.title),
            state: task.state.to_string(),
            after: task.depends_on.iter().filter_map(position).collect(),
            parent: state.tasks.get(&task.id).and_then(|task| task.parent.as_ref()).and_then(position),
        })
        .collect();
    let drawn = match args.format {
        Format::Mermaid => mermaid::draw(&nodes),
        Format::Svg => svg::draw(&nodes),
    };
    let answer = CommandAnswer::done(drawn);
    let id = dir.id();
    Ok(if nodes.is_empty() { answer.note(&format!("mission {id} has no tasks yet")) } else { answer })
}
