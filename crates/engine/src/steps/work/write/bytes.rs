//! Turns a file's bytes into editable text and back: everything that an edit does not touch stays byte for byte.
//!
//! Bytes that are not UTF-8 become characters that no text uses; line endings and a byte order mark are restored. It
//! knows no tool and no path.

use std::borrow::Cow;

/// The first of the private-use characters that represent bytes which are not UTF-8.
const FOREIGN: u32 = 0x10_FF00;
const MARK: char = '\u{feff}';
/// How many bytes of a file are checked to distinguish text from data.
const LOOKED_AT: usize = 64 * 1024;

/// A file that can be edited.
#[derive(Debug)]
pub(super) struct Text {
    /// The text with its line endings, without its byte order mark.
    raw: String,
    marked: bool,
    foreign: bool,
}

impl Text {
    /// Reads bytes as text. The error says why they cannot be edited.
    pub fn read(bytes: &[u8]) -> Result<Text, String> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err("it is in UTF-16".into());
        }
        if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) {
            return Err("it is no text: it holds zero bytes".into());
        }
        let mut raw = String::with_capacity(bytes.len());
        let mut foreign = false;
        for chunk in bytes.utf8_chunks() {
            raw.push_str(chunk.valid());
            for byte in chunk.invalid() {
                foreign = true;
                raw.extend(char::from_u32(FOREIGN + u32::from(*byte)));
            }
        }
        if foreign && bytes.utf8_chunks().any(|chunk| chunk.valid().chars().any(is_foreign)) {
            return Err("it is in no encoding that is known here".into());
        }
        let marked = raw.starts_with(MARK);
        if marked {
            raw.drain(..MARK.len_utf8());
        }
        Ok(Text { raw, marked, foreign })
    }

    /// The text as a model sees it, with `\n` line endings.
    pub fn view(&self) -> Cow<'_, str> {
        unix(&self.raw)
    }

    pub fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// The bytes for a new text. Unchanged lines keep their bytes, and new lines get the line ending of their
    /// neighbours. If only the line endings differ, and the new ones are all `\r\n`, they are changed as given.
    pub fn with(&self, new: &str) -> Vec<u8> {
        let new = new.strip_prefix(MARK).unwrap_or(new);
        let only_endings = unix(new) == unix(&self.raw) && Endings::of(new).is_uniform();
        let text = if only_endings && new.contains('\n') && self.endings_differ(new) {
            new.to_string()
        } else {
            self.keep_endings(&unix(new))
        };
        let mut bytes = Vec::with_capacity(text.len() + 3);
        if self.marked {
            bytes.extend(MARK.to_string().into_bytes());
        }
        let mut buffer = [0; 4];
        for c in text.chars() {
            match u8::try_from(u32::from(c).wrapping_sub(FOREIGN)) {
                Ok(byte) if self.foreign => bytes.push(byte),
                _ => bytes.extend(c.encode_utf8(&mut buffer).as_bytes()),
            }
        }
        bytes
    }

    /// Whether the new text brings `\r\n` endings to a file without any. Models write `\n` by default, so only
    /// `\r\n` shows an intention.
    fn endings_differ(&self, new: &str) -> bool {
        Endings::of(new).crlf > 0 && Endings::of(&self.raw).crlf == 0
    }

    fn keep_endings(&self, new: &str) -> String {
        let own = Endings::of(&self.raw);
        if own.crlf == 0 {
            return new.to_string();
        }
        if own.is_uniform() {
            return new.replace('\n', "\r\n");
        }
        let (old_lines, new_lines) = (lines(&self.raw), lines(new));
        let bare = |lines: &[&str]| lines.iter().map(|line| content(line).to_string()).collect::<Vec<_>>();
        let (old_bare, new_bare) = (bare(&old_lines), bare(&new_lines));
        let mut text = String::with_capacity(self.raw.len());
        let usual = if own.crlf > own.lf { "\r\n" } else { "\n" };
        let mut around = usual;
        let mut put = |line: &str, ending: &str| {
            text.push_str(content(line));
            if line.ends_with('\n') {
                text.push_str(ending);
            }
        };
        for part in similar::capture_diff_slices(similar::Algorithm::Patience, &old_bare, &new_bare) {
            let (tag, old, new) = (part.tag(), part.old_range(), part.new_range());
            let same = tag == similar::DiffTag::Equal;
            for (n, line) in new_lines.get(new).unwrap_or_default().iter().enumerate() {
                let before = old_lines.get(old.start + n).filter(|_| same || n < old.len());
                if let Some(before) = before.filter(|line| line.ends_with('\n')) {
                    around = ending(before);
                }
                put(line, around);
            }
        }
        text
    }
}

/// How often a text uses each line ending.
struct Endings {
    crlf: usize,
    lf: usize,
}

impl Endings {
    fn of(text: &str) -> Endings {
        let crlf = text.matches("\r\n").count();
        Endings { crlf, lf: text.matches('\n').count() - crlf }
    }

    fn is_uniform(&self) -> bool {
        self.crlf == 0 || self.lf == 0
    }
}

pub(super) fn unix(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
}

/// Whether a character represents a byte that is not UTF-8.
pub(super) fn is_foreign(c: char) -> bool {
    (FOREIGN + 0x80..=FOREIGN + 0xff).contains(&u32::from(c))
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn content(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

fn ending(line: &str) -> &'static str {
    if line.ends_with("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(before: &[u8], new: &str) -> Vec<u8> {
        Text::read(before).unwrap().with(new)
    }

    #[test]
    fn a_file_keeps_its_endings_and_its_mark() {
        for (before, new, after) in [
            ("a\r\nb\r\n", "a\nc\n", "a\r\nc\r\n"),
            ("a\r\nb\r\n", "a\r\nc\r\n", "a\r\nc\r\n"),
            ("\u{feff}a\r\n", "b\n", "\u{feff}b\r\n"),
            ("\u{feff}a\n", "\u{feff}b\n", "\u{feff}b\n"),
            ("a\nb\n", "a\r\nc\r\n", "a\nc\n"),
            ("a\nb\n", "a\r\nb\r\n", "a\r\nb\r\n"),
            ("a\r\nb\r\n", "a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb", "a\nb\nc\n", "a\r\nb\r\nc\r\n"),
            ("a\r\nb\nc\r\nd\r\n", "a\nb\nx\nd\ne\n", "a\r\nb\nx\r\nd\r\ne\r\n"),
            ("a\nb\r\nc\n", "b\nc\n", "b\r\nc\n"),
            ("a\rb\n", "a\rc\n", "a\rc\n"),
            ("", "a\n", "a\n"),
        ] {
            assert_eq!(
                String::from_utf8(write(before.as_bytes(), new)).unwrap(),
                after,
                "{before:?} {new:?}"
            );
        }
    }

    #[test]
    fn bytes_of_another_encoding_come_back_as_they_were() {
        for bytes in [
            &b"caf\xe9 = 1\r\nx\n"[..],
            b"\x83\x5c\x95\x5c\n",
            b"\xc3\xa9 \xe9\n",
            b"\xff\n",
            b"\xef\xbb\xbfa\xe9\n",
        ] {
            let text = Text::read(bytes).unwrap();
            assert!(text.is_foreign());
            assert_eq!(text.with(&text.view()), bytes);
        }
    }

    #[test]
    fn what_is_no_text_says_so() {
        assert!(Text::read(b"\xff\xfea\0").unwrap_err().contains("UTF-16"));
        assert!(Text::read(b"\x7fELF\0").unwrap_err().contains("no text"));
    }
}
