//! The single mission that may run in an engine: its place, how it is stopped, and the context of its tools.
//!
//! Two missions never run in one engine. A stop also reaches a mission that is still starting.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mission::{MissionId, PauseReason};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::steps::context::MissionContext;

#[derive(Clone, Default)]
pub(crate) struct Running {
    now: Arc<Mutex<Now>>,
    /// Notified when the place is free again.
    free: Arc<Notify>,
}

#[derive(Default)]
struct Now {
    context: Option<Arc<MissionContext>>,
    /// A mission is being started or runs.
    busy: bool,
    /// The session in which it was asked for.
    session: Option<String>,
    /// Who asked for a stop before the mission had started.
    stop: Option<String>,
}

/// The right to run a mission; once it is dropped, another one may start.
pub(crate) struct Place(Running);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.lock() = Now::default();
        self.0.free.notify_waiters();
    }
}

impl Running {
    /// Takes the place, if it is free within `patience`.
    pub async fn begin(&self, patience: Duration) -> Option<Place> {
        let until = Instant::now() + patience;
        loop {
            let mut free = pin!(self.free.notified());
            // Enabled before the check, so that an end between the check and the wait is not missed.
            free.as_mut().enable();
            if !std::mem::replace(&mut self.lock().busy, true) {
                return Some(Place(self.clone()));
            }
            timeout_at(until, free).await.ok()?;
        }
    }

    /// Sets the running mission; returns who asked for a stop meanwhile.
    pub fn set(&self, context: Option<Arc<MissionContext>>) -> Option<String> {
        let mut now = self.lock();
        now.context = context;
        now.stop.take()
    }

    /// Records the session for which the place is taken.
    pub fn asked_in(&self, session: Option<String>) {
        self.lock().session = session;
    }

    /// Whether the running mission may be stopped from this session: it was requested there, or its session
    /// is unknown.
    pub fn is_of(&self, session: &str) -> bool {
        let now = self.lock();
        now.busy && now.session.as_deref().is_none_or(|own| own == session)
    }

    pub fn context(&self) -> Option<Arc<MissionContext>> {
        self.lock().context.clone()
    }

    pub fn mission(&self) -> Option<MissionId> {
        self.context().map(|context| context.desk.mission.clone())
    }

    /// Whether the running mission was stopped, or pauses or ends by itself.
    pub fn is_ending(&self) -> bool {
        let now = self.lock();
        let ends = |context: &Arc<MissionContext>| context.desk.orchestrator.cancelled().is_cancelled();
        now.busy && (now.stop.is_some() || now.context.as_ref().is_some_and(ends))
    }

    /// Stops the running or starting mission. `by` is shown to the user.
    pub async fn stop(&self, by: &str) {
        let context = {
            let mut now = self.lock();
            if now.busy {
                now.stop = Some(by.to_string());
            }
            now.context.clone()
        };
        if let Some(context) = context {
            context.desk.orchestrator.stop(PauseReason::Stopped(by.to_string())).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_resume_starts_when_the_mission_before_it_is_over() {
        let running = Running::default();
        let place = running.begin(Duration::ZERO).await;
        assert!(place.is_some());
        assert!(running.begin(Duration::ZERO).await.is_none(), "one mission at a time");
        // Polled in this order, so that the wait has begun when the mission ends.
        let (begun, ()) = tokio::join!(biased; running.begin(Duration::from_secs(60)), async { drop(place) });
        assert!(begun.is_some());
        assert!(running.begin(Duration::from_millis(20)).await.is_none(), "the place is taken again");
        assert!(!running.is_ending());
        running.stop("Esc").await;
        assert!(running.is_ending(), "a resume may wait for it");
        drop(begun);
        assert!(!running.is_ending());
    }
}
