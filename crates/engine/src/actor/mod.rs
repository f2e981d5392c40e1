//! The actor that owns a mission's state: it records events, applies them, and starts the effects that are due.
//!
//! `missions` runs it, steps ask it through `Orchestrator`. `mission` decides what is due and allowed; the steps
//! behind `effects` do it. Nothing here asks a model or runs git, a check or a gate.

pub(crate) mod board_text;
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
