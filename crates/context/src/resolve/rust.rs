//! Resolves `mod` and `use` of Rust.
//!
//! It uses paths and crate names, and does not follow `#[path]`, `cfg`, renamed dependencies and re-exports. If a
//! module is not found, the target is the nearest module above it.

use super::Resolver;
use super::paths::{folder_of, is_below, under};
use crate::entry::FileId;
use syntax::{Import, ImportKind};

impl Resolver<'_> {
    pub(super) fn rust(&self, path: &str, import: &Import) -> Vec<FileId> {
        let folder = folder_of(path);
        let stem = path[folder.len()..].trim_start_matches('/').trim_end_matches(".rs");
        // The folder of the modules below this file.
        let own =
            if matches!(stem, "mod" | "lib" | "main") { folder.to_owned() } else { under(folder, stem) };
        if import.kind == ImportKind::Mod {
            return self
                .module(&own, &[&import.module])
                .or_else(|| self.module(folder, &[&import.module]))
                .into_iter()
                .collect();
        }
        let package = self.crates.iter().filter(|c| is_below(path, c)).max_by_key(|c| c.len()).copied();
        let mut found = Vec::new();
        let names = import.names.iter().map(|name| Some(name.name.as_str()));
        for name in names.chain(import.names.is_empty().then_some(None)) {
            let parts: Vec<&str> = import
                .module
                .split("::")
                .chain(name)
                .filter(|part| !part.is_empty() && *part != "*")
                .collect();
            let Some((first, mut rest)) = parts.split_first() else { continue };
            let mut base = own.clone();
            match *first {
                "crate" => base = under(package.unwrap_or_default(), "src"),
                "self" => {}
                "super" => {
                    base = folder_of(&base).to_owned();
                    while let Some(("super", further)) = rest.split_first().map(|(a, b)| (*a, b)) {
                        base = folder_of(&base).to_owned();
                        rest = further;
                    }
                }
                name => match self.cargo.get(name) {
                    Some(folder) => base = under(folder, "src"),
                    None => rest = &parts,
                },
            }
            let outside = rest.len() == parts.len();
            let target =
                self.module(&base, rest).or_else(|| if outside { None } else { self.module_root(&base) });
            if let Some(target) = target
                && !found.contains(&target)
            {
                found.push(target);
            }
        }
        found
    }

    /// The file of the longest prefix of `parts` that is a module below `base`.
    fn module(&self, base: &str, parts: &[&str]) -> Option<FileId> {
        (1..=parts.len().min(8)).rev().find_map(|n| {
            let path = under(base, &parts[..n].join("/"));
            self.first([format!("{path}.rs"), format!("{path}/mod.rs")])
        })
    }

    fn module_root(&self, folder: &str) -> Option<FileId> {
        self.first(["lib.rs", "mod.rs", "main.rs"].map(|name| under(folder, name)))
            .or_else(|| self.first([format!("{folder}.rs")]))
    }
}
