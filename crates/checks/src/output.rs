//! Keeps output within bounds, and makes it readable.
//!
//! `process` writes into it while a command runs. It must not grow without limit with the output.

use std::collections::VecDeque;

use crate::telling::Telling;

/// Keeps the first and the last bytes of a stream of any length.
#[derive(Debug)]
pub(crate) struct HeadTail {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_limit: usize,
    tail_limit: usize,
    dropped: u64,
    /// Lines about tests, out of the dropped part.
    telling: Option<Telling>,
}

impl HeadTail {
    /// At most `limit` bytes in all: a quarter from the beginning, where compilers name the cause,
    /// the rest from the end, where runners print totals.
    pub(crate) fn new(limit: usize) -> HeadTail {
        let head_limit = limit / 4;
        HeadTail {
            head: Vec::new(),
            tail: VecDeque::new(),
            head_limit,
            tail_limit: limit - head_limit,
            dropped: 0,
            telling: None,
        }
    }

    /// The same, and between the two parts the lines about tests, however long the stream is.
    pub(crate) fn of_tests(limit: usize) -> HeadTail {
        HeadTail { telling: Some(Telling::default()), ..HeadTail::new(limit) }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = self.head_limit.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        let skipped = rest.len().saturating_sub(self.tail_limit);
        let (passed_by, rest) = rest.split_at(skipped);
        let overflow = (self.tail.len() + rest.len()).saturating_sub(self.tail_limit);
        let evicted = self.tail.drain(..overflow.min(self.tail.len()));
        match &mut self.telling {
            Some(telling) => {
                let evicted: Vec<u8> = evicted.collect();
                telling.push(&evicted);
                telling.push(passed_by);
            }
            None => drop(evicted),
        }
        self.tail.extend(rest);
        self.dropped += (skipped + overflow) as u64;
    }

    /// Whether anything was left out.
    pub(crate) fn truncated(&self) -> bool {
        self.dropped > 0
    }

    /// Whether only noise was left out.
    pub(crate) fn tells_all(&self) -> bool {
        self.dropped == 0 || self.telling.as_ref().is_some_and(|telling| !telling.overflowed)
    }

    /// The text: valid UTF-8, without escape sequences, cut at line ends.
    pub(crate) fn text(self) -> String {
        if self.dropped == 0 {
            let mut bytes = self.head;
            bytes.extend(self.tail);
            return clean(&bytes);
        }
        let tail: Vec<u8> = self.tail.into();
        let head_end = self.head.iter().rposition(|b| *b == b'\n').map_or(self.head.len(), |at| at + 1);
        let telling = self.telling.map(Telling::take);
        // The first line of the tail may be the end of a line that began in the dropped part
        let tail_start = match &telling {
            Some(telling) if !telling.is_empty() => 0,
            _ => tail.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1),
        };
        let dropped = self.dropped + (self.head.len() - head_end) as u64 + tail_start as u64;
        let mut text = clean(self.head.get(..head_end).unwrap_or_default());
        text.push_str(&format!("\n[… {dropped} bytes left out …]\n"));
        if let Some(telling) = telling {
            text.push_str(&clean(&telling));
        }
        text.push_str(&clean(tail.get(tail_start..).unwrap_or_default()));
        text
    }
}

/// The text cut to `limit` bytes; head and tail are kept.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut kept = HeadTail::new(limit);
    kept.push(text.as_bytes());
    kept.text()
}

/// Valid UTF-8 without escape sequences and control characters. Text that a carriage return
/// overwrote is removed, as on a terminal.
pub fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut line_start = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => out.truncate(line_start),
            '\n' => {
                out.push('\n');
                line_start = out.len();
            }
            '\t' => out.push('\t'),
            '\u{8}' if out.len() > line_start => {
                out.pop();
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// The longest escape sequence; a longer one is text.
const MAX_ESCAPE: usize = 4096;

fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        // CSI: parameters, then one final byte
        Some('[') => {
            chars.next();
            for _ in 0..MAX_ESCAPE {
                match chars.peek() {
                    Some('\u{20}'..='\u{3f}') => chars.next(),
                    Some('\u{40}'..='\u{7e}') => {
                        chars.next();
                        return;
                    }
                    _ => return,
                };
            }
        }
        // OSC and other strings: until BEL or ESC \; a newline ends an unfinished one
        Some(']' | 'P' | '_' | '^' | 'X') => {
            chars.next();
            for _ in 0..MAX_ESCAPE {
                match chars.peek() {
                    None | Some('\n') => return,
                    Some('\u{7}') => {
                        chars.next();
                        return;
                    }
                    Some('\u{1b}') => {
                        chars.next();
                        if chars.peek() == Some(&'\\') {
                            chars.next();
                        }
                        return;
                    }
                    _ => chars.next(),
                };
            }
        }
        Some('(' | ')' | '*' | '+' | '#' | '%') => {
            chars.next();
            chars.next();
        }
        Some('\u{30}'..='\u{7e}') => {
            chars.next();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_dress_is_taken_off() {
        let cases: [(&[u8], &str); 8] = [
            (b"\x1b[31mred\x1b[0m", "red"),
            (b"\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
            (b"10%\r100%\r\ndone", "100%\ndone"),
            (b"a\x00b\x07\tc", "ab\tc"),
            (b"\xff\xfeok", "\u{fffd}\u{fffd}ok"),
            (b"\x1b(Bplain\x1b", "plain"),
            (b"\x1b[", ""),
            (b"one\nab\x08c", "one\nac"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(clean(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_long_stream_keeps_its_head_and_tail() {
        let mut kept = HeadTail::new(64);
        for n in 0..10_000 {
            kept.push(format!("line {n}\n").as_bytes());
        }
        assert!(kept.truncated());
        let text = kept.text();
        assert!(text.starts_with("line 0\n"), "{text}");
        assert!(text.ends_with("line 9999\n"), "{text}");
        assert!(text.contains("bytes left out"), "{text}");
        assert!(text.len() < 128, "{text}");
    }

    #[test]
    fn of_a_long_stream_what_tells_of_tests_stays() {
        let mut kept = HeadTail::of_tests(4096);
        for n in 0..10_000 {
            let line = if n == 5000 { "not ok 1 - adds\n".to_owned() } else { format!("noise {n}\n") };
            kept.push(line.as_bytes());
        }
        assert!(kept.truncated() && kept.tells_all());
        let text = kept.text();
        assert!(text.contains("\nnot ok 1 - adds\n") && text.ends_with("noise 9999\n"), "{text}");
        assert!(text.len() < 8192);
    }

    #[test]
    fn one_write_larger_than_the_limit_stays_bounded() {
        let mut kept = HeadTail::new(8);
        kept.push(&[b'x'; 1000]);
        kept.push(b"yz");
        assert_eq!(kept.dropped, 994);
        assert!(kept.text().ends_with("xxxxyz"));
    }
}
