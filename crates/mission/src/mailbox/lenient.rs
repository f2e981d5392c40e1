//! JSON with the mistakes that models make: in a code fence or after prose, with single, curly or no quotes,
//! Python's words, comments, unescaped quotes and line breaks in texts, too many or too few commas, unclosed
//! brackets.
//!
//! This is our own code, because a library that hangs on one answer would stop the whole mission. Every step here
//! consumes part of the text, so reading ends, in time linear in its length.

use serde_json::{Map, Number, Value};

/// The value that a text most likely means; `None` if it contains no list and no object, or nests deeper than
/// `depth`.
pub(super) fn read(text: &str, depth: usize) -> Option<Value> {
    let text = fenced(text);
    let start = text.find(['{', '['])?;
    let mut reader = Reader { rest: &text[start..], depth, too_deep: false };
    let value = reader.value(0);
    (!reader.too_deep).then_some(value)
}

/// The content of the first code fence, if it is a list or an object.
fn fenced(text: &str) -> &str {
    let inside = text.split_once("```").map(|(_, rest)| rest);
    let inside = inside.map(|rest| rest.split_once("```").map_or(rest, |(inside, _)| inside));
    let starts = |inside: &&str| {
        let body = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).trim_start();
        body.starts_with(['{', '['])
    };
    // A fence inside a text of the value does not count
    let first = text.find(['{', '[']).unwrap_or(text.len());
    inside.filter(starts).filter(|_| text.find("```").is_some_and(|at| at < first)).unwrap_or(text)
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
    too_deep: bool,
}

const QUOTES: [char; 6] = ['"', '\'', '`', '“', '”', '‘'];

/// Whether the quote `c` can end a text that `open` began.
fn closes(open: char, c: char) -> bool {
    match open {
        '“' | '”' => c == '”' || c == '“',
        '‘' => c == '’',
        open => c == open,
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next();
        self.rest = chars.as_str();
        c
    }

    fn drop(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Skips blanks and comments.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            if self.rest.starts_with("//") {
                self.drop(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.drop(self.rest.find("*/").map_or(self.rest.len(), |end| end + 2));
            } else {
                return;
            }
        }
    }

    fn value(&mut self, level: usize) -> Value {
        self.skip();
        if level > self.depth {
            self.too_deep = true;
            self.rest = "";
            return Value::Null;
        }
        match self.peek() {
            Some('{') => self.object(level),
            Some('[') => self.list(level),
            Some(quote) if QUOTES.contains(&quote) => Value::String(self.texts()),
            _ => word(&self.bare(&[',', ']', '}', '\n'])),
        }
    }

    fn object(&mut self, level: usize) -> Value {
        self.take();
        let mut fields = Map::new();
        loop {
            self.skip();
            match self.peek() {
                None | Some(']') => break,
                Some('}') => {
                    self.take();
                    break;
                }
                Some(',' | ';') => {
                    self.take();
                    continue;
                }
                _ => {}
            }
            let key = match self.peek() {
                Some(quote) if QUOTES.contains(&quote) => self.texts(),
                _ => self.bare(&[':', '=', ',', ']', '}', '\n']),
            };
            self.skip();
            let told = self.peek().is_some_and(|c| matches!(c, ':' | '='));
            if told {
                self.take();
                if self.rest.starts_with('>') {
                    self.take();
                }
            } else if key.is_empty() {
                // This cannot be a key: skip it
                self.take();
                continue;
            }
            let value = if told { self.value(level + 1) } else { Value::Null };
            fields.insert(key, value);
        }
        Value::Object(fields)
    }

    fn list(&mut self, level: usize) -> Value {
        self.take();
        let mut items = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                None | Some('}') => break,
                Some(']') => {
                    self.take();
                    break;
                }
                Some(',' | ';') => {
                    self.take();
                }
                _ => {
                    let before = self.rest.len();
                    items.push(self.value(level + 1));
                    if self.rest.len() == before {
                        self.take();
                    }
                }
            }
        }
        Value::Array(items)
    }

    /// A text in quotes, with the texts that `+` joins to it.
    fn texts(&mut self) -> String {
        let mut text = self.text();
        loop {
            let before = self.rest;
            self.skip();
            if self.rest.starts_with('+') {
                self.take();
                self.skip();
                if self.peek().is_some_and(|c| QUOTES.contains(&c)) {
                    text.push_str(&self.text());
                    continue;
                }
            }
            self.rest = before;
            return text;
        }
    }

    fn text(&mut self) -> String {
        let Some(open) = self.take() else { return String::new() };
        let mut out = String::new();
        while let Some(c) = self.take() {
            match c {
                '\\' => self.escape(&mut out),
                c if closes(open, c) && self.is_end() => return out,
                c => out.push(c),
            }
        }
        out
    }

    /// Whether the text after a quote shows that the quote ends the text; otherwise the quote is part of it.
    fn is_end(&self) -> bool {
        let after = self.rest.trim_start();
        let next = after.chars().next();
        let begins_another = |c: char| QUOTES.contains(&c) && after.len() < self.rest.len();
        next.is_none_or(|c| matches!(c, ',' | '}' | ']' | ':' | ';' | '+' | '=') || begins_another(c))
            || after.starts_with("//")
            || after.starts_with("/*")
            || after.starts_with("```")
    }

    fn escape(&mut self, out: &mut String) {
        match self.take() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let Some(high) = self.hex() else { return out.push_str("\\u") };
                let low = ((0xD800..0xDC00).contains(&high) && self.rest.starts_with("\\u")).then(|| {
                    self.drop(2);
                    self.hex()
                });
                let pair = low.flatten().filter(|low| (0xDC00..0xE000).contains(low));
                let code = pair.map_or(high, |low| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some('\n') | None => {}
            Some(c) => out.push(c),
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        self.drop(4);
        Some(number)
    }

    /// A word without quotes, up to one of `ends`.
    fn bare(&mut self, ends: &[char]) -> String {
        let (word, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        word.trim().to_string()
    }
}

fn word(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "" | "null" | "None" | "undefined" | "nil" => Value::Null,
        _ => text.parse::<Number>().map(Value::Number).unwrap_or_else(|_| Value::String(text.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn slips_of_models_are_understood() {
        for (text, value) in [
            (r#"{"a": 1, "b": [1, 2,], }"#, json!({ "a": 1, "b": [1, 2] })),
            ("{'a': 'it''s', b: True, c: None}", json!({ "a": "it''s", "b": true, "c": null })),
            ("Here it is:\n```json\n{\"a\": \"x\"}\n```\nDone.", json!({ "a": "x" })),
            (r#"{"a": "has ```code``` in it"}"#, json!({ "a": "has ```code``` in it" })),
            ("{ // why\n \"a\": /* x */ 1.5\n \"b\": -2 }", json!({ "a": 1.5, "b": -2 })),
            ("{“a”: “schön”}", json!({ "a": "schön" })),
            (r#"{"a": "he said "yes" twice", "b": 1}"#, json!({ "a": "he said \"yes\" twice", "b": 1 })),
            ("{\"a\": \"two\nlines\"}", json!({ "a": "two\nlines" })),
            (
                r#"{"a": "one" + "two", "b": "\u00e9\ud83d\ude80\n\q"}"#,
                json!({ "a": "onetwo", "b": "é🚀\nq" }),
            ),
            (r#"{"a": ["x", {"b": "y""#, json!({ "a": ["x", { "b": "y" }] })),
            (r#"[{"a": 1} {"a": 2}]"#, json!([{ "a": 1 }, { "a": 2 }])),
            (r#"{"a": "done".}"#, json!({ "a": "done\".}" })),
            (r#"{"a" => 1, "b" = two words}"#, json!({ "a": 1, "b": "two words" })),
        ] {
            assert_eq!(read(text, 20), Some(value), "{text}");
        }
        assert_eq!(read("no value", 20), None);
        assert_eq!(read(&"[\"]\",".repeat(1_000), 20), None);
    }

    /// Prefixes and mixtures of everything with a meaning, also long ones.
    #[test]
    fn every_text_is_read_to_an_end() {
        let pieces = [
            "{", "}", "[", "]", "\"", "'", "“", "\\", "\\u", "d83d", ":", "=", "=>", ",", "+", ".", "é",
            "//", "/*", "```", "\n", "a",
        ];
        let mut state = 7_u64;
        for _ in 0..3_000 {
            let mut text = String::from("{");
            for _ in 0..24 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[usize::try_from(state >> 40).unwrap() % pieces.len()]);
            }
            read(&text, 20);
        }
        for piece in pieces {
            read(&format!("{{{}", piece.repeat(100_000)), 20);
            read(&format!("{{\"a\":\"{}", piece.repeat(100_000)), 20);
        }
    }
}
