//! The gates, one file or folder each, and the pipeline that calls them in order. None asks a
//! model.

mod added_cases;
pub(crate) mod checks;
pub(crate) mod decided;
pub(crate) mod guardian;
pub(crate) mod independent_tests;
pub(crate) mod new_tests;
pub(crate) mod pipeline;
pub(crate) mod protected;
pub(crate) mod scope;
pub(crate) mod test_edits;
pub(crate) mod test_run;
pub(crate) mod tree_sources;
pub(crate) mod verdict;
