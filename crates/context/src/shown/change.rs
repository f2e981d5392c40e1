//! A diff with the functions around its hunks, so that who judges it needs not open the files.
//!
//! What lies between two hunks is the same on both sides, so a hunk grows by lines of the new file alone. It reads no file itself and
//! changes no line of the diff.

use crate::excerpt::MAX_LINE;
use syntax::{Language, Symbol};

/// A function with more lines is not shown whole: a hunk in it grows by so many lines to either side.
const WHOLE: usize = 60;
const AROUND: usize = 12;

/// `diff` as git writes it; `read` gives a file as it is after the change. Grows by at most `limit` bytes; hunks that have no
/// room stay as they are.
pub fn with_enclosing(diff: &str, read: &dyn Fn(&str) -> Option<String>, limit: usize) -> String {
    let mut out = String::with_capacity(diff.len());
    let mut left = limit;
    for file in parts(diff, "diff --git ") {
        let grown = grown(file, read).filter(|grown| grown.len().saturating_sub(file.len()) <= left);
        if let Some(grown) = &grown {
            left -= grown.len().saturating_sub(file.len());
        }
        out.push_str(grown.as_deref().unwrap_or(file));
    }
    out
}

/// The text in parts that begin with lines that start so; what comes before the first is a part, too.
fn parts<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    let mut cuts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && line.starts_with(start) {
            cuts.push(at);
        }
        at += line.len();
    }
    cuts.push(text.len());
    cuts.windows(2).filter_map(|pair| text.get(pair[0]..pair[1])).filter(|part| !part.is_empty()).collect()
}

/// A hunk: the lines that it covers on either side, 1-based, and its text below the header.
struct Hunk<'t> {
    old: usize,
    new: usize,
    /// Lines of the new side.
    length: usize,
    body: Vec<&'t str>,
}

/// One file of a diff with grown hunks; `None` where there is nothing to grow, or the diff is not understood.
fn grown(file: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let sections = parts(file, "@@ ");
    let (head, hunks) = sections.split_first()?;
    let path = head.lines().find_map(|line| line.strip_prefix("+++ b/"))?.trim_end_matches('\t');
    let language = Language::of_path(path)?;
    let text = read(path)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let symbols = syntax::outline(language, &text).symbols;
    let hunks: Vec<Hunk<'_>> = hunks.iter().map(|hunk| parse(hunk)).collect::<Option<_>>()?;
    let mut out = (*head).to_string();
    let mut shown = 1;
    for (n, hunk) in hunks.iter().enumerate() {
        // Lines of the new side that the hunk has, and may have before the next one begins
        let (first, end) = (hunk.new, hunk.new + hunk.length);
        let room = hunks.get(n + 1).map_or(lines.len() + 1, |next| next.new);
        let (from, to) = enclosing(&symbols, first, end);
        let (from, to) = (from.max(shown).min(first), to.clamp(end, room.max(end)));
        let (above, below) =
            (lines.get(from.checked_sub(1)?..first - 1)?, lines.get(end - 1..(to - 1).min(lines.len()))?);
        if above.iter().chain(below).any(|line| line.len() > MAX_LINE || !line.ends_with('\n')) {
            return None;
        }
        let old = hunk.body.iter().filter(|line| !line.starts_with(['+', '\\'])).count();
        let more = above.len() + below.len();
        let begins = hunk.old.saturating_sub(above.len());
        out.push_str(&format!("@@ -{begins},{} +{from},{} @@\n", old + more, hunk.length + more));
        above.iter().for_each(|line| out.extend([" ", line]));
        out.extend(hunk.body.iter().copied());
        below.iter().for_each(|line| out.extend([" ", line]));
        shown = (end + below.len()).max(shown);
    }
    Some(out)
}

/// `None` where it is cut, or no hunk.
fn parse(text: &str) -> Option<Hunk<'_>> {
    let mut lines = text.split_inclusive('\n');
    let header = lines.next()?.strip_prefix("@@ -")?;
    let (old, rest) = header.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let span = |span: &str| -> Option<(usize, usize)> {
        let (from, length) = span.split_once(',').unwrap_or((span, "1"));
        Some((from.parse().ok()?, length.parse().ok()?))
    };
    let ((old, before), (new, length)) = (span(old)?, span(new)?);
    let body: Vec<&str> = lines.collect();
    let count = |other: [char; 2]| body.iter().filter(|line| !line.starts_with(other)).count();
    // A file that is new or gone has nothing around its one hunk
    let whole =
        count(['-', '\\']) == length && count(['+', '\\']) == before && old > 0 && new > 0 && length > 0;
    whole.then_some(Hunk { old, new, length, body })
}

/// The lines `from..to` of the functions that a change of the lines `first..end` is in, 1-based.
fn enclosing(symbols: &[Symbol], first: usize, end: usize) -> (usize, usize) {
    let (mut from, mut to) = (first, end);
    // The context that git shows at either end is no change of what begins or ends there
    let (inner_first, inner_last) = (first + 1, end.saturating_sub(2).max(first));
    for symbol in symbols {
        let (begins, ends) = (symbol.line as usize, symbol.end_line as usize);
        if ends < inner_first || begins > inner_last || ends <= begins {
            continue;
        }
        if ends - begins < WHOLE {
            (from, to) = (from.min(begins), to.max(ends + 1));
        } else if begins < first || ends >= end {
            (from, to) =
                (from.min(begins.max(first.saturating_sub(AROUND))), to.max((ends + 1).min(end + AROUND)));
        }
    }
    (from.max(1), to)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "import { a } from \"./a\"\n\nexport function first(x) {\n  const one = a(x)\n  const two = a(one)\n  const three = a(two)\n  const four = a(three)\n  const five = a(four)\n  return NEW\n}\n\nexport function other() {\n  return 1\n}\n";
    const DIFF: &str = "diff --git a/src/b.js b/src/b.js\nindex 1..2 100644\n--- a/src/b.js\n+++ b/src/b.js\n@@ -6,5 +6,5 @@ export function first(x) {\n   const three = a(two)\n   const four = a(three)\n   const five = a(four)\n-  return five\n+  return NEW\n }\n";

    fn file(path: &str) -> Option<String> {
        (path == "src/b.js").then(|| FILE.to_string())
    }

    #[test]
    fn a_hunk_grows_to_its_function_and_no_further() {
        let grown = with_enclosing(DIFF, &file, 10_000);
        assert!(
            grown.contains("@@ -3,8 +3,8 @@\n export function first(x) {\n   const one = a(x)\n"),
            "{grown}"
        );
        assert!(grown.ends_with("-  return five\n+  return NEW\n }\n"), "{grown}");
        assert!(!grown.contains("other"), "{grown}");
        assert_eq!(with_enclosing(DIFF, &file, 10), DIFF, "no room");
        assert_eq!(with_enclosing(DIFF, &|_| None, 10_000), DIFF, "the file cannot be read");
    }

    #[test]
    fn hunks_do_not_show_a_line_twice_and_what_is_not_understood_stays() {
        let two = "diff --git a/src/b.js b/src/b.js\n--- a/src/b.js\n+++ b/src/b.js\n@@ -4 +4 @@\n-  const one = b(x)\n+  const one = a(x)\n@@ -9 +9 @@\n-  return five\n+  return NEW\n";
        let grown = with_enclosing(two, &file, 10_000);
        for line in FILE.lines().filter(|line| line.len() > 3) {
            assert!(grown.matches(line).count() <= 1, "{line} in {grown}");
        }
        let odd = [
            "",
            "no diff\n",
            "diff --git a/x b/x\nBinary files differ\n",
            "diff --git a/src/b.js b/src/b.js\n+++ b/src/b.js\n@@ -6,5 +6,5 @@\n   const three = a(two)\n... the diff goes on; it was cut here\n",
            "diff --git a/src/b.js b/src/b.js\n+++ b/src/b.js\n@@ -900,1 +900,1 @@\n-x\n+y\n",
            "diff --git a/src/b.js b/src/b.js\n+++ b/src/b.js\n@@ -0,0 +1,1 @@\n+y\n",
            "diff --git a/src/b.js b/src/b.js\n+++ b/src/b.js\n@@ -99999999999999999999,1 +1 @@\n-x\n+y\n",
        ];
        for diff in odd {
            assert_eq!(with_enclosing(diff, &file, 10_000), diff);
        }
    }
}
