//! Replacing bytes of a text without moving any other, and finding words in it: what the gaps of the
//! grammars are made of. Knows no language.

use std::ops::Range;

/// Bytes that stand in the place of as many others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    at: usize,
    bytes: Vec<u8>,
}

impl Edit {
    /// These bytes from here on.
    pub(crate) fn new(at: usize, bytes: &str) -> Edit {
        Edit { at, bytes: bytes.as_bytes().to_vec() }
    }

    /// One byte again and again over a range; line ends stay, so that no line gets another number.
    pub(crate) fn fill(text: &str, range: Range<usize>, byte: u8) -> Edit {
        let of = text.as_bytes().get(range.clone()).unwrap_or_default();
        Edit { at: range.start, bytes: of.iter().map(|b| if *b == b'\n' { b'\n' } else { byte }).collect() }
    }

    /// Blanks over a range.
    pub(crate) fn blank(text: &str, range: Range<usize>) -> Edit {
        Edit::fill(text, range, b' ')
    }
}

/// Where an error stands in a tree: what it covers, and the kind of node that holds it.
pub(crate) struct ErrorAt<'t> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) within: &'t str,
}

/// A text with edits made; `None` where they change nothing or do not fit.
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

/// Places where a word stands by itself.
pub(crate) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    text.match_indices(word).filter(move |(at, word)| {
        !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    })
}

/// The name that a text begins with, or "".
pub(crate) fn name(text: &str) -> &str {
    text.find(|c| !is_part(c)).map_or(text, |end| &text[..end])
}

/// Where the bracket that opens at an offset is closed: the offset after it. Strings and comments are not
/// told from code, so an answer may be wrong: what is made of it is tried, never trusted.
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
