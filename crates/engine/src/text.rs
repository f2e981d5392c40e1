//! Small text functions for many files; those that other crates need are in `shared::text`. It uses no other file.

pub(crate) use mission::budget::duration;
pub(crate) use shared::text::{count, cut, nearest, one_of, one_of_quoted, quoted};

/// A text with control characters, marks that change the direction of writing, and invisible characters made visible,
/// because a terminal or a page would act on or hide them. Line breaks and tabs stay. All such conversion happens here.
pub(crate) fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b'\n' | b'\t' | b' '..=b'~')) {
        return std::borrow::Cow::Borrowed(text);
    }
    let (mut shown, mut before) = (String::with_capacity(text.len()), '\n');
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match is_hidden(c, before) && !(c == '\r' && letters.peek() == Some(&'\n')) {
            true => shown.push_str(&format!("<U+{:04X}>", u32::from(c))),
            false => shown.push(c),
        }
        before = c;
    }
    std::borrow::Cow::Owned(shown)
}

/// A value as JSON in which every text is visible. If no text needs a conversion, as usual, the value is written
/// directly, without an intermediate tree of values, which for the board of a long mission costs several times more.
///
/// # Errors
/// If the value cannot be written as JSON.
pub(crate) fn to_visible_json(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(value)?;
    if is_visible_json(&text) {
        return Ok(text);
    }
    let mut value = serde_json::from_str(&text)?;
    make_visible(&mut value);
    serde_json::to_string(&value)
}

/// Whether every text in it would be shown unchanged; `false` in case of doubt.
fn is_visible_json(text: &str) -> bool {
    let (mut rest, mut before) = (text, '\n');
    loop {
        let plain = rest.as_bytes().chunks(PLAIN).take_while(|bytes| is_plain(bytes)).map(<[u8]>::len).sum();
        let (passed, following) = rest.split_at(plain);
        before = passed.chars().next_back().unwrap_or(before);
        let mut letters = following.chars();
        while following.len() - letters.as_str().len() < PLAIN {
            match letters.next() {
                None => return true,
                Some('\\') if !matches!(letters.next(), Some('"' | '\\' | 'n' | 't')) => return false,
                Some('\\') => before = '\n',
                Some(c) if matches!(c, ' '..='~') || !is_hidden(c, before) => before = c,
                Some(_) => return false,
            }
        }
        rest = letters.as_str();
    }
}

/// Bytes that are looked at together, which the compiler does several times faster than one by one.
const PLAIN: usize = 64;

/// Whether all of them are plain letters, and none begins an escape.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |plain, &b| plain & matches!(b, b' '..=b'~') & (b != b'\\'))
}

/// Makes every text in a value visible.
fn make_visible(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if let std::borrow::Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(make_visible),
        serde_json::Value::Object(map) => map.values_mut().for_each(make_visible),
        _ => {}
    }
}

fn is_hidden(c: char, before: char) -> bool {
    match c {
        '\n' | '\t' => false,
        _ if c.is_control() => true,
        // These join letters of some scripts and parts of emoji; after ASCII text they only hide something.
        '\u{200c}' | '\u{200d}' => before.is_ascii(),
        '\u{fe00}'..='\u{fe0f}' => {
            matches!(before, '\u{fe00}'..='\u{fe0f}')
                || before.is_ascii() && !matches!(before, '0'..='9' | '#' | '*')
        }
        _ => matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        ),
    }
}

/// The state of a task for readers: journal and board use names of their own.
pub(crate) fn state_for_readers(name: &str) -> String {
    if name == "given_up" { "abandoned".to_string() } else { name.replace('_', " ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_once_where_it_hides_nothing_and_shows_what_it_would_hide() {
        for plain in ["a", "Größe: \"x\"\\y\n\t", "1\u{fe0f}\u{20e3}", ""] {
            let value = serde_json::json!({ "title": plain });
            assert_eq!(to_visible_json(&value).unwrap(), value.to_string());
            assert!(is_visible_json(&value.to_string()), "{plain:?}");
        }
        let long = "a plain letter, and ".repeat(20);
        for (hidden, shown) in [
            ("\u{1b}[2J", "<U+001B>[2J"),
            (&format!("{long}\u{200d}"), &format!("{long}<U+200D>")),
            (&format!("{long}Größe\u{202e}{long}"), &format!("{long}Größe<U+202E>{long}")),
            ("a\u{202e}b", "a<U+202E>b"),
            ("a\rb", "a<U+000D>b"),
            ("a\r\nb", "a\r\nb"),
        ] {
            let value = serde_json::json!({ "title": [hidden] });
            let expected = serde_json::json!({ "title": [shown] }).to_string();
            assert_eq!(to_visible_json(&value).unwrap(), expected, "{hidden:?}");
        }
    }

    #[test]
    fn what_a_terminal_would_act_on_or_hide_is_shown() {
        for plain in [
            "a\tb\nc",
            "caf\u{e9} \u{4f60}\u{597d}",
            "a\r\nb",
            "\u{1f469}\u{200d}\u{1f4bb}",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(visible(plain), plain);
        }
        for (hostile, shown) in [
            ("a\u{1b}]0;title\u{7}b", "a<U+001B>]0;title<U+0007>b"),
            ("a\u{202e}b\u{2066}", "a<U+202E>b<U+2066>"),
            ("pay\u{200b}load\u{200d}x\u{feff}", "pay<U+200B>load<U+200D>x<U+FEFF>"),
            ("100%\rdone", "100%<U+000D>done"),
            ("x\u{9b}31m\u{e0041}", "x<U+009B>31m<U+E0041>"),
        ] {
            assert_eq!(visible(hostile), shown);
        }
    }
}
