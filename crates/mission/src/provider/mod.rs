//! What is known about the models: which of them answer, how long to wait for one that does not, and how many tasks the
//! provider accepts at once. Pure: times and seeds are arguments.

mod circuit;
mod fault;
mod pace;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use circuit::{Circuit, MAX_WAIT_MS, OPEN_AFTER, wait_ms};
pub use fault::{Fault, classify, is_rate_limit};
pub use pace::Pace;

/// An answer that fails within this time of its beginning has broken off.
const BROKEN_OFF_MS: u64 = 120_000;

/// The circuits of models that failed, and the common pace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Providers {
    models: BTreeMap<String, Circuit>,
    /// Models that began to answer after failures: whether they end an answer is not known yet.
    resumed: BTreeMap<String, Resumed>,
    pace: Pace,
}

/// The failures of a model before it began to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Resumed {
    circuit: Circuit,
    at_ms: u64,
}

/// Which model to ask, or why none can be asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The model's place in the given list.
    Ask(usize),
    /// Milliseconds since 1970.
    WaitUntil(u64),
    /// No model has answered for too long; the text says why.
    NoModel(String),
}

impl Providers {
    /// The first of `models` that may be asked now. `patience_ms`: after all models have failed for this long, the
    /// result is [`Choice::NoModel`].
    pub fn choose(&self, models: &[String], now_ms: u64, patience_ms: u64) -> Choice {
        let mut until = u64::MAX;
        let mut down = Vec::new();
        for (place, model) in models.iter().enumerate() {
            let Some(circuit) = self.models.get(model) else { return Choice::Ask(place) };
            match circuit.free_at(now_ms) {
                free if free <= now_ms => return Choice::Ask(place),
                // A short wait for the first choice is better than another model
                free if !circuit.is_open() => return Choice::WaitUntil(free),
                free => until = until.min(free),
            }
            down.push((model, circuit));
        }
        if down.is_empty() {
            // No models are configured: OpenCode chooses
            return Choice::Ask(0);
        }
        if down.iter().all(|(_, circuit)| circuit.is_hopeless(now_ms, patience_ms)) {
            let each = down.iter().map(|(model, circuit)| format!("`{model}` {}", circuit.words(now_ms)));
            return Choice::NoModel(each.collect::<Vec<_>>().join("; "));
        }
        Choice::WaitUntil(until)
    }

    /// How long not to ask a model after it failed once more, in milliseconds. `seed` and the time make the jitter, so
    /// that the same journal gives the same wait.
    pub fn wait_ms(&self, model: &str, fault: Fault, now_ms: u64, seed: &str) -> u64 {
        let failures = self.models.get(model).map_or(0, |c| c.failures).saturating_add(1);
        circuit::wait_ms(fault, failures, now_ms, &format!("{seed}:{model}"))
    }

    pub fn asked(&mut self, model: &str, now_ms: u64) {
        if let Some(circuit) = self.models.get_mut(model).filter(|c| c.is_open()) {
            circuit.probing_ms = Some(now_ms);
        }
    }

    pub fn failed(&mut self, model: &str, fault: Fault, why: &str, now_ms: u64, wait_ms: u64, most: u32) {
        if fault == Fault::RateLimit {
            self.pace.cut(most, now_ms);
        }
        // An answer that breaks off is no end of an outage
        if let Some(Resumed { mut circuit, at_ms }) = self.resumed.remove(model)
            && fault == Fault::Outage
            && circuit.fault == Some(Fault::Outage)
            && now_ms.saturating_sub(at_ms) <= BROKEN_OFF_MS
        {
            circuit.breaks_off = true;
            self.models.entry(model.to_string()).or_insert(circuit);
        }
        self.models.entry(model.to_string()).or_default().failed(fault, why, now_ms, wait_ms);
    }

    /// The provider asked for fewer requests, and the host waits.
    pub fn slowed(&mut self, now_ms: u64, most: u32) {
        self.pace.cut(most, now_ms);
    }

    pub fn answered(&mut self, model: &str, now_ms: u64, most: u32) {
        match self.models.remove(model) {
            Some(circuit) => {
                self.resumed.insert(model.to_string(), Resumed { circuit, at_ms: now_ms });
            }
            None => {
                self.resumed.remove(model);
            }
        }
        self.pace.raise(most);
    }

    /// Whether an answer of this model changes anything here.
    pub fn is_news(&self, model: &str) -> bool {
        self.models.contains_key(model) || self.resumed.contains_key(model) || self.pace.is_limited()
    }

    /// How many tasks may run at once, at most `most`.
    pub fn parallel(&self, most: u32) -> u32 {
        self.pace.parallel(most)
    }
}
