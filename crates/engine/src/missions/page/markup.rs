//! Texts for the page: all markup in them is escaped.

use std::fmt::{Display, Write};

/// A text with the two marks of our own sentences: code and bold.
pub(super) fn marked(text: &str) -> String {
    let mut out = String::new();
    for (n, part) in text.split('`').enumerate() {
        if n % 2 == 1 {
            let _ = write!(out, "<code>{}</code>", escaped(part));
            continue;
        }
        for (n, part) in part.split("**").enumerate() {
            match n % 2 {
                1 => drop(write!(out, "<strong>{}</strong>", escaped(part))),
                _ => out.push_str(&escaped(part)),
            }
        }
    }
    out
}

pub(super) fn escaped(text: impl Display) -> String {
    let mut out = String::new();
    for c in text.to_string().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' | '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
