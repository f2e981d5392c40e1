//! What a turn does next: a state machine without a clock, a channel or a host.
//!
//! `turn` tells it each signal with the time since the turn began, and carries out the step that it answers. A signal that a
//! state does not expect changes nothing, and nothing that arrives once a turn is cut off keeps it from its end.

use std::time::Duration;

use mission::flag::RedFlag;
use mission::provider::{Fault, MAX_WAIT_MS, classify, is_rate_limit};
use mission::{FailureClass, Role, Tokens};

use crate::failure::RoleFailure;
use crate::host::{Turn, TurnError};
use crate::talk::mailbox::{MailboxAnswer, refusal};
use crate::talk::watch::Stop;

/// Refused submissions that are answered; one more ends the attempt.
const MAX_REFUSALS: u32 = 3;
/// How long a role may continue to talk once its result was accepted.
const GRACE: Duration = Duration::from_secs(30);
/// A role that makes progress may take so many of its time limits for one prompt.
const LIMITS: u32 = 6;
/// How long the host may wait for a provider, whatever the provider asks for.
const PATIENCE_MS: u64 = MAX_WAIT_MS / 2;

/// What happened.
pub(super) enum TurnSignal<R> {
    /// The task is over; `mission`: the whole mission is.
    Cancelled { mission: bool },
    /// The time of [`TurnState::deadline`] has come.
    Deadline,
    /// The role called a tool of ours.
    Called,
    /// Its mailbox answered the call of `tool`.
    Answered { tool: String, answer: MailboxAnswer<R> },
    /// Something was seen of the session.
    Seen(Sighting),
    /// What was seen is noted; `refused`: why the task may spend no more.
    Noted { refused: Option<String> },
    /// The host ended the turn. `calls` of tools were seen in it, and perhaps a reason to stop it.
    Ended { turn: Result<Turn, RoleFailure>, calls: u32, stop: Option<Stop> },
    /// The turn that was cut off is over.
    Aborted { calls: u32 },
}

/// What was seen of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Sighting {
    /// Signs of life so far.
    pub alive: u64,
    /// It spent something that is not noted yet.
    pub spent: bool,
    pub stop: Option<Stop>,
    /// More words or thoughts than any answer needs.
    pub endless: bool,
    pub waiting: Option<ProviderWait>,
}

/// The host waits for the provider.
#[derive(Clone, Debug)]
pub(super) struct ProviderWait {
    pub message: String,
    /// How long it has waited and is to wait.
    pub ms: u64,
}

/// What to do.
#[derive(Debug)]
pub(super) enum TurnStep<R> {
    /// Wait for the next signal.
    Wait,
    /// Ask the mailbox and signal `Answered`.
    AskMailbox,
    /// Answer the tool call, then wait.
    Reply { words: String, mark: Option<Mark> },
    /// Tell the orchestrator and signal `Noted`.
    Note {
        /// The model answered for the first time in this turn.
        answered: bool,
        /// The host waits for the provider for the first time in this turn, with its words.
        waits: Option<String>,
    },
    /// Abort, count what it cost, and signal `Aborted`.
    CutOff {
        /// For the journal; `None` where the mission is over.
        reason: Option<String>,
        /// The provider refused the request: what nobody reports costs nothing.
        unread: bool,
    },
    /// The turn is over. What is reserved for it is released where there is an `account`.
    End { account: Option<Account>, model_answered: bool, outcome: Result<TurnEnd<R>, RoleFailure> },
}

/// What the session's watch is to know with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The result is accepted: no further request is sent.
    Accepted,
    /// The call was refused.
    Refused,
}

/// What the host says that the session used, when it ends a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Account {
    pub tokens: Tokens,
    pub cost_usd: f64,
    /// It ended with an error.
    pub failed: bool,
}

/// How a turn ended.
#[derive(Debug, PartialEq)]
pub(super) enum TurnEnd<R> {
    Submitted(R),
    /// Nothing was submitted; `flag` where the answer is to be discarded.
    Nothing {
        flag: Option<RedFlag>,
        calls: u32,
    },
    /// No answer came from the provider.
    Fault {
        fault: Fault,
        reason: String,
        calls: u32,
        /// Tools were called or tokens were spent before: the call counts.
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

/// What the next signal answers.
#[derive(Debug)]
enum Phase {
    Listening,
    AskingMailbox,
    /// What was seen is being noted; `cut`: why it is cut off then.
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
    /// Refused submissions, with those of earlier turns for the same result.
    refusals: u32,
    /// When it is cut off without further progress.
    idle_at: Duration,
    /// Signs of life that were seen.
    alive: u64,
    /// A tool was called or a sign of life was seen.
    progressed: bool,
    /// Something was spent: a whole answer came, not only the beginning of one.
    spent: bool,
    told_of_wait: bool,
}

impl<R> TurnState<R> {
    /// `alive`: signs of life of the session before this turn.
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

    /// When `Deadline` is to be signalled, from the beginning of the turn.
    pub fn deadline(&self) -> Duration {
        if self.accepted.is_some() { self.idle_at } else { self.idle_at.min(self.end()) }
    }

    /// Refused submissions so far.
    pub fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Takes in what happened `at` this time since the turn began, and says what to do.
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

    /// When the turn is cut off, however much progress it makes.
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
                // Only submissions count; a wrong page name is no result.
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
            // What was accepted stays so, however the host ends the turn.
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
                let flag = RedFlag::of(&turn.text, turn.bytes, calls);
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
        return Ok(TurnEnd::Nothing { flag: Some(RedFlag::TooLong), calls });
    }
    let reason = format!("{}: {}", error.name, error.message);
    match classify(&error.name, error.status, &error.message) {
        Some(fault) => Ok(TurnEnd::Fault { fault, reason, calls, worked }),
        // More than the model can hold: asked again it would be the same; a smaller task may fit.
        None if error.name == "ContextOverflowError" => Err(RoleFailure::new(FailureClass::Timeout, reason)),
        None => Err(RoleFailure::host(reason)),
    }
}

#[cfg(test)]
mod tests;
