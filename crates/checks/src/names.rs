//! Decides when two names mean the same test: after an edit, on another day, at another address. Only [`crate::compare`]
//! uses it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::outcome::{Outcome, TestFailure};

/// The failures of a run, compared with an earlier run.
pub(crate) struct Matched<'a> {
    /// Failures that the earlier run did not have.
    pub(crate) new: Vec<&'a TestFailure>,
    /// Failures that differ from an earlier one only in a time, which may be part of the test.
    pub(crate) doubtful: Vec<&'a TestFailure>,
}

/// The failures that the earlier run did not have. The same name may occur several times; one more than before is new.
pub(crate) fn compare<'a>(before: &[TestFailure], now: &'a [TestFailure]) -> Matched<'a> {
    let (before, now) = unmatched(before.iter().collect(), now.iter().collect(), str::to_owned);
    let (before, now) = unmatched(before, now, stable);
    let (_, new) = unmatched(before, now.clone(), loose);
    let doubtful = now.into_iter().filter(|test| !new.iter().any(|other| std::ptr::eq(*other, *test)));
    Matched { doubtful: doubtful.collect(), new }
}

/// The names of tests that passed in an earlier run and did not run in a later one; `None` if one of the two runs does not
/// list all names. A test that moved to another module or file is the same test.
pub fn not_seen(before: &Outcome, now: &Outcome) -> Option<Vec<String>> {
    let (earlier, later) = (before.seen.as_ref()?, now.seen.as_ref()?);
    let failing = now.failing.as_ref().filter(|_| !now.partial && !now.truncated)?;
    let named = |names: &[String]| -> Vec<TestFailure> {
        let name = |name: &String| TestFailure { name: name.clone(), ..TestFailure::default() };
        names.iter().map(name).collect()
    };
    let (earlier, mut later) = (named(earlier), named(later));
    later.extend(failing.iter().map(|failure| TestFailure { suite: None, ..failure.clone() }));
    let (earlier, later) = unmatched(earlier.iter().collect(), later.iter().collect(), stable);
    let (earlier, _) = unmatched(earlier, later, |name| title(name).to_owned());
    Some(earlier.into_iter().map(|test| test.name.clone()).collect())
}

/// The name of a test in its file, without module, package or suite.
pub fn title(name: &str) -> &str {
    let name = without_line(name);
    // unittest: `test_x (module.Class.test_x)`
    let name =
        name.split_once(" (").filter(|(first, _)| first.starts_with("test")).map_or(name, |(first, _)| first);
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    let ends = ["::", " > ", " › "].iter().filter_map(|mark| Some(name.rfind(mark)? + mark.len()));
    name.get(ends.max().unwrap_or(0)..).unwrap_or(name)
}

/// Failures without a partner of the same name on the other side.
fn unmatched<'b, 'a>(
    before: Vec<&'b TestFailure>,
    now: Vec<&'a TestFailure>,
    form: impl Fn(&str) -> String,
) -> (Vec<&'b TestFailure>, Vec<&'a TestFailure>) {
    let key = |test: &TestFailure| {
        (form(test.suite.as_deref().unwrap_or_default()), form(without_line(&test.name)))
    };
    let mut known: BTreeMap<(String, String), Vec<&'b TestFailure>> = BTreeMap::new();
    for test in before {
        known.entry(key(test)).or_default().push(test);
    }
    let rest =
        now.into_iter().filter(|test| known.get_mut(&key(test)).and_then(Vec::pop).is_none()).collect();
    (known.into_values().flatten().collect(), rest)
}

/// The name of a documentation test contains its line, which an edit above changes.
fn without_line(name: &str) -> &str {
    match name.rsplit_once(" (line ") {
        Some((name, rest)) if rest.ends_with(')') => name,
        _ => name,
    }
}

/// A name without parts that vary between runs: addresses, temporary folders, ports, random identifiers, and the time that
/// the runner appends.
pub(crate) fn stable(name: &str) -> String {
    static CHANGES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?P<address>\b0x[0-9a-fA-F]{5,16}\b)",
            r"|(?P<folder>(?:/private)?/(?:tmp|var/folders|var/tmp)/[^\s()\[\],;]+)",
            r"|(?P<id>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)",
            r"|(?P<port>\b(?:localhost|127\.0\.0\.1|\[::1\]):[0-9]{4,5}\b)",
            r"|(?P<took> \([0-9]+(?:\.[0-9]+)? ?m?s\)$)",
        ))
        .ok()
    });
    replaced(CHANGES.as_ref(), name)
}

/// The same, without durations, dates and times of day.
fn loose(name: &str) -> String {
    static TIMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?Z?)?\b",
            r"|\b[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?\b",
            r"|\b[0-9]+(?:\.[0-9]+)? ?(?:ns|us|µs|ms|s|sec|secs|seconds?|min|minutes?)\b",
            r"|\b[0-9]{10}(?:[0-9]{3})?\b",
        ))
        .ok()
    });
    replaced(TIMES.as_ref(), &stable(name))
}

fn replaced(pattern: Option<&Regex>, name: &str) -> String {
    pattern.map_or_else(|| name.to_owned(), |pattern| pattern.replace_all(name, "<>").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &[&str], now: &[&str]) -> String {
        let all = |names: &[&str]| -> Vec<TestFailure> {
            names
                .iter()
                .map(|name| TestFailure { name: (*name).to_owned(), ..TestFailure::default() })
                .collect()
        };
        let (before, now) = (all(before), all(now));
        let Matched { new, doubtful } = compare(&before, &now);
        let names =
            |all: Vec<&TestFailure>| all.iter().map(|test| test.name.clone()).collect::<Vec<_>>().join(", ");
        format!("new: {} | doubtful: {}", names(new), names(doubtful))
    }

    #[test]
    fn what_no_test_means_makes_no_other_test() {
        for (before, now) in [
            ("opens[<Door at 0x7f3a2c10>]", "opens[<Door at 0x7fb19e40>]"),
            ("writes /tmp/kiln-1/a.txt", "writes /tmp/kiln-22/a.txt"),
            ("writes /var/folders/x9/T/kiln-1", "writes /var/folders/zz/T/kiln-2"),
            ("adds (12 ms)", "adds (9 ms)"),
            ("asks http://localhost:49152/a", "asks http://localhost:50001/a"),
            ("id 0b6f9c1e-52f0-4d2a-9b7e-0123456789ab", "id 1b6f9c1e-52f0-4d2a-9b7e-0123456789ab"),
            ("src/lib.rs - add (line 3)", "src/lib.rs - add (line 9)"),
        ] {
            assert_eq!(told(&[before], &[now]), "new:  | doubtful: ", "{before}");
        }
    }

    #[test]
    fn a_time_may_be_what_is_tested() {
        for (before, now) in
            [("waits 5 ms", "waits 10 ms"), ("at 12:30", "at 13:45"), ("on 2026-01-02", "on 2026-01-03")]
        {
            assert_eq!(told(&[before], &[now]), format!("new:  | doubtful: {now}"));
            assert_eq!(told(&[before], &[before]), "new:  | doubtful: ");
        }
    }

    #[test]
    fn tests_that_were_not_run_again_are_named() {
        let run = |seen: &[&str], failing: &[&str]| Outcome {
            seen: Some(seen.iter().map(|name| (*name).to_owned()).collect()),
            failing: Some(
                failing
                    .iter()
                    .map(|name| TestFailure { name: (*name).to_owned(), ..TestFailure::default() })
                    .collect(),
            ),
            ..Outcome::not_started("")
        };
        let gone = |before: &[&str], now: &[&str], failing: &[&str]| {
            not_seen(&run(before, &[]), &run(now, failing)).unwrap().join(", ")
        };
        assert_eq!(gone(&["a", "b"], &["b", "a", "c"], &[]), "");
        assert_eq!(gone(&["a", "b"], &["x", "y", "z"], &["b"]), "a");
        assert_eq!(gone(&["f.test.ts", "f.test.ts"], &["f.test.ts", "g.test.ts"], &[]), "f.test.ts");
        assert_eq!(gone(&["a::tests::adds"], &["b::tests::adds"], &[]), "", "it moved");
        assert_eq!(gone(&["a (0x7f3a2c10)"], &["a (0x7fb19e40)"], &[]), "");
        assert_eq!(not_seen(&run(&["a"], &[]), &Outcome::not_started("")), None);
        for (name, expected) in [
            ("a::tests::adds", "adds"),
            ("test_x (t.T.test_x)", "test_x"),
            ("tests/a.py::test_x[1]", "test_x[1]"),
            ("math > adds > two", "two"),
            ("adds (twice)", "adds (twice)"),
        ] {
            assert_eq!(title(name), expected);
        }
    }

    #[test]
    fn other_names_and_more_of_the_same_are_new() {
        assert_eq!(told(&["a"], &["a", "a", "b"]), "new: a, b | doubtful: ");
        assert_eq!(
            told(&["takes 0x1 to 0x10"], &["takes 0x2 to 0x20"]),
            "new: takes 0x2 to 0x20 | doubtful: "
        );
        assert_eq!(
            told(&["a at 0x7f3a2c10"], &["a at 0x7f3a2c11", "a at 0x7f3a2c12"]).matches("a at").count(),
            1
        );
    }
}
