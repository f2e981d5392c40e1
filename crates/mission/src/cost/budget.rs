//! The limits of a mission and of a task: which one is reached, in the words that the user and the model read.
//!
//! No other file compares usage with a limit or has a message about one. [`crate::permit`] and [`crate::decide`] ask
//! it.

use crate::{PauseReason, State, Task, Usage};

/// The limit of tokens or money that the mission has reached, in words.
pub(crate) fn paid(state: &State) -> Option<String> {
    let (policy, usage) = (&state.policy, &state.usage);
    let tokens = usage.tokens.total();
    if let Some(limit) = policy.tokens.filter(|limit| tokens >= *limit) {
        return Some(format!("{tokens} of {limit} tokens are used"));
    }
    let limit = policy.cost_usd.filter(|limit| usage.cost_usd >= *limit)?;
    Some(format!("${:.2} of ${limit:.2} are spent", usage.cost_usd))
}

/// The limit of prompts or requests that the mission has reached, in words.
fn asked(state: &State) -> Option<String> {
    let (policy, usage) = (&state.policy, &state.usage);
    if let Some(limit) = policy.calls.filter(|limit| usage.calls >= *limit) {
        return Some(format!("{limit} of {limit} calls are used"));
    }
    requests(state)
}

/// The limit of requests that the mission has reached, in words.
pub(crate) fn requests(state: &State) -> Option<String> {
    let used = state.usage.requests;
    let limit = state.policy.requests.filter(|limit| used >= *limit)?;
    Some(format!("{used} of {limit} requests are used"))
}

/// The limit that keeps the mission from asking a role, in words.
pub fn reached(state: &State) -> Option<String> {
    paid(state).or_else(|| asked(state))
}

/// The pause that is due before another prompt is sent.
pub(crate) fn before_prompt(state: &State) -> Option<PauseReason> {
    asked(state).map(PauseReason::Budget)
}

/// The pause that is due even while work is running. `None` once all tasks are over, so that the integrated work is
/// delivered.
pub(crate) fn pause(state: &State) -> Option<PauseReason> {
    let finished = !state.tasks.is_empty() && state.tasks.index().open() == 0;
    if finished { None } else { paid(state).map(PauseReason::Budget) }
}

/// What running requests are expected to use. It counts against the limits before they are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reserved {
    pub requests: u64,
    pub tokens: u64,
    pub cost_usd: f64,
}

impl Reserved {
    pub fn add(&mut self, other: &Reserved) {
        self.requests = self.requests.saturating_add(other.requests);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost_usd += other.cost_usd;
    }

    /// Whether `own` fits below the limits, together with what is used and reserved. A request with no other beside
    /// it always fits: it can pass the limit by its own estimate at most.
    fn leaves_room(
        &self,
        own: &Reserved,
        used: &Usage,
        tokens: Option<u64>,
        cost_usd: Option<f64>,
        requests: Option<u64>,
    ) -> bool {
        if self.requests == 0 {
            return true;
        }
        let tokens_after = used.tokens.total().saturating_add(self.tokens).saturating_add(own.tokens);
        let requests_after = used.requests.saturating_add(self.requests).saturating_add(own.requests);
        tokens.is_none_or(|limit| tokens_after <= limit)
            && cost_usd.is_none_or(|limit| used.cost_usd + self.cost_usd + own.cost_usd <= limit)
            && requests.is_none_or(|limit| requests_after <= limit)
    }
}

/// Whether the mission's limits have room for another request beside the running ones.
pub(crate) fn has_room(state: &State, own: &Reserved, reserved: &Reserved) -> bool {
    let policy = &state.policy;
    reserved.leaves_room(own, &state.usage, policy.tokens, policy.cost_usd, policy.requests)
}

/// The same for a task.
pub(crate) fn task_has_room(state: &State, task: &Task, own: &Reserved, reserved: &Reserved) -> bool {
    let policy = &state.policy;
    let (tokens, cost_usd) = (policy.task_tokens, policy.task_cost_usd);
    reserved.leaves_room(own, &task.usage, tokens, cost_usd, policy.task_requests)
}

/// The limit of requests that one prompt has reached, in words.
pub(crate) fn prompt_reached(state: &State, requests: u64) -> Option<String> {
    let limit = state.policy.task_requests.filter(|limit| requests >= *limit)?;
    Some(format!("{requests} of {limit} requests of one prompt are used"))
}

/// The pause for a mission whose running time is used up.
pub fn out_of_time(state: &State) -> PauseReason {
    let limit = state.policy.wall_ms.unwrap_or_default();
    PauseReason::Budget(format!("{} of running time are used", duration(limit)))
}

/// The limit that a task has reached in requests, tokens or money, in words.
pub(crate) fn task_paid(state: &State, task: &Task) -> Option<String> {
    let policy = &state.policy;
    let requests = task.usage.requests;
    if let Some(limit) = policy.task_requests.filter(|limit| requests >= *limit) {
        return Some(format!("{requests} of {limit} requests of this task are used"));
    }
    let tokens = task.usage.tokens.total();
    if let Some(limit) = policy.task_tokens.filter(|limit| tokens >= *limit) {
        return Some(format!("{tokens} of {limit} tokens of this task are used"));
    }
    let limit = policy.task_cost_usd.filter(|limit| task.usage.cost_usd >= *limit)?;
    Some(format!("${:.4} of ${limit:.4} of this task are spent", task.usage.cost_usd))
}

/// The limit that keeps a task from another prompt, in words.
pub(crate) fn task_reached(state: &State, task: &Task) -> Option<String> {
    if let Some(limit) = state.policy.task_calls.filter(|limit| task.usage.calls >= *limit) {
        return Some(format!("{limit} of {limit} calls of this task are used"));
    }
    task_paid(state, task)
}

/// Milliseconds in words: `4.2 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..=59 => format!("{:.1} s", ms as f64 / 1000.0),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
