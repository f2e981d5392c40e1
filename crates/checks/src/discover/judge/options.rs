//! Reading options of programs that only start others.

/// The words after the leading options; `valued` are options with a value in the next word, unless
/// it follows `=`.
pub(super) fn skip<'a>(words: &'a [String], valued: &[&str]) -> &'a [String] {
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        if first == "--" {
            return after;
        }
        if !first.starts_with('-') {
            break;
        }
        rest = if valued.contains(&first.as_str()) { after.get(1..).unwrap_or_default() } else { after };
    }
    rest
}

/// The value of an option, from the next word or after `=`.
pub(super) fn value<'a>(words: &'a [String], names: &[&str]) -> Option<&'a str> {
    values(words, names).into_iter().next()
}

/// All values of an option that may be given several times.
pub(super) fn values<'a>(words: &'a [String], names: &[&str]) -> Vec<&'a str> {
    let value = |(at, word): (usize, &'a String)| {
        if names.contains(&word.as_str()) {
            return words.get(at + 1).map(String::as_str);
        }
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then_some(value)
    };
    words.iter().enumerate().filter_map(value).collect()
}

pub(super) fn has(words: &[String], names: &[&str]) -> bool {
    words.iter().any(|word| names.contains(&word.as_str()))
}

/// The words that are neither options nor values of these options.
pub(super) fn plain<'a>(words: &'a [String], valued: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut skip_next = false;
    for word in words {
        if std::mem::take(&mut skip_next) {
            continue;
        }
        if word == "--" {
            break;
        }
        if word.starts_with('-') {
            skip_next = valued.contains(&word.as_str());
        } else {
            found.push(word.as_str());
        }
    }
    found
}
