//! `lint [paths] [--base REV]`: the Guardian over whole files, or over what changed since a revision.
//!
//! Named paths are linted whole, with or without git. Without paths, changes are linted: since the branch left
//! `--base`, otherwise since HEAD. Without a HEAD, all files are linted whole. Findings name files from the
//! project's root.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use guardian::{Finding, Guardian, Severity, render};
use workspace::{UserFiles, project_root};

use super::answer::{CommandAnswer, CommandFailure, unknown};
use super::files::{DiskSources, RevisionSources, list, relative, text};
use super::lint_scan::scan;
use super::place::Place;
use crate::config::settings;
use crate::text::count;

/// The most findings of one rule that are shown.
const MAX_OF_A_RULE: usize = 2_000;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files and folders to lint whole; without any, what changed since HEAD.
    paths: Vec<String>,
    /// Only what this branch changed since it left that revision.
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let format = if args.json { Format::Json } else { args.format };
    let words: Vec<PathBuf> = args.paths.iter().map(|word| absolute(&place.cwd, word)).collect();
    let root = root_of(place, &args.paths, &words)?;
    let config = settings::for_reading(&place.config_home, &root).map_err(|problems| {
        CommandFailure::Problem(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let (guardian, problems) = settings::guardian(&config, &root);
    let user = UserFiles::open(&root).map_err(CommandFailure::problem)?;
    let base = base(args.base.as_deref(), words.is_empty(), user.as_ref())?;
    let mut files = list(&root, user.as_ref())?;
    let changed = match (&user, &base) {
        (Some(user), Some(commit)) => Some(user.changed(commit).map_err(CommandFailure::problem)?),
        _ => None,
    };
    let mut notes = Vec::new();
    let looked_at: Vec<String> = if words.is_empty() {
        changed.unwrap_or_else(|| files.clone())
    } else {
        let named = named(&root, &args.paths, &words, &mut files, changed.as_deref())?;
        match changed {
            Some(changed) => changed.into_iter().filter(|path| named.contains(path)).collect(),
            None => {
                notes.extend(unreadable(&root, &words));
                named.into_iter().collect()
            }
        }
    };
    let disk = DiskSources::new(&root, files);
    let mut findings = lint_files(&guardian, &disk, user.as_ref(), base.as_deref(), &looked_at)?;
    let bad = !problems.is_empty() || findings.iter().any(|finding| finding.severity == Severity::Error);
    notes.extend(bound(&mut findings));
    let notes: Vec<String> = problems.iter().map(ToString::to_string).chain(notes).collect();
    let shown = match format {
        Format::Json => render::json(&findings) + "\n",
        Format::Sarif => render::sarif(&findings, env!("CARGO_PKG_VERSION"), &notes) + "\n",
        Format::Text => render::text(&findings),
    };
    let mut answer = CommandAnswer::done(shown).exit(u8::from(bad));
    for note in notes {
        answer = answer.note(&note);
    }
    if format == Format::Text && findings.is_empty() {
        answer = answer.note(&format!("{} looked at, nothing found", count(looked_at.len(), "file")));
    }
    Ok(answer)
}

/// Drops findings of a rule beyond [`MAX_OF_A_RULE`], and returns notes about that: a rule that matches everywhere
/// needs no longer list.
fn bound(findings: &mut Vec<Finding>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.rule.clone()).or_default();
        *count += 1;
        *count <= MAX_OF_A_RULE
    });
    let many = counts.into_iter().filter(|(_, count)| *count > MAX_OF_A_RULE);
    many.map(|(rule, count)| {
        format!(
            "`{rule}` was found {count} times; the first {MAX_OF_A_RULE} are shown\nhint: `{rule} = \"off\"` under \
             `[guardian.severity]` in opencode.toml switches it off"
        )
    })
    .collect()
}

fn lint_files(
    guardian: &Guardian,
    disk: &DiskSources,
    user: Option<&UserFiles>,
    base: Option<&str>,
    paths: &[String],
) -> Result<Vec<Finding>, CommandFailure> {
    let (Some(user), Some(commit)) = (user, base) else { return Ok(scan(guardian, disk, paths)) };
    let base = RevisionSources::open(user, commit, paths).map_err(CommandFailure::problem)?;
    Ok(guardian.lint_change(&base, disk, paths))
}

/// The commit to compare with; `None`: whole files.
fn base(
    asked: Option<&str>,
    no_paths: bool,
    user: Option<&UserFiles>,
) -> Result<Option<String>, CommandFailure> {
    match (asked, user) {
        (Some(rev), None) => Err(CommandFailure::Usage(format!(
            "`--base {rev}` needs a project under git\nhint: without `--base` whole files are linted"
        ))),
        (Some(rev), Some(user)) => match user.resolve(rev).map_err(CommandFailure::problem)? {
            // Later changes on the base are not part of this branch
            Some(commit) => match user.merge_base(&commit).map_err(CommandFailure::problem)? {
                Some(commit) => Ok(Some(commit)),
                None => Err(CommandFailure::Usage(format!(
                    "`{rev}` and HEAD have no commit in common\nhint: a shallow clone has to fetch more of the history \
                     (in CI: a checkout of full depth)"
                ))),
            },
            None => Err(CommandFailure::Usage(format!(
                "`{rev}` is no revision of this repository\nhint: name a branch, a tag or a commit; \
                 a shallow clone may have to fetch it first"
            ))),
        },
        (None, Some(user)) if no_paths => user.resolve("HEAD").map_err(CommandFailure::problem),
        (None, _) => Ok(None),
    }
}

/// The absolute path, with links of its folder resolved; the file itself may be missing.
fn absolute(cwd: &Path, word: &str) -> PathBuf {
    let path = cwd.join(word);
    if path.is_dir() || path.file_name().is_none() {
        return path.canonicalize().unwrap_or(path);
    }
    match (path.parent().and_then(|parent| parent.canonicalize().ok()), path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => path,
    }
}

/// The root of the project that contains all paths: that of the current folder, or that of the first path if that
/// is in another repository.
fn root_of(place: &Place, words: &[String], paths: &[PathBuf]) -> Result<PathBuf, CommandFailure> {
    let holds_all = |root: &Path| paths.iter().all(|path| path.starts_with(root));
    let Some(first) = paths.first() else { return Ok(place.root.clone()) };
    let folder = if first.is_dir() { first.as_path() } else { first.parent().unwrap_or(first) };
    let root = project_root(folder);
    let is_repository = || UserFiles::open(&root).map(|user| user.is_some()).map_err(CommandFailure::problem);
    if holds_all(&place.root) && (root == place.root || !holds_all(&root) || !is_repository()?) {
        return Ok(place.root.clone());
    }
    if holds_all(&root) {
        return Ok(root);
    }
    let outside = |path: &&PathBuf| !path.starts_with(&root);
    let word = paths.iter().position(|path| outside(&path)).and_then(|at| words.get(at));
    Err(CommandFailure::Usage(format!(
        "`{}` is not in `{}`\nhint: lint the files of one project at a time",
        word.map(String::as_str).unwrap_or_default(),
        root.display()
    )))
}

/// The files that the words name, each a file or a folder. A file that git ignores counts only if it is named
/// itself.
fn named(
    root: &Path,
    words: &[String],
    paths: &[PathBuf],
    files: &mut Vec<String>,
    changed: Option<&[String]>,
) -> Result<BTreeSet<String>, CommandFailure> {
    let mut named = BTreeSet::new();
    for (word, path) in words.iter().zip(paths) {
        let Some(name) = relative(root, path) else {
            return Err(CommandFailure::Usage(format!("`{word}` has a name that is not UTF-8")));
        };
        let folder = if name.is_empty() { String::new() } else { format!("{name}/") };
        let before = named.len();
        let known = files.iter().chain(changed.unwrap_or_default());
        named.extend(known.filter(|file| **file == name || file.starts_with(&folder)).cloned());
        if named.len() > before || path.is_dir() || named.contains(&name) {
            continue;
        }
        if path.is_file() {
            named.insert(name.clone());
            files.push(name);
        } else {
            let text = unknown("file or folder", word, files.iter().map(String::as_str));
            return Err(CommandFailure::Usage(text));
        }
    }
    files.sort();
    files.dedup();
    Ok(named)
}

/// Named files that cannot be linted.
fn unreadable(root: &Path, paths: &[PathBuf]) -> Vec<String> {
    let told = paths.iter().filter(|path| path.is_file() && text(path).is_none());
    told.filter_map(|path| relative(root, path))
        .map(|name| format!("{name} was not linted: it cannot be read as text, or is larger than 4 MiB"))
        .collect()
}
