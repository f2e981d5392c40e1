//! The objectives of `run --file`: the items of a Markdown list, one mission each.
//!
//! It only reads text; `launch.rs` opens the file. An item that is ticked off is left out.

use mission::command::MAX_OBJECTIVE;

use crate::text::count;

/// The most objectives of one file: more are probably a mistake.
const MAX_OBJECTIVES: usize = 200;

/// One item of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Objective {
    /// The line at which it begins, from 1.
    pub line: usize,
    pub text: String,
    /// The folder of its project, as the heading above it names it; `None`: the folder of the command.
    pub project: Option<String>,
}

/// The items of a list that are not ticked off, in their order.
///
/// # Errors
///
/// A message with the line, if an item is empty or too long, there are too many, or there is none.
pub(crate) fn read(text: &str) -> Result<Vec<Objective>, String> {
    let mut found: Vec<Objective> = Vec::new();
    let (mut items, mut open) = (0usize, false);
    let mut fence: Option<&str> = None;
    let mut project: Option<String> = None;
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let indented = line.starts_with([' ', '\t']);
        let fenced = fence.is_some();
        fence = after(fence, line.trim());
        let fenced = fenced || fence.is_some();
        if !fenced && let Some(heading) = heading(line) {
            project = folder_of(heading);
        }
        match item(line).filter(|_| !fenced && !indented) {
            Some(rest) => {
                items += 1;
                let (done, rest) = ticked(rest);
                open = !done;
                if open {
                    found.push(Objective { line: at + 1, text: rest.to_string(), project: project.clone() });
                }
            }
            // Indented lines belong to the item above, and so do blank lines between
            None if open && (indented || fenced || line.trim().is_empty()) => {
                if let Some(last) = found.last_mut() {
                    last.text.push('\n');
                    last.text.push_str(line.trim_end());
                }
            }
            None => open = false,
        }
    }
    for objective in &mut found {
        objective.text = objective.text.trim().to_string();
        let (line, bytes) = (objective.line, objective.text.len());
        if bytes == 0 {
            return Err(format!(
                "line {line}: the item is empty\nhint: write what is to be done, or take the line out"
            ));
        }
        if bytes > MAX_OBJECTIVE {
            let is = count(bytes, "byte");
            return Err(format!(
                "line {line}: the objective has {is}; at most {MAX_OBJECTIVE} are accepted\nhint: put the details into a file \
                 of the project and name that file"
            ));
        }
    }
    match found.len() {
        0 if items > 0 => Err("every item is ticked off; there is nothing to do".into()),
        0 => {
            Err("there is no list in it\nhint: write each objective as an item: `- Add a --json flag`".into())
        }
        n if n > MAX_OBJECTIVES => Err(format!(
            "it has {n} objectives; at most {MAX_OBJECTIVES} are accepted\nhint: use several files"
        )),
        _ => Ok(found),
    }
}

/// The fence of code that is open after a line: three or more marks open it, and a line of only as many marks or more
/// closes it.
fn after<'a>(open: Option<&'a str>, line: &'a str) -> Option<&'a str> {
    let mark = |c: char| line.len() - line.trim_start_matches(c).len();
    match open {
        Some(fence) => {
            let closes =
                fence.chars().next().is_some_and(|c| mark(c) == line.len() && line.len() >= fence.len());
            if closes { None } else { open }
        }
        // If more backticks follow on the same line, they are code inside a line
        None => match (mark('`'), mark('~')) {
            (n @ 3.., _) if !line[n..].contains('`') => Some(&line[..n]),
            (_, n @ 3..) => Some(&line[..n]),
            _ => None,
        },
    }
}

/// The text of a heading: `## Text`.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    ((1..=6).contains(&(line.len() - text.len())) && text.starts_with(' ')).then(|| text.trim())
}

/// The folder that a heading names: it is only that name, as code.
fn folder_of(heading: &str) -> Option<String> {
    let folder = heading.strip_prefix('`')?.strip_suffix('`')?.trim();
    (!folder.is_empty() && !folder.contains('`')).then(|| folder.to_string())
}

/// Whether a line is a horizontal rule, such as `* * *`, which is not an item.
fn is_break(line: &str) -> bool {
    let mut marks = line.chars().filter(|c| !c.is_whitespace());
    marks
        .next()
        .is_some_and(|first| "*-_".contains(first) && marks.clone().count() >= 2 && marks.all(|c| c == first))
}

/// The text after the mark of a list item: `- `, `* `, `+ `, `1. ` or `1) `.
fn item(line: &str) -> Option<&str> {
    if is_break(line) {
        return None;
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*', '+'])?,
        1..=9 => line[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

/// Whether an item is ticked off, and its text without the box.
fn ticked(rest: &str) -> (bool, &str) {
    for (mark, done) in [("[x]", true), ("[X]", true), ("[ ]", false)] {
        if let Some(text) = rest.strip_prefix(mark) {
            return (done, text.trim());
        }
    }
    (false, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(usize, String)> {
        read(text).unwrap_or_default().into_iter().map(|o| (o.line, o.text)).collect()
    }

    #[test]
    fn each_item_is_an_objective_with_what_is_indented_below_it() {
        let text = "# Tonight\n\nIn this order:\n\n- Add a --json flag\n  to the list command\n\n  ```\n- not an item\n  ```\n\
                    * [ ] Remove `old()`\n- [x] Done already\n  with a note\n1. Say the version\n\nThe end.\n";
        assert_eq!(
            texts(text),
            [
                (5, "Add a --json flag\n  to the list command\n\n  ```\n- not an item\n  ```".to_string()),
                (11, "Remove `old()`".to_string()),
                (14, "Say the version".to_string()),
            ]
        );
    }

    #[test]
    fn a_heading_that_is_a_folder_names_the_project_below_it() {
        let text = "- a\n\n## `../web`\n- b\n\n```\n# `no`\n```\n- c\n# Later\n- d\n#`no`\n- e\n";
        let found = read(text).unwrap();
        let of: Vec<Option<&str>> = found.iter().map(|o| o.project.as_deref()).collect();
        assert_eq!(of, [None, Some("../web"), Some("../web"), None, None]);
    }

    #[test]
    fn lines_across_the_page_and_fences_of_either_kind_hold_no_items() {
        let text = "- a\n\n* * *\n- - -\n\n- b\n\n~~~~ toml\n- no\n~~~\n- no\n```\n~~~~\n- c\n\n````\n- no\n```\n````\n``` a`b\n- d\n";
        let items: Vec<String> =
            texts(text).into_iter().map(|(line, text)| format!("{line} {}", &text[..1])).collect();
        assert_eq!(items, ["1 a", "6 b", "14 c", "21 d"]);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line_and_what_to_do() {
        for (text, says) in [
            ("", "no list in it"),
            ("Add a flag\n", "no list in it"),
            ("- [x] a\n", "every item is ticked off"),
            ("- a\n-\n", "line 2: the item is empty"),
            ("-a\n", "no list in it"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
        }
        let long = format!("- {}\n", "x".repeat(MAX_OBJECTIVE + 1));
        assert!(read(&long).unwrap_err().starts_with("line 1: the objective has"));
        let many = "- a\n".repeat(MAX_OBJECTIVES + 1);
        assert!(read(&many).unwrap_err().contains("at most 200"));
    }
}
