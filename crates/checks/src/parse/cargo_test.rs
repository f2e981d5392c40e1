//! `cargo test`: libtest's output, one block for each test binary.

use std::collections::BTreeMap;

use super::{Failures, MAX_FAILURES, Report, detail, name, number_before, place};
use crate::outcome::TestFailure;

/// One test binary's block, from "running n tests" to "test result".
#[derive(Default)]
struct Block<'a> {
    open: bool,
    /// Lines since the last "failures:" heading.
    listed: Vec<&'a str>,
    listing: bool,
    /// What each failing test printed, by name.
    details: BTreeMap<&'a str, Vec<&'a str>>,
    speaking: Option<&'a str>,
}

pub(super) fn parse(text: &str) -> Report {
    let mut failures = Failures::default();
    let mut passed = 0_u32;
    let mut failed = 0_u32;
    let mut results = 0;
    let mut unfinished = false;
    let mut suite: Option<String> = None;
    let mut block = Block::default();
    // whether a failure of the binary that runs is accounted for
    let mut told = false;

    for line in text.lines() {
        if let Some(next) = suite_of(line) {
            suite = Some(next);
            told = false;
        } else if is_start(line) {
            unfinished |= block.open;
            block = Block { open: true, ..Block::default() };
        } else if let Some(result) = line.strip_prefix("test result: ") {
            // a line that a test printed outside of any block is not a result
            if !block.open {
                continue;
            }
            let counts = result.split_once(". ").map_or(result, |(_, counts)| counts);
            let (Some(ok), Some(bad)) = (number_before(counts, "passed"), number_before(counts, "failed"))
            else {
                continue;
            };
            results += 1;
            passed = passed.saturating_add(ok);
            failed = failed.saturating_add(bad);
            told |= bad > 0;
            for listed in &block.listed {
                failures.push(failure(listed, suite.as_deref(), &block.details));
            }
            block = Block::default();
        } else if is_target_error(line) && !block.open && !std::mem::replace(&mut told, true) {
            // a target without libtest's harness
            failed = failed.saturating_add(1);
            failures.push(TestFailure {
                name: "the target as a whole".to_owned(),
                suite: suite.clone(),
                ..TestFailure::default()
            });
        } else if block.open {
            collect(&mut block, line);
        }
    }
    if results == 0 || unfinished || block.open {
        return Report::default();
    }
    Report::checked(failures.0, failed, passed)
}

fn collect<'a>(block: &mut Block<'a>, line: &'a str) {
    if line == "failures:" {
        block.listed.clear();
        block.listing = true;
        return;
    }
    let header = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----"));
    if let Some(test) = header {
        block.details.entry(test).or_default();
        block.speaking = Some(test);
        block.listing = false;
    } else if block.listing && line.starts_with("    ") {
        if block.listed.len() <= MAX_FAILURES {
            block.listed.push(line.trim());
        }
    } else if !line.is_empty() || !block.listing {
        block.listing = false;
        let lines = block.speaking.and_then(|test| block.details.get_mut(test));
        if let Some(lines) = lines.filter(|lines| lines.len() < 200) {
            lines.push(line);
        }
    }
}

fn failure(test: &str, suite: Option<&str>, details: &BTreeMap<&str, Vec<&str>>) -> TestFailure {
    let lines = details.get(test).map_or(&[][..], Vec::as_slice);
    let lines = lines.split(|line| *line == "stack backtrace:").next().unwrap_or_default();
    let at = lines.iter().find_map(|line| line.split_once(" panicked at ").and_then(|(_, at)| place(at)));
    TestFailure {
        name: name(test),
        suite: suite.map(name),
        detail: detail(lines),
        file: at.map(|(file, _)| file.to_owned()),
        line: at.map(|(_, line)| line),
    }
}

fn is_start(line: &str) -> bool {
    let count = line.strip_prefix("running ");
    count
        .and_then(|rest| rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test")))
        .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// ``error: test failed, to rerun pass `--test it` ``
fn is_target_error(line: &str) -> bool {
    line.starts_with("error: ") && line.contains("test failed, to rerun pass `")
}

/// `     Running unittests src/lib.rs (target/debug/deps/demo-0123456789abcdef)`
/// → `demo src/lib.rs`; the hash differs from build to build.
fn suite_of(line: &str) -> Option<String> {
    if let Some(krate) = line.strip_prefix("   Doc-tests ") {
        return Some(format!("{} doc-tests", krate.trim()));
    }
    let rest = line.strip_prefix("     Running ")?;
    let (source, binary) = rest.trim_end().strip_suffix(')')?.rsplit_once(" (")?;
    let source = source.strip_prefix("unittests ").unwrap_or(source);
    let binary = binary.rsplit(['/', '\\']).next().unwrap_or(binary);
    let binary = binary.strip_suffix(".exe").unwrap_or(binary);
    let binary = binary.rsplit_once('-').map_or(binary, |(name, _)| name);
    Some(format!("{binary} {source}"))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::render;
    use super::*;

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&render(&parse(text)));
    }

    #[test]
    fn a_real_run_with_unit_integration_and_doc_tests() {
        check(
            include_str!("../../fixtures/cargo_test.txt"),
            expect![[r#"
            passed: Some(1)
            - [demo src/lib.rs] tests::adds @ src/lib.rs:7 | thread 'tests::adds' (14117) panicked at src/lib.rs:7:25:
            - [demo src/lib.rs] tests::panics | note: test did not panic as expected at src/lib.rs:10:32
            - [demo src/lib.rs] tests::result | Error: "bad"
            - [it tests/it.rs] adds @ tests/it.rs:1 | thread 'adds' (14122) panicked at tests/it.rs:1:21:
            - [demo doc-tests] src/lib.rs - add (line 1) @ src/lib.rs:5 | Test executable failed (exit status: 101).
        "#]],
        );
    }

    #[test]
    fn a_binary_that_dies_leaves_no_report() {
        check(
            "running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored\n\nrunning 2 tests\n\
             error: test failed, to rerun pass `--lib`\n",
            expect![[r#"
                passed: None
                names: unknown
            "#]],
        );
    }

    #[test]
    fn a_list_that_disagrees_with_the_count_has_no_names() {
        check(
            "running 2 tests\n\nfailures:\n\nfailures:\n    a\n    forged\n\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored\n",
            expect![[r#"
                passed: Some(1)
                names: unknown
            "#]],
        );
    }

    #[test]
    fn a_target_without_a_harness_is_a_failure_of_its_own() {
        check(
            "     Running unittests src/lib.rs (target/debug/deps/demo-1)\n\nrunning 1 test\ntest a ... ok\n\n\
             test result: ok. 1 passed; 0 failed; 0 ignored\n\n     \
             Running tests/ui.rs (target/debug/deps/ui-1)\nmismatch\nerror: test failed, to rerun pass `--test ui`\n",
            expect![[r#"
                passed: Some(1)
                - [ui tests/ui.rs] the target as a whole | -
            "#]],
        );
    }

    #[test]
    fn no_tests_and_no_build() {
        check(
            "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            "error[E0425]: cannot find value `x`\nerror: could not compile `demo`\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }
}
