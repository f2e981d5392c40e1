//! `undefined-name`: a name that nothing defines or imports. If something invisible may bring it, the name is unknown.

mod certainty;
mod ecmascript;
mod go;
mod paths;
mod python;
mod stars;
mod traits;

use std::collections::BTreeSet;

use syntax::Language;

use super::missing_item;
use crate::rules::{Change, Check, Example, Found, Rule};
use certainty::Certainty;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::names::{is_global, is_known, is_std_macro};
use crate::project::{Target, is_specimen};

pub(crate) static RULE: Rule = Rule {
    id: "undefined-name",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A name that nothing defines or imports, though it is used.",
    note: "The code fails when it gets there. Import the name, define it, or use the one that exists; where an import was removed, its uses have to go as well.",
    valid: &[
        Example::new(&[(
            "a.ts",
            "import { b } from 'b';\nexport const a = (x: Partial<string>) => b(x, document.title);\n",
        )]),
        Example::new(&[("a.py", "import os\ndef f(x):\n    return [os.path.join(x, y) for y in dir(x)]\n")]),
        Example::new(&[(
            "src/lib.rs",
            "use std::fmt;\npub struct A<T>(T);\nimpl<T> fmt::Debug for A<T> { fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { Ok(()) } }\n",
        )]),
        Example::change(
            &[("a.js", "const assert = require('assert');\nfunction f(x) { assert(x); }\n")],
            &[("a.js", "const { assert } = require('./assert');\nfunction f(x) { assert(x); }\n")],
        ),
        Example::change(
            &[(
                "a.py",
                "import typing\nif typing.TYPE_CHECKING:\n    from b import C\ndef f(x) -> 'C':\n    from b import C\n    return C()\n",
            )],
            &[(
                "a.py",
                "from __future__ import annotations\nimport typing\nif typing.TYPE_CHECKING:\n    from b import C\ndef f(x) -> C:\n    return x()\n",
            )],
        ),
        Example::change(
            &[("a.js", "export const a = legacy();\n")],
            &[("a.js", "export const a = legacy() + 1;\n")],
        ),
        Example::change(
            &[("src/lib.rs", "mod a;\n")],
            &[
                ("src/lib.rs", "mod a;\nmod io;\n"),
                ("src/io.rs", "pub fn now() {}\n"),
                (
                    "src/a.rs",
                    "use crate::*;\npub fn f() { io::now() }\nmod tests { use std::fmt; use super::*; fn g() -> fmt::Result { io::now(); Ok(()) } }\n",
                ),
            ],
        ),
        Example::change(
            &[
                (
                    "a.ts",
                    "import type { NoInfer } from './b';\nexport const a = (x: NoInfer<string>) => x;\n",
                ),
                ("b.ts", "export type NoInfer<T> = [T][T extends any ? 0 : never];\nexport type C = 1;\n"),
            ],
            &[("a.ts", "export const a = (x: NoInfer<string>) => x;\n"), ("b.ts", "export type C = 1;\n")],
        ),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "use core::cmp::Ordering;\nmod a;\nmod b;\n"),
                ("src/b.rs", "pub(crate) use core::mem;\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "use core::cmp::Ordering;\nmod a;\nmod b;\n"),
                ("src/b.rs", "pub(crate) use core::mem;\n"),
                (
                    "src/a.rs",
                    "use super::*;\nuse crate::b::*;\npub fn f(x: &mut u8) -> Ordering { mem::take(x).cmp(&1) }\n",
                ),
            ],
        ),
        Example::change(
            &[
                ("p/a.py", "from .b import *\nf(1)\n"),
                ("p/b.py", "def f(x): pass\n"),
                ("p/c.py", "from .b import *\n"),
            ],
            &[
                ("p/a.py", "from .c import *\nf(1)\n"),
                ("p/b.py", "def f(x): pass\n"),
                ("p/c.py", "from .b import *\n"),
            ],
        ),
        // Since edition 2018 a crate needs no import
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nslog = \"2\"\n"),
                ("src/lib.rs", "use slog;\npub fn f() -> slog::Result { g(slog::A) }\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nslog = \"2\"\n"),
                ("src/lib.rs", "pub fn f() -> slog::Result { g(slog::A) }\n"),
            ],
        ),
        // The macro brings `use super::*` into the module
        Example::change(
            &[(
                "tests/a.rs",
                "macro_rules! all { ($f:ident) => { use super::*; } }\n#[test]\nfn a() {\n    use std::collections::VecDeque;\n    let _ = VecDeque::<u8>::new();\n}\n",
            )],
            &[(
                "tests/a.rs",
                "use std::collections::VecDeque;\nmacro_rules! all { ($f:ident) => { use super::*; } }\nmod a {\n    fn make() { let _ = VecDeque::<u8>::new(); }\n    all!(make);\n}\n",
            )],
        ),
    ],
    invalid: &[
        Example::change(
            &[("a.ts", "import { b } from './b';\nexport const a = b;\n"), ("b.ts", "export const b = 1;\n")],
            &[("a.ts", "export const a = b;\n"), ("b.ts", "export const b = 1;\n")],
        ),
        Example::new(&[("a.js", "import { x } from 'x';\nexport const y = x(undefinedHelper());\n")]),
        Example::new(&[("a.py", "def f(x):\n    return np.array(x)\n")]),
        Example::change(
            &[(
                "src/lib.rs",
                "use std::collections::HashMap;\npub fn f() -> HashMap<u8, u8> { HashMap::new() }\n",
            )],
            &[("src/lib.rs", "pub fn f() -> HashMap<u8, u8> { HashMap::new() }\n")],
        ),
        Example::change(
            &[(
                "a.js",
                "const path = require('path');\nfunction f(path) { return path; }\nfunction g(x) { return path.join(x); }\n",
            )],
            &[("a.js", "function f(path) { return path; }\nfunction g(x) { return path.join(x); }\n")],
        ),
        Example::change(
            &[("lib/a.js", "const assert = require('assert');\nfunction f(x) { assert(x); }\n")],
            &[("lib/a.js", "function f(x) { assert(x); }\n")],
        ),
        Example::change(
            &[(
                "a.py",
                "def f(x):\n    if x:\n        import warnings\n        warnings.warn(x)\n    else:\n        import warnings\n        warnings.warn('no')\n",
            )],
            &[(
                "a.py",
                "def f(x):\n    if x:\n        warnings.warn(x)\n    else:\n        import warnings\n        warnings.warn('no')\n",
            )],
        ),
        Example::change(
            &[("src/lib.rs", "mod a;\n")],
            &[
                ("src/lib.rs", "mod a;\n"),
                (
                    "src/a.rs",
                    "pub struct A;\nimpl fmt::Display for A {\n    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { Ok(()) }\n}\n",
                ),
            ],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "use core::slice::{self, SliceIndex};\npub struct A<'a>(slice::Iter<'a, u8>);\nfn f(slice: &[u8]) {}\n",
            )],
            &[(
                "src/lib.rs",
                "use core::slice::SliceIndex;\npub struct A<'a>(slice::Iter<'a, u8>);\nfn f(slice: &[u8]) { use core::ops::Bound::*; g(Included(1)) }\n",
            )],
        ),
        Example::change(
            &[("tests/a.rs", "#[test]\nfn a() {\n    use std::mem;\n    let _ = mem::take(&mut 1);\n}\n")],
            &[(
                "tests/a.rs",
                "#[test]\nfn a() {\n    use std::mem;\n    let _ = mem::take(&mut 1);\n}\n\n#[test]\nfn b() {\n    let _ = mem::take(&mut 2);\n}\n",
            )],
        ),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\nedition = \"2021\"\n"),
                ("src/lib.rs", "pub struct A;\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\nedition = \"2021\"\n"),
                ("src/lib.rs", "pub struct A;\nimpl Future for A {}\n"),
            ],
        ),
        Example::change(
            &[("src/lib.rs", "macro_rules! make { ($n:ident) => { pub struct $n; } }\nmake!(A);\n")],
            &[(
                "src/lib.rs",
                "macro_rules! make { ($n:ident) => { pub struct $n; } }\nmake!(A);\npub fn f(_: A, _: Pin<u8>) {}\n",
            )],
        ),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "mod a;\nmod b;\n"),
                (
                    "src/a.rs",
                    "pub trait Grow { fn grow(&mut self); }\nimpl Grow for u8 { fn grow(&mut self) {} }\n",
                ),
                ("src/b.rs", "use crate::a::Grow;\npub fn f(mut x: u8) { x.grow(); }\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "mod a;\nmod b;\n"),
                (
                    "src/a.rs",
                    "pub trait Grow { fn grow(&mut self); }\nimpl Grow for u8 { fn grow(&mut self) {} }\n",
                ),
                ("src/b.rs", "pub fn f(mut x: u8) { x.grow(); }\n"),
            ],
        ),
        Example::change(
            &[("a.go", "package a\n\nimport \"fmt\"\n\nfunc F() { fmt.Println() }\n")],
            &[("a.go", "package a\n\nfunc F() { fmt.Println() }\n")],
        ),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        let Some(language) = head.language else { continue };
        let names = head.names();
        let base = pair.base.as_deref().filter(|base| base.is_code());
        let before: BTreeSet<&str> =
            base.map_or_else(BTreeSet::new, |base| base.names().unbound().map(|(n, _)| n).collect());
        let nothing = File::plain(&head.path, "");
        let told = no_longer_imported(change, base.unwrap_or(&nothing), head, found);
        for (name, index) in names.unbound() {
            let nobody = language == Language::Rust && name == "_";
            if nobody
                || told.contains(name)
                || before.contains(name)
                || is_known(language, name) && !paths::is_of_a_later_edition(change, head, name)
                || is_declared_aside(head, name)
                || language == Language::Python && is_of_a_version(head, index)
            {
                continue;
            }
            let was_bound = base.is_some_and(|base| base.names().bound.contains(name));
            let certainty = match language {
                Language::Go => Certainty::No, // A package is one scope over its files: see missing-export
                Language::Rust
                    if was_bound
                        && (paths::is_a_crate(change, head, name)
                            || crate::project::rust::a_glob_may_bring(&change.head, head, name)) =>
                {
                    Certainty::No
                }
                _ if was_bound => lost(head, base, names.open),
                Language::Python if names.open => Certainty::No,
                Language::Python => Certainty::Sure,
                Language::Rust => in_rust(change, head, index, name),
                Language::TypeScript | Language::Tsx | Language::JavaScript => {
                    ecmascript::in_ecmascript(change, head, name)
                }
            };
            let node = head.flat().node(index);
            let message = if was_bound {
                format!("`{name}` is used here, but what defined or imported it was removed")
            } else {
                format!("`{name}` is not defined or imported")
            };
            match certainty {
                Certainty::Sure => found.at(head, node.start, node.end, message),
                Certainty::Likely => found.maybe(head, node.start, node.end, message),
                Certainty::No => {}
            }
        }
        if language == Language::Go {
            go::in_go(head, base, found);
        }
    }
}

/// Whether a place of Python runs only in some versions or systems, which may have the name.
fn is_of_a_version(file: &File, index: usize) -> bool {
    let flat = file.flat();
    flat.above(index).any(|above| {
        matches!(flat.kind(above), "if_statement" | "elif_clause" | "conditional_expression")
            && ["sys.version_info", "sys.platform", "sys.implementation", "os.name"]
                .iter()
                .any(|word| file.line(file.row(flat.node(above).start)).contains(word))
    })
}

/// Names whose import the change removed, and whose use looks right in the file alone.
fn no_longer_imported(change: &Change<'_>, base: &File, head: &File, found: &mut Found) -> BTreeSet<String> {
    let mut lost = by_scope(change, base, head);
    lost.extend(stars::no_longer_brought(change, base, head));
    match head.language {
        Some(Language::Python) => {
            lost.extend(python::no_longer_imported(base, head));
            let listed = python::listed_and_missing(&change.head, head);
            let before = python::listed_and_missing(&change.base, base);
            let new = listed.into_iter().filter(|(name, _)| !before.iter().any(|(old, _)| old == name));
            lost.extend(new);
        }
        Some(Language::Rust) => {
            lost.extend(rust_paths(change, base, head));
            lost.extend(paths::not_imported(change, base, head));
            for (name, method, index) in traits::no_longer_imported(change, base, head) {
                found.node(
                    head,
                    index,
                    format!(
                        "`{method}` is called here, and the trait `{name}` that has it is no longer imported"
                    ),
                );
            }
        }
        Some(language) if language.is_ecmascript() => {
            lost.extend(ecmascript::like_a_global(change, base, head, language))
        }
        _ => {}
    }
    let mut told = BTreeSet::new();
    for (name, index) in lost {
        if paths::is_a_crate(change, head, &name) {
            continue;
        }
        if told.insert(name.clone()) {
            found.node(
                head,
                index,
                format!("`{name}` is used here, but what defined or imported it was removed"),
            );
        }
    }
    told
}

/// Names that are bound somewhere in the file, but not at the place of their use.
fn by_scope(change: &Change<'_>, base: &File, head: &File) -> Vec<(String, usize)> {
    let Some(language) = head.language.filter(|language| *language != Language::Go) else {
        return Vec::new();
    };
    let stars =
        |file: &File| file.outline().imports.iter().flat_map(|i| &i.names).filter(|n| n.name == "*").count();
    // For names that exist everywhere, only calls of `_` are certainly wrong
    let meant = |name: &str, index: usize| {
        let called = head.flat().kind(head.flat().node(index).parent) == "call"
            && head.flat().node(index).field == "function";
        let test = language.is_ecmascript() && head.is_test() && is_known(language, name);
        let alloc = language == Language::Rust
            && ["String", "Vec", "Box", "ToString", "ToOwned"].contains(&name)
            && is_without_std(change, &head.path)
            && !is_in_tests(head, index);
        let macro_of_std = head.flat().kind(head.flat().node(index).parent) == "macro_invocation"
            && is_std_macro(name)
            && (!["vec", "format"].contains(&name) || !is_without_std(change, &head.path));
        alloc || !is_global(language, name) && !test && !macro_of_std || name == "_" && called
    };
    // The names of a new star of Rust are looked up
    let more_stars = stars(head) > stars(base) && language != Language::Rust;
    if more_stars || head.text.contains("include!(") {
        return Vec::new();
    }
    let brought = |name: &str| {
        let mut all = head.outline().imports.iter().filter(|i| i.names.iter().any(|n| n.name == "*"));
        all.any(|import| match change.head.resolve(head, import) {
            Target::File(path) => change.head.exports(&path).is_none_or(|names| names.contains(name)),
            _ => {
                language == Language::Rust && crate::project::rust::a_glob_may_bring(&change.head, head, name)
            }
        })
    };
    let lost = crate::names::lost(base, head, &brought);
    lost.into_iter().filter(|(name, index)| meant(name, *index)).collect()
}

/// Whether a place is in a module of tests, which are built with the standard library.
fn is_in_tests(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let module = |i: &usize| flat.kind(*i) == "mod_item";
    let tests = |i: usize| file.attributes(i).iter().any(|attribute| attribute.contains("cfg(test)"));
    file.is_test() || flat.above(index).filter(module).any(tests)
}

/// Whether a Rust crate declares that it does not use the standard library.
fn is_without_std(change: &Change<'_>, path: &str) -> bool {
    let root = crate::project::rust::place(&change.head, path).map(|(root, _)| root);
    root.and_then(|root| change.head.read(&root))
        .is_some_and(|text| text.contains("no_std)]") || text.contains("no_std]"))
}

/// Paths whose first part was imported; a variable of that name does not replace the import.
fn rust_paths(change: &Change<'_>, base: &File, head: &File) -> Vec<(String, usize)> {
    let (old, new) = (base.names(), head.names());
    if lost(head, Some(base), new.open) != Certainty::Sure || crate::project::rust::has_item_macro(head) {
        return Vec::new();
    }
    let imported = |name: &str| {
        let mut imports = base.outline().imports.iter();
        imports.any(|i| i.module == name && i.names.is_empty() || i.names.iter().any(|n| n.local() == name))
    };
    // If a type that exists everywhere has the module's name, only a member that the type lacks shows that the module
    // is meant
    let meant = |name: &str, index: usize| {
        let after = head.text.get(head.flat().node(index).end..).unwrap_or_default().trim_start_matches("::");
        !is_known(Language::Rust, name)
            || name == "str"
                && (after.starts_with("from_utf8") || after.starts_with(|c: char| c.is_uppercase()))
    };
    new.paths
        .iter()
        .filter(|(name, index)| {
            name.as_str() != "_"
                && imported(name)
                && !new.modules.contains(*name)
                && old.paths.contains_key(*name)
                && meant(name, **index)
                && (new.bound.contains(*name) || is_known(Language::Rust, name))
                && !crate::project::rust::a_glob_may_bring(&change.head, head, name)
        })
        .map(|(name, index)| (name.clone(), *index))
        .collect()
}

/// A name that the base bound: lost, unless a new import or macro may bind it invisibly.
fn lost(head: &File, base: Option<&File>, open: bool) -> Certainty {
    let was_open = base.is_some_and(|base| base.names().open);
    let stars =
        |file: &File| file.outline().imports.iter().flat_map(|i| &i.names).filter(|n| n.name == "*").count();
    match (open, was_open) {
        (false, _) => Certainty::Sure,
        (true, true) if base.is_some_and(|base| stars(base) >= stars(head)) => Certainty::Sure,
        _ => Certainty::Likely,
    }
}

/// Whether a comment for linters declares the name: `/* global x */`, `# type: x`.
fn is_declared_aside(file: &File, name: &str) -> bool {
    file.text.contains("global")
        && file.text.lines().any(|line| {
            let line = line.trim_start();
            (line.starts_with("/* global") || line.starts_with("/*global") || line.starts_with("// global"))
                && line.contains(name)
        })
}

/// Whether a `*` import or a macro of the crate may define a name.
fn may_come_from_elsewhere(change: &Change<'_>, file: &File, name: &str) -> bool {
    use crate::project::rust;
    change.whole
        || rust::a_glob_may_bring(&change.head, file, name)
        || missing_item::may_be_made(file, name)
        || rust::has_item_macro(file)
            && missing_item::sources(change).any(|(_, text)| rust::is_defined(&text, name))
}

/// Whether another file includes this one as text, with its own names around it.
fn is_included(change: &Change<'_>, file: &File) -> bool {
    const MAX_FILES: usize = 1_000;
    let own = file.path.rsplit('/').next().unwrap_or_default();
    let form = format!("{own}\")");
    let sources = change.head.paths().iter().filter(|path| path.ends_with(".rs")).take(MAX_FILES);
    sources
        .filter_map(|path| change.head.read(path))
        .any(|text| text.contains("include!") && text.contains(&form))
}

fn in_rust(change: &Change<'_>, file: &File, index: usize, name: &str) -> Certainty {
    let names = file.names();
    let hidden = names.open || crate::project::rust::has_item_macro(file);
    if file.text.contains("include!")
        || is_included(change, file)
        || hidden && may_come_from_elsewhere(change, file, name)
    {
        return Certainty::No;
    }
    let node = file.flat().node(index);
    let parent = file.flat().kind(node.parent);
    let is_type =
        name.starts_with(|c: char| c.is_uppercase()) && !name.chars().all(|c| c.is_uppercase() || c == '_');
    let is_call = parent == "call_expression" && node.kind == "identifier";
    // Macros often define constants, and generics of one capital letter
    if (is_type && name.len() > 1 && parent != "token_tree") || is_call && !hidden {
        Certainty::Sure
    } else {
        Certainty::No
    }
}
