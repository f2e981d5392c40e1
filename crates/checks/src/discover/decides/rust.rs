//! What rustc has checked: files that `mod` declarations reach from the root of a library, a program or a test, outside
//! of conditions and macro definitions.
//!
//! It evaluates no `cfg` and follows no `path` attribute: code that depends on one stays undecided. Roots come from the
//! base's `Cargo.toml`, which is in place while checks run.

use super::command::Options;
use super::{Decisions, Place};
use crate::check::Check;
use crate::discover::source::join;
use crate::runners::Command;

const OPTIONS: Options<'static> = Options {
    plain: &[
        "--workspace",
        "--all",
        "--all-targets",
        "--tests",
        "--all-features",
        "--locked",
        "--offline",
        "--frozen",
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--release",
        "-r",
        "--no-run",
        "--no-fail-fast",
        "--no-default-features",
        "--no-deps",
    ],
    valued: &["--features", "-F", "--profile", "-j", "--jobs", "--color", "--message-format"],
};

/// The code that a command compiles.
#[derive(Clone, Copy)]
struct Reach {
    /// Tests, and code under `cfg(test)`.
    tests: bool,
}

pub(super) fn judges(all: &Decisions<'_>, check: &Check, words: &[String], place: &Place<'_>) -> bool {
    let Some(command) = Command::of(words).filter(|command| command.program == "cargo") else { return false };
    let Some((action, arguments)) = command.arguments.split_first() else { return false };
    let (is_test, arguments) = match (action.as_str(), arguments.split_first()) {
        ("check" | "c" | "build" | "b" | "clippy", _) => (false, arguments),
        ("test" | "t", _) => (true, arguments),
        ("nextest", Some((run, rest))) if run == "run" => (true, rest),
        _ => return false,
    };
    // A word after the options of a test run only selects among the compiled tests
    let Some(told) = OPTIONS.read(arguments).filter(|told| is_test || told.words.is_empty()) else {
        return false;
    };
    let reach = Reach { tests: is_test || told.has(&["--all-targets", "--tests"]) };
    let Some((folder, inner)) = package(all, place.path) else { return false };
    all.is_in_project(check, place.path) && is_plain(place, reach) && leads_to(all, folder, inner, reach, 0)
}

/// The folder of the package that contains a file, and the file's path in it.
fn package<'p>(all: &Decisions<'_>, path: &'p str) -> Option<(&'p str, &'p str)> {
    let mut folder = path;
    while !folder.is_empty() {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        if all.base.has(folder, "Cargo.toml") {
            return Some((folder, path.get(folder.len()..)?.trim_start_matches('/')));
        }
    }
    None
}

/// Whether the line is compiled whenever its file is.
fn is_plain(place: &Place<'_>, reach: Reach) -> bool {
    let tests = "#[cfg(test)]";
    let others = place.text.replace(tests, "");
    let conditional = ["cfg(", "cfg!", "cfg_attr", "cfg_if", "macro_rules!"].iter();
    if conditional.into_iter().any(|mark| others.contains(mark)) {
        return false;
    }
    reach.tests || place.text.lines().take(place.at + 1).all(|line| line.trim() != tests)
}

/// Whether `mod` declarations reach a file of the package.
fn leads_to(all: &Decisions<'_>, folder: &str, inner: &str, reach: Reach, depth: usize) -> bool {
    const DEEPEST: usize = 20;
    if depth > DEEPEST {
        return false;
    }
    if is_root(all, folder, inner, reach) {
        return true;
    }
    let (above, file) = inner.rsplit_once('/').unwrap_or(("", inner));
    let (above, name) = match file.strip_suffix(".rs") {
        Some("mod") => above.rsplit_once('/').unwrap_or(("", above)),
        Some(name) => (above, name),
        None => return false,
    };
    parents(all, folder, above, reach).iter().any(|parent| {
        let text = all.now.read(folder, parent).unwrap_or_default();
        declares(&text, name, reach) && leads_to(all, folder, parent, reach, depth + 1)
    })
}

/// Files that may declare the modules of a folder: its `mod.rs` and crate roots are in it, any other file is beside it.
fn parents(all: &Decisions<'_>, folder: &str, above: &str, reach: Reach) -> Vec<String> {
    let path = join(folder, above);
    let within = all.now.below(&path).filter(|file| !file.contains('/') && file.ends_with(".rs"));
    let mut files: Vec<String> = within.map(|file| join(above, file)).collect();
    files.retain(|file| *file == join(above, "mod.rs") || is_root(all, folder, file, reach));
    let beside = format!("{above}.rs");
    if all.now.has(folder, &beside) && !is_root(all, folder, &beside, reach) {
        files.push(beside);
    }
    files
}

/// Whether the text of a parent has `mod name;` without a condition.
fn declares(text: &str, name: &str, reach: Reach) -> bool {
    let mut attributes: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.starts_with("#[") || line.trim().is_empty() || line.starts_with("//") {
            attributes.push(line);
            continue;
        }
        let item = match line.strip_prefix("pub(").and_then(|rest| rest.split_once(") ")) {
            Some((_, item)) => item,
            None => line.strip_prefix("pub ").unwrap_or(line),
        };
        let is_it = item.strip_prefix("mod ").and_then(|rest| rest.split_once(';'));
        if is_it.is_some_and(|(declared, _)| declared.trim() == name) {
            return attributes.iter().all(|line| {
                let test = reach.tests && line.trim() == "#[cfg(test)]";
                test || !line.contains("cfg") && !line.contains("path")
            });
        }
        attributes.clear();
    }
    false
}

/// Whether the package's manifest makes a file a crate root.
fn is_root(all: &Decisions<'_>, folder: &str, inner: &str, reach: Reach) -> bool {
    let manifest: Option<toml::Table> =
        all.base.read(folder, "Cargo.toml").and_then(|text| text.parse().ok());
    let Some(manifest) = manifest else { return false };
    let own = |key: &str| manifest.get("package").and_then(|package| package.get(key));
    let off = |key: &str| own(key).and_then(toml::Value::as_bool) == Some(false);
    if own("name").is_none() {
        return false;
    }
    let library = manifest.get("lib").and_then(|lib| lib.get("path")).and_then(toml::Value::as_str);
    let (first, rest) = inner.split_once('/').unwrap_or(("", inner));
    let in_folder =
        |rest: &str| !rest.contains('/') || rest.ends_with("/main.rs") && rest.matches('/').count() == 1;
    match first {
        _ if library == Some(inner) => true,
        "src" if rest == "lib.rs" => library.is_none(),
        "src" if rest == "main.rs" => !off("autobins") && !manifest.contains_key("bin"),
        "src" => {
            let program = rest.strip_prefix("bin/");
            program.is_some_and(in_folder) && !off("autobins") && !manifest.contains_key("bin")
        }
        "tests" => reach.tests && in_folder(rest) && !off("autotests") && !manifest.contains_key("test"),
        _ => false,
    }
}
