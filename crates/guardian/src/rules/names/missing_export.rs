//! `missing-export`: a name imported from a module of the project that does not have it.

use std::collections::{BTreeSet, HashSet};

use syntax::{ImportKind, Language};

use super::lost::{Lost, line_of};
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::{Target, Tree, folder_of, go, is_specimen, is_vendored, join, python, rust};
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "missing-export",
    category: Category::Inconsistent,
    severity: Severity::Error,
    summary: "A name that its module does not have, or no longer has, while others still use it.",
    note: "The name was invented, misspelt, or renamed in one place only. Use the name that the module has; where it was renamed or removed, change every file that uses it.",
    valid: &[
        Example::new(&[
            ("a.ts", "import { b, type T } from './b';\nexport const a: T = b;\n"),
            ("b.ts", "export const b = 1;\nexport type T = number;\n"),
        ]),
        Example::new(&[
            ("a.ts", "import { c } from './b';\nc();\n"),
            ("b.ts", "export * from './c';\n"),
            ("c.ts", "export function c() {}\n"),
        ]),
        Example::new(&[
            ("a.js", "const { once, file } = require('./b');\nonce(file());\n"),
            ("b.js", "module.exports = { once, file };\nfunction once() {}\nfunction file() {}\n"),
            ("b.d.ts", "export declare function once(): void;\n"),
        ]),
        Example::change(
            &[("Cargo.toml", "[package]\nname = \"x\"\n"), ("src/lib.rs", "pub fn Ok() {}\n")],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "extern crate std;\npub mod m { pub use crate::std::result::Result::Ok; }\n"),
            ],
        ),
        Example::new(&[
            ("a.d.ts", "import { T } from './b';\nexport declare const a: T;\n"),
            ("b.d.ts", "type T = number;\nexport type U = T | string;\n"),
        ]),
        Example::new(&[
            ("p/__init__.py", ""),
            ("p/a.py", "from p.b import f\n"),
            ("p/b.py", "def f(): pass\n"),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\nmod b;\n"),
            ("src/a.rs", "use crate::b::B;\npub fn f(_: B) {}\n"),
            ("src/b.rs", "pub struct B;\n"),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\nmod b;\n"),
            ("src/a.rs", "#[macro_export]\nmacro_rules! made { () => {} }\n"),
            ("src/b.rs", "use crate::made;\nfn f() { made!(); }\n"),
        ]),
        Example::change(
            &[
                ("a.js", "const { parse } = require('./b');\nparse(1);\n"),
                ("b.js", "function parse(x) { return x; }\nmodule.exports.parse = parse;\n"),
            ],
            &[
                ("a.js", "const { parse } = require('./b');\nparse(1);\n"),
                ("b.js", "const c = require('./c');\nmodule.exports.parse = c.make(1);\n"),
                ("c.js", "exports.make = (x) => (y) => x + y;\n"),
            ],
        ),
        Example::change(
            &[
                ("p/__init__.py", "from .c import *\nimport sys\nsys.modules['q'] = 1\ndef f(): pass\n"),
                ("p/c.py", "def g(): pass\n"),
                ("p/a.py", "from p import f\n"),
            ],
            &[
                ("p/__init__.py", "from .c import *\nimport sys\nsys.modules['q'] = 1\n"),
                ("p/c.py", "def g(): pass\ndef f(): pass\n"),
                ("p/a.py", "from p import f\n"),
            ],
        ),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\nmake!(made);\nmacro_rules! make { ($n:ident) => { pub struct $n; } }\n"),
            ("src/a.rs", "use crate::made;\npub fn f(_: made) {}\n"),
        ]),
    ],
    invalid: &[
        Example::new(&[
            ("a.ts", "import { nope } from './b';\nexport const a = nope;\n"),
            ("b.ts", "export const b = 1;\n"),
        ]),
        Example::new(&[
            ("a.js", "import * as b from './b.js';\nb.nope();\n"),
            ("b.js", "export const b = 1;\n"),
        ]),
        Example::change(
            &[("a.ts", "import { old } from './b';\nold();\n"), ("b.ts", "export function old() {}\n")],
            &[("a.ts", "import { old } from './b';\nold();\n"), ("b.ts", "export function renamed() {}\n")],
        ),
        Example::new(&[
            ("p/__init__.py", ""),
            ("p/a.py", "from .b import nope\n"),
            ("p/b.py", "def f(): pass\n"),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\nmod b;\n"),
            ("src/a.rs", "use crate::b::Nope;\npub fn f(_: Nope) {}\n"),
            ("src/b.rs", "pub struct B;\n"),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\nmod b;\nuse b::*;\n"),
            ("src/a.rs", "use super::*;\nuse crate::nope::Thing;\npub fn f(_: Thing) {}\n"),
            ("src/b.rs", "pub struct B;\n"),
        ]),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "mod a;\npub use a::Old;\n"),
                ("src/a.rs", "pub struct Old;\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "mod a;\npub use a::Old;\n"),
                ("src/a.rs", "pub struct New;\n"),
            ],
        ),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                (
                    "src/lib.rs",
                    "mod a;\nmod b;\nmake!(made);\nmacro_rules! make { ($n:ident) => { pub struct $n; } }\n",
                ),
                ("src/a.rs", "pub struct Old;\n"),
                ("src/b.rs", "use crate::a::Old;\npub fn f(_: Old) {}\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                (
                    "src/lib.rs",
                    "mod a;\nmod b;\nmake!(made);\nmacro_rules! make { ($n:ident) => { pub struct $n; } }\n",
                ),
                ("src/a.rs", "pub struct New;\n"),
                ("src/b.rs", "use crate::a::Old;\npub fn f(_: Old) {}\n"),
            ],
        ),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                (
                    "src/lib.rs",
                    "mod a;\nmake!(made);\nmacro_rules! make { ($n:ident) => { pub struct $n; } }\n",
                ),
                ("src/a.rs", "#[cfg(feature = \"b\")]\nmod b;\n#[cfg(feature = \"b\")]\npub use b::b;\n"),
                ("src/a/b.rs", "pub fn b() {}\nmod tests { use super::*; }\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                (
                    "src/lib.rs",
                    "mod a;\nmake!(made);\nmacro_rules! make { ($n:ident) => { pub struct $n; } }\n",
                ),
                ("src/a.rs", "#[cfg(feature = \"b\")]\nmod b;\n#[cfg(feature = \"b\")]\npub use b::b;\n"),
                (
                    "src/a/b.rs",
                    "pub fn c() {}\nmod tests { use super::*; }\nmacro_rules! of { ($t:ty) => { impl T for $t {} } }\nof!(u8);\n",
                ),
            ],
        ),
        Example::change(
            &[
                ("p/__init__.py", ""),
                ("p/a.py", "from . import b\ndef f(): return b.old()\n"),
                ("p/b.py", "def old(): pass\n"),
            ],
            &[
                ("p/__init__.py", ""),
                ("p/a.py", "from . import b\ndef f(): return b.old()\n"),
                ("p/b.py", "def new(): pass\n"),
            ],
        ),
        Example::change(
            &[
                ("p/__init__.py", "from .version import version_of as version_of\n"),
                ("p/version.py", "def version_of(x): pass\n"),
            ],
            &[
                ("p/__init__.py", "from .version import version_of as version_of\n"),
                ("p/version.py", "def version_in(x): pass\n"),
            ],
        ),
        Example::change(
            &[
                ("p/__init__.py", "from .b import T\n"),
                ("p/b.py", "def f() -> 'T':\n    return exec(code, dict(locals()))\nclass T: pass\n"),
            ],
            &[
                ("p/__init__.py", "from .b import T\n"),
                ("p/b.py", "def f() -> 'T':\n    return exec(code, dict(locals()))\nclass U: pass\n"),
            ],
        ),
        Example::change(
            &[
                ("p/__init__.py", "from .b import old\n"),
                ("p/b.py", "import sys\nsys.modules['q'] = 1\ndef old(): pass\n"),
            ],
            &[
                ("p/__init__.py", "from .b import old\n"),
                ("p/b.py", "import sys\nsys.modules['q'] = 1\ndef new(): pass\n"),
            ],
        ),
        Example::change(
            &[
                ("p/__init__.py", ""),
                ("p/a.py", "def f():\n    from .b import old\n    return old()\n"),
                ("p/b.py", "def old(): pass\n"),
            ],
            &[
                ("p/__init__.py", ""),
                ("p/a.py", "def f():\n    from .b import old\n    return old()\n"),
                ("p/b.py", "def new(): pass\n"),
            ],
        ),
        Example::new(&[
            ("go.mod", "module example.com/m\n"),
            ("a.go", "package m\n\nimport \"example.com/m/b\"\n\nvar A = b.Nope\n"),
            ("b/b.go", "package b\n\nvar B = 1\n"),
        ]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    let mut report = |head: &File, base: Option<&File>| {
        let known: HashSet<(String, String)> = base.map_or_else(HashSet::new, |file| {
            missing(&change.base, file).into_iter().map(Lost::key).collect()
        });
        for lost in missing(&change.head, head) {
            if known.contains(&(lost.module.clone(), lost.name.clone())) {
                continue;
            }
            let message = format!("`{}` has no `{}`", lost.module, lost.name);
            // A definition elsewhere in the crate may be brought by a macro, a path or a condition
            if head.language == Some(Language::Rust) && rust::is_item(&change.head, head, &lost.name) {
                found.maybe(head, lost.start, lost.end, message);
            } else {
                found.at(head, lost.start, lost.end, message);
            }
        }
    };
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        report(head, pair.base.as_deref());
    }
    if change.whole {
        return;
    }
    let lost: BTreeSet<String> = change.pairs.iter().flat_map(|pair| change.lost_names(pair)).collect();
    let others = change.others_with(&lost);
    for file in others.iter().filter(|file| !is_specimen(&file.path)) {
        report(file, change.base.file(&file.path).as_deref());
    }
    if !lost.is_empty() {
        for file in others.iter().map(|file| &**file).chain(change.heads().map(|(_, head)| head)) {
            super::missing_unlisted::report(change, file, found);
        }
    }
    super::missing_item::report(change, found);
    for (pair, head) in change.heads().filter(|(_, head)| head.language == Some(Language::Rust)) {
        invented(change, pair.base.as_deref(), head, found);
    }
}

/// Names that a change imports from its own crate, although the crate contains no such name.
fn invented(change: &Change<'_>, base: Option<&File>, head: &File, found: &mut Found) {
    let before = base.map_or(&[][..], |base| &base.outline().imports);
    for import in head.outline().imports.iter().filter(|i| i.kind == ImportKind::Static) {
        let mut parts = import.module.split("::");
        if parts.next() != Some("crate") || is_specimen(&head.path) {
            continue;
        }
        let parts: Vec<&str> = parts.collect();
        // The crate re-exports the standard library
        if parts.iter().any(|part| ["std", "core", "alloc"].contains(part)) {
            continue;
        }
        for name in import.names.iter().filter(|n| n.name != "*" && n.name != "self") {
            let known = before
                .iter()
                .any(|old| old.module == import.module && old.names.iter().any(|old| old.name == name.name));
            let missing = |part: &&str| rust::is_nowhere(&change.head, head, part);
            let invented =
                parts.iter().copied().chain([name.name.as_str()]).find(|part| !known && missing(part));
            if let Some(part) = invented {
                let (start, end) = line_of(head, name.line);
                found.at(head, start, end, format!("`{}` has no `{part}`", import.module));
            }
        }
    }
}

fn missing(tree: &Tree<'_>, file: &File) -> Vec<Lost> {
    match file.language {
        Some(Language::Rust) => super::missing_path::missing(tree, file),
        Some(Language::Go) => in_go(tree, file),
        Some(Language::TypeScript | Language::Tsx | Language::JavaScript | Language::Python) => {
            by_import(tree, file)
        }
        None => Vec::new(),
    }
}

fn by_import(tree: &Tree<'_>, file: &File) -> Vec<Lost> {
    let mut lost = Vec::new();
    let python = file.language == Some(Language::Python);
    for import in &file.outline().imports {
        if import.kind == ImportKind::Dynamic {
            continue;
        }
        let target = tree.resolve(file, import);
        let Target::File(path) = target else {
            // `from . import name` in a package without `__init__.py`, or a type file: nothing to compare with
            continue;
        };
        // What a tool copied there may have types that were left behind
        if is_vendored(&path) {
            continue;
        }
        let Some(exports) = tree.exports(&path) else { continue };
        for name in import.names.iter().filter(|n| n.name != "*" && !exports.contains(&n.name)) {
            // Only a package contains modules
            let submodule = python && (path.ends_with("__init__.py") || path.ends_with("__init__.pyi")) && {
                let dotted = format!(
                    "{}{}{}",
                    import.module,
                    if import.module.ends_with('.') { "" } else { "." },
                    name.name
                );
                !matches!(python::resolve(tree, &file.path, &dotted), Target::Missing(_))
            };
            if submodule || import.conditional && python && is_tried(file, import.line) {
                continue;
            }
            let (start, end) = line_of(file, name.line);
            lost.push(Lost { module: import.module.clone(), name: name.name.clone(), start, end });
        }
        if let Some(alias) = &import.alias
            && file.language.is_some_and(Language::is_ecmascript)
            && import.kind == ImportKind::Static
        {
            for (start, end, name) in members(file, "member_expression", "object", "property", alias) {
                if !exports.contains(name) && !shadowed(file, alias) {
                    lost.push(Lost { module: import.module.clone(), name: name.to_string(), start, end });
                }
            }
        }
    }
    if python {
        members_of_modules(tree, file, &mut lost);
    }
    lost
}

/// Whether an import of Python may fail without harm.
fn is_tried(file: &File, line: u32) -> bool {
    let start = file.start_of_line(line);
    let import = file.flat().iter().find(|(_, node)| {
        matches!(node.kind, "import_statement" | "import_from_statement") && node.end > start
    });
    import.is_some_and(|(index, _)| {
        file.flat().above(index).any(|above| {
            matches!(file.flat().kind(above), "try_statement")
                || file.flat().kind(above) == "if_statement"
                    && !file.field_text(above, "condition").contains("TYPE_CHECKING")
        })
    })
}

/// Members of a module of the project that is imported as a whole (`import p`, `import p.b as c`).
fn members_of_modules(tree: &Tree<'_>, file: &File, lost: &mut Vec<Lost>) {
    let whole = file.outline().imports.iter().filter(|i| i.names.is_empty() && !i.module.starts_with('.'));
    let whole = whole.filter_map(|import| {
        let alias =
            import.alias.as_deref().or_else(|| (!import.module.contains('.')).then_some(&*import.module))?;
        Some((alias, import, tree.resolve(file, import)))
    });
    let of_packages = file.outline().imports.iter().flat_map(|import| {
        import.names.iter().map(move |name| (name.local(), import, submodule(tree, file, import, &name.name)))
    });
    for (alias, import, target) in whole.chain(of_packages) {
        let Target::File(path) = target else { continue };
        let Some(exports) = tree.exports(&path) else { continue };
        if is_rebound(file, alias) {
            continue;
        }
        for (start, end, name) in members(file, "attribute", "object", "attribute", alias) {
            let assigned = file.text.get(end..).is_some_and(|rest| {
                let rest = rest.trim_start();
                rest.starts_with('=') && !rest.starts_with("==")
            });
            let special = name.starts_with("__") && name.ends_with("__");
            if !exports.contains(name) && !assigned && !special {
                lost.push(Lost { module: import.module.clone(), name: name.to_string(), start, end });
            }
        }
    }
}

/// The module that `from . import name` imports; `None` if the package itself defines that name.
fn submodule(tree: &Tree<'_>, file: &File, import: &syntax::Import, name: &str) -> Target {
    let Target::File(package) = tree.resolve(file, import) else { return Target::Known };
    let own = tree.file(&package).is_some_and(|package| {
        let imports = package.outline().imports.iter();
        let mut named = imports.filter(|i| i.names.iter().any(|n| n.local() == name));
        named.any(|i| i.module != ".") || package.outline().symbols.iter().any(|s| s.name == name)
    });
    if own || !package.ends_with("__init__.py") || name == "*" {
        return Target::Known;
    }
    let path = join(folder_of(&package), &format!("{name}.py"));
    path.filter(|path| tree.has(path)).map_or(Target::Known, Target::File)
}

/// Whether a name also means something other than the module.
fn is_rebound(file: &File, name: &str) -> bool {
    file.flat().iter().any(|(index, node)| {
        node.kind == "identifier"
            && file.text_of(index) == name
            && (node.field == "left"
                || node.field == "alias"
                || matches!(
                    file.flat().kind(node.parent),
                    "parameters"
                        | "pattern_list"
                        | "tuple_pattern"
                        | "as_pattern_target"
                        | "typed_parameter"
                        | "lambda_parameters"
                )
                || node.field == "name" && !matches!(file.flat().kind(node.parent), "keyword_argument"))
    })
}

/// Whether a name is bound a second time, for example as a parameter.
fn shadowed(file: &File, name: &str) -> bool {
    let binds = file.flat().iter().filter(|(index, node)| {
        matches!(node.kind, "identifier" | "shorthand_property_identifier_pattern")
            && matches!(
                (file.flat().kind(node.parent), node.field),
                ("variable_declarator", "name")
                    | ("required_parameter" | "optional_parameter", "pattern")
                    | ("formal_parameters" | "rest_pattern" | "array_pattern" | "object_pattern", _)
                    | ("arrow_function" | "catch_clause", "parameter")
                    | ("pair_pattern", "value")
                    | ("assignment_pattern" | "object_assignment_pattern" | "for_in_statement", "left")
            )
            && file.text_of(*index) == name
    });
    binds.count() > 0
}

/// Members that are read from a name: (start, end, member).
fn members<'f>(
    file: &'f File,
    kind: &'static str,
    object: &'static str,
    member: &'static str,
    of: &'f str,
) -> impl Iterator<Item = (usize, usize, &'f str)> {
    file.flat().iter().filter(move |(_, node)| node.kind == kind).filter_map(move |(index, node)| {
        let holder = file.flat().field(index, object)?;
        let name = file.flat().field(index, member)?;
        let simple = matches!(file.flat().kind(holder), "identifier" | "package_identifier");
        (simple && file.text_of(holder) == of).then(|| (node.start, node.end, file.text_of(name)))
    })
}

fn in_go(tree: &Tree<'_>, file: &File) -> Vec<Lost> {
    let mut lost = Vec::new();
    for import in &file.outline().imports {
        let Target::File(target) = go::resolve(tree, &file.path, &import.module) else { continue };
        let Some(package) = go::package_names(tree, folder_of(&target)) else { continue };
        let clause = tree.file(&target).and_then(|file| {
            let clause = file.flat().parts(0).find(|i| file.flat().kind(*i) == "package_clause")?;
            file.flat().parts(clause).next().map(|name| file.text_of(name).to_string())
        });
        let Some(alias) = import.alias.clone().or(clause).filter(|alias| alias != "_" && alias != ".") else {
            continue;
        };
        let locally = file.flat().iter().any(|(index, node)| {
            node.kind == "identifier"
                && file.text_of(index) == alias
                && matches!(
                    file.flat().kind(node.parent),
                    "parameter_declaration" | "expression_list" | "var_spec"
                )
                && matches!(node.field, "name" | "")
        });
        let uses = members(file, "selector_expression", "operand", "field", &alias).chain(members(
            file,
            "qualified_type",
            "package",
            "name",
            &alias,
        ));
        for (start, end, name) in uses {
            if !locally && !package.contains(name) {
                lost.push(Lost { module: import.module.clone(), name: name.to_string(), start, end });
            }
        }
    }
    // A Go package is one scope over its files
    let folder = folder_of(&file.path);
    if let Some(package) = go::package_names(tree, folder) {
        for (name, index) in file.names().unbound() {
            if !package.contains(name) && !crate::names::is_known(Language::Go, name) && !file.names().open {
                let node = file.flat().node(index);
                lost.push(Lost {
                    module: "the package".into(),
                    name: name.to_string(),
                    start: node.start,
                    end: node.end,
                });
            }
        }
    }
    lost
}
