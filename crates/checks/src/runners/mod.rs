//! The table of test runners: how to recognise each in a command line, how to start it for one test or file, and
//! how to read its output.
//!
//! One file for each runner, with its `ROW` (those of JavaScript in `javascript/`), and one line in [`runners!`]
//! below. The compiler reports what a row lacks, and a test (`crate::parse::fixtures`) requires recorded output
//! in `fixtures/<name>/`. Rows are independent of each other: `crate::parse` decides which row reads an output.

mod cargo_test;
mod go_event;
mod go_test;
mod javascript;
mod junit;
mod nextest;
mod pytest;
mod said_beside;
mod unittest;

pub(crate) use go_event::GoEvent;
use javascript::{ava, bun_test, deno_test, jest, mocha, node_test, tap, tape, vitest};
use serde::{Deserialize, Serialize};

use crate::parse::Report;
use crate::shell;

/// The language of a runner's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Rust,
    /// Also TypeScript.
    JavaScript,
    Python,
    Go,
    /// A format for all languages.
    Any,
}

/// The definition of one runner.
pub(crate) struct Row {
    pub(crate) language: Language,
    /// Whether this simple command starts it.
    pub(crate) starts: fn(&Command<'_>) -> bool,
    /// The command for one test's name or one file.
    pub(crate) narrow: fn(&Command<'_>, &Filter<'_>) -> Narrowed,
    /// Reads its output: pure, and linear in the text's length.
    pub(crate) parse: fn(&str) -> Report,
    /// Output in a format of several programs (TAP, JUnit's XML): read only if no runner's own output is found.
    pub(crate) is_format: bool,
}

/// A simple command without its wrappers: `npx jest --ci` → `jest`, `--ci`.
pub(crate) struct Command<'a> {
    /// The program's name without its folder and `.js`.
    pub(crate) program: &'a str,
    pub(crate) arguments: &'a [String],
    /// All words of the command, including wrappers.
    pub(crate) words: &'a [String],
}

impl<'a> Command<'a> {
    pub(crate) fn of(all: &'a [String]) -> Option<Command<'a>> {
        let (program, arguments) = shell::unwrapped(all).split_first()?;
        let program = program.rsplit('/').next().unwrap_or(program);
        let program =
            [".js", ".mjs", ".cjs"].iter().find_map(|end| program.strip_suffix(end)).unwrap_or(program);
        let command = Command { program, arguments, words: all };
        // The command `node [options] node_modules/.bin/x` starts x
        if program == "node" && !command.has("--test") {
            let at = arguments.iter().position(|word| !word.starts_with('-'))?;
            let script = arguments.get(at..)?;
            if script.first().is_some_and(|path| path.contains("node_modules/")) {
                return Command::of(script);
            }
        }
        Some(command)
    }

    /// Its first argument that is not an option.
    pub(crate) fn first(&self) -> Option<&'a str> {
        self.arguments.iter().find(|word| !word.starts_with(['-', '+'])).map(String::as_str)
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.arguments.iter().any(|argument| argument == word)
    }
}

/// The test or file to which a check is narrowed.
pub(crate) struct Filter<'a> {
    pub(crate) text: &'a str,
    /// Whether it looks like a file's path.
    pub(crate) is_file: bool,
}

/// How a command is narrowed.
pub(crate) enum Narrowed {
    /// Append these words.
    Append(Vec<String>),
    /// Insert these words before ` -- `, or append them if there is none.
    BeforeDashes(Vec<String>),
    /// Use this simple command instead.
    Instead(String),
    /// The runner cannot be narrowed like this.
    No,
}

impl Narrowed {
    fn one(word: impl Into<String>) -> Narrowed {
        Narrowed::Append(vec![word.into()])
    }

    fn two(option: &str, word: impl Into<String>) -> Narrowed {
        Narrowed::Append(vec![option.to_owned(), word.into()])
    }
}

macro_rules! runners {
    ($($variant:ident = $file:ident),+ $(,)?) => {
        /// A test runner whose output and arguments are understood.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Runner { $($variant),+ }

        impl Runner {
            /// Every runner, in the order of the table.
            pub const ALL: &'static [Runner] = &[$(Runner::$variant),+];

            pub(crate) fn row(self) -> &'static Row {
                match self { $(Runner::$variant => &$file::ROW),+ }
            }

            /// Its name in JSON and on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Runner::$variant => stringify!($file)),+ }
            }
        }
    };
}

runners! {
    CargoTest = cargo_test,
    Nextest = nextest,
    NodeTest = node_test,
    Vitest = vitest,
    Jest = jest,
    Mocha = mocha,
    Tape = tape,
    Pytest = pytest,
    Unittest = unittest,
    GoTest = go_test,
    Ava = ava,
    BunTest = bun_test,
    DenoTest = deno_test,
    Tap = tap,
    Junit = junit,
}

impl Runner {
    /// The runner of this name: `node_test`, `node:test` and `node` are the same.
    pub fn of_name(name: &str) -> Option<Runner> {
        let plain = |name: &str| {
            let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
            let letters = letters.to_ascii_lowercase();
            letters.strip_suffix("test").map_or(letters.clone(), str::to_owned)
        };
        Runner::ALL.iter().copied().find(|runner| plain(runner.name()) == plain(name))
    }

    /// The language of the runner's tests.
    pub fn language(self) -> Language {
        self.row().language
    }

    /// The test runner that a shell command line starts, if it starts one.
    pub fn of_command(command: &str) -> Option<Runner> {
        shell::commands(command).iter().rev().find_map(|words| Runner::of_words(words))
    }

    /// The runner of one simple command; wrappers and assignments are skipped.
    pub(crate) fn of_words(words: &[String]) -> Option<Runner> {
        let command = Command::of(words)?;
        Runner::ALL.iter().copied().find(|runner| (runner.row().starts)(&command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_are_recognised_behind_wrappers() {
        let cases = [
            ("cargo test --workspace", Some(Runner::CargoTest)),
            ("cargo +nightly nextest run", Some(Runner::Nextest)),
            ("npm run build && node --test", Some(Runner::NodeTest)),
            ("node --import tsx --test 'test/**/*.ts'", Some(Runner::NodeTest)),
            ("npx borp", Some(Runner::NodeTest)),
            ("NODE_ENV=test cross-env A=b c8 mocha -r ts-node/register", Some(Runner::Mocha)),
            ("npx --no-install vitest run", Some(Runner::Vitest)),
            ("node node_modules/jest/bin/jest.js", Some(Runner::Jest)),
            ("node --experimental-vm-modules node_modules/.bin/jest", Some(Runner::Jest)),
            ("react-scripts test", Some(Runner::Jest)),
            ("uv run pytest -q", Some(Runner::Pytest)),
            ("python3 -m pytest", Some(Runner::Pytest)),
            ("python3 -m unittest discover -s tests", Some(Runner::Unittest)),
            ("python manage.py test --parallel", Some(Runner::Unittest)),
            ("go test ./...", Some(Runner::GoTest)),
            ("bun test", Some(Runner::BunTest)),
            ("deno test -A", Some(Runner::DenoTest)),
            ("npx ava", Some(Runner::Ava)),
            ("tap test/*.js", Some(Runner::Tap)),
            ("node test.js", None),
            ("bun run test", None),
            ("echo jest", None),
            ("cargo build", None),
            ("cargo test --no-run", None),
            ("vendor/bin/phpunit", None),
            ("", None),
        ];
        for (command, expected) in cases {
            assert_eq!(Runner::of_command(command), expected, "{command}");
        }
    }

    #[test]
    fn names_are_those_of_json() {
        for runner in Runner::ALL.iter().copied() {
            assert_eq!(serde_json::to_value(runner).unwrap(), runner.name());
            assert_eq!(Runner::of_name(runner.name()), Some(runner));
        }
        assert_eq!(Runner::of_name("node:test"), Some(Runner::NodeTest));
        assert_eq!(Runner::of_name("cargo"), Some(Runner::CargoTest));
        assert_eq!(Runner::of_name("Pytest"), Some(Runner::Pytest));
        assert_eq!(Runner::of_name("phpunit"), None);
    }
}
