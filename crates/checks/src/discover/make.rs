//! Makefile: its targets, for the kinds of check that nothing else has.

use super::{Source, limit};
use crate::check::{Check, Kind, Runner};

/// Targets that count, by kind; the first that exists is taken.
const TARGETS: &[(Kind, &[&str])] = &[
    (Kind::Build, &["build"]),
    (Kind::Type, &["typecheck", "type-check", "types", "mypy"]),
    (Kind::Lint, &["lint"]),
    (Kind::Test, &["test", "tests", "check", "unittest"]),
];

/// A target that only calls what a manifest names already would be the same
/// check twice, so kinds that are `known` are left out.
pub(super) fn discover(source: &Source, known: &[Kind]) -> Vec<(&'static str, Check)> {
    let Some(file) = ["GNUmakefile", "makefile", "Makefile"].into_iter().find(|file| source.has("", file))
    else {
        return Vec::new();
    };
    let text = source.read("", file).unwrap_or_default();
    let wanted = TARGETS.iter().filter(|(kind, _)| !known.contains(kind));
    wanted
        .filter_map(|(kind, names)| {
            let name = names.iter().find(|name| recipe(&text, name).is_some())?;
            let recipe = recipe(&text, name).unwrap_or_default();
            let runner = if *kind == Kind::Test { Runner::of_command(&recipe) } else { None };
            let check = Check {
                name: (*name).to_owned(),
                kind: *kind,
                run: format!("make {name}"),
                timeout: limit(*kind),
                directory: String::new(),
                source: format!("{file} {name}"),
                runner,
                // what is appended to `make test` reaches make, not the runner
                script: runner.map(|_| format!("make {name}")),
            };
            Some(("make", check))
        })
        .collect()
}

/// The commands of a target; empty where it only has prerequisites.
fn recipe(text: &str, target: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| {
        !line.split_once(':').is_some_and(|(names, rest)| {
            !line.starts_with(['\t', '#', ' '])
                && !rest.starts_with('=')
                && names.split_whitespace().any(|name| name == target)
        })
    });
    lines.next()?;
    let commands = lines.take_while(|line| line.starts_with('\t') || line.trim().is_empty());
    Some(commands.map(|line| line.trim().trim_start_matches(['@', '-'])).collect::<Vec<_>>().join("\n"))
}
