//! What was measured: the missions that were played (`results`), their statistics beside what the formula predicts
//! (`stats`), and the report of both. It plays nothing.

pub mod report;
pub mod results;
pub mod stats;
