//! A command line whose exit status shows a failure of any of its commands, and the options of one of them.
//!
//! `mod.rs` splits lines with it, and each language lists the options that do not reduce a check. It knows no program.
//! A word that is not on a list gives `None`, never a guess.

use crate::shell::commands;

/// The commands of a line that are joined by `&&` only; `None` if a failure may be hidden, or the shell does more.
pub(super) fn chain(line: &str) -> Option<Vec<Vec<String>>> {
    const MORE: [char; 16] =
        ['|', ';', '<', '>', '(', ')', '#', '`', '$', '{', '}', '\\', '\n', '*', '?', '!'];
    if line.contains(MORE) || line.replace("&&", "").contains('&') {
        return None;
    }
    let all = commands(line);
    // The line changes the folder or the shell's settings
    let moves = all.iter().any(|words| {
        let first = words.first().map_or("", String::as_str);
        ["cd", "pushd", "set", "exit", "source", ".", "eval", "exec", "trap", "true", "if"].contains(&first)
    });
    (!moves).then_some(all)
}

/// The options of a command that are known not to reduce what it checks.
pub(super) struct Options<'c> {
    /// Options without a value.
    pub(super) plain: &'c [&'c str],
    /// Options with a value in the next word.
    pub(super) valued: &'c [&'c str],
}

/// The arguments of a command.
#[derive(Debug, Default)]
pub(super) struct Told<'w> {
    pub(super) options: Vec<&'w str>,
    /// Options with their values.
    pub(super) values: Vec<(&'w str, &'w str)>,
    pub(super) words: Vec<&'w str>,
}

impl<'w> Told<'w> {
    pub(super) fn has(&self, options: &[&str]) -> bool {
        self.options.iter().any(|option| options.contains(option))
    }

    pub(super) fn value(&self, options: &[&str]) -> Option<&'w str> {
        self.values.iter().find(|(option, _)| options.contains(option)).map(|(_, value)| *value)
    }
}

impl Options<'_> {
    /// Reads a command's arguments, up to `--`; `None` if one is not on the list.
    pub(super) fn read<'w>(&self, arguments: &'w [String]) -> Option<Told<'w>> {
        let mut told = Told::default();
        let mut rest = arguments.iter().map(String::as_str).take_while(|word| *word != "--").peekable();
        while let Some(word) = rest.next() {
            match word.split_once('=') {
                _ if !word.starts_with('-') => told.words.push(word),
                Some((option, value)) if self.valued.contains(&option) => told.values.push((option, value)),
                None if self.plain.contains(&word) => told.options.push(word),
                None if self.valued.contains(&word) => told.values.push((word, rest.next()?)),
                _ => return None,
            }
        }
        Some(told)
    }
}
