//! go.mod: build, vet, and the tests of each module.
//!
//! It does not read `go.work`, because `./...` ends at another module in any case. It sets no build tag that may
//! select more than plain tests, and gives a hint instead.

use std::collections::BTreeMap;

use crate::check::CheckPurpose;
use crate::discover::source::{MAX_PROJECTS, Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["go.mod"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "go", manifests: FILES, find, setup, fills: &[], only_fetches: false };

/// With more modules than this, a build and a vet for each would add little to the tests.
const MOST_MODULES_BUILT_EACH: usize = 4;
/// The most test files that are read.
const MAX_LOOKED_INTO: usize = 200;

fn find(survey: &mut Survey) {
    // The pattern `./...` ends at another module, in a workspace too
    let mut modules = survey.source.folders_with(FILES);
    let left_out = modules.split_off(modules.len().min(MAX_PROJECTS));
    let builds_each = modules.len() <= MOST_MODULES_BUILT_EACH;
    for folder in &modules {
        let nested: Vec<&String> = modules
            .iter()
            .filter(|other| *other != folder && crate::discover::source::is_inside(other, folder))
            .collect();
        let of_module = |path: &&str| {
            let path = join(folder, path);
            !nested.iter().any(|other| path.starts_with(&format!("{other}/")))
        };
        let tests: Vec<&str> = survey
            .source
            .below(folder)
            .filter(|path| path.ends_with("_test.go"))
            .filter(of_module)
            .take(MAX_LOOKED_INTO)
            .collect();
        let sources = survey.source.below(folder).filter(of_module).any(|path| path.ends_with(".go"));
        if !sources {
            continue;
        }
        if builds_each || tests.is_empty() {
            survey.add(own(folder, "build", CheckPurpose::Build, "go build ./...", "go.mod"));
            survey.add(own(folder, "vet", CheckPurpose::Lint, "go vet ./...", "go.mod"));
        }
        if tests.is_empty() {
            continue;
        }
        // The run itself adds -json, which names and counts passing tests too
        match needed_tag(survey.source, folder, &tests) {
            Tag::None => survey.add(own(folder, "test", CheckPurpose::Test, "go test ./...", "go.mod")),
            Tag::Needed(tag) => survey.add(own(folder, "test", CheckPurpose::Test, &format!("go test -tags {tag} ./..."), "go.mod")),
            Tag::Refused(tag) => survey.hint(format!(
                "all tests of `{}` need the tag `{tag}`, which is not set unasked; name the command in opencode.toml",
                join(folder, "go.mod")
            )),
        }
    }
    if !left_out.is_empty() {
        survey.hint(format!(
            "these modules are not looked at: {}; name their commands in opencode.toml",
            left_out.join(", ")
        ));
    }
}

enum Tag {
    None,
    Needed(String),
    Refused(String),
}

/// The build tag that all test files need.
fn needed_tag(source: &Source, folder: &str, tests: &[&str]) -> Tag {
    let mut tags: BTreeMap<String, usize> = BTreeMap::new();
    for file in tests {
        let text = source.read(folder, file).unwrap_or_default();
        let constraint = text
            .lines()
            .find_map(|line| line.strip_prefix("//go:build ").or_else(|| line.strip_prefix("// +build ")));
        match constraint.map(str::trim) {
            Some(tag)
                if tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
                    && !is_platform(tag) =>
            {
                *tags.entry(tag.to_owned()).or_default() += 1;
            }
            _ => return Tag::None,
        }
    }
    let harmless =
        |tag: &String| ["unit", "test", "tests", "unittest", "short", "fast"].contains(&tag.as_str());
    let best = tags.keys().find(|tag| harmless(tag)).cloned();
    match (best, tags.into_iter().max_by_key(|(_, count)| *count)) {
        (Some(tag), _) => Tag::Needed(tag),
        (None, Some((tag, _))) => Tag::Refused(tag),
        (None, None) => Tag::None,
    }
}

fn is_platform(tag: &str) -> bool {
    ["linux", "darwin", "windows", "unix", "amd64", "arm64", "cgo", "race"].contains(&tag)
        || tag.starts_with("go1")
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = source.folders_with(FILES).into_iter().take(MAX_PROJECTS);
    let needs = |folder: &String| source.read(folder, "go.mod").is_some_and(|text| text.contains("require"));
    folders
        .filter(needs)
        .map(|folder| SetupCommand {
            otherwise: None,
            run: "go mod download".to_owned(),
            source: join(&folder, "go.mod"),
            folder,
        })
        .collect()
}
