//! The queue of a project: a mission that is requested while another one runs waits here for its turn. `journal` keeps
//! the places; this file finds the order, and waits.
//!
//! A waiting mission has no slot, no session and no lock.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journal::{LockError, ProjectLock, Queued};
use tokio_util::sync::CancellationToken;

use crate::missions::project::Project;
use crate::missions::running::{Place, Running};
use crate::text::{count, cut, duration};

/// How often to check whether the turn has come.
const POLL: Duration = Duration::from_millis(250);
/// The longest objective in a list, in bytes.
const MAX_SHOWN: usize = 100;

/// The right to run a mission, with its unique id.
pub(crate) struct Turn {
    pub id: String,
    pub lock: ProjectLock,
    pub place: Place,
}

/// The waiting missions of this engine.
#[derive(Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<Vec<Waiter>>>);

#[derive(Clone)]
struct Waiter {
    session: Option<String>,
    cancel: CancellationToken,
    /// Set when the process ends: the place stays in the queue, so that its objective is not lost.
    ended: Arc<AtomicBool>,
}

impl Waiting {
    /// Cancels the mission that waits for this session. Returns whether there was one: a mission whose turn has come
    /// does not wait any more.
    pub fn cancel(&self, session: &str) -> bool {
        let waiters = self.lock();
        let own = waiters.iter().filter(|waiter| waiter.session.as_deref() == Some(session));
        own.filter(|waiter| !waiter.cancel.is_cancelled()).map(|waiter| waiter.cancel.cancel()).count() > 0
    }

    /// Ends all waiting, because the process ends.
    pub fn end(&self) {
        for waiter in self.lock().iter() {
            waiter.ended.store(true, Ordering::Relaxed);
            waiter.cancel.cancel();
        }
    }

    fn join(&self, session: Option<String>) -> Waiter {
        let waiter = Waiter { session, cancel: CancellationToken::new(), ended: Arc::default() };
        let mut waiters = self.lock();
        waiters.retain(|waiter| !waiter.cancel.is_cancelled());
        waiters.push(waiter.clone());
        waiter
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the mission may begin; the error is shown to the user.
pub(crate) async fn turn(
    project: &Project,
    objective: &str,
    session: Option<String>,
    running: &Running,
    waiting: &Waiting,
) -> Result<Turn, String> {
    let id = project.new_id();
    if before(project, &id)?.is_empty()
        && let Some((place, lock)) = begin(project, &id, running).await?
    {
        return Ok(Turn { id, lock, place });
    }
    let queued = Queued {
        mission: id.clone(),
        objective: project.redactor.redact(objective).into_owned(),
        pid: std::process::id(),
        at_ms: project.world.clock.now_ms(),
        waits: true,
    };
    let spot = project.state.enqueue(&queued).map_err(|error| format!("{error}\nNothing was started."))?;
    let waiter = waiting.join(session);
    // On every way out, the mission does not wait any more
    let _waits = waiter.cancel.clone().drop_guard();
    let mut told = None;
    loop {
        let ahead = before(project, &id)?;
        if told != Some(ahead.len()) {
            project.host.progress(&standing(project, &id, ahead.len()));
            told = Some(ahead.len());
        }
        if ahead.is_empty()
            && let Some((place, lock)) = begin(project, &id, running).await?
        {
            spot.leave().map_err(|error| error.to_string())?;
            return Ok(Turn { id, lock, place });
        }
        tokio::select! {
            () = waiter.cancel.cancelled() => {
                if !waiter.ended.load(Ordering::Relaxed) {
                    spot.leave().map_err(|error| error.to_string())?;
                }
                return Err(format!("Mission `{id}` is no longer in the queue. Nothing was started."));
            }
            () = tokio::time::sleep(POLL) => {}
        }
        if !spot.is_kept() {
            return Err(format!("Mission `{id}` was taken out of the queue. Nothing was started."));
        }
    }
}

/// The place in this process and the project's lock, if both are free.
async fn begin(
    project: &Project,
    id: &str,
    running: &Running,
) -> Result<Option<(Place, ProjectLock)>, String> {
    let Some(place) = running.begin(Duration::ZERO).await else { return Ok(None) };
    match project.state.lock(&project.owner_of(id)) {
        Ok(lock) => Ok(Some((place, lock))),
        Err(LockError::Held { .. }) => Ok(None),
        Err(error) => Err(format!("{error}\nNothing was started.")),
    }
}

/// The missions that wait before a mission; a mission without a place comes last.
fn before(project: &Project, id: &str) -> Result<Vec<Queued>, String> {
    let all = project.state.queue().map_err(|error| error.to_string())?;
    Ok(all.into_iter().filter(|queued| queued.waits).take_while(|queued| queued.mission != id).collect())
}

fn standing(project: &Project, id: &str, ahead: usize) -> String {
    let runs = match project.state.owner() {
        Ok(Some(owner)) => format!("`{}` runs", owner.mission),
        _ => "another one is being started".into(),
    };
    let others =
        if ahead > 0 { format!(", and {} before it", count(ahead, "other mission")) } else { String::new() };
    format!(
        "Mission `{id}` waits for its turn: {runs}{others}. `/task queue` shows the order; Esc, or `/task queue cancel {id}`, \
         takes it out.\n"
    )
}

/// The queue as text for the user, in its order.
pub(crate) fn shown(queue: &[Queued], runs: Option<&str>, now_ms: u64) -> String {
    let mut text = String::new();
    if let Some(runs) = runs {
        let _ = writeln!(text, "- `{runs}` runs");
    }
    let mut nth = 0;
    for queued in queue {
        let since = duration(now_ms.saturating_sub(queued.at_ms));
        let what = cut(&queued.objective.replace('\n', " "), MAX_SHOWN);
        let how = if queued.waits {
            nth += 1;
            format!("{nth}. in the queue, for {since}")
        } else {
            let id = &queued.mission;
            format!(
                "cannot start: its OpenCode ended while it waited. Start it again with its text; `/task queue cancel {id}` \
                 removes it"
            )
        };
        let _ = writeln!(text, "- `{}` {how}: {what}", queued.mission);
    }
    if queue.is_empty() {
        text.push_str("No mission waits in this project.\n");
    }
    text
}

impl Project {
    pub(crate) fn queue(&self, cancel: Option<&str>) -> Result<String, String> {
        let Some(id) = cancel else {
            let queue = self.state.queue().map_err(|error| error.to_string())?;
            let runs = self.state.owner().map_err(|error| error.to_string())?.map(|owner| owner.mission);
            return Ok(shown(&queue, runs.as_deref(), self.world.clock.now_ms()));
        };
        match self.state.cancel_queued(id).map_err(|error| error.to_string())? {
            Some(queued) => {
                let what = cut(&queued.objective.replace('\n', " "), MAX_SHOWN);
                Ok(format!("Mission `{id}` is out of the queue, and nothing of it was started: {what}\n"))
            }
            None => Err(format!(
                "Mission `{id}` does not wait in this project. `/task queue` lists those that do."
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_shown_and_what_a_crash_left_is_named() {
        let queued = |mission: &str, waits| Queued {
            mission: mission.into(),
            objective: "Add\none".into(),
            pid: 1,
            at_ms: 1_000,
            waits,
        };
        let queue = [queued("m-aaaaaaaa", true), queued("m-bbbbbbbb", false), queued("m-cccccccc", true)];
        let text = shown(&queue, Some("m-dddddddd"), 61_000);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "- `m-dddddddd` runs");
        assert_eq!(lines[1], "- `m-aaaaaaaa` 1. in the queue, for 1 min 0 s: Add one");
        assert!(lines[2].contains("its OpenCode ended while it waited"), "{text}");
        assert!(lines[3].starts_with("- `m-cccccccc` 2. in the queue"), "{text}");
        assert_eq!(shown(&[], None, 0), "No mission waits in this project.\n");
    }
}
