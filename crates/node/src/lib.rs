//! The N-API interface of the core: only conversions between JavaScript and the engine.
//!
//! **Invariant:** it makes no decision. Values cross as JSON text, so that one serde type serves both sides.

// Tests run without Node, so nothing calls these functions
#![cfg_attr(test, allow(dead_code))]

mod bridge;
mod engine_class;
mod functions;
