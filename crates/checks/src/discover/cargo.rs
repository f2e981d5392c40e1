//! Cargo.toml: build, clippy where the project uses it, and its tests.

use super::{Source, Step, join, limit};
use crate::check::{Check, Kind, Runner};

pub(super) fn discover(source: &Source) -> Vec<(&'static str, Check)> {
    let folders = source.projects(&["Cargo.toml"]);
    folders.iter().flat_map(|folder| of_folder(source, folder)).map(|check| ("cargo", check)).collect()
}

fn of_folder(source: &Source, folder: &str) -> Vec<Check> {
    let Some(text) = source.read(folder, "Cargo.toml") else { return Vec::new() };
    let Ok(manifest) = text.parse::<toml::Table>() else { return Vec::new() };
    let all = if manifest.contains_key("workspace") { " --workspace" } else { "" };
    let check = |name: &str, kind, run: String, because: &str, runner| Check {
        name: name.to_owned(),
        kind,
        run,
        timeout: limit(kind),
        directory: folder.to_owned(),
        source: join(folder, because),
        runner,
        script: None,
    };
    let nextest = source.has(folder, ".config/nextest.toml");
    let test = if nextest { "cargo nextest run" } else { "cargo test" };
    // builds what the tests then run: `cargo check` would compile all of it twice
    let mut found = vec![check("build", Kind::Build, format!("{test}{all} --no-run"), "Cargo.toml", None)];
    if let Some((because, deny)) = clippy(source, folder, &manifest) {
        let run = format!("cargo clippy{all} --all-targets{}", if deny { " -- -D warnings" } else { "" });
        found.push(check("lint", Kind::Lint, run, &because, None));
    }
    // every binary is run, so that two runs can be compared
    let test = if nextest {
        let run = format!("{test}{all} --no-fail-fast --no-tests=warn");
        check("test", Kind::Test, run, ".config/nextest.toml", Some(Runner::Nextest))
    } else {
        let run = format!("{test}{all} --no-fail-fast");
        check("test", Kind::Test, run, "Cargo.toml", Some(Runner::CargoTest))
    };
    found.push(test);
    found
}

/// Where the project says that it uses clippy, and whether warnings are errors.
fn clippy(source: &Source, folder: &str, manifest: &toml::Table) -> Option<(String, bool)> {
    let table = |value: Option<&toml::Value>| value.and_then(|value| value.get("clippy")).is_some();
    let workflows = source.below("").filter(|path| {
        path.strip_prefix(".github/workflows/")
            .is_some_and(|file| file.ends_with(".yml") || file.ends_with(".yaml"))
    });
    for path in workflows.take(20) {
        let text = source.read("", path).unwrap_or_default();
        if let Some(line) = text.lines().find(|line| line.contains("cargo clippy")) {
            let deny =
                line.contains("warnings") || text.contains("-Dwarnings") || text.contains("-D warnings");
            return Some((path.to_owned(), deny));
        }
    }
    if source.has_any(folder, &["clippy.toml", ".clippy.toml"]) {
        return Some(("clippy.toml".to_owned(), false));
    }
    let workspace = manifest.get("workspace").and_then(|workspace| workspace.get("lints"));
    (table(manifest.get("lints")) || table(workspace)).then(|| ("Cargo.toml lints.clippy".to_owned(), false))
}

pub(super) fn setup(source: &Source) -> Vec<Step> {
    let folders = source.projects(&["Cargo.toml"]);
    folders
        .into_iter()
        .map(|folder| {
            let locked = source.has(&folder, "Cargo.lock");
            Step {
                run: format!("cargo fetch{}", if locked { " --locked" } else { "" }),
                source: join(&folder, if locked { "Cargo.lock" } else { "Cargo.toml" }),
                folder,
            }
        })
        .collect()
}
