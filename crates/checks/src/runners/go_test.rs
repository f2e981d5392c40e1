//! `go test`: plain, `-v` and `-json`, with the specs of Ginkgo and gocheck.
//!
//! Specs replace the function that holds them only if their number equals the reported one. A file is narrowed
//! to its package, without looking up which tests it contains.

use std::collections::{BTreeMap, BTreeSet};

use super::{Command, Filter, GoEvent, Language, Narrowed, Row};
use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{self, Failures, indent, place};

pub(super) const ROW: Row = Row { language: Language::Go, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    command.program == "go" && command.first() == Some("test") && !command.has("-c")
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file {
        let folder = filter.text.rsplit_once('/').map_or(".", |(folder, _)| folder);
        return Narrowed::one(format!("./{folder}"));
    }
    let test = filter.text.rsplit_once('.').map_or(filter.text, |(_, test)| test);
    let parts: Vec<_> = test.split('/').map(|part| format!("^{}$", regex::escape(part))).collect();
    Narrowed::two("-run", parts.join("/"))
}

fn parse(text: &str) -> Report {
    let is_json = text.lines().any(|line| line.starts_with('{') && line.contains("\"Action\":"));
    let mut run = Run::default();
    if is_json {
        run.read_json(text);
    } else {
        run.is_strict = FRAMES.iter().any(|frame| text.contains(frame));
        run.lists_starts = lists_starts(text);
        for line in text.lines() {
            run.printed = false;
            run.line(line);
            run.after = if line.trim().is_empty() { run.after } else { ends_binary(line) && !run.printed };
            run.before = if line.trim().is_empty() { run.before } else { line };
        }
    }
    run.report()
}

/// The content that was read so far. Tests belong to the package whose line follows.
#[derive(Default)]
struct Run<'a> {
    failures: Failures,
    packages: u32,
    passed_packages: u32,
    passed_tests: u32,
    /// A package ended before all its tests had a verdict.
    died: bool,
    package: Package,
    /// Whether the run tells the start of each test; without that, such a line was printed by one.
    lists_starts: bool,
    /// Whether each failing package's line stands below its binary's own last line, and whether this line does.
    is_strict: bool,
    after: bool,
    /// Whether the current line was printed by a test, and the last line that is not blank.
    printed: bool,
    before: &'a str,
    /// The compiler's messages, by package.
    broken: BTreeMap<String, Vec<String>>,
    compiling: Option<String>,
}

/// The package that is being read.
#[derive(Default)]
struct Package {
    /// Failing tests, in the order of their verdicts.
    failing: Vec<String>,
    /// Tests that started (only `-v` and `-json` list them), and those with a verdict.
    started: BTreeSet<String>,
    ended: BTreeSet<String>,
    /// Failing tests whose verdict follows their output on the same line.
    glued: BTreeSet<String>,
    said: BTreeMap<String, Vec<String>>,
    speaking: Option<String>,
    panicked: bool,
    /// The tests that were running at the time limit, or at a panic.
    running: Vec<String>,
    lists_running: bool,
    /// Specs of one test function, and the number of failures that they report.
    specs: Vec<String>,
    spec_count: Option<u32>,
}

/// The most lines of one test's output.
const MAX_LINES: usize = 100;

/// The end of a failing package's output, in its usual forms.
const FRAMES: [&str; 2] = ["\nFAIL\nFAIL\t", "\nexit status 1\nFAIL\t"];

/// Whether each verdict has a line about the start of its test.
fn lists_starts(text: &str) -> bool {
    let starts = text.lines().filter(|line| line.trim_start().starts_with("=== RUN ")).count();
    let words = ["--- FAIL: ", "--- PASS: ", "--- SKIP: "];
    let verdicts = text.lines().filter(|line| words.iter().any(|word| line.contains(word))).count();
    starts > 0 && starts * 2 >= verdicts
}

/// Whether a test binary, or `go test` for it, ends its output with this line.
fn ends_binary(line: &str) -> bool {
    line == "FAIL"
        || [
            "=== RUN ",
            "exit status ",
            "signal: ",
            "coverage: ",
            "*** ",
            "panic: ",
            "ok  \t",
            "FAIL\t",
            "?   \t",
        ]
        .iter()
        .any(|start| line.starts_with(start))
}

impl<'a> Run<'a> {
    /// Whether the line of a failing package is not one that a test printed.
    fn is_own(&self, rest: &str) -> bool {
        let is_reason = rest.trim_end().ends_with(']');
        // Go itself adds the time or the reason
        if !is_reason && !rest.trim_end().contains('\t') {
            return false;
        }
        // A binary says so only after its tests
        let is_quoted = self.before == "FAIL" && self.package.is_running();
        is_reason || self.package.panicked || (!self.is_strict || self.after) && !is_quoted
    }

    /// Whether the line of a passing package is not one that a test printed: while its tests run, or with a failing
    /// one, no package passes.
    fn is_own_pass(&self) -> bool {
        let is_quiet = self.package.failing.is_empty() && !self.package.is_running();
        is_quiet || self.before == "PASS" || self.before.starts_with("coverage: ")
    }

    fn line(&mut self, line: &'a str) {
        let body = line.trim_start();
        if let Some(rest) = body.strip_prefix("=== ") {
            self.package.turn(rest, self.lists_starts);
        } else if let Some((verdict, test)) = verdict(line, &self.package.started) {
            // The compiler's messages are over
            self.compiling = None;
            if !line.trim_start().starts_with("--- ") {
                self.package.glued.insert(test.clone());
            }
            self.package.verdict(verdict, test, &mut self.passed_tests);
        } else if let Some(package) = line.strip_prefix("# ") {
            // `# package [package.test]`
            self.compiling = Some(package.split(' ').next().unwrap_or(package).to_owned());
        } else if let Some(rest) = line.strip_prefix("ok  \t").filter(|_| self.is_own_pass()) {
            self.packages += 1;
            self.passed_packages += u32::from(!rest.contains("[no tests to run]"));
            self.close(rest, true);
        } else if let Some(rest) = line.strip_prefix("FAIL\t").filter(|rest| self.is_own(rest)) {
            self.packages += 1;
            self.close(rest, false);
        } else if line.ends_with("[no test files]") {
            self.packages += 1;
            self.close(line, true);
        } else if let Some(package) = &self.compiling {
            push(self.broken.entry(package.clone()).or_default(), line);
        } else {
            self.printed = ["ok  \t", "FAIL\t"].iter().any(|start| line.starts_with(start));
            self.package.hear(line);
            if let Some(test) = &self.package.speaking {
                push(self.package.said.entry(test.clone()).or_default(), line);
            }
        }
    }

    /// Reads the package's own line, which ends its output.
    fn close(&mut self, rest: &str, passed: bool) {
        let name_of = rest.trim_start_matches('?').trim_start();
        let package = name_of.split(['\t', ' ']).next().unwrap_or(name_of).to_owned();
        let mut read = std::mem::take(&mut self.package);
        self.compiling = None;
        if passed {
            return;
        }
        self.died |= read.panicked;
        read.blame_running();
        if read.tells_specs(&package, &mut self.failures) {
            return;
        }
        let mut named = false;
        let all: BTreeSet<&str> = read.failing.iter().map(String::as_str).collect();
        // A parent failed only because of its children
        let is_parent = |test: &str| {
            let children = format!("{test}/");
            all.range(children.as_str()..).next().is_some_and(|next| next.starts_with(&children))
        };
        let any_explained = read.failing.iter().any(|test| read.is_explained(test));
        for test in read.failing.iter().filter(|test| !is_parent(test)) {
            // Beside failures with a message, one without may be a printed line
            if any_explained && read.started.is_empty() && !read.is_explained(test) {
                self.died = true;
                continue;
            }
            named = true;
            let said = read.said.get(test).map_or(&[][..], Vec::as_slice);
            self.failures.push(failure(&package, test, said));
        }
        if !named {
            // It did not build, or something outside of a test ended it
            let why = rest.split_once('[').map(|(_, why)| why.trim_end_matches(']'));
            self.died |= why.is_none();
            let broken = self.broken.remove(&package);
            let lines = broken.or_else(|| read.said.into_values().next()).unwrap_or_default();
            self.failures.push(failure(&package, why.unwrap_or("failed outside of its tests"), &lines));
        }
    }

    fn read_json(&mut self, text: &'a str) {
        let mut running: BTreeMap<String, Run<'_>> = BTreeMap::new();
        for line in text.lines() {
            let Some(event) = GoEvent::read(line) else {
                self.line(line);
                continue;
            };
            let package = event.package.or(event.import_path).unwrap_or_default();
            let run = running.entry(package.clone()).or_default();
            match (event.action.as_str(), event.test) {
                ("output" | "build-output", test) => {
                    let output = event.output.unwrap_or_default();
                    run.heard(&package, test, output.trim_end_matches('\n'), event.action == "build-output");
                }
                ("run", Some(test)) => {
                    run.package.started.insert(test);
                }
                ("pass" | "skip", Some(test)) => {
                    run.passed_tests += u32::from(event.action == "pass");
                    // The event outweighs a verdict that was printed before it
                    run.package.failing.retain(|failing| *failing != test);
                    run.package.ended.insert(test);
                }
                // One that never began was only printed
                ("fail", Some(test)) if run.package.began(&test) => run.package.fails(test),
                ("pass" | "skip", None) => {
                    run.packages += 1;
                    run.passed_packages += u32::from(event.action == "pass");
                    run.close(&package, true);
                }
                ("fail", None) => {
                    run.packages += 1;
                    // In older versions the compiler's messages are outside of the events
                    let said = self.broken.remove(&package);
                    run.broken.extend(said.map(|lines| (package.clone(), lines)));
                    run.close(&package, false);
                }
                _ => {}
            }
        }
        for run in running.into_values() {
            self.died |= run.died || !run.package.started.is_empty();
            self.packages += run.packages;
            self.passed_packages += run.passed_packages;
            self.passed_tests += run.passed_tests;
            for failure in run.failures.0 {
                self.failures.push(failure);
            }
        }
    }

    /// Reads an output event of a package.
    fn heard(&mut self, package: &str, test: Option<String>, output: &str, is_build: bool) {
        if let Some(test) = test {
            // A verdict on the same line as a test's output has no event of its own
            if let Some((Verdict::Fail, glued)) = verdict(output, &self.package.started) {
                self.package.fails(glued);
            }
            self.package.hear(output);
            let is_frame = ["=== ", "--- "].iter().any(|mark| output.trim_start().starts_with(mark));
            if !is_frame {
                push(self.package.said.entry(test).or_default(), output);
            }
        } else if is_build {
            push(self.broken.entry(package.to_owned()).or_default(), output);
        } else {
            self.package.hear(output);
        }
    }

    fn report(self) -> Report {
        if self.packages == 0 {
            return Report::default();
        }
        // Without -v only packages are listed
        let passed = if self.passed_tests > 0 { self.passed_tests } else { self.passed_packages };
        // Output after the last package's line belongs to a package that never ended
        let open = !self.package.failing.is_empty() || !self.package.started.is_empty();
        Report { partial: self.died || open, ..Report::named(self.failures.0, true, Some(passed)) }
    }
}

impl Package {
    /// `=== RUN   TestX`, `=== CONT  TestX`
    fn turn(&mut self, rest: &str, lists_starts: bool) {
        let mut words = rest.split_whitespace();
        let turn = words.next();
        let test = words.next().map(str::to_owned);
        if let (Some("RUN"), Some(test), true) = (turn, &test, lists_starts) {
            self.started.insert(test.clone());
        }
        self.speaking = test.filter(|_| matches!(turn, Some("RUN" | "CONT" | "NAME")));
    }

    fn verdict(&mut self, verdict: Verdict, test: String, passed: &mut u32) {
        match verdict {
            Verdict::Fail => {
                self.speaking = Some(test.clone());
                self.fails(test);
            }
            Verdict::Pass => {
                *passed = passed.saturating_add(1);
                self.ended.insert(test);
            }
            Verdict::Skip => {
                self.ended.insert(test);
            }
        }
    }

    /// Whether a test has started and has no verdict yet.
    fn is_running(&self) -> bool {
        self.started.iter().any(|test| !test.contains('/') && !self.ended.contains(test))
    }

    /// Whether a verdict stands behind a test's output, or before the test's own message.
    fn is_explained(&self, test: &str) -> bool {
        let is_message = |line: &String| {
            line.starts_with("    ")
                || ["panic: ", "fatal error: ", "got:"].iter().any(|start| line.starts_with(start))
        };
        self.glued.contains(test) || self.said.get(test).and_then(|said| said.first()).is_some_and(is_message)
    }

    fn began(&self, test: &str) -> bool {
        self.started.is_empty() || self.started.contains(test)
    }

    fn fails(&mut self, test: String) {
        if self.ended.insert(test.clone()) {
            self.failing.push(test);
        }
    }

    /// Reads a line without a verdict: a panic, running tests, specs.
    fn hear(&mut self, line: &str) {
        let body = line.trim();
        if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
            self.panicked = true;
        } else if body == "running tests:" {
            self.lists_running = true;
        } else if self.lists_running && line.starts_with('\t') {
            let test = body.split(" (").next().unwrap_or(body);
            self.running.push(test.to_owned());
        } else if self.panicked
            && self.running.is_empty()
            && let Some(test) = test_frame(line)
        {
            self.lists_running = false;
            self.running.push(test);
        } else if let Some(spec) = body.strip_prefix('[').and_then(|rest| spec_of(rest, line)) {
            self.specs.push(spec);
        } else if let Some(spec) = gocheck_of(body) {
            self.specs.push(spec);
        } else if let Some(count) = spec_total(body) {
            self.spec_count = Some(self.spec_count.unwrap_or(0).saturating_add(count));
        } else {
            self.lists_running = false;
        }
    }

    /// After a panic, the running tests count as failed.
    fn blame_running(&mut self) {
        if !self.panicked || !self.failing.is_empty() {
            return;
        }
        let open: Vec<String> = self.started.difference(&self.ended).cloned().collect();
        let told = std::mem::take(&mut self.running);
        let blamed = match (told.is_empty(), open.as_slice()) {
            (false, _) => told,
            (true, [only]) => vec![only.clone()],
            // Of a test and its subtests, the innermost counts
            (true, [first, .., last]) if last.starts_with(&format!("{first}/")) => vec![last.clone()],
            (true, _) => Vec::new(),
        };
        for test in blamed {
            self.fails(test);
        }
    }

    /// Replaces functions by their specs, if the number of specs equals the reported one.
    fn tells_specs(&mut self, package: &str, failures: &mut Failures) -> bool {
        let agrees = self.spec_count.is_some_and(|count| usize::try_from(count) == Ok(self.specs.len()));
        if !agrees || self.specs.is_empty() {
            return false;
        }
        let said: Vec<String> = self.said.values().flatten().cloned().collect();
        for spec in &self.specs {
            failures.push(TestFailure { detail: None, ..failure(package, spec, &said) });
        }
        true
    }
}

/// The verdict that a line contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Fail,
    Skip,
}

/// `    --- FAIL: TestSub/case_one (0.00s)`, also after a test's output without a line end. A quoted verdict is
/// at another position than a real one.
fn verdict(line: &str, started: &BTreeSet<String>) -> Option<(Verdict, String)> {
    let at = line.rfind("--- ")?;
    let rest = line.get(at + 4..)?;
    let verdict = match rest.get(..6)? {
        "FAIL: " => Verdict::Fail,
        "PASS: " => Verdict::Pass,
        "SKIP: " => Verdict::Skip,
        _ => return None,
    };
    let (test, time) = rest.get(6..)?.trim_end().rsplit_once(" (")?;
    let seconds = time.strip_suffix("s)")?;
    if seconds.parse::<f64>().is_err() || test.is_empty() || test.contains(' ') {
        return None;
    }
    // A subtest's verdict is indented by its depth, unless it is printed at once
    let before = line.get(..at)?;
    if is_log(before) {
        return None;
    }
    let depth = test.matches('/').count();
    let is_known = started.is_empty() || started.contains(test);
    let fits = match (before.trim().is_empty(), started.is_empty()) {
        // A subtest's own name may hold a slash
        (true, true) => (4 * depth.min(1)..=4 * depth).contains(&indent(before)),
        (true, false) => indent(before) <= 4 * depth,
        (false, is_plain) => !is_plain || depth == 0,
    };
    (is_known && fits).then(|| (verdict, test.to_owned()))
}

/// `    a_test.go:6: `, as `t.Log` begins a line.
fn is_log(before: &str) -> bool {
    let at = before.trim().strip_suffix(':').and_then(place);
    before.starts_with("    ") && at.is_some_and(|(file, _)| file.ends_with(".go"))
}

/// `example.org/m/slow.TestNeverEnds(0xc0)` in a stack → `TestNeverEnds`
fn test_frame(line: &str) -> Option<String> {
    let function = line.split_once('(')?.0.rsplit('/').next()?;
    let (_, test) = function.split_once('.')?;
    let is_test = ["Test", "Fuzz", "Example"].iter().any(|word| test.starts_with(word));
    (is_test && test.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then(|| test.to_owned())
}

/// Ginkgo's summary: `  [FAIL] Cart [It] adds`
fn spec_of(rest: &str, line: &str) -> Option<String> {
    let (mark, spec) = rest.split_once("] ")?;
    let is_mark = ["FAIL", "PANICKED!", "TIMEDOUT", "INTERRUPTED", "ABORTED"].contains(&mark)
        || mark == "Fail"
        || mark == "Panic!";
    (is_mark && line.starts_with([' ', '[']) && !spec.is_empty() && indent(line) <= 2)
        .then(|| spec.to_owned())
}

/// gocheck: `FAIL: a_test.go:12: Suite.TestX`
fn gocheck_of(body: &str) -> Option<String> {
    let rest = body.strip_prefix("FAIL: ").or_else(|| body.strip_prefix("PANIC: "))?;
    let (at, test) = rest.rsplit_once(": ")?;
    let is_place = place(at).is_some_and(|(file, _)| file.ends_with(".go"));
    (is_place && test.contains('.') && !test.contains(' ')).then(|| test.to_owned())
}

/// `FAIL! -- 1 Passed | 2 Failed | …` (Ginkgo), `OOPS: 3 passed, 1 FAILED` (gocheck)
fn spec_total(body: &str) -> Option<u32> {
    let counts = body.strip_prefix("FAIL! -- ").or_else(|| body.strip_prefix("OOPS: "))?;
    let numbers = counts.split(['|', ',']).filter_map(|part| part.trim().split_once(' '));
    let failed = numbers.filter(|(_, word)| ["Failed", "FAILED", "PANICKED"].contains(word));
    let mut total = None;
    for (number, _) in failed {
        total = Some(total.unwrap_or(0_u32).saturating_add(number.parse().ok()?));
    }
    total
}

fn push(lines: &mut Vec<String>, line: &str) {
    if lines.len() < MAX_LINES {
        lines.push(shared::text::start_of(line, 1_000).to_owned());
    }
}

fn failure(package: &str, test: &str, lines: &[String]) -> TestFailure {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let message = lines.split(|line| line.starts_with("goroutine ")).next().unwrap_or_default();
    let at = message.iter().find_map(|line| {
        let (at, _) = line.trim_start().split_once(": ")?;
        place(at).filter(|(file, _)| file.ends_with(".go"))
    });
    text::failure(Some(package), test, message, at)
}

#[cfg(test)]
#[path = "go_test_tests.rs"]
mod tests;
