//! Brings the files of a slot to a worker, as thin packs: the base whole, and then what differs from what the worker has.

use queue::Queue;
use workspace::{Slot, Workspace};

use crate::bench::dispatch::verdict_job::Lone;
use crate::blocking::blocking;
use crate::far::message::Step;

/// The name of the pack that leads from a tree, or from nothing, to another.
pub(crate) fn pack_name(from: Option<&Lone>, to: &Lone) -> String {
    match from {
        Some(from) => format!("tree-{}-{}", from.tree, to.tree),
        None => format!("tree-{}", to.tree),
    }
}

/// The files of a revision, as a commit without history.
pub(crate) async fn of_revision(workspace: &Workspace, revision: &str) -> Result<Lone, String> {
    let (workspace, revision) = (workspace.clone(), revision.to_string());
    let lone = blocking(move || workspace.lone_commit(&revision)).await;
    lone.map(Lone::from).map_err(|error| error.to_string())
}

/// The files of a slot as they are now, without secrets and without what git ignores.
pub(crate) async fn of_slot(workspace: &Workspace, slot: &Slot) -> Result<Lone, String> {
    let (workspace, slot) = (workspace.clone(), slot.clone());
    let lone = blocking(move || {
        let commit = workspace.commit_slot(&slot, &slot.commit, "For a worker")?;
        workspace.lone_commit(&commit.tree)
    });
    lone.await.map(Lone::from).map_err(|error: workspace::Error| error.to_string())
}

/// Stores the pack that leads from one tree to another, unless it is there.
pub(crate) async fn send(
    workspace: &Workspace,
    queue: &Queue,
    from: Option<&Lone>,
    to: &Lone,
) -> Result<(), String> {
    let name = pack_name(from, to);
    if from == Some(to) || queue.has_pack(&name).await {
        return Ok(());
    }
    let (workspace, known, commit) =
        (workspace.clone(), from.map(|from| from.commit.clone()), to.commit.clone());
    let pack = blocking(move || workspace.pack(&commit, known.as_deref())).await;
    let pack = pack.map_err(|error| error.to_string())?;
    let sent = queue.put_pack(&name, &pack).await.map_err(|error| error.to_string())?;
    tracing::debug!("{sent} bytes of {name} were sent");
    Ok(())
}

/// The step from what the worker has to what the slot contains; `None` if it has that. Its pack is stored.
pub(crate) async fn step(
    workspace: &Workspace,
    queue: &Queue,
    slot: &Slot,
    has: &mut Lone,
) -> Result<Option<Step>, String> {
    let to = of_slot(workspace, slot).await?;
    if to == *has {
        return Ok(None);
    }
    send(workspace, queue, Some(has), &to).await?;
    Ok(Some(Step { from: std::mem::replace(has, to.clone()), to }))
}
