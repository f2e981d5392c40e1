//! `unreached-module`: a new file that nothing imports.

use std::collections::BTreeSet;

use syntax::{ImportKind, Language};

use super::{Change, Check, Example, Found, Rule};
use shared::test_files::is_test;

use crate::file::File;
use crate::finding::{Category, Severity};
use crate::project::{Target, folder_of, is_built, is_specimen};

pub(super) static RULE: Rule = Rule {
    id: "unreached-module",
    category: Category::Inconsistent,
    severity: Severity::Error,
    summary: "A new file that nothing imports: its code is not part of the program.",
    note: "Import it where it is needed (in Rust: `mod name;` in its parent module), or remove it.",
    valid: &[
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\n"),
            ("src/a.rs", "pub fn f() {}\n"),
        ]),
        Example::change(
            &[("src/index.ts", "export {};\n")],
            &[("src/index.ts", "export * from './a';\n"), ("src/a.ts", "export const a = 1;\n")],
        ),
    ],
    invalid: &[
        Example::change(
            &[("Cargo.toml", "[package]\nname = \"x\"\n"), ("src/lib.rs", "\n")],
            &[
                ("Cargo.toml", "[package]\nname = \"x\"\n"),
                ("src/lib.rs", "\n"),
                ("src/a.rs", "pub fn f() {}\n"),
            ],
        ),
        Example::change(
            &[("src/index.ts", "export {};\n")],
            &[("src/index.ts", "export {};\n"), ("src/helper.ts", "export const a = 1;\n")],
        ),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for (pair, head) in change.heads() {
        let path = &*pair.path;
        if pair.base.is_some() || is_test(path) || is_specimen(path) || is_built(path) {
            continue;
        }
        let end = head.line(0).len();
        match head.language {
            Some(Language::Rust) => {
                if is_lost_in_rust(change, path) {
                    found.at(head, 0, end, format!("no `mod` leads to `{path}`"));
                }
            }
            Some(Language::Go) | None => {}
            Some(_) => {
                if !may_be_entry(change, head) && !is_imported(change, head) {
                    found.maybe(head, 0, end, format!("nothing imports `{path}`"));
                }
            }
        }
    }
}

fn is_lost_in_rust(change: &Change<'_>, path: &str) -> bool {
    let Some((_, modules)) = crate::project::rust::place(&change.head, path) else { return false };
    let Some(name) = modules.last() else { return false };
    // who may name it: the crate's roots, and the modules above and beside
    let above = folder_of(path);
    let parents = change.head.paths().iter().filter(|other| other.ends_with(".rs") && *other != path);
    let mut parents = parents.filter(|other| {
        let folder = folder_of(other);
        folder == above
            || folder == folder_of(above)
            || matches!(other.rsplit('/').next(), Some("lib.rs" | "main.rs"))
    });
    !parents.any(|other| {
        change.head.read(other).is_some_and(|text| {
            text.contains(&format!("mod {name}"))
                || text.contains("include!")
                || text.contains(&format!("{name}.rs"))
                || text.contains("mod $")
                || text.contains(&format!("{name};"))
                || text.contains(&format!("{name},"))
        }) || change.head.file(other).is_some_and(|file| {
            file.outline().imports.iter().any(|i| i.kind == ImportKind::Mod && i.module == *name)
        })
    })
}

/// Loaded by its name or place: entry points, configuration, pages, scripts, declarations.
fn may_be_entry(change: &Change<'_>, head: &File) -> bool {
    let path = &*head.path;
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let by_place = path.split('/').any(|part| {
        matches!(
            part,
            "bin"
                | "scripts"
                | "script"
                | "pages"
                | "app"
                | "routes"
                | "migrations"
                | "commands"
                | "management"
                | "plugins"
                | "tools"
                | "bench"
                | "benchmark"
                | "benchmarks"
                | "api"
                | "functions"
                | "locale"
                | "locales"
                | "stories"
                | "config"
                | "public"
                | "static"
                | "types"
        )
    });
    by_place
        || !path.contains('/')
        || matches!(
            stem,
            "index"
                | "main"
                | "__init__"
                | "__main__"
                | "setup"
                | "conftest"
                | "cli"
                | "mod"
                | "manage"
                | "wsgi"
                | "asgi"
                | "server"
        )
        || name.ends_with(".d.ts")
        || name.ends_with(".pyi")
        || name.contains(".config.")
        || name.contains(".stories.")
        || change
            .head
            .nearest(path, "package.json")
            .and_then(|m| change.head.read(&m).map(|text| text.contains(stem)))
            .unwrap_or(false)
        || ["pyproject.toml", "setup.cfg", "setup.py"]
            .iter()
            .any(|m| change.head.read(m).is_some_and(|text| text.contains(stem)))
        || head.outline().symbols.is_empty() && head.outline().exports.is_empty()
}

fn is_imported(change: &Change<'_>, head: &File) -> bool {
    let stem = head.path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let word = BTreeSet::from([stem.to_string()]);
    let others = change.others_with(&word);
    let changed = change.heads().map(|(_, file)| file).filter(|file| file.path != head.path);
    changed.chain(others.iter().map(|file| &**file)).any(|file| {
        file.outline().imports.iter().any(|import| {
            matches!(change.head.resolve(file, import), Target::File(path) if *path == *head.path)
                || import.names.iter().any(|n| n.name == stem)
                || import.module.ends_with(stem)
        }) || file.text.contains(&format!("/{stem}"))
            || file.text.contains(&format!("'{stem}'"))
            || file.text.contains(&format!("\"{stem}\""))
    })
}
