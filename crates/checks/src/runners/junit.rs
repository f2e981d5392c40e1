//! JUnit's XML, which runners of every language can write; read if the output contains a report.
//!
//! It recognises no command and narrows none: `parse` tries it if a runner's own output is missing. It opens no file;
//! `process` adds the text of report files to the output.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Command, Filter, Language, Narrowed, Row};
use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{Failures, detail, name};

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
    /// The counts in the outermost elements, if they have any.
    told_tests: u32,
    told_failed: u32,
    tells: bool,
    depth: u32,
    case: Option<TestFailure>,
    /// Whether the current case failed, and how.
    is_failed: bool,
    is_skipped: bool,
    message: String,
    in_message: bool,
}

fn parse(text: &str) -> Report {
    let mut run = Run::default();
    let mut rest = text;
    let mut reports = 0;
    let mut complete = true;
    while let Some(at) = start(rest) {
        let from = rest.get(at..).unwrap_or_default();
        reports += 1;
        let Some(used) = run.read(from) else {
            complete = false;
            break;
        };
        rest = from.get(used..).unwrap_or_default();
    }
    if reports == 0 || (!complete && run.tests == 0) {
        return Report::default();
    }
    let agrees = !run.tells || (run.told_tests == run.tests && run.told_failed == run.failed);
    let passed = run.tests.saturating_sub(run.failed).saturating_sub(run.skipped);
    Report::named(run.failures.0, complete && agrees, Some(passed))
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
                let failed = told("failures").saturating_add(told("errors"));
                self.told_failed = self.told_failed.saturating_add(failed);
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
                (self.is_failed, self.is_skipped) = (false, false);
                self.message.clear();
            }
            b"failure" | b"error" if self.case.is_some() => {
                self.is_failed = true;
                self.in_message = !is_empty;
                self.message.push_str(&attribute(tag, "message").unwrap_or_default());
                self.message.push('\n');
            }
            b"skipped" => self.is_skipped = true,
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
