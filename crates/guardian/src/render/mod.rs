//! Findings as text, JSON and SARIF.
//!
//! `lint` of the command line prints them. This module prints nothing, and keeps all findings in their order.

mod json;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::text;
