//! Reads comments and names: the comment about a function, and the words of a name.
//!
//! It splits words and knows no natural language.

use syntax::Language;

use crate::code::bodies::docstring;
use crate::code::file::File;
use crate::code::functions::Function;

/// The text that documents a function: its docstring, or the comment above it; without comment markers.
pub(crate) fn about(file: &File, function: &Function) -> String {
    if file.language == Some(Language::Python) {
        return docstring(file, function)
            .trim_matches(|c: char| !c.is_alphanumeric() && c != '.')
            .to_string();
    }
    const MAX_LINES: usize = 40;
    let row = file.row(file.flat().node(function.index).start);
    let mut lines: Vec<&str> = Vec::new();
    for above in (row.saturating_sub(MAX_LINES)..row).rev() {
        let line = file.line(above).trim();
        let attribute = line.starts_with("#[") || line.starts_with('@');
        if attribute && lines.is_empty() {
            continue;
        }
        if !line.starts_with("//") && !line.starts_with('*') && !line.starts_with("/*") {
            break;
        }
        lines.push(plain(line));
        if line.starts_with("/*") {
            break;
        }
    }
    lines.reverse();
    lines.join(" ").trim().to_string()
}

/// A line of a comment without its markers.
pub(crate) fn plain(line: &str) -> &str {
    line.trim().trim_start_matches(['/', '*', '!', '#']).trim_end_matches("*/").trim()
}

/// The words of a name, in lower case: `parseHTTPHeader_v2` is parse, http, header, v2.
pub(crate) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let begins = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
                || before.is_some_and(|b| b.is_uppercase()) && after.is_some_and(|a| a.is_lowercase()));
        if (!c.is_alphanumeric() || begins) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn names_are_cut_into_words() {
        assert_eq!(words_of("parseHTTPHeader_v2"), ["parse", "http", "header", "v2"]);
        assert_eq!(words_of("NullMeter.total"), ["null", "meter", "total"]);
        assert_eq!(words_of("find_all"), ["find", "all"]);
    }
}
