//! Packages of a plan: the registry is asked before the plan is accepted, and the packages are on the head before the
//! tasks that need them start. Only the engine writes manifests and lockfiles.

use std::path::Path;
use std::sync::Arc;

use checks::{Manifest, Outcome, RegistryAnswer, RunOptions, Wanted};
use mission::mailbox::{Plan, PlannedDependency};
use mission::{Event, NewDependencies, PauseReason, TaskId};
use workspace::{Commit, Slot};

use crate::bench::setup::{Fault, NotReady};
use crate::bench::slot_text;
use crate::blocking::blocking;
use crate::gates::pipeline::check_merged;
use crate::steps::context::MissionContext;
use crate::text::cut;

/// The most packages of one plan.
const MAX_PACKAGES: usize = 20;
/// The longest output of a package manager that is repeated, in bytes.
const MAX_OUTPUT: usize = 2000;
/// The most output of a package manager that is read, in bytes: lists of versions are long.
const MAX_ANSWER: usize = 256 * 1024;

/// Checks a plan's packages while the Planner can still fix the plan. Packages that a manifest has already are
/// removed with a note; the others get the version that the registry has.
pub(crate) async fn resolve_packages(
    context: &Arc<MissionContext>,
    slot: &Slot,
    policy: NewDependencies,
    plan: &mut Plan,
) -> Result<Vec<String>, Vec<String>> {
    if plan.dependencies.is_empty() {
        return Ok(Vec::new());
    }
    if plan.dependencies.len() > MAX_PACKAGES {
        return Err(vec![format!(
            "the plan adds {} packages; at most {MAX_PACKAGES} are accepted: name only those that a task imports itself",
            plan.dependencies.len()
        )]);
    }
    let files = files(context, slot).await.map_err(|why| vec![why])?;
    let (mut kept, mut notes, mut problems) = (Vec::<PlannedDependency>::new(), Vec::new(), Vec::new());
    for package in std::mem::take(&mut plan.dependencies) {
        let settled = one(context, slot, &files, policy, package).await;
        match settled {
            Ok(Settled::Wanted(package, note)) => {
                notes.extend(note);
                let same = |p: &PlannedDependency| p.name == package.name && p.directory == package.directory;
                if !kept.iter().any(same) {
                    kept.push(package);
                }
            }
            Ok(Settled::There(note)) => notes.push(note),
            Err(problem) => problems.push(format!("`dependencies`: {problem}")),
        }
    }
    plan.dependencies = kept;
    if problems.is_empty() { Ok(notes) } else { Err(problems) }
}

enum Settled {
    Wanted(PlannedDependency, Option<String>),
    There(String),
}

async fn one(
    context: &Arc<MissionContext>,
    slot: &Slot,
    files: &[String],
    policy: NewDependencies,
    mut package: PlannedDependency,
) -> Result<Settled, String> {
    package.directory = match package.directory.as_deref().map(mission::path::normalise) {
        None => None,
        Some(Ok(directory)) => Some(directory),
        Some(Err(why)) => return Err(format!("`{}`, `directory`: {why}", package.name)),
    };
    let (manifest, wanted) = manifest(slot, files, &package)?;
    let name = &package.name;
    if manifest.declares(&wanted, &reader(&slot.path)) {
        return Ok(Settled::There(format!(
            "`{name}` is in `{}` already: nothing is installed",
            manifest.path()
        )));
    }
    if policy == NewDependencies::Deny {
        return Err(format!(
            "`{name}`: this project allows no new packages (`[mission] dependencies = \"deny\"`); plan with what the \
             project has"
        ));
    }
    package.manager = manifest.manager().into();
    let who = manifest.manager();
    let near = || {
        let near = manifest.nearest(name, &reader(&slot.path));
        near.map_or(String::new(), |near| format!(" (the project has `{near}`; is that what is meant?)"))
    };
    match look_up(context, slot, &manifest, &wanted).await? {
        RegistryAnswer::Found { version } => {
            package.resolved = Some(version);
            Ok(Settled::Wanted(package, None))
        }
        RegistryAnswer::Unknown { why } => {
            let note = format!(
                "`{name}` could not be verified ({why}): the registry is asked again before it is added"
            );
            Ok(Settled::Wanted(package, Some(note)))
        }
        RegistryAnswer::Unfit { why } => Err(format!("`{name}`: {why}")),
        RegistryAnswer::Missing => {
            let any = Wanted { version: None, ..wanted.clone() };
            let newest = match wanted.version {
                Some(_) => look_up(context, slot, &manifest, &any).await?,
                None => RegistryAnswer::Missing,
            };
            Err(match (newest, &package.version) {
                (RegistryAnswer::Found { version: newest }, Some(version)) => format!(
                    "`{name}` has no version `{version}`; the newest is {newest}. Name one that exists, or leave \
                     `version` out"
                ),
                _ => format!(
                    "the registry that {who} asks has no package `{name}`{}; name one that exists, or plan with what the \
                     project has",
                    near()
                ),
            })
        }
    }
}

fn manifest(
    slot: &Slot,
    files: &[String],
    package: &PlannedDependency,
) -> Result<(Manifest, Wanted), String> {
    let found = Manifest::find(&package.manager, package.directory.as_deref(), &reader(&slot.path), files);
    let manifest = found.map_err(|why| format!("`{}`: {why}", package.name))?;
    let wanted = Wanted {
        name: package.name.clone(),
        version: package.version.clone(),
        dev: package.dev,
        features: package.features.clone(),
    };
    Ok((manifest, wanted))
}

async fn files(context: &Arc<MissionContext>, slot: &Slot) -> Result<Vec<String>, String> {
    let (workspace, commit) = (context.bench.workspace.clone(), slot.commit.clone());
    blocking(move || workspace.files(&commit)).await.map_err(|error| error.to_string())
}

fn reader(root: &Path) -> impl Fn(&str) -> Option<String> {
    let root = root.to_path_buf();
    move |path| slot_text(&root, path)
}

/// Asks the registry through the project's own package manager.
async fn look_up(
    context: &Arc<MissionContext>,
    slot: &Slot,
    manifest: &Manifest,
    wanted: &Wanted,
) -> Result<RegistryAnswer, String> {
    let question = manifest.lookup(wanted)?;
    let options = RunOptions { output_limit: MAX_ANSWER, ..context.bench.fetch_options(slot) };
    let outcome =
        context.bench.commands.run(&question, None, &options, context.desk.orchestrator.cancelled()).await;
    Ok(checks::package_answer(manifest, wanted, &outcome))
}

/// A package with the version that its registry has.
type Resolved = (Wanted, Option<String>);

/// Why packages could not be added.
enum PackagesFailure {
    /// The registry does not answer, or its client is missing; the plan may be right.
    Later(String),
    /// The packages cannot be installed as planned.
    Plan(String),
}

/// Adds the packages of a plan to the head, as one commit of the engine's that passed the project's checks.
pub(crate) async fn add(context: &Arc<MissionContext>, parent: Option<&TaskId>) -> Vec<Event> {
    let _head_is_ours = context.head.lock().await;
    let Ok(state) = context.desk.orchestrator.state().await else { return Vec::new() };
    let needs =
        state.needs.iter().find(|n| n.parent.as_ref() == parent && !n.added && !n.packages.is_empty());
    let (Some(needs), Some(head)) = (needs, &state.head) else { return Vec::new() };
    let base = state.base.as_ref().map(|b| b.commit.as_str()).unwrap_or_default();
    // If the base cannot be checked, the checks report that they give no evidence
    let _ = context.gates.checks.ensure_base(base).await;
    let event = match put(context, &needs.packages, &head.commit, parent.cloned()).await {
        Ok(event) => event,
        Err(PackagesFailure::Plan(reason)) => Event::PackagesFailed { parent: parent.cloned(), reason },
        Err(PackagesFailure::Later(why)) => {
            let reason =
                PauseReason::Packages(format!("{why}. `/task resume {}` tries again", context.desk.mission));
            Event::Paused { reason, at_ms: context.desk.clock.now_ms() }
        }
    };
    // Recorded while the head is locked, so that waiting tasks begin from the new head
    let _ = context.desk.orchestrator.record(vec![event]).await;
    Vec::new()
}

async fn put(
    context: &Arc<MissionContext>,
    packages: &[PlannedDependency],
    head: &str,
    parent: Option<TaskId>,
) -> Result<Event, PackagesFailure> {
    let later = |error: workspace::Error| PackagesFailure::Later(error.to_string());
    let _slot_is_ours = context.gates.checks.hold_checking_slot().await;
    let slot = context.gates.checks.prepare_checking_slot(head).await.map_err(later)?;
    let files = files(context, &slot).await.map_err(PackagesFailure::Later)?;
    let mut packages = packages.to_vec();
    let mut manifests: Vec<(Manifest, Vec<Resolved>)> = Vec::new();
    for package in &mut packages {
        let (manifest, wanted) = manifest(&slot, &files, package).map_err(PackagesFailure::Plan)?;
        if package.resolved.is_none() {
            package.resolved = Some(verify(context, &slot, &manifest, &wanted).await?);
        }
        let entry = (wanted, package.resolved.clone());
        match manifests.iter_mut().find(|(known, _)| *known == manifest) {
            Some((_, entries)) => entries.push(entry),
            None => manifests.push((manifest, vec![entry])),
        }
    }
    for (manifest, entries) in &manifests {
        write(context, &slot, manifest, entries).await?;
    }
    let names = packages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (commit, files) = commit(context, &slot, &manifests, &names).await?;
    let slot = Slot { commit: commit.id.clone(), ..slot };
    context.gates.checks.set_up(&slot).await.or_else(|NotReady { words, fault }| match fault {
        // The same failure exists without the packages
        Fault::AsBefore => Ok(()),
        Fault::Surroundings => Err(PackagesFailure::Later(words)),
        Fault::Change => Err(PackagesFailure::Plan(format!(
            "with {names} in its manifest, the project's packages cannot be installed: {words}"
        ))),
    })?;
    let (judgement, checks) = check_merged(&context.gates, &slot, &commit.tree, true).await;
    if judgement.failure.is_some() {
        return Err(PackagesFailure::Plan(format!(
            "with {names} added, the project's checks fail: {}",
            judgement.detail
        )));
    }
    let (commit, tree) = (commit.id, commit.tree);
    Ok(Event::PackagesAdded { parent, packages, files, commit, tree, checks })
}

/// The version of a package whose registry could not be asked during planning.
async fn verify(
    context: &Arc<MissionContext>,
    slot: &Slot,
    manifest: &Manifest,
    wanted: &Wanted,
) -> Result<String, PackagesFailure> {
    match look_up(context, slot, manifest, wanted).await.map_err(PackagesFailure::Plan)? {
        RegistryAnswer::Found { version } => Ok(version),
        RegistryAnswer::Missing => {
            let version = wanted.version.as_ref().map(|v| format!(" in version `{v}`")).unwrap_or_default();
            Err(PackagesFailure::Plan(format!(
                "the registry that {} asks has no package `{}`{version}",
                manifest.manager(),
                wanted.name
            )))
        }
        RegistryAnswer::Unfit { why } => Err(PackagesFailure::Plan(format!("`{}`: {why}", wanted.name))),
        RegistryAnswer::Unknown { why } => Err(PackagesFailure::Later(format!(
            "{} cannot be asked for `{}`: {why}",
            manifest.manager(),
            wanted.name
        ))),
    }
}

/// Adds packages to manifest and lockfile, with the package manager or directly.
async fn write(
    context: &Arc<MissionContext>,
    slot: &Slot,
    manifest: &Manifest,
    entries: &[Resolved],
) -> Result<(), PackagesFailure> {
    let addition = manifest.add(entries, &reader(&slot.path)).map_err(PackagesFailure::Plan)?;
    if let Some((path, text)) = addition.edit {
        let (workspace, slot) = (context.bench.workspace.clone(), slot.clone());
        let written = blocking(move || workspace.write_slot_file(&slot, &path, &text)).await;
        written.map_err(|error| PackagesFailure::Later(error.to_string()))?;
    }
    let Some(run) = addition.run else { return Ok(()) };
    let outcome = context
        .bench
        .commands
        .run(&run, None, &context.bench.fetch_options(slot), context.desk.orchestrator.cancelled())
        .await;
    if outcome.end.success() {
        return Ok(());
    }
    let said = format!("`{}` {}: {}", run.run, outcome.end, tail(&outcome));
    Err(if checks::is_unreachable(&outcome) {
        PackagesFailure::Later(said)
    } else {
        PackagesFailure::Plan(said)
    })
}

fn tail(outcome: &Outcome) -> String {
    let text = outcome.output.trim();
    let start = text.char_indices().rev().nth(MAX_OUTPUT).map_or(0, |(at, _)| at);
    cut(text.get(start..).unwrap_or_default(), MAX_OUTPUT)
}

/// Commits only manifests and lockfiles; other changes of the package manager are reverted.
async fn commit(
    context: &Arc<MissionContext>,
    slot: &Slot,
    manifests: &[(Manifest, Vec<Resolved>)],
    names: &str,
) -> Result<(Commit, Vec<String>), PackagesFailure> {
    let later = |error: workspace::Error| PackagesFailure::Later(error.to_string());
    let (workspace, folder) = (context.bench.workspace.clone(), slot.clone());
    let manifests: Vec<Manifest> = manifests.iter().map(|(manifest, _)| manifest.clone()).collect();
    let own = blocking(move || {
        let changed = workspace.slot_changes(&folder)?.into_iter().map(|change| change.path);
        let own = |path: &String| manifests.iter().any(|manifest| manifest.writes(path));
        let (own, foreign): (Vec<String>, Vec<String>) = changed.partition(own);
        if !foreign.is_empty() {
            workspace.discard(&folder, &foreign)?;
        }
        Ok(own)
    });
    let files = own.await.map_err(later)?;
    let commit = context.bench.commit_and_pin(slot, format!("Add {names}"), "head".into()).await;
    let commit = commit.map_err(later)?;
    if files.is_empty() {
        return Err(PackagesFailure::Plan(format!("adding {names} changed neither manifest nor lockfile")));
    }
    Ok((commit, files))
}
