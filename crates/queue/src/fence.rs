//! Decides which reports an owner takes: those of the attempt that it waits for, until the first answer.
//!
//! For `ask`. Pure: it must not use the server. The server delivers at least once, so reports may come twice,
//! late and in any order.

use std::collections::BTreeSet;

use crate::message::{Event, Report};

/// The reports of one attempt of one job.
#[derive(Clone, Debug)]
pub struct Fence {
    key: String,
    attempt: u32,
    returned: BTreeSet<String>,
    over: bool,
}

impl Fence {
    pub fn new(key: impl Into<String>, attempt: u32) -> Fence {
        Fence { key: key.into(), attempt, returned: BTreeSet::new(), over: false }
    }

    /// The worker and the event of a report; `None` if the report is late, repeated, or about another
    /// attempt.
    pub fn take(&mut self, report: Report) -> Option<(String, Event)> {
        let Report { key, attempt, worker, event } = report;
        if self.over || key != self.key || attempt != self.attempt {
            return None;
        }
        match &event {
            Event::Done { .. } => self.over = true,
            // The server offers it to the same worker again, which returns it again
            Event::Taken | Event::Alive if self.returned.contains(&worker) => return None,
            Event::Returned { .. } if !self.returned.insert(worker.clone()) => return None,
            _ => {}
        }
        Some((worker, event))
    }

    /// The workers that returned the job.
    pub fn returned(&self) -> &BTreeSet<String> {
        &self.returned
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(attempt: u32, worker: &str, event: Event) -> Report {
        Report { key: "k".into(), attempt, worker: worker.into(), event }
    }

    fn done(attempt: u32, worker: &str) -> Report {
        report(attempt, worker, Event::Done { took_ms: 1, body: json!(worker) })
    }

    #[test]
    fn the_first_answer_of_the_attempt_counts_and_nothing_after_it() {
        let mut fence = Fence::new("k", 1);
        assert_eq!(fence.take(done(0, "late")), None, "an answer to the attempt before");
        assert_eq!(fence.take(Report { key: "other".into(), ..done(1, "a") }), None);
        assert_eq!(fence.take(report(1, "a", Event::Taken)), Some(("a".into(), Event::Taken)));
        assert!(fence.take(done(1, "a")).is_some());
        assert_eq!(fence.take(done(1, "a")), None, "twice");
        assert_eq!(fence.take(done(1, "b")), None, "of a second worker");
        assert_eq!(fence.take(report(1, "b", Event::Alive)), None);
    }

    #[test]
    fn a_worker_returns_a_job_once() {
        let mut fence = Fence::new("k", 0);
        let returned = || report(0, "a", Event::Returned { why: "no cargo".into() });
        assert!(fence.take(returned()).is_some());
        assert_eq!(fence.take(returned()), None);
        assert_eq!(fence.take(report(0, "a", Event::Taken)), None, "the server offered it again");
        assert_eq!(fence.returned().len(), 1);
    }

    /// A queue that delivers each report zero to three times, in any order, and jobs to several workers.
    fn simulated(seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let attempts = random.u32(1..4);
        let workers = ["a", "b", "c"];
        // What workers reported on every attempt, also on those that the owner abandoned
        let mut wire: Vec<Report> = Vec::new();
        for attempt in 0..attempts {
            for _ in 0..random.u32(1..4) {
                let worker = workers[random.usize(0..workers.len())];
                let mut sent = vec![report(attempt, worker, Event::Taken)];
                sent.extend((0..random.u32(0..3)).map(|_| report(attempt, worker, Event::Alive)));
                sent.push(match random.u32(0..4) {
                    0 => report(attempt, worker, Event::Returned { why: "no tools".into() }),
                    // The worker died
                    1 => report(attempt, worker, Event::Alive),
                    _ => done(attempt, worker),
                });
                for one in sent {
                    wire.extend((0..random.u32(0..3)).map(|_| one.clone()));
                }
            }
        }
        random.shuffle(&mut wire);
        let waits_for = random.u32(0..attempts);
        let mut fence = Fence::new("k", waits_for);
        let mut answers = 0;
        for report in wire.clone() {
            let of = report.attempt;
            if let Some((worker, event)) = fence.take(report) {
                assert_eq!((of, answers), (waits_for, 0), "seed {seed}: {worker} {event:?}");
                answers += u32::from(matches!(event, Event::Done { .. }));
            }
        }
        let arrived =
            |report: &Report| report.attempt == waits_for && matches!(report.event, Event::Done { .. });
        assert_eq!(answers, u32::from(wire.iter().any(arrived)), "seed {seed}: an answer was lost");
    }

    #[test]
    fn duplicates_delay_and_reordering_give_one_answer() {
        (0..2000).for_each(simulated);
    }
}
