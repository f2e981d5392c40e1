//! What a mission will take: drawn from past missions of the project, told before its first task starts.

use std::sync::Arc;

use mission::estimate::{Estimate, Sample, Span, estimate};
use mission::{Event, State};

use crate::actor::progress::duration;
use crate::blocking::blocking;
use crate::missions::context::MissionContext;
use crate::missions::past::Past;

/// Past missions that are looked at, the newest first, and the largest journal that is read, in bytes.
const MISSIONS: usize = 10;
const MAX_JOURNAL: u64 = 16 * 1024 * 1024;

pub(crate) async fn run(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let (project, own) = (context.project.clone(), context.id.clone());
    // what cannot be read says nothing: an estimate holds no mission up
    let past = blocking(move || {
        let missions = project.list_missions().unwrap_or_default();
        let others = missions.into_iter().filter(|dir| dir.id() != own).take(MISSIONS);
        let small = others.filter(|dir| {
            std::fs::metadata(dir.journal_path()).is_ok_and(|journal| journal.len() <= MAX_JOURNAL)
        });
        let past = small.filter_map(|dir| Past::read(&dir).ok());
        past.filter_map(|past| Sample::of(&past.state)).collect::<Vec<_>>()
    })
    .await;
    vec![Event::Estimated { estimate: estimate(state, &past) }]
}

/// In words: `9 to 24 calls, 61k to 410k tokens, $0.21 to $1.40, 1 min 35 s to 10 min 11 s (by 3 missions of this project)`.
pub(crate) fn words(estimate: &Estimate) -> String {
    let calls = estimate.calls;
    let span = |span: Span<u64>, say: fn(u64) -> String| {
        let (low, high) = (say(span.low), say(span.high));
        if low == high { low } else { format!("{low} to {high}") }
    };
    let cost = match estimate.cost_usd {
        Some(Span { low, high }) => format!("${low:.2} to ${high:.2}"),
        None => "no price known".into(),
    };
    let by = match estimate.missions {
        0 => "nothing of this project is known yet".to_string(),
        1 => "by 1 mission of this project".to_string(),
        n => format!("by {n} missions of this project"),
    };
    format!(
        "{} calls, {} tokens, {cost}, {} ({by})",
        span(calls, |n| n.to_string()),
        span(estimate.tokens, thousands),
        span(estimate.time_ms, duration),
    )
}

fn thousands(n: u64) -> String {
    match n {
        0..1_000 => n.to_string(),
        1_000..1_000_000 => format!("{}k", (n + 500) / 1_000),
        _ => format!("{:.1}M", n as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_reads_as_people_say_it() {
        let mut estimate = Estimate {
            calls: Span { low: 9, high: 24 },
            tokens: Span { low: 61_200, high: 1_410_000 },
            cost_usd: Some(Span { low: 0.2131, high: 1.4 }),
            time_ms: Span { low: 95_000, high: 611_000 },
            missions: 3,
        };
        assert_eq!(
            words(&estimate),
            "9 to 24 calls, 61k to 1.4M tokens, $0.21 to $1.40, 1 min 35 s to 10 min 11 s (by 3 missions of this project)"
        );
        (estimate.cost_usd, estimate.missions, estimate.calls.high) = (None, 0, 9);
        assert_eq!(
            words(&estimate),
            "9 calls, 61k to 1.4M tokens, no price known, 1 min 35 s to 10 min 11 s (nothing of this project is known yet)"
        );
    }
}
