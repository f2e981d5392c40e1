use std::sync::Arc;

use crate::file::File;
use crate::patterns::Patterns;
use crate::sources::Sources;

/// A file before and after the change; `None` where it is not there, or is not text.
pub(crate) struct Pair {
    pub(crate) path: Arc<str>,
    pub(crate) base: Option<Arc<File>>,
    pub(crate) head: Option<Arc<File>>,
}

impl Pair {
    /// Both sides, where the change is an edit of code.
    pub(crate) fn both(&self) -> Option<(&File, &File)> {
        let (base, head) = (self.base.as_deref()?, self.head.as_deref()?);
        (base.is_code() && head.is_code()).then_some((base, head))
    }
}

/// A change and the trees that it is between.
pub(crate) struct Change<'a> {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) base: &'a dyn Sources,
    pub(crate) head: &'a dyn Sources,
    /// whole files are linted: there is no base to compare with
    pub(crate) whole: bool,
    patterns: &'a Patterns,
}

impl<'a> Change<'a> {
    pub(crate) fn new(
        pairs: Vec<Pair>,
        base: &'a dyn Sources,
        head: &'a dyn Sources,
        whole: bool,
        patterns: &'a Patterns,
    ) -> Change<'a> {
        Change { pairs, base, head, whole, patterns }
    }
}
