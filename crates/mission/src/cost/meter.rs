//! What a session costs while it runs: what the host has reported about its answers, and an estimate for the rest. It
//! decides nothing; `crate::budget` has the limits.

use std::collections::{BTreeMap, VecDeque};

use crate::Tokens;

/// Bytes of text per token, if nothing better is known.
const BYTES_PER_TOKEN: f64 = 3.9;
/// The most answers that are kept separately; older ones are only part of the sum.
const MAX_ANSWERS: usize = 512;
/// Tokens that an answer is expected to have, if none was reported yet.
const USUAL_OUTPUT: u64 = 500;
/// Answers have to be this long before they correct the estimate, in bytes.
const MIN_ANSWER_BYTES: u64 = 2_000;

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
    /// A price of 0 means that the price is unknown.
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

/// No tokenizer makes one token of so many times the usual bytes.
const IMPLAUSIBLE: u64 = 50;

/// One answer of the model: what the host reported, and what an estimate needs if it reports nothing.
#[derive(Clone, Debug, Default)]
struct MeteredAnswer {
    tokens: Tokens,
    cost_usd: f64,
    streamed: u64,
    /// Bytes of the request that it answers, if known.
    asked: Option<u64>,
    /// The answer is over: if nothing was reported, an estimate counts.
    over: bool,
    /// Its request is among those that were answered.
    counted: bool,
}

/// The usage that was added since the last call of [`Meter::news`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct News {
    pub tokens: Tokens,
    pub cost_usd: f64,
    pub requests: u32,
    /// Part of it is an estimate, because the provider reports nothing.
    pub estimated: bool,
    /// Tokens that paging kept out of the requests.
    pub paged: u64,
}

/// The usage of one session by answer, so that a report that comes twice counts once. An answer that the provider does
/// not report counts by an estimate from its bytes.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    answers: BTreeMap<String, MeteredAnswer>,
    newest: Option<String>,
    /// The sizes of sent requests that have no answer yet, in bytes.
    asked: VecDeque<u64>,
    price: Price,
    around: u64,
    /// The sum of answers that are no longer kept separately.
    folded: (Tokens, f64),
    folded_estimates: bool,
    /// Bytes that were sent and not yet reported as read.
    unread: u64,
    /// Tokens that the newest reported answer read and wrote: the next one reads them again.
    context: u64,
    /// Bytes and tokens of reported answers; they correct the estimate.
    streamed: u64,
    written: u64,
    /// The numbers of reported answers, of announced requests, and of those requests whose answer is known.
    reports: u64,
    requests: u64,
    answered: u64,
    given: (Tokens, f64),
    given_requests: u64,
    /// Bytes that paging kept out of requests and that [`Meter::news`] has not returned yet.
    paged: u64,
    /// The next request was announced and waits: its messages are not sent yet.
    held: bool,
}

impl Meter {
    /// Sets what estimates use from now on: the model's price, and the bytes of a request beside its messages.
    pub fn estimate_with(&mut self, price: Price, around: u64) {
        (self.price, self.around) = (price, around);
    }

    /// A text was sent to the model: a prompt, or a tool's answer.
    pub fn sent(&mut self, bytes: usize) {
        self.unread = self.unread.saturating_add(bytes as u64);
    }

    /// A request with messages of `bytes` is about to be sent.
    pub fn requested(&mut self, bytes: u64) {
        self.held = false;
        self.requests = self.requests.saturating_add(1);
        if self.asked.len() < MAX_ANSWERS {
            self.asked.push_back(bytes);
        }
    }

    /// Paging kept `bytes` out of the next request.
    pub fn paged(&mut self, bytes: u64) {
        self.paged = self.paged.saturating_add(bytes);
    }

    /// A request is announced; it is not sent before [`Meter::requested`].
    pub fn announced(&mut self) {
        self.held = true;
    }

    /// The expected usage of a request with messages of `bytes`, before it is sent.
    pub fn expected(&self, bytes: u64) -> (Tokens, f64) {
        let output = self.written.checked_div(self.reports).unwrap_or(USUAL_OUTPUT).max(1);
        let tokens = Tokens { input: self.read_tokens(bytes), output, ..Tokens::default() };
        (tokens, self.price.of(&tokens))
    }

    /// A piece of an answer arrived.
    pub fn streamed(&mut self, answer: &str, bytes: u64) {
        let answer = self.answer(answer);
        answer.streamed = answer.streamed.saturating_add(bytes);
    }

    /// The newest answer calls a tool with arguments of `bytes`.
    pub fn called(&mut self, bytes: u64) {
        if let Some(answer) = self.newest.as_ref().and_then(|id| self.answers.get_mut(id)) {
            answer.streamed = answer.streamed.saturating_add(bytes);
        }
    }

    /// The host reports the usage of one answer so far.
    pub fn reported(&mut self, id: &str, tokens: Tokens, cost_usd: f64) {
        let answer = self.answer(id);
        if tokens.total() == 0 || (answer.tokens == tokens && answer.cost_usd == cost_usd) {
            return;
        }
        let first = answer.tokens.total() == 0;
        (answer.tokens, answer.cost_usd) = (tokens, cost_usd.max(0.0));
        let streamed = answer.streamed;
        if !std::mem::replace(&mut answer.counted, true) {
            self.answered = self.answered.saturating_add(1);
        }
        if first {
            self.reports = self.reports.saturating_add(1);
            self.streamed = self.streamed.saturating_add(streamed);
            self.written = self.written.saturating_add(tokens.output);
        }
        self.context = tokens.total();
        self.unread = 0;
    }

    /// The turn ended: an answer without a report counts by an estimate. `failed`: the host says that the turn broke
    /// off; then a request without any answer text was not read either.
    pub fn ended(&mut self, failed: bool) {
        if let Some(answer) = self.newest.as_ref().and_then(|id| self.answers.get_mut(id)) {
            answer.over = !failed || answer.streamed > 0;
            if !std::mem::replace(&mut answer.counted, true) {
                self.answered = self.answered.saturating_add(1);
            }
        }
        self.asked.clear();
        // If the host announces requests, an answer without an announced request was never requested
        if self.requests > 0 {
            self.answered = self.requests;
        }
    }

    /// The running answer was cut off. Its cost comes from [`Meter::unreported`], or is zero.
    pub fn cut_off(&mut self) {
        self.ended(true);
        if let Some(answer) = self.newest.as_ref().and_then(|id| self.answers.get_mut(id)) {
            (answer.over, answer.asked) = (true, None);
        }
        self.unread = 0;
    }

    fn answer(&mut self, id: &str) -> &mut MeteredAnswer {
        if !self.answers.contains_key(id) {
            // A new id means that the answer before it is over
            if let Some(before) = self.newest.take().and_then(|id| self.answers.get_mut(&id)) {
                before.over = true;
                if !std::mem::replace(&mut before.counted, true) {
                    self.answered = self.answered.saturating_add(1);
                }
            }
            if self.answers.len() >= MAX_ANSWERS {
                self.fold_oldest();
            }
            self.newest = Some(id.to_string());
        }
        let asked = &mut self.asked;
        let answer = self.answers.entry(id.to_string()).or_default();
        if answer.asked.is_none() && !answer.over {
            answer.asked = asked.pop_front();
        }
        answer
    }

    fn fold_oldest(&mut self) {
        if let Some((_, answer)) = self.answers.pop_first() {
            let (tokens, cost_usd, estimated) = self.counted(&answer);
            self.folded.0.add(&tokens);
            self.folded.1 += cost_usd;
            self.folded_estimates |= estimated;
        }
    }

    /// The usage of an answer, and whether it is an estimate.
    fn counted(&self, answer: &MeteredAnswer) -> (Tokens, f64, bool) {
        let Some(asked) = answer.asked.filter(|_| answer.over && answer.tokens.total() == 0) else {
            return self.plausible(answer);
        };
        let tokens = Tokens {
            input: self.read_tokens(asked),
            output: self.written_tokens(answer.streamed),
            ..Tokens::default()
        };
        (tokens, self.price.of(&tokens), true)
    }

    /// What was reported, and in place of a part that cannot be, an estimate: some servers count only what was written, or
    /// report one number whatever was sent.
    fn plausible(&self, answer: &MeteredAnswer) -> (Tokens, f64, bool) {
        let mut tokens = answer.tokens;
        if tokens.total() == 0 {
            return (tokens, answer.cost_usd, false);
        }
        let read = tokens.input.saturating_add(tokens.cache_read).saturating_add(tokens.cache_write);
        let sent = answer.asked.map_or(0, |asked| self.read_tokens(asked));
        if read < sent / IMPLAUSIBLE || read == 0 {
            tokens.input = tokens.input.saturating_add(sent);
        }
        if answer.over {
            let written = self.written_tokens(answer.streamed);
            if tokens.output == 0 || tokens.output < written / IMPLAUSIBLE {
                tokens.output = written;
            }
        }
        let estimated = tokens != answer.tokens;
        let cost_usd = if estimated { answer.cost_usd.max(self.price.of(&tokens)) } else { answer.cost_usd };
        (tokens, cost_usd, estimated)
    }

    /// The usage of the whole session, and whether part of it is an estimate.
    pub fn total(&self) -> (Tokens, f64, bool) {
        let folded = (self.folded.0, self.folded.1, self.folded_estimates);
        self.answers.values().fold(folded, |(mut tokens, cost, some), answer| {
            let (more, more_cost, estimated) = self.counted(answer);
            tokens.add(&more);
            (tokens, cost + more_cost, some | estimated)
        })
    }

    /// The usage since the last call. `reported`: what the host says about the whole session, if it does.
    pub fn news(&mut self, reported: Option<(Tokens, f64)>) -> Option<News> {
        let (seen, seen_cost, estimated) = self.total();
        let (told, told_cost) = reported.unwrap_or_default();
        let (given, given_cost) = self.given;
        let more = |seen: u64, told: u64, given: u64| seen.max(told).saturating_sub(given);
        let tokens = Tokens {
            input: more(seen.input, told.input, given.input),
            output: more(seen.output, told.output, given.output),
            cache_read: more(seen.cache_read, told.cache_read, given.cache_read),
            cache_write: more(seen.cache_write, told.cache_write, given.cache_write),
        };
        let cost_usd = (seen_cost.max(told_cost) - given_cost).max(0.0);
        let known = if self.requests > 0 { self.answered.min(self.requests) } else { self.answered };
        let requests = known.saturating_sub(self.given_requests);
        // A request alone is no news before its answer is known, except at the end of a turn
        if tokens.total() == 0 && cost_usd <= 0.0 && (reported.is_none() || requests == 0) {
            return None;
        }
        self.given.0.add(&tokens);
        self.given.1 += cost_usd;
        self.given_requests = self.given_requests.saturating_add(requests);
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        let paged = (std::mem::take(&mut self.paged) as f64 / BYTES_PER_TOKEN) as u64;
        Some(News { tokens, cost_usd, requests, estimated, paged })
    }

    /// An estimate of the running answer that is not reported: what it read and what it wrote. `None` if no answer was
    /// running.
    pub fn unreported(&self) -> Option<Tokens> {
        let newest = self.newest.as_ref().and_then(|id| self.answers.get(id));
        let open = newest.filter(|answer| answer.tokens.total() == 0 && !answer.over);
        let input = match open.and_then(|answer| answer.asked).or(self.asked.back().copied()) {
            Some(bytes) => self.read_tokens(bytes),
            // If the host announces requests, this one was never sent
            None if self.requests > 0 || self.held => return None,
            None if newest.is_some() && open.is_none() => return None,
            None if newest.is_none() && self.unread == 0 => return None,
            None => self.context.saturating_add((self.unread as f64 / BYTES_PER_TOKEN).ceil() as u64),
        };
        let output = self.written_tokens(open.map_or(0, |answer| answer.streamed));
        Some(Tokens { input, output, ..Tokens::default() }).filter(|tokens| tokens.total() > 0)
    }

    /// Tokens that a model reads for messages of `bytes`, including its system prompt and tools.
    fn read_tokens(&self, bytes: u64) -> u64 {
        (bytes.saturating_add(self.around) as f64 / BYTES_PER_TOKEN).ceil() as u64
    }

    fn written_tokens(&self, bytes: u64) -> u64 {
        (bytes as f64 / self.bytes_per_token()).ceil() as u64
    }

    /// Measured on this session's answers once they are long enough, and kept near the usual value.
    fn bytes_per_token(&self) -> f64 {
        if self.streamed < MIN_ANSWER_BYTES || self.written == 0 {
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

    fn news(tokens: Tokens, cost_usd: f64, requests: u32) -> News {
        News { tokens, cost_usd, requests, estimated: false, paged: 0 }
    }

    #[test]
    fn an_answer_that_nobody_reports_is_counted_by_its_bytes() {
        let mut meter = Meter::default();
        meter.estimate_with(Price { input: 1.0, output: 10.0, ..Price::default() }, 5_000);
        meter.requested(34_000);
        meter.reported("m1", tokens(0, 0), 0.0);
        meter.streamed("m1", 300);
        meter.called(90);
        assert_eq!(meter.news(None), None, "it is not over");
        meter.requested(40_000);
        meter.reported("m2", tokens(0, 0), 0.0);
        let first = meter.news(None).unwrap();
        assert_eq!((first.tokens, first.requests, first.estimated), (tokens(10_000, 100), 1, true));
        assert!((first.cost_usd - 0.011).abs() < 1e-9);
        meter.ended(false);
        let second = meter.news(Some((tokens(0, 0), 0.0))).unwrap();
        assert_eq!((second.tokens, second.requests), (tokens(11_539, 0), 1));
        assert_eq!((meter.news(Some((tokens(0, 0), 0.0))), meter.unreported()), (None, None));
    }

    #[test]
    fn a_report_that_cannot_be_is_counted_by_its_bytes() {
        for (reported, input, output) in
            [(tokens(0, 50), 10_000, 50), (tokens(1, 1), 10_001, 100), (tokens(9_000, 0), 9_000, 100)]
        {
            let mut meter = Meter::default();
            meter.requested(39_000);
            meter.streamed("a", 390);
            meter.reported("a", reported, 0.0);
            meter.ended(false);
            let (seen, _, estimated) = meter.total();
            assert!((seen.input, seen.output) == (input, output) && estimated, "{seen:?}");
        }
        let mut meter = Meter::default();
        meter.requested(39_000);
        meter.reported("a", tokens(2_000, 50), 0.0);
        assert_eq!(meter.total().0, tokens(2_000, 50), "few, but possible");
    }

    #[test]
    fn what_is_reported_late_replaces_the_estimate() {
        let mut meter = Meter::default();
        meter.estimate_with(Price::default(), 5_000);
        for (id, bytes) in [("m1", 34_000), ("m2", 34_000)] {
            meter.requested(bytes);
            meter.reported(id, tokens(0, 0), 0.0);
        }
        assert_eq!(meter.news(None).unwrap().tokens, tokens(10_000, 0));
        meter.reported("m1", tokens(12_000, 70), 0.0);
        meter.reported("m2", tokens(12_000, 30), 0.0);
        assert_eq!(meter.news(None).unwrap().tokens, tokens(14_000, 100));
        assert_eq!(meter.expected(34_000).0, tokens(10_000, 50), "answers as long as those before");
    }

    #[test]
    fn an_answer_that_was_never_requested_is_no_request() {
        let mut meter = Meter::default();
        meter.requested(34_000);
        meter.reported("m1", tokens(9_000, 10), 0.0);
        // The turn was ended before the host sent another one
        meter.reported("m2", tokens(0, 0), 0.0);
        meter.sent(390);
        assert_eq!(meter.unreported(), None, "nothing was sent");
        meter.ended(false);
        let news = meter.news(Some((tokens(9_000, 10), 0.0))).unwrap();
        assert_eq!((news.tokens, news.requests), (tokens(9_000, 10), 1));
        assert_eq!(meter.unreported(), None);
    }

    #[test]
    fn a_request_that_a_provider_refused_costs_nothing() {
        let mut meter = Meter::default();
        meter.estimate_with(Price::default(), 5_000);
        meter.requested(34_000);
        meter.reported("m1", tokens(0, 0), 0.0);
        meter.ended(true);
        let news = meter.news(Some((tokens(0, 0), 0.0))).unwrap();
        assert_eq!((news.tokens, news.requests), (tokens(0, 0), 1));
    }

    #[test]
    fn thousands_of_answers_are_counted_in_a_bounded_memory() {
        let mut meter = Meter::default();
        for n in 0..2_000 {
            meter.reported(&format!("m{n:05}"), tokens(10, 1), 0.001);
        }
        let news = meter.news(None).unwrap();
        assert_eq!((news.tokens, news.requests), (tokens(20_000, 2_000), 2_000));
        assert!(meter.answers.len() <= MAX_ANSWERS);
    }

    #[test]
    fn a_report_that_comes_twice_counts_once() {
        let mut meter = Meter::default();
        for _ in 0..2 {
            meter.reported("m1", tokens(0, 0), 0.0);
            meter.reported("m1", tokens(100, 20), 0.01);
        }
        assert_eq!(meter.news(None), Some(news(tokens(100, 20), 0.01, 1)));
        assert_eq!(meter.news(None), None);
        meter.reported("m2", tokens(130, 5), 0.02);
        // At the end the host reports the same again, and a little more
        let more = meter.news(Some((tokens(240, 25), 0.03))).unwrap();
        assert_eq!((more.tokens, more.requests), (tokens(140, 5), 1));
        assert!((more.cost_usd - 0.02).abs() < 1e-9);
        assert_eq!(meter.news(Some((tokens(240, 25), 0.03))), None);
    }

    #[test]
    fn what_paging_kept_out_is_told_with_the_next_news() {
        let mut meter = Meter::default();
        meter.paged(3_900);
        assert_eq!(meter.news(None), None);
        meter.reported("m1", tokens(100, 20), 0.0);
        assert_eq!(meter.news(None).map(|news| news.paged), Some(1_000));
        meter.reported("m2", tokens(100, 20), 0.0);
        assert_eq!(meter.news(None).map(|news| news.paged), Some(0));
    }

    #[test]
    fn a_request_that_was_held_back_costs_nothing() {
        let mut meter = Meter::default();
        meter.sent(400);
        assert!(meter.unreported().is_some(), "a host that announces nothing has sent it");
        meter.announced();
        assert_eq!(meter.unreported(), None);
        meter.requested(400);
        assert!(meter.unreported().is_some());
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
        // Two bytes a token were measured
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
