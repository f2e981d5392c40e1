//! `unresolved-import`: an import of a file that does not exist.

use std::collections::{BTreeSet, HashSet};

use syntax::{Import, ImportKind, Language};

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::rust::module_files;
use crate::project::{Target, Tree, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unresolved-import",
    category: Category::Inconsistent,
    severity: Severity::Error,
    summary: "An import of a file or module that does not exist, or no longer does.",
    note: "Nothing is there to be imported. Look up where the module really is, or write it; where it was moved or deleted, change those who import it too.",
    valid: &[
        Example::new(&[
            ("src/a.ts", "import { b } from './b.js';\nexport const a = b;\n"),
            ("src/b.ts", "export const b = 1;\n"),
        ]),
        Example::new(&[
            ("pkg/__init__.py", ""),
            ("pkg/a.py", "from . import b\nfrom .b import x\n"),
            ("pkg/b.py", "x = 1\n"),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\n"),
            ("src/a/mod.rs", "fn f() {}\n"),
        ]),
        // A Go that is newer than the tables here
        Example::new(&[
            ("go.mod", "module example.com/a\n\ngo 1.99\n"),
            ("a.go", "package a\n\nimport \"brandnew\"\n\nvar A = brandnew.A\n"),
        ]),
        Example::change(&[("a.js", "import './gone';\n")], &[("a.js", "import './gone';\nf();\n")]),
        Example::change(
            &[
                ("package.json", "{\"dependencies\": {\"lib\": \"1\"}}"),
                (
                    "node_modules/lib/package.json",
                    "{\"name\": \"lib\", \"exports\": {\".\": \"./index.js\", \"./more\": \"./more.js\"}}",
                ),
                ("node_modules/lib/index.js", "export const a = 1;\n"),
                ("node_modules/lib/more.js", "export const a = 1;\n"),
            ],
            &[
                ("package.json", "{\"dependencies\": {\"lib\": \"1\"}}"),
                (
                    "node_modules/lib/package.json",
                    "{\"name\": \"lib\", \"exports\": {\".\": \"./index.js\", \"./more\": \"./more.js\"}}",
                ),
                ("node_modules/lib/index.js", "export const a = 1;\n"),
                ("node_modules/lib/more.js", "export const a = 1;\n"),
                ("a.js", "import { a } from 'lib/more';\nexport const b = a;\n"),
            ],
        ),
    ],
    invalid: &[
        Example::new(&[("src/a.ts", "import { b } from './missing';\nexport const a = b;\n")]),
        Example::new(&[("pkg/__init__.py", ""), ("pkg/a.py", "from .missing import x\n")]),
        Example::new(&[("Cargo.toml", "[package]\nname = \"x\"\n"), ("src/lib.rs", "mod missing;\n")]),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("tests/a.rs", "#[cfg(not(miri))]\nmod b;\n"),
                ("tests/b/mod.rs", "pub fn f() {}\n"),
            ],
            &[("Cargo.toml", "[package]\nname = \"x\"\n"), ("tests/a.rs", "#[cfg(not(miri))]\nmod b;\n")],
        ),
        Example::new(&[
            ("go.mod", "module example.com/m\n"),
            ("a.go", "package m\n\nimport \"example.com/m/missing\"\n\nvar _ = missing.X\n"),
        ]),
        Example::change(
            &[("a.js", "import { b } from './b';\nb();\n"), ("b.js", "export const b = 1;\n")],
            &[("a.js", "import { b } from './b';\nb();\n")],
        ),
        Example::change(
            &[
                ("package.json", "{\"dependencies\": {\"lib\": \"1\"}}"),
                (
                    "node_modules/lib/package.json",
                    "{\"name\": \"lib\", \"exports\": {\".\": \"./index.js\", \"./more\": \"./more.js\"}}",
                ),
                ("node_modules/lib/index.js", "export const a = 1;\n"),
                ("node_modules/lib/more.js", "export const a = 1;\n"),
            ],
            &[
                ("package.json", "{\"dependencies\": {\"lib\": \"1\"}}"),
                (
                    "node_modules/lib/package.json",
                    "{\"name\": \"lib\", \"exports\": {\".\": \"./index.js\", \"./more\": \"./more.js\"}}",
                ),
                ("node_modules/lib/index.js", "export const a = 1;\n"),
                ("node_modules/lib/more.js", "export const a = 1;\n"),
                ("a.js", "import { a } from 'lib/inner';\nexport const b = a;\n"),
            ],
        ),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    let mut report = |head: &File, base: Option<&File>| {
        let known: HashSet<String> = base.map_or_else(HashSet::new, |file| {
            missing(&change.base, file).map(|(i, _)| i.module.clone()).collect()
        });
        for (import, looked_for) in
            missing(&change.head, head).filter(|(import, _)| !known.contains(&import.module))
        {
            let (start, end) = line_of(head, import);
            let tried = if looked_for == import.module {
                String::new()
            } else {
                format!(" (looked for `{looked_for}`)")
            };
            let message = format!("`{}` leads nowhere{tried}", import.module);
            if import.conditional
                || matches!(import.kind, ImportKind::Dynamic | ImportKind::Require) && head.is_test()
            {
                found.maybe(head, start, end, message);
            } else {
                found.at(head, start, end, message);
            }
        }
        for (import, path) in base.map_or_else(Vec::new, |_| dropped(change, head)) {
            let (start, end) = line_of(head, import);
            found.at(head, start, end, format!("`{}` leads nowhere: `{path}` is gone", import.module));
        }
    };
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        report(head, pair.base.as_deref());
    }
    // Files that import a removed file
    let gone: BTreeSet<String> = change
        .pairs
        .iter()
        .filter(|pair| pair.head.is_none())
        .filter_map(|pair| {
            let mut parts = pair.path.rsplit('/');
            let stem = parts.next()?.split('.').next()?;
            let stem = if matches!(stem, "index" | "__init__" | "mod") { parts.next()? } else { stem };
            Some(stem.to_string())
        })
        .collect();
    for file in change.others_with(&gone) {
        let base = change.base.file(&file.path);
        report(&file, base.as_deref());
    }
}

fn line_of(file: &File, import: &Import) -> (usize, usize) {
    let start = file.start_of_line(import.line);
    (start, start + file.line(import.line as usize - 1).len())
}

/// Modules whose file the change removed and that only some builds have: no other check searches for those.
fn dropped<'f>(change: &Change<'_>, head: &'f File) -> Vec<(&'f Import, String)> {
    if head.language != Some(Language::Rust) {
        return Vec::new();
    }
    let modules = head.outline().imports.iter().filter(|i| i.kind == ImportKind::Mod && i.conditional);
    modules
        .filter_map(|import| {
            let files = module_files(&head.path, &import.module);
            let was = files.iter().find(|path| change.base.has(path))?.clone();
            (!files.iter().any(|path| change.head.has(path))).then_some((import, was))
        })
        .collect()
}

fn missing<'f>(tree: &Tree<'_>, file: &'f File) -> impl Iterator<Item = (&'f Import, String)> {
    let targets: Vec<(&Import, String)> = file
        .outline()
        .imports
        .iter()
        .filter_map(|import| match tree.resolve(file, import) {
            Target::Missing(what) => Some((import, what)),
            _ => None,
        })
        .collect();
    targets.into_iter()
}
