//! What a mission will take, estimated before its first task starts: from its plan and from past missions of the
//! project.
//!
//! It never stops a mission: `budget` has the limits.

use serde::{Deserialize, Serialize};

pub use super::span::{Estimate, Span};
use crate::{State, graph};

/// What a past mission took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub calls_per_task: f64,
    pub tokens_per_call: f64,
    pub usd_per_token: f64,
    /// Milliseconds of work per prompt; parallel work is added up.
    pub ms_per_call: f64,
}

/// Prompts for one task: a Coder and a Reviewer, up to two repairs or fresh attempts with their reviews.
const CALLS_PER_TASK: Span<f64> = Span { low: 2.0, high: 6.0 };
/// Tokens of one prompt's turn, cached ones included.
const TOKENS_PER_CALL: Span<f64> = Span { low: 5_000.0, high: 50_000.0 };
const MS_PER_CALL: Span<f64> = Span { low: 5_000.0, high: 90_000.0 };
/// The number of tasks that a compound task counts as.
const TASKS_PER_COMPOUND: f64 = 3.0;
/// Prompts before the first task: the brief and the plan.
const BEFORE: f64 = 2.0;
/// The fewest past missions from which quartiles are taken; the range of fewer missions is widened.
const MIN_PAST_MISSIONS: usize = 4;
/// US dollars are rounded to 1/10000.
const CENTS: f64 = 10_000.0;

impl Sample {
    /// `None` if the mission has not ended, or if no task was begun, no prompt sent or nothing paid for.
    pub fn of(state: &State) -> Option<Sample> {
        let tasks = state.tasks.values().filter(|t| !t.compound && t.attempt > 0).count() as f64;
        let (calls, tokens) = (state.usage.calls as f64, state.usage.tokens.total() as f64);
        if tasks < 1.0 || calls < 1.0 || tokens < 1.0 || state.outcome.is_none() {
            return None;
        }
        Some(Sample {
            calls_per_task: (calls - BEFORE - review(tasks)).max(1.0) / tasks,
            tokens_per_call: tokens / calls,
            usd_per_token: state.usage.cost_usd / tokens,
            ms_per_call: state.ran_ms as f64 * f64::from(state.peak.max(1)) / calls,
        })
    }
}

/// The number of reviews of the whole: a mission of one task needs none.
fn review(tasks: f64) -> f64 {
    if tasks > 1.0 { 1.0 } else { 0.0 }
}

/// `past`: ended missions of the same project.
pub fn estimate(state: &State, past: &[Sample]) -> Estimate {
    let tasks: f64 = state.tasks.values().map(|t| if t.compound { TASKS_PER_COMPOUND } else { 1.0 }).sum();
    let of = |value: fn(&Sample) -> f64, default| range(past.iter().map(value).collect()).unwrap_or(default);
    let per_task = of(|s| s.calls_per_task, CALLS_PER_TASK);
    let ahead = per_task.map(|calls| tasks * calls + review(tasks));
    let calls = ahead.map(|calls| whole(state.usage.calls as f64 + calls));

    let spent = state.usage.tokens.total() as f64;
    let per_call = of(|s| s.tokens_per_call, TOKENS_PER_CALL);
    let tokens_ahead = ahead.times(per_call);
    let tokens = tokens_ahead.map(|tokens| whole(spent + tokens));

    let paid = state.usage.cost_usd;
    let own_price = (spent > 0.0).then(|| paid / spent);
    let prices = past.iter().map(|s| s.usd_per_token).chain(own_price).filter(|p| *p > 0.0).collect();
    let cost_usd = range(prices).map(|price| {
        tokens_ahead.times(price).map(|ahead| ((paid + ahead) * CENTS).round().clamp(0.0, 1e12) / CENTS)
    });

    let most = graph::widest(state.tasks.values()).clamp(1, state.policy.parallel.max(1) as usize) as f64;
    let side_by_side = Span { low: 1.0 / most, high: 2.0 / (most + 1.0) };
    let ran = state.elapsed_ms(state.seen_ms) as f64;
    let work = ahead.times(of(|s| s.ms_per_call, MS_PER_CALL)).times(side_by_side);
    let time_ms = work.map(|ms| whole(ran + ms));
    Estimate { calls, tokens, cost_usd, time_ms, missions: u32::try_from(past.len()).unwrap_or(u32::MAX) }
}

fn whole(value: f64) -> u64 {
    value.round().clamp(0.0, 1e15) as u64
}

/// From the lower to the upper quartile. With few values, the range of all of them, widened by half.
fn range(mut values: Vec<f64>) -> Option<Span<f64>> {
    values.retain(|v| v.is_finite() && *v >= 0.0);
    values.sort_by(f64::total_cmp);
    let (first, last) = (values.first().copied()?, values.last().copied()?);
    if values.len() < MIN_PAST_MISSIONS {
        return Some(Span { low: first / 1.5, high: last * 1.5 });
    }
    let at = |share: f64| values.get(((values.len() - 1) as f64 * share).round() as usize).copied();
    Some(Span { low: at(0.25).unwrap_or(first), high: at(0.75).unwrap_or(last) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{Plan, PlannedTask};
    use crate::{Event, Outcome, Policy, Role, Tokens};

    fn planned(tasks: usize, parallel: u32) -> State {
        let task =
            |n| PlannedTask { id: format!("t{n}"), acceptance: vec!["x".into()], ..PlannedTask::default() };
        let policy = Policy { parallel, ..Policy::default() };
        let mut state = State::default();
        let objective = "x".to_string();
        state.apply(&Event::MissionStarted { mission: "m-00000001".into(), objective, policy, at_ms: 0 });
        for role in [Role::Searcher, Role::Planner] {
            state.apply(&asked(role, 10_000));
            state.apply(&spent(role, 6_000, 0.03));
        }
        let plan = Plan { tasks: (0..tasks).map(task).collect(), ..Plan::default() };
        state.apply(&Event::PlanAccepted { plan, notes: vec![], parent: None });
        state
    }

    fn asked(role: Role, at_ms: u64) -> Event {
        Event::RoleAsked {
            role,
            task: None,
            attempt: 1,
            at_ms,
            draw: 1,
            model: None,
            session: None,
            worker: None,
        }
    }

    fn spent(role: Role, input: u64, cost_usd: f64) -> Event {
        let tokens = Tokens { input, ..Tokens::default() };
        Event::RoleSpent { role, task: None, tokens, cost_usd, estimated: false, requests: 1, paged: 0 }
    }

    #[test]
    fn without_a_past_it_is_wide_and_grows_with_the_plan() {
        let one = estimate(&planned(1, 4), &[]);
        assert_eq!(one.missions, 0);
        assert_eq!(one.calls, Span { low: 4, high: 8 }, "a Coder and a Reviewer, or three times as much");
        assert_eq!(one.tokens, Span { low: 22_000, high: 312_000 });
        assert!(one.cost_usd.is_some(), "the brief and the plan had a price");
        let ten = estimate(&planned(10, 4), &[]);
        assert_eq!(ten.calls, Span { low: 23, high: 63 }, "the whole is reviewed once more");
        let alone = estimate(&planned(10, 1), &[]);
        assert!(alone.time_ms.low > 3 * ten.time_ms.low && alone.time_ms.high > 2 * ten.time_ms.high);
        let mut free = planned(1, 4);
        free.usage.cost_usd = 0.0;
        assert_eq!(estimate(&free, &[]).cost_usd, None);
    }

    #[test]
    fn what_a_mission_took_is_what_the_next_of_its_kind_is_expected_to_take() {
        let mut done = planned(3, 2);
        assert_eq!(Sample::of(&done), None, "it has not ended");
        for n in 0..3 {
            let task = format!("t{n}");
            done.apply(&Event::AttemptStarted { task, slot: 1, base: "b".into(), at_ms: 20_000 });
            for role in [Role::Coder, Role::Reviewer] {
                done.apply(&asked(role, 30_000));
                done.apply(&spent(role, 20_000, 0.1));
            }
        }
        done.apply(&asked(Role::Reviewer, 90_000));
        done.apply(&spent(Role::Reviewer, 20_000, 0.1));
        done.apply(&Event::Ended { outcome: Outcome::Done, at_ms: 100_000 });
        let sample = Sample::of(&done).unwrap();
        assert_eq!(sample.calls_per_task, 2.0);
        let next = estimate(&planned(3, 2), &[sample; 5]);
        assert_eq!(next.calls, Span { low: 9, high: 9 });
        let used = done.usage.tokens.total() as f64;
        assert!((next.tokens.high as f64 / used - 1.0).abs() < 0.2, "{next:?} for {used}");
        assert!(next.time_ms.low < 200_000 && next.time_ms.high > 60_000, "{next:?}");
        assert_eq!(next.missions, 5);
        let few = estimate(&planned(3, 2), &[sample]);
        assert!(few.calls.low < 9 && few.calls.high > 9, "one mission says little: {few:?}");
    }

    #[test]
    fn whatever_a_journal_says_a_range_is_one() {
        let odd = Sample {
            calls_per_task: f64::NAN,
            tokens_per_call: f64::INFINITY,
            usd_per_token: -1.0,
            ms_per_call: 1e300,
        };
        let said = estimate(&planned(2, 0), &[odd, odd]);
        assert!(said.calls.low <= said.calls.high && said.time_ms.low <= said.time_ms.high);
        let text = serde_json::to_string(&said).unwrap();
        assert_eq!(
            serde_json::from_str::<Estimate>(&text).unwrap(),
            said,
            "a journal gives it back as it was"
        );
    }
}
