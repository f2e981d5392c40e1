//! What test runners print: the first byte chooses the runner, the rest is its output.

use checks::Runner;

const RUNNERS: [Runner; 10] = [
    Runner::CargoTest,
    Runner::Nextest,
    Runner::NodeTest,
    Runner::Vitest,
    Runner::Jest,
    Runner::Mocha,
    Runner::Tape,
    Runner::Pytest,
    Runner::Unittest,
    Runner::GoTest,
];

pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let text = super::text(rest);
    let report = checks::parse(RUNNERS[usize::from(*first) % RUNNERS.len()], &text);
    assert!(report.failing.is_none() || report.passed.is_some(), "names without a summary");
    for failure in report.failing.iter().flatten() {
        assert!(failure.name.len() <= 1_000, "a name of {} bytes", failure.name.len());
        assert!(failure.detail.as_ref().is_none_or(|text| text.len() <= 2_000));
    }
    // what a project's manifests may hold
    let list: Vec<String> = MANIFESTS.iter().map(ToString::to_string).collect();
    let read = |path: &str| MANIFESTS.contains(&path).then(|| text.clone());
    checks::discover(&read, &list);
    checks::setup(&read, &list);
    let line = text.lines().next().unwrap_or_default();
    checks::resolve(checks::Check::configured("test", line, None), &read, &list);
}

const MANIFESTS: [&str; 8] = [
    "package.json",
    "Cargo.toml",
    "pyproject.toml",
    "go.mod",
    "Makefile",
    "package-lock.json",
    "requirements.txt",
    "setup.cfg",
];

/// What each runner really printed.
pub fn seeds() -> Vec<Vec<u8>> {
    let outputs: [(u8, &str); 12] = [
        (0, include_str!("../../crates/checks/fixtures/cargo_test.txt")),
        (1, include_str!("../../crates/checks/fixtures/nextest.txt")),
        (2, include_str!("../../crates/checks/fixtures/node_tap.txt")),
        (2, include_str!("../../crates/checks/fixtures/node_spec.txt")),
        (3, include_str!("../../crates/checks/fixtures/vitest.txt")),
        (4, include_str!("../../crates/checks/fixtures/jest.txt")),
        (5, include_str!("../../crates/checks/fixtures/mocha.txt")),
        (6, include_str!("../../crates/checks/fixtures/tape.txt")),
        (7, include_str!("../../crates/checks/fixtures/pytest.txt")),
        (8, include_str!("../../crates/checks/fixtures/unittest.txt")),
        (9, include_str!("../../crates/checks/fixtures/go_test_verbose.txt")),
        (9, include_str!("../../crates/checks/fixtures/go_test.jsonl")),
    ];
    let manifests = [
        r#" {"scripts":{"test":"tsc && node --test --foo 'a b'","build":"npm run x"},"workspaces":["a"]}"#,
        " [package]\nname = \"a\"\n[workspace]\nmembers = [\"b\"]\n",
        " [project]\nname = \"a\"\n[tool.pytest.ini_options]\n[build-system]\nrequires = []\n",
        " test: build\n\tgo test ./...\n.PHONY: test\n",
    ];
    let manifests = manifests.iter().map(|text| text.as_bytes().to_vec());
    outputs.iter().map(|(runner, text)| [&[*runner], text.as_bytes()].concat()).chain(manifests).collect()
}
