//! Simulated workers behind a simulated queue: deliveries to several workers, reports that come twice, late, in any
//! order or never, answers to earlier attempts, and workers that die, err or lie.
//!
//! It replaces the server; the fence is the real one. What a worker finds is the truth of the files that it gets, unless
//! a fault changes it. It decides nothing about an answer: the engine does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use checks::{End, Outcome};
use engine::for_benches::queue::fence::Fence;
use engine::for_benches::queue::{Answer, Event, Job, NoAnswer, QueueError, Report};
use engine::for_benches::{Asking, Workers};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::outcome;
use crate::Random;
use crate::faults::QueueFaults;
use crate::trace::Trace;
use crate::truth;

/// How long an owner waits for a worker, as in the engine.
const TAKEN: Duration = Duration::from_secs(15);
const NAMES: [&str; 3] = ["north", "east", "south"];

pub struct SimulatedWorkers {
    faults: QueueFaults,
    random: Mutex<Random>,
    trace: Trace,
}

/// A report on its way: when it arrives, and what it is.
type Wire = Vec<(Duration, Report)>;

impl SimulatedWorkers {
    pub fn new(faults: QueueFaults, random: Random, trace: Trace) -> SimulatedWorkers {
        SimulatedWorkers { faults, random: Mutex::new(random), trace }
    }

    /// All reports about a job, in the order in which they arrive.
    fn reports(&self, random: &mut Random, job: &Job, truth: &Value) -> Wire {
        let mut wire = Wire::new();
        let mut begins = millis(random, 3_000);
        // A job whose worker dies is delivered again; a lost acknowledgement delivers it twice
        for _ in 0..1 + random.below(3) {
            let Some(worker) = random.pick(&NAMES).filter(|name| !job.without.iter().any(|w| w == *name))
            else {
                continue;
            };
            let report =
                |attempt, event| Report { key: job.key.clone(), attempt, worker: (*worker).into(), event };
            let takes = millis(random, 30_000);
            self.send(random, &mut wire, begins, &report(job.attempt, Event::Taken));
            self.send(random, &mut wire, begins + takes / 2, &report(job.attempt, Event::Alive));
            let end = match (random.chance(self.faults.dies), random.chance(self.faults.returns)) {
                (true, _) => {
                    self.trace.fault(format!("worker {worker} dies"));
                    begins += takes;
                    continue;
                }
                (false, true) => Event::Returned { why: "a tool is missing".into() },
                (false, false) => Event::Done { took_ms: 1, body: self.body(random, worker, truth) },
            };
            if random.chance(self.faults.late) {
                let other = Event::Done { took_ms: 1, body: lie(truth) };
                self.send(random, &mut wire, begins, &report(job.attempt.wrapping_sub(1), other));
            }
            self.send(random, &mut wire, begins + takes, &report(job.attempt, end));
            begins += millis(random, 5_000);
        }
        wire.sort_by_key(|(at, _)| *at);
        wire
    }

    /// Sends a report up to three times, each with its own delay, so that the order changes.
    fn send(&self, random: &mut Random, wire: &mut Wire, at: Duration, report: &Report) {
        let copies = if random.chance(self.faults.loses) { 0 } else { 1 };
        for _ in 0..copies + usize::from(random.chance(self.faults.doubles)) {
            let delay =
                if random.chance(self.faults.delays) { millis(random, 40_000) } else { Duration::ZERO };
            wire.push((at + delay, report.clone()));
        }
    }

    fn body(&self, random: &mut Random, worker: &str, truth: &Value) -> Value {
        if !random.chance(self.faults.lies) {
            return truth.clone();
        }
        self.trace.fault(format!("worker {worker} answers wrongly"));
        let mut body = truth.clone();
        match random.below(4) {
            0 => return json!("no answer at all"),
            1 => body["tree"] = json!("0".repeat(40)),
            2 => body["base"] = json!({}),
            _ => return lie(truth),
        }
        body
    }
}

impl Workers for SimulatedWorkers {
    fn ask<'a>(
        &'a self,
        job: &'a Job,
        change: &'a Path,
        on_base: &'a BTreeMap<String, Arc<Outcome>>,
    ) -> Asking<'a> {
        Box::pin(async move {
            let (gone, mut random) = {
                let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
                (random.chance(self.faults.gone), random.fork(&job.id()))
            };
            if gone {
                self.trace.fault("the server is gone");
                let why = "it is gone".to_string();
                return Err(NoAnswer::Queue(QueueError::Failed { action: "reach the server", why }));
            }
            let outcome = outcome::of(&truth::read(change));
            let base: BTreeMap<&String, &Outcome> = on_base.iter().map(|(name, of)| (name, &**of)).collect();
            let found: BTreeMap<&String, &Outcome> = on_base.keys().map(|name| (name, &outcome)).collect();
            let truth = json!({ "tree": job.body["change"]["tree"], "base": base, "change": found });
            let asked = Instant::now();
            let mut fence = Fence::new(&job.key, job.attempt);
            for (at, report) in self.reports(&mut random, job, &truth) {
                sleep_until(asked + at).await;
                if let Some((worker, Event::Done { took_ms, body })) = fence.take(report) {
                    return Ok(Answer { worker, took_ms, body });
                }
            }
            tokio::time::sleep(TAKEN).await;
            Err(NoAnswer::NotTaken(TAKEN))
        })
    }
}

/// The opposite of what is true: green for red, red for green.
fn lie(truth: &Value) -> Value {
    let mut body = truth.clone();
    for outcome in body["change"].as_object_mut().into_iter().flat_map(|change| change.values_mut()) {
        let passes = outcome["end"] == json!(End::Exited { code: 0 });
        outcome["end"] = json!(End::Exited { code: i32::from(passes) });
        let failing = json!({ "name": "a test that nobody has", "detail": null });
        outcome["failing"] = if passes { json!([failing]) } else { json!([]) };
    }
    body
}

fn millis(random: &mut Random, most: usize) -> Duration {
    Duration::from_millis(random.below(most) as u64)
}
