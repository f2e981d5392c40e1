//! The expected calls, tokens, cost and time of a mission in words, for progress, status and report.
//!
//! Words only: the numbers come from `mission::estimate`.

use mission::estimate::{Estimate, Span};

use crate::text::duration;

/// For example: `9 to 24 calls, 61k to 410k tokens, $0.21 to $1.40, 1 min 35 s to 10 min 11 s (from 3 missions of this
/// project)`.
pub(crate) fn estimate_text(estimate: &Estimate) -> String {
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
        0 => "no mission of this project has ended yet".to_string(),
        1 => "from 1 mission of this project".to_string(),
        n => format!("from {n} missions of this project"),
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
            estimate_text(&estimate),
            "9 to 24 calls, 61k to 1.4M tokens, $0.21 to $1.40, 1 min 35 s to 10 min 11 s (from 3 missions of this project)"
        );
        (estimate.cost_usd, estimate.missions, estimate.calls.high) = (None, 0, 9);
        assert_eq!(
            estimate_text(&estimate),
            "9 calls, 61k to 1.4M tokens, no price known, 1 min 35 s to 10 min 11 s (no mission of this project has ended yet)"
        );
    }
}
