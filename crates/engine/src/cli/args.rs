//! Arguments of a command: words, flags, and options with a value.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::Failure;
use crate::config::suggest::{nearest, one_of};

/// What a command takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    pub flags: &'static [&'static str],
    /// Options that need a value, as the next argument or behind `=`.
    pub valued: &'static [&'static str],
    pub words: Words,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    None,
    One,
    Many,
}

/// What a command was given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Args {
    flags: BTreeSet<String>,
    values: BTreeMap<String, String>,
    pub words: Vec<String>,
}

impl Args {
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    pub fn value(&self, option: &str) -> Option<&str> {
        self.values.get(option).map(String::as_str)
    }

    pub fn word(&self) -> Option<&str> {
        self.words.first().map(String::as_str)
    }

    pub fn number<T: FromStr>(&self, option: &str) -> Result<Option<T>, Failure> {
        let wrong = |value: &str| Failure::Usage(format!("`{option}` needs a number, not `{value}`"));
        self.value(option).map(|value| value.parse().map_err(|_| wrong(value))).transpose()
    }

    /// The value of an option that has few; the first is what counts without it.
    pub fn choice<'a>(&self, option: &str, known: &[&'a str]) -> Result<&'a str, Failure> {
        let Some(value) = self.value(option) else { return Ok(known.first().copied().unwrap_or_default()) };
        known.iter().find(|one| **one == value).copied().ok_or_else(|| {
            Failure::Usage(format!("`{option}` is {}, not `{value}`", one_of(known.iter().copied())))
        })
    }
}

pub(super) fn parse(command: &str, spec: &Spec, given: &[String]) -> Result<Args, Failure> {
    let mut args = Args::default();
    let mut given = given.iter();
    let mut options = true;
    while let Some(argument) = given.next() {
        if !options || !argument.starts_with('-') || argument == "-" {
            args.words.push(argument.clone());
            continue;
        }
        if argument == "--" {
            options = false;
            continue;
        }
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (argument.as_str(), None),
        };
        if spec.flags.contains(&name) {
            if inline.is_some() {
                return Err(Failure::Usage(format!("`{name}` takes no value")));
            }
            args.flags.insert(name.to_string());
        } else if spec.valued.contains(&name) {
            let next = || given.next().filter(|value| !value.starts_with("--")).cloned();
            let value = inline.or_else(next).filter(|value| !value.is_empty());
            let value = value.ok_or_else(|| Failure::Usage(format!("`{name}` needs a value")))?;
            args.values.insert(name.to_string(), value);
        } else {
            let known = spec.flags.iter().chain(spec.valued).copied();
            let text = unknown("option", name, known);
            return Err(Failure::Usage(text.replacen("there is", &format!("`{command}` has"), 1)));
        }
    }
    let surplus = match spec.words {
        Words::None => args.words.first(),
        Words::One => args.words.get(1),
        Words::Many => None,
    };
    match surplus {
        Some(word) => Err(Failure::Usage(format!("`{command}` takes no argument `{word}`"))),
        None => Ok(args),
    }
}

/// Says that a word is not known, and which was probably meant.
pub(super) fn unknown<'a>(what: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let likely = nearest(word, known).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    format!("there is no {what} `{}`{likely}", crate::text::cut(word, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec { flags: &["--json"], valued: &["--base"], words: Words::Many };

    fn given(text: &str) -> Result<Args, Failure> {
        let words: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        parse("lint", &SPEC, &words)
    }

    #[test]
    fn words_flags_and_values_are_told_apart() {
        let args = given("a --json --base HEAD~1 - b").unwrap();
        assert_eq!((args.words.join(" "), args.value("--base")), ("a - b".into(), Some("HEAD~1")));
        assert!(args.has("--json") && !args.has("--base"));
        let args = given("--base=x -- --json --base").unwrap();
        assert_eq!((args.words.join(" "), args.value("--base")), ("--json --base".into(), Some("x")));
        assert!(!args.has("--json"));
    }

    #[test]
    fn wrong_use_names_what_is_wrong_and_what_was_meant() {
        for (text, says) in [
            ("--jsno", "`lint` has no option `--jsno`; did you mean `--json`?"),
            ("-x", "`lint` has no option `-x`"),
            ("--json=yes", "`--json` takes no value"),
            ("--base", "`--base` needs a value"),
            ("--base --json", "`--base` needs a value"),
            ("--base=", "`--base` needs a value"),
        ] {
            assert_eq!(given(text).unwrap_err(), Failure::Usage(says.into()), "{text}");
        }
        let one = Spec { words: Words::One, ..SPEC };
        let words = ["a".to_string(), "b".to_string()];
        let says = "`status` takes no argument `b`";
        assert_eq!(parse("status", &one, &words).unwrap_err(), Failure::Usage(says.into()));
        let args = given("--base json").unwrap();
        assert_eq!(args.choice("--other", &["text", "json"]).unwrap(), "text");
        assert_eq!(args.choice("--base", &["text", "json"]).unwrap(), "json");
        let says = "`--base` is `text` or `svg`, not `json`";
        assert_eq!(args.choice("--base", &["text", "svg"]).unwrap_err(), Failure::Usage(says.into()));
        assert!(args.number::<u32>("--base").is_err() && args.number::<u32>("--none").unwrap().is_none());
    }
}
