//! Narrowing a check to one test or one file.
//!
//! The rows of `runners` define how. It changes only the command line. A command that cannot be narrowed is refused, never
//! run as a whole instead.

use crate::check::Check;
use crate::runners::{Command, Filter, Narrowed, Runner};
use crate::shell::{can_append, commands, quote};

/// Why a check cannot be narrowed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error(
        "the check `{check}` cannot be narrowed to {filter:?}: its command `{run}` starts no test runner that \
         is understood.\nhint: run it without a filter"
    )]
    UnknownRunner { check: String, filter: String, run: String },
    #[error(
        "the filter {filter:?} is refused: {why}.\nhint: give a test's name, or a test file's path relative to \
         the project"
    )]
    Refused { filter: String, why: &'static str },
    #[error(
        "the check `{check}` cannot be narrowed: its script `{script}` does more than start a test runner.\n\
         hint: run it without a filter"
    )]
    Compound { check: String, script: String },
}

/// The longest accepted filter.
const MAX_FILTER: usize = 1_000;

/// The command line of a check, narrowed to a test's name or a file. The filter is one quoted word of it, or a part of one:
/// never an option, never interpreted.
pub(crate) fn narrowed(check: &Check, filter: &str) -> Result<String, FilterError> {
    let filter = filter.trim();
    let refused = |why| FilterError::Refused { filter: filter.to_owned(), why };
    if filter.is_empty() {
        return Ok(check.run.clone());
    }
    if filter.len() > MAX_FILTER {
        return Err(refused("it is longer than a test's name can be"));
    }
    if filter.starts_with('-') {
        return Err(refused("it begins with a dash, as an option does"));
    }
    if filter.contains(char::is_control) {
        return Err(refused("it contains a line break or another control character"));
    }
    if filter.starts_with('/') || filter.split('/').any(|part| part == "..") {
        return Err(refused("it leads out of the project"));
    }
    let unknown = || FilterError::UnknownRunner {
        check: check.name.clone(),
        filter: filter.to_owned(),
        run: check.script.as_deref().unwrap_or(&check.run).to_owned(),
    };
    let runner = check.runner.ok_or_else(unknown)?;
    let script = check.script.as_deref().unwrap_or(&check.run);
    let compound = || FilterError::Compound { check: check.name.clone(), script: script.to_owned() };
    let all = commands(script);
    let last = all.last().ok_or_else(unknown)?;
    if !can_append(script) || Runner::of_words(last) != Some(runner) {
        return Err(compound());
    }
    let command = Command::of(last).ok_or_else(unknown)?;
    let words = match (runner.row().narrow)(&command, &Filter { text: filter, is_file: is_file(filter) }) {
        Narrowed::No => {
            return Err(refused("it is neither a test's name nor a file that this runner can be given"));
        }
        Narrowed::Instead(narrowed) => {
            // The commands before it (a build, say) must still run first
            return match script.rsplit_once("&&") {
                None => Ok(narrowed),
                Some((before, _)) if commands(before).len() + 1 == all.len() => {
                    Ok(format!("{} && {narrowed}", before.trim()))
                }
                Some(_) => Err(compound()),
            };
        }
        Narrowed::BeforeDashes(words) => {
            let tail = quoted(&words);
            return Ok(match check.run.split_once(" -- ") {
                Some((before, after)) => format!("{before} {tail} -- {after}"),
                None => format!("{} {tail}", check.run),
            });
        }
        Narrowed::Append(words) => words,
    };
    let dashes = if check.script.is_some() && needs_dashes(&check.run) { " --" } else { "" };
    Ok(format!("{}{dashes} {}", check.run, quoted(&words)))
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// Npm keeps arguments for itself unless they follow two dashes; the other package managers pass them on, dashes included.
fn needs_dashes(run: &str) -> bool {
    run.starts_with("npm ")
}

/// Whether the filter is a file, not a test's name.
fn is_file(filter: &str) -> bool {
    const EXTENSIONS: [&str; 14] =
        ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "rs", "py", "go", "vue", "svelte", "json"];
    !filter.contains("::")
        && !filter.contains(' ')
        && filter.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(run: &str, script: Option<&str>, filter: &str) -> String {
        let mut check = Check::configured("test", run, None);
        check.script = script.map(str::to_owned);
        check.runner = Runner::of_command(script.unwrap_or(run));
        narrowed(&check, filter).unwrap_or_else(|error| format!("error: {error}"))
    }

    #[test]
    fn each_runner_gets_the_filter_in_its_own_way() {
        let cases = [
            (
                "cargo test --workspace -- --nocapture",
                None,
                "a::b",
                "cargo test --workspace a::b -- --nocapture",
            ),
            ("cargo test", None, "tests/it.rs", "cargo test --test it"),
            ("cargo nextest run", None, "src/parse/mod.rs", "cargo nextest run parse"),
            ("npm test", Some("jest"), "adds (two)", r"npm test -- -t 'adds \(two\)'"),
            ("npm test", Some("tsc && jest"), "a/b.test.ts", "npm test -- --runTestsByPath a/b.test.ts"),
            ("yarn test", Some("vitest run"), "it's", r"yarn test -t 'it'\''s'"),
            ("pnpm test", Some("mocha -r x"), "$(id)", "pnpm test --fgrep '$(id)'"),
            (
                "python3 -m pytest",
                None,
                "tests/test_a.py::T::test_x[1]",
                "python3 -m pytest 'tests/test_a.py::T::test_x[1]'",
            ),
            ("python3 -m pytest", None, "test_x", "python3 -m pytest -k test_x"),
            ("python3 -m unittest", None, "tests.test_a.U.test_u", "python3 -m unittest -k test_u"),
            (
                "python3 -m unittest discover -s tests",
                None,
                "tests/test_a.py",
                "python3 -m unittest discover -s tests -p test_a.py",
            ),
            ("go test ./...", None, "TestA/b c", "go test ./... -run '^TestA$/^b c$'"),
            (
                "npm test",
                Some("npm run build && node --test"),
                "x",
                "npm run build && node --test --test-name-pattern=x",
            ),
            ("npm test", Some("node --test"), "adds", "node --test --test-name-pattern=adds"),
            (
                "npm test",
                Some("node --import tsx --test test/*.ts"),
                "test/a.ts",
                "node --import tsx --test ./test/a.ts",
            ),
            (
                "npm test",
                Some("node --test test/*.js"),
                "x y",
                "node --test '--test-name-pattern=x y' test/*.js",
            ),
        ];
        for (run, script, filter, expected) in cases {
            assert_eq!(line(run, script, filter), expected, "{run} {script:?} {filter}");
        }
    }

    #[test]
    fn what_cannot_be_a_filter_is_refused() {
        for (run, script, filter, why) in [
            ("make test", None, "a", "no test runner that is understood"),
            ("cargo test", None, "--release", "begins with a dash"),
            ("cargo test", None, "a\nb", "control character"),
            ("npm test", Some("jest"), "../other/a.test.js", "leads out of the project"),
            ("npm test", Some("jest && echo done"), "a", "does more than start a test runner"),
            ("npm test", Some("jest > out.txt"), "a", "does more than start a test runner"),
            ("python3 -m pytest", None, "a or b", "neither a test's name nor a file"),
        ] {
            let told = line(run, script, filter);
            assert!(told.starts_with("error: ") && told.contains(why) && told.contains("hint: "), "{told}");
        }
    }
}
