//! The actor that owns a mission's state: it writes events down, applies them, and starts what is due.

pub(crate) mod effects;
pub(crate) mod estimate_text;
pub(crate) mod orchestrator;
pub(crate) mod past;
pub(crate) mod progress;
pub(crate) mod providers;
pub(crate) mod record;
pub(crate) mod reservations;
mod task_tokens;
pub(crate) mod told;
