//! go.mod: build, vet, and the tests.

use super::{Source, Step, join, limit};
use crate::check::{Check, Kind, Runner};

pub(super) fn discover(source: &Source) -> Vec<(&'static str, Check)> {
    let check = |folder: &str, name: &str, kind, run: &str, runner| Check {
        name: name.to_owned(),
        kind,
        run: run.to_owned(),
        timeout: limit(kind),
        directory: folder.to_owned(),
        source: join(folder, "go.mod"),
        runner,
        script: None,
    };
    let mut found = Vec::new();
    for folder in source.projects(&["go.mod"]) {
        found.push(check(&folder, "build", Kind::Build, "go build ./...", None));
        found.push(check(&folder, "vet", Kind::Lint, "go vet ./...", None));
        if source.below(&folder).any(|path| path.ends_with("_test.go")) {
            // -v, so that the tests that pass are named and counted too
            found.push(check(&folder, "test", Kind::Test, "go test -v ./...", Some(Runner::GoTest)));
        }
    }
    found.into_iter().map(|check| ("go", check)).collect()
}

pub(super) fn setup(source: &Source) -> Vec<Step> {
    let folders = source.projects(&["go.mod"]).into_iter();
    let needs = |folder: &String| source.read(folder, "go.mod").is_some_and(|text| text.contains("require"));
    folders
        .filter(needs)
        .map(|folder| Step { run: "go mod download".to_owned(), source: join(&folder, "go.mod"), folder })
        .collect()
}
