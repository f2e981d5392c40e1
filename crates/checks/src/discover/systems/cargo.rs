//! Cargo.toml: build, clippy if the project uses it, and its tests.
//!
//! It chooses no features and no toolchain, and names no test if the target has no operating system. `targets.rs`
//! handles tasks of cargo-make.

use crate::check::{Check, CheckPurpose};
use crate::discover::source::{Source, is_inside, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["Cargo.toml"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "cargo", manifests: FILES, find, setup, fills: &[], only_fetches: false };

/// Workspaces, and packages outside of any: the folders in which `cargo` runs.
fn roots(source: &Source) -> Vec<(String, toml::Table)> {
    let mut roots: Vec<(String, toml::Table)> = Vec::new();
    for folder in source.folders_with(FILES) {
        let Some(manifest) =
            source.read(&folder, "Cargo.toml").and_then(|text| text.parse::<toml::Table>().ok())
        else {
            continue;
        };
        let own = manifest.contains_key("workspace");
        // A package below a workspace is a member, unless it is excluded. An excluded package counts only if CI
        // names it; otherwise it exists for tests
        let mut hidden = false;
        let member = roots.iter().any(|(root, above)| {
            let excluded = above
                .get("workspace")
                .and_then(|workspace| workspace.get("exclude")?.as_array())
                .is_some_and(|list| {
                    list.iter().filter_map(toml::Value::as_str).any(|one| {
                        let place = join(root, one.trim_end_matches(['/', '*']));
                        folder == place || is_inside(&folder, &place)
                    })
                });
            hidden |= excluded;
            is_inside(&folder, root) && above.contains_key("workspace") && !excluded
        });
        if hidden && !workflows(source).any(|(_, text)| text.contains(&folder)) {
            continue;
        }
        if own || !member {
            roots.push((folder, manifest));
        }
    }
    roots
}

fn find(survey: &mut Survey) {
    for (folder, manifest) in roots(survey.source) {
        of_folder(survey, &folder, &manifest);
    }
}

fn of_folder(survey: &mut Survey, folder: &str, manifest: &toml::Table) {
    let source = survey.source;
    let workspace = manifest.contains_key("workspace");
    let all = if workspace { " --workspace" } else { "" };
    let add = |survey: &mut Survey, name: &str, kind, run: String, because: &str| {
        survey.add(own(folder, name, kind, &run, because));
    };
    if let Some(target) = bare_target(source, folder) {
        add(survey, "build", CheckPurpose::Build, format!("cargo build{all}"), "Cargo.toml");
        survey.hint(format!(
            "`{}` is built for {target}, where tests cannot run; name the command that tests it in opencode.toml",
            join(folder, "Cargo.toml")
        ));
        return;
    }
    let nextest = source.has_any(folder, &[".config/nextest.toml"]) && source.has_program("cargo-nextest");
    let test = if nextest { "cargo nextest run" } else { "cargo test" };
    // Builds the test binaries: `cargo check` would compile everything a second time
    add(survey, "build", CheckPurpose::Build, format!("{test}{all} --no-run"), "Cargo.toml");
    if let Some((because, deny)) = clippy(source, folder, manifest) {
        let run = format!("cargo clippy{all} --all-targets{}", if deny { " -- -D warnings" } else { "" });
        survey.add(Check { source: because, ..own(folder, "lint", CheckPurpose::Lint, &run, "") });
    }
    // Every test binary runs, so that two runs can be compared
    if nextest {
        add(
            survey,
            "test",
            CheckPurpose::Test,
            format!("{test}{all} --no-fail-fast --no-tests=warn"),
            ".config/nextest.toml",
        );
    } else {
        add(survey, "test", CheckPurpose::Test, format!("{test}{all} --no-fail-fast"), "Cargo.toml");
    }
}

/// A target without an operating system, for which the folder, or one above it, is built.
fn bare_target(source: &Source, folder: &str) -> Option<String> {
    let mut here = folder;
    loop {
        let file = source.first(here, &[".cargo/config.toml", ".cargo/config"]);
        let config = file.and_then(|file| source.read(here, file)?.parse::<toml::Table>().ok());
        let target = config
            .as_ref()
            .and_then(|config| config.get("build")?.get("target")?.as_str().map(str::to_owned));
        if let Some(target) = target {
            return (target.contains("-none") || target.contains("-unknown-unknown")).then_some(target);
        }
        if here.is_empty() {
            return None;
        }
        here = here.rsplit_once('/').map_or("", |(up, _)| up);
    }
}

/// The place where the project declares that it uses clippy, and whether warnings are errors.
fn clippy(source: &Source, folder: &str, manifest: &toml::Table) -> Option<(String, bool)> {
    let table = |value: Option<&toml::Value>| value.and_then(|value| value.get("clippy")).is_some();
    for (path, text) in workflows(source) {
        if let Some(line) = text.lines().find(|line| line.contains("cargo clippy")) {
            let deny =
                line.contains("warnings") || text.contains("-Dwarnings") || text.contains("-D warnings");
            return Some((path.to_owned(), deny));
        }
    }
    if source.has_any(folder, &["clippy.toml", ".clippy.toml"]) {
        return Some((join(folder, "clippy.toml"), false));
    }
    let workspace = manifest.get("workspace").and_then(|workspace| workspace.get("lints"));
    (table(manifest.get("lints")) || table(workspace))
        .then(|| (join(folder, "Cargo.toml lints.clippy"), false))
}

/// The workflow files of GitHub, with their texts.
fn workflows<'a>(source: &'a Source) -> impl Iterator<Item = (&'a str, String)> {
    let paths = source.below("").filter(|path| {
        path.strip_prefix(".github/workflows/")
            .is_some_and(|file| file.ends_with(".yml") || file.ends_with(".yaml"))
    });
    paths.take(20).map(|path| (path, source.read("", path).unwrap_or_default()))
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let step = |(folder, _): (String, toml::Table)| {
        let locked = source.has(&folder, "Cargo.lock");
        SetupCommand {
            otherwise: None,
            run: format!("cargo fetch{}", if locked { " --locked" } else { "" }),
            source: join(&folder, if locked { "Cargo.lock" } else { "Cargo.toml" }),
            folder,
        }
    };
    roots(source).into_iter().map(step).collect()
}
