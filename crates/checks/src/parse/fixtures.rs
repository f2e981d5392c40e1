//! The tests that all readers share: recorded outputs, and rules that hold for every input.
//! `fixtures/<runner>/*.txt` are real outputs; a `.json` of the same name describes the content.

use std::fmt::Write as _;

use expect_test::Expect;

use super::*;

/// Reads a text, and compares the report with the expectation.
pub(crate) fn check(parse: impl Fn(&str) -> Report, text: &str, expected: Expect) {
    expected.assert_eq(&render(&parse(text)));
}

pub(crate) fn render(report: &Report) -> String {
    let mut out = format!("passed: {:?}", report.passed);
    out.push_str(if report.partial { " (partial)" } else { "" });
    out.push_str(if report.stopped { " (stopped)" } else { "" });
    out.push('\n');
    match &report.failing {
        None => out.push_str("names: unknown\n"),
        Some(failing) => {
            for failure in failing {
                let _ = write!(out, "- [{}] {}", failure.suite.as_deref().unwrap_or(""), failure.name);
                if let Some(file) = &failure.file {
                    let _ = write!(out, " @ {file}:{}", failure.line.unwrap_or(0));
                }
                let first = failure.detail.as_deref().and_then(|d| d.lines().find(|l| !l.trim().is_empty()));
                let _ = writeln!(out, " | {}", first.unwrap_or("-").trim());
            }
        }
    }
    out
}

#[test]
fn two_runners_in_one_output_are_not_guessed_at() {
    let cargo = "running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored\n";
    let node = "# tests 1\n# pass 1\n# fail 0\n# cancelled 0\n";
    assert_eq!(sniff(cargo, false).report.passed, Some(1));
    assert_eq!(sniff(cargo, true), Reading::default());
    assert_eq!(sniff(&format!("{cargo}{node}"), false), Reading::default());
    assert_eq!(sniff("all good", false), Reading::default());
}

/// The recorded outputs of a runner, as `(file name, text)`.
fn recorded() -> Vec<(Runner, String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut all = Vec::new();
    for runner in Runner::ALL.iter().copied() {
        let folder = root.join(runner.name());
        let files = std::fs::read_dir(&folder);
        let mut names: Vec<_> = files
            .unwrap_or_else(|_| {
                panic!("{}: no folder; record an output of the runner in it", folder.display())
            })
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end != "json"))
            .collect();
        names.sort();
        assert!(!names.is_empty(), "{}: holds no recorded output", folder.display());
        for path in names {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            all.push((runner, name, crate::output::clean(&std::fs::read(&path).unwrap())));
        }
    }
    all
}

/// All sources of the crate, as one text.
fn sources(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => text.push_str(&sources(&path)),
            false => text.push_str(&std::fs::read_to_string(&path).unwrap()),
        }
    }
    text
}

/// A recorded output without a description is useless, unless a test names it.
#[test]
fn each_recorded_output_is_read_by_a_test() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("src"));
    for (runner, name, _) in recorded() {
        let place = format!("fixtures/{}/{name}", runner.name());
        let account = root.join(&place).with_extension("json");
        assert!(
            account.is_file() || sources.contains(&place),
            "{place}: write a `.json` of the same name beside it, with what is in it"
        );
    }
}

/// The content of a recorded output, by the runner's own account.
#[derive(serde::Deserialize)]
struct Expected {
    run: String,
    exit: i32,
    /// `null`: the names cannot be read.
    failed: Option<Vec<String>>,
    passed: Option<u32>,
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    stopped: bool,
}

#[test]
fn recorded_outputs_are_read_as_their_runners_meant_them() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut wrong = Vec::new();
    for (runner, name, text) in recorded() {
        let about = root.join(runner.name()).join(&name).with_extension("json");
        let Ok(expected) = std::fs::read_to_string(&about) else { continue };
        let expected: Expected =
            serde_json::from_str(&expected).unwrap_or_else(|error| panic!("{}: {error}", about.display()));
        let end = End::Exited { code: expected.exit };
        let known = Runner::of_command(&expected.run);
        let Reading { report, .. } = read(&expected.run, known, &end, &text);
        let told = report.failing.as_ref().map(|failing| {
            let mut names: Vec<String> = failing.iter().map(|failure| failure.name.clone()).collect();
            names.sort();
            names
        });
        let mut names = expected.failed;
        names.iter_mut().for_each(|names| names.sort());
        let flags = (report.partial, report.stopped) == (expected.partial, expected.stopped);
        if told != names || report.passed != expected.passed || !flags {
            wrong.push(format!("{}/{name}: {}", runner.name(), render(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Damages real output: drops, repeats, cuts or inserts lines.
#[test]
fn damaged_output_never_panics_and_never_names_more_than_it_may() {
    let all = recorded();
    let lines: Vec<&str> = all.iter().flat_map(|(_, _, text)| text.lines()).collect();
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..200 {
        let mut text = String::new();
        let source = &all[random(all.len())].2;
        for line in source.lines().take(400) {
            match random(12) {
                0 => {}
                1 => text.push_str(&format!("{line}\n{line}\n")),
                2 => text.push_str(shared::text::start_of(line, random(line.len() + 1))),
                3 => text.push_str(&format!("{}\n", lines[random(lines.len())])),
                _ => text.push_str(&format!("{line}\n")),
            }
        }
        for runner in Runner::ALL.iter().copied() {
            let report = parse(runner, &text);
            assert!(report.failing.is_none() || report.passed.is_some(), "names without a summary");
            assert!(report.failing.iter().flatten().all(|failure| failure.name.len() <= text::MAX_NAME));
        }
        read("npm test", None, &End::Exited { code: 1 }, &text);
    }
}

/// Every kind of line, in great numbers: a quadratic reader would take minutes.
#[test]
fn output_of_any_kind_is_read_in_linear_time() {
    let start = std::time::Instant::now();
    let read_all = |text: &str| {
        for runner in Runner::ALL.iter().copied() {
            parse(runner, text);
        }
        read("npm test", None, &End::Exited { code: 1 }, text);
        crate::diagnostics::errors(text);
    };
    let mut last = None;
    for (runner, _, fixture) in recorded() {
        if last.replace(runner) == Some(runner) {
            continue;
        }
        let mut lines: Vec<&str> = fixture.lines().take(200).collect();
        lines.sort_unstable();
        let text: String =
            lines.iter().flat_map(|line| (0..30).map(move |n| format!("{line}{n}\n{line}\n"))).collect();
        read_all(&text);
    }
    for part in [
        "a",
        "(",
        ")",
        "[",
        " ",
        "=",
        "_",
        ": ",
        " (",
        " - ",
        "::",
        "not ok ",
        "● ",
        "\u{1b}[",
        "\r",
        "\u{8}",
        "é",
        "<testsuite ",
        "--- FAIL: ",
        "> ",
    ] {
        let text = crate::output::clean(part.repeat(30_000).as_bytes());
        for before in ["", "not ok 1 ", "  ● ", "FAILED ", "--- FAIL: "] {
            read_all(&format!("{before}{text}"));
        }
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
