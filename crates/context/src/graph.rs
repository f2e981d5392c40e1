//! Which file imports which.
//!
//! `resolve/` says where an import leads, `index` builds it, `search` follows it. What leads out of the repository is not in it.

use crate::entry::{Entry, FileId};
use crate::resolve::Resolver;
use std::collections::HashMap;

/// The edges of imports between files, both ways, in the order of the files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    imports: Vec<Vec<FileId>>,
    importers: Vec<Vec<FileId>>,
}

impl Graph {
    pub(crate) fn build(entries: &[Entry], by_path: &HashMap<String, FileId>) -> Self {
        let resolver = Resolver::new(entries, by_path);
        let mut graph =
            Self { imports: vec![Vec::new(); entries.len()], importers: vec![Vec::new(); entries.len()] };
        for (id, entry) in entries.iter().enumerate() {
            let Some(language) = entry.language else { continue };
            let mut targets: Vec<FileId> = entry
                .imports
                .iter()
                .flat_map(|import| resolver.resolve(&entry.path, language, import))
                .collect();
            targets.retain(|target| *target as usize != id);
            targets.sort_unstable();
            targets.dedup();
            for target in &targets {
                if let Some(importers) = graph.importers.get_mut(*target as usize) {
                    importers.push(id as FileId);
                }
            }
            graph.imports[id] = targets;
        }
        graph
    }

    /// The files that `file` imports.
    pub(crate) fn imports(&self, file: FileId) -> &[FileId] {
        self.imports.get(file as usize).map_or(&[], Vec::as_slice)
    }

    /// The files that import `file`.
    pub(crate) fn importers(&self, file: FileId) -> &[FileId] {
        self.importers.get(file as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn edges(&self) -> usize {
        self.imports.iter().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::Index;
    use expect_test::{Expect, expect};
    use std::fs;

    /// Writes files, and compares which imports which.
    fn check(files: &[(&str, &str)], expected: Expect) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let index = Index::build(dir.path(), &paths);
        let mut said = String::new();
        for (id, entry) in index.entries.iter().enumerate() {
            for target in index.graph.imports(id as u32) {
                said += &format!("{} -> {}\n", entry.path, index.entries[*target as usize].path);
            }
        }
        expected.assert_eq(&said);
    }

    #[test]
    fn ecmascript() {
        check(
            &[
                ("package.json", r#"{ "name": "root" }"#),
                ("packages/ui/package.json", r#"{ "name": "@acme/ui" }"#),
                ("packages/ui/src/index.ts", "export * from './button.js'"),
                ("packages/ui/src/button.tsx", "import { theme } from '../theme'"),
                ("packages/ui/theme/index.js", "export const theme = {}"),
                (
                    "src/app.ts",
                    "import { Button } from '@acme/ui';\nimport x from '@/lib/x';\nimport 'react';\nimport b from '@acme/ui/button'",
                ),
                ("src/lib/x.ts", "import gone from '../../../outside';\nconst y = require('./y')"),
                ("src/lib/y.cjs", "module.exports = 1"),
            ],
            expect![[r#"
                packages/ui/src/button.tsx -> packages/ui/theme/index.js
                packages/ui/src/index.ts -> packages/ui/src/button.tsx
                src/app.ts -> packages/ui/src/button.tsx
                src/app.ts -> packages/ui/src/index.ts
                src/app.ts -> src/lib/x.ts
                src/lib/x.ts -> src/lib/y.cjs
            "#]],
        );
    }

    #[test]
    fn rust() {
        check(
            &[
                ("crates/a/Cargo.toml", "[package]\nname = \"my-a\"\n"),
                ("crates/a/src/lib.rs", "mod parse;\npub mod tree;\nuse tree::node::Node;\n"),
                ("crates/a/src/parse.rs", "use crate::tree::{self, node::Node};\nuse super::helper;\n"),
                ("crates/a/src/tree/mod.rs", "mod node;\n"),
                ("crates/a/src/tree/node.rs", "use super::super::parse::Parser;\nuse std::fmt;\n"),
                ("crates/b/Cargo.toml", "[package]\nname = \"b\"\n[dependencies]\nname = 1\n"),
                ("crates/b/src/main.rs", "use my_a::parse::Parser;\nuse my_a::Thing;\n"),
            ],
            expect![[r#"
                crates/a/src/lib.rs -> crates/a/src/parse.rs
                crates/a/src/lib.rs -> crates/a/src/tree/mod.rs
                crates/a/src/lib.rs -> crates/a/src/tree/node.rs
                crates/a/src/parse.rs -> crates/a/src/lib.rs
                crates/a/src/parse.rs -> crates/a/src/tree/mod.rs
                crates/a/src/parse.rs -> crates/a/src/tree/node.rs
                crates/a/src/tree/mod.rs -> crates/a/src/tree/node.rs
                crates/a/src/tree/node.rs -> crates/a/src/parse.rs
                crates/b/src/main.rs -> crates/a/src/lib.rs
                crates/b/src/main.rs -> crates/a/src/parse.rs
            "#]],
        );
    }

    #[test]
    fn python() {
        check(
            &[
                ("src/shop/__init__.py", ""),
                ("src/shop/cart.py", "from .models import Item\nfrom . import prices\nimport os\n"),
                ("src/shop/models.py", ""),
                ("src/shop/prices.py", "from shop.models import Item\n"),
                ("tests/test_cart.py", "from shop import cart\nimport shop.models\n"),
            ],
            expect![[r#"
                src/shop/cart.py -> src/shop/__init__.py
                src/shop/cart.py -> src/shop/models.py
                src/shop/cart.py -> src/shop/prices.py
                src/shop/prices.py -> src/shop/models.py
                tests/test_cart.py -> src/shop/__init__.py
                tests/test_cart.py -> src/shop/cart.py
                tests/test_cart.py -> src/shop/models.py
            "#]],
        );
    }

    #[test]
    fn go() {
        check(
            &[
                ("go.mod", "module example.com/shop\n\ngo 1.22\n"),
                ("main.go", "package main\nimport (\n\t\"fmt\"\n\t\"example.com/shop/cart\"\n)\n"),
                ("cart/cart.go", "package cart\n"),
                ("cart/price.go", "package cart\n"),
                ("cart/cart_test.go", "package cart\n"),
            ],
            expect![[r#"
                main.go -> cart/cart.go
                main.go -> cart/price.go
            "#]],
        );
    }
}
