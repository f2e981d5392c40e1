//! Why tests that were written first fail: as intended because the change is missing, or because the tests are broken.

use ::checks::{End, Outcome};

/// The most text of a failure that is quoted, in bytes.
const EXCERPT: usize = 600;

/// Messages of runners and compilers about missing code, which a test written first may cause.
const MISSING: [&str; 34] = [
    "does not provide an export named",
    "is not a function",
    "is not a constructor",
    "is not defined",
    "Cannot find module",
    "ERR_MODULE_NOT_FOUND",
    "Failed to resolve import",
    "No matching export",
    "has no exported member",
    "has no attribute",
    "cannot import name",
    "No module named",
    "undefined:",
    "undefined (type",
    "unknown field",
    "not enough arguments in call",
    "too many arguments in call",
    "unexpected keyword argument",
    "required positional argument",
    "E0061",
    "E0063",
    "E0277",
    "E0308",
    "E0405",
    "E0407",
    "E0412",
    "E0422",
    "E0423",
    "E0425",
    "E0432",
    "E0433",
    "E0560",
    "E0599",
    "E0609",
];

/// Messages about faults of the test or its environment, whatever the code does.
const BROKEN: [&str; 14] = [
    "Cannot use import statement outside a module",
    "require is not defined in ES module scope",
    "await is only valid in async functions",
    "Unexpected token 'export'",
    "describe is not defined",
    "test is not defined",
    "it is not defined",
    "expect is not defined",
    "assert is not defined",
    "is not in std",
    "no required module provides package",
    "can't find crate for",
    "IndentationError",
    "unrecognized arguments",
];

/// Why the tests fail on the base, from a run of their file. The error says what is wrong with the tests. `own`:
/// whether a module belongs to the project, and is not a package.
pub(crate) fn reason(outcome: &Outcome, own: &dyn Fn(&str) -> bool) -> Result<String, String> {
    match &outcome.end {
        End::Exited { code: 0 } if outcome.passed.is_some_and(|passed| passed > 0) => {
            return Err(
                "it passes before the change is made, so it proves nothing: assert what is not so yet".into(),
            );
        }
        End::Exited { code: 0 } => return Err("no test of it ran: does the runner collect this file?".into()),
        End::Exited { .. } => {}
        end => return Err(format!("its run {end}: a test fails by an assertion, in a short time")),
    }
    let failing = outcome.failing.as_deref().unwrap_or_default();
    let details: Vec<&str> = failing.iter().filter_map(|test| test.detail.as_deref()).collect();
    let said = if details.is_empty() { outcome.output.clone() } else { details.join("\n") };
    let all = format!("{said}\n{}", outcome.output);
    if let Some(what) = BROKEN.iter().find(|what| all.contains(**what)) {
        return Err(format!("the test itself is broken ({what}): {}", excerpt(&said)));
    }
    if let Some(package) = missing_package(&all, own) {
        return Err(format!("it needs the package `{package}`, which this project does not have"));
    }
    if let Some(fixture) = between(&all, "fixture '", "' not found") {
        return Err(format!("it uses the fixture `{fixture}`, which nothing defines"));
    }
    if MISSING.iter().any(|what| all.contains(what)) {
        return Ok("what it is about is not there yet".into());
    }
    if failing.iter().any(|test| !matches!(test.name.as_str(), "build failed" | "setup failed")) {
        return Ok("it fails as long as the change is missing".into());
    }
    Err(format!("it does not run, and nothing that is missing is named: {}", excerpt(&said)))
}

/// A package that a test imports and that is not installed.
fn missing_package<'t>(text: &'t str, own: &dyn Fn(&str) -> bool) -> Option<&'t str> {
    let quoted = [
        ("Cannot find package '", "'"),
        ("Cannot find package \"", "\""),
        ("Cannot find module '", "'"),
        ("Failed to resolve import \"", "\""),
        ("No module named '", "'"),
        ("use of unresolved module or unlinked crate `", "`"),
    ];
    quoted.iter().find_map(|(before, after)| {
        let mut rest = text;
        while let Some((_, tail)) = rest.split_once(before) {
            let (name, tail) = tail.split_once(after)?;
            if !name.starts_with(['.', '/']) && !name.starts_with("file:") && !own(name) {
                return Some(name);
            }
            rest = tail;
        }
        None
    })
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found).filter(|found| found.len() < 100)
}

fn excerpt(text: &str) -> String {
    crate::text::cut(text.trim(), EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::checks::TestFailure;

    fn outcome(code: i32, passed: u32, failing: &[(&str, &str)], output: &str) -> Outcome {
        let failing: Vec<TestFailure> = failing
            .iter()
            .map(|(name, detail)| TestFailure {
                name: name.to_string(),
                detail: (!detail.is_empty()).then(|| detail.to_string()),
                ..TestFailure::default()
            })
            .collect();
        Outcome {
            end: End::Exited { code },
            failing: Some(failing),
            passed: Some(passed),
            output: output.into(),
            duration_ms: 1,
            sandbox: checks::Level::Full,
            survivors: false,
            truncated: false,
            partial: false,
            seen: None,
            counts_tests: true,
        }
    }

    fn check(outcome: &Outcome, expected: Result<&str, &str>) {
        let own = |module: &str| module == "lengths" || module.starts_with("lengths.");
        match (reason(outcome, &own), expected) {
            (Ok(said), Ok(expected)) | (Err(said), Err(expected)) => {
                assert!(said.contains(expected), "{said} / {expected}");
            }
            (said, expected) => panic!("{said:?} where {expected:?} was expected"),
        }
    }

    #[test]
    fn what_is_missing_is_a_reason() {
        for detail in [
            "SyntaxError: The requested module '../src/area.js' does not provide an export named 'AREA'",
            "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/tmp/slot/src/area.js' imported from /tmp/slot/test/a.js",
            "TypeError: area is not a function",
            "ImportError: cannot import name 'area' from 'lengths'",
            "ModuleNotFoundError: No module named 'lengths.area'",
            "error[E0432]: unresolved import `lengths::area`",
            "./area_test.go:5:10: undefined: Area",
        ] {
            check(&outcome(1, 0, &[("build failed", detail)], ""), Ok("not there yet"));
        }
        let assertion = "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 1 !== 2";
        check(&outcome(1, 3, &[("adds", assertion)], ""), Ok("as long as the change is missing"));
        // An error that the tested code throws is not a fault of the test
        let thrown = "SyntaxError: Unexpected token } in JSON";
        check(&outcome(1, 0, &[("reads", thrown)], ""), Ok("as long as the change is missing"));
    }

    #[test]
    fn a_broken_test_is_none() {
        check(&outcome(0, 2, &[], ""), Err("passes before the change"));
        check(&outcome(0, 0, &[], ""), Err("no test of it ran"));
        for (detail, expected) in [
            ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chai' imported from /tmp/a.js", "`chai`"),
            ("ModuleNotFoundError: No module named 'numpy'", "`numpy`"),
            ("fixture 'client' not found", "`client`"),
            ("ReferenceError: describe is not defined", "broken"),
            ("SyntaxError: Cannot use import statement outside a module", "broken"),
            ("a.go:3:1: package foo/bar is not in std", "broken"),
        ] {
            check(&outcome(1, 0, &[("test/a.js", detail)], ""), Err(expected));
        }
        check(&outcome(2, 0, &[], "the disk is full"), Err("nothing that is missing is named"));
        let end = End::TimedOut { after_ms: 1000 };
        check(&Outcome { end, ..outcome(1, 0, &[], "") }, Err("time limit"));
    }
}
