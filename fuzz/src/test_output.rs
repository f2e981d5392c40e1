//! What test runners print: the first byte chooses the runner, the rest is its output.

use checks::Runner;

pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let text = super::text(rest);
    let all = Runner::ALL;
    let report = checks::parse(all[usize::from(*first) % all.len()], &text);
    assert!(report.failing.is_none() || report.passed.is_some(), "names without a summary");
    for failure in report.failing.iter().flatten() {
        assert!(failure.name.len() <= 1_000, "a name of {} bytes", failure.name.len());
        assert!(failure.detail.as_ref().is_none_or(|text| text.len() <= 2_000));
    }
    // What a project's manifests may hold
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

/// What each runner really printed, as it is recorded beside its row.
fn outputs() -> Vec<(u8, Vec<u8>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/checks/fixtures");
    let mut all = Vec::new();
    for (at, runner) in Runner::ALL.iter().enumerate() {
        let files = std::fs::read_dir(format!("{root}/{}", runner.name())).into_iter().flatten().flatten();
        let texts = files.filter(|file| file.path().extension().is_some_and(|end| end != "json"));
        all.extend(texts.filter_map(|file| Some((u8::try_from(at).ok()?, std::fs::read(file.path()).ok()?))));
    }
    all
}

pub fn seeds() -> Vec<Vec<u8>> {
    let manifests = [
        r#" {"scripts":{"test":"tsc && node --test --foo 'a b'","build":"npm run x"},"workspaces":["a"]}"#,
        " [package]\nname = \"a\"\n[workspace]\nmembers = [\"b\"]\n",
        " [project]\nname = \"a\"\n[tool.pytest.ini_options]\n[build-system]\nrequires = []\n",
        " test: build\n\tgo test ./...\n.PHONY: test\n",
    ];
    let manifests = manifests.iter().map(|text| text.as_bytes().to_vec());
    outputs().iter().map(|(runner, text)| [&[*runner], text.as_slice()].concat()).chain(manifests).collect()
}
