//! Watches a session while its role works: words, calls, cost, and whether the role repeats itself.
//!
//! The host's hooks report to it, through `engine.rs`; `turn` and `requests` read it. It counts and compares, and ends
//! nothing: `mission::flag` limits repetition, and `turn_state` decides whether a turn ends.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mission::budget::Reserved;
use mission::flag::{Learned, MAX_ANSWER, MAX_THOUGHT, Refused, Repeated, Repeats, is_writing};
use mission::{FailureClass, Meter, News, Price, Role, Tokens};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::host::Observation;
use crate::text::cut;

/// The most ids that are remembered of one turn.
const MAX_IDS: usize = 4096;
/// The longest name of a tool that is shown, in bytes.
const MAX_TOOL: usize = 80;
/// The most times that the host shortens a session's messages without a tool call in between: what is left then does
/// not fit, and it would ask again and again.
const MAX_COMPACTED: u32 = 3;
/// The longest message of a provider or of a refusal that is shown, in bytes.
const MAX_SAID: usize = 300;
/// The tool with which OpenCode answers a call of a tool that does not exist.
pub(crate) const UNKNOWN: &str = "invalid";

/// Shared between the hooks, which report, and the conversation, which reads.
#[derive(Default)]
pub(crate) struct Watch {
    seen: Mutex<Seen>,
    changed: Notify,
}

#[derive(Default)]
struct Seen {
    meter: Meter,
    repeats: Repeats,
    learned: Learned,
    /// Calls whose answers were looked at, by the host's names of their parts.
    answers: BTreeSet<String>,
    thoughts: BTreeSet<String>,
    calls: BTreeSet<String>,
    said: u64,
    thought: u64,
    /// The number of signs of life.
    alive: u64,
    waiting: Option<Waiting>,
    stop: Option<Stop>,
    refused: Refused,
    /// Why the last refused call was refused.
    told_last: Option<String>,
    /// Calls that the host refused or could not read.
    failed: BTreeSet<String>,
    /// The bytes of the messages of the newest request.
    bytes: u64,
    /// Requests of the prompt so far.
    requests: u64,
    /// The result was accepted: nothing more is to be said.
    finished: bool,
    fit: Fit,
}

/// Whether a prompt fits the context of its model.
#[derive(Default)]
struct Fit {
    model: String,
    /// In tokens; `None` if unknown.
    context: Option<u64>,
    /// How often the host shortened the messages since the last tool call.
    compacted: u32,
    /// The provider's newest refusal of a request that is too large.
    said: Option<String>,
}

/// Why a turn is ended before its role ends it; the text follows the role's name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stop {
    pub class: FailureClass,
    pub why: String,
}

/// The host waits for the provider.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub message: String,
    pub next_ms: u64,
    pub since: Instant,
}

/// What a conversation reads from the watch.
#[derive(Clone, Debug, Default)]
pub(super) struct Glance {
    pub alive: u64,
    pub calls: u32,
    pub waiting: Option<Waiting>,
    /// Why the role is to be cut off.
    pub stop: Option<Stop>,
    /// The answer has more text or thoughts than any answer needs.
    pub endless: bool,
}

impl Watch {
    pub fn observe(&self, observation: Observation) {
        let mut seen = self.lock();
        match observation {
            Observation::Thought { part } => {
                if seen.thoughts.len() < MAX_IDS {
                    seen.thoughts.insert(part);
                }
                return;
            }
            Observation::Text { answer, part, bytes } => {
                seen.meter.streamed(&answer, bytes);
                let total = if seen.thoughts.contains(&part) { &mut seen.thought } else { &mut seen.said };
                *total = total.saturating_add(bytes);
                seen.lives();
            }
            Observation::Usage { answer, tokens, cost_usd } => {
                let says = tokens.total() > 0;
                seen.meter.reported(&answer, tokens, cost_usd);
                if says {
                    seen.lives();
                }
            }
            Observation::Tool { call, tool, arguments, error } => {
                if error.is_some_and(|error| is_denied(&error)) && seen.failed.insert(call.clone()) {
                    seen.refused(Refused::call);
                }
                if seen.calls.len() < MAX_IDS && seen.calls.insert(call) {
                    seen.fit.compacted = 0;
                    seen.meter.called(arguments.len() as u64);
                    if tool == UNKNOWN {
                        seen.unknown(&arguments);
                    }
                }
                seen.lives();
            }
            Observation::Retry { message, next_ms } => {
                let since = seen.waiting.as_ref().map_or_else(Instant::now, |waiting| waiting.since);
                seen.waiting = Some(Waiting { message, next_ms, since });
            }
            Observation::TooLarge { message } => {
                seen.fit.said = Some(message).filter(|said| !said.trim().is_empty());
            }
            Observation::Compacted => seen.compacted(),
        }
        drop(seen);
        self.changed.notify_one();
    }

    /// Counts a refused call of any kind; `words`: what the model is told.
    pub fn refused(&self, words: &str) {
        let mut seen = self.lock();
        seen.refused(Refused::call);
        // A refused submission lists its problems below the first line
        let said =
            words.split_once("\n- ").map_or(words.trim_start_matches("refused:"), |(_, problems)| problems);
        seen.told_last = said.trim().lines().next().map(|line| cut(line, MAX_SAID));
        drop(seen);
        self.changed.notify_one();
    }

    /// Why the session's last refused call was refused.
    pub(super) fn last_refusal(&self) -> Option<String> {
        self.lock().told_last.clone()
    }

    /// Notes that the result was accepted.
    pub(super) fn finish(&self) {
        self.lock().finished = true;
    }

    /// Why no further request may be sent in this turn; `None` if one may.
    pub(super) fn is_over(&self) -> Option<String> {
        let seen = self.lock();
        let finished = seen.finished.then(|| "the result was accepted".to_string());
        finished.or_else(|| seen.stop.as_ref().map(|stop| stop.why.clone()))
    }

    /// Announces a request of that many bytes; returns the expected usage of its answer, and the number of earlier
    /// requests of this prompt.
    pub(super) fn expected(&self, bytes: u64) -> (Reserved, u64) {
        let mut seen = self.lock();
        seen.meter.announced();
        let (tokens, cost_usd) = seen.meter.expected(bytes);
        (Reserved { requests: 1, tokens: tokens.total(), cost_usd }, seen.requests)
    }

    /// Whether the provider reads earlier messages from a cache, as far as it reports this.
    pub(super) fn is_cached(&self) -> bool {
        let (tokens, ..) = self.lock().meter.total();
        tokens.cache_read > 0
    }

    /// The bytes of the messages of the newest request.
    pub(super) fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// Notes that paging keeps that many bytes out of the next request.
    pub(super) fn paged(&self, bytes: u64) {
        self.lock().meter.paged(bytes);
    }

    /// Notes a request that is about to be sent.
    pub(super) fn requested(&self, bytes: u64) {
        let mut seen = self.lock();
        seen.requests = seen.requests.saturating_add(1);
        seen.bytes = bytes;
        seen.meter.requested(bytes);
    }

    /// Notes that the turn is to end.
    pub(super) fn stop(&self, class: FailureClass, why: String) {
        self.lock().stop.get_or_insert(Stop { class, why });
        self.changed.notify_one();
    }

    /// Notes that the host has ended the turn; `failed`: with an error.
    pub(super) fn ended(&self, failed: bool) {
        self.lock().meter.ended(failed);
    }

    /// Counts a tool call that is about to run; returns words for the model if it should not.
    pub fn call(&self, tool: &str, arguments: &str) -> Option<String> {
        let mut seen = self.lock();
        let repeated = seen.call(tool, arguments);
        let stale = if is_writing(tool) { None } else { seen.learned.tell() };
        drop(seen);
        match repeated {
            Repeated::No => stale.map(|times| {
                format!(
                    "refused: the last {times} calls told you nothing that you had not read before. Change a file, or submit \
                     what you have."
                )
            }),
            Repeated::Tell(times) => Some(format!(
                "refused: this is the same call of `{tool}` again ({times} times), and nothing has changed. Do \
                 something else, or submit what you have."
            )),
            Repeated::CutOff(_) => {
                self.changed.notify_one();
                Some("refused: the same calls again and again; this session ends here.".into())
            }
        }
    }

    /// What a tool answered, as the next request shows it; `part`: the host's name for the call.
    pub(super) fn told(&self, part: &str, tool: &str, output: &str) {
        let mut seen = self.lock();
        if seen.answers.len() >= MAX_IDS || !seen.answers.insert(part.to_string()) {
            return;
        }
        if let Some(times) = seen.learned.answer(tool, output) {
            let why = format!(
                "goes round in circles: its last {times} calls told it nothing that it had not read before"
            );
            seen.stop.get_or_insert(Stop { class: FailureClass::Malformed, why });
        }
        drop(seen);
        self.changed.notify_one();
    }

    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Notes a prompt that is about to be sent.
    pub(super) fn begin(&self, role: Role, text: &str, price: Price) {
        let mut seen = self.lock();
        (seen.said, seen.thought, seen.waiting) = (0, 0, None);
        // The previous role's behaviour in this session does not count against this role
        (seen.stop, seen.repeats, seen.refused) = (None, Repeats::default(), Refused::default());
        (seen.requests, seen.finished) = (0, false);
        seen.learned = Learned::default();
        seen.calls.clear();
        seen.failed.clear();
        seen.meter.estimate_with(price, role.row().around);
        seen.meter.sent(text.len());
    }

    /// Notes which model answers the prompt, and the size of its context in tokens, if known.
    pub(super) fn answers(&self, model: &str, context: Option<u64>) {
        self.lock().fit = Fit { model: model.to_string(), context, ..Fit::default() };
    }

    /// Notes a tool's answer to the model.
    pub(super) fn answered(&self, words: &str) {
        self.lock().meter.sent(words.len());
    }

    pub(super) fn glance(&self) -> Glance {
        let seen = self.lock();
        Glance {
            alive: seen.alive,
            calls: u32::try_from(seen.calls.len()).unwrap_or(u32::MAX),
            waiting: seen.waiting.clone(),
            stop: seen.stop.clone(),
            endless: seen.said > MAX_ANSWER || seen.thought > MAX_THOUGHT,
        }
    }

    /// Tokens and US dollars since the last call.
    pub(super) fn news(&self) -> Option<News> {
        self.lock().meter.news(None)
    }

    /// The remaining usage, after the host has reported the cost of the whole session.
    pub(super) fn news_at_end(&self, reported: (Tokens, f64)) -> Option<News> {
        self.lock().meter.news(Some(reported))
    }

    /// The tokens of an answer that was cut off, as far as nobody reports them.
    pub(super) fn unreported(&self) -> Option<Tokens> {
        let mut seen = self.lock();
        let tokens = seen.meter.unreported();
        seen.meter.cut_off();
        tokens
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn lives(&mut self) {
        self.alive = self.alive.wrapping_add(1);
        self.waiting = None;
    }

    fn call(&mut self, tool: &str, arguments: &str) -> Repeated {
        let repeated = self.repeats.call(tool, arguments);
        if let Repeated::CutOff(times) = repeated {
            let what = if tool == UNKNOWN { unreadable(arguments) } else { tool.to_string() };
            let why =
                format!("goes round in circles: it called the same again and again ({what}, {times} calls)");
            self.stop.get_or_insert(Stop { class: FailureClass::Malformed, why });
        }
        repeated
    }

    /// Counts a call of a tool that does not exist, or whose arguments are not JSON.
    fn unknown(&mut self, arguments: &str) {
        self.call(UNKNOWN, arguments);
        let of = serde_json::from_str::<Value>(arguments).ok();
        let tool = of.as_ref().and_then(|of| of.get("tool")?.as_str());
        let submission = tool.is_some_and(|tool| Role::ALL.iter().any(|role| role.mailbox() == tool));
        self.refused(if submission { Refused::unreadable } else { Refused::call });
    }

    fn compacted(&mut self) {
        self.fit.compacted += 1;
        if self.fit.compacted >= MAX_COMPACTED {
            let why = self.fit.too_small();
            self.stop.get_or_insert(Stop { class: FailureClass::Timeout, why });
        }
    }

    fn refused(&mut self, count: fn(&mut Refused) -> bool) {
        if count(&mut self.refused) {
            let why = "was refused too many calls in one turn".to_string();
            self.stop.get_or_insert(Stop { class: FailureClass::Malformed, why });
        }
    }
}

impl Fit {
    fn too_small(&self) -> String {
        let Fit { model, context, compacted, said } = self;
        let holds =
            context.map_or(String::new(), |tokens| format!(" ({tokens} tokens by OpenCode's settings)"));
        let says = said.as_ref().map_or(String::new(), |said| format!("; {}", cut(said.trim(), MAX_SAID)));
        format!(
            "sends more than `{model}` takes{holds}, and {compacted} compactions by OpenCode did not help: correct \
             `limit.context` in opencode.json, or choose a model with a larger context{says}"
        )
    }
}

/// What was wrong with a call that the host could not make. `arguments` are the host's: the tool and its error.
fn unreadable(arguments: &str) -> String {
    let of = serde_json::from_str::<Value>(arguments).unwrap_or_default();
    let said = |key| of.get(key).and_then(Value::as_str).unwrap_or_default();
    let tool = match said("tool") {
        "" => "a tool".to_string(),
        tool => format!("`{}`", cut(tool, MAX_TOOL)),
    };
    let error = said("error");
    match error {
        _ if error.contains("JSON") => format!("{tool} with arguments that are no JSON"),
        _ if error.contains("Invalid input") => format!("{tool} with arguments that do not fit it"),
        _ => format!("{tool}, which does not exist"),
    }
}

/// Whether the host refused a call by its permissions. The engine counts its own refusals when it refuses.
fn is_denied(error: &str) -> bool {
    !error.contains("refused:") && (error.contains("permission") || error.contains("rule which prevents"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(part: &str, bytes: u64) -> Observation {
        Observation::Text { answer: "m1".into(), part: part.into(), bytes }
    }

    #[test]
    fn words_have_an_end_and_thoughts_a_later_one() {
        let watch = Watch::default();
        watch.begin(Role::Coder, "go", Price::default());
        watch.observe(Observation::Thought { part: "p1".into() });
        watch.observe(text("p1", MAX_ANSWER + 1));
        watch.observe(text("p2", MAX_ANSWER));
        assert!(!watch.glance().endless);
        watch.observe(text("p2", 1));
        assert!(watch.glance().endless);
        watch.begin(Role::Coder, "again", Price::default());
        assert!(!watch.glance().endless, "each turn is counted for itself");
    }

    #[test]
    fn a_tool_that_does_not_exist_is_a_call_like_any_other() {
        let watch = Watch::default();
        for n in 0..4 {
            assert_eq!(watch.glance().stop, None, "{n}");
            let (call, arguments) = (format!("c{n}"), r#"{"tool":"bash"}"#.to_string());
            for _ in 0..2 {
                let (call, tool, arguments) = (call.clone(), UNKNOWN.to_string(), arguments.clone());
                watch.observe(Observation::Tool { call, tool, arguments, error: None });
            }
        }
        let why = watch.glance().stop.unwrap().why;
        assert!(why.contains("(`bash`, which does not exist, 4 calls)"), "{why}");
        assert_eq!(watch.glance().calls, 4);
    }

    #[test]
    fn a_call_that_cannot_be_read_names_its_tool() {
        let said =
            |error: &str| unreadable(&serde_json::json!({ "tool": "write", "error": error }).to_string());
        let json = "Invalid input for tool write: JSON parsing failed: Text: {\"filePath\": \"a.js.";
        assert_eq!(said(json), "`write` with arguments that are no JSON");
        let wrong = "Invalid input for tool write: Type validation failed";
        assert_eq!(said(wrong), "`write` with arguments that do not fit it");
        let none = "Model tried to call unavailable tool 'write'. Available tools: edit.";
        assert_eq!(said(none), "`write`, which does not exist");
        assert_eq!(unreadable("no JSON at all"), "a tool, which does not exist");
    }

    #[test]
    fn the_same_call_is_refused_and_then_the_end_of_it() {
        let watch = Watch::default();
        let words: Vec<Option<String>> = (0..6).map(|_| watch.call("read", "{}")).collect();
        assert!(words[..2].iter().all(Option::is_none));
        assert!(words[2].as_ref().is_some_and(|words| words.contains("3 times")));
        assert!(watch.glance().stop.unwrap().why.contains("read"));
    }

    #[test]
    fn a_role_whose_calls_tell_it_nothing_new_is_told_and_then_cut_off() {
        let watch = Watch::default();
        watch.begin(Role::Coder, "go", Price::default());
        let mut refused = Vec::new();
        for n in 0..25 {
            assert_eq!(watch.glance().stop, None, "{n}");
            refused.extend(watch.call("read", &format!("{{\"offset\":{n}}}")));
            // The host shows each call again in every request
            for _ in 0..2 {
                watch.told(&format!("p{n}"), "read", "1: a\n");
            }
        }
        assert!(refused.len() == 1 && refused[0].contains("last 12 calls"), "{refused:?}");
        assert!(watch.glance().stop.unwrap().why.contains("last 24 calls"));
        watch.begin(Role::Coder, "again", Price::default());
        watch.told("p99", "read", "1: a\n");
        assert_eq!(watch.glance().stop, None, "each turn is counted for itself");
    }

    #[test]
    fn what_was_spent_is_told_once_and_only_to_who_asks_for_it() {
        let watch = Watch::default();
        let tokens = Tokens { input: 7, ..Tokens::default() };
        watch.observe(Observation::Usage { answer: "m1".into(), tokens, cost_usd: 0.5 });
        watch.glance();
        let news = watch.news_at_end((tokens, 0.5)).unwrap();
        assert_eq!((news.tokens, news.cost_usd, news.requests), (tokens, 0.5, 1));
        assert_eq!((watch.news(), watch.news_at_end((tokens, 0.5))), (None, None));
    }

    #[test]
    fn refusals_of_every_kind_count_together() {
        let watch = Watch::default();
        let tool = |call: &str, tool: &str, arguments: &str, error: Option<&str>| {
            let (call, tool, arguments) = (call.to_string(), tool.to_string(), arguments.to_string());
            watch.observe(Observation::Tool { call, tool, arguments, error: error.map(str::to_string) });
        };
        for n in 0..4 {
            watch.refused(&crate::talk::mailbox::refusal(
                "mission_work",
                &["`a` is not yours".into(), "b".into()],
            ));
            tool(&format!("d{n}"), "bash", "{}", Some("a rule which prevents you from using this tool call"));
            tool(&format!("e{n}"), "read", "{}", Some("File not found: a.js"));
        }
        tool("x1", UNKNOWN, r#"{"tool":"mission_work","error":"not JSON"}"#, None);
        assert_eq!(watch.glance().stop, None);
        tool("x2", UNKNOWN, r#"{"tool":"lookup","error":"no such tool"}"#, None);
        assert!(watch.glance().stop.unwrap().why.contains("too many calls"));
        assert_eq!(watch.last_refusal().as_deref(), Some("`a` is not yours"));
        watch.refused("refused: `b` is not there.");
        assert_eq!(watch.last_refusal().as_deref(), Some("`b` is not there."));
        assert!(watch.is_over().is_some());
        watch.begin(Role::Coder, "again", Price::default());
        assert_eq!((watch.glance().stop, watch.is_over()), (None, None), "each turn is counted for itself");
    }

    #[test]
    fn nothing_is_sent_once_a_result_is_accepted() {
        let watch = Watch::default();
        watch.begin(Role::Coder, "go", Price::default());
        assert_eq!(watch.is_over(), None);
        watch.finish();
        assert!(watch.is_over().is_some());
    }

    #[test]
    fn messages_that_do_not_fit_the_model_end_the_turn() {
        let watch = Watch::default();
        let compacts = |times: u32| {
            for _ in 0..times {
                watch.observe(Observation::TooLarge { message: "at most 8192 tokens".into() });
                // The summary is text, and text is no progress
                watch.observe(text("summary", 9));
                watch.observe(Observation::Compacted);
            }
        };
        watch.begin(Role::Coder, "go", Price::default());
        watch.answers("a/x", Some(200_000));
        compacts(2);
        let (call, tool, arguments) = ("c1".to_string(), "read".to_string(), "{}".to_string());
        watch.observe(Observation::Tool { call, tool, arguments, error: None });
        compacts(2);
        assert_eq!(watch.glance().stop, None, "a long work may be shortened again and again");
        compacts(1);
        let why = watch.glance().stop.unwrap().why;
        assert!(why.contains("`a/x`") && why.contains("200000") && why.contains("3 compactions"), "{why}");
        assert!(why.ends_with("; at most 8192 tokens"), "{why}");
        assert_eq!(watch.is_over(), Some(why), "no further request is sent");
        watch.begin(Role::Coder, "again", Price::default());
        watch.answers("b/y", None);
        compacts(2);
        assert_eq!(watch.glance().stop, None, "each turn is counted for itself");
    }

    #[test]
    fn life_ends_a_wait_for_the_provider() {
        let watch = Watch::default();
        watch.observe(Observation::Retry { message: "429".into(), next_ms: 5 });
        let first = watch.glance().waiting.unwrap().since;
        watch.observe(Observation::Retry { message: "429".into(), next_ms: 9 });
        assert_eq!(watch.glance().waiting.unwrap().since, first, "since the first of a row");
        watch.observe(text("p", 1));
        assert!(watch.glance().waiting.is_none());
    }
}
