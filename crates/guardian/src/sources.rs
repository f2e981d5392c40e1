//! The source of all texts: the only access to files, because the Guardian does no I/O of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A tree of source files, in memory or read by its owner on request.
///
/// Paths are relative to the project's root and `/`-separated. A file that is not UTF-8 reads as `None`.
pub trait Sources {
    /// The text of a file; `None` if it does not exist or is not text.
    fn read(&self, path: &str) -> Option<Cow<'_, str>>;
    /// Every path of the tree, sorted, including files that cannot be read.
    fn files(&self) -> &[String];
    /// The text of a file of an installed package (`node_modules/…`), which is not part of the tree; `None` if the
    /// owner does not provide it.
    fn installed(&self, path: &str) -> Option<Cow<'_, str>> {
        let _ = path;
        None
    }
}

/// Sources in memory.
#[derive(Clone, Debug, Default)]
pub struct MemorySources {
    texts: BTreeMap<String, String>,
    paths: Vec<String>,
}

impl MemorySources {
    /// Sources of these paths and texts.
    pub fn new<P: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let texts: BTreeMap<String, String> = files.into_iter().map(|(p, t)| (p.into(), t.into())).collect();
        let paths = texts.keys().cloned().collect();
        Self { texts, paths }
    }
}

impl Sources for MemorySources {
    fn read(&self, path: &str) -> Option<Cow<'_, str>> {
        self.texts.get(path).map(|text| Cow::Borrowed(text.as_str()))
    }

    fn files(&self) -> &[String] {
        &self.paths
    }
}
