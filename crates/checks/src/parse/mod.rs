//! Reads the output of a check: separates the lines of each package ([`streams`]), reads each part with
//! the row of its runner ([`crate::runners`]), and joins the results. Pure functions of the text, linear
//! in its length.
//!
//! Names count only if they agree with the runner's own summary. A run without a summary, or with one
//! that disagrees, has no names; [`crate::compare`] then knows nothing about failures, instead of
//! assuming none.
//!
//! These readers are our own, although libraries exist for the formats: projects print for people, in
//! forms that differ between versions, mixed with logs. JUnit's XML and JSON go through `quick-xml` and
//! `serde_json`.

#[cfg(test)]
pub(crate) mod fixtures;
pub(crate) mod json;
pub(crate) mod seen;
mod streams;
pub(crate) mod tap;
pub(crate) mod text;

use crate::outcome::{End, TestFailure};
use crate::runners::{Command, Runner};
use crate::shell;
use text::{MAX_FAILURES, count};

pub(crate) use text::place;

/// The content of a runner's output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `None` if the names could not be read completely.
    pub failing: Option<Vec<TestFailure>>,
    /// `None` if the runner did not reach its summary.
    pub passed: Option<u32>,
    /// Some tests that ran have no readable verdict: `failing` may lack names.
    pub partial: bool,
    /// The run stopped at a failure, so other tests never ran.
    pub stopped: bool,
}

/// The content of an output, and its runner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The runner whose output was read; `None` if there is none, or several.
    pub runner: Option<Runner>,
    pub report: Report,
}

/// Reads the output of a runner.
pub fn parse(runner: Runner, text: &str) -> Report {
    let report = (runner.row().parse)(text);
    let is_read = report.passed.is_some();
    if is_read && (report.failing.is_some() || !tap::begins(text)) {
        return report;
    }
    // The command may choose another output format; then the runner's own totals were printed by a test
    let formats = Runner::ALL.iter().filter(|other| other.row().is_format && **other != runner);
    let mut read = formats.map(|other| (other.row().parse)(text));
    read.find(|other| other.passed.is_some() && (!is_read || other.failing.is_some())).unwrap_or(report)
}

/// Reads the output of a command line: of one run, or of several runs by a script runner.
///
/// `runner` is the runner that the command is known to start.
pub fn read(command: &str, runner: Option<Runner>, end: &End, text: &str) -> Reading {
    let mut reading = read_parts(command, runner, end.success(), text, 0);
    let dies = match end {
        // Mocha's exit status is the number of failures
        End::Exited { code } => (129..160).contains(code) && reading.runner != Some(Runner::Mocha),
        End::Signalled { .. } | End::TimedOut { .. } | End::Cancelled => true,
        _ => false,
    };
    let report = &mut reading.report;
    let fails = report.failing.as_ref().is_some_and(|failing| !failing.is_empty());
    let words: Vec<String> = shell::commands(command).into_iter().flatten().collect();
    let has =
        |flags: &[&str]| words.iter().any(|word| flags.contains(&word.split('=').next().unwrap_or(word)));
    if has(&KEEPS_GOING) {
        report.stopped = false;
    } else {
        report.stopped |= fails && has(&STOPS);
    }
    report.partial |= (dies || text.contains(LEFT_OUT)) && report.failing.is_some();
    reading
}

/// The mark of cut output; see [`crate::output`].
pub(crate) const LEFT_OUT: &str = " bytes left out …]";

/// Options that end a run at its first failure, and those that do not.
const STOPS: [&str; 8] = [
    "--bail",
    "--fail-fast",
    "--failfast",
    "-failfast",
    "--exitfirst",
    "-x",
    "--maxfail",
    "--kill-others-on-fail",
];
const KEEPS_GOING: [&str; 2] = ["--no-fail-fast", "--no-bail"];

/// Runners whose own output we cannot read, and whose output looks like that of another.
const FOREIGN: [&str; 30] = [
    "phpunit",
    "pest",
    "paratest",
    "codecept",
    "rspec",
    "rake",
    "gradle",
    "gradlew",
    "mvn",
    "mvnw",
    "dotnet",
    "mix",
    "swift",
    "zig",
    "stack",
    "cabal",
    "ctest",
    "meson",
    "karma",
    "jasmine",
    "playwright",
    "cypress",
    "wdio",
    "testcafe",
    "gotestsum",
    "ginkgo",
    "sbt",
    "bazel",
    "nox",
    "ng",
];

/// How deeply script runners may call each other.
const DEPTH: u32 = 3;

fn read_parts(command: &str, runner: Option<Runner>, green: bool, text: &str, depth: u32) -> Reading {
    let split = streams::split(text);
    if depth >= DEPTH || split.parts.len() < 2 {
        return match split.parts.into_iter().next().and_then(|part| part.command) {
            Some(inner) => read_one(&inner, runner, text),
            None => read_one(command, runner, text),
        };
    }
    let mut all = Joined { stopped: split.stopped && !green, ..Joined::default() };
    // If a package is known to have failed, the script around it fails because of that
    let explained = split.parts.iter().any(|part| part.label.is_some() && part.red);
    for part in &split.parts {
        let inner = part.command.as_deref().unwrap_or_default();
        let reading = match &part.label {
            // A package's lines may contain the output of several scripts
            Some(_) => read_parts(inner, Runner::of_command(inner), green, &part.text, depth + 1),
            None => {
                read_one(inner, Runner::of_command(inner).or(runner.filter(|_| inner.is_empty())), &part.text)
            }
        };
        let red = part.red && (part.label.is_some() || !explained);
        all.add(reading, part, red, green);
    }
    all.reading()
}

/// Reads the output of one run.
fn read_one(command: &str, runner: Option<Runner>, text: &str) -> Reading {
    if let Some(runner) = Runner::of_command(command).or(runner) {
        let report = parse(runner, text);
        if report.passed.is_some() {
            return Reading { runner: Some(runner), report };
        }
    }
    let foreign = shell::commands(command)
        .iter()
        .filter_map(|words| Command::of(words))
        .any(|command| FOREIGN.contains(&command.program));
    sniff(text, foreign)
}

/// The report of the only runner whose summary is in the text; empty if there is none, or more than one.
/// `foreign`: only formats are searched for.
pub(crate) fn sniff(text: &str, foreign: bool) -> Reading {
    let found = |is_format: bool| {
        let rows = Runner::ALL.iter().copied().filter(|runner| runner.row().is_format == is_format);
        let read = rows.map(|runner| Reading { runner: Some(runner), report: (runner.row().parse)(text) });
        let mut read = read.filter(|reading| reading.report.passed.is_some());
        match (read.next(), read.next()) {
            (Some(one), None) => Some(Some(one)),
            (Some(_), Some(_)) => Some(None),
            _ => None,
        }
    };
    let own = if foreign { None } else { found(false) };
    own.or_else(|| found(true)).flatten().unwrap_or_default()
}

/// The joined content of several parts.
#[derive(Default)]
struct Joined {
    runners: Vec<Runner>,
    failing: Vec<TestFailure>,
    unnamed: bool,
    passed: Option<u32>,
    partial: bool,
    stopped: bool,
}

impl Joined {
    fn add(&mut self, reading: Reading, part: &streams::Part, red: bool, green: bool) {
        let Reading { runner, report } = reading;
        let Some(passed) = report.passed else {
            // The package failed without any output of its tests, or its runner did not finish
            let is_runner = part.command.as_deref().and_then(Runner::of_command).is_some();
            self.partial |= red || (is_runner && !green);
            return;
        };
        self.runners.extend(runner.filter(|runner| !self.runners.contains(runner)));
        self.passed = Some(self.passed.unwrap_or(0).saturating_add(passed));
        self.stopped |= report.stopped;
        self.partial |= report.partial;
        match report.failing {
            None => self.unnamed = true,
            Some(failing) => {
                // The package failed, but none of its tests: another, unknown failure
                self.partial |= red && part.label.is_some() && failing.is_empty();
                let inside = |failure: TestFailure| match (&part.label, failure.suite) {
                    (None, suite) => TestFailure { suite, ..failure },
                    (Some(label), None) => TestFailure { suite: Some(label.clone()), ..failure },
                    (Some(label), Some(suite)) => {
                        TestFailure { suite: Some(text::name(&format!("{label} > {suite}"))), ..failure }
                    }
                };
                self.failing.extend(failing.into_iter().map(inside).take(MAX_FAILURES));
            }
        }
    }

    fn reading(self) -> Reading {
        let report = Report::named(self.failing, !self.unnamed, self.passed);
        let runner = match self.runners.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        // If a script runner stops early, some tests have no verdict
        Reading { runner, report: Report { partial: self.partial || self.stopped, ..report } }
    }
}

impl Report {
    /// A report whose names are kept only if their number equals `failed`.
    pub(crate) fn checked(failing: Vec<TestFailure>, failed: u32, passed: u32) -> Report {
        let agrees = count(failing.len()) == failed;
        Report::named(failing, agrees, Some(passed))
    }

    /// A report whose names are kept only if they are known to be complete.
    pub(crate) fn named(failing: Vec<TestFailure>, complete: bool, passed: Option<u32>) -> Report {
        let complete = complete && passed.is_some() && failing.len() <= MAX_FAILURES;
        Report { failing: complete.then_some(failing), passed, partial: false, stopped: false }
    }
}
