//! Bytes outside the purpose of a change: unchanged lines keep their line endings and encoding, and a file keeps its
//! byte order mark. It compares two versions of a file and reads nothing.

use std::collections::{HashMap, HashSet};

use mission::Issue;
use syntax::Language;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reports a source with a zero byte: tools treat it as binary, so a Reviewer would not see its content.
pub(crate) fn hidden(path: &str, before: Option<&[u8]>, after: &[u8]) -> Option<Issue> {
    let is_new = after.contains(&0) && !before.is_some_and(|before| before.contains(&0));
    let utf16 = after.starts_with(b"\xff\xfe") || after.starts_with(b"\xfe\xff");
    (is_new && !utf16 && Language::of_path(path).is_some()).then(|| {
        let why = "it holds a zero byte, for which tools take it for binary and show nobody what it says. It was put back as \
                   it was: write the character as an escape (`\\0`)";
        Issue::new("bytes", why).at(path.to_string(), None)
    })
}

/// The damage to lines that the change otherwise leaves alone; `None` for files that are not text.
pub(crate) fn changed(path: &str, before: &[u8], after: &[u8]) -> Option<Issue> {
    if before.contains(&0) || after.contains(&0) || before.is_empty() || after.is_empty() || before == after {
        return None;
    }
    let issue = |why: String| {
        let back = "It was put back as it was: make your change again with the edit tool, which keeps them.";
        Some(Issue::new("bytes", format!("{why}. {back}")).at(path.to_string(), None))
    };
    if before.starts_with(MARK) != after.starts_with(MARK) {
        let what = if before.starts_with(MARK) { "lost its" } else { "got a" };
        return issue(format!("the file {what} byte order mark, which the task does not ask for"));
    }
    let (old, new) = (lines(before), lines(after));
    // If all line endings differ and nothing else, the change was intended.
    let only_endings = old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| bare(a) == bare(b));
    let uniform = |lines: &[&[u8]]| {
        let ended = || lines.iter().filter(|line| line.ends_with(b"\n"));
        ended().all(|line| line.ends_with(b"\r\n")) || ended().all(|line| !line.ends_with(b"\r\n"))
    };
    if only_endings && uniform(&new) {
        return None;
    }
    let foreign = std::str::from_utf8(before).is_err();
    let exact: HashSet<&[u8]> = old.iter().copied().collect();
    let ending: HashMap<&[u8], bool> = old
        .iter()
        .filter(|line| line.ends_with(b"\n"))
        .map(|line| (bare(line), line.ends_with(b"\r\n")))
        .collect();
    let shapes: HashSet<Vec<u8>> =
        old.iter().filter(|line| foreign && !bare(line).is_ascii()).map(|line| shape(bare(line))).collect();
    let (mut endings, mut letters) = (0, 0);
    for line in new.iter().filter(|line| !exact.contains(*line) && !bare(line).is_empty()) {
        let known = ending.get(bare(line)).filter(|_| line.ends_with(b"\n"));
        endings += usize::from(known.is_some_and(|crlf| *crlf != line.ends_with(b"\r\n")));
        let written = !bare(line).is_ascii() && std::str::from_utf8(line).is_ok();
        letters += usize::from(written && shapes.contains(&shape(bare(line))));
    }
    match (endings, letters) {
        (0, 0) => None,
        (_, 0) => issue(format!("{} changed nothing but their line ending", said(endings))),
        _ => issue(format!("{} were written in another encoding than the file's", said(letters))),
    }
}

fn said(n: usize) -> String {
    crate::text::count(n, "line")
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A line in which one byte replaces each sequence that is not ASCII.
fn shape(line: &[u8]) -> Vec<u8> {
    let mut shape: Vec<u8> = line.iter().map(|byte| if byte.is_ascii() { *byte } else { 0 }).collect();
    shape.dedup_by(|a, b| *a == 0 && *b == 0);
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(before: &[u8], after: &[u8]) -> String {
        changed("a", before, after).map_or_else(String::new, |issue| issue.message)
    }

    #[test]
    fn a_source_that_no_diff_would_show_is_named() {
        assert!(hidden("src/a.js", None, b"run()\0").is_some());
        assert!(hidden("src/a.js", Some(b"x"), b"run()\0").is_some());
        assert!(hidden("src/a.js", Some(b"\0"), b"run()\0").is_none(), "it was so before");
        assert!(hidden("src/a.js", None, b"run()").is_none());
        assert!(hidden("a.png", None, b"\0").is_none());
        assert!(hidden("a.js", None, b"\xff\xfex\0").is_none(), "an encoding");
    }

    #[test]
    fn lines_that_stay_keep_their_bytes() {
        let cases: [(&[u8], &[u8], &str); 7] = [
            (b"a\r\nb\r\n", b"a\nc\n", "1 line changed nothing but their line ending"),
            (b"a\r\nb\nc\r\n", b"a\r\nb\r\nx\r\n", "line ending"),
            (b"\xef\xbb\xbfa\n", b"b\n", "lost its byte order mark"),
            (b"a\n", b"\xef\xbb\xbfa\n", "got a byte order mark"),
            (b"caf\xe9\nx\n", b"caf\xef\xbf\xbd\ny\n", "another encoding"),
            (b"caf\xe9\nx\n", "caf\u{e9}\ny\n".as_bytes(), "another encoding"),
            (b"\x95\x5c = 1\n", "\u{fffd}\\ = 1\n".as_bytes(), "another encoding"),
        ];
        for (before, after, says) in cases {
            assert!(why(before, after).contains(says), "{before:?} {after:?}: {}", why(before, after));
        }
    }

    #[test]
    fn what_a_change_is_about_may_change() {
        let cases: [(&[u8], &[u8]); 8] = [
            (b"a\nb\n", b"a\r\nb\r\n"),
            (b"a\r\nb\r\n", b"a\r\nc\r\nd\r\n"),
            (b"caf\xe9\nx\n", b"caf\xe9\ny\n"),
            ("caf\u{e9}\n".as_bytes(), "caf\u{e8}\n".as_bytes()),
            (b"a\nb", b"a\nb\nc\n"),
            (b"", b"a\r\n"),
            (b"\0a\r\n", b"\0a\n"),
            (b"a\n", b"b\n"),
        ];
        for (before, after) in cases {
            assert_eq!(why(before, after), "", "{before:?} {after:?}");
        }
    }
}
