//! Tables of programs: one row for each program and sub-command, and one file for each group of
//! programs. To support a program, add a row; apart from the wrappers in `wrap.rs`, no other file
//! knows programs by name.

mod node;
mod others;
mod python;
mod system;

use super::{Class, Why};

/// One row: programs, sub-commands, and their class. The first matching row counts.
pub(super) struct Row {
    /// Names, separated by spaces; one may end in `*`.
    programs: &'static str,
    /// The first word that is not an option: names separated by `|`, each of which may end in `*`;
    /// `-` matches no word, an empty text matches every word.
    sub: &'static str,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Is(Class),
    Never(Why),
    /// Of this class with one of these options, otherwise refused.
    With(&'static [&'static str], Class, Why),
}

const fn is(programs: &'static str, sub: &'static str, class: Class) -> Row {
    Row { programs, sub, rule: Rule::Is(class) }
}

const fn never(programs: &'static str, sub: &'static str, why: Why) -> Row {
    Row { programs, sub, rule: Rule::Never(why) }
}

const fn with(
    programs: &'static str,
    sub: &'static str,
    options: &'static [&'static str],
    class: Class,
    why: Why,
) -> Row {
    Row { programs, sub, rule: Rule::With(options, class, why) }
}

/// Refused options: programs (`*` for all), options, and the reason.
type Options = (&'static str, &'static [&'static str], Why);

const TABLES: [&[Row]; 4] = [node::ROWS, python::ROWS, system::ROWS, others::ROWS];

/// Options with the same meaning for all programs, then options of single programs.
const OPTIONS: &[Options] = &[
    ("*", &["--watch", "--watchAll", "--watch-all", "--watch-mode", "--continuous"], Why::Watches),
    (
        "*",
        &[
            "--serve",
            "--servedir",
            "--serve-dir",
            "--devserver",
            "--livereload",
            "--liveReload",
            "--hot",
            "--listen",
            "--port",
        ],
        Why::Serves,
    ),
    ("webpack vite parcel astro", &["--server"], Why::Serves),
    ("*", &["--open", "--ui", "--headed"], Why::Window),
    ("*", &["--inspect-brk", "--debug-brk", "--pdb", "--interactive", "--debugger"], Why::Interactive),
    ("*", &["--publish", "--push"], Why::Publishes),
    ("*", &["--deploy"], Why::Deploys),
    ("*", &["--fix", "--write", "--autofix", "--auto-correct", "--autocorrect", "--fix-all"], Why::Rewrites),
    ("tap", &["--snapshot", "-S"], Why::Rewrites),
    ("vitest jest ava tap uvu", &["-u", "--update", "--updateSnapshot", "--update-snapshots"], Why::Rewrites),
    ("bun", &["-u", "--update-snapshots"], Why::Rewrites),
    ("node nodejs tsx borp", &["--test-update-snapshots"], Why::Rewrites),
    ("electron-builder", &["-p"], Why::Publishes),
    (
        "vitest tsc tsup vite webpack rollup mocha ava babel esbuild sass tailwindcss swc unbuild microbundle tap borp jasmine nyc hereby vue-tsc tspc sirv parcel ng rolldown tsdown rspack rslib rsbuild zshy tshy pkgroll bunchee father postcss stylus lessc elm svelte-package",
        &["-w"],
        Why::Watches,
    ),
    ("vitest", &["--browser", "--browser.enabled"], Why::Browser),
    ("tsup", &["--onSuccess"], Why::Serves),
    ("jest", &["--onlyChanged", "-o", "--changedSince", "--lastCommit"], Why::Partial),
    ("jest", &["-i"], Why::Nothing),
    ("prettier pretty-quick", &["-w"], Why::Rewrites),
    ("biome rome", &["--apply", "--apply-unsafe", "--unsafe"], Why::Rewrites),
    ("eslint_d oxlint", &["--fix-suggestions", "--fix-dangerously"], Why::Rewrites),
    (
        "pytest py.test",
        &["-f", "--looponfail", "--trace", "--snapshot-update", "--force-regen"],
        Why::Watches,
    ),
    ("ruff", &["--unsafe-fixes"], Why::Rewrites),
    (
        "autopep8 yapf autoflake docformatter clang-format autoflake8 perl",
        &["-i", "--in-place", "-r", "--inplace"],
        Why::Rewrites,
    ),
    ("gofmt goimports gofumpt shfmt golines gci misspell buf", &["-w"], Why::Rewrites),
    ("go", &["-fix"], Why::Rewrites),
    (
        "rubocop standardrb",
        &["-a", "-A", "-x", "--autocorrect-all", "--auto-correct-all", "--fix-layout"],
        Why::Rewrites,
    ),
    ("ktlint", &["-F", "--format"], Why::Rewrites),
    ("php", &["-S"], Why::Serves),
    ("tail", &["-f", "-F", "--follow"], Why::Watches),
    ("sbt", &["~test", "~compile"], Why::Watches),
    ("turbo nx lerna", &["--affected"], Why::Partial),
    ("lerna", &["--since"], Why::Partial),
    ("vitest", &["--changed"], Why::Partial),
    ("pytest py.test", &["--picked", "--testmon", "--lf", "--last-failed"], Why::Partial),
    ("golangci-lint", &["--new", "--new-from-rev", "--new-from-merge-base"], Why::Partial),
];

/// The table's rule for a program with these arguments; `None` if it is unknown.
pub(super) fn rule(program: &str, arguments: &[String]) -> Option<Rule> {
    let sub = arguments.iter().find(|word| !word.starts_with(['-', '+'])).map(String::as_str);
    TABLES.into_iter().flatten().find(|row| row.fits(program, sub)).map(|row| row.rule)
}

/// The refused option among the arguments, if there is one.
pub(super) fn refused_option<'a>(program: &str, arguments: &'a [String]) -> Option<(&'a str, Why)> {
    // The last four are Mocha's interfaces
    let off = |word: &str| {
        ["false", "0", "no", "never", "off", "none", "bdd", "tdd", "qunit", "exports"].contains(&word)
    };
    arguments.iter().enumerate().find_map(|(at, word)| {
        if !word.starts_with(['-', '~']) {
            return None;
        }
        let (name, value) =
            word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let next = arguments.get(at + 1).map(String::as_str);
        if value.is_some_and(off) || value.is_none() && next.is_some_and(off) {
            return None;
        }
        // The most specific row comes first, because a program's own row may call the option
        // harmless. `-cw` is `-c -w`
        let letters = name.strip_prefix('-').filter(|letters| {
            (2..=4).contains(&letters.len())
                && letters.chars().all(|c| c.is_ascii_lowercase())
                && letters.contains('w')
        });
        let given = |options: &[&str]| options.contains(&name) || letters.is_some() && options == ["-w"];
        let rows = OPTIONS.iter().filter(|(_, options, _)| given(options));
        let (_, _, why) = rows
            .filter(|(programs, ..)| *programs == "*" || named(programs, program))
            .max_by_key(|(programs, ..)| usize::from(*programs != "*"))?;
        (*why != Why::Nothing).then_some((word.as_str(), *why))
    })
}

impl Row {
    fn fits(&self, program: &str, sub: Option<&str>) -> bool {
        let sub_fits = |pattern: &str| match (pattern, sub) {
            ("-", None) => true,
            ("-", Some(_)) | (_, None) => false,
            (pattern, Some(sub)) => {
                pattern == sub || pattern.strip_suffix('*').is_some_and(|stem| sub.starts_with(stem))
            }
        };
        named(self.programs, program) && (self.sub.is_empty() | self.sub.split('|').any(sub_fits))
    }
}

fn named(programs: &str, program: &str) -> bool {
    programs
        .split_whitespace()
        .any(|name| name == program || name.strip_suffix('*').is_some_and(|stem| program.starts_with(stem)))
}
