//! The N-API face of the core: conversions between JavaScript and the engine, and nothing else.
//!
//! **Invariant:** no decision is made here. Values cross as JSON text, so that one serde type serves both sides.

// Without Node nobody calls these functions
#![cfg_attr(test, allow(dead_code))]

mod bridge;
mod engine_class;
mod functions;
