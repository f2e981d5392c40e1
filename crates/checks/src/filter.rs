//! Narrowing a check to one test or one file.

use crate::check::{Check, Runner};
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

/// Longest filter taken.
const MAX_FILTER: usize = 1_000;

/// The command line of a check narrowed to a test's name or a file. The filter
/// is one quoted word of it, or part of one: never an option, never interpreted.
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
    if runner == Runner::NodeTest {
        let narrowed = node_test(last, filter, is_file(filter)).ok_or_else(compound)?;
        // what comes before it (a build, say) still has to come before it
        return match script.rsplit_once("&&") {
            None => Ok(narrowed),
            Some((before, _)) if commands(before).len() + 1 == all.len() => {
                Ok(format!("{} && {narrowed}", before.trim()))
            }
            Some(_) => Err(compound()),
        };
    }
    let discovers = runner == Runner::Unittest && last.iter().any(|word| word == "discover");
    let arguments = match filter.rsplit('/').next() {
        Some(file) if discovers && is_file(filter) => Some(vec!["-p".to_owned(), file.to_owned()]),
        _ => arguments(runner, filter),
    };
    let arguments = arguments.ok_or_else(|| refused("it is neither a test's name nor a file"))?;
    let tail = arguments.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
    Ok(match runner {
        Runner::CargoTest | Runner::Nextest => match check.run.split_once(" -- ") {
            Some((before, after)) => format!("{before} {tail} -- {after}"),
            None => format!("{} {tail}", check.run),
        },
        _ if check.script.is_some() && needs_dashes(&check.run) => format!("{} -- {tail}", check.run),
        _ => format!("{} {tail}", check.run),
    })
}

/// npm keeps arguments for itself unless they follow two dashes; the other
/// package managers hand them on, dashes included.
fn needs_dashes(run: &str) -> bool {
    run.starts_with("npm ")
}

fn arguments(runner: Runner, filter: &str) -> Option<Vec<String>> {
    let file = is_file(filter);
    let one = |word: String| Some(vec![word]);
    let two = |option: &str, word: String| Some(vec![option.to_owned(), word]);
    match runner {
        Runner::CargoTest => match (file, filter.strip_suffix(".rs")) {
            (true, Some(path)) => match path.strip_prefix("tests/") {
                Some(target) if !target.contains('/') => two("--test", target.to_owned()),
                Some(folder) => two("--test", folder.split('/').next()?.to_owned()),
                None => one(module_of(path)),
            },
            _ => one(filter.to_owned()),
        },
        Runner::Nextest => match (file, filter.strip_suffix(".rs")) {
            (true, Some(path)) => match path.strip_prefix("tests/") {
                Some(target) => two("--test", target.split('/').next()?.to_owned()),
                None => one(module_of(path)),
            },
            _ => one(filter.to_owned()),
        },
        Runner::Vitest if file => one(filter.to_owned()),
        Runner::Jest if file => two("--runTestsByPath", filter.to_owned()),
        Runner::Vitest | Runner::Jest => two("-t", regex::escape(filter)),
        Runner::Mocha if file => one(filter.to_owned()),
        Runner::Mocha => two("--fgrep", filter.to_owned()),
        Runner::Pytest if file || filter.contains("::") => one(filter.to_owned()),
        // -k takes an expression: only what cannot be read as an operator
        Runner::Pytest => {
            let plain = filter.chars().all(|c| c.is_alphanumeric() || c == '_');
            let operator = ["and", "or", "not"].contains(&filter);
            if plain && !operator { two("-k", filter.to_owned()) } else { None }
        }
        Runner::Unittest if file => one(filter.strip_suffix(".py")?.replace('/', ".")),
        Runner::Unittest => two("-k", filter.rsplit('.').next()?.to_owned()),
        Runner::GoTest if file => {
            let folder = filter.rsplit_once('/').map_or(".", |(folder, _)| folder);
            one(format!("./{folder}"))
        }
        Runner::GoTest => {
            let test = filter.rsplit_once('.').map_or(filter, |(_, test)| test);
            let parts: Vec<_> = test.split('/').map(|part| format!("^{}$", regex::escape(part))).collect();
            two("-run", parts.join("/"))
        }
        // tape runs files, and has no way to name a test
        Runner::Tape if file => one(filter.to_owned()),
        Runner::Tape | Runner::NodeTest => None,
    }
}

/// `node --test` reads options only before its first file, so the script is
/// written again: its options, then the pattern, then its files or this one.
fn node_test(script: &[String], filter: &str, file: bool) -> Option<String> {
    let at = script.iter().position(|word| word == "--test")?;
    let mut options: Vec<&String> = script.get(..at)?.iter().collect();
    let mut files = Vec::new();
    for word in script.get(at + 1..)? {
        if files.is_empty() && word.starts_with('-') { options.push(word) } else { files.push(word) }
    }
    let quoted = |words: &[&String]| words.iter().map(|word| quote(word)).collect::<Vec<_>>();
    let mut line = quoted(&options);
    line.push("--test".to_owned());
    if file {
        line.push(quote(&format!("./{}", filter.trim_start_matches("./"))));
    } else {
        line.push(quote(&format!("--test-name-pattern={}", regex::escape(filter))));
        // globs stay unquoted where the shell was to expand them
        line.extend(
            files.iter().map(|word| if word.contains(['*', '?']) { (*word).clone() } else { quote(word) }),
        );
    }
    Some(line.join(" "))
}

/// `src/a/mod` or `crates/x/src/a` → the module's path, which test names begin with.
fn module_of(path: &str) -> String {
    let inside = path.rsplit_once("src/").map_or(path, |(_, inside)| inside);
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    if ["lib", "main"].contains(&inside) { "tests".to_owned() } else { inside.replace('/', "::") }
}

/// Whether the filter reads as a file and not as a test's name.
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
