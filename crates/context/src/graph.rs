//! Which file imports which.
//!
//! `resolve/` finds the target of an import, `index` builds the graph, `search` follows it. Targets outside of the repository
//! are not in it.

use crate::entry::{Entry, FileId};
use crate::resolve::Resolver;
use std::sync::Arc;

/// The edges of imports between files, both ways, in the order of the files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    imports: Lists,
    importers: Lists,
}

/// One list for each file, stored one after another.
#[derive(Debug, Clone, Default)]
struct Lists {
    /// The end of each list.
    ends: Vec<u32>,
    items: Vec<FileId>,
}

impl Lists {
    fn push(&mut self, list: &[FileId]) {
        self.items.extend_from_slice(list);
        self.ends.push(self.items.len() as u32);
    }

    fn get(&self, file: FileId) -> &[FileId] {
        let file = file as usize;
        let from = file.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(file).copied().unwrap_or(from);
        self.items.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The same edges in the other direction.
    fn reversed(&self) -> Self {
        let mut ends = vec![0_u32; self.ends.len()];
        for item in &self.items {
            if let Some(end) = ends.get_mut(*item as usize) {
                *end += 1;
            }
        }
        let mut next = Vec::with_capacity(ends.len());
        let mut sum = 0;
        for end in &mut ends {
            next.push(sum);
            sum += *end;
            *end = sum;
        }
        let mut items = vec![0; sum as usize];
        for from in 0..self.ends.len() as FileId {
            for to in self.get(from) {
                if let Some(at) = next.get_mut(*to as usize)
                    && let Some(place) = items.get_mut(*at as usize)
                {
                    *place = from;
                    *at += 1;
                }
            }
        }
        Self { ends, items }
    }
}

impl Graph {
    pub(crate) fn build(entries: &[Arc<Entry>]) -> Self {
        let resolver = Resolver::new(entries);
        let mut imports = Lists::default();
        for (id, entry) in (0..).zip(entries) {
            imports.push(&targets(&resolver, id, entry));
        }
        Self { importers: imports.reversed(), imports }
    }

    /// Whether a change of the files in `fresh` leaves every edge as it is; the paths are the same.
    pub(crate) fn is_same(before: &[Arc<Entry>], entries: &[Arc<Entry>], fresh: &[usize]) -> bool {
        fresh.iter().all(|n| match (before.get(*n), entries.get(*n)) {
            (Some(a), Some(b)) => {
                (a.language, &a.imports, &a.manifest) == (b.language, &b.imports, &b.manifest)
            }
            _ => false,
        })
    }

    /// The graph after a change of the files in `fresh` (in rising order); the paths are the same.
    pub(crate) fn updated(&self, before: &[Arc<Entry>], entries: &[Arc<Entry>], fresh: &[usize]) -> Self {
        let moved = |n: &usize| {
            before.get(*n).map(|entry| &entry.manifest) != entries.get(*n).map(|entry| &entry.manifest)
        };
        // A manifest decides about the targets of imports in other files.
        if fresh.iter().any(moved) {
            return Self::build(entries);
        }
        let resolver = Resolver::new(entries);
        let mut imports = Lists::default();
        let mut next = fresh.iter().peekable();
        for (id, entry) in (0..).zip(entries) {
            match next.next_if(|n| **n == id as usize) {
                Some(_) => imports.push(&targets(&resolver, id, entry)),
                None => imports.push(self.imports.get(id)),
            }
        }
        Self { importers: imports.reversed(), imports }
    }

    /// The files that `file` imports.
    pub(crate) fn imports(&self, file: FileId) -> &[FileId] {
        self.imports.get(file)
    }

    /// The files that import `file`.
    pub(crate) fn importers(&self, file: FileId) -> &[FileId] {
        self.importers.get(file)
    }

    pub(crate) fn edges(&self) -> usize {
        self.imports.items.len()
    }
}

/// The files that a file imports, in order.
fn targets(resolver: &Resolver<'_>, id: FileId, entry: &Entry) -> Vec<FileId> {
    let Some(language) = entry.language else { return Vec::new() };
    let imports = entry.imports();
    let mut targets: Vec<FileId> =
        imports.iter().flat_map(|import| resolver.resolve(&entry.path, language, import)).collect();
    targets.retain(|target| *target != id);
    targets.sort_unstable();
    targets.dedup();
    targets
}

#[cfg(test)]
mod tests {
    use crate::Index;
    use expect_test::{Expect, expect};
    use std::fs;

    /// Writes files, and compares their imports with the expected ones.
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
