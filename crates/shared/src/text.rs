//! Small text functions that many files need: cutting, counting, listing, and the word that a user may have
//! meant.
//!
//! No cut splits a character. It removes no secrets (`journal` does) and has no messages.

use std::borrow::Cow;

/// At most `limit` bytes, cut between characters.
pub fn start_of(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

/// At most `limit` bytes. If something is missing, `…` is the last character.
pub fn clip(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    format!("{}…", start_of(text, limit.saturating_sub('…'.len_utf8())))
}

/// At most `most` characters. If something is missing, `…` follows them.
pub fn clip_characters(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((end, _)) => format!("{}…", start_of(text, end).trim_end()).into(),
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// At most `limit` bytes; if some are missing, their number follows.
pub fn cut(text: &str, limit: usize) -> String {
    let kept = start_of(text, limit);
    match text.len() - kept.len() {
        0 => text.to_owned(),
        more => format!("{kept}… ({more} bytes more)"),
    }
}

/// `1 file`, `2 files`.
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// The items in backticks, separated by commas.
pub fn quoted<'a>(items: impl IntoIterator<Item = &'a String>) -> String {
    items.into_iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
}

/// `` `a`, `b` or `c` ``.
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    one_of_quoted(&words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>())
}

/// The same for words that are already quoted.
pub fn one_of_quoted(words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The candidate nearest to `word`; `None` if none is near enough to be the same word misspelt.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = fold(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&plain, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(plain.len()) / 3).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `maxCycles`, `max-cycles` and `max_cycles` are one word in three spellings.
fn fold(word: &str) -> String {
    // A very long word would make the comparison slow and is near to no candidate.
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(
            (start_of("größer", 3), start_of("größer", 99), start_of("größer", 0)),
            ("gr", "größer", "")
        );
        assert_eq!(clip("größer", 20), "größer");
        for limit in 3..9 {
            let clipped = clip("größer als", limit);
            assert!(clipped.len() <= limit && clipped.ends_with('…'), "{clipped}");
        }
        assert_eq!(cut("größer", 3), "gr… (6 bytes more)");
        assert_eq!(cut("größer", 8), "größer");
        assert_eq!((&*clip_characters("größer", 6), &*clip_characters("grö ßer", 4)), ("größer", "grö…"));
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }

    #[test]
    fn words_are_listed() {
        assert_eq!((count(1, "file"), count(0, "file")), ("1 file".to_owned(), "0 files".to_owned()));
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!((one_of(["a"]), one_of([])), ("`a`".to_owned(), String::new()));
    }

    #[test]
    fn a_slip_leads_to_the_word_that_was_meant() {
        let words = ["parallel", "max_cycles", "deliver"];
        for (word, meant) in [
            ("paralel", Some("parallel")),
            ("maxCycles", Some("max_cycles")),
            ("delvier", Some("deliver")),
            ("x", None),
            ("something", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }
}
