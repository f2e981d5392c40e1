//! Handles a role's request to its model before the host sends it: pages out parts, then counts the request, delays it
//! while a limit is near, or refuses it. `context::page_out` and `mission::permit` decide this; `turn.rs` decides what
//! happens to the turn.

use std::sync::Arc;
use std::time::Duration;

use mission::FailureClass;
use mission::permit::{Refusal, Request, RequestPermit};
use tokio::time::sleep;

use crate::blocking::blocking;
use crate::config::PagingMode;
use crate::talk::desk::Desk;
use crate::talk::folding::LONG;
use crate::talk::pages;
use crate::talk::paging::Handed;
use crate::talk::session::Session;

/// How long a delayed request waits before it checks its limits again.
const AGAIN: Duration = Duration::from_millis(100);

/// The longest messages that are processed, in bytes.
const MAX_MESSAGES: usize = 64 * 1024 * 1024;

/// The replacements for parts of the messages (JSON of [`Handed`]), as JSON of [`crate::talk::paging::Replaced`].
pub(crate) async fn page(desk: &Arc<Desk>, session: &Session, messages: &str) -> Option<String> {
    if messages.len() > MAX_MESSAGES {
        return None;
    }
    let handed: Handed = serde_json::from_str(messages).ok()?;
    for (part, tool, output) in handed.answers() {
        session.watch.told(part, tool, output);
    }
    if desk.config.context.paging == PagingMode::Auto {
        fold(session, &handed).await;
        let cached = session.watch.is_cached();
        for wanted in session.paging.wanted(&handed, &session.directory, cached) {
            // A text that cannot be stored stays in the messages
            if let Ok(page) = pages::keep(desk, wanted.kind, &wanted.text).await {
                session.paging.replace(&handed, &wanted, &page);
            }
        }
    }
    let replaced = session.paging.replaced(&handed)?;
    session.watch.paged(replaced.saved);
    serde_json::to_string(&replaced).ok()
}

/// Folds the long files that the role has read whole.
async fn fold(session: &Session, handed: &Handed) {
    let Some(folds) = &session.folds else { return };
    for (part, path) in session.paging.long_reads(handed, &session.directory, LONG) {
        let folds = folds.clone();
        if let Some(text) = blocking(move || folds.of(&path)).await {
            session.paging.show(part, text);
        }
    }
}

/// Why a request with messages of `bytes` may not be sent, so that the host ends the turn; `None` if it may. Waits
/// while running requests leave no room below a limit, at most until the mission or the task ends.
pub(crate) async fn refused(id: &str, session: &Session, bytes: u64) -> Option<String> {
    let (watch, orchestrator) = (&session.watch, &session.orchestrator);
    let cancelled = match &session.task {
        Some(task) => orchestrator.task_cancelled(task),
        None => orchestrator.cancelled().clone(),
    };
    loop {
        if let Some(why) = watch.is_over() {
            return Some(why);
        }
        let (expected, of_prompt) = watch.expected(bytes);
        let (role, task) = (session.role, session.task.clone());
        match orchestrator.may_request(id, Request { role, task, expected, of_prompt }).await {
            RequestPermit::Granted => {
                watch.requested(bytes);
                return None;
            }
            RequestPermit::Wait => {
                tokio::select! {
                    biased;
                    () = cancelled.cancelled() => return Some("the mission was stopped".into()),
                    () = sleep(AGAIN) => {}
                }
            }
            RequestPermit::Refused(Refusal::TaskBudget(what)) => {
                watch.stop(FailureClass::Budget, format!("was stopped: {what}"));
                return Some(what);
            }
            RequestPermit::Refused(_) | RequestPermit::Pause(_) => {
                return Some("this role's part of the mission is over".into());
            }
        }
    }
}
