//! Small texts that many files need: cut to a length, counted, listed, told as time. It knows no other file.

pub(crate) use mission::budget::duration;

/// At most `limit` bytes of a text, cut between characters.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_string();
    }
    let end = (0..=limit).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    format!("{}… ({} bytes more)", &text[..end], text.len() - end)
}

/// Each in backticks, with commas between them.
pub(crate) fn quoted<'a>(items: impl Iterator<Item = &'a String>) -> String {
    items.map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
}

/// `1 file`, `2 files`.
pub(crate) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// The state of a task for readers: the journal and the board keep names of their own.
pub(crate) fn state_for_readers(name: &str) -> String {
    if name == "given_up" { "abandoned".to_string() } else { name.replace('_', " ") }
}
