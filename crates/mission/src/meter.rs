//! What a session costs while it runs: what the host has reported of its answers, and an estimate of what it has not.

use std::collections::BTreeMap;

use crate::Tokens;

/// Bytes of text that a token stands for, where nothing better is known.
const BYTES_PER_TOKEN: f64 = 3.9;
/// Answers that are kept apart; older ones only count in sum.
const MAX_ANSWERS: usize = 512;
/// Answers have to be this long before they correct the estimate, in bytes.
const ENOUGH: u64 = 2_000;

/// US dollars for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

impl Price {
    /// A model that costs nothing is one whose price nobody knows.
    pub fn is_known(&self) -> bool {
        self.input > 0.0 || self.output > 0.0
    }

    pub fn of(&self, tokens: &Tokens) -> f64 {
        let part = |tokens: u64, price: f64| tokens as f64 * price / 1_000_000.0;
        part(tokens.input, self.input)
            + part(tokens.output, self.output)
            + part(tokens.cache_read, self.cache_read)
            + part(tokens.cache_write, self.cache_write)
    }
}

#[derive(Clone, Debug, Default)]
struct Answer {
    tokens: Tokens,
    cost_usd: f64,
    streamed: u64,
}

/// Everything that one session was reported to have used, by answer, so that a report that comes twice counts once.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    answers: BTreeMap<String, Answer>,
    newest: Option<String>,
    /// What was sent and not yet reported as read, in bytes.
    unread: u64,
    /// Tokens that the newest reported answer had read and written: what the next one reads again.
    context: u64,
    /// Of answers that were reported, for the correction.
    streamed: u64,
    written: u64,
    given: (Tokens, f64),
}

impl Meter {
    /// A text was sent to the model: a prompt, or a tool's answer.
    pub fn sent(&mut self, bytes: usize) {
        self.unread = self.unread.saturating_add(bytes as u64);
    }

    /// A piece of an answer arrived.
    pub fn streamed(&mut self, answer: &str, bytes: u64) {
        if let Some(answer) = self.answer(answer) {
            answer.streamed = answer.streamed.saturating_add(bytes);
        }
    }

    /// What the host says of one answer so far.
    pub fn reported(&mut self, id: &str, tokens: Tokens, cost_usd: f64) {
        let Some(answer) = self.answer(id) else { return };
        if tokens.total() == 0 || (answer.tokens == tokens && answer.cost_usd == cost_usd) {
            return;
        }
        let first = answer.tokens.total() == 0;
        (answer.tokens, answer.cost_usd) = (tokens, cost_usd.max(0.0));
        let streamed = answer.streamed;
        if first {
            self.streamed = self.streamed.saturating_add(streamed);
            self.written = self.written.saturating_add(tokens.output);
        }
        self.context = tokens.total();
        self.unread = 0;
    }

    fn answer(&mut self, id: &str) -> Option<&mut Answer> {
        if !self.answers.contains_key(id) {
            if self.answers.len() >= MAX_ANSWERS {
                return None;
            }
            self.newest = Some(id.to_string());
        }
        Some(self.answers.entry(id.to_string()).or_default())
    }

    /// Of the whole session.
    pub fn total(&self) -> (Tokens, f64) {
        self.answers.values().fold((Tokens::default(), 0.0), |(mut tokens, cost), answer| {
            tokens.add(&answer.tokens);
            (tokens, cost + answer.cost_usd)
        })
    }

    /// What came in addition since this was last asked. `reported`: what the host says of the whole session, where it says it.
    pub fn news(&mut self, reported: Option<(Tokens, f64)>) -> Option<(Tokens, f64)> {
        let (seen, seen_cost) = self.total();
        let (told, told_cost) = reported.unwrap_or_default();
        let (given, given_cost) = self.given;
        let more = |seen: u64, told: u64, given: u64| seen.max(told).saturating_sub(given);
        let tokens = Tokens {
            input: more(seen.input, told.input, given.input),
            output: more(seen.output, told.output, given.output),
            cache_read: more(seen.cache_read, told.cache_read, given.cache_read),
            cache_write: more(seen.cache_write, told.cache_write, given.cache_write),
        };
        let cost = (seen_cost.max(told_cost) - given_cost).max(0.0);
        if tokens.total() == 0 && cost <= 0.0 {
            return None;
        }
        self.given.0.add(&tokens);
        self.given.1 += cost;
        Some((tokens, cost))
    }

    /// An estimate of the answer that was under way and is not reported: what it had to read, and what it had said. `None`
    /// where nothing was under way.
    pub fn unreported(&self) -> Option<Tokens> {
        let newest = self.newest.as_ref().and_then(|id| self.answers.get(id));
        if newest.is_some_and(|answer| answer.tokens.total() > 0) || (newest.is_none() && self.unread == 0) {
            return None;
        }
        let streamed = newest.map_or(0, |answer| answer.streamed);
        let tokens = |bytes: u64| (bytes as f64 / self.bytes_per_token()).ceil() as u64;
        let read = (self.unread as f64 / BYTES_PER_TOKEN).ceil() as u64;
        let tokens = Tokens {
            input: self.context.saturating_add(read),
            output: tokens(streamed),
            ..Tokens::default()
        };
        Some(tokens).filter(|tokens| tokens.total() > 0)
    }

    /// Measured on what this session has said, once that is enough; never far from the usual.
    fn bytes_per_token(&self) -> f64 {
        if self.streamed < ENOUGH || self.written == 0 {
            return BYTES_PER_TOKEN;
        }
        (self.streamed as f64 / self.written as f64).clamp(1.0, 8.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: u64, output: u64) -> Tokens {
        Tokens { input, output, ..Tokens::default() }
    }

    #[test]
    fn a_report_that_comes_twice_counts_once() {
        let mut meter = Meter::default();
        for _ in 0..2 {
            meter.reported("m1", tokens(0, 0), 0.0);
            meter.reported("m1", tokens(100, 20), 0.01);
        }
        assert_eq!(meter.news(None), Some((tokens(100, 20), 0.01)));
        assert_eq!(meter.news(None), None);
        meter.reported("m2", tokens(130, 5), 0.02);
        // what the host says at the end is the same again, and a little more
        let (more, cost) = meter.news(Some((tokens(240, 25), 0.03))).unwrap();
        assert_eq!(more, tokens(140, 5));
        assert!((cost - 0.02).abs() < 1e-9);
        assert_eq!(meter.news(Some((tokens(240, 25), 0.03))), None);
    }

    #[test]
    fn what_was_cut_off_is_estimated_from_what_was_sent_and_said() {
        let mut meter = Meter::default();
        assert_eq!(meter.unreported(), None, "nothing was asked");
        meter.sent(3_900);
        assert_eq!(meter.unreported(), Some(tokens(1_000, 0)), "the prompt was read");
        meter.reported("m1", tokens(0, 0), 0.0);
        meter.streamed("m1", 780);
        assert_eq!(meter.unreported(), Some(tokens(1_000, 200)));
        meter.reported("m1", tokens(1_500, 190), 0.0);
        assert_eq!(meter.unreported(), None, "all of it is reported");
    }

    #[test]
    fn a_later_answer_reads_all_before_it_and_the_estimate_learns() {
        let mut meter = Meter::default();
        meter.sent(3_900);
        meter.streamed("m1", 4_000);
        meter.reported("m1", tokens(2_000, 2_000), 0.0);
        meter.sent(390);
        meter.reported("m2", tokens(0, 0), 0.0);
        meter.streamed("m2", 500);
        // two bytes a token were measured
        assert_eq!(meter.unreported(), Some(tokens(4_100, 250)));
    }

    #[test]
    fn prices_are_by_the_million() {
        let price = Price { input: 1.0, output: 10.0, cache_read: 0.1, cache_write: 2.0 };
        let all = Tokens { input: 1_000_000, output: 100_000, cache_read: 1_000_000, cache_write: 500_000 };
        assert!((price.of(&all) - 3.1).abs() < 1e-9);
        assert!(price.is_known());
        assert!(!Price::default().is_known());
    }
}
