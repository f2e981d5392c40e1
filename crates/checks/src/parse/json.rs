//! JSON reports of JavaScript's runners: Jest's (which Vitest writes too) and Mocha's.
//!
//! The rows of these three try it first, and read plain lines if it finds nothing. It opens no file, because the
//! object is in the output.

use serde::Deserialize;
use serde_json::Value;

use super::Report;
use super::text::{Failures, count, detail, name};
use crate::outcome::TestFailure;

/// Jest's `--json` and Vitest's `--reporter=json`.
pub(crate) fn jest(text: &str) -> Option<Report> {
    let all: Jest = object(text, "\"numTotalTests\"")?;
    let mut failures = Failures::default();
    let mut tests = 0;
    for file in &all.results {
        let failed = file.assertions.iter().filter(|test| test.status == "failed");
        for test in failed.clone() {
            tests += 1;
            failures.push(failure(
                &test.title(),
                Some(&file.name),
                test.messages.first().map(String::as_str),
            ));
        }
        if file.status == "failed" && failed.count() == 0 {
            let message = Some(file.message.as_str());
            failures.push(failure("Test suite failed to run", Some(&file.name), message));
        }
    }
    let agrees = tests == all.failed && (all.failed_suites == 0) == failures.0.is_empty();
    Some(Report::named(failures.0, agrees, Some(all.passed)))
}

/// Mocha's `--reporter json`.
pub(crate) fn mocha(text: &str) -> Option<Report> {
    let all: Mocha = object(text, "\"passes\":")?;
    let mut failures = Failures::default();
    for test in &all.failed {
        failures.push(failure(&test.full_title, test.file.as_deref(), test.error.message.as_deref()));
    }
    let agrees = count(all.failed.len()) == all.stats.failures;
    Some(Report::named(failures.0, agrees, Some(all.stats.passes)))
}

/// The object in the text that has this key at its top level; surrounding logs are ignored.
fn object<T: for<'de> Deserialize<'de>>(text: &str, key: &str) -> Option<T> {
    if !text.contains(key) {
        return None;
    }
    // The object begins a line; a few lines of a log may begin in the same way
    let starts = text
        .match_indices('{')
        .map(|(at, _)| at)
        .filter(|at| text.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with('\n')));
    starts.take(20).find_map(|at| {
        let rest = text.get(at..)?;
        let value = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next()?.ok()?;
        serde_json::from_value(value).ok()
    })
}

fn failure(title: &str, file: Option<&str>, message: Option<&str>) -> TestFailure {
    let lines: Vec<&str> = message.unwrap_or_default().lines().take(200).collect();
    TestFailure {
        name: name(title),
        suite: file.map(name),
        detail: detail(&lines),
        file: file.map(name),
        line: None,
    }
}

#[derive(Deserialize)]
struct Jest {
    #[serde(rename = "numFailedTests")]
    failed: u32,
    #[serde(rename = "numPassedTests")]
    passed: u32,
    #[serde(rename = "numFailedTestSuites")]
    failed_suites: u32,
    #[serde(rename = "testResults")]
    results: Vec<JestFile>,
}

#[derive(Deserialize)]
struct JestFile {
    name: String,
    status: String,
    #[serde(default)]
    message: String,
    #[serde(rename = "assertionResults", default)]
    assertions: Vec<JestTest>,
}

#[derive(Deserialize)]
struct JestTest {
    #[serde(rename = "ancestorTitles", default)]
    ancestors: Vec<String>,
    title: String,
    status: String,
    #[serde(rename = "failureMessages", default)]
    messages: Vec<String>,
}

impl JestTest {
    fn title(&self) -> String {
        let parts: Vec<&str> =
            self.ancestors.iter().map(String::as_str).chain([self.title.as_str()]).collect();
        parts.join(" › ")
    }
}

#[derive(Deserialize)]
struct Mocha {
    stats: MochaStats,
    #[serde(rename = "failures")]
    failed: Vec<MochaTest>,
}

#[derive(Deserialize)]
struct MochaStats {
    passes: u32,
    failures: u32,
}

#[derive(Deserialize)]
struct MochaTest {
    #[serde(rename = "fullTitle")]
    full_title: String,
    file: Option<String>,
    #[serde(rename = "err", default)]
    error: MochaError,
}

#[derive(Deserialize, Default)]
struct MochaError {
    message: Option<String>,
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::fixtures::check;

    fn jest(text: &str) -> super::Report {
        super::jest(text).unwrap_or_default()
    }

    fn mocha(text: &str) -> super::Report {
        super::mocha(text).unwrap_or_default()
    }

    #[test]
    fn jest_and_vitest() {
        check(
            jest,
            "> log {\n{\"numFailedTests\":1,\"numPassedTests\":2,\"numFailedTestSuites\":2,\"numTotalTests\":3,\"testResults\":[{\
             \"name\":\"/a.test.js\",\"status\":\"failed\",\"message\":\"\",\"assertionResults\":[{\"ancestorTitles\":[\"cart\"],\
             \"title\":\"adds\",\"status\":\"failed\",\"failureMessages\":[\"no\"]}]},{\"name\":\"/b.test.js\",\"status\":\
             \"failed\",\"message\":\"cannot load\",\"assertionResults\":[]}]}\nDone\n",
            expect![[r#"
                passed: Some(2)
                - [/a.test.js] cart › adds @ /a.test.js:0 | no
                - [/b.test.js] Test suite failed to run @ /b.test.js:0 | cannot load
            "#]],
        );
        check(
            jest,
            "{\"numTotalTests\": 3",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }

    #[test]
    fn mochas() {
        check(
            mocha,
            "{\n \"stats\": {\"passes\": 1, \"failures\": 1},\n \"failures\": [{\"fullTitle\": \"cart adds\", \"err\": \
             {\"message\": \"no\"}}],\n \"passes\": []}\n",
            expect![[r#"
                passed: Some(1)
                - [] cart adds | no
            "#]],
        );
    }
}
