//! Resolves imports of TypeScript and JavaScript.
//!
//! It reads no `tsconfig.json` and no `exports`: it tries the usual paths in order, and takes the first that is in
//! the index. A package that is only installed has no target.

use super::Resolver;
use shared::paths::join;

use super::paths::{ancestors, folder_of, under};
use crate::entry::FileId;

impl Resolver<'_> {
    pub(super) fn ecmascript(&self, path: &str, module: &str) -> Vec<FileId> {
        if module.starts_with('.') {
            return join(folder_of(path), module).and_then(|base| self.script(&base)).into_iter().collect();
        }
        // Most templates define this alias for the sources of the package.
        if let Some(rest) = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) {
            return ancestors(path)
                .flat_map(|folder| [under(folder, &format!("src/{rest}")), under(folder, rest)])
                .find_map(|base| self.script(&base))
                .into_iter()
                .collect();
        }
        let package = module
            .match_indices('/')
            .map(|(at, _)| &module[..at])
            .chain([module])
            .filter_map(|name| Some((name, *self.npm.get(name)?)))
            .next_back();
        let Some((name, folder)) = package else { return Vec::new() };
        let rest = module[name.len()..].trim_start_matches('/');
        let places = if rest.is_empty() { ["src/index", "index", "lib/index"] } else { ["", "src", "lib"] };
        places
            .iter()
            .map(
                |place| {
                    if rest.is_empty() { under(folder, place) } else { under(&under(folder, place), rest) }
                },
            )
            .find_map(|base| self.script(&base))
            .into_iter()
            .collect()
    }

    /// A module file by its path with or without an extension; TypeScript writes `.js` and means `.ts`.
    fn script(&self, base: &str) -> Option<FileId> {
        const EXTENSIONS: [&str; 9] = ["", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts"];
        let written = [(".js", ".ts"), (".js", ".tsx"), (".jsx", ".tsx"), (".mjs", ".mts"), (".cjs", ".cts")];
        self.first(EXTENSIONS.iter().map(|extension| format!("{base}{extension}")))
            .or_else(|| {
                self.first(
                    written.iter().filter_map(|(js, ts)| Some(format!("{}{ts}", base.strip_suffix(js)?))),
                )
            })
            .or_else(|| {
                self.first(EXTENSIONS[1..].iter().map(|extension| format!("{base}/index{extension}")))
            })
    }
}
