//! Colours of an answer on a terminal: what passed, what failed, what waits, and the lines of a change. A line is coloured by the sign
//! it begins with, so that no command knows of colours.

use super::answer::Request;

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const CYAN: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";

/// Whether the answer is shown on a terminal whose user wants colours (<https://no-color.org>).
pub(super) fn wanted(request: &Request) -> bool {
    request.tty && request.env.get("NO_COLOR").is_none_or(String::is_empty)
}

/// The text with its colours. Without them it is the same, character by character.
pub(super) fn painted(text: &str) -> String {
    let mut painted = String::with_capacity(text.len() + 64);
    let mut in_hunk = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim_end_matches('\n');
        let header = is_header(words);
        in_hunk = header || (in_hunk && !words.is_empty());
        match if header { Some(CYAN) } else { colour(words, in_hunk) } {
            Some(colour) if !words.is_empty() => {
                painted.extend([colour, words, PLAIN, &line[words.len()..]]);
            }
            _ => painted.push_str(line),
        }
    }
    painted
}

/// `    src/a.js:1  @@ -1,5 +1,5 @@`
fn is_header(line: &str) -> bool {
    line.starts_with("    ") && line.contains("  @@ -") && line.contains(" @@")
}

fn colour(line: &str, in_hunk: bool) -> Option<&'static str> {
    if in_hunk && let Some(change) = line.strip_prefix("    ") {
        return match change.chars().next() {
            Some('+') => Some(GREEN),
            Some('-') => Some(RED),
            _ => None,
        };
    }
    let mut characters = line.trim_start().trim_start_matches("- ").chars();
    match (characters.next(), characters.next()) {
        (Some('✓'), Some(' ')) => Some(GREEN),
        (Some('✗'), Some(' ')) => Some(RED),
        (Some('!' | '‖'), Some(' ')) => Some(YELLOW),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(tty: bool, no_color: Option<&str>) -> bool {
        let env = no_color.map(|value| json!({ "NO_COLOR": value })).unwrap_or_else(|| json!({}));
        wanted(&serde_json::from_value(json!({ "args": [], "cwd": "/", "env": env, "tty": tty })).unwrap())
    }

    #[test]
    fn only_a_terminal_whose_user_wants_them_gets_colours() {
        assert!(asked(true, None) && asked(true, Some("")));
        assert!(!asked(false, None) && !asked(true, Some("1")));
    }

    #[test]
    fn a_line_is_coloured_by_its_sign_and_keeps_its_text() {
        let text = "Mission m\n  ✓ checks: passed\n  ✗ review: no\n! Done, unverified\n- an item\n+1 more\n\n    a.js:1  @@ -1,2 +1,2 @@\n     same\n    \
                    -old\n    +new\n\n- said\n";
        let shown = painted(text);
        for part in [
            "\u{1b}[32m  ✓ checks: passed\u{1b}[0m\n",
            "\u{1b}[31m  ✗ review: no\u{1b}[0m\n",
            "\u{1b}[33m! Done, unverified\u{1b}[0m\n- an item\n+1 more\n",
            "\u{1b}[36m    a.js:1  @@ -1,2 +1,2 @@\u{1b}[0m\n     same\n\u{1b}[31m    -old\u{1b}[0m\n\u{1b}[32m    +new\u{1b}[0m\n\n- said\n",
        ] {
            assert!(shown.contains(part), "{part:?}\nin {shown:?}");
        }
        let plain = [GREEN, RED, YELLOW, CYAN, PLAIN].iter().fold(shown, |text, code| text.replace(code, ""));
        assert_eq!(plain, text);
    }
}
