//! What somebody may have meant.

/// The candidate nearest to `word`, if one is near enough to be a slip of the same word.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
    // A pasted novel as a key would make the comparison slow and is near to nothing.
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect()
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    one_of_quoted(&words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>())
}

/// The same of words that have their quotes.
pub(super) fn one_of_quoted(words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
