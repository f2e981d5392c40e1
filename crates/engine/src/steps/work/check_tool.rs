//! `mission_check`: runs one of the project's checks in a role's slot, and reports what failed.
//!
//! Its answer helps the role and is never a verdict: gates run the checks again.

use std::sync::Arc;

use mission::mailbox::CheckRequest;
use workspace::Slot;

use crate::bench::formatting::format_changed;
use crate::steps::context::MissionContext;
use crate::steps::instructions;
use crate::talk::pages;
use crate::text::{cut, quoted};

/// The longest answer, in bytes; the rest is a page.
const MAX_ANSWER: usize = 6000;

/// Runs a check; without a name, lists the checks.
pub(crate) async fn answer(context: &Arc<MissionContext>, slot: &Slot, request: &CheckRequest) -> String {
    let state = context.desk.orchestrator.state().await.ok();
    let base = state.and_then(|state| state.base.as_ref().map(|b| b.commit.clone()));
    let checks = &context.gates.checks;
    if let Err(why) = checks.ensure_base(&base.unwrap_or_default()).await {
        return format!("The project's checks could not be read: {why}");
    }
    let mut list = checks.list().to_vec();
    list.extend(checks.own(slot).await);
    let Some(name) = &request.name else {
        if list.is_empty() {
            return "The project has no checks that could be found.".into();
        }
        return list.iter().map(|c| format!("{}: {} ({})\n", c.name, c.run, c.source)).collect();
    };
    let Some(check) = list.iter().find(|check| check.name == *name) else {
        let names: Vec<&str> = list.iter().map(|c| c.name.as_str()).collect();
        return format!("There is no check `{name}`; the checks are: {}", names.join(", "));
    };
    let turns = context.desk.sessions.turns(&slot.path);
    let turn = turns.command().await;
    let formatted = format_changed(&context.bench, checks, slot).await;
    let outcome = checks.run(slot, check, request.filter.as_deref()).await;
    instructions::keep_plain(&context.bench.workspace, &slot.path, &slot.commit, "");
    drop(turn);
    let mut words = checks.words(check, &outcome, request.filter.is_some(), &slot.path);
    if !formatted.is_empty() {
        let note = "The project's formatter changed these files; read them before you edit them:";
        words = format!("{note} {}\n{words}", quoted(formatted.iter()));
    }
    if words.len() <= MAX_ANSWER {
        return words;
    }
    let page = pages::store(&context.desk, "check", &words).await;
    format!("{}\n{page}", cut(&words, MAX_ANSWER))
}
