//! Texts that never exceed their budget.
//!
//! `brief` and `task` write through it. It estimates tokens from bytes, and its texts stay within the limit.

use std::borrow::Cow;

pub(crate) use shared::text::{clip, count};

/// Average bytes of a token over code and prose; the engine corrects it with the usage that OpenCode
/// reports.
const BYTES_PER_TOKEN: f64 = 3.9;

/// How many tokens a text costs, rounded up.
pub fn estimate_tokens(text: &str) -> usize {
    (text.len() as f64 / BYTES_PER_TOKEN).ceil() as usize
}

/// The most bytes whose estimate is not above `tokens`.
pub(crate) fn bytes_of(tokens: usize) -> usize {
    (tokens as f64 * BYTES_PER_TOKEN).floor() as usize
}

/// A text with a limit: a part that does not fit is rejected as a whole, so that no line is cut.
#[derive(Debug)]
pub(crate) struct Limited {
    text: String,
    limit: usize,
}

impl Limited {
    pub(crate) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    /// Adds `part` if it fits, and returns whether it did.
    pub(crate) fn push(&mut self, part: &str) -> bool {
        let fits = part.len() <= self.left();
        if fits {
            self.text.push_str(part);
        }
        fits
    }

    /// The number of free bytes.
    pub(crate) fn left(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    /// Allows `bytes` more, which were reserved until now.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.limit += bytes;
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A path for a text: on one line, with any characters escaped that would break it.
pub(crate) fn shown(path: &str) -> Cow<'_, str> {
    if path.contains(|c: char| c.is_control() || c == '"') {
        Cow::Owned(format!("{path:?}"))
    } else {
        Cow::Borrowed(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_the_bytes_fits_the_tokens() {
        for tokens in 0..5000 {
            let text = "x".repeat(bytes_of(tokens));
            assert!(estimate_tokens(&text) <= tokens, "{tokens}");
        }
        assert_eq!(estimate_tokens("x"), 1);
    }
}
