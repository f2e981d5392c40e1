//! A mission that begins from another one's delivery: a comment on its change becomes the objective, and the new
//! mission gets the other one's objective, brief, tasks and findings. It starts nothing itself.

use mission::{Delivery, Followed};
use workspace::Workspace;

use crate::blocking::blocking;
use crate::missions::after::undo::intended;
use crate::missions::project::Project;

/// Lines shown on either side of a commented line, the most bytes of them, and the most comments that have them.
const AROUND: usize = 5;
const MAX_LINES: usize = 3_000;
const MAX_PLACES: usize = 12;

impl Project {
    /// What a mission that follows `id` knows of it. A line of the comment of the form `path:line: text` belongs to
    /// that line of a file.
    pub(crate) async fn followed(&self, id: &str, comment: &str) -> Result<Followed, String> {
        let (dir, past) = self.find(Some(id), |_| true)?;
        let state = past.state.clone();
        match &state.delivery {
            Delivery::Delivered { branch: None, .. } => {}
            Delivery::Delivered { branch: Some(branch), .. } => {
                return Err(format!(
                    "the change of mission `{id}` is on branch `{branch}`, not in your working tree; merge it first, then say what to change with `/task`"
                ));
            }
            Delivery::Undone { .. } => {
                return Err(format!(
                    "the change of mission `{id}` was taken back; nothing of it is there to fix"
                ));
            }
            _ => {
                return Err(format!(
                    "mission `{}` has not delivered yet; `/task tell <text>` corrects it, `/task resume {0}` continues it",
                    dir.id()
                ));
            }
        }
        let delivery = intended(&past);
        let files: Vec<String> =
            delivery.iter().flat_map(|delivery| &delivery.entries).map(|entry| entry.path.clone()).collect();
        let mut places: Vec<(String, Option<usize>)> = Vec::new();
        for place in comment.lines().filter_map(|line| place(line, &files)) {
            if places.len() < MAX_PLACES && !places.contains(&place) {
                places.push(place);
            }
        }
        let about: Vec<&str> = places.iter().map(|(path, _)| path.as_str()).collect();
        let mut followed = state.to_follow(&about, files);
        if places.is_empty() {
            return Ok(followed);
        }
        let named: Vec<String> = places.iter().map(named).collect();
        followed.place = Some(named.join(", "));
        let Some(delivery) = delivery else { return Ok(followed) };
        let (root, state) = (self.root.clone(), self.state.path().to_path_buf());
        let several = places.len() > 1;
        let read = blocking(move || {
            let workspace = Workspace::open(&root, &state)?;
            let mut shown = String::new();
            for (path, line) in &places {
                let Some(line) = *line else { continue };
                let text = workspace.read(&delivery.to_tree, path)?.unwrap_or_default();
                if several {
                    shown.push_str(&format!("{path}:{line}\n"));
                }
                shown.push_str(&excerpt(&String::from_utf8_lossy(&text), line));
            }
            Ok::<_, workspace::Error>(shown)
        });
        followed.lines = read.await.map_err(|error| error.to_string())?;
        Ok(followed)
    }
}

/// `src/a.js:12`, or the file alone.
fn named((path, line): &(String, Option<usize>)) -> String {
    line.map_or_else(|| path.clone(), |line| format!("{path}:{line}"))
}

/// The delivered file and the line at the beginning of a comment.
fn place(comment: &str, files: &[String]) -> Option<(String, Option<usize>)> {
    let comment = comment.trim_start().trim_start_matches("./");
    // The longest match: a path may be the beginning of another
    let path =
        files.iter().filter(|path| comment.starts_with(path.as_str())).max_by_key(|path| path.len())?;
    let rest = comment.get(path.len()..)?;
    let rest = rest.strip_prefix(':')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((path.clone(), digits.parse().ok().filter(|line| *line > 0)))
}

/// The line with those around it, numbered.
fn excerpt(text: &str, line: usize) -> String {
    let from = line.saturating_sub(AROUND + 1);
    let lines = text.lines().enumerate().skip(from).take(2 * AROUND + 1);
    let shown: String = lines
        .map(|(at, text)| format!("{}{:>5}  {text}\n", if at + 1 == line { ">" } else { " " }, at + 1))
        .collect();
    shared::text::clip(&shown, MAX_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_a_delivered_file_and_a_line_of_it() {
        let files = ["src/a.js".to_string(), "src/a.js.map".to_string()];
        let of = |comment: &str| place(comment, &files);
        assert_eq!(of("src/a.js:12: handle nothing"), Some(("src/a.js".into(), Some(12))));
        assert_eq!(of("./src/a.js.map: too large"), Some(("src/a.js.map".into(), None)));
        for other in ["src/b.js:1: x", "src/a.js is wrong", "make it faster", "src/a.jsx:1: x"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn the_line_stands_among_those_around_it() {
        let text: String = (1..=30).map(|n| format!("line {n}\n")).collect();
        let shown = excerpt(&text, 12);
        assert!(shown.starts_with("     7  line 7\n") && shown.ends_with("    17  line 17\n"), "{shown}");
        assert!(shown.contains(">   12  line 12\n"), "{shown}");
        assert_eq!(excerpt("one\n", 99), "");
    }
}
