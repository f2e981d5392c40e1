//! What a build tool says beside its JUnit reports: how many tests failed, which took too long, and whether part of
//! the project was left out. A report that says less is not complete.
//!
//! It reads no report; `junit` does, and compares.

/// The content of the text around reports.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The sum of the totals of failing tests.
    pub(super) failed: u32,
    /// Tests that Meson stopped at their time limit.
    pub(super) timeouts: Vec<String>,
    /// Something did not compile, or a process ended before its report.
    pub(super) left_out: bool,
}

/// The most tests that are named.
const MAX_NAMES: usize = 1_000;

/// Lines that say that tests of a part of the project did not run, or not to their end.
const LEFT_OUT: [&str; 5] = [
    "[ERROR] COMPILATION ERROR",
    "[ERROR] The forked VM terminated",
    "There was a timeout or other error in the fork",
    "Compilation failed; see the compiler error output",
    "compileIncremental) Compilation failed",
];

pub(super) fn read(text: &str) -> Said {
    let mut said = Said::default();
    for line in text.lines() {
        let line = line.trim();
        said.failed = said.failed.saturating_add(failed(line).unwrap_or(0));
        said.left_out |= LEFT_OUT.iter().any(|start| line.contains(start)) || is_skipped_module(line);
        let name = timeout(line).filter(|name| !said.timeouts.contains(name));
        said.timeouts.extend(name.filter(|_| said.timeouts.len() < MAX_NAMES));
    }
    said
}

/// The number of failing tests in a line with totals.
fn failed(line: &str) -> Option<u32> {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let after = |text: &str, word: &str| {
        let rest = text.split(word).nth(1)?.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
    };
    // Surefire: the line of a class also has its time
    if let Some((_, counts)) = line.split_once("Tests run: ") {
        let is_total = counts.contains(", Failures: ") && !counts.contains("Time elapsed");
        let sum = || Some(after(counts, "Failures: ")?.saturating_add(after(counts, "Errors: ")?));
        return is_total.then(sum).flatten();
    }
    // CTest: `33% tests passed, 4 tests failed out of 6`
    if let Some((_, rest)) = line.split_once("% tests passed, ") {
        return number(rest.split(' ').next()?);
    }
    // Gradle: `12 tests completed, 2 failed, 1 skipped`
    if let Some((count, rest)) =
        line.split_once(" tests completed, ").or_else(|| line.split_once(" test completed, "))
    {
        number(count)?;
        return number(rest.split_once(" failed")?.0);
    }
    // sbt: `[error] Failed: Total 3, Failed 1, Errors 0, Passed 2`
    if let Some((_, counts)) = line.split_once("ailed: Total ") {
        return Some(after(counts, "Failed ")?.saturating_add(after(counts, "Errors ")?));
    }
    // Meson
    ["Fail: ", "Timeout: ", "Unexpected Pass: "]
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .and_then(number)
}

/// Meson: `5/5 x / slow       TIMEOUT         1.03s   killed by signal 15 SIGTERM`
fn timeout(line: &str) -> Option<String> {
    let (before, after) = line.split_once(" TIMEOUT ")?;
    let (counted, name) = before.trim().split_once(' ')?;
    let (at, all) = counted.split_once('/')?;
    let is_count = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let has_time = after.split_whitespace().next().is_some_and(|time| time.ends_with('s'));
    (is_count(at) && is_count(all) && has_time).then(|| name.trim().to_owned())
}

/// Maven's list of modules: `[INFO] web ........ SKIPPED`
fn is_skipped_module(line: &str) -> bool {
    line.starts_with("[INFO] ") && line.ends_with(" SKIPPED") && line.contains(" ...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_of_every_tool_are_read_once() {
        for (line, expected) in [
            ("[ERROR] Tests run: 5, Failures: 2, Errors: 1, Skipped: 0", Some(3)),
            (
                "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.1 s <<< FAILURE!",
                None,
            ),
            ("33% tests passed, 4 tests failed out of 6", Some(4)),
            ("12 tests completed, 2 failed, 1 skipped", Some(2)),
            ("[error] Failed: Total 3, Failed 1, Errors 0, Passed 2", Some(1)),
            ("Timeout:            1", Some(1)),
            ("Fail: the cart is empty", None),
            ("3 tests completed", None),
        ] {
            assert_eq!(failed(line), expected, "{line}");
        }
    }

    #[test]
    fn parts_that_did_not_run_are_noticed() {
        assert!(read("[INFO] web ......................... SKIPPED\n").left_out);
        assert!(read("[ERROR] COMPILATION ERROR : \n").left_out);
        assert!(!read("[INFO] web ......................... SUCCESS [ 1.0 s]\n").left_out);
        assert_eq!(read("5/5 x / slow       TIMEOUT         1.03s   killed\n").timeouts, ["x / slow"]);
        assert_eq!(read("a TIMEOUT of 3s\n"), Said::default());
    }
}
