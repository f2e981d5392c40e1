//! `cargo test`: libtest's output, one block for each test binary.
//!
//! A result counts only if it has as many tests as its block announced; any other line may come from a test. The
//! tests of a file are selected by its path, without reading the source.

use std::collections::BTreeMap;

use super::{Command, Filter, Language, Narrowed, Row};
use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{self, Failures, MAX_FAILURES, name, number_before, place};

pub(super) const ROW: Row = Row { language: Language::Rust, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    command.program == "cargo" && matches!(command.first(), Some("test" | "t")) && !command.has("--no-run")
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    match (filter.is_file, filter.text.strip_suffix(".rs")) {
        (true, Some(path)) => Narrowed::BeforeDashes(target_of(path)),
        _ => Narrowed::BeforeDashes(vec![filter.text.to_owned()]),
    }
}

/// The arguments that select the tests of a file (without its `.rs`): its target, or the module with which their
/// names begin.
pub(super) fn target_of(path: &str) -> Vec<String> {
    if let Some(target) = path.strip_prefix("tests/") {
        return vec!["--test".to_owned(), target.split('/').next().unwrap_or(target).to_owned()];
    }
    let inside = path.rsplit_once("src/").map_or(path, |(_, inside)| inside);
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    let module =
        if ["lib", "main"].contains(&inside) { "tests".to_owned() } else { inside.replace('/', "::") };
    vec![module]
}

/// One test binary's block, from "running n tests" to "test result".
#[derive(Default)]
struct Block<'a> {
    open: bool,
    /// The announced number of tests.
    announced: u32,
    /// Lines since the last "failures:" heading.
    listed: Vec<&'a str>,
    listing: bool,
    /// The output of each failing test, by name.
    details: BTreeMap<&'a str, Vec<&'a str>>,
    speaking: Option<&'a str>,
}

#[derive(Default)]
struct Run {
    failures: Failures,
    passed: u32,
    failed: u32,
    results: u32,
    unfinished: bool,
    /// A binary died, so some of its tests have no verdict.
    died: bool,
    /// The final line of a run with all targets was read.
    ran_all: bool,
    suite: Option<String>,
    /// Whether a failure of the current binary is already recorded.
    told: bool,
}

fn parse(text: &str) -> Report {
    let mut run = Run::default();
    let mut block = Block::default();
    for line in text.lines() {
        if let Some(next) = suite_of(line).filter(|_| block.speaking.is_none()) {
            run.unfinished |= block.open;
            block = Block::default();
            run.suite = Some(next);
            run.told = false;
        } else if let Some(announced) = started(line).filter(|_| !block.open || block.speaking.is_none()) {
            // The line is inside of a test's output, so it belongs to that
            run.unfinished |= block.open;
            block = Block { open: true, announced, ..Block::default() };
        } else if let Some(result) = line.strip_prefix("test result: ") {
            if let Some((ok, bad)) = counts(result, &block) {
                run.close(&block, ok, bad);
                block = Block::default();
            }
        } else if let Some(target) = failed_target(line).filter(|_| block.speaking.is_none()) {
            if block.open {
                run.died = true;
            }
            if block.open || !run.told {
                run.whole_target(target);
            }
            block = Block::default();
            run.told = false;
        } else if is_end(line) && block.speaking.is_none() {
            run.ran_all = true;
        } else if block.open {
            collect(&mut block, line);
        }
    }
    if run.results == 0 && !run.died || run.unfinished || block.open {
        return Report::default();
    }
    let stopped = run.failed > 0 && !run.ran_all;
    Report { stopped, partial: run.died, ..Report::checked(run.failures.0, run.failed, run.passed) }
}

impl Run {
    fn close(&mut self, block: &Block<'_>, ok: u32, bad: u32) {
        self.results += 1;
        self.passed = self.passed.saturating_add(ok);
        self.failed = self.failed.saturating_add(bad);
        self.told |= bad > 0;
        for listed in &block.listed {
            self.failures.push(failure(listed, self.suite.as_deref(), &block.details));
        }
    }

    /// A target without libtest's harness, or one that died.
    fn whole_target(&mut self, target: &str) {
        self.failed = self.failed.saturating_add(1);
        self.failures.push(TestFailure {
            name: "the target as a whole".to_owned(),
            suite: Some(self.suite.clone().unwrap_or_else(|| name(target))),
            ..TestFailure::default()
        });
    }
}

/// The counts of a result that fits the block; a line from a test does not fit.
fn counts(result: &str, block: &Block<'_>) -> Option<(u32, u32)> {
    let said = result.split_once(". ").map_or(result, |(_, counts)| counts);
    let count = |word| number_before(said, word);
    let (ok, bad) = (count("passed")?, count("failed")?);
    let others = count("ignored").unwrap_or(0).saturating_add(count("measured").unwrap_or(0));
    let all = ok.saturating_add(bad).saturating_add(others);
    (block.open && all == block.announced).then_some((ok, bad))
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
    text::failure(suite, test, lines, at)
}

/// `running 3 tests`
fn started(line: &str) -> Option<u32> {
    let rest = line.strip_prefix("running ")?;
    let count = rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test"))?;
    count.bytes().all(|b| b.is_ascii_digit()).then(|| count.parse().ok())?
}

/// ``error: test failed, to rerun pass `--test it` `` → `--test it`
fn failed_target(line: &str) -> Option<&str> {
    // With `-q`, the marks of tests before an abort stand on the same line
    let rest = line.trim_start_matches(['.', 'i', 'F']).strip_prefix("error: ")?;
    let rest = rest.strip_prefix("doc").unwrap_or(rest);
    let target = rest.split_once("test failed, to rerun pass ")?.1;
    Some(target.trim_matches(['`', '\'']))
}

/// `error: 2 targets failed:`, the line after all of them have run.
fn is_end(line: &str) -> bool {
    line.strip_prefix("error: ").is_some_and(|rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        rest == " target failed:" || rest == " targets failed:"
    })
}

/// `     Running unittests src/lib.rs (target/debug/deps/demo-0123456789abcdef)` → `demo src/lib.rs`; the hash
/// differs between builds.
fn suite_of(line: &str) -> Option<String> {
    if let Some(krate) = line.strip_prefix("   Doc-tests ") {
        return Some(format!("{} doc-tests", krate.trim()));
    }
    let rest = line.strip_prefix("     Running ")?.trim_end();
    // Old versions print only the binary
    let (source, binary) =
        rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).unwrap_or(("", rest));
    let source = source.strip_prefix("unittests ").unwrap_or(source);
    let binary = binary.rsplit(['/', '\\']).next().unwrap_or(binary);
    let binary = binary.strip_suffix(".exe").unwrap_or(binary);
    let binary = binary.rsplit_once('-').map_or(binary, |(name, _)| name);
    Some(format!("{binary} {source}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::parse::fixtures::check;

    #[test]
    fn a_real_run_with_unit_integration_and_doc_tests() {
        check(
            parse,
            include_str!("../../fixtures/cargo_test/usual.txt"),
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
    fn a_binary_that_dies_is_named_and_leaves_the_list_short() {
        check(
            parse,
            "running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored\n\nrunning 2 tests\n\
             error: test failed, to rerun pass `--lib`\n\nCaused by:\n  process didn't exit (signal: 6)\n",
            expect![[r#"
                passed: Some(1) (partial) (stopped)
                - [--lib] the target as a whole | -
            "#]],
        );
        check(
            parse,
            "running 2 tests\ntest a ... ok\n",
            expect![[r#"
                passed: None
                names: unknown
            "#]],
        );
    }

    #[test]
    fn what_a_test_prints_is_no_result() {
        check(
            parse,
            "running 2 tests\n\nfailures:\n\n---- a stdout ----\nrunning 1 test\n\nfailures:\n    t1\n\n\
             test result: FAILED. 0 passed; 1 failed; 0 ignored\n\n\nfailures:\n    a\n\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out\n\n\
             error: test failed, to rerun pass `--lib`\nerror: 1 target failed:\n    `--lib`\n",
            expect![[r#"
                passed: Some(1)
                - [] a | running 1 test
            "#]],
        );
    }

    #[test]
    fn a_list_that_disagrees_with_the_count_has_no_names() {
        check(
            parse,
            "running 2 tests\n\nfailures:\n\nfailures:\n    a\n    forged\n\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored\n",
            expect![[r#"
                passed: Some(1) (stopped)
                names: unknown
            "#]],
        );
    }

    #[test]
    fn a_target_without_a_harness_is_a_failure_of_its_own() {
        check(
            parse,
            "     Running unittests src/lib.rs (target/debug/deps/demo-1)\n\nrunning 1 test\ntest a ... ok\n\n\
             test result: ok. 1 passed; 0 failed; 0 ignored\n\n     \
             Running tests/ui.rs (target/debug/deps/ui-1)\nmismatch\nerror: test failed, to rerun pass `--test ui`\n",
            expect![[r#"
                passed: Some(1) (stopped)
                - [ui tests/ui.rs] the target as a whole | -
            "#]],
        );
    }

    #[test]
    fn no_tests_and_no_build() {
        check(
            parse,
            "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            parse,
            "error[E0425]: cannot find value `x`\nerror: could not compile `demo`\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }
}
