//! The names of passing tests, if the runner lists all of them. Each runner's own reader reads failing tests; the names of
//! passing ones only serve to check that the base's tests still run.
//!
//! A line means the same for several runners, so there is one reader for all. It never guesses: names count only if their
//! number equals the runner's own total.

use super::streams;
use super::tap;
use crate::names::stable;

/// The most names that are kept.
const MAX_NAMES: usize = 20_000;
/// The most bytes of names that are kept.
const MOST_BYTES: usize = 256 << 10;
/// Marks of passing tests.
const MARKS: [&str; 5] = ["✔ ", "✓ ", "√ ", "☑ ", "(pass) "];

/// A name, and whether it names a suite.
type Seen = (String, bool);

/// The names of the tests that passed; `None` if their number differs from `passed`. If a runner lists only files, each
/// file's name occurs once for each of its passing tests.
pub(crate) fn seen(text: &str, passed: u32) -> Option<Vec<String>> {
    let passed = usize::try_from(passed).ok().filter(|passed| *passed <= MAX_NAMES)?;
    let parts = streams::split(text).parts;
    let texts: Vec<&str> = match parts.len() {
        0 | 1 => vec![text],
        _ => parts.iter().map(|part| part.text.as_str()).collect(),
    };
    let all: Vec<Seen> = texts.into_iter().flat_map(of_part).collect();
    // Some runners also count a suite whose tests passed
    let without = || all.iter().filter(|(_, is_suite)| !is_suite).map(|(name, _)| name.clone());
    let names: Vec<String> = match passed {
        passed if without().count() == passed => without().collect(),
        passed if all.len() == passed => all.into_iter().map(|(name, _)| name).collect(),
        _ => return None,
    };
    (names.iter().map(String::len).sum::<usize>() <= MOST_BYTES).then_some(names)
}

fn of_part(text: &str) -> Vec<Seen> {
    let files: Vec<Seen> = text.lines().filter_map(|line| of_file(line.trim())).flatten().collect();
    if !files.is_empty() {
        return files;
    }
    let mut found: Vec<Seen> = Vec::new();
    let mut suites: Vec<(usize, &str)> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(whole) = lines.next() {
        if found.len() > MAX_NAMES {
            break;
        }
        let line = whole.trim();
        let depth = whole.len() - whole.trim_start().len();
        if let Some(suite) = line.strip_prefix("▶ ") {
            suites.push((depth, without_time(suite)));
            continue;
        }
        let Some(name) = of_test(line) else { continue };
        let name = without_time(name);
        let by_mark = suites.last().is_some_and(|suite| *suite == (depth, name));
        if by_mark {
            suites.pop();
        }
        let mut by_fact = false;
        if line.starts_with("ok") && lines.peek().is_some_and(|next| next.trim() == "---") {
            while let Some(fact) = lines.next_if(|next| next.trim() != "...") {
                by_fact |= fact.trim() == "type: 'suite'";
            }
        }
        found.push((stable(name), by_mark || by_fact));
    }
    found
}

/// A file with its number of passing tests: `✓ a.test.ts (3 tests | 1 skipped) 4ms`, `tests/test_a.py ..s. [ 50%]`.
fn of_file(line: &str) -> Option<impl Iterator<Item = Seen>> {
    let counted = || {
        let rest = line.strip_prefix("✓ ").or_else(|| line.strip_prefix("❯ "))?;
        let (path, rest) = rest.split_once(" (")?;
        let (counts, _) = rest.split_once(')')?;
        let mut counts = counts.split(" | ");
        let number = |part: &str, word: &str| {
            part.strip_suffix(word)
                .or_else(|| part.strip_suffix(word.trim_end_matches('s')))?
                .trim()
                .parse::<usize>()
                .ok()
        };
        let all = number(counts.next()?, " tests")?;
        let others: usize = counts.filter_map(|part| part.split_once(' ')?.0.parse::<usize>().ok()).sum();
        Some((path, all.saturating_sub(others)))
    };
    let dotted = || {
        let (path, rest) = line.split_once(".py ")?;
        let marks = rest.split(" [").next()?.trim();
        let are_marks = !marks.is_empty() && marks.chars().all(|mark| ".FEsxX".contains(mark));
        let path = line.get(..path.len() + 3)?;
        (are_marks && !path.contains(' ')).then(|| (path, marks.matches('.').count()))
    };
    let (path, count) = counted().or_else(dotted)?;
    let name = path.to_owned();
    Some((0..count.min(MAX_NAMES)).map(move |_| (name.clone(), false)))
}

fn of_test(line: &str) -> Option<&str> {
    if let Some(name) = MARKS.iter().find_map(|mark| line.strip_prefix(mark)) {
        return Some(name);
    }
    if let Some(name) = line.strip_prefix("--- PASS: ") {
        return Some(name);
    }
    // Output of cargo, Deno, and unittest with a line for each test
    if let Some((name, rest)) = line.rsplit_once(" ... ok")
        && (rest.is_empty() || rest.starts_with(" ("))
    {
        return Some(name.strip_prefix("test ").unwrap_or(name));
    }
    if let Some((name, rest)) = line.rsplit_once(" PASSED")
        && name.contains("::")
        && (rest.is_empty() || rest.trim_start().starts_with('['))
    {
        return Some(name);
    }
    if let Some(rest) = line.strip_prefix("PASS [")
        && let Some((_, name)) = rest.split_once("] ")
    {
        let counted = name.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(") "));
        return Some(counted.map_or(name, |(_, name)| name).trim());
    }
    let result = tap::line(line).filter(|result| result.ok && result.counts && !result.name.is_empty())?;
    Some(result.name)
}

/// A name without the time that the runner appends.
fn without_time(name: &str) -> &str {
    let name = name.trim();
    let is_time = |text: &str| {
        let number = ["ns", "µs", "ms", "s"].iter().find_map(|unit| text.strip_suffix(unit));
        number.is_some_and(|number| {
            !number.is_empty() && number.trim().bytes().all(|b| b.is_ascii_digit() || b == b'.')
        })
    };
    for (open, close) in [(" (", ")"), (" [", "]"), (" ", "")] {
        if let Some((before, time)) = name.strip_suffix(close).and_then(|rest| rest.rsplit_once(open))
            && is_time(time)
        {
            return before.trim_end();
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, passed: u32) -> String {
        seen(text, passed).map_or_else(|| "unknown".into(), |names| names.join(", "))
    }

    #[test]
    fn every_runner_that_tells_names_is_read() {
        for (text, passed, expected) in [
            ("✔ adds (1.9ms)\n▶ outer\n  ✔ deep (0.2ms)\n✔ outer (2ms)\nℹ pass 2\n", 2, "adds, deep"),
            ("ok 1 - adds\n  ---\n  duration_ms: 1\n  type: 'test'\n  ...\n# pass 1\n", 1, "adds"),
            (
                "    ok 1 - in\n      ---\n      type: 'test'\n      ...\nok 1 - outer\n  ---\n  type: 'suite'\n  ...\n",
                1,
                "in",
            ),
            (
                "test a::b ... ok\ntest c - should panic ... ok\ntest d ... FAILED\n",
                2,
                "a::b, c - should panic",
            ),
            (
                "=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- PASS: TestA/sub (0.00s)\n",
                2,
                "TestA, TestA/sub",
            ),
            ("test_x (t.T.test_x) ... ok\ntest_y (t.T.test_y) ... skipped 'no'\n", 1, "test_x (t.T.test_x)"),
            (
                "tests/a.py::test_x[1 2] PASSED   [ 50%]\ntests/a.py::test_y FAILED [100%]\n",
                1,
                "tests/a.py::test_x[1 2]",
            ),
            (
                "tests/test_a.py ..s. [ 50%]\ntests/test_b.py .F [100%]\n",
                4,
                "tests/test_a.py, tests/test_a.py, tests/test_a.py, tests/test_b.py",
            ),
            (
                " ❯ a.test.js (4 tests | 2 failed | 1 skipped) 17ms\n     ✓ works 0ms\n ✓ c.test.js (1 test) 3ms\n",
                2,
                "a.test.js, c.test.js",
            ),
            ("        PASS [   0.013s] (1/5) demo tests::adds\n", 1, "demo tests::adds"),
            ("keeps ... ok (709µs)\n", 1, "keeps"),
            ("(pass) orchard > keeps [0.04ms]\n", 1, "orchard > keeps"),
            ("  math\n    ✔ works (12ms)\n    - skipped\n", 1, "works"),
        ] {
            assert_eq!(names(text, passed), expected, "{text}");
        }
    }

    #[test]
    fn a_list_that_is_not_whole_is_none() {
        assert_eq!(names("PASS a.test.js\nPASS b.test.js\n", 12), "unknown");
        assert_eq!(names("✓ done in 3s\n✓ adds (1 ms)\n", 1), "unknown");
        assert_eq!(names("Ran 12 tests in 0.001s\n\nOK\n", 12), "unknown");
    }
}
