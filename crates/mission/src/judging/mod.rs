//! How a change is judged, apart from its gates: what checks said, tests by another Coder, several Coders at one
//! attempt, and the Reviewers of the whole. Pure rules over data of events. Nothing runs here, and no model is
//! asked: gates run in the engine's `gates`, Reviewers are asked in its `steps/review`.

pub mod candidates;
pub mod check;
pub mod independent;
pub mod item_verdict;
pub mod panel;
pub mod written_tests;
