//! The measurements: results of played missions (`results`), their statistics and the formula's prediction
//! (`stats`), and the report of both. It plays nothing.

pub mod report;
pub mod results;
pub mod stats;
