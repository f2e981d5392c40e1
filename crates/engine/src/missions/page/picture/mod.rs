//! The task graph as a picture: the place of each task, and how it is drawn. For the page and `graph`.
//!
//! It takes the states from the board and computes none. It writes no file and returns a text.

mod layout;
pub(crate) mod node;
pub(crate) mod svg;

use mission::{Board, State};

use node::{Node, shortened};

/// The tasks as nodes of the picture.
pub(crate) fn nodes(state: &State, board: &Board) -> Vec<Node> {
    let position = |id: &String| board.tasks.iter().position(|task| task.id == *id);
    board
        .tasks
        .iter()
        .map(|task| Node {
            id: task.id.to_string(),
            title: shortened(&task.title),
            state: task.state.to_string(),
            after: task.depends_on.iter().filter_map(position).collect(),
            parent: state.tasks.get(&task.id).and_then(|task| task.parent.as_ref()).and_then(position),
        })
        .collect()
}
