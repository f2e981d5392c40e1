//! Decides what a command line of the project does. It follows wrappers, scripts of manifests,
//! targets of makefiles and program files. The answer comes from tables (`programs/`); an unknown
//! program is judged by its words. Pure: nothing runs.

mod files;
mod line;
mod monorepo;
mod node;
mod options;
mod programs;
mod remove;
mod scripts;
mod targets;
mod words;
mod wrap;

use std::collections::{BTreeMap, BTreeSet};

use super::node::Packages;
use super::source::Source;
use crate::check::Runner;

/// The most commands that are read for one judgement.
const MAX_COMMANDS: usize = 5_000;
/// The deepest chain of scripts that call scripts.
const MAX_DEPTH: usize = 24;

/// What a program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Harmless,
    Lint,
    Types,
    Build,
    Test,
    /// Not known, and without a sign of danger.
    Unknown,
}

/// Why a command is never run without the user's permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Watches,
    Serves,
    Browser,
    EndToEnd,
    Window,
    Device,
    Interactive,
    Container,
    Database,
    Network,
    Publishes,
    Deploys,
    Repository,
    Installs,
    Rewrites,
    Removes,
    System,
    Partial,
    Measures,
    Unclear,
    /// No reason: the option is harmless for this program.
    Nothing,
}

impl Why {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Why::Watches => "watches files and never ends",
            Why::Serves => "starts something that keeps running",
            Why::Browser => "needs a browser",
            Why::EndToEnd => "runs end-to-end tests",
            Why::Window => "opens a window",
            Why::Device => "needs a device or an emulator",
            Why::Interactive => "waits for a person",
            Why::Container => "needs containers or virtual machines",
            Why::Database => "changes or needs a database",
            Why::Network => "talks to a service on the network",
            Why::Publishes => "publishes or releases something",
            Why::Deploys => "deploys or reaches a cloud",
            Why::Repository => "changes the repository",
            Why::Installs => "installs or downloads packages",
            Why::Rewrites => "rewrites files",
            Why::Removes => "removes or overwrites files that are no build output",
            Why::System => "changes the machine",
            Why::Partial => "looks only at what git calls changed",
            Why::Measures => "measures speed",
            Why::Unclear => "cannot be read to its end",
            Why::Nothing => "does nothing",
        }
    }
}

/// What a command line does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub classes: BTreeSet<Class>,
    /// Why it is never run without permission, and which part of it is the cause.
    pub refused: Option<String>,
    pub cause: Option<Why>,
    /// The test runner behind it, or the last one of several.
    pub runner: Option<Runner>,
    /// Scripts that it runs, by folder and name.
    pub scripts: BTreeSet<(String, String)>,
}

impl Judgement {
    pub(crate) fn is(class: Class) -> Judgement {
        Judgement { classes: BTreeSet::from([class]), ..Judgement::default() }
    }

    pub(crate) fn refused(what: &str, why: Why) -> Judgement {
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = what.chars().take(80).collect();
        Judgement {
            refused: Some(format!("`{short}` {}", why.text())),
            cause: Some(why),
            ..Judgement::default()
        }
    }

    pub(crate) fn and(&mut self, other: Judgement) {
        self.classes.extend(other.classes);
        if self.refused.is_none() {
            self.refused = other.refused;
            self.cause = other.cause;
        }
        self.runner = other.runner.or(self.runner);
        self.scripts.extend(other.scripts);
    }

    pub(crate) fn tests(&self) -> bool {
        self.classes.contains(&Class::Test)
    }

    /// Whether it does nothing that could be judged.
    pub(crate) fn is_idle(&self) -> bool {
        self.classes.iter().all(|class| *class == Class::Harmless)
    }
}

pub(crate) struct Judge<'a> {
    source: &'a Source<'a>,
    packages: &'a Packages<'a>,
    /// Scripts, targets and files that are being followed.
    following: Vec<String>,
    /// Files of the project that commands start or load.
    started: BTreeSet<String>,
    left: usize,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(source: &'a Source<'a>, packages: &'a Packages<'a>) -> Judge<'a> {
        Judge { source, packages, following: Vec::new(), started: BTreeSet::new(), left: MAX_COMMANDS }
    }

    /// Judges a command line that runs in a folder.
    pub(crate) fn line(&mut self, folder: &str, line: &str) -> Judgement {
        let Some(commands) = line::commands(line) else {
            return Judgement::refused(line, Why::Unclear);
        };
        let mut all = Judgement::default();
        // The folder in each subshell, by the subshells around it
        let mut folders: BTreeMap<Vec<usize>, String> = BTreeMap::new();
        for command in &commands {
            let here = (0..=command.scope.len())
                .rev()
                .find_map(|depth| folders.get(command.scope.get(..depth)?))
                .map_or(folder, String::as_str)
                .to_owned();
            if let Some(["cd" | "pushd", to]) =
                command.words.iter().map(String::as_str).collect::<Vec<_>>().get(..2)
            {
                folders.insert(command.scope.clone(), self.source.folder_at(&here, folder, to));
                continue;
            }
            all.and(self.command(&here, command));
            if command.background && !all.is_idle() {
                all.and(Judgement::refused(&format!("{} &", command.words.join(" ")), Why::Serves));
            }
        }
        all
    }

    fn command(&mut self, folder: &str, command: &line::Command) -> Judgement {
        let mut all = Judgement::default();
        for file in &command.writes {
            if remove::harms(self.source, folder, file) {
                all.and(Judgement::refused(&format!("> {file}"), Why::Removes));
            }
        }
        let shells =
            ["sh", "bash", "zsh", "dash", "ksh", "node", "python", "python3", "ruby", "perl", "sudo"];
        if command.piped
            && command.words.len() == 1
            && command.words.first().is_some_and(|w| shells.contains(&w.as_str()))
        {
            all.and(Judgement::refused(&format!("| {}", command.words.join(" ")), Why::Unclear));
            return all;
        }
        if let Some(word) = words::browser_in(&command.assignments) {
            all.and(Judgement::refused(word, Why::Browser));
        }
        all.and(self.words(folder, &command.words));
        all
    }

    /// Judges one simple command; its first word is the program.
    pub(super) fn words(&mut self, folder: &str, words: &[String]) -> Judgement {
        if self.left == 0 || self.following.len() > MAX_DEPTH {
            return Judgement::refused(&words.join(" "), Why::Unclear);
        }
        self.left -= 1;
        let Some((first, arguments)) = words.split_first() else { return Judgement::default() };
        if line::is_assignment(first) {
            return self.words(folder, arguments);
        }
        let program = program_name(first);
        self.note_loaded(folder, arguments);
        if let Some(judgement) = self.wrapped(folder, program, arguments) {
            return judgement;
        }
        if let Some(judgement) = self.removing(folder, program, arguments) {
            return judgement;
        }
        if let Some(judgement) = self.manager(folder, program, arguments) {
            return judgement;
        }
        if let Some(judgement) = self.target(folder, program, arguments) {
            return judgement;
        }
        if let Some(judgement) = self.interpreter(folder, first, program, arguments) {
            return judgement;
        }
        self.program(folder, program, arguments)
    }

    /// Judges by the tables first, then by the words.
    fn program(&mut self, folder: &str, program: &str, arguments: &[String]) -> Judgement {
        let told = std::iter::once(program)
            .chain(arguments.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        if arguments.iter().any(|word| ["--help", "--version", "-V"].contains(&word.as_str())) {
            return Judgement::is(Class::Harmless);
        }
        let rule = programs::rule(program, arguments);
        if let Some(programs::Rule::Never(why)) = rule {
            return Judgement::refused(&told, why);
        }
        let harmless = rule == Some(programs::Rule::Is(Class::Harmless));
        if let Some((_, why)) =
            programs::refused_option(program, arguments).filter(|(_, why)| !harmless || *why == Why::Watches)
        {
            return Judgement::refused(&told, why);
        }
        let class = match rule {
            Some(programs::Rule::Is(class)) => class,
            Some(programs::Rule::With(options, class, why)) => {
                let asked = |word: &String| {
                    let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
                    options.contains(&name)
                };
                if !arguments.iter().any(asked) {
                    return Judgement::refused(&told, why);
                }
                class
            }
            Some(programs::Rule::Never(_)) | None => Class::Unknown,
        };
        // A build tool often has a sub-command that serves or watches
        let sub = arguments.first().map(String::as_str);
        if class == Class::Build
            && sub.is_some_and(|sub| ["watch", "serve", "start", "dev", "preview"].contains(&sub))
        {
            return Judgement::refused(&told, if sub == Some("watch") { Why::Watches } else { Why::Serves });
        }
        if class == Class::Unknown
            && let Some(why) = words::danger(program).or_else(|| words::danger_in(arguments))
        {
            return Judgement::refused(&told, why);
        }
        if class == Class::Test {
            if words::names_end_to_end(arguments) {
                return Judgement::refused(&told, Why::EndToEnd);
            }
            if self.runs_browser(folder, program) {
                return Judgement::refused(&told, Why::Browser);
            }
        }
        let mut judgement = Judgement::is(class);
        // The compiler writes its output, unless an option prevents it
        if ["tsc", "vue-tsc", "ttsc", "tspc", "tsgo"].contains(&program)
            && !arguments.iter().any(|word| word == "--noEmit")
        {
            judgement.classes.insert(Class::Build);
        }
        if matches!(class, Class::Test | Class::Unknown) {
            let words: Vec<String> =
                std::iter::once(program.to_owned()).chain(arguments.iter().cloned()).collect();
            judgement.runner = Runner::of_words(&words);
        }
        judgement
    }

    /// Whether a script's name shows no danger.
    pub(crate) fn may_name(&self, name: &str) -> bool {
        words::danger(name).is_none_or(|why| !matches!(why, Why::EndToEnd | Why::Browser | Why::Device))
    }

    /// Follows a script, target or file by name, unless it is already being followed.
    pub(super) fn follow(&mut self, name: String, into: impl FnOnce(&mut Self) -> Judgement) -> Judgement {
        if self.following.contains(&name) {
            return Judgement::default();
        }
        self.following.push(name);
        let judgement = into(self);
        self.following.pop();
        judgement
    }
}

pub(crate) use node::program_of_package;

/// A program's name in the tables: without its folder, extension and version.
fn program_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let scripts = [".js", ".mjs", ".cjs", ".cmd", ".exe", ".bat", ".ps1"];
    let is_path = word.contains('/');
    let stem = scripts
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .filter(|_| !is_path || word.contains("node_modules"));
    stem.unwrap_or(name)
}
