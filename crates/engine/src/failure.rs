//! Why a role gave no result. A leaf, so that every floor can use it.

use mission::FailureClass;
use mission::permit::Refusal;

/// Why a role gave no result.
#[derive(Clone, Debug)]
pub(crate) struct RoleFailure {
    pub class: FailureClass,
    pub reason: String,
}

impl RoleFailure {
    pub fn new(class: FailureClass, reason: impl Into<String>) -> RoleFailure {
        RoleFailure { class, reason: reason.into() }
    }

    pub fn host(reason: impl Into<String>) -> RoleFailure {
        RoleFailure::new(FailureClass::Host, reason)
    }

    /// The mission ended or paused meanwhile, or the task is over; this failure is no longer recorded.
    pub fn stopped() -> RoleFailure {
        RoleFailure::host("the mission was stopped")
    }
}

impl From<Refusal> for RoleFailure {
    fn from(refusal: Refusal) -> RoleFailure {
        match refusal {
            Refusal::Stopped => RoleFailure::stopped(),
            Refusal::Cancelled => RoleFailure::host("the task is over"),
            Refusal::TaskBudget(what) => RoleFailure::new(FailureClass::Budget, what),
        }
    }
}
