//! Resolves imports of Python.
//!
//! An absolute import is searched from the file's folder upwards, also in `src`; the nearest match wins. It does not
//! use `sys.path` or a manifest, and knows a package without `__init__.py` only by its modules.

use super::Resolver;
use super::paths::{ancestors, folder_of, under};
use crate::entry::FileId;
use syntax::Import;

impl Resolver<'_> {
    pub(super) fn python(&self, path: &str, import: &Import) -> Vec<FileId> {
        let dots = import.module.len() - import.module.trim_start_matches('.').len();
        let inner = import.module[dots..].replace('.', "/");
        let mut bases: Vec<String> = Vec::new();
        if dots > 0 {
            let mut folder = folder_of(path);
            for _ in 1..dots {
                folder = folder_of(folder);
            }
            bases.push(under(folder, &inner));
        } else {
            for folder in ancestors(path) {
                bases.push(under(folder, &inner));
                bases.push(under(&under(folder, "src"), &inner));
            }
        }
        let file = |base: &str| {
            self.first([format!("{base}.py"), format!("{base}.pyi"), under(base, "__init__.py")])
        };
        let mut found = Vec::new();
        for base in bases {
            // The form `from package import module`
            found.extend(import.names.iter().filter_map(|name| file(&under(&base, &name.name))));
            found.extend(file(&base));
            if !found.is_empty() {
                break;
            }
        }
        found
    }
}
