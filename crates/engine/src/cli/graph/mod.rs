//! `graph [id]`: a mission's task graph, as Mermaid or as a picture.

mod layout;
mod mermaid;
mod svg;

use mission::Board;

use super::place::Place;
use super::{Answer, Failure};

/// The longest title in a picture, in characters.
const MAX_TITLE: usize = 40;

/// A task as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    id: String,
    title: String,
    /// As the board says it.
    state: String,
    /// Positions of the tasks that it waits for.
    after: Vec<usize>,
    /// Position of the compound task that it came out of.
    parent: Option<usize>,
}

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

pub(super) fn run(args: &Arguments, place: &Place) -> Result<Answer, Failure> {
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
    let answer = Answer::done(drawn);
    let id = dir.id();
    Ok(if nodes.is_empty() { answer.note(&format!("mission {id} has no tasks yet")) } else { answer })
}

/// One line, without what no picture can show.
fn shortened(title: &str) -> String {
    let line: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    match line.char_indices().nth(MAX_TITLE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_string(),
    }
}

/// The fill and stroke of a state, in both kinds of picture.
fn colours(state: &str) -> (&'static str, &'static str) {
    match state {
        "integrated" => ("#d3f2dc", "#2f7d4b"),
        "passed" | "judging" => ("#d8ecf8", "#2b6b93"),
        "working" | "fixing" => ("#fdf0c9", "#94700c"),
        "given_up" => ("#fbdad8", "#a3302a"),
        "cancelled" => ("#ececec", "#777777"),
        _ => ("#f7f7f7", "#555555"),
    }
}

#[cfg(test)]
fn node(id: &str, title: &str, state: &str, after: &[usize]) -> Node {
    Node { id: id.into(), title: shortened(title), state: state.into(), after: after.to_vec(), parent: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(shortened(" a\n\tb\u{0} "), "a  b");
        assert_eq!(shortened(&"ä".repeat(41)), format!("{}…", "ä".repeat(40)));
    }
}
