//! Findings as text, JSON and SARIF.
//!
//! `lint` of the command line prints them. Here nothing is printed, and no finding is left out, sorted or weighed.

mod json;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::text;
