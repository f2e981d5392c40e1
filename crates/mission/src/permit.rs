//! What a role may do now: ask a model, write a path, spend more. The orchestrator asks; if an answer carries an event,
//! it records the event before it acts. Pure decisions: it counts nothing and never waits. `budget` has the limits and
//! their words, `provider` knows which model answers.

use crate::cost::budget::Reserved;
use crate::provider::Choice;
use crate::{Event, PauseReason, Role, State, TaskId, budget};

/// A prompt that a role wants to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub role: Role,
    pub task: Option<TaskId>,
    /// Which draw of the same question this is, from 1.
    pub draw: u32,
    /// The models that may answer, the first choice first; empty if none is known.
    pub models: Vec<String>,
    /// The host's session in which the prompt is sent, if known.
    pub session: Option<String>,
    /// The worker of another machine that has the session; `None`: it is here.
    pub worker: Option<String>,
}

/// Why a prompt may not be sent, or a role may not continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The mission has ended or is paused.
    Stopped,
    /// The task is over.
    Cancelled,
    /// A limit of the task is reached; the text names it.
    TaskBudget(String),
}

/// Whether a prompt may be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Permit {
    /// `attempt`: the number of this prompt among those of the role for the task, from 1. `model`: the place in
    /// [`Wish::models`]. `event` is recorded before the prompt is sent.
    Granted {
        attempt: u32,
        model: usize,
        event: Box<Event>,
    },
    /// No model may be asked before this time, in milliseconds since 1970.
    WaitUntil(u64),
    Refused(Refusal),
    /// The mission pauses, and the prompt is not sent.
    Pause(PauseReason),
}

/// Whether the prompt of `wish` may be sent now.
pub fn ask(state: &State, wish: &Wish, now_ms: u64) -> Permit {
    let Wish { role, task, draw, models, session, worker } = wish;
    if let Some(reason) = budget::before_prompt(state) {
        return Permit::Pause(reason);
    }
    let known = task.as_ref().and_then(|id| state.tasks.get(id));
    if known.is_some_and(|task| task.phase.is_final()) {
        return Permit::Refused(Refusal::Cancelled);
    }
    if let Some(what) = known.filter(|_| role.writes()).and_then(|task| budget::task_reached(state, task)) {
        return Permit::Refused(Refusal::TaskBudget(what));
    }
    let place = match state.providers.choose(models, now_ms, state.policy.outage_ms) {
        Choice::Ask(place) => place,
        Choice::WaitUntil(until) => return Permit::WaitUntil(until),
        Choice::NoModel(why) => return Permit::Pause(PauseReason::Provider(why)),
    };
    let attempt = 1 + match (known, role) {
        (Some(task), Role::Coder) => task.coder_prompts,
        (Some(task), Role::Fixer) => task.fixer_prompts,
        (Some(task), Role::Reviewer) => task.reviewer_prompts,
        (Some(_), Role::Searcher | Role::Planner) | (None, _) => {
            state.usage_by_role.get(role).map_or(0, |usage| usage.calls as u32)
        }
    };
    let (role, task, draw, model) = (*role, task.clone(), *draw, models.get(place).cloned());
    let (session, worker) = (session.clone(), worker.clone());
    let event = Event::RoleAsked { role, task, attempt, at_ms: now_ms, draw, model, session, worker };
    Permit::Granted { attempt, model: place, event: Box::new(event) }
}

/// A request that a role's prompt is about to send to its model.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub role: Role,
    pub task: Option<TaskId>,
    /// The expected usage of the answer.
    pub expected: Reserved,
    /// The number of requests that the prompt has sent before.
    pub of_prompt: u64,
}

/// Whether a request may be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestPermit {
    Granted,
    /// The request has to wait until a running one is answered: together they could pass a limit.
    Wait,
    Refused(Refusal),
    /// The mission pauses, and the request is not sent.
    Pause(PauseReason),
}

/// Whether `request` may be sent now. `mission` and `task`: the expected usage of all running requests, and of those
/// for the same task.
pub fn request(state: &State, request: &Request, mission: &Reserved, task: &Reserved) -> RequestPermit {
    let Request { role, expected, .. } = request;
    let refused = |what| RequestPermit::Refused(Refusal::TaskBudget(what));
    let known = request.task.as_ref().and_then(|id| state.tasks.get(id));
    if known.is_some_and(|task| task.phase.is_final()) {
        return RequestPermit::Refused(Refusal::Cancelled);
    }
    // Once all tasks are over, the integrated work is delivered: its review does not pause the mission
    let finished = !state.tasks.is_empty() && state.tasks.index().open() == 0;
    match budget::requests(state) {
        Some(what) if finished => return refused(what),
        Some(what) => return RequestPermit::Pause(PauseReason::Budget(what)),
        None => {}
    }
    if let Some(reason) = budget::pause(state) {
        return RequestPermit::Pause(reason);
    }
    if let Some(what) = budget::prompt_reached(state, request.of_prompt) {
        return refused(what);
    }
    let own = known.filter(|_| role.writes());
    if let Some(what) = own.and_then(|task| budget::task_paid(state, task)) {
        return refused(what);
    }
    let room = (finished || budget::has_room(state, expected, mission))
        && own.is_none_or(|of| budget::task_has_room(state, of, expected, task));
    if room { RequestPermit::Granted } else { RequestPermit::Wait }
}

/// Whether a role that has just used tokens may continue; `state` includes this usage.
pub fn spend(state: &State, role: Role, task: Option<&TaskId>) -> Result<(), Refusal> {
    let task = task.filter(|_| role.writes()).and_then(|id| state.tasks.get(id));
    let over = task.and_then(|task| budget::task_paid(state, task));
    over.map_or(Ok(()), |what| Err(Refusal::TaskBudget(what)))
}

/// Whether a task may write a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// The path belongs to the task already.
    Owned,
    /// No task holds the path: this event adds it to the task's scope.
    Widens(Event),
    /// A running task holds the path; the event records that.
    Held { by: TaskId, event: Event },
}

/// Whether `task` may write `path`.
pub fn scope(state: &State, task: &TaskId, path: &str) -> Scope {
    let (task, path) = (task.clone(), path.to_string());
    if let Some(holder) = state.holder(&path, &task) {
        let by = holder.id.clone();
        return Scope::Held { event: Event::ScopeRefused { task, path, held_by: by.clone() }, by };
    }
    if state.tasks.get(&task).is_some_and(|known| known.scope.contains(&path)) {
        // Planned for this task, and no other task holds it
        return Scope::Owned;
    }
    Scope::Widens(Event::ScopeWidened { task, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{Plan, PlannedTask};
    use crate::{Policy, Tokens};

    fn state(policy: Policy, used: u64, requests: u32) -> State {
        let (mission, objective) = ("m-00000001".to_string(), "x".to_string());
        let task = PlannedTask { id: "a".into(), files: vec!["a".into()], ..PlannedTask::default() };
        let plan = Plan { tasks: vec![task], ..Plan::default() };
        let (role, task) = (Role::Coder, Some("a".to_string()));
        let tokens = Tokens { input: used, ..Tokens::default() };
        State::fold(&[
            Event::MissionStarted { mission, objective, policy, at_ms: 0 },
            Event::PlanAccepted { plan, notes: vec![], parent: None },
            Event::RoleSpent { role, task, tokens, cost_usd: 0.0, estimated: false, requests, paged: 0 },
        ])
    }

    fn reserved(requests: u64, tokens: u64) -> Reserved {
        Reserved { requests, tokens, cost_usd: 0.0 }
    }

    fn ask(state: &State, role: Role, own: u64, under_way: Reserved) -> RequestPermit {
        let of = Request { role, task: Some("a".into()), expected: reserved(1, own), of_prompt: 0 };
        request(state, &of, &under_way, &Reserved::default())
    }

    #[test]
    fn requests_that_would_pass_a_limit_together_wait_for_each_other() {
        let policy = Policy { tokens: Some(10_000), ..Policy::default() };
        let state = state(policy, 6_000, 3);
        assert_eq!(ask(&state, Role::Coder, 3_000, reserved(1, 1_000)), RequestPermit::Granted);
        assert_eq!(ask(&state, Role::Coder, 3_000, reserved(1, 1_001)), RequestPermit::Wait);
        // With no other request it passes the limit by its own estimate at most
        assert_eq!(ask(&state, Role::Coder, 9_000, Reserved::default()), RequestPermit::Granted);
    }

    #[test]
    fn each_limit_of_requests_says_which_it_is() {
        let words = |permit: RequestPermit| match permit {
            RequestPermit::Pause(reason) => reason.to_string(),
            RequestPermit::Refused(Refusal::TaskBudget(what)) => what,
            other => format!("{other:?}"),
        };
        let of_mission = Policy { requests: Some(3), ..Policy::default() };
        let said = words(ask(&state(of_mission, 9, 3), Role::Reviewer, 1, Reserved::default()));
        assert_eq!(said, "budget reached: 3 of 3 requests are used");
        let of_task = state(Policy { task_requests: Some(3), ..Policy::default() }, 9, 3);
        let said = words(ask(&of_task, Role::Coder, 1, Reserved::default()));
        assert_eq!(said, "3 of 3 requests of this task are used");
        assert_eq!(ask(&of_task, Role::Reviewer, 1, Reserved::default()), RequestPermit::Granted);
        let (role, task, expected) = (Role::Reviewer, Some("a".to_string()), reserved(1, 1));
        let long = Request { role, task, expected, of_prompt: 3 };
        let said = words(request(&of_task, &long, &Reserved::default(), &Reserved::default()));
        assert_eq!(said, "3 of 3 requests of one prompt are used");
    }
}
