//! Making a slot ready: what the project's lockfiles and manifests name is installed, folder by folder, and again when one of
//! them has changed. Each step stands on its own. Where what is installed leads is for `own_code` to say.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use checks::{Check, Outcome, SetupStep};
use mission::SetupSummary;
use tokio::sync::Mutex as AsyncMutex;
use workspace::{Slot, Workspace};

use crate::bench::{Bench, local_links, slot_text};
use crate::blocking::blocking;
use crate::config::Setup;
use crate::text::cut;

/// Steps of which a mission tells.
const MAX_TOLD: usize = 60;
/// Of a failed step's output, in bytes: its end.
const MAX_OUTPUT: usize = 600;

/// What each slot was last set up for.
#[derive(Default)]
pub(crate) struct Setups {
    /// How often something was installed or taken away: what was known of environments before may be wrong since.
    changes: AtomicU64,
    slots: Mutex<HashMap<u32, Arc<AsyncMutex<Ready>>>>,
    told: Mutex<Vec<SetupSummary>>,
}

/// The steps that a slot has behind it, by folder and command.
#[derive(Default)]
struct Ready {
    steps: BTreeMap<String, Done>,
}

struct Done {
    /// Of the files that decide the step.
    key: u64,
    /// What it filled; where that is gone, it is done again.
    made: Vec<PathBuf>,
    failed: Option<String>,
}

/// A step, as the files of a slot want it.
struct Planned {
    step: SetupStep,
    key: u64,
    /// The files that decide it are as the user has them.
    as_user: bool,
}

impl Setups {
    /// The slot is set up again when it is next used.
    pub fn forget(&self, slot: u32) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&slot);
    }

    /// Another number than before where an environment may be another one.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// What was done so far, in the order in which it was done; each step of the project once.
    pub fn told(&self) -> Vec<SetupSummary> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Installs what a command in `directory` needs, where the slot has not got it yet; `None`: what any command needs. The
    /// error names the steps that failed, and how.
    pub async fn prepare(&self, bench: &Bench, slot: &Slot, directory: Option<&str>) -> Result<(), String> {
        let planned = match &bench.config.workspace.setup {
            Setup::None => return Ok(()),
            Setup::Commands(commands) => vec![configured(commands, slot)],
            Setup::Auto => {
                let (workspace, slot) = (bench.workspace.clone(), slot.clone());
                blocking(move || {
                    let files = workspace.files(&slot.commit).map_err(|error| error.to_string())?;
                    Ok::<_, String>(plan(&slot.path, workspace.root(), &files))
                })
                .await?
            }
        };
        let ready = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry(slot.n).or_default().clone()
        };
        // One set-up of a slot at a time
        let mut ready = ready.lock().await;
        let mut failed = Vec::new();
        for planned in planned {
            let check = &planned.step.check;
            if directory.is_some_and(|directory| !concerns(&check.directory, directory)) {
                continue;
            }
            let name = format!("{}\n{}", check.directory, check.run);
            let done = ready.steps.get(&name).filter(|done| done.stands(&planned, slot));
            let done = match done {
                Some(done) => done,
                None => {
                    let done = self.install(bench, slot, &planned).await;
                    ready.steps.entry(name).insert_entry(done).into_mut()
                }
            };
            failed.extend(done.failed.clone());
        }
        if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
    }

    async fn install(&self, bench: &Bench, slot: &Slot, planned: &Planned) -> Done {
        self.changes.fetch_add(1, Ordering::Relaxed);
        let SetupStep { check, makes, .. } = &planned.step;
        let folder = slot.path.join(&check.directory);
        let here = |name: &&str| folder.join(name);
        let before: Vec<PathBuf> = makes.iter().map(here).filter(|path| path.exists()).collect();
        // What was copied from the user's folder serves as long as what decides it is the user's
        let copied = planned.as_user && before.iter().any(|path| path.ends_with("node_modules"));
        let failed = if copied { None } else { self.run(bench, slot, check, &before, makes).await };
        let (workspace, at) = (bench.workspace.clone(), slot.clone());
        let filled: Vec<PathBuf> = makes.iter().map(|name| Path::new(&check.directory).join(name)).collect();
        blocking(move || {
            hide(&workspace, &at, &filled);
            let files = workspace.files(&at.commit).unwrap_or_default();
            local_links::lead_into_slot(&workspace, &at, &files);
        })
        .await;
        let made = makes.iter().map(here).filter(|path| path.exists()).collect();
        Done { key: planned.key, made, failed }
    }

    /// Runs one step; gives what went wrong.
    async fn run(
        &self,
        bench: &Bench,
        slot: &Slot,
        check: &Check,
        before: &[PathBuf],
        makes: &[&str],
    ) -> Option<String> {
        let started = Instant::now();
        let outcome = bench.commands.run(check, None, &bench.fetch_options(slot), &bench.cancel).await;
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let failed = (!outcome.end.success()).then(|| outcome.end.to_string());
        self.tell(SetupSummary {
            run: check.run.clone(),
            directory: check.directory.clone(),
            why: check.source.clone(),
            took_ms,
            failed: failed.as_ref().map(|end| with_last_lines(end, &outcome)),
        });
        let end = failed?;
        if before.is_empty() {
            // Half an environment would hide one that the machine has
            for name in makes {
                let path = Path::new(&check.directory).join(name);
                if let Err(error) = bench.workspace.remove_slot_file(slot, &path.to_string_lossy()) {
                    tracing::warn!("what a failed set-up left was not removed: {error}");
                }
            }
        }
        let place =
            if check.directory.is_empty() { String::new() } else { format!(" in {}", check.directory) };
        Some(format!("`{}`{place} {}", check.run, with_last_lines(&end, &outcome)))
    }

    fn tell(&self, step: SetupSummary) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let room = told.len() < MAX_TOLD;
        match told.iter_mut().find(|one| one.run == step.run && one.directory == step.directory) {
            // A later slot says the same, unless it failed there
            Some(known) if step.failed.is_some() && known.failed.is_none() => *known = step,
            Some(_) => {}
            None if room => told.push(step),
            None => {}
        }
    }
}

impl Done {
    fn stands(&self, planned: &Planned, slot: &Slot) -> bool {
        let inside = |path: &&PathBuf| path.starts_with(&slot.path);
        self.key == planned.key && self.made.iter().filter(inside).all(|path| path.exists())
    }
}

/// What was installed is no part of a change, whether the project's own list of ignored files has it or not.
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

/// Whether a command in `directory` uses what a step in `folder` installs: at the same place, above, or below.
fn concerns(folder: &str, directory: &str) -> bool {
    let below = |inner: &str, outer: &str| Path::new(inner).starts_with(outer);
    below(directory, folder) || below(folder, directory)
}

/// The user's own commands as one step. What they make may lie anywhere, so a slot that was made again needs them again.
fn configured(commands: &[String], slot: &Slot) -> Planned {
    let made = std::fs::metadata(&slot.path).map(|found| found.ino()).unwrap_or_default();
    let check = Check {
        source: "opencode.toml workspace.setup".into(),
        ..Check::configured("setup", &commands.join(" && "), None)
    };
    let key = hash(&(made, commands));
    Planned { step: SetupStep { check, inputs: Vec::new(), makes: &[] }, key, as_user: false }
}

/// The steps that the files of a slot ask for. `files`: the paths of its commit.
fn plan(root: &Path, user: &Path, files: &[String]) -> Vec<Planned> {
    let steps = checks::setup_steps(&|path| slot_text(root, path), files);
    let planned = |step: SetupStep| {
        let mut as_user = true;
        let mut key = DefaultHasher::new();
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
    let mut hasher = DefaultHasher::new();
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
