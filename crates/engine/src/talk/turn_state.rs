//! Decides the next step of a turn: a state machine without a clock, a channel or a host.
//!
//! `turn` gives it each signal with the time since the turn began, and carries out the step that it returns. A signal
//! that a state does not expect changes nothing. After a turn is cut off, no signal prevents its end.

use std::time::Duration;

use mission::flag::RedFlag;
use mission::provider::{Fault, MAX_WAIT_MS, classify, is_rate_limit};
use mission::{FailureClass, Role, Tokens};

use crate::failure::RoleFailure;
use crate::host::{Turn, TurnError};
use crate::talk::mailbox::{MailboxAnswer, refusal};
use crate::talk::watch::Stop;

/// The most refused submissions that are answered; one more ends the attempt.
const MAX_REFUSALS: u32 = 3;
/// How long a role may continue to talk after its result was accepted.
const GRACE: Duration = Duration::from_secs(30);
/// A role that makes progress may use this many times its time limit for one prompt.
const LIMITS: u32 = 6;
/// How long the host may wait for a provider, whatever delay the provider requests.
const PATIENCE_MS: u64 = MAX_WAIT_MS / 2;

/// The host's name of the reason, if the model's output limit ended an answer.
const OUTPUT_LIMIT: &str = "length";

/// A signal to the state machine.
pub(super) enum TurnSignal<R> {
    /// The task is over; with `mission`, the whole mission.
    Cancelled { mission: bool },
    /// The time of [`TurnState::deadline`] is reached.
    Deadline,
    /// The role called a tool of the engine.
    Called,
    /// The mailbox answered the call of `tool`.
    Answered { tool: String, answer: MailboxAnswer<R> },
    /// The session's watch has news.
    Seen(Sighting),
    /// The news is recorded; `refused`: why the task may spend no more.
    Noted { refused: Option<String> },
    /// The host ended the turn. `calls`: tool calls in the turn; `stop`: a reason to stop it.
    Ended { turn: Result<Turn, RoleFailure>, calls: u32, stop: Option<Stop> },
    /// The turn was cut off and is over.
    Aborted { calls: u32 },
}

/// What the watch saw of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Sighting {
    /// The number of signs of life so far.
    pub alive: u64,
    /// The session used tokens that are not recorded yet.
    pub spent: bool,
    pub stop: Option<Stop>,
    /// The answer has more text or thoughts than any answer needs.
    pub endless: bool,
    pub waiting: Option<ProviderWait>,
}

/// The host waits for the provider.
#[derive(Clone, Debug)]
pub(super) struct ProviderWait {
    pub message: String,
    /// The whole duration of the wait: elapsed and still planned.
    pub ms: u64,
}

/// The next step.
#[derive(Debug)]
pub(super) enum TurnStep<R> {
    /// Wait for the next signal.
    Wait,
    /// Ask the mailbox and signal `Answered`.
    AskMailbox,
    /// Answer the tool call, then wait.
    Reply { words: String, mark: Option<Mark> },
    /// Tell the orchestrator, and signal `Noted`.
    Note {
        /// The model answered for the first time in this turn.
        answered: bool,
        /// The host's words, if it waits for the provider for the first time in this turn.
        waits: Option<String>,
    },
    /// Abort, count the cost, and signal `Aborted`.
    CutOff {
        /// The reason for the journal; `None` if the mission is over.
        reason: Option<String>,
        /// The provider refused the request: usage that nobody reports costs nothing.
        unread: bool,
    },
    /// The turn is over. If there is an `account`, its reservation is released.
    End { account: Option<Account>, model_answered: bool, outcome: Result<TurnEnd<R>, RoleFailure> },
}

/// What the session's watch learns with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The result is accepted: the host sends no further request.
    Accepted,
    /// The call was refused.
    Refused,
}

/// The session's usage that the host reports at the end of a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Account {
    pub tokens: Tokens,
    pub cost_usd: f64,
    /// The turn ended with an error.
    pub failed: bool,
}

/// How a turn ended.
#[derive(Debug, PartialEq)]
pub(super) enum TurnEnd<R> {
    Submitted(R),
    /// Nothing was submitted; `flag`: why the answer is to be discarded, if it is.
    Nothing {
        flag: Option<RedFlag>,
        calls: u32,
    },
    /// The provider gave no answer.
    Fault {
        fault: Fault,
        reason: String,
        calls: u32,
        /// Before, tools were called or tokens were spent: the call counts.
        worked: bool,
    },
}

/// Why a turn is cut off.
#[derive(Debug)]
enum Cut {
    /// The mission or the task is over.
    Over,
    Failed(FailureClass, String),
    Endless,
    Provider(Fault, String),
}

/// The signal that the machine waits for.
#[derive(Debug)]
enum Phase {
    Listening,
    AskingMailbox,
    /// News is being recorded; `cut`: why the turn is cut off afterwards.
    Noting {
        cut: Option<Cut>,
    },
    CuttingOff(Cut),
    Over,
}

#[derive(Debug)]
pub(super) struct TurnState<R> {
    role: Role,
    /// The role's time limit.
    limit: Duration,
    phase: Phase,
    accepted: Option<R>,
    /// Refused submissions, including those in earlier turns for the same result.
    refusals: u32,
    /// When the turn is cut off if there is no further progress.
    idle_at: Duration,
    /// Signs of life that were counted.
    alive: u64,
    /// A tool was called or a sign of life was seen.
    progressed: bool,
    /// Tokens were spent: a whole answer arrived, not only the beginning of one.
    spent: bool,
    told_of_wait: bool,
}

impl<R> TurnState<R> {
    /// `alive`: the session's signs of life before this turn.
    pub fn new(role: Role, limit: Duration, refusals: u32, alive: u64) -> TurnState<R> {
        TurnState {
            role,
            limit,
            phase: Phase::Listening,
            accepted: None,
            refusals,
            idle_at: limit,
            alive,
            progressed: false,
            spent: false,
            told_of_wait: false,
        }
    }

    /// When `Deadline` is to be signalled, measured from the beginning of the turn.
    pub fn deadline(&self) -> Duration {
        if self.accepted.is_some() { self.idle_at } else { self.idle_at.min(self.end()) }
    }

    /// Refused submissions so far.
    pub fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Processes a signal that arrived `at` this time since the turn began, and returns the next step.
    pub fn on(&mut self, at: Duration, signal: TurnSignal<R>) -> TurnStep<R> {
        match (std::mem::replace(&mut self.phase, Phase::Over), signal) {
            (
                Phase::Listening | Phase::AskingMailbox | Phase::Noting { .. },
                TurnSignal::Cancelled { mission },
            ) => {
                let reason = (!mission).then(|| "its task is over".to_string());
                self.phase = Phase::CuttingOff(Cut::Over);
                TurnStep::CutOff { reason, unread: false }
            }
            (Phase::Listening, TurnSignal::Deadline) => self.cut_off(self.late()),
            (Phase::Listening, TurnSignal::Called) => {
                if self.accepted.is_some() {
                    self.progressed = true;
                    let words = "already accepted: nothing more to do, end your turn".into();
                    return self.listen(TurnStep::Reply { words, mark: None });
                }
                self.phase = Phase::AskingMailbox;
                TurnStep::AskMailbox
            }
            (Phase::AskingMailbox, TurnSignal::Answered { tool, answer }) => self.answered(at, &tool, answer),
            (Phase::Listening, TurnSignal::Seen(sighting)) => self.seen(at, sighting),
            (Phase::Noting { cut }, TurnSignal::Noted { refused }) => {
                let budget = refused.map(|what| Cut::Failed(FailureClass::Budget, what));
                match budget.or(cut) {
                    Some(cut) => self.cut_off(cut),
                    None => self.listen(TurnStep::Wait),
                }
            }
            (Phase::Listening, TurnSignal::Ended { turn, calls, stop }) => self.ended(turn, calls, stop),
            (Phase::CuttingOff(cut), TurnSignal::Aborted { calls }) => self.aborted(cut, calls),
            (phase, _) => {
                self.phase = phase;
                TurnStep::Wait
            }
        }
    }

    /// When the turn is cut off regardless of progress.
    fn end(&self) -> Duration {
        self.limit.saturating_mul(LIMITS)
    }

    fn listen(&mut self, step: TurnStep<R>) -> TurnStep<R> {
        self.phase = Phase::Listening;
        step
    }

    fn answered(&mut self, at: Duration, tool: &str, answer: MailboxAnswer<R>) -> TurnStep<R> {
        self.progressed = true;
        self.idle_at = at.saturating_add(self.limit);
        let (words, mark) = match answer {
            MailboxAnswer::Accepted(result) => {
                self.accepted = Some(result);
                self.idle_at = at.saturating_add(self.limit.min(GRACE));
                ("accepted. Nothing more to do: end your turn.".to_string(), Some(Mark::Accepted))
            }
            MailboxAnswer::Reply(words) => (words, None),
            MailboxAnswer::Refused(problems) => {
                let role = self.role;
                // Only submissions count; a wrong page name is not a submission.
                self.refusals += u32::from(tool == role.mailbox());
                if self.refusals > MAX_REFUSALS {
                    let (times, last) = (self.refusals, problems.first().map_or("", String::as_str));
                    let reason = format!(
                        "the {role} submitted {times} times what cannot be accepted; the last time: {last}"
                    );
                    return self.cut_off(Cut::Failed(FailureClass::Malformed, reason));
                }
                (refusal(tool, &problems), Some(Mark::Refused))
            }
        };
        self.listen(TurnStep::Reply { words, mark })
    }

    fn seen(&mut self, at: Duration, sighting: Sighting) -> TurnStep<R> {
        let Sighting { alive, spent, stop, endless, waiting } = sighting;
        if alive != self.alive {
            self.alive = alive;
            self.progressed = true;
            if self.accepted.is_none() {
                self.idle_at = at.saturating_add(self.limit);
            }
        }
        let answered = spent && !self.spent;
        self.spent |= spent;
        let waits = match &waiting {
            Some(wait) if !self.told_of_wait => Some(wait.message.clone()),
            _ => None,
        };
        self.told_of_wait |= waits.is_some();
        let cut = if self.accepted.is_some() {
            None
        } else if let Some(stop) = stop {
            Some(Cut::Failed(stop.class, self.why(&stop)))
        } else if endless {
            Some(Cut::Endless)
        } else {
            waiting.filter(|wait| wait.ms > PATIENCE_MS).map(|wait| {
                let fault = if is_rate_limit(&wait.message) { Fault::RateLimit } else { Fault::Outage };
                Cut::Provider(fault, wait.message)
            })
        };
        self.phase = Phase::Noting { cut };
        TurnStep::Note { answered, waits }
    }

    fn ended(&mut self, turn: Result<Turn, RoleFailure>, calls: u32, stop: Option<Stop>) -> TurnStep<R> {
        let accepted = self.accepted.take();
        let turn = match turn {
            Ok(turn) => turn,
            // An accepted result stays accepted, however the host ends the turn.
            Err(_) if accepted.is_some() => Turn::default(),
            Err(failure) => {
                return TurnStep::End { account: None, model_answered: false, outcome: Err(failure) };
            }
        };
        let failed = turn.error.is_some() && accepted.is_none();
        let account = Some(Account { tokens: turn.tokens, cost_usd: turn.cost_usd, failed });
        let (model_answered, outcome) = match (accepted, stop, &turn.error) {
            (Some(result), ..) => (true, Ok(TurnEnd::Submitted(result))),
            (None, Some(stop), _) => (false, Err(RoleFailure::new(stop.class, self.why(&stop)))),
            (None, None, Some(error)) => {
                let worked = calls > 0 || self.spent || turn.tokens.total() > 0;
                (false, end_by_error(error, calls, worked))
            }
            (None, None, None) => {
                let flag = RedFlag::of(&turn.text, turn.bytes, calls).map(|flag| match flag {
                    RedFlag::Empty | RedFlag::Prose if turn.finish.as_deref() == Some(OUTPUT_LIMIT) => {
                        RedFlag::OutputLimit
                    }
                    flag => flag,
                });
                (true, Ok(TurnEnd::Nothing { flag, calls }))
            }
        };
        TurnStep::End { account, model_answered, outcome }
    }

    fn aborted(&mut self, cut: Cut, calls: u32) -> TurnStep<R> {
        let outcome = match (self.accepted.take(), cut) {
            (_, Cut::Over) => Err(RoleFailure::stopped()),
            (Some(result), _) => Ok(TurnEnd::Submitted(result)),
            (None, Cut::Failed(class, reason)) => Err(RoleFailure::new(class, reason)),
            (None, Cut::Endless) => Ok(TurnEnd::Nothing { flag: Some(RedFlag::TooLong), calls }),
            (None, Cut::Provider(fault, reason)) => {
                let worked = calls > 0 || self.spent;
                Ok(TurnEnd::Fault { fault, reason, calls, worked })
            }
        };
        TurnStep::End { account: None, model_answered: false, outcome }
    }

    fn cut_off(&mut self, cut: Cut) -> TurnStep<R> {
        let reason = match &cut {
            Cut::Over => None,
            Cut::Failed(_, reason) => Some(reason.clone()),
            Cut::Endless => Some(RedFlag::TooLong.name().to_string()),
            Cut::Provider(_, reason) => Some(format!("the provider does not answer: {reason}")),
        };
        let unread = matches!(cut, Cut::Provider(Fault::RateLimit | Fault::Outage, _));
        self.phase = Phase::CuttingOff(cut);
        TurnStep::CutOff { reason, unread }
    }

    fn late(&self) -> Cut {
        let (role, limit) = (self.role, self.limit.as_secs());
        if self.deadline() == self.end() {
            let all = limit.saturating_mul(u64::from(LIMITS));
            return Cut::Failed(FailureClass::Timeout, format!("the {role} had not ended after {all} s"));
        }
        if self.progressed {
            let reason = format!("the {role} was cut off: no progress for {limit} s");
            return Cut::Failed(FailureClass::Timeout, reason);
        }
        Cut::Provider(Fault::Silence, format!("the {role} was cut off: no answer within {limit} s"))
    }

    fn why(&self, stop: &Stop) -> String {
        format!("the {} {}", self.role, stop.why)
    }
}

fn end_by_error<R>(error: &TurnError, calls: u32, worked: bool) -> Result<TurnEnd<R>, RoleFailure> {
    if error.name == "MessageOutputLengthError" {
        return Ok(TurnEnd::Nothing { flag: Some(RedFlag::OutputLimit), calls });
    }
    let reason = format!("{}: {}", error.name, error.message);
    match classify(&error.name, error.status, &error.message) {
        Some(fault) => Ok(TurnEnd::Fault { fault, reason, calls, worked }),
        // The request is larger than the model's context: a retry would fail in the same way, a smaller task may fit.
        None if error.name == "ContextOverflowError" => Err(RoleFailure::new(FailureClass::Timeout, reason)),
        None => Err(RoleFailure::host(reason)),
    }
}

#[cfg(test)]
mod tests;
