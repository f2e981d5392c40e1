//! Words of code and prose in one normal form: `parseConfigs`, `parse_config` and "parsing a config" match.
//!
//! The index and the query must use the same form, or nothing would match. Pure, and the same for every
//! language.

/// Longer words are hashes, data or noise.
const MAX_WORD: usize = 40;

/// Words that do not help to find a place in a repository.
const STOP: &[&str] = &[
    "a",
    "about",
    "add",
    "after",
    "all",
    "also",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "but",
    "by",
    "can",
    "change",
    "could",
    "do",
    "does",
    "each",
    "else",
    "ensure",
    "every",
    "fix",
    "for",
    "from",
    "get",
    "has",
    "have",
    "how",
    "if",
    "implement",
    "in",
    "instead",
    "into",
    "is",
    "it",
    "its",
    "just",
    "like",
    "make",
    "more",
    "must",
    "need",
    "new",
    "no",
    "not",
    "now",
    "of",
    "on",
    "one",
    "only",
    "or",
    "other",
    "our",
    "out",
    "please",
    "set",
    "should",
    "so",
    "some",
    "such",
    "support",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "to",
    "up",
    "use",
    "used",
    "using",
    "want",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "will",
    "with",
    "would",
    "you",
    "your",
];

/// Calls `each` with every word of `text`: the parts of an identifier, and the whole identifier if it has
/// several.
pub(crate) fn words(text: &str, mut each: impl FnMut(&str)) {
    let mut form = String::new();
    for run in runs(text) {
        let mut parts = 0;
        split(run, |part| {
            parts += 1;
            if normal_form(part, &mut form) {
                each(&form);
            }
        });
        if parts > 1 {
            form.clear();
            form.extend(run.chars().filter(|c| *c != '_').flat_map(char::to_lowercase));
            if form.len() <= MAX_WORD {
                each(&form);
            }
        }
    }
}

/// The runs of letters, digits and underscores in a text, without very long ones.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|run| !run.is_empty() && run.len() <= 3 * MAX_WORD)
}

/// The words of `text` in order, with repetitions.
#[cfg(test)]
fn list(text: &str) -> Vec<String> {
    let mut list = Vec::new();
    words(text, |word| list.push(word.to_owned()));
    list
}

/// Splits an identifier at underscores and changes of case: `HTTPServer_v2` is `HTTP`, `Server`, `v2`.
fn split(run: &str, mut each: impl FnMut(&str)) {
    for piece in run.split('_').filter(|piece| !piece.is_empty()) {
        let mut start = 0;
        let mut before: Option<char> = None;
        let mut chars = piece.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next_is_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
            let boundary = match before {
                Some(b) => {
                    c.is_uppercase()
                        && (b.is_lowercase() || b.is_numeric() || (b.is_uppercase() && next_is_lower))
                }
                None => false,
            };
            if boundary {
                each(&piece[start..at]);
                start = at;
            }
            before = Some(c);
        }
        each(&piece[start..]);
    }
}

/// Writes the lower-case stem of `part` to `form`; returns false if the word is not worth keeping.
fn normal_form(part: &str, form: &mut String) -> bool {
    form.clear();
    form.extend(part.chars().flat_map(char::to_lowercase));
    if form.len() < 2 || form.len() > MAX_WORD || STOP.binary_search(&form.as_str()).is_ok() {
        return false;
    }
    if form.bytes().all(|b| b.is_ascii_digit()) {
        // Numbers such as 404 and 8080 have a meaning; 7 and 20240131 do not.
        return matches!(form.len(), 3 | 4);
    }
    stem(form);
    true
}

/// Removes common English endings. Forms of a word must give the same stem, which need not be a word.
fn stem(word: &mut String) {
    if !word.is_ascii() || word.len() < 4 {
        return;
    }
    if let Some(end) = word.strip_suffix("ies").or_else(|| word.strip_suffix("ied")).map(str::len)
        && end >= 2
    {
        word.truncate(end);
        word.push('y');
        return;
    }
    if ["xes", "ches", "shes", "sses", "zes"].iter().any(|ending| word.ends_with(ending)) {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|ending| word.ends_with(ending)) {
        word.truncate(word.len() - 1);
    }
    for (ending, least) in [("ing", 6), ("ion", 7), ("eed", 99), ("ed", 5), ("er", 6)] {
        if word.ends_with(ending) {
            if word.len() >= least {
                word.truncate(word.len() - ending.len());
                undouble(word);
            }
            break;
        }
    }
    if word.len() > 4 && word.ends_with('e') {
        word.pop();
    }
}

fn undouble(word: &mut String) {
    let bytes = word.as_bytes();
    if let [.., a, b] = bytes
        && a == b
        && matches!(b, b'b' | b'd' | b'g' | b'm' | b'n' | b'p' | b'r' | b't')
    {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&list(text).join(" "));
    }

    #[test]
    fn identifiers_fall_into_parts_and_stay_whole() {
        check("parseConfigFile", expect!["pars config file parseconfigfile"]);
        check("HTTPServer_v2 MAX_RETRIES", expect!["http serv v2 httpserverv2 max retry maxretries"]);
        check("straßenName Übergröße", expect!["straßen name straßenname übergröße"]);
        check("the file at 404, 7 and 20240131", expect!["file 404"]);
    }

    #[test]
    fn forms_of_a_word_meet() {
        for group in [
            &["cache", "caches", "cached", "caching"][..],
            &["retry", "retries", "retried"],
            &["parse", "parses", "parser", "parsing"],
            &["run", "running", "runs"],
            &["validate", "validation", "validated"],
            &["box", "boxes"],
            &["session", "sessions"],
            &["class", "classes"],
        ] {
            let stems: Vec<String> = group.iter().map(|word| list(word).concat()).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{group:?}: {stems:?}");
        }
    }

    #[test]
    fn stop_words_are_in_order() {
        assert!(STOP.is_sorted(), "they are searched by halves");
    }
}
