//! Checks whether the brackets of a text balance, with its own scanner that skips strings and comments. It
//! does not use the grammar, which can fail on code that it does not know. A text that does not balance is
//! certainly damaged; a balanced text may still be wrong.

use crate::language::Language;

/// Whether every bracket outside of strings and comments has its partner, and every string and comment its
/// end.
pub fn is_balanced(language: Language, text: &str) -> bool {
    let mut scan = Scan { text: text.as_bytes(), at: 0, open: Vec::new(), before: b'\n', word: 0 };
    scan.run(language)
}

/// An open bracket or template.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Bracket(u8),
    /// `${` of a template, which continues after the closing brace
    Template,
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
    open: Vec<Open>,
    /// The last byte of code that is not a blank
    before: u8,
    /// Start of the word that ends at `before`
    word: usize,
}

impl Scan<'_> {
    fn run(&mut self, language: Language) -> bool {
        while let Some(byte) = self.text.get(self.at).copied() {
            let whole = match byte {
                b'(' | b'[' | b'{' => {
                    self.open.push(Open::Bracket(byte));
                    self.pass(1)
                }
                b')' | b']' | b'}' => self.close(byte),
                b'#' if language == Language::Python => self.line(),
                b'/' if language != Language::Python && self.has("//") => self.line(),
                b'/' if language != Language::Python && self.has("/*") => {
                    self.comment(language == Language::Rust)
                }
                b'"' | b'\'' | b'`' => self.string(language, byte),
                b'r' | b'b' | b'c' if language == Language::Rust => self.raw(),
                b'/' if language.is_ecmascript() && self.may_begin_a_pattern() => self.pattern(),
                _ => self.pass(1),
            };
            if !whole {
                return false;
            }
        }
        self.open.is_empty()
    }

    fn has(&self, what: &str) -> bool {
        self.text[self.at..].starts_with(what.as_bytes())
    }

    fn pass(&mut self, n: usize) -> bool {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
        let byte = self.text.get(self.at).copied().unwrap_or(b'\n');
        if !byte.is_ascii_whitespace() {
            if !is_part(byte) || !is_part(self.before) || self.at > 0 && !is_part(self.text[self.at - 1]) {
                self.word = self.at;
            }
            self.before = byte;
        }
        self.at += n;
        true
    }

    fn close(&mut self, byte: u8) -> bool {
        let partner = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        match self.open.pop() {
            Some(Open::Bracket(open)) if open == partner => self.pass(1),
            Some(Open::Template) if byte == b'}' => {
                self.at += 1;
                self.template()
            }
            _ => false,
        }
    }

    fn line(&mut self) -> bool {
        while self.text.get(self.at).is_some_and(|byte| *byte != b'\n') {
            self.at += 1;
        }
        true
    }

    fn comment(&mut self, nests: bool) -> bool {
        let mut depth = 0_usize;
        loop {
            if self.at >= self.text.len() {
                return false;
            } else if self.has("/*") && (nests || depth == 0) {
                depth += 1;
                self.at += 2;
            } else if self.has("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return true;
                }
            } else {
                self.at += 1;
            }
        }
    }

    fn string(&mut self, language: Language, quote: u8) -> bool {
        match language {
            Language::Python => {
                let triple = [quote; 3];
                if quote == b'`' {
                    return self.pass(1);
                }
                if self.text[self.at..].starts_with(&triple) {
                    return self.until(&triple, true);
                }
                self.short(quote)
            }
            Language::Go if quote == b'`' => self.until(b"`", false),
            Language::Rust if quote == b'`' => self.pass(1),
            Language::Rust if quote == b'"' => self.until(b"\"", true),
            Language::Rust => self.character(),
            Language::Go => self.short(quote),
            _ if quote == b'`' => {
                self.at += 1;
                self.template()
            }
            _ => self.short(quote),
        }
    }

    /// A string of one line. In the text of a JSX element a quote is an ordinary character, so a quote
    /// without an end on its line begins no string.
    fn short(&mut self, quote: u8) -> bool {
        let mut end = self.at + 1;
        loop {
            match self.text.get(end) {
                Some(b'\\') => end += 2,
                Some(b'\n') | None => return self.pass(1),
                Some(byte) if *byte == quote => break,
                Some(_) => end += 1,
            }
        }
        self.before = quote;
        self.at = end + 1;
        true
    }

    /// A text of several lines, up to this mark.
    fn until(&mut self, mark: &[u8], escapes: bool) -> bool {
        self.at += mark.len();
        while self.at < self.text.len() {
            if escapes && self.text[self.at] == b'\\' {
                self.at += 2;
            } else if self.text[self.at..].starts_with(mark) {
                self.at += mark.len();
                self.before = b'"';
                return true;
            } else {
                self.at += 1;
            }
        }
        false
    }

    /// The rest of a template, to its end or to the next `${`.
    fn template(&mut self) -> bool {
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'`' => {
                    self.before = b'"';
                    self.at += 1;
                    return true;
                }
                b'$' if self.has("${") => {
                    self.open.push(Open::Template);
                    self.before = b'{';
                    self.at += 2;
                    return true;
                }
                _ => self.at += 1,
            }
        }
        false
    }

    /// `'a'`, or the lifetime `'a`.
    fn character(&mut self) -> bool {
        let rest = &self.text[self.at + 1..];
        if rest.first() == Some(&b'\\') {
            return self.short(b'\'');
        }
        let width = std::str::from_utf8(&rest[..rest.len().min(4)])
            .map_or_else(|why| why.valid_up_to(), str::len)
            .min(4);
        let first = std::str::from_utf8(&rest[..width]).ok().and_then(|s| s.chars().next());
        match first.map(char::len_utf8) {
            Some(length) if rest.get(length) == Some(&b'\'') => {
                self.before = b'"';
                self.at += length + 2;
                true
            }
            _ => self.pass(1),
        }
    }

    /// `r"…"`, `br#"…"#`: a raw string has no escapes.
    fn raw(&mut self) -> bool {
        let before = self.at.checked_sub(1).map_or(b' ', |at| self.text[at]);
        let prefix = ["br", "cr", "r"].iter().find(|prefix| self.has(prefix));
        let Some(prefix) = prefix.filter(|_| !before.is_ascii_alphanumeric() && before != b'_') else {
            return self.pass(1);
        };
        let rest = &self.text[self.at + prefix.len()..];
        let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
        if rest.get(hashes) != Some(&b'"') {
            return self.pass(1);
        }
        self.at += prefix.len() + hashes + 1;
        let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
        while self.at < self.text.len() {
            if self.text[self.at..].starts_with(&end) {
                self.at += end.len();
                self.before = b'"';
                return true;
            }
            self.at += 1;
        }
        false
    }

    fn may_begin_a_pattern(&self) -> bool {
        if b"(,=:[!&|?{};<>+-*%~^\n".contains(&self.before) {
            return true;
        }
        let end =
            self.text[..self.at].iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |at| at + 1);
        let word = self.text.get(self.word..end).unwrap_or_default();
        [
            &b"return"[..],
            b"typeof",
            b"case",
            b"in",
            b"of",
            b"delete",
            b"void",
            b"do",
            b"else",
            b"await",
            b"yield",
        ]
        .contains(&word)
    }

    /// A regular expression; without an end on its line it is a division, or the end of an element.
    fn pattern(&mut self) -> bool {
        let mut end = self.at + 1;
        let mut class = false;
        loop {
            match self.text.get(end) {
                Some(b'\\') => end += 2,
                Some(b'\n') | None => return self.pass(1),
                Some(b'[') => {
                    class = true;
                    end += 1;
                }
                Some(b']') => {
                    class = false;
                    end += 1;
                }
                Some(b'/') if !class => break,
                Some(_) => end += 1,
            }
        }
        self.before = b'"';
        self.at = end + 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::is_balanced;
    use crate::Language::{self, Go, JavaScript, Python, Rust, Tsx, TypeScript};

    #[test]
    fn strings_and_comments_are_no_code() {
        let whole: [(Language, &str); 14] = [
            (
                TypeScript,
                "const a = /[/(]/.test(b) / 2; // (\nf(`{ ${g({ h: `)` })} (`, ')', \"]\"); /* { */\n",
            ),
            (JavaScript, "const a = b / c; return /\\//g;\n"),
            (JavaScript, "x = y\n/ 2; f('(')\n"),
            (Tsx, "const a = <p>it's {b} & don't</p>;\nconst c = <br/>;\n"),
            (
                Rust,
                "fn f<'a>(x: &'a str) { g('(', b'{', '\\'', \"\\\"(\", r#\"\"(\"#, br\"(\") /* /* { */ ( */ }\n",
            ),
            (Rust, "fn f() { let r#type = 'é'; bra(x) }\n"),
            (Python, "x = '''(\n\"[ '''\ny = f(\"(\", 'it') # {\n"),
            (Python, "x = f\"{a['b']}\" + rb'\\''\n"),
            (Go, "package a\nvar b = `(\n` + \"{\" + string('[')\n"),
            (Go, "/* ( */ func f() {} // {\n"),
            (TypeScript, ""),
            (TypeScript, "type A = `a${B<`c`>}`;\n"),
            (Rust, "macro_rules! a { ($x:tt) => { b!($x) } }\n"),
            (Python, "s = \"it's\"\n"),
        ];
        for (language, text) in whole {
            assert!(is_balanced(language, text), "{text}");
        }
        let damaged: [(Language, &str); 8] = [
            (TypeScript, "f(1, [2);\n"),
            (TypeScript, "function f() {\n"),
            (TypeScript, "const a = `b ${c};\n"),
            (Rust, "fn f() { g( }\n"),
            (Rust, "const A: &str = \"b;\n"),
            (Python, "x = '''(\n"),
            (Go, "func f() { /* } \n"),
            (JavaScript, "}\n"),
        ];
        for (language, text) in damaged {
            assert!(!is_balanced(language, text), "{text}");
        }
    }

    #[test]
    fn no_text_is_too_much() {
        for language in Language::ALL {
            for text in ["'", "\\", "r#", "'\\", "`${", "/", "\u{e9}'\u{e9}", "'\u{10ffff}"] {
                let _ = is_balanced(language, text);
            }
        }
    }
}
