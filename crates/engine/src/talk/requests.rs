//! A request of a role to its model, before the host sends it: what it says no more, then counted, held back while a limit is
//! near, or refused. The decisions are `context::page_out`'s and `mission::permit`'s; what becomes of the turn is decided in
//! `turn.rs`.

use std::sync::Arc;
use std::time::Duration;

use mission::FailureClass;
use mission::permit::{Refusal, Request, RequestPermit};
use tokio::time::sleep;

use crate::config::PagingMode;
use crate::talk::desk::Desk;
use crate::talk::pages;
use crate::talk::paging::Handed;
use crate::talk::session::Session;

/// How long a request waits before it asks again whether there is room for it.
const AGAIN: Duration = Duration::from_millis(100);

/// The longest messages that are looked at, in bytes.
const MAX_MESSAGES: usize = 64 * 1024 * 1024;

/// What stands in place of parts of the messages (JSON of [`Handed`]), as JSON of [`crate::talk::paging::Replaced`].
pub(crate) async fn page(desk: &Arc<Desk>, session: &Session, messages: &str) -> Option<String> {
    if messages.len() > MAX_MESSAGES {
        return None;
    }
    let handed: Handed = serde_json::from_str(messages).ok()?;
    if desk.config.context.paging == PagingMode::Auto {
        let cached = session.watch.is_cached();
        for wanted in session.paging.wanted(&handed, &session.directory, cached) {
            // What cannot be kept stays where it is
            if let Ok(page) = pages::keep(desk, wanted.kind, &wanted.text).await {
                session.paging.replace(&handed, &wanted, &page);
            }
        }
    }
    let replaced = session.paging.replaced(&handed)?;
    session.watch.paged(replaced.saved);
    serde_json::to_string(&replaced).ok()
}

/// Why a request with messages of `bytes` may not be sent: the host ends the turn. Waits while the requests under way leave no
/// room for it below a limit, no longer than the mission and the task run.
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
