//! A file for the rules, and what is read from it in every language: functions and tests, bodies, places, the lines
//! that a change wrote. Knows no rule and no other file.

pub(crate) mod baseline;
pub(crate) mod bodies;
pub(crate) mod constant;
pub(crate) mod file;
pub(crate) mod flat;
pub(crate) mod functions;
pub(crate) mod places;
pub(crate) mod said;
