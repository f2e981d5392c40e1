//! Lines of a long output that may be about tests. They are kept when the rest of its middle is dropped, so that noise does not
//! hide which tests failed.

use std::sync::OnceLock;

use regex::bytes::Regex;

/// The most bytes of such lines that are kept.
const MAX_BYTES: usize = 16 << 20;
/// The most bytes of one line; the rest of a longer line is noise.
const LINE: usize = 4 << 10;

/// Words and signs with which runners report tests, files and totals.
const WORDS: &str = r#"(?x-u)
    \bok\b | \bnot\x20ok\b | \b(?:FAIL|PASS|SKIP|FAILED|PASSED|ERROR|SUCCESS|SUBFAILED|PANIC|RERUN|XFAIL|XPASS)
    | \b(?:failed|failures|passed|passing|failing|skipped|ignored|pending|panicked|tests?|Tests?|suites?|Suites?|Ran|assertions)\b
    | \xE2\x9C\x93 | \xE2\x9C\x94 | \xE2\x9C\x95 | \xE2\x9C\x96 | \xE2\x9C\x97 | \xE2\x9C\x98 | \xC3\x97 | \xE2\x97\x8F | \xE2\x9D\xAF
    | ---\x20 | ===\x20 | ^\s*\#\x20 | ^\s*\d+\) | ^\s*\d+\.\.\d+ | </?testcase | </?testsuite | <failure | <error | "Action"\s*:\s*"(?:run|pass|fail|skip|start)
"#;

/// Collects such lines from bytes that arrive in pieces of any size.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    line: Vec<u8>,
    kept: Vec<u8>,
    /// Whether a line was dropped because there was no more room.
    pub overflowed: bool,
}

impl Telling {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            if part.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !words().is_none_or(|words| words.is_match(said(&line))) {
            return;
        }
        if self.kept.len() + line.len() > MAX_BYTES {
            self.overflowed = true;
            return;
        }
        self.kept.extend_from_slice(&line);
        if !line.ends_with(b"\n") {
            self.kept.push(b'\n');
        }
    }

    /// The kept lines; an unfinished line continues in what follows.
    pub(crate) fn take(self) -> Vec<u8> {
        let mut kept = self.kept;
        kept.extend(self.line);
        kept
    }
}

fn words() -> Option<&'static Regex> {
    static WORDS_FOUND: OnceLock<Option<Regex>> = OnceLock::new();
    WORDS_FOUND.get_or_init(|| Regex::new(WORDS).ok()).as_ref()
}

/// The part of a line that may be about tests: of an output event of `go test -json` only the output, because its other
/// fields name a test in any case.
fn said(line: &[u8]) -> &[u8] {
    const OUTPUT: &[u8] = br#""Output":""#;
    let at = line.windows(OUTPUT.len()).position(|part| part == OUTPUT).filter(|_| line.starts_with(b"{"));
    at.and_then(|at| line.get(at + OUTPUT.len()..)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runners_say_is_kept_and_noise_is_not() {
        assert!(words().is_some());
        let lines = [
            ("\u{2713} adds (2 ms)\n", true),
            ("  \u{d7} breaks\n", true),
            ("test a::b ... ok\n", true),
            ("FAILED tests/test_a.py::test_b - assert 1\n", true),
            ("--- FAIL: TestA (0.00s)\n", true),
            ("not ok 3 - c\n", true),
            ("1..40\n", true),
            ("  1) does it\n", true),
            ("{\"Action\":\"fail\",\"Test\":\"A\"}\n", true),
            ("{\"Action\":\"output\",\"Test\":\"TestA\",\"Output\":\"--- FAIL: TestA (0.00s)\\n\"}\n", true),
            ("{\"Action\":\"output\",\"Test\":\"TestA\",\"Output\":\"lorem ipsum\\n\"}\n", false),
            ("lorem ipsum dolor\n", false),
            ("0123456789abcdef\n", false),
        ];
        for (line, expected) in lines {
            let mut telling = Telling::default();
            // In pieces, as from a pipe
            for byte in line.as_bytes() {
                telling.push(&[*byte]);
            }
            assert_eq!(!telling.take().is_empty(), expected, "{line}");
        }
    }

    #[test]
    fn it_stays_bounded() {
        let mut telling = Telling::default();
        let line = format!("ok {}\n", "x".repeat(10_000));
        for _ in 0..5_000 {
            telling.push(line.as_bytes());
        }
        assert!(telling.overflowed && telling.take().len() <= MAX_BYTES);
    }
}
