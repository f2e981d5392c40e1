//! Why a mission waits, in a form that a journal keeps and in words for its user. It decides nothing.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "detail")]
pub enum PauseReason {
    /// The user stopped it: by Esc, `/task stop` or the CLI.
    Stopped(String),
    /// A budget was reached; the text names it.
    Budget(String),
    /// OpenCode failed again and again.
    Host(String),
    /// No model answers; the text names the models, for how long, and why.
    Provider(String),
    /// A Reviewer submits nothing.
    Review(String),
    /// The project's files could not be read.
    Project(String),
    /// The finished change could not be delivered.
    Delivery(String),
    /// The plan waits for the user.
    Approval,
    /// The plan contains something that needs the user's agreement; the text says what, and how to
    /// agree.
    Consent(String),
    /// The repository's own settings loosen limits or run something, and the user has not trusted them.
    Trust(String),
    /// Packages that the plan needs cannot be fetched now.
    Packages(String),
    /// The set-up of the checks failed; the text has the command, its last lines and what to do.
    Setup(String),
    /// OpenCode ended.
    Shutdown,
}

impl PauseReason {
    /// The pause for a failed set-up, with what to do about it.
    pub fn setup(failure: &str, mission: &str) -> PauseReason {
        PauseReason::Setup(format!(
            "{failure}. No change of the mission is at fault. Fix the cause and continue with `/task resume {mission}`; or write \
             other commands to `setup` under `[workspace]` in opencode.toml; or let the mission work without the evidence of these \
             checks: `setup_failure = \"no_evidence\"` there"
        ))
    }
}

impl std::fmt::Display for PauseReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PauseReason::Stopped(by) => write!(f, "stopped by {by}"),
            PauseReason::Budget(which) => write!(f, "budget reached: {which}"),
            PauseReason::Host(what) => write!(f, "OpenCode could not continue: {what}"),
            PauseReason::Provider(what) => write!(f, "the model's provider does not answer: {what}"),
            PauseReason::Review(what) => write!(f, "a review could not be made: {what}"),
            PauseReason::Project(what) => write!(f, "the project could not be read: {what}"),
            PauseReason::Delivery(what) => write!(f, "the finished change was not delivered: {what}"),
            PauseReason::Approval => f.write_str("the plan waits for approval"),
            PauseReason::Consent(what) | PauseReason::Trust(what) => {
                write!(f, "your consent is needed: {what}")
            }
            PauseReason::Packages(what) => write!(f, "packages could not be added: {what}"),
            PauseReason::Setup(what) => write!(f, "the project's set-up fails: {what}"),
            PauseReason::Shutdown => f.write_str("OpenCode ended"),
        }
    }
}
