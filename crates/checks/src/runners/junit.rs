//! JUnit's XML, which runners of every language can write; read if the output contains a report.
//!
//! It recognises no command and narrows none: `parse` tries it if a runner's own output is missing. It opens no file;
//! `process` adds the text of report files to the output.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Command, Filter, Language, Narrowed, Row, said_beside};
use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{Failures, count, detail, name};

pub(super) const ROW: Row = Row { language: Language::Any, starts, narrow, parse, is_format: true };

/// Never true: many programs write this format.
fn starts(_: &Command<'_>) -> bool {
    false
}

fn narrow(_: &Command<'_>, _: &Filter<'_>) -> Narrowed {
    Narrowed::No
}

#[derive(Default)]
struct Run {
    failures: Failures,
    tests: u32,
    skipped: u32,
    failed: u32,
    /// Failing tests that their runner counts as skipped, and others that it counts as failing.
    unstarted: u32,
    risky: u32,
    /// The counts in the outermost elements, if they have any.
    told_tests: u32,
    told_failed: u32,
    /// Mocha counts each failure as an error, too.
    told_twice: u32,
    differs: bool,
    tells: bool,
    depth: u32,
    case: Option<TestFailure>,
    /// Whether the current case failed, and how.
    is_failed: bool,
    is_skipped: bool,
    /// Whether its runner did not start it, whose status says so.
    is_unstarted: bool,
    is_risky: bool,
    message: String,
    in_message: bool,
}

fn parse(text: &str) -> Report {
    let mut run = Run::default();
    let mut rest = text;
    let mut reports = 0;
    let mut complete = true;
    let mut outside = String::new();
    while let Some(at) = start(rest) {
        let from = rest.get(at..).unwrap_or_default();
        reports += 1;
        outside.push_str(rest.get(..at).unwrap_or_default());
        let Some(used) = run.read(from) else {
            complete = false;
            break;
        };
        rest = from.get(used..).unwrap_or_default();
    }
    if reports == 0 || (!complete && run.tests == 0) {
        return Report::default();
    }
    let counted = run.failed.saturating_sub(run.unstarted).saturating_add(run.risky);
    let is_told = run.told_failed == counted || !run.differs && run.told_twice == counted;
    let agrees = !run.tells || run.told_tests == run.tests && is_told;
    let others = run.skipped.saturating_add(run.risky);
    let passed = run.tests.saturating_sub(run.failed).saturating_sub(others);
    if complete {
        outside.push_str(rest);
    }
    let said = said_beside::read(&outside);
    let mut failures = run.failures;
    let mut hidden = 0;
    // Reports of some programs list a test that took too long as passed
    for name in said.timeouts {
        if !failures.0.iter().any(|failure| name.ends_with(&failure.name)) {
            failures.push(TestFailure { name, ..TestFailure::default() });
            hidden += 1;
        }
    }
    let hides = said.failed > count(failures.0.len()) || said.left_out;
    let report = Report::named(failures.0, complete && agrees, Some(passed.saturating_sub(hidden)));
    Report { partial: hides, ..report }
}

/// The position of the next report.
fn start(text: &str) -> Option<usize> {
    const TAG: &str = "<testsuite";
    text.match_indices(TAG).map(|(at, _)| at).find(|at| {
        let after = text.get(at + TAG.len()..).unwrap_or_default();
        after.strip_prefix('s').unwrap_or(after).starts_with(['>', ' ', '\n', '\t', '/'])
    })
}

impl Run {
    /// Reads one report; returns its length in bytes, or `None` if it is not complete.
    fn read(&mut self, text: &str) -> Option<usize> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        self.depth = 0;
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => self.open(&tag, false),
                Ok(Event::Empty(tag)) => self.open(&tag, true),
                Ok(Event::End(tag)) => self.close(tag.local_name().as_ref()),
                Ok(Event::Text(said)) if self.in_message => self.say(&String::from_utf8_lossy(&said)),
                Ok(Event::CData(said)) if self.in_message => self.say(&String::from_utf8_lossy(&said)),
                Ok(Event::Eof) | Err(_) => return None,
                Ok(_) => {}
            }
            if self.depth == 0 {
                return usize::try_from(reader.buffer_position()).ok();
            }
        }
    }

    fn say(&mut self, text: &str) {
        if self.message.len() < 4_000 {
            self.message.push_str(text);
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, is_empty: bool) {
        match tag.local_name().as_ref() {
            b"testsuites" | b"testsuite" if self.depth == 0 && number(tag, "tests").is_some() => {
                self.tells = true;
                let told = |key| number(tag, key).unwrap_or(0);
                self.told_tests = self.told_tests.saturating_add(told("tests"));
                let (failures, errors) = (told("failures"), told("errors"));
                self.told_failed = self.told_failed.saturating_add(failures.saturating_add(errors));
                self.told_twice = self.told_twice.saturating_add(failures);
                self.differs |= failures != errors;
            }
            b"testcase" => {
                let file = attribute(tag, "file");
                let class = attribute(tag, "classname").filter(|class| !class.is_empty());
                self.case = Some(TestFailure {
                    name: name(&attribute(tag, "name").unwrap_or_default()),
                    suite: class.or_else(|| file.clone()).map(|suite| name(&suite)),
                    file,
                    line: number(tag, "line"),
                    ..TestFailure::default()
                });
                (self.is_failed, self.is_skipped, self.is_risky) = (false, false, false);
                self.is_unstarted = attribute(tag, "status").is_some_and(|status| status == "notrun");
                self.message.clear();
            }
            // PHPUnit: a test that asserts nothing, which fails nothing
            b"error" if attribute(tag, "type").is_some_and(|kind| kind.ends_with("RiskyTestError")) => {
                self.is_risky = true;
            }
            b"failure" | b"error" if self.case.is_some() => {
                self.is_failed = true;
                self.in_message = !is_empty;
                self.message.push_str(&attribute(tag, "message").unwrap_or_default());
                self.message.push('\n');
            }
            b"skipped" => {
                // CTest: unless the test asked for it, one that cannot be started has failed
                let why = attribute(tag, "message").unwrap_or_default();
                if self.is_unstarted && !why.is_empty() && !why.starts_with("SKIP_") {
                    self.is_failed = true;
                    self.unstarted = self.unstarted.saturating_add(1);
                    self.message.push_str(&why);
                } else {
                    self.is_skipped = true;
                }
            }
            _ => {}
        }
        if is_empty {
            self.depth += 1;
            self.close(tag.local_name().as_ref());
        } else {
            self.depth += 1;
        }
    }

    fn close(&mut self, tag: &[u8]) {
        self.depth = self.depth.saturating_sub(1);
        match tag {
            b"failure" | b"error" => self.in_message = false,
            b"testcase" => {
                let Some(case) = self.case.take() else { return };
                self.tests = self.tests.saturating_add(1);
                // A test that is still to do may have failed besides
                if self.is_failed && !self.is_skipped {
                    self.failed = self.failed.saturating_add(1);
                    let lines: Vec<&str> = self.message.lines().take(100).collect();
                    self.failures.push(TestFailure { detail: detail(&lines), ..case });
                } else if self.is_risky {
                    self.risky = self.risky.saturating_add(1);
                } else if self.is_skipped {
                    self.skipped = self.skipped.saturating_add(1);
                }
            }
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, key: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(key).ok()??;
    let raw = String::from_utf8_lossy(&attribute.value).into_owned();
    Some(quick_xml::escape::unescape(&raw).map_or_else(|_| raw.clone(), |text| text.into_owned()))
}

fn number(tag: &BytesStart<'_>, key: &str) -> Option<u32> {
    attribute(tag, key)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::parse::fixtures::check;

    #[test]
    fn a_report_in_an_output() {
        check(
            parse,
            "building\n<?xml version=\"1.0\"?>\n<testsuites tests=\"3\" failures=\"1\" errors=\"0\">\n<testsuite name=\"a\">\
             <testcase name=\"adds &lt;1&gt;\" classname=\"Cart\" file=\"a.php\" line=\"4\"><failure message=\"no\">got \
             2</failure></testcase><testcase name=\"b\"/><testcase name=\"c\"><skipped/></testcase></testsuite>\n</testsuites>\ndone\n",
            expect![[r#"
                passed: Some(1)
                - [Cart] adds <1> @ a.php:4 | no
            "#]],
        );
    }

    #[test]
    fn a_report_that_is_cut_or_disagrees_has_no_names() {
        let whole =
            "<testsuite tests=\"2\" failures=\"1\"><testcase name=\"a\"><failure/></testcase></testsuite>";
        assert_eq!(parse(whole).failing, None);
        assert_eq!(parse(&whole.replace("</testsuite>", "")).failing, None);
        assert_eq!(parse("no <testsuited> here"), Report::default());
    }

    #[test]
    fn a_test_that_could_not_start_or_took_too_long_has_failed() {
        let ctest = "<testsuite tests=\"3\" failures=\"1\" skipped=\"2\"><testcase name=\"a\" status=\"fail\"><failure message=\"\"/></testcase>\
                     <testcase name=\"b\" status=\"notrun\"><skipped message=\"Unable to find executable\"/></testcase>\
                     <testcase name=\"c\" status=\"notrun\"><skipped message=\"SKIP_RETURN_CODE=77\"/></testcase></testsuite>";
        check(
            parse,
            &format!("33% tests passed, 2 tests failed out of 3\n{ctest}"),
            expect![[r#"
                passed: Some(0)
                - [] a | -
                - [] b | Unable to find executable
            "#]],
        );
        let meson = "5/5 x / slow       TIMEOUT         1.03s   killed by signal 15 SIGTERM\nFail:               1\nTimeout:            1\n\
                     <testsuites tests=\"2\" failures=\"1\"><testsuite name=\"x\"><testcase name=\"x / bad\"><failure/></testcase>\
                     <testcase name=\"x / slow\"/></testsuite></testsuites>";
        check(
            parse,
            meson,
            expect![[r#"
                passed: Some(0)
                - [] x / bad | -
                - [] x / slow | -
            "#]],
        );
    }

    #[test]
    fn a_risky_test_fails_nothing() {
        check(
            parse,
            "<testsuites><testsuite tests=\"2\" failures=\"0\" errors=\"1\"><testcase name=\"a\"><error type=\"PHPUnit\\Framework\\RiskyTestError\">\
             no assertions</error></testcase><testcase name=\"b\"/></testsuite></testsuites>",
            expect![[r#"
                passed: Some(1)
            "#]],
        );
    }

    #[test]
    fn a_test_to_do_that_fails_is_none() {
        check(
            parse,
            "<testsuite tests=\"2\" failures=\"0\"><testcase name=\"a\"><skipped type=\"todo\"/><failure/></testcase><testcase name=\"b\"/></testsuite>",
            expect![[r#"
                passed: Some(1)
            "#]],
        );
    }
}
