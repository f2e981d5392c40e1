//! Why a model gave no answer, read from what the host says of the failure.

use serde::{Deserialize, Serialize};

/// Why a model gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Too much was asked in too short a time.
    RateLimit,
    /// The provider is down, or not to be reached.
    Outage,
    /// It said nothing at all within the role's time limit.
    Silence,
    /// The key, the account or the model is not accepted: waiting does not help.
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

/// What an error of a turn says of the provider; `None` if it says nothing of it, but of the request or the host. `name`
/// is the host's word for the error, `status` the provider's HTTP status.
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
        // What the provider says of the request itself
        Some(status @ 400..=499) if status != 408 && status != 409 => None,
        Some(_) => Some(Fault::Outage),
        None if is_rate_limit(message) => Some(Fault::RateLimit),
        // No status: nothing came back at all, or it broke off
        None => Some(Fault::Outage),
    }
}

/// Whether the words of a host that waits for a provider speak of a limit on requests.
pub fn is_rate_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["429", "rate limit", "rate_limit", "ratelimit", "rate-limit", "too many requests", "quota", "overloaded"]
        .iter()
        .any(|word| message.contains(word))
}
