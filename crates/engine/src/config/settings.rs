//! The settings of a mission, read once when it starts.
//!
//! A running mission reads no settings file again: it keeps the settings of its start.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobSetBuilder};
use guardian::{Guardian, GuardianOptions, Level, RuleProblem, SgConfig};
use journal::{Answer, StateDir};
use mission::Policy;

use crate::config::{
    Config, ConfigProblem, NewDependencies, OPTIONS, RuleLevel, SetupFailure, Source, TestAuthor, Trusted,
    load,
};

/// The most rule files that are read, and the largest size of one, in bytes.
const MAX_RULES: usize = 500;
const MAX_RULE_FILE: u64 = 256 * 1024;
/// How much of a settings file is read, in bytes; the parser accepts only shorter files.
const MAX_SETTINGS: u64 = 4 << 20;

/// The options of the plugin's entry in opencode.json.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub value: Option<serde_json::Value>,
    /// Whether they are in the user's own configuration.
    pub own: bool,
}

/// The configuration, and the texts of the repository that loosen it.
pub(crate) struct Settings {
    pub config: Config,
    /// Texts that loosen something, each with its kind.
    pub loosening: Vec<(&'static str, String)>,
}

/// The kinds of text that a repository brings.
const TOML: &str = "opencode.toml";
const OF_ENTRY: &str = "options";

/// Reads the user's and the project's `opencode.toml`, and the options of opencode.json over both. `state` knows what
/// the user has trusted in this project.
pub(crate) fn read(
    config_home: &Path,
    root: &Path,
    options: &Options,
    state: &StateDir,
) -> Result<Settings, Vec<ConfigProblem>> {
    let user = source(config_home.join("opencode").join("opencode.toml"))?;
    let project = source(root.join("opencode.toml"))?;
    let trust = state.trust();
    let texts: Vec<(&'static str, String)> = project
        .iter()
        .map(|source| (TOML, source.text.clone()))
        .chain(options.value.iter().filter(|_| !options.own).map(|value| (OF_ENTRY, value.to_string())))
        .collect();
    let said = |kind: &str| {
        texts.iter().find(|(known, _)| *known == kind).and_then(|(kind, text)| trust.answer(kind, text))
    };
    let trusted = Trusted {
        project: said(TOML) == Some(Answer::Trusted),
        options: options.own || said(OF_ENTRY) == Some(Answer::Trusted),
    };
    let config = load(user.clone(), project.clone(), options.value.clone(), trusted)?;
    // The texts that need trust do not depend on what is trusted already.
    let bare = load(user, project, options.value.clone(), Trusted { project: false, options: options.own })?;
    let loosens = |kind: &str| bare.withheld.iter().any(|w| (w.file == OPTIONS) == (kind == OF_ENTRY));
    let loosening = texts.into_iter().filter(|(kind, _)| loosens(kind)).collect();
    Ok(Settings { config, loosening })
}

/// The user's own configuration, for a command that belongs to no project.
pub(crate) fn of_user(config_home: &Path) -> Result<Config, Vec<ConfigProblem>> {
    let user = source(config_home.join("opencode").join("opencode.toml"))?;
    load(user, None, None, Trusted::default())
}

/// The configuration for a command that changes nothing and runs nothing. It uses the project's settings without asking
/// for trust.
pub(crate) fn for_reading(config_home: &Path, root: &Path) -> Result<Config, Vec<ConfigProblem>> {
    let user = source(config_home.join("opencode").join("opencode.toml"))?;
    let project = source(root.join("opencode.toml"))?;
    load(user, project, None, Trusted { project: true, options: true })
}

fn source(path: PathBuf) -> Result<Option<Source>, Vec<ConfigProblem>> {
    match text_of(&path) {
        Ok(text) => Ok(Some(Source { name: path.display().to_string(), text })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(vec![ConfigProblem {
            file: path.display().to_string(),
            line: 0,
            column: 0,
            message: format!("the file cannot be read: {error}"),
            hint: Some("make it readable, or remove it to use the defaults".into()),
        }]),
    }
}

/// The text of a settings file. A repository may have a link to a device or a pipe in its place, which has no end.
fn text_of(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut text = String::new();
    File::open(path)?.take(MAX_SETTINGS).read_to_string(&mut text)?;
    Ok(text)
}

/// The policy of a mission. It names every field, so that a new one is not forgotten here.
pub(crate) fn policy(config: &Config) -> Policy {
    let usual = Policy::default();
    Policy {
        parallel: u32::try_from(config.mission.parallel).unwrap_or(4),
        fixes: config.heal.fixes,
        fresh: config.heal.fresh,
        fallbacks: u32::try_from(config.roles.coder.fallback.len()).unwrap_or_default(),
        splits: config.heal.splits,
        candidates: u32::try_from(config.heal.candidates).unwrap_or(1),
        independent_tests: config.mission.tests == TestAuthor::Independent,
        max_cycles: config.mission.max_cycles,
        approve_plan: config.mission.approve_plan,
        clarify: config.mission.clarify == crate::config::Clarify::Ask,
        dependencies: match config.mission.dependencies {
            NewDependencies::Ask => mission::NewDependencies::Ask,
            NewDependencies::Allow => mission::NewDependencies::Allow,
            NewDependencies::Deny => mission::NewDependencies::Deny,
        },
        pause_on_setup: config.workspace.setup_failure == SetupFailure::Pause,
        calls: config.budget.calls.get(),
        task_calls: config.budget.task.calls.get(),
        requests: config.budget.requests.get(),
        task_requests: config.budget.task.requests.get(),
        wall_ms: config
            .budget
            .wall
            .get()
            .map(|span| u64::try_from(span.get().as_millis()).unwrap_or(u64::MAX)),
        tokens: config.budget.tokens.get(),
        cost_usd: config.budget.cost_usd.get(),
        task_tokens: config.budget.task.tokens.get(),
        task_cost_usd: config.budget.task.cost_usd.get(),
        outage_ms: u64::try_from(config.budget.outage.get().as_millis()).unwrap_or(u64::MAX),
        // There is no setting for these
        max_tasks: usual.max_tasks,
        max_files: usual.max_files,
        max_lines: usual.max_lines,
        max_depth: usual.max_depth,
        host_failures: usual.host_failures,
    }
}

/// The Guardian with the built-in and the project's own rules, and the problems of the project's rules.
pub(crate) fn guardian(config: &Config, root: &Path) -> (Guardian, Vec<RuleProblem>) {
    let severity = config.guardian.severity.iter().map(|(rule, level)| {
        let level = match level {
            RuleLevel::Off => Level::Off,
            RuleLevel::Warning => Level::Warning,
            RuleLevel::Error => Level::Error,
        };
        (rule.clone(), level)
    });
    let asked_for = config.origins.get("guardian.rules").is_some();
    let mut project_rules = rule_files(&config.guardian.rules, root, asked_for);
    let mut problems = Vec::new();
    let utilities = sgconfig(root, &mut project_rules, &mut problems);
    let severity = severity.collect();
    let (guardian, more) = Guardian::new(GuardianOptions { severity, project_rules, utilities });
    problems.extend(more);
    (guardian, problems)
}

/// Adds the rules that the project's `sgconfig.yml` names, if it exists, and returns its utility rules.
fn sgconfig(
    root: &Path,
    rules: &mut Vec<(String, String)>,
    problems: &mut Vec<RuleProblem>,
) -> Vec<(String, String)> {
    const NAME: &str = "sgconfig.yml";
    let problem = |message: String, hint: &str| RuleProblem {
        file: NAME.to_string(),
        line: None,
        message,
        hint: hint.to_string(),
    };
    let text = match text_of(&root.join(NAME)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(problem(format!("it cannot be read: {error}"), "make it a readable text file"));
            return Vec::new();
        }
    };
    let config = match SgConfig::parse(NAME, &text) {
        Ok((config, told)) => {
            problems.extend(told);
            config
        }
        Err(error) => {
            problems.push(error);
            return Vec::new();
        }
    };
    let mut read = |folders: &[String]| {
        let mut files = Vec::new();
        for folder in folders {
            match inside(folder) {
                None => problems.push(problem(
                    format!("`{folder}` is not in the project, and is not read"),
                    "rules belong to the project that they are for",
                )),
                Some(inside) if !root.join(&inside).is_dir() => problems.push(problem(
                    format!("there is no folder `{folder}`"),
                    "name a folder relative to this file",
                )),
                Some(inside) => collect(root, &inside, 0, &is_yaml, &mut files),
            }
        }
        files.sort();
        files.dedup();
        files
    };
    let utilities = read(&config.util_dirs);
    let is_utility = |file: &(String, String)| utilities.iter().any(|(name, _)| *name == file.0);
    let named: Vec<_> = read(&config.rule_dirs).into_iter().filter(|file| !is_utility(file)).collect();
    rules.retain(|file| !is_utility(file));
    rules.extend(named);
    rules.sort();
    rules.dedup();
    utilities
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// A folder below the root, without `.` in its path.
fn inside(folder: &str) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for part in Path::new(folder).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => found.push(part),
            _ => return None,
        }
    }
    Some(found)
}

/// Files that match the patterns. Unless the user asked for them, only files that look like ast-grep rules.
fn rule_files(patterns: &[String], root: &Path, asked_for: bool) -> Vec<(String, String)> {
    let mut globs = GlobSetBuilder::new();
    for pattern in patterns {
        if let Ok(glob) = Glob::new(pattern) {
            globs.add(glob);
        }
    }
    let Ok(globs) = globs.build() else { return Vec::new() };
    let mut files = Vec::new();
    let folders: std::collections::BTreeSet<PathBuf> = patterns.iter().map(|p| fixed_folder(p)).collect();
    for folder in folders {
        collect(root, &folder, 0, &|path: &Path| globs.is_match(path), &mut files);
    }
    files.retain(|(_, text)| asked_for || (text.contains("\nrule:") && text.contains("language:")));
    files.sort();
    files
}

/// The part of a pattern before its first wildcard.
fn fixed_folder(pattern: &str) -> PathBuf {
    let mut folder = PathBuf::new();
    let parts: Vec<&str> = pattern.split('/').collect();
    for part in parts.iter().take(parts.len().saturating_sub(1)) {
        if part.contains(['*', '?', '[', '{']) {
            break;
        }
        folder.push(part);
    }
    folder
}

fn collect(
    root: &Path,
    folder: &Path,
    depth: usize,
    wanted: &dyn Fn(&Path) -> bool,
    files: &mut Vec<(String, String)>,
) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < 8 {
            collect(root, &path, depth + 1, wanted, files);
        } else if kind.is_file() && wanted(&path) && files.len() < MAX_RULES {
            let small = entry.metadata().is_ok_and(|m| m.len() <= MAX_RULE_FILE);
            if let Some(text) = small.then(|| std::fs::read_to_string(root.join(&path)).ok()).flatten() {
                files.push((path.to_string_lossy().into_owned(), text));
            }
        }
    }
}
