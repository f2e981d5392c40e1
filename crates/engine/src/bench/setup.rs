//! Prepares a slot: installs the packages of the project's lockfiles and manifests, folder by folder, and again when
//! one of them has changed. `checks` names the steps. They are independent: a failed step stops no other. It finds the
//! cause of a failure. `project_checks`, which calls it, decides what that means for a check; `own_code` checks where
//! installed packages lead.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use checks::{Check, End, Language, NOT_INSTALLED, Outcome, Runner, SetupStep};
use mission::SetupSummary;
use shared::StableHasher;
use tokio::sync::Mutex as AsyncMutex;
use workspace::system::MetadataExt;
use workspace::{Slot, Workspace};

use crate::bench::kept_environments::{self, Kept};
use crate::bench::slots::CHECKING;
use crate::bench::{Bench, local_links, slot_files, slot_text};
use crate::blocking::blocking;
use crate::config::Setup;
use crate::text::cut;

/// The most steps that a mission reports.
const MAX_TOLD: usize = 60;
/// The most packages that are reported as not installed, and the most bytes of each name.
const MAX_LEFT_OUT: usize = 60;
const MAX_NAME: usize = 200;
/// How many bytes of a failed step's output are kept, from its end.
const MAX_OUTPUT: usize = 600;

/// Why a slot is not ready for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotReady {
    /// The steps that failed, and how.
    pub words: String,
    pub fault: Fault,
}

/// The cause of a step's failure. Of several causes, the last in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The step failed on the base, too.
    AsBefore,
    /// The step succeeded on the base or was not needed there, and the change edits its inputs.
    Change,
    /// None of its inputs has changed, or something that it needs cannot be reached.
    Surroundings,
}

/// The set-up state of all slots.
#[derive(Default)]
pub(crate) struct Setups {
    /// Steps on the base: a hash of their inputs, and whether they succeeded.
    base: Mutex<BTreeMap<StepPlace, (u64, bool)>>,
    /// How often something was installed or removed: knowledge about environments may be out of date after each.
    changes: AtomicU64,
    slots: Mutex<HashMap<u32, Arc<AsyncMutex<Ready>>>>,
    told: Mutex<Vec<(SetupSummary, &'static [&'static str])>>,
    /// Steps that only fetch, with their inputs: their results are available to every slot.
    fetched: Mutex<HashSet<(String, u64)>>,
}

/// The steps that were done in a slot, by folder and command.
#[derive(Default)]
struct Ready {
    steps: BTreeMap<String, Done>,
}

struct Done {
    /// A hash of the files that decide the step.
    key: u64,
    /// The folders that it filled; if one is missing, the step runs again.
    made: Vec<PathBuf>,
    failed: Option<Failed>,
    /// A lockfile that the package manager needs and the project does not have: path and text.
    lockfile: Option<(String, String)>,
}

#[derive(Clone)]
struct Failed {
    words: String,
    /// Whether a registry or a program that it needs could not be reached.
    unreachable: bool,
}

/// A folder and the subfolders that a step fills. It stays the same when the command of the step changes.
type StepPlace = (String, &'static [&'static str]);

/// A step that the files of a slot require.
struct Planned {
    step: SetupStep,
    key: u64,
    /// Whether the files that decide it equal the user's.
    as_user: bool,
}

impl Setups {
    /// Forgets the state of a slot, so that it is set up again at its next use.
    pub fn forget(&self, slot: u32) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&slot);
    }

    /// A number that changes when an environment may have changed.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// The steps so far in order, each step of the project once. A failed step names those of `checks` that need it and
    /// fail.
    pub fn told(&self, checks: &[Check], fails: &dyn Fn(&Check) -> bool) -> Vec<SetupSummary> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let with_needs = |(mut step, makes): (SetupSummary, &[&str])| {
            if step.failed.is_some() {
                let needs = |check: &&Check| serves(&step.directory, makes, check) && fails(check);
                step.needed_by = checks.iter().filter(needs).map(|check| check.run.clone()).collect();
            }
            step
        };
        told.into_iter().map(with_needs).collect()
    }

    /// Installs what a command in `directory` needs and the slot does not have; `None`: what any command needs.
    /// `is_base`: the slot contains the base, equal to the user's files.
    pub async fn prepare(
        &self,
        bench: &Bench,
        slot: &Slot,
        directory: Option<&str>,
        is_base: bool,
    ) -> Result<(), NotReady> {
        let planned = match &bench.config.workspace.setup {
            Setup::None => return Ok(()),
            Setup::Commands(commands) => vec![configured(commands, slot)],
            Setup::Auto => {
                let (workspace, slot) = (bench.workspace.clone(), slot.clone());
                blocking(move || {
                    // A change may add a new project
                    let files =
                        if is_base { workspace.files(&slot.commit) } else { slot_files(&workspace, &slot) };
                    let files = files.map_err(|error| error.to_string())?;
                    Ok::<_, String>(plan(&slot.path, workspace.root(), &files))
                })
                .await
                .map_err(|words| NotReady { words, fault: Fault::Surroundings })?
            }
        };
        let ready = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry(slot.n).or_default().clone()
        };
        // One set-up of a slot at a time
        let mut ready = ready.lock().await;
        if self.drop_foreign(bench, slot, is_base).await? {
            *ready = Ready::default();
        }
        let mut failed: Vec<NotReady> = Vec::new();
        for planned in planned {
            let check = &planned.step.check;
            if directory.is_some_and(|directory| !concerns(&check.directory, directory)) {
                continue;
            }
            let name = format!("{}\n{}", check.directory, check.run);
            let only_fetches = planned.step.only_fetches;
            if only_fetches && !is_base && self.fetched().contains(&(name.clone(), planned.key)) {
                continue;
            }
            let again = !is_base && !self.failed_on_base(&planned);
            let done = ready.steps.get(&name).filter(|done| done.stands(&planned, slot, again));
            let done = match done {
                Some(done) => {
                    done.put_lockfile_back(bench, slot);
                    done
                }
                None => {
                    let done = self.install(bench, slot, &planned, is_base).await;
                    ready.steps.entry(name.clone()).insert_entry(done).into_mut()
                }
            };
            // The results of other set-ups are available only to their own slot
            if only_fetches && is_base && done.failed.is_none() {
                self.fetched().insert((name, planned.key));
            }
            if is_base {
                let place = (check.directory.clone(), planned.step.makes);
                self.base().insert(place, (planned.key, done.failed.is_none()));
            }
            if let Some(Failed { words, unreachable }) = done.failed.clone() {
                let fault = if is_base { Fault::AsBefore } else { self.fault(&planned, unreachable) };
                failed.push(NotReady { words, fault });
            }
        }
        let Some(fault) = failed.iter().map(|one| one.fault).max() else { return Ok(()) };
        let words: Vec<String> = failed.into_iter().map(|one| one.words).collect();
        Err(NotReady { words: words.join("; "), fault })
    }

    fn base(&self) -> MutexGuard<'_, BTreeMap<StepPlace, (u64, bool)>> {
        self.base.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetched(&self) -> MutexGuard<'_, HashSet<(String, u64)>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed_on_base(&self, planned: &Planned) -> bool {
        let place = (planned.step.check.directory.clone(), planned.step.makes);
        self.base().get(&place).is_some_and(|(_, well)| !well)
    }

    /// The cause of a step's failure in a slot.
    fn fault(&self, planned: &Planned, unreachable: bool) -> Fault {
        let place = (planned.step.check.directory.clone(), planned.step.makes);
        match self.base().get(&place) {
            Some((_, false)) => Fault::AsBefore,
            _ if unreachable => Fault::Surroundings,
            Some((key, true)) if *key == planned.key => Fault::Surroundings,
            None if planned.as_user => Fault::Surroundings,
            _ => Fault::Change,
        }
    }

    async fn install(&self, bench: &Bench, slot: &Slot, planned: &Planned, is_base: bool) -> Done {
        self.changes.fetch_add(1, Ordering::Relaxed);
        let SetupStep { check, makes, .. } = &planned.step;
        let folder = slot.path.join(&check.directory);
        let here = |name: &&str| folder.join(name);
        let before: Vec<PathBuf> = makes.iter().map(here).filter(|path| path.exists()).collect();
        // Packages copied from the user's folder are valid as long as the files that decide them equal the user's
        let copied = planned.as_user && before.iter().any(|path| path.ends_with("node_modules"));
        let kept = Kept::of(bench, slot, &planned.step, planned.key);
        let own_lockfile = missing_lockfile(slot, check);
        let started = Instant::now();
        let warm = match &kept {
            Some(kept) if !copied => kept.put(bench, slot).await,
            _ => false,
        };
        let mut built = Vec::new();
        let failed = if warm {
            let left_out = left_out(slot, &planned.step);
            self.tell(SetupSummary { warm, left_out, ..summary(check, started) }, makes);
            None
        } else if copied {
            None
        } else if let Some(kept) = kept {
            let there = kept_environments::beside(bench, slot).await;
            let failed = self.run(bench, slot, &planned.step, &before, is_base).await;
            built = kept_environments::beside(bench, slot).await;
            built.retain(|path| !there.contains(path));
            if is_base && failed.is_none() && built.is_empty() {
                kept.keep(bench, slot).await;
            }
            failed
        } else {
            self.run(bench, slot, &planned.step, &before, is_base).await
        };
        let (workspace, at) = (bench.workspace.clone(), slot.clone());
        let filled: Vec<PathBuf> = makes.iter().map(|name| Path::new(&check.directory).join(name)).collect();
        blocking(move || {
            hide(&workspace, &at, &filled);
            let files = workspace.files(&at.commit).unwrap_or_default();
            local_links::lead_into_slot(&workspace, &at, &files);
        })
        .await;
        let made = makes.iter().map(here).filter(|path| path.exists()).chain(built).collect();
        let lockfile = own_lockfile.and_then(|path| {
            let text = slot_text(&slot.path, &path)?;
            Some((path, text))
        });
        Done { key: planned.key, made, failed, lockfile }
    }

    /// Runs one step. It runs again if a registry did not answer, and in parts if not everything can be installed.
    /// Returns the failure, if any.
    async fn run(
        &self,
        bench: &Bench,
        slot: &Slot,
        step: &SetupStep,
        before: &[PathBuf],
        is_base: bool,
    ) -> Option<Failed> {
        let SetupStep { check, makes, .. } = step;
        let started = Instant::now();
        let options = if is_base { bench.base_fetch_options(slot) } else { bench.fetch_options(slot) };
        let tmp = options.tmp.clone();
        blocking(move || workspace::remove_folder(&tmp)).await;
        let mut outcome = bench.commands.run(check, None, &options, &bench.cancel).await;
        if matches!(outcome.end, End::Exited { code } if code != 0) && checks::is_unreachable(&outcome) {
            outcome = bench.commands.run(check, None, &options, &bench.cancel).await;
        }
        let (mut missing, mut ran) = (Vec::new(), check);
        if let Some(otherwise) = step.otherwise.as_ref().filter(|otherwise| helps(otherwise, &outcome)) {
            let second = bench.commands.run(otherwise, None, &options, &bench.cancel).await;
            if second.end.success() {
                (missing, ran) = (left_out(slot, step), otherwise);
                outcome = second;
            }
        }
        let failed = (!outcome.end.success()).then(|| outcome.end.to_string());
        let failed_so = failed.as_ref().map(|end| with_last_lines(end, &outcome));
        let told =
            SetupSummary { failed: failed_so, left_out: missing, ..summary(&told_as(check, ran), started) };
        self.tell(told, makes);
        let end = failed?;
        if before.is_empty() {
            // An incomplete environment would hide the machine's own
            for name in *makes {
                let path = Path::new(&check.directory).join(name);
                if let Err(error) = bench.workspace.remove_slot_file(slot, &path.to_string_lossy()) {
                    tracing::warn!("what a failed set-up left was not removed: {error}");
                }
            }
        }
        let place =
            if check.directory.is_empty() { String::new() } else { format!(" in {}", check.directory) };
        let words = format!("`{}`{place} {}", check.run, with_last_lines(&end, &outcome));
        Some(Failed { words, unreachable: checks::is_unreachable(&outcome) })
    }

    /// In the slot that judges, installed packages and downloads are valid only for trees that contain the code which
    /// could have written them. If another tree's set-up ran here, they are removed. Returns whether they were.
    async fn drop_foreign(&self, bench: &Bench, slot: &Slot, is_base: bool) -> Result<bool, NotReady> {
        let Some(before) = bench.downloads.commit(slot).filter(|_| slot.n == CHECKING) else {
            return Ok(false);
        };
        let (workspace, commit) = (bench.workspace.clone(), slot.commit.clone());
        if !is_base && blocking(move || workspace.contains(&commit, &before)).await.unwrap_or(false) {
            return Ok(false);
        }
        self.changes.fetch_add(1, Ordering::Relaxed);
        if let Some(place) = bench.downloads.forget(slot) {
            blocking(move || workspace::remove_folder(&place)).await;
        }
        let renewed = bench.slots.renew_dependencies(slot).await;
        renewed
            .map(|()| true)
            .map_err(|error| NotReady { words: error.to_string(), fault: Fault::Surroundings })
    }

    fn tell(&self, step: SetupSummary, makes: &'static [&'static str]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let room = told.len() < MAX_TOLD;
        let same = |one: &&mut (SetupSummary, _)| one.0.run == step.run && one.0.directory == step.directory;
        match told.iter_mut().find(same) {
            // A later slot reports the same, unless the step failed there
            Some((known, _)) if step.failed.is_some() && known.failed.is_none() => *known = step,
            Some(_) => {}
            None if room => told.push((step, makes)),
            None => {}
        }
    }
}

/// The command to report for a step: installing one by one counts as the same command, another program does not.
fn told_as(check: &Check, ran: &Check) -> Check {
    if ran.run.contains(NOT_INSTALLED) { check.clone() } else { ran.clone() }
}

/// Whether a step's second command may succeed: the program of the first is missing, or the second installs as much as
/// possible while the first installs all or nothing.
fn helps(otherwise: &Check, first: &Outcome) -> bool {
    match first.end {
        End::NotFound { .. } => true,
        End::Exited { code: 1.. } => otherwise.run.contains(NOT_INSTALLED) && !checks::is_unreachable(first),
        _ => false,
    }
}

/// The packages that a step could not install, from the list that its second command wrote.
fn left_out(slot: &Slot, step: &SetupStep) -> Vec<String> {
    let list = Path::new(&step.check.directory).join(NOT_INSTALLED);
    let text = list.to_str().and_then(|list| slot_text(&slot.path, list)).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty()).take(MAX_LEFT_OUT).map(|line| cut(line, MAX_NAME)).collect()
}

/// The summary of a successful step.
fn summary(check: &Check, started: Instant) -> SetupSummary {
    SetupSummary {
        run: check.run.clone(),
        directory: check.directory.clone(),
        why: check.source.clone(),
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        failed: None,
        warm: false,
        left_out: Vec::new(),
        needed_by: Vec::new(),
    }
}

impl Done {
    fn put_lockfile_back(&self, bench: &Bench, slot: &Slot) {
        let Some((path, text)) = &self.lockfile else { return };
        if slot_text(&slot.path, path).as_ref() != Some(text)
            && let Err(error) = bench.workspace.write_slot_file(slot, path, text)
        {
            tracing::warn!("{path}, which set-up has made, is gone from its slot: {error}");
        }
    }

    /// Whether the step is still valid. `again`: failures that no file decides are tried again.
    fn stands(&self, planned: &Planned, slot: &Slot, again: bool) -> bool {
        let of_the_moment =
            planned.step.inputs.is_empty() || self.failed.as_ref().is_some_and(|f| f.unreachable);
        if again && self.failed.is_some() && of_the_moment {
            return false;
        }
        let inside = |path: &&PathBuf| path.starts_with(&slot.path);
        self.key == planned.key && self.made.iter().filter(inside).all(|path| path.exists())
    }
}

/// The lockfile that a step makes in a slot if the project has none. Files that commands leave in a slot are removed,
/// and Yarn starts no script without a lockfile.
fn missing_lockfile(slot: &Slot, check: &Check) -> Option<String> {
    let path = Path::new(&check.directory).join(shared::lockfiles::of("yarn").first()?);
    let path = path.to_str()?.to_string();
    let is_missing = || slot_text(&slot.path, &path).is_none_or(|text| text.trim().is_empty());
    (check.run.starts_with("yarn ") && is_missing()).then_some(path)
}

/// Excludes installed folders from changes, also if the project's own ignore list does not name them.
fn hide(workspace: &Workspace, slot: &Slot, filled: &[PathBuf]) {
    for folder in filled.iter().filter(|folder| slot.path.join(folder).is_dir()) {
        let list = folder.join(".gitignore").to_string_lossy().into_owned();
        let inner = folder.join("x").to_string_lossy().into_owned();
        let hidden = workspace.is_ignored(slot, &inner).unwrap_or(false);
        if !hidden && let Err(error) = workspace.write_slot_file(slot, &list, "*\n") {
            tracing::warn!("what set-up installed may be taken for a part of the change: {error}");
        }
    }
}

/// Whether a command in `directory` uses packages of a step in `folder`: the same folder, one above, or one below.
fn concerns(folder: &str, directory: &str) -> bool {
    let below = |inner: &str, outer: &str| Path::new(inner).starts_with(outer);
    below(directory, folder) || below(folder, directory)
}

/// Whether a check needs the result of a step in `folder`, as far as the language of its tests is known.
fn serves(folder: &str, makes: &[&str], check: &Check) -> bool {
    let language = match makes.first() {
        Some(&"node_modules") => Some(Language::JavaScript),
        Some(&".venv") => Some(Language::Python),
        _ => None,
    };
    let of_check = check.runner.map(Runner::language).filter(|language| *language != Language::Any);
    let other = language.zip(of_check).is_some_and(|(makes, needs)| makes != needs);
    !other && concerns(folder, &check.directory)
}

/// The user's own commands as one step. Their results may be anywhere, so a slot that was created again needs them
/// again.
fn configured(commands: &[String], slot: &Slot) -> Planned {
    let made = std::fs::metadata(&slot.path).map(|found| found.ino()).unwrap_or_default();
    let check = Check {
        source: "opencode.toml workspace.setup".into(),
        ..Check::configured("setup", &commands.join(" && "), None)
    };
    let key = hash(&(made, commands));
    Planned {
        step: SetupStep { check, inputs: Vec::new(), makes: &[], only_fetches: false, otherwise: None },
        key,
        as_user: false,
    }
}

/// The steps that the files of a slot require. `files`: the paths of its commit.
fn plan(root: &Path, user: &Path, files: &[String]) -> Vec<Planned> {
    let steps = checks::setup_steps(&|path| slot_text(root, path), files);
    let planned = |step: SetupStep| {
        let mut as_user = true;
        let mut key = StableHasher::new();
        for path in &step.inputs {
            let text = slot_text(root, path);
            as_user &= slot_text(user, path) == text;
            (path, text).hash(&mut key);
        }
        Planned { step, key: key.finish(), as_user }
    };
    steps.into_iter().map(planned).collect()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = StableHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn with_last_lines(end: &str, outcome: &Outcome) -> String {
    let text = outcome.output.trim();
    let start = text.char_indices().rev().nth(MAX_OUTPUT).map_or(0, |(at, _)| at);
    let last = cut(text.get(start..).unwrap_or_default(), MAX_OUTPUT);
    if last.is_empty() { end.to_string() } else { format!("{end}: {last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_serves_commands_at_its_place_above_and_below() {
        for (folder, directory, expected) in [
            ("", "", true),
            ("", "api", true),
            ("api", "api", true),
            ("api", "", true),
            ("api", "api/src", true),
            ("api", "apis", false),
            ("api", "web", false),
        ] {
            assert_eq!(concerns(folder, directory), expected, "{folder} {directory}");
        }
    }

    #[test]
    fn a_check_in_another_language_does_not_need_a_step() {
        let check = |run: &str, runner| Check { runner, ..Check::configured("test", run, None) };
        let node: &[&str] = &["node_modules", ".pnp.cjs"];
        for (makes, check, expected) in [
            (node, check("jest", Some(Runner::Jest)), true),
            (node, check("pytest", Some(Runner::Pytest)), false),
            (&[".venv"], check("pytest", Some(Runner::Pytest)), true),
            (node, check("make test", None), true),
            (&[], check("pytest", Some(Runner::Pytest)), true),
        ] {
            assert_eq!(serves("", makes, &check), expected, "{makes:?} {}", check.run);
        }
    }

    #[test]
    fn a_second_command_helps_where_a_program_is_missing_or_all_or_nothing_was_asked() {
        let ended = |end| Outcome { end, ..Outcome::not_started("") };
        let pip = Check::configured("setup", "pip install -e.", None);
        let one_by_one =
            Check::configured("setup", &format!("pip install a || echo a >> {NOT_INSTALLED}"), None);
        let missing = ended(End::NotFound { program: "uv".into() });
        let failed = ended(End::Exited { code: 1 });
        assert!(helps(&pip, &missing) && !helps(&pip, &failed), "its own manager's word counts");
        assert!(helps(&one_by_one, &failed));
        let unreachable = Outcome { output: "Could not resolve host".into(), ..failed };
        assert!(!helps(&one_by_one, &unreachable));
        assert_eq!(told_as(&pip, &one_by_one).run, pip.run);
        assert_eq!(told_as(&one_by_one, &pip).run, pip.run);
    }

    #[test]
    fn who_is_at_fault_follows_from_the_base_and_what_decides_the_step() {
        let planned = |key, as_user| Planned {
            step: SetupStep {
                check: Check::configured("setup", "npm ci", None),
                inputs: vec![],
                makes: &[],
                only_fetches: false,
                otherwise: None,
            },
            key,
            as_user,
        };
        let setups = Setups::default();
        assert_eq!(setups.fault(&planned(1, true), false), Fault::Surroundings, "not needed on the base");
        assert_eq!(setups.fault(&planned(2, false), false), Fault::Change);
        setups.base().insert((String::new(), &[]), (1, true));
        assert_eq!(setups.fault(&planned(1, false), false), Fault::Surroundings);
        assert_eq!(setups.fault(&planned(2, false), false), Fault::Change);
        assert_eq!(setups.fault(&planned(2, false), true), Fault::Surroundings, "no registry answers");
        setups.base().insert((String::new(), &[]), (1, false));
        assert_eq!(setups.fault(&planned(2, false), false), Fault::AsBefore);
    }

    #[test]
    fn a_step_is_due_again_when_what_decides_it_changes_and_knows_what_the_user_has() {
        let place = tempfile::tempdir().unwrap();
        let (slot, user) = (place.path().join("slot"), place.path().join("user"));
        let files = ["api/package.json".to_string(), "api/index.js".to_string()];
        let manifest = r#"{"dependencies": {"a": "1"}}"#;
        for root in [&slot, &user] {
            std::fs::create_dir_all(root.join("api")).unwrap();
            std::fs::write(root.join("api/package.json"), manifest).unwrap();
        }
        let first = plan(&slot, &user, &files);
        assert_eq!((first.len(), first[0].step.check.directory.as_str(), first[0].as_user), (1, "api", true));
        std::fs::write(slot.join("api/index.js"), "changed").unwrap();
        assert_eq!(plan(&slot, &user, &files)[0].key, first[0].key);
        std::fs::write(slot.join("api/package.json"), manifest.replace('1', "2")).unwrap();
        let second = &plan(&slot, &user, &files)[0];
        assert!(second.key != first[0].key && !second.as_user);
    }
}
