//! Finds the text that a model wants to replace. Models copy with mistakes: if the exact text is not found, it is
//! searched line by line with different white space. It changes nothing unless there is exactly one match.

use super::bytes::is_foreign;

const SAME: &str = "No changes to apply: oldString and newString are identical.";
const NOT_FOUND: &str = "Could not find oldString in the file. It must match exactly, including whitespace, indentation, and line endings.";
const FOUND_SEVERAL_TIMES: &str =
    "Found multiple matches for oldString. Provide more surrounding context to make the match unique.";
const EMPTY: &str = "oldString cannot be empty when editing an existing file. Provide the exact text to replace, or use write \
                     for an intentional full-file replacement.";

/// The text with `old` replaced by `new`. All three use `\n` line endings.
pub(super) fn replace(text: &str, old: &str, new: &str, all: bool) -> Result<String, String> {
    if old == new {
        return Err(SAME.into());
    }
    if old.is_empty() {
        return Err(EMPTY.into());
    }
    let found = find(text, old);
    let (first, many) = (found.first(), found.len() > 1);
    let Some(first) = first else { return Err(NOT_FOUND.into()) };
    if many && !all {
        return Err(FOUND_SEVERAL_TIMES.into());
    }
    let chosen = if all { &found[..] } else { std::slice::from_ref(first) };
    let (mut result, mut at) = (String::with_capacity(text.len() + new.len()), 0);
    for span in chosen {
        // The second byte of a two-byte character may look like a letter
        if text.get(..span.start).and_then(|before| before.chars().next_back()).is_some_and(is_foreign) {
            return Err("the match begins behind a byte that is no UTF-8: begin oldString further to the left, at the start of a \
                        line"
                .into());
        }
        result.push_str(text.get(at..span.start).unwrap_or_default());
        result.push_str(if span.without_break { new.strip_suffix('\n').unwrap_or(new) } else { new });
        at = span.end;
    }
    result.push_str(text.get(at..).unwrap_or_default());
    Ok(result)
}

struct Span {
    start: usize,
    end: usize,
    /// The text ends there without the line break that was searched for.
    without_break: bool,
}

/// All matches of the first method that finds any, in order.
fn find(text: &str, old: &str) -> Vec<Span> {
    let exact: Vec<Span> = text
        .match_indices(old)
        .map(|(start, found)| Span { start, end: start + found.len(), without_break: false })
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    let ways: [fn(&str) -> String; 3] = [
        |line| line.trim_end().to_string(),
        |line| line.trim().to_string(),
        |line| line.split_whitespace().collect::<Vec<_>>().join(" "),
    ];
    ways.iter().map(|way| find_lines(text, old, way)).find(|found| !found.is_empty()).unwrap_or_default()
}

fn find_lines(text: &str, old: &str, way: &dyn Fn(&str) -> String) -> Vec<Span> {
    let wanted: Vec<String> = old.lines().map(way).collect();
    // Blank lines alone match everywhere
    if wanted.iter().all(String::is_empty) {
        return Vec::new();
    }
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let there: Vec<String> = text.lines().map(way).collect();
    let (mut found, mut line) = (Vec::new(), 0);
    while line + wanted.len() <= there.len() {
        if there.get(line..line + wanted.len()) != Some(&wanted[..]) {
            line += 1;
            continue;
        }
        let start = starts.get(line).copied().unwrap_or_default();
        let next = starts.get(line + wanted.len()).copied();
        let with_break = old.ends_with('\n');
        let end = match next {
            Some(next) if with_break => next,
            Some(next) => next - 1,
            None => text.len(),
        };
        found.push(Span { start, end, without_break: with_break && next.is_none() });
        line += wanted.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_once_is_replaced() {
        let text = "fn a() {\n    one();\n    two();\n}\n";
        for (old, new, after) in [
            ("one()", "three()", "fn a() {\n    three();\n    two();\n}\n"),
            ("one();\ntwo();", "    three();", "fn a() {\n    three();\n}\n"),
            ("  one();  \n  two();\n", "    three();\n", "fn a() {\n    three();\n}\n"),
            ("fn  a()  {\n", "fn b() {\n", "fn b() {\n    one();\n    two();\n}\n"),
        ] {
            assert_eq!(replace(text, old, new, false).as_deref(), Ok(after), "{old:?}");
        }
        assert_eq!(replace("a\nb", "  b\n", "c\n", false).as_deref(), Ok("a\nc"));
    }

    #[test]
    fn what_is_not_clear_changes_nothing() {
        for (text, old, new, says) in [
            ("a\na\n", "a", "b", FOUND_SEVERAL_TIMES),
            ("a\n", "b", "c", NOT_FOUND),
            ("a\n", "a", "a", SAME),
            ("a\n", "", "b", EMPTY),
            ("a\n\n\nb\n", " \n ", "c", NOT_FOUND),
        ] {
            assert_eq!(replace(text, old, new, false), Err(says.to_string()), "{text:?} {old:?}");
        }
        assert_eq!(replace("a\na\n", "a", "b", true).as_deref(), Ok("b\nb\n"));
    }
}
