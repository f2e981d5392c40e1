//! The actor that owns a mission's state: it writes events down, applies them, and starts what is due.
//!
//! `missions` runs it, steps ask it through `Orchestrator`. What is due and what is allowed is decided in `mission`;
//! how it is done, in the steps that `effects` hides. Nothing here asks a model or runs git, a check or a gate.

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
