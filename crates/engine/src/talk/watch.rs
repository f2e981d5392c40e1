//! What is seen of a session while its role is at work: words, calls, cost, and whether it goes round in circles.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mission::flag::{MAX_ANSWER, MAX_THOUGHT, Repeated, Repeats};
use mission::{Meter, Tokens};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::host::Observation;

/// Ids that are remembered of one turn.
const MAX_IDS: usize = 4096;
/// The tool by which OpenCode answers a call of one that does not exist.
const UNKNOWN: &str = "invalid";

/// Shared by the hooks, which tell it, and the conversation, which looks.
#[derive(Default)]
pub(crate) struct Watch {
    seen: Mutex<Seen>,
    changed: Notify,
}

#[derive(Default)]
struct Seen {
    meter: Meter,
    repeats: Repeats,
    thoughts: BTreeSet<String>,
    calls: BTreeSet<String>,
    said: u64,
    thought: u64,
    /// Signs of life, counted.
    alive: u64,
    waiting: Option<Waiting>,
    circle: Option<String>,
}

/// The host waits for the provider.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub message: String,
    pub next_ms: u64,
    pub since: Instant,
}

/// What a conversation needs to know.
#[derive(Clone, Debug, Default)]
pub(super) struct Glance {
    pub alive: u64,
    pub calls: u32,
    pub waiting: Option<Waiting>,
    /// Why the role should be cut off: it repeats itself.
    pub circle: Option<String>,
    /// More words or thoughts than any answer needs.
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
            Observation::Tool { call, tool, arguments } => {
                if seen.calls.len() < MAX_IDS && seen.calls.insert(call) && tool == UNKNOWN {
                    // no hook sees a call of a tool that does not exist
                    seen.call(&tool, &arguments);
                }
                seen.lives();
            }
            Observation::Retry { message, next_ms } => {
                let since = seen.waiting.as_ref().map_or_else(Instant::now, |waiting| waiting.since);
                seen.waiting = Some(Waiting { message, next_ms, since });
            }
        }
        drop(seen);
        self.changed.notify_one();
    }

    /// A call of a tool is about to go ahead; the words for the model where it had better not.
    pub fn call(&self, tool: &str, arguments: &str) -> Option<String> {
        let repeated = self.lock().call(tool, arguments);
        match repeated {
            Repeated::No => None,
            Repeated::Tell(times) => Some(format!(
                "refused: this is the same call of `{tool}` again ({times} times in a row), and nothing has changed. Do \
                 something else, or hand in what you have."
            )),
            Repeated::CutOff(_) => {
                self.changed.notify_one();
                Some("refused: the same calls again and again; this session ends here.".into())
            }
        }
    }

    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A prompt is about to be sent.
    pub(super) fn begin(&self, text: &str) {
        let mut seen = self.lock();
        (seen.said, seen.thought, seen.waiting) = (0, 0, None);
        // what another role did before in this session is not held against this one
        (seen.circle, seen.repeats) = (None, Repeats::default());
        seen.calls.clear();
        seen.meter.sent(text.len());
    }

    /// A tool's answer goes to the model.
    pub(super) fn answered(&self, words: &str) {
        self.lock().meter.sent(words.len());
    }

    pub(super) fn look(&self) -> Glance {
        let seen = self.lock();
        Glance {
            alive: seen.alive,
            calls: u32::try_from(seen.calls.len()).unwrap_or(u32::MAX),
            waiting: seen.waiting.clone(),
            circle: seen.circle.clone(),
            endless: seen.said > MAX_ANSWER || seen.thought > MAX_THOUGHT,
        }
    }

    /// Tokens and US dollars that came in addition; given once.
    pub(super) fn news(&self) -> Option<(Tokens, f64)> {
        self.lock().meter.news(None)
    }

    /// What came in addition, when the host has said what the whole session cost.
    pub(super) fn settle(&self, reported: (Tokens, f64)) -> Option<(Tokens, f64)> {
        self.lock().meter.news(Some(reported))
    }

    /// What an answer that was cut off has cost, as far as nobody reports it.
    pub(super) fn unreported(&self) -> Option<Tokens> {
        self.lock().meter.unreported()
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
            let what = if tool == UNKNOWN { "a tool that does not exist" } else { tool };
            self.circle = Some(format!("it called the same again and again ({what}, {times} calls)"));
        }
        repeated
    }
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
        watch.begin("go");
        watch.observe(Observation::Thought { part: "p1".into() });
        watch.observe(text("p1", MAX_ANSWER + 1));
        watch.observe(text("p2", MAX_ANSWER));
        assert!(!watch.look().endless);
        watch.observe(text("p2", 1));
        assert!(watch.look().endless);
        watch.begin("again");
        assert!(!watch.look().endless, "each turn is counted for itself");
    }

    #[test]
    fn a_tool_that_does_not_exist_is_a_call_like_any_other() {
        let watch = Watch::default();
        for n in 0..6 {
            assert_eq!(watch.look().circle, None, "{n}");
            let (call, arguments) = (format!("c{n}"), r#"{"tool":"bash"}"#.to_string());
            for _ in 0..2 {
                let tool = UNKNOWN.to_string();
                watch.observe(Observation::Tool { call: call.clone(), tool, arguments: arguments.clone() });
            }
        }
        assert!(watch.look().circle.unwrap().contains("does not exist"));
        assert_eq!(watch.look().calls, 6);
    }

    #[test]
    fn the_same_call_is_refused_and_then_the_end_of_it() {
        let watch = Watch::default();
        let words: Vec<Option<String>> = (0..6).map(|_| watch.call("read", "{}")).collect();
        assert!(words[..2].iter().all(Option::is_none));
        assert!(words[2].as_ref().is_some_and(|words| words.contains("3 times in a row")));
        assert!(watch.look().circle.unwrap().contains("read"));
    }

    #[test]
    fn what_was_spent_is_told_once_and_only_to_who_asks_for_it() {
        let watch = Watch::default();
        let tokens = Tokens { input: 7, ..Tokens::default() };
        watch.observe(Observation::Usage { answer: "m1".into(), tokens, cost_usd: 0.5 });
        watch.look();
        assert_eq!(watch.settle((tokens, 0.5)), Some((tokens, 0.5)));
        assert_eq!((watch.news(), watch.settle((tokens, 0.5))), (None, None));
    }

    #[test]
    fn life_ends_a_wait_for_the_provider() {
        let watch = Watch::default();
        watch.observe(Observation::Retry { message: "429".into(), next_ms: 5 });
        let first = watch.look().waiting.unwrap().since;
        watch.observe(Observation::Retry { message: "429".into(), next_ms: 9 });
        assert_eq!(watch.look().waiting.unwrap().since, first, "since the first of a row");
        watch.observe(text("p", 1));
        assert!(watch.look().waiting.is_none());
    }
}
