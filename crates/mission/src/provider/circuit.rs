//! How long a model that failed is not asked. Each model has a circuit: closed, open or being probed.

use serde::{Deserialize, Serialize};

use super::Fault;

/// Failures in a row that open a circuit.
pub const OPEN_AFTER: u32 = 3;
/// The longest wait, whatever a provider asks for.
pub const MAX_WAIT_MS: u64 = 120_000;
/// How long one prompt may probe a model before another prompt may.
pub(super) const PROBE_MS: u64 = 120_000;
/// How long to wait while a model is being probed.
const LOOK_AGAIN_MS: u64 = 1_000;
const FIRST_WAIT_MS: u64 = 2_000;
/// How long a model is not asked after the provider refused it.
const REFUSED_WAIT_MS: u64 = 600_000;
/// A shorter time is told in seconds.
const SHORT_S: u64 = 120;
/// The longest text of an error that is kept, in bytes.
const MAX_WORDS: usize = 300;

/// A model that failed and has not answered since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Circuit {
    /// The number of failures in a row.
    pub failures: u32,
    /// When the first of these failures happened.
    pub since_ms: u64,
    pub fault: Option<Fault>,
    pub why: String,
    pub not_before_ms: u64,
    /// When the prompt was sent that probes whether the model answers again.
    pub probing_ms: Option<u64>,
    /// It begins to answer, and its answers break off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub breaks_off: bool,
}

impl Circuit {
    pub(super) fn failed(&mut self, fault: Fault, why: &str, now_ms: u64, wait_ms: u64) {
        if self.failures == 0 {
            self.since_ms = now_ms;
        }
        self.failures = self.failures.saturating_add(1);
        self.fault = Some(fault);
        self.why = why.chars().take(MAX_WORDS).collect();
        self.not_before_ms = self.not_before_ms.max(now_ms.saturating_add(wait_ms));
        self.probing_ms = None;
    }

    /// Whether another model is asked instead, if there is one.
    pub fn is_open(&self) -> bool {
        self.failures >= OPEN_AFTER || self.fault == Some(Fault::Refused)
    }

    /// When the model may be asked next. An open circuit lets one prompt through at a time.
    pub(super) fn free_at(&self, now_ms: u64) -> u64 {
        match self.is_open() && self.is_probed(now_ms) {
            true => now_ms.saturating_add(LOOK_AGAIN_MS),
            // No wait is longer: the clock was set back since
            false if self.not_before_ms.saturating_sub(now_ms) > REFUSED_WAIT_MS => now_ms,
            false => self.not_before_ms,
        }
    }

    /// Whether a prompt probes the model now. One from the future was sent before the clock was set back.
    fn is_probed(&self, now_ms: u64) -> bool {
        self.probing_ms.is_some_and(|since| since <= now_ms && now_ms < since.saturating_add(PROBE_MS))
    }

    pub(super) fn is_hopeless(&self, now_ms: u64, patience_ms: u64) -> bool {
        let probed = self.is_probed(now_ms);
        let long = now_ms.saturating_sub(self.since_ms) >= patience_ms;
        self.fault == Some(Fault::Refused) || (long && !probed)
    }

    pub(super) fn words(&self, now_ms: u64) -> String {
        let why = if self.why.is_empty() { "no reason was given" } else { &self.why };
        match self.fault {
            Some(Fault::Refused) => format!(
                "refuses to answer: {why}; waiting does not help: check its key (`opencode auth login`) and its name, then \
                 resume the mission"
            ),
            _ => {
                let silent = match now_ms.saturating_sub(self.since_ms) / 1000 {
                    seconds @ 0..SHORT_S => format!("{seconds} s"),
                    seconds => format!("{} min", seconds / 60),
                };
                let fault = self.fault.map_or("failure", Fault::name);
                if self.breaks_off {
                    return format!(
                        "has broken off every answer for {silent} ({} failures, {fault}: {why})",
                        self.failures
                    );
                }
                format!("has not answered for {silent} ({} failures in a row, {fault}: {why})", self.failures)
            }
        }
    }
}

/// How long to wait after `failures` in a row, in milliseconds. The wait doubles with each failure up to a maximum. The
/// result is between half and all of it, so that prompts that failed together do not return together.
pub fn wait_ms(fault: Fault, failures: u32, now_ms: u64, seed: &str) -> u64 {
    if fault == Fault::Refused {
        return REFUSED_WAIT_MS;
    }
    let full = FIRST_WAIT_MS.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(MAX_WAIT_MS);
    let half = full / 2;
    half + hash(&format!("{seed}:{failures}:{now_ms}")) % (half + 1)
}

/// FNV-1a with a final mix, enough to spread waits. Unlike the standard library's hash it never changes.
fn hash(text: &str) -> u64 {
    let mixed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}
