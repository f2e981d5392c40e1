//! Where a repair is made: in the session of the work, or in a fresh one that gets task, change, findings and the lines
//! they name. It chooses by the expected cost until a repair succeeds. It reads no session; sizes are arguments.

use serde::{Deserialize, Serialize};

use crate::Event;

/// The number of requests that a repair is expected to take.
const REQUESTS: f64 = 4.0;
/// Bytes that a fresh session reads beside its prompt.
const READ_MORE: u64 = 6_000;
/// The price of cached input as a share of the price of other input.
const CACHED_PRICE: f64 = 0.1;

/// Repairs in one kind of session: how many were begun, and after how many the task passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repairs {
    pub begun: u32,
    pub right: u32,
}

/// Earlier repairs, in the session of the work and in fresh ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairsSoFar {
    pub in_session: Repairs,
    pub fresh: Repairs,
}

impl RepairsSoFar {
    /// Counts a repair. `fixing`: whether the task's newest repair was made in a fresh session; `None`: there was no
    /// repair.
    pub fn count(&mut self, fixing: Option<bool>, event: &Event) {
        match (event, fixing) {
            (Event::FixStarted { fresh, .. }, _) => {
                let repairs = self.of(*fresh);
                repairs.begun = repairs.begun.saturating_add(1);
            }
            (Event::TaskPassed { .. }, Some(fresh)) => {
                let repairs = self.of(fresh);
                repairs.right = repairs.right.saturating_add(1);
            }
            _ => {}
        }
    }

    fn of(&mut self, fresh: bool) -> &mut Repairs {
        if fresh { &mut self.fresh } else { &mut self.in_session }
    }
}

/// The sizes of what a repair would read, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepairSizes {
    /// A request in the session of the work.
    pub session: u64,
    /// The first request of a fresh one.
    pub fresh: u64,
    /// Whether the provider caches what it has read before.
    pub cached: bool,
}

/// Whether a fresh session is expected to cost less, and the reason, in words for the journal.
pub fn begins_fresh(sizes: RepairSizes, in_session: Repairs, fresh: Repairs) -> (bool, String) {
    let price = if sizes.cached { CACHED_PRICE } else { 1.0 };
    // The session that did the work knows it: without earlier repairs this gives it a small lead
    let share = |repairs: Repairs, right: f64, begun: f64| {
        (f64::from(repairs.right) + right) / (f64::from(repairs.begun) + begun)
    };
    let first_request = sizes.fresh.saturating_add(READ_MORE) as f64;
    // The Fixer's own prompt comes first, so nothing of the first request is cached in either session
    let cost = |bytes: f64| bytes * price * REQUESTS + bytes * (1.0 - price);
    let on = cost(sizes.session as f64) / share(in_session, 3.0, 5.0);
    let begin = cost(first_request) / share(fresh, 1.0, 2.0);
    let kb = |bytes: u64| bytes.div_ceil(1000);
    let past = |repairs: Repairs| format!("{} of {} repairs were right so far", repairs.right, repairs.begun);
    let why = format!(
        "{} kB in each request of the session of the work ({}), {} kB in a fresh one ({})",
        kb(sizes.session),
        past(in_session),
        kb(sizes.fresh.saturating_add(READ_MORE)),
        past(fresh)
    );
    (begin < on, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Repairs = Repairs { begun: 0, right: 0 };

    fn fresh(session: u64, fresh: u64, cached: bool) -> bool {
        begins_fresh(RepairSizes { session, fresh, cached }, NONE, NONE).0
    }

    #[test]
    fn a_long_session_is_left_and_a_short_one_is_not() {
        assert!(fresh(60_000, 8_000, false));
        assert!(!fresh(12_000, 8_000, false));
        assert!(fresh(40_000, 8_000, true));
        assert!(!fresh(14_000, 8_000, true));
    }

    #[test]
    fn what_repaired_before_counts() {
        let sizes = RepairSizes { session: 20_000, fresh: 8_000, cached: false };
        let failed = Repairs { begun: 4, right: 0 };
        let right = Repairs { begun: 4, right: 4 };
        assert!(!begins_fresh(sizes, right, failed).0);
        let (begins, why) = begins_fresh(sizes, failed, right);
        assert!(begins);
        assert!(why.contains("20 kB") && why.contains("0 of 4") && why.contains("14 kB"), "{why}");
    }
}
