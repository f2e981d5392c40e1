//! Removes what missions leave on disk and in memory: when one ends, and after a crash when the next one starts.
//!
//! It removes only what belongs to finished missions, and never a user's file.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use workspace::Workspace;

use crate::actor::past::PastMission;
use crate::blocking::blocking;
use crate::config::{Config, Limit};
use crate::host::{Host, HostRequest};
use crate::missions::project::Project;
use crate::talk::session::Sessions;

const MB: u64 = 1_000_000;
/// How long to wait for the host to release a folder.
const LETTING_GO: Duration = Duration::from_secs(1);

/// Ends and removes what crashed missions left: processes of their checks, temporary files, folders of missions that
/// never began, files that a delivery moved aside. The caller holds the project's lock for the mission `own`, so
/// nothing of it is in use. Returns a message with the places of the user's files that could not be put back.
pub(crate) async fn after_crash(
    project: &Project,
    workspace: &Workspace,
    own: &str,
) -> Result<String, String> {
    let (state, workspace, own) = (project.state.clone(), workspace.clone(), own.to_string());
    let swept = blocking(move || {
        for dir in state.sweep(&own).map_err(|error| error.to_string())? {
            checks::sweep(dir.id());
            workspace::remove_folder(&dir.tmp_dir());
            dir.clear_tmp().map_err(|error| error.to_string())?;
        }
        workspace.settle_deliveries().map_err(|error| error.to_string())
    });
    let kept = swept.await?;
    let line = |kept: String| format!("- written while a delivery was interrupted, and kept: {kept}\n");
    Ok(kept.into_iter().map(line).collect())
}

/// A warning about missions with an interrupted delivery: the next mission's base may contain part of them.
pub(crate) fn half_written(project: &Project) -> String {
    const LOOKED_AT: usize = 5;
    let missions = project.state.list_missions().unwrap_or_default();
    let interrupted = |dir| PastMission::read(dir).is_ok_and(|past| past.state.delivery.is_interrupted());
    let half = missions.iter().take(LOOKED_AT).filter(|dir| interrupted(*dir));
    half.map(|dir| {
        format!(
            "- the delivery of mission `{0}` was interrupted, and part of it may be in your files; stop this mission and \
             `/task resume {0}` to finish that one first\n",
            dir.id()
        )
    })
    .collect()
}

/// Before a new mission: removes what earlier ones keep beyond the limit, but never the work of unfinished ones.
/// Returns a message if something was removed that the user could miss.
pub(crate) async fn before(
    project: &Project,
    config: &Config,
    workspace: &Workspace,
) -> Result<Option<String>, String> {
    let Limit::At(keep_mb) = config.workspace.keep_mb else { return Ok(None) };
    let (workspace, limit) = (workspace.clone(), keep_mb.saturating_mul(MB));
    let missions = project.state.list_missions().map_err(|error| error.to_string())?;
    let trimmed = blocking(move || {
        if workspace.trim_slots(limit)?.is_none() || workspace.size() <= limit {
            return Ok(None);
        }
        // A mission that cannot be read may be unfinished
        let unfinished = |dir| PastMission::read(dir).map_or(true, |past| past.state.outcome.is_none());
        if missions.iter().any(unfinished) { Ok(None) } else { workspace.trim(limit) }
    });
    let trimmed = trimmed.await.map_err(|error: workspace::Error| error.to_string())?;
    Ok(trimmed.map(|cleaned| {
        format!(
            "- {:.0} MB of earlier missions were removed (`workspace.keep_mb` is {keep_mb}); `/task undo` no longer \
             takes their deliveries back\n",
            cleaned.bytes as f64 / MB as f64
        )
    }))
}

/// After a mission has ended: keeps slots for the next one only within the limit.
pub(crate) async fn after(config: &Config, workspace: Workspace) {
    let Limit::At(keep_mb) = config.workspace.keep_mb else { return };
    let trimmed = blocking(move || workspace.trim_slots(keep_mb.saturating_mul(MB)));
    if let Err(error) = trimmed.await {
        // The next mission trims them when it starts
        tracing::warn!("{error}");
    }
}

/// Lets the host release the folders in which roles worked: a long-lived host would keep an instance for each.
pub(crate) async fn let_go(host: &Arc<dyn Host>, sessions: &Sessions) {
    let mut calls = JoinSet::new();
    for directory in sessions.take_folders() {
        calls.spawn(timeout(LETTING_GO, host.call(HostRequest::Dispose { directory })));
    }
    while let Some(call) = calls.join_next().await {
        if let Ok(Ok(Err(error))) = call {
            tracing::warn!("{error}");
        }
    }
}
