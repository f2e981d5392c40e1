//! Resolves imports of Go to the files of a folder.
//!
//! The longest matching module name counts. Test files are never targets, and an import that no `go.mod` here
//! matches has no target.

use super::Resolver;
use super::paths::under;
use crate::entry::FileId;

impl Resolver<'_> {
    pub(super) fn go(&self, module: &str) -> Vec<FileId> {
        let folder = self.go.iter().filter_map(|(name, folder)| {
            let rest = module.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('/'))
                .then(|| (name.len(), under(folder, rest.trim_start_matches('/'))))
        });
        let Some((_, folder)) = folder.max() else { return Vec::new() };
        self.go_folders.get(folder.as_str()).cloned().unwrap_or_default()
    }
}
