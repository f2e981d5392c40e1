//! Lints a tree whole, in parts of bounded size, on all cores.
//!
//! The result does not depend on the number of cores, nor on how the parts are cut.

use std::sync::Arc;

use crate::engine::Guardian;
use crate::finding::Finding;
use crate::project::Surroundings;
use crate::sources::Sources;

/// Files of one tree, linted whole and in parts, on as many threads as the caller has.
///
/// What is found in a file depends on its part, if at all, only by how certain it is: what several files of a part do
/// alike is doubted. The same parts give the same findings, whatever runs beside them.
pub struct Scan<'a> {
    guardian: &'a Guardian,
    sources: &'a (dyn Sources + Sync),
    around: Arc<Surroundings<'a>>,
}

impl<'a> Scan<'a> {
    /// A scan of these sources.
    pub fn new(guardian: &'a Guardian, sources: &'a (dyn Sources + Sync)) -> Scan<'a> {
        Scan { guardian, sources, around: Arc::new(Surroundings::of(sources)) }
    }

    /// What is wrong with a part of the files, sorted. All of the part is held in memory at once.
    pub fn part(&self, paths: &[String]) -> Vec<Finding> {
        self.guardian.lint_part(self.sources, &self.around, paths)
    }
}
