//! Lints a whole tree, in parts of bounded size, on all cores.
//!
//! The result does not depend on the number of cores or on how the tree is cut into parts.

use std::sync::Arc;

use crate::engine::Guardian;
use crate::finding::Finding;
use crate::project::Surroundings;
use crate::sources::Sources;

/// Lints the files of one tree as whole files, in parts, on the caller's threads.
///
/// The other files of a part can affect only how certain a finding is: a pattern that several files share is doubted.
/// The same parts give the same findings, whatever runs beside them.
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

    /// The findings in a part of the files, sorted. The whole part is held in memory at once.
    pub fn part(&self, paths: &[String]) -> Vec<Finding> {
        self.guardian.lint_part(self.sources, &self.around, paths)
    }
}
