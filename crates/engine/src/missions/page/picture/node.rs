//! A task as a node, for both kinds of picture.
//!
//! Titles come from models: this file cuts them and does not escape them. `svg` and `mermaid` escape them, each in
//! its own way.

use shared::text::clip_characters;

/// The longest title in a picture, in characters.
const MAX_TITLE: usize = 40;

/// A task as a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub id: String,
    pub title: String,
    /// The state, as on the board.
    pub state: String,
    /// Positions of the tasks that it waits for.
    pub after: Vec<usize>,
    /// The position of its compound task.
    pub parent: Option<usize>,
}

/// A title on one line, cut and without control characters.
pub(super) fn shortened(title: &str) -> String {
    let line: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clip_characters(line.trim(), MAX_TITLE).into_owned()
}

/// The fill and stroke of a state, in both kinds of picture.
pub(crate) fn colours(state: &str) -> (&'static str, &'static str) {
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
pub(crate) fn node(id: &str, title: &str, state: &str, after: &[usize]) -> Node {
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
