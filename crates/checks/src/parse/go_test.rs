//! `go test`: plain, `-v` and `-json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Failures, Report, cut, detail, name, place};
use crate::outcome::TestFailure;

pub(super) fn parse(text: &str) -> Report {
    let is_json = text.lines().any(|line| line.starts_with('{') && line.contains("\"Action\":"));
    let mut run = Run::default();
    if is_json {
        run.read_json(text);
    } else {
        for line in text.lines() {
            run.line(line);
        }
    }
    run.report()
}

/// What has been read so far. Tests belong to the package whose line follows.
#[derive(Default)]
struct Run {
    failures: Failures,
    packages: u32,
    passed_packages: u32,
    passed_tests: u32,
    /// Tests of the package that is being read, in order of their verdicts.
    failing: Vec<String>,
    said: BTreeMap<String, Vec<String>>,
    speaking: Option<String>,
    /// The compiler's words, by package.
    broken: BTreeMap<String, Vec<String>>,
    compiling: Option<String>,
}

/// Lines kept of what a test says.
const MAX_LINES: usize = 100;

impl Run {
    fn line(&mut self, line: &str) {
        let body = line.trim_start();
        if let Some(rest) = body.strip_prefix("=== ") {
            let mut words = rest.split_whitespace();
            let is_turn = matches!(words.next(), Some("RUN" | "CONT" | "NAME"));
            self.speaking = words.next().filter(|_| is_turn).map(str::to_owned);
        } else if let Some(test) = body.strip_prefix("--- FAIL: ").and_then(test_of) {
            self.failing.push(test.clone());
            self.speaking = Some(test);
        } else if body.strip_prefix("--- PASS: ").and_then(test_of).is_some() {
            self.passed_tests = self.passed_tests.saturating_add(1);
        } else if let Some(package) = line.strip_prefix("# ") {
            // `# package [package.test]`
            self.compiling = Some(package.split(' ').next().unwrap_or(package).to_owned());
        } else if let Some(rest) = line.strip_prefix("ok  \t") {
            self.packages += 1;
            self.passed_packages += u32::from(!rest.contains("[no tests to run]"));
            self.close(rest, true);
        } else if let Some(rest) = line.strip_prefix("FAIL\t") {
            self.packages += 1;
            self.close(rest, false);
        } else if line.ends_with("[no test files]") {
            self.packages += 1;
            self.close(line, true);
        } else if let Some(package) = &self.compiling {
            push(self.broken.entry(package.clone()).or_default(), line);
        } else if let Some(test) = &self.speaking {
            push(self.said.entry(test.clone()).or_default(), line);
        }
    }

    /// The package's own line: it ends what belongs to it.
    fn close(&mut self, rest: &str, passed: bool) {
        let package = rest.split(['\t', ' ']).next().unwrap_or(rest).to_owned();
        let failing = std::mem::take(&mut self.failing);
        let said = std::mem::take(&mut self.said);
        self.speaking = None;
        self.compiling = None;
        if passed {
            return;
        }
        let mut named = false;
        let all: BTreeSet<&str> = failing.iter().map(String::as_str).collect();
        for test in &failing {
            // a parent fails only because of its children
            let children = format!("{test}/");
            if all.range(children.as_str()..).next().is_some_and(|next| next.starts_with(&children)) {
                continue;
            }
            named = true;
            self.failures.push(failure(&package, test, said.get(test).map_or(&[], Vec::as_slice)));
        }
        if !named {
            // it did not build, or something ended it outside of a test
            let why = rest
                .split_once('[')
                .map_or("failed outside of its tests", |(_, why)| why.trim_end_matches(']'));
            let broken = self.broken.remove(&package);
            let lines = broken.or_else(|| said.into_values().next()).unwrap_or_default();
            self.failures.push(failure(&package, why, &lines));
        }
    }

    fn read_json(&mut self, text: &str) {
        let mut running: BTreeMap<String, Run> = BTreeMap::new();
        for line in text.lines() {
            let Ok(event) = serde_json::from_str::<Event>(line) else {
                self.line(line);
                continue;
            };
            let package = event.package.or(event.import_path).unwrap_or_default();
            let run = running.entry(package.clone()).or_default();
            match (event.action.as_str(), event.test) {
                ("output" | "build-output", test) => {
                    let output = event.output.unwrap_or_default();
                    let output = output.trim_end_matches('\n');
                    let is_frame =
                        output.trim_start().starts_with("=== ") || output.trim_start().starts_with("--- ");
                    match test {
                        Some(test) if !is_frame => push(run.said.entry(test).or_default(), output),
                        None if event.action == "build-output" => {
                            push(run.broken.entry(package).or_default(), output);
                        }
                        _ => {}
                    }
                }
                ("pass", Some(_)) => run.passed_tests += 1,
                ("fail", Some(test)) => run.failing.push(test),
                ("pass" | "skip", None) => {
                    run.packages += 1;
                    run.passed_packages += u32::from(event.action == "pass");
                    run.close(&package, true);
                }
                ("fail", None) => {
                    run.packages += 1;
                    // what the compiler said stands outside of the events in older versions
                    let said = self.broken.remove(&package);
                    run.broken.extend(said.map(|lines| (package.clone(), lines)));
                    run.close(&package, false);
                }
                _ => {}
            }
        }
        for run in running.into_values() {
            self.packages += run.packages;
            self.passed_packages += run.passed_packages;
            self.passed_tests += run.passed_tests;
            for failure in run.failures.0 {
                self.failures.push(failure);
            }
        }
    }

    fn report(self) -> Report {
        if self.packages == 0 {
            return Report::default();
        }
        // without -v only packages are told
        let passed = if self.passed_tests > 0 { self.passed_tests } else { self.passed_packages };
        Report::named(self.failures.0, true, Some(passed))
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Action")]
    action: String,
    #[serde(rename = "Package")]
    package: Option<String>,
    #[serde(rename = "ImportPath")]
    import_path: Option<String>,
    #[serde(rename = "Test")]
    test: Option<String>,
    #[serde(rename = "Output")]
    output: Option<String>,
}

fn push(lines: &mut Vec<String>, line: &str) {
    if lines.len() < MAX_LINES {
        lines.push(cut(line, 1_000).to_owned());
    }
}

/// `TestSub/case_one (0.00s)` → `TestSub/case_one`
fn test_of(rest: &str) -> Option<String> {
    let (test, time) = rest.rsplit_once(" (")?;
    time.ends_with("s)").then(|| test.to_owned())
}

fn failure(package: &str, test: &str, lines: &[String]) -> TestFailure {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let message = lines.split(|line| line.starts_with("goroutine ")).next().unwrap_or_default();
    let at = message.iter().find_map(|line| {
        let (at, _) = line.trim_start().split_once(": ")?;
        place(at).filter(|(file, _)| file.ends_with(".go"))
    });
    TestFailure {
        name: name(test),
        suite: Some(name(package)),
        detail: detail(message),
        file: at.map(|(file, _)| file.to_owned()),
        line: at.map(|(_, line)| line),
    }
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
    fn a_real_run() {
        check(
            include_str!("../../fixtures/go_test.txt"),
            expect![[r#"
            passed: Some(1)
            - [example.com/m/a] TestAdd @ a_test.go:3 | a_test.go:3: got 2
            - [example.com/m/a] TestSub/case_one @ a_test.go:7 | a_test.go:7: boom
            - [example.com/m/d] build failed @ d/d_test.go:3 | d/d_test.go:3:28: undefined: x
            - [example.com/m/e] TestP | panic: no [recovered]
        "#]],
        );
    }

    #[test]
    fn a_real_run_with_v() {
        check(
            include_str!("../../fixtures/go_test_verbose.txt"),
            expect![[r#"
            passed: Some(3)
            - [example.com/m/a] TestAdd @ a_test.go:3 | a_test.go:3: got 2
            - [example.com/m/a] TestSub/case_one @ a_test.go:7 | a_test.go:7: boom
            - [example.com/m/d] build failed @ d/d_test.go:3 | d/d_test.go:3:28: undefined: x
            - [example.com/m/e] TestP | panic: no [recovered]
        "#]],
        );
    }

    #[test]
    fn a_real_run_with_json() {
        check(
            include_str!("../../fixtures/go_test.jsonl"),
            expect![[r#"
            passed: Some(3)
            - [example.com/m/d] build failed @ d/d_test.go:3 | d/d_test.go:3:28: undefined: x
            - [example.com/m/a] TestAdd @ a_test.go:3 | a_test.go:3: got 2
            - [example.com/m/a] TestSub/case_one @ a_test.go:7 | a_test.go:7: boom
            - [example.com/m/e] TestP | panic: no [recovered]
        "#]],
        );
    }

    #[test]
    fn nothing_to_test() {
        check(
            "?   \texample.com/m\t[no test files]\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            "ok  \texample.com/m\t0.001s [no tests to run]\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            "go: cannot find main module\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }
}
