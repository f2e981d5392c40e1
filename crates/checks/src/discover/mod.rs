//! Finds the project's own commands in its manifests: one file for each kind of project, with one
//! row in [`ECOSYSTEMS`]. `judge/` follows a command to its end before it becomes a check. Pure:
//! files are read through the given function, and nothing runs.

mod ci;
mod coverage;
mod decides;
mod dependents;
mod hints;
mod inputs;
mod judge;
mod node;
mod python;
mod recipes;
mod source;
mod started;
mod systems;

use std::time::Duration;

use globset::Glob;

use crate::check::{Check, CheckPurpose, DEFAULT_TIMEOUT, Runner};
pub use coverage::{Coverage, needs_test};
pub use decides::{Decider, Decisions};
pub use dependents::concerned;
pub use inputs::{NOT_INSTALLED, SetupStep, setup_steps};
pub(crate) use node::Manager as NodeManager;
pub(crate) use source::{Source, join};
pub use started::started;

use judge::Judge;
use node::Packages;

/// The most refused commands that are reported.
const MAX_REFUSED: usize = 100;

/// A kind of project.
struct Ecosystem {
    /// Makes names of checks unique.
    name: &'static str,
    /// Files that show that a project may be of this kind.
    manifests: &'static [&'static str],
    find: fn(&mut Survey),
    setup: fn(&Source) -> Vec<SetupCommand>,
    /// Names that its set-up fills, in its folder and in those of its members.
    fills: &'static [&'static str],
    /// Its set-up leaves nothing in the project that is needed: once is enough for every slot.
    only_fetches: bool,
}

/// All known kinds of project. Kinds that only call commands of others by another name come last,
/// and add what is missing.
const ECOSYSTEMS: &[Ecosystem] = &[
    node::ROW,
    systems::deno::ROW,
    systems::cargo::ROW,
    python::ROW,
    systems::go::ROW,
    systems::jvm::maven::ROW,
    systems::jvm::gradle::ROW,
    systems::jvm::sbt::ROW,
    systems::dotnet::ROW,
    systems::ruby::ROW,
    systems::php::ROW,
    systems::elixir::ROW,
    systems::swift::ROW,
    systems::zig::ROW,
    systems::haskell::ROW,
    systems::dart::ROW,
    systems::targets::ROW,
    systems::native::meson::ROW,
    systems::native::cmake::ROW,
    systems::native::autotools::ROW,
];

/// The commands that were found in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Independent steps of the set-up of a fresh checkout; their `source` is the reason.
    pub setup: Vec<Check>,
    /// Builds first, tests last; names are unique.
    pub checks: Vec<Check>,
    pub refused: Vec<Refused>,
    /// Sentences about what was seen and what to configure.
    pub hints: Vec<String>,
}

/// A command of the project that never runs without the user's permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The name with which the user can allow it.
    pub name: String,
    pub run: String,
    /// The file and entry that define it: `package.json scripts.test`.
    pub source: String,
    /// What is refused about it, and how to allow it.
    pub why: String,
}

/// The user's settings for found commands; each entry is a name or a glob.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Checks to leave out.
    pub exclude: Vec<String>,
    /// Refused commands that may run.
    pub allow: Vec<String>,
}

/// The results while a project is searched.
struct Survey<'a> {
    source: &'a Source<'a>,
    packages: &'a Packages<'a>,
    choice: &'a Choice,
    /// The kind of project that is being searched for.
    ecosystem: &'static str,
    found: Vec<(&'static str, Check)>,
    refused: Vec<Refused>,
    hints: Vec<String>,
}

impl<'a> Survey<'a> {
    fn new(source: &'a Source<'a>, packages: &'a Packages<'a>, choice: &'a Choice) -> Survey<'a> {
        Survey {
            source,
            packages,
            choice,
            ecosystem: "",
            found: Vec::new(),
            refused: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// An empty survey of the same project.
    fn fork(&self) -> Survey<'a> {
        Survey { ecosystem: self.ecosystem, ..Survey::new(self.source, self.packages, self.choice) }
    }

    fn join(&mut self, other: Survey) {
        self.found.extend(other.found);
        self.refused.extend(other.refused);
        self.hints.extend(other.hints);
    }

    fn script_judge(&self) -> Judge<'a> {
        Judge::new(self.source, self.packages)
    }

    fn checks(&self) -> impl Iterator<Item = &Check> {
        self.found.iter().map(|(_, check)| check)
    }

    fn has(&self, kind: CheckPurpose, folder: &str) -> bool {
        self.checks().any(|check| check.kind == kind && check.directory == folder)
    }

    /// Adds a check, unless the folder already has one with the same command.
    fn add(&mut self, check: Check) {
        let known = self.checks().any(|other| other.run == check.run && other.directory == check.directory);
        if !known {
            self.found.push((self.ecosystem, check));
        }
    }

    fn hint(&mut self, text: String) {
        if !self.hints.contains(&text) {
            self.hints.push(text);
        }
    }

    /// Whether the user allows a refused command by its name.
    fn allows(&self, folder: &str, name: &str) -> bool {
        named(&self.choice.allow, &full_name(folder, name))
    }

    fn refuse(&mut self, folder: &str, name: &str, run: &str, source: &str, why: &str) {
        let known = self.refused.iter().any(|refused| refused.source == source);
        if known || self.refused.len() >= MAX_REFUSED {
            return;
        }
        let name = full_name(folder, name);
        let why = format!(
            "{why}; to run it all the same, write `allow = [\"{name}\"]` under `[checks]` in your own opencode.toml"
        );
        self.refused.push(Refused { name, run: run.to_owned(), source: source.to_owned(), why });
    }
}

/// A name that includes the folder.
fn full_name(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{}-{name}", folder.replace('/', "-")) }
}

fn named(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| {
        pattern == name || Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(name))
    })
}

/// Everything that is found in a project. `programs` tells whether a program of that name is
/// installed.
pub fn find(
    read: &dyn Fn(&str) -> Option<String>,
    list: &[String],
    programs: &dyn Fn(&str) -> bool,
    choice: &Choice,
) -> Found {
    let source = Source::new(read, list).with_programs(programs);
    let packages = Packages::new(&source);
    let mut survey = Survey::new(&source, &packages, choice);
    for ecosystem in ECOSYSTEMS {
        survey.ecosystem = ecosystem.name;
        (ecosystem.find)(&mut survey);
    }
    hints::add(&mut survey);
    let Survey { found, refused, hints, .. } = survey;
    let mut checks = unique(found);
    checks.retain(|check| !named(&choice.exclude, &check.name));
    checks.sort_by_key(|check| check.kind);
    let setup = steps(&source).iter().map(SetupCommand::as_check).collect();
    Found { setup, checks, refused, hints }
}

/// The project's own checks, builds first, tests last; names are unique. `read` returns a file's
/// text, `list` holds all paths relative to the project's root.
pub fn discover(read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> Vec<Check> {
    find(read, list, &|_| true, &Choice::default()).checks
}

/// Completes a configured check from the project's manifests: the user's `npm test` gets the test
/// runner of that script.
pub fn resolve(check: Check, read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> Check {
    let source = Source::new(read, list);
    node::resolve(&source, &Packages::new(&source), check)
}

fn steps(source: &Source) -> Vec<SetupCommand> {
    ECOSYSTEMS.iter().flat_map(|ecosystem| (ecosystem.setup)(source)).collect()
}

/// The set-up of one project.
struct SetupCommand {
    folder: String,
    run: String,
    /// The command after a failure: it installs everything possible, and writes the rest into
    /// [`NOT_INSTALLED`].
    otherwise: Option<String>,
    source: String,
}

impl SetupCommand {
    fn as_check(&self) -> Check {
        Check {
            name: full_name(&self.folder, "setup"),
            kind: CheckPurpose::Custom,
            run: self.run.clone(),
            timeout: DEFAULT_TIMEOUT,
            directory: self.folder.clone(),
            source: self.source.clone(),
            runner: None,
            script: None,
            guessed: false,
        }
    }
}

/// The time limit by kind of check: lints are quick, others may compile.
fn limit(kind: CheckPurpose) -> Duration {
    match kind {
        CheckPurpose::Lint => DEFAULT_TIMEOUT / 2,
        _ => DEFAULT_TIMEOUT,
    }
}

/// A check that follows from a manifest or an installed tool, not from a script.
fn own(folder: &str, name: &str, kind: CheckPurpose, run: &str, because: &str) -> Check {
    Check {
        name: name.to_owned(),
        kind,
        run: run.to_owned(),
        timeout: limit(kind),
        directory: folder.to_owned(),
        source: join(folder, because),
        runner: Runner::of_command(run).filter(|_| kind == CheckPurpose::Test),
        script: None,
        guessed: false,
    }
}

/// For kinds of project without a set-up.
fn no_setup(_: &Source) -> Vec<SetupCommand> {
    Vec::new()
}

/// Makes names unique: by folder, then by kind of project, then by number.
fn unique(found: Vec<(&'static str, Check)>) -> Vec<Check> {
    let mut all: Vec<Check> = Vec::new();
    for (project, mut check) in found {
        let taken = |all: &[Check], name: &str| all.iter().any(|other| other.name == name);
        let base = check.name.clone();
        let mut candidates = vec![full_name(&check.directory, &base)];
        candidates.push(format!("{project}-{base}"));
        candidates.extend((2..1000).map(|number| format!("{project}-{base}-{number}")));
        if let Some(name) = candidates.into_iter().find(|name| !taken(&all, name)) {
            check.name = name;
            all.push(check);
        }
    }
    all
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
