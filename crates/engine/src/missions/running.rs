//! The one mission that may run in an engine: who holds the place, how it is stopped, and what its tools work on.
//!
//! Two missions never run in one engine, and a stop reaches one that is still being set up.

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
    /// Told when the place is free again.
    free: Arc<Notify>,
}

#[derive(Default)]
struct Now {
    context: Option<Arc<MissionContext>>,
    /// A mission is being started or runs.
    busy: bool,
    /// The session in which it was asked for.
    session: Option<String>,
    /// Who asked for a stop before there was anything to stop.
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
            // From here on, so that an end between the look and the wait is not missed.
            free.as_mut().enable();
            if !std::mem::replace(&mut self.lock().busy, true) {
                return Some(Place(self.clone()));
            }
            timeout_at(until, free).await.ok()?;
        }
    }

    /// Makes a mission the running one; gives who asked meanwhile that it stops.
    pub fn set(&self, context: Option<Arc<MissionContext>>) -> Option<String> {
        let mut now = self.lock();
        now.context = context;
        now.stop.take()
    }

    /// Says for which session the place is taken.
    pub fn asked_in(&self, session: Option<String>) {
        self.lock().session = session;
    }

    /// Whether what runs may be stopped from a session: it was asked for there, or nobody knows where.
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

    /// Stops the mission, or the one that is being started. `by` is told to the user.
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
        // Polled in this order: the wait has begun when the mission ends.
        let (begun, ()) = tokio::join!(biased; running.begin(Duration::from_secs(60)), async { drop(place) });
        assert!(begun.is_some());
        assert!(running.begin(Duration::from_millis(20)).await.is_none(), "the place is taken again");
    }
}
