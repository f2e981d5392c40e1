//! What each crate may depend on, and what it may touch.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::files::{assert_none, production_code, root};

/// The crates that each crate may depend on. A new crate must be added here.
const FLOORS: [(&str, &[&str]); 14] = [
    ("shared", &[]),
    ("process_group", &[]),
    ("mission", &["shared"]),
    ("syntax", &[]),
    ("checks", &["shared", "process_group"]),
    ("workspace", &["shared", "process_group"]),
    ("guardian", &["shared", "syntax"]),
    ("context", &["shared", "syntax"]),
    ("journal", &["shared", "mission"]),
    ("queue", &[]),
    (
        "engine",
        &["shared", "mission", "syntax", "checks", "workspace", "guardian", "context", "journal", "queue"],
    ),
    ("node", &["engine", "guardian", "context"]),
    ("sim", &["engine", "mission", "checks", "workspace", "journal"]),
    ("bench", &["sim", "engine", "mission", "syntax", "checks", "guardian", "journal"]),
];

const PURE: [&str; 4] = ["shared", "mission", "syntax", "guardian"];

#[test]
fn crates_stand_on_the_floors_below_them() {
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace_crates() {
        let Some((_, floor)) = FLOORS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!(
                "crates/{name}: a crate without a floor; give it one in FLOORS of this test and in docs/ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in
            dependencies.iter().filter(|dependency| FLOORS.iter().any(|(known, _)| known == dependency))
        {
            if !floor.contains(&dependency.as_str()) {
                wrong.push(format!(
                    "crates/{name}/Cargo.toml: `{name}` must not know `{dependency}`; hand it what it needs as data, from `engine`"
                ));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn pure_crates_depend_on_nothing_that_reaches_outside() {
    let outside = [
        "tokio",
        "tokio-util",
        "rand",
        "fastrand",
        "getrandom",
        "uuid",
        "chrono",
        "time",
        "nix",
        "tempfile",
        "reqwest",
    ];
    let crates = workspace_crates();
    let wrong = PURE
        .iter()
        .filter_map(|name| Some((name, crates.get(*name)?)))
        .flat_map(|(name, dependencies)| outside.iter().filter(|o| dependencies.contains(**o)).map(move |o| (name, o)))
        .map(|(name, outside)| {
            format!("crates/{name}/Cargo.toml: `{name}` is pure and must not depend on `{outside}`; move what needs it to `engine`")
        });
    assert_none(wrong);
}

#[test]
fn pure_crates_do_no_io_and_read_no_clock() {
    let outside = [
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "std::env",
        "std::thread",
        "use std::{",
        "tokio::",
        "Instant::",
        "time::Instant",
        "SystemTime",
        "RandomState",
        "println!",
        "eprintln!",
        "print!(",
    ];
    let what = "a pure crate takes texts, times and identifiers as arguments; do this in `engine` and pass the result";
    assert_none(
        production_code()
            .iter()
            .filter(|file| PURE.contains(&file.krate()))
            .flat_map(|file| file.lines_with(&outside, what)),
    );
}

#[test]
fn only_workspace_and_checks_start_processes() {
    let spawn = ["Command::new", "process::Command", "posix_spawn", "fork("];
    let what = "git is run by `workspace`, the project's commands by `checks`; call those";
    // `process_group` names commands, and starts none
    let allowed = ["workspace", "checks", "process_group", "sim", "bench"];
    let git = ["Command::new(\"git", "program(\"git"];
    let files = production_code();
    let spawning = files
        .iter()
        .filter(|file| !allowed.contains(&file.krate()))
        .flat_map(|file| file.lines_with(&spawn, what));
    let running_git = files.iter().filter(|file| file.krate() == "checks").flat_map(|file| {
        file.lines_with(&git, "only `workspace` runs git; take what git knows as an argument")
    });
    assert_none(spawning.chain(running_git));
}

#[test]
fn only_journal_writes_mission_state() {
    let write = [
        "fs::write",
        "File::create",
        "OpenOptions",
        "fs::rename",
        "fs::copy",
        "fs::remove_",
        "NamedTempFile",
    ];
    let writers = ["journal", "workspace", "checks", "sim", "bench"];
    let names = ["journal.jsonl\"", "board.json\""];
    let files = production_code();
    let writing = files.iter().filter(|file| !writers.contains(&file.krate())).flat_map(|file| {
        file.lines_with(&write, "mission state is written by `journal`, slots by `workspace`; add it there")
    });
    let naming = files.iter().filter(|file| file.krate() != "journal").flat_map(|file| {
        file.lines_with(&names, "the files of a mission are known to `journal` only; ask it for them")
    });
    assert_none(writing.chain(naming));
}

#[test]
fn node_holds_conversions_only() {
    const MOST_LINES: usize = 250;
    const LINES_A_BRANCH: usize = 10;
    let mut wrong = Vec::new();
    for file in production_code().iter().filter(|file| file.krate() == "node") {
        let code = file.code();
        let branches = |line: &str| {
            ["if ", "match ", "while ", "for "].iter().filter(|word| line.contains(*word)).count()
        };
        let branches: usize = code.iter().map(|(_, line)| branches(line)).sum();
        if code.len() > MOST_LINES || branches > 2 + code.len() / LINES_A_BRANCH {
            wrong.push(format!(
                "{}: {} lines and {branches} branches; `node` only converts, move the decisions to `engine`",
                file.path,
                code.len()
            ));
        }
    }
    assert_none(wrong);
}

#[test]
fn every_crate_says_what_it_is_and_keeps_the_lints() {
    let mut wrong = Vec::new();
    for name in workspace_crates().keys() {
        let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_default();
        let (lib, manifest) = (format!("crates/{name}/src/lib.rs"), format!("crates/{name}/Cargo.toml"));
        let text = read(&lib);
        let header =
            text.lines().take_while(|line| line.starts_with("//!")).map(|line| line.len() - 3).sum::<usize>();
        // An empty crate needs no description.
        if header < 60 && text.lines().count() > 5 {
            wrong.push(format!(
                "{lib}: begin it with `//!` lines that say what the crate is, and what it never does"
            ));
        }
        if !read(&manifest).contains("[lints]\nworkspace = true") {
            wrong.push(format!("{manifest}: add `[lints]` with `workspace = true`"));
        }
        if root().join(format!("crates/{name}/README.md")).exists() {
            wrong.push(format!("crates/{name}/README.md: move it to the `//!` lines of {lib}"));
        }
    }
    assert_none(wrong);
}

#[test]
fn package_and_crates_have_one_version() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let package: serde_json::Value =
        serde_json::from_str(&read("package.json")).expect("package.json is JSON");
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    let hint = "package.json and Cargo.toml must carry the same version; change both";
    assert_eq!(package["version"].as_str(), version.map(|version| version.trim_matches('"')), "{hint}");
}

/// The crates of the workspace and what each depends on, for building and for tests alike.
fn workspace_crates() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("JSON from cargo metadata");
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .map(|package| (name(package), list(&package["dependencies"]).iter().map(name).collect()))
        .collect()
}
