//! Replaces bytes of a text without moving others, and finds words in it. The gaps of the grammars are
//! built on it. Knows no language.

use std::ops::Range;

/// Bytes that replace the same number of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    at: usize,
    bytes: Vec<u8>,
}

impl Edit {
    /// An edit with these bytes, beginning at this offset.
    pub(crate) fn new(at: usize, bytes: &str) -> Edit {
        Edit { at, bytes: bytes.as_bytes().to_vec() }
    }

    /// Fills a range with one byte; line ends stay, so that line numbers do not change.
    pub(crate) fn fill(text: &str, range: Range<usize>, byte: u8) -> Edit {
        let of = text.as_bytes().get(range.clone()).unwrap_or_default();
        Edit { at: range.start, bytes: of.iter().map(|b| if *b == b'\n' { b'\n' } else { byte }).collect() }
    }

    /// Blanks over a range.
    pub(crate) fn blank(text: &str, range: Range<usize>) -> Edit {
        Edit::fill(text, range, b' ')
    }
}

/// The place of an error in a tree: its range, and the kind of node that contains it.
pub(crate) struct ErrorAt<'t> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) within: &'t str,
}

/// The text after the edits; `None` if they change nothing or do not fit.
pub(crate) fn edited(text: &str, edits: &[Edit]) -> Option<String> {
    let mut out = text.as_bytes().to_vec();
    for edit in edits {
        out.get_mut(edit.at..edit.at + edit.bytes.len())?.copy_from_slice(&edit.bytes);
    }
    (out != text.as_bytes()).then(|| String::from_utf8(out).ok()).flatten()
}

/// Whether a character can be part of a name.
pub(crate) fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The places of a word that is not part of a longer name.
pub(crate) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    text.match_indices(word).filter(move |(at, word)| {
        !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    })
}

/// The name at the beginning of a text, or "".
pub(crate) fn name(text: &str) -> &str {
    text.find(|c| !is_part(c)).map_or(text, |end| &text[..end])
}

/// The offset after the bracket that closes the one at `open`. Strings and comments are not distinguished
/// from code, so the answer may be wrong: callers try the result and do not trust it.
pub(crate) fn closed(text: &str, open: usize) -> Option<usize> {
    const FAR: usize = 4_000;
    let bytes = text.as_bytes();
    let (opener, closer) = match bytes.get(open)? {
        b'(' => (b'(', b')'),
        b'[' => (b'[', b']'),
        b'{' => (b'{', b'}'),
        b'<' => (b'<', b'>'),
        _ => return None,
    };
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(open).take(FAR) {
        let arrow = closer == b'>' && at > 0 && bytes[at - 1] == b'=';
        if *byte == opener {
            depth += 1;
        } else if *byte == closer && !arrow {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}
