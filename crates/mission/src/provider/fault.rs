//! Why a model gave no answer, read from the host's report of the failure.

use serde::{Deserialize, Serialize};

/// Why a model gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Too many requests in too short a time.
    RateLimit,
    /// The provider is down or cannot be reached.
    Outage,
    /// The model sent nothing within the role's time limit.
    Silence,
    /// The provider does not accept the key, the account or the model: waiting does not help.
    Refused,
}

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Fault::RateLimit => "rate limit",
            Fault::Outage => "outage",
            Fault::Silence => "no answer",
            Fault::Refused => "refused",
        }
    }
}

/// The provider's fault behind the error of a turn; `None` if the error is about the request or the host. `name` is the
/// host's name of the error, `status` the provider's HTTP status.
pub fn classify(name: &str, status: Option<u16>, message: &str) -> Option<Fault> {
    if name == "ProviderAuthError" || name == "ProviderModelNotFoundError" {
        return Some(Fault::Refused);
    }
    if matches!(name, "MessageAbortedError" | "MessageOutputLengthError" | "ContextOverflowError") {
        return None;
    }
    match status {
        Some(401..=404) => Some(Fault::Refused),
        Some(429) => Some(Fault::RateLimit),
        // The provider rejects the request itself
        Some(status @ 400..=499) if status != 408 && status != 409 => None,
        Some(_) => Some(Fault::Outage),
        None if is_rate_limit(message) => Some(Fault::RateLimit),
        // No status: no response came, or it broke off
        None => Some(Fault::Outage),
    }
}

/// Whether the message of a host that waits for a provider is about a limit on requests.
pub fn is_rate_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["429", "rate limit", "rate_limit", "ratelimit", "rate-limit", "too many requests", "quota", "overloaded"]
        .iter()
        .any(|word| message.contains(word))
}
