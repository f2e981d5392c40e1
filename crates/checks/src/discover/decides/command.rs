//! A command line whose exit status speaks for each of its commands, and the options of one of them.
//!
//! `mod.rs` splits lines with it, and each language lists the options that leave nothing out. It knows no program. What
//! is not on a list makes the answer `None`, never a guess.

use crate::shell::commands;

/// The commands of a line that only `&&` joins; `None` where a failure may be passed over, or the shell does more.
pub(super) fn chain(line: &str) -> Option<Vec<Vec<String>>> {
    const MORE: [char; 16] =
        ['|', ';', '<', '>', '(', ')', '#', '`', '$', '{', '}', '\\', '\n', '*', '?', '!'];
    if line.contains(MORE) || line.replace("&&", "").contains('&') {
        return None;
    }
    let all = commands(line);
    // Another folder, or another shell's settings
    let moves = all.iter().any(|words| {
        let first = words.first().map_or("", String::as_str);
        ["cd", "pushd", "set", "exit", "source", ".", "eval", "exec", "trap", "true", "if"].contains(&first)
    });
    (!moves).then_some(all)
}

/// What a command is told, by a list of what is known to leave nothing out.
pub(super) struct Options<'c> {
    /// Options that stand alone.
    pub(super) plain: &'c [&'c str],
    /// Options that take the next word.
    pub(super) valued: &'c [&'c str],
}

/// What a command was told.
#[derive(Debug, Default)]
pub(super) struct Told<'w> {
    pub(super) options: Vec<&'w str>,
    /// Option and value.
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
    /// Reads a command's arguments, up to `--`; `None` where one is not on the list.
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
