//! The project's checks in this mission: found at the base, run in slots, compared with the base, and remembered by
//! tree.
//!
//! Gates, the base and `mission_check` use it. It never decides that a change passes: it gives outcomes, and their
//! comparison with the base's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use checks::{Check, CheckPurpose, Coverage, End, Level, Outcome, Verdict};
use mission::{CheckSummary, RefusedCheck, SetupSummary};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard, OnceCell, Semaphore};
use workspace::Slot;

use crate::actor::orchestrator::Orchestrator;
use crate::bench::check_words::{
    self, JudgedCheck, base_summary, compare_alone, compare_counts, tell_flaky, told,
};
use crate::bench::dependencies::Installed;
use crate::bench::discovery;
use crate::bench::dispatch::owner::{Claims, Dispatch, Question};
use crate::bench::ignored_files::IgnoredFiles;
use crate::bench::known_outcomes::{KnownOutcomes, Traces};
use crate::bench::own_checks::OwnChecks;
use crate::bench::setup::{Fault, NotReady, Setups};
use crate::bench::slots::CHECKING;
use crate::bench::verdict::base_configuration::{BaseConfiguration, For};
use crate::bench::verdict::changed_tests::{self, ChangedTests};
use crate::bench::verdict::concerned::{chooses, concerned, is_general};
use crate::bench::verdict::seen_tests;
use crate::bench::verdict::warm_builds::WarmBuilds;
use crate::bench::{Bench, own_code, slot_text};
use crate::blocking::blocking;

/// The most changed files whose covering checks are computed.
const MAX_COVERED: usize = 2000;
/// The most environments for which it is remembered whether they lead into the slot.
const MAX_KNOWN: usize = 1000;

pub(crate) struct ProjectChecks {
    bench: Arc<Bench>,
    found: OnceLock<Vec<Check>>,
    /// The commands that look like checks and are not run.
    refused: OnceLock<Vec<RefusedCheck>>,
    ignored: IgnoredFiles,
    base: OnceCell<BTreeMap<String, Arc<Outcome>>>,
    /// Outcomes on the base of checks that ran there only when a change first concerned them.
    later: Mutex<BTreeMap<String, Arc<Outcome>>>,
    base_commit: OnceLock<String>,
    known: KnownOutcomes,
    setups: Setups,
    /// By slot, why it could not be set up, if no change caused that.
    not_ready: Mutex<HashMap<u32, String>>,
    /// By slot, check and environment: why the tests would not run the slot's code, if so.
    own_code: AsyncMutex<HashMap<(u32, String, u64), Option<String>>>,
    /// The checks that the mission adds.
    own: OwnChecks,
    base_configuration: BaseConfiguration,
    warm_builds: WarmBuilds,
    changed_tests: ChangedTests,
    mission: Option<Orchestrator>,
    /// Whether an owner named the checks: then nothing is discovered and nothing is dispatched.
    given: bool,
    dispatch: Dispatch,
    running: Semaphore,
    /// Locks slot 0, which serves one judgement at a time.
    checking_slot: AsyncMutex<()>,
}

impl ProjectChecks {
    /// `mission`: the mission of these checks; `None` if a change is judged without one.
    pub fn new(bench: Arc<Bench>, known: KnownOutcomes, mission: Option<Orchestrator>) -> ProjectChecks {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        ProjectChecks {
            dispatch: Dispatch::new(&bench.config),
            given: false,
            bench,
            found: OnceLock::new(),
            refused: OnceLock::new(),
            ignored: IgnoredFiles::default(),
            base: OnceCell::new(),
            later: Mutex::default(),
            base_commit: OnceLock::new(),
            known,
            setups: Setups::default(),
            not_ready: Mutex::default(),
            own_code: AsyncMutex::default(),
            own: OwnChecks::new(mission.clone()),
            base_configuration: BaseConfiguration::default(),
            warm_builds: WarmBuilds::default(),
            changed_tests: ChangedTests::default(),
            mission,
            running: Semaphore::new(cores.max(2)),
            checking_slot: AsyncMutex::new(()),
        }
    }

    /// The checks that another machine's owner names, without a mission.
    pub fn given(bench: Arc<Bench>, checks: Vec<Check>) -> ProjectChecks {
        let given = ProjectChecks::new(bench, KnownOutcomes::default(), None);
        ProjectChecks {
            given: true,
            found: OnceLock::from(checks),
            base_configuration: BaseConfiguration::without_user(),
            ..given
        }
    }

    /// The checks' names, once the base has been read.
    pub fn names(&self) -> Vec<String> {
        self.found.get().map(|checks| checks.iter().map(|c| c.name.clone()).collect()).unwrap_or_default()
    }

    /// The programs of the project that its checks start, once the base has been read.
    pub fn programs(&self) -> Arc<BTreeSet<String>> {
        self.base_configuration.programs()
    }

    /// The outcome of a check on the base, once it ran there.
    pub fn on_base(&self, name: &str) -> Option<Arc<Outcome>> {
        let later = || self.later.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        self.base.get()?.get(name).cloned().or_else(later)
    }

    /// The checks, once the base has been read.
    pub fn list(&self) -> &[Check] {
        self.found.get().map_or(&[], Vec::as_slice)
    }

    /// The commands that look like checks and are not run, once the base has been read.
    pub fn refused(&self) -> Vec<RefusedCheck> {
        self.refused.get().cloned().unwrap_or_default()
    }

    /// Locks the checking slot, which serves one judgement at a time.
    pub async fn hold_checking_slot(&self) -> MutexGuard<'_, ()> {
        self.checking_slot.lock().await
    }

    /// Prepares the checking slot at a commit, with the builds of the base's checks. The caller must hold its lock.
    pub async fn prepare_checking_slot(&self, commit: &str) -> Result<Slot, workspace::Error> {
        let slot = self.bench.slots.prepare(CHECKING, commit).await?;
        self.warm_builds.put(&self.bench.workspace, &slot).await;
        Ok(slot)
    }

    /// Installs the packages of a slot's lockfiles and manifests.
    pub async fn set_up(&self, slot: &Slot) -> Result<(), NotReady> {
        self.setups.prepare(&self.bench, slot, None, false).await
    }

    /// The set-up steps so far. A failed step names the checks that need it and did not pass on the base.
    pub fn setup(&self) -> Vec<SetupSummary> {
        let fails = |check: &Check| {
            let said = self.on_base(&check.name).map(|outcome| checks::compare(None, &outcome));
            said.is_some_and(|verdict| verdict != Verdict::Pass)
        };
        self.setups.told(self.list(), &fails)
    }

    /// Why a slot, or the checking slot, could last not be set up, if no change caused that.
    pub fn not_ready(&self, slot: u32) -> Option<String> {
        let not_ready = self.not_ready.lock().unwrap_or_else(PoisonError::into_inner);
        not_ready.get(&slot).or_else(|| not_ready.get(&CHECKING)).cloned()
    }

    /// The result of a run in words: its new failures, each with its place. A filtered run is not compared with the
    /// base, which ran all tests.
    pub fn words(&self, check: &Check, outcome: &Outcome, filtered: bool, root: &Path) -> String {
        let base = if filtered { None } else { self.on_base(&check.name) };
        let is_unknown = base.is_none() && !filtered && self.base.get().is_some();
        let verdict = compare_alone(base.as_deref(), outcome, is_unknown);
        told(check, outcome, self.ignored.excuse(&self.bench, root, check, outcome, verdict), root)
    }

    /// Runs the checks on the base once. Returns their results in words.
    pub async fn base(&self, commit: &str) -> Result<Vec<CheckSummary>, String> {
        let outcomes = self.base_outcomes(commit).await?;
        Ok(self
            .list()
            .iter()
            .filter_map(|check| Some((check, outcomes.get(&check.name)?)))
            .map(|(check, outcome)| base_summary(check, outcome, self.ignored.needed_by(&check.name)))
            .collect())
    }

    /// Makes sure that the base was checked, so that trees can be compared with it. The caller must not hold the
    /// checking slot: the base is checked there.
    pub async fn ensure_base(&self, commit: &str) -> Result<(), String> {
        self.base_outcomes(commit).await.map(|_| ())
    }

    /// The same, and also runs the checks on the base that only run on demand and that `tree` concerns.
    pub async fn ensure_base_for(&self, commit: &str, tree: &str) -> Result<(), String> {
        self.base_outcomes(commit).await?;
        let concerned = self.concerned(tree).await;
        let missing = || concerned.iter().filter(|check| self.on_base(&check.name).is_none());
        if missing().next().is_none() {
            return Ok(());
        }
        let _slot_is_ours = self.checking_slot.lock().await;
        let slot = self.prepare_checking_slot(commit).await.map_err(|e| e.to_string())?;
        for check in missing() {
            let outcome = self.run_on_base(&slot, commit, check, true).await;
            self.later.lock().unwrap_or_else(PoisonError::into_inner).insert(check.name.clone(), outcome);
        }
        Ok(())
    }

    /// `from_file`: a resume may use the outcome of an earlier run, with what the check did there.
    async fn run_on_base(&self, slot: &Slot, commit: &str, check: &Check, from_file: bool) -> Arc<Outcome> {
        let (left, name) = (self.base_configuration.left(), &check.name);
        if let Some((outcome, did)) = self.known.on_base(commit, check).filter(|_| from_file) {
            left.restore(name, did.by_setup, did.made);
            self.changed_tests.remember(did.changed);
            self.ignored.look(&self.bench, slot, check, &outcome).await;
            return outcome;
        }
        let outcome = Arc::new(self.run_in(slot, check, None, true).await);
        self.ignored.look(&self.bench, slot, check, &outcome).await;
        self.known.set(commit, check, outcome.clone()).await;
        let ((by_setup, made), changed) = (left.known(name), self.changed_tests.on_base());
        self.known.set_traces(commit, check, Traces { by_setup, made, changed }).await;
        outcome
    }

    /// The checks whose folder contains a change of `tree`, or needs such a folder. In a small project, every check.
    async fn concerned(&self, tree: &str) -> Vec<Check> {
        let all = self.list().to_vec();
        let Some(base) = self.base_commit.get().cloned().filter(|_| chooses(&all)) else { return all };
        let (workspace, tree) = (self.bench.workspace.clone(), tree.to_string());
        blocking(move || concerned(&workspace, &base, &tree, all)).await
    }

    async fn base_outcomes(&self, commit: &str) -> Result<&BTreeMap<String, Arc<Outcome>>, String> {
        let base = commit;
        let check_base = || async {
            let _slot_is_ours = self.checking_slot.lock().await;
            let then = SystemTime::now();
            let slot = self.prepare_checking_slot(commit).await.map_err(|e| e.to_string())?;
            let (workspace, commit, config) =
                (self.bench.workspace.clone(), commit.to_string(), self.bench.config.clone());
            let root = slot.path.clone();
            let (found, programs) = blocking(move || {
                let files = workspace.files(&commit).map_err(|error| error.to_string())?;
                let found = discovery::find_in_slot(&root, &files, &config);
                let programs = checks::started(&found.checks, &|path| slot_text(&root, path), &files);
                Ok::<_, String>((found, programs))
            })
            .await?;
            self.base_configuration.set_programs(programs);
            let _ = self.base_commit.set(base.to_string());
            let _ = self.found.set(found.checks);
            let _ = self.refused.set(check_words::refused(found.refused));
            let mut outcomes = BTreeMap::new();
            let choose = chooses(self.list());
            let wanted = || self.list().iter().filter(|check| !choose || is_general(check));
            // A check may need what an earlier one builds, so all of them run again, or none
            let all_known = wanted().all(|check| self.known.on_base(base, check).is_some());
            for check in wanted() {
                let outcome = self.run_on_base(&slot, base, check, all_known).await;
                outcomes.insert(check.name.clone(), outcome);
            }
            self.base_configuration.remember(&self.bench.workspace, &slot).await;
            self.warm_builds.keep(&self.bench.workspace, &slot, then, self.kept_builds()).await;
            Ok::<_, String>(outcomes)
        };
        self.base.get_or_try_init(check_base).await
    }

    /// Runs every check in a slot whose files are exactly `tree`, or uses the remembered outcomes. `keeps_tests`: fewer
    /// tests than on the base are a failure.
    pub async fn run_and_compare(
        &self,
        slot: &Slot,
        tree: &str,
        keeps_tests: bool,
    ) -> Result<Vec<JudgedCheck>, String> {
        self.base.get().ok_or("the base could not be checked, so nothing can be compared with it")?;
        let mut judged = Vec::new();
        let claims = self.claims(slot, tree, keeps_tests).await;
        let own = self.own(slot).await.into_iter().map(|check| (self.own.outcome(&check), check, true));
        let concerned = self.concerned(tree).await.into_iter();
        // A check that did not run on the base has nothing to compare with
        let of_base = concerned.filter_map(|check| Some((Some(self.on_base(&check.name)?), check, false)));
        let mut ran: Vec<Check> = Vec::new();
        for (base, check, own) in of_base.chain(own) {
            let check = &check;
            let compare = async |outcome: &Outcome| {
                let weakened = if own { self.own.weakened(check, outcome) } else { None };
                match weakened {
                    Some(weakened) => weakened,
                    None => {
                        let verdict = self.compare(tree, base.as_deref(), outcome, keeps_tests).await;
                        self.ignored.excuse(&self.bench, &slot.path, check, outcome, verdict)
                    }
                }
            };
            let mut worker = None;
            let outcome = match self.known.get(tree, check) {
                Some(outcome) => outcome,
                None => {
                    let claimed = claims.of(check).filter(|_| !own);
                    let is_claimed = claimed.is_some();
                    let mut outcome = match claimed {
                        Some(outcome) => outcome,
                        None => self.run(slot, check, None).await,
                    };
                    // A new failure of a test runs once more: if the results differ, the test is flaky and does not
                    // fail the gate
                    let is_own_end = matches!(outcome.end, End::Exited { .. });
                    // What a limit of a worker's machine ended says nothing about the change
                    let repeats = check.kind == CheckPurpose::Test || is_claimed && !is_own_end;
                    if repeats && matches!(compare(&outcome).await, Verdict::Fail { .. }) {
                        let again = self.run_again(slot, check, &ran).await;
                        let passes = !matches!(compare(&again).await, Verdict::Fail { .. });
                        if passes && is_claimed {
                            self.dispatch.contradict(&self.bench, &claims, check);
                        } else if passes {
                            tell_flaky(&self.bench, self.mission.as_ref(), check, &outcome, &again).await;
                        }
                        if passes || is_claimed {
                            outcome = again;
                        }
                    } else if is_claimed {
                        worker = Some(claims.worker().to_owned());
                    }
                    let outcome = Arc::new(outcome);
                    // A warm slot contains files of earlier commands, so its outcomes are not remembered
                    // Nor is a claim, which another setting of `[dispatch] trust` would not believe
                    if slot.n == CHECKING && !is_claimed {
                        self.known.set(tree, check, outcome.clone()).await;
                    }
                    outcome
                }
            };
            ran.push(check.clone());
            let verdict = compare(&outcome).await;
            let failed = matches!(verdict, Verdict::Fail { .. });
            judged.push(JudgedCheck { check: check.clone(), outcome, verdict, own, worker });
            if failed {
                // The cheaper check has failed already; the others would only take time
                return Ok(judged);
            }
        }
        if slot.n == CHECKING {
            self.adopt(&judged);
        }
        Ok(judged)
    }

    /// What a worker claims about the checks of a tree; empty if none is asked. With consent to change the checks'
    /// configuration only this machine knows which configuration counts.
    async fn claims(&self, slot: &Slot, tree: &str, keeps_tests: bool) -> Claims {
        let Some(base) = self.base_commit.get().filter(|_| !self.given && self.dispatch.serves(slot.n))
        else {
            return Claims::default();
        };
        let concerned = self.concerned(tree).await;
        let on_base: BTreeMap<String, Arc<Outcome>> = concerned
            .iter()
            .filter_map(|check| Some((check.name.clone(), self.on_base(&check.name)?)))
            .collect();
        let unknown =
            |check: &Check| on_base.contains_key(&check.name) && self.known.get(tree, check).is_none();
        if !concerned.iter().any(unknown) || self.has_consent().await {
            return Claims::default();
        }
        let (folder, checks) = (slot.path.as_path(), self.list());
        let question = Question { base, tree, folder, checks, on_base, keeps_tests };
        self.dispatch.ask(&self.bench, question).await
    }

    /// Compares an outcome with the base: failures, how many tests ran, and which ones.
    async fn compare(
        &self,
        tree: &str,
        before: Option<&Outcome>,
        now: &Outcome,
        keeps_tests: bool,
    ) -> Verdict {
        let verdict = compare_counts(before, now, keeps_tests);
        let (Some(base), Some(before)) = (self.base_commit.get(), before) else { return verdict };
        if matches!(verdict, Verdict::Fail { .. }) && !now.end.success() {
            return verdict;
        }
        let (workspace, base, tree) = (self.bench.workspace.clone(), base.clone(), tree.to_string());
        let (before, now) = (before.clone(), now.clone());
        let missing =
            blocking(move || seen_tests::missing(&workspace, &base, &tree, (&before, &now), keeps_tests));
        match missing.await {
            Some(failure) => Verdict::Fail { findings: vec![failure] },
            None => verdict,
        }
    }

    /// A second run on the same files, without the files that the first run left. `before`: the checks that ran
    /// earlier.
    async fn run_again(&self, slot: &Slot, check: &Check, before: &[Check]) -> Outcome {
        if slot.n == CHECKING {
            if let Err(error) = self.prepare_checking_slot(&slot.commit).await {
                return Outcome::not_started(error.to_string());
            }
            for earlier in before {
                self.run(slot, earlier, None).await;
            }
        }
        self.run(slot, check, None).await
    }

    /// For each check, the changed files of `tree` that it covers and those that it misses. `slot` must contain `tree`.
    pub async fn coverage(&self, slot: &Slot, tree: &str) -> BTreeMap<String, (Vec<String>, Vec<String>)> {
        let Some(base) = self.base_commit.get().cloned() else { return BTreeMap::new() };
        let (workspace, root, tree, mut checks) =
            (self.bench.workspace.clone(), slot.path.clone(), tree.to_string(), self.list().to_vec());
        checks.extend(self.own(slot).await);
        let found = blocking(move || {
            let files = workspace.files(&tree)?;
            let mut changed: Vec<String> =
                workspace.changes(&base, &tree)?.into_iter().map(|change| change.path).collect();
            changed.truncate(MAX_COVERED);
            let read = |path: &str| slot_text(&root, path);
            let coverage = Coverage::new(&read, &files);
            let split = checks.iter().map(|check| (check.name.clone(), coverage.split(check, &changed)));
            Ok::<_, workspace::Error>(split.collect())
        });
        found.await.unwrap_or_else(|error| {
            tracing::warn!("which check covers which file could not be found: {error}");
            BTreeMap::new()
        })
    }

    /// The checks that a slot's files or earlier tasks added.
    pub async fn own(&self, slot: &Slot) -> Vec<Check> {
        if self.given {
            return Vec::new();
        }
        self.own.of(&self.bench, slot, self.list(), &self.known).await
    }

    /// Adopts the new checks of a tree that passed completely.
    fn adopt(&self, judged: &[JudgedCheck]) {
        for JudgedCheck { check, outcome, verdict, own, .. } in judged {
            if *own && *verdict == Verdict::Pass && self.own.adopt(check, outcome.clone()) {
                self.bench.host.progress(&format!(
                    "- this mission brings a check, which runs from now on: `{}` ({})\n",
                    check.shown(),
                    check.source
                ));
            }
        }
    }

    /// Whether the user agreed that the mission changes the configuration of checks.
    pub async fn has_consent(&self) -> bool {
        let Some(mission) = &self.mission else { return false };
        let state = mission.state().await;
        state.is_ok_and(|state| state.tasks.values().any(|task| task.edits_config.is_some()))
    }

    /// The folder of kept builds: outside the temporary folders of commands, which can only write to their own.
    fn kept_builds(&self) -> PathBuf {
        self.bench.tmp.join("kept")
    }

    /// One run, when a core is free for it.
    pub async fn run(&self, slot: &Slot, check: &Check, filter: Option<&str>) -> Outcome {
        self.run_in(slot, check, filter, false).await
    }

    async fn run_in(&self, slot: &Slot, check: &Check, filter: Option<&str>, is_base: bool) -> Outcome {
        // The semaphore is never closed
        let _core = self.running.acquire().await;
        let prepared = self.setups.prepare(&self.bench, slot, Some(&check.directory), is_base).await;
        if let Some(outcome) = self.without_setup(slot, prepared) {
            return outcome;
        }
        let what = For { consent: self.has_consent().await, own: !self.list().contains(check) };
        let in_place = self.base_configuration.put(&self.bench.workspace, slot, &check.name, what);
        let _in_place = match in_place.await {
            Ok(kept) => kept,
            Err(why) => return Outcome::not_started(why),
        };
        if let Some(why) = self.leads_elsewhere(slot, check).await {
            return Outcome::not_started(why);
        }
        let workspace = &self.bench.workspace;
        let ignored = if is_base { BaseConfiguration::ignored(workspace, slot).await } else { Vec::new() };
        let outcome = self.run_with_kept_packages(slot, check, filter, is_base).await;
        if is_base {
            self.base_configuration.remember_made(workspace, slot, &check.name, &ignored).await;
        }
        if outcome.survivors {
            self.bench.slots.abandon(slot.n);
            self.bench.host.progress(&format!(
                "- processes of `{}` could not all be ended: its slot is not used again\n",
                check.name
            ));
        }
        outcome
    }

    /// The outcome of a run whose slot could not be set up; `None`: the check runs.
    fn without_setup(&self, slot: &Slot, prepared: Result<(), NotReady>) -> Option<Outcome> {
        let mut not_ready = self.not_ready.lock().unwrap_or_else(PoisonError::into_inner);
        not_ready.remove(&slot.n);
        let NotReady { words, fault } = prepared.err()?;
        match fault {
            // The base had the same failure, so the comparison is fair
            Fault::AsBefore => None,
            Fault::Change => {
                Some(Outcome { end: End::SetupBroken { what: words }, ..Outcome::not_started("") })
            }
            Fault::Surroundings => {
                not_ready.insert(slot.n, words.clone());
                Some(Outcome::not_started(format!("its set-up failed: {words}")))
            }
        }
    }

    /// Why a check's tests would not run the slot's own code, if so. Each environment is checked once.
    async fn leads_elsewhere(&self, slot: &Slot, check: &Check) -> Option<String> {
        if check.kind != CheckPurpose::Test {
            return None;
        }
        let key = (slot.n, check.name.clone(), self.setups.changes());
        let mut known = self.own_code.lock().await;
        if let Some(said) = known.get(&key) {
            return said.clone();
        }
        let said = own_code::leads_elsewhere(&self.bench, slot, check).await;
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, said.clone());
        said
    }

    /// A run that leaves the installed packages unchanged. At level full it cannot write there; at other levels changed
    /// packages are installed again. In the checking slot each run has its own temporary folder.
    async fn run_with_kept_packages(
        &self,
        slot: &Slot,
        check: &Check,
        filter: Option<&str>,
        is_base: bool,
    ) -> Outcome {
        let (root, judges) = (slot.path.clone(), slot.n == CHECKING);
        let mut options = self.bench.run_options(slot);
        let watches = options.sandbox.level() != Ok(Level::Full);
        let installed = blocking(move || Installed::before(&root, watches)).await;
        options.kept.clone_from(&installed.folders);
        let tmp = judges.then(|| self.bench.verdict_tmp());
        if let Some(tmp) = &tmp {
            options.tmp.clone_from(tmp);
            WarmBuilds::put_caches(&self.kept_builds(), tmp).await;
        }
        let workspace = &self.bench.workspace;
        let standing =
            if judges { ChangedTests::standing(workspace, slot).await } else { Default::default() };
        let hidden = (!judges).then(|| self.bench.slots.hide_files(slot));
        let run = self.bench.commands.run(check, filter, &options, &self.bench.cancel);
        let mut outcome = self.bench.slots.remove_aside_during(run).await;
        drop(hidden);
        if let Some(why) = self.changed_tests.put_back(workspace, slot, standing, check, is_base).await {
            outcome = changed_tests::not_believed(outcome, self.on_base(&check.name).as_deref(), why);
        }
        // As long as the base is not judged, nothing else has run here
        if let Some(tmp) = tmp.as_ref().filter(|_| !self.base.initialized()) {
            WarmBuilds::keep_caches(tmp, &self.kept_builds()).await;
        }
        let root = slot.path.clone();
        let (is_changed, left) = blocking(move || {
            if let Some(tmp) = tmp {
                workspace::remove_folder(&tmp);
            }
            installed.after(&root)
        })
        .await;
        let renewed = if is_changed {
            self.setups.forget(slot.n);
            self.bench.slots.renew_dependencies(slot).await
        } else {
            self.bench.slots.remove_folders(slot, left).await
        };
        if let Err(error) = renewed {
            match judges {
                true => self.bench.slots.distrust_dependencies(),
                false => self.bench.slots.abandon(slot.n),
            }
            tracing::warn!("what is installed in a slot could not be renewed: {error}");
        }
        outcome
    }
}
