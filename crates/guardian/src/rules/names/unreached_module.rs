//! `unreached-module`: a new file that nothing imports.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use syntax::{ImportKind, Language};

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::{Target, folder_of, is_built, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};
use shared::test_files::is_test;

pub(crate) static RULE: Rule = Rule {
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
    let mut others: Vec<&File> = Vec::new();
    for (pair, head) in change.heads() {
        let path = &*pair.path;
        if pair.base.is_some() || is_test(path) || is_specimen(path) || is_built(path) {
            continue;
        }
        match head.language {
            Some(Language::Rust) => {
                if is_lost_in_rust(change, path) && !is_named_by_path(change, path) {
                    found.at(head, 0, head.line(0).len(), format!("no `mod` leads to `{path}`"));
                }
            }
            Some(Language::Go) | None => {}
            Some(Language::TypeScript | Language::Tsx | Language::JavaScript | Language::Python) => {
                if !may_be_entry(change, head) {
                    others.push(head);
                }
            }
        }
    }
    if others.is_empty() {
        return;
    }
    let stems = others.iter().map(|head| stem_of(&head.path).to_string()).collect();
    let mut mentions = Mentions::of(change, stems);
    for head in others {
        if !mentions.imports(change, head) {
            found.maybe(head, 0, head.line(0).len(), format!("nothing imports `{}`", head.path));
        }
    }
}

fn is_lost_in_rust(change: &Change<'_>, path: &str) -> bool {
    let Some((_, modules)) = crate::project::rust::place(&change.head, path) else { return false };
    let Some(name) = modules.last() else { return false };
    // Files that may declare it: the crate's roots, and the modules above and beside it
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

/// Whether a file is loaded by its name or place: entry points, configuration, pages, scripts, declarations.
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

/// Which files mention which new files: every text is read once, however many files are new.
struct Mentions {
    /// Files whose text contains the stem of a name
    by_stem: HashMap<String, Vec<Arc<File>>>,
    /// Files to which the imports of a file lead
    targets: HashMap<Arc<str>, HashSet<String>>,
}

impl Mentions {
    fn of(change: &Change<'_>, stems: BTreeSet<String>) -> Mentions {
        let stems: Vec<String> = stems.into_iter().filter(|stem| !stem.is_empty()).collect();
        let mut by_stem: HashMap<String, Vec<Arc<File>>> = HashMap::new();
        let Ok(search) = AhoCorasick::new(&stems) else {
            return Mentions { by_stem, targets: HashMap::new() };
        };
        let mentioned = |text: &str| -> BTreeSet<usize> {
            search.find_overlapping_iter(text).map(|found| found.pattern().as_usize()).collect()
        };
        let mut add = |found: BTreeSet<usize>, file: &Arc<File>| {
            for stem in found.into_iter().filter_map(|at| stems.get(at)) {
                by_stem.entry(stem.clone()).or_default().push(file.clone());
            }
        };
        let changed: HashSet<&str> = change.pairs.iter().map(|pair| &*pair.path).collect();
        let heads = change.pairs.iter().filter_map(|pair| pair.head.as_ref());
        for file in heads.filter(|file| file.is_code() && !file.is_broken()) {
            add(mentioned(&file.text), file);
        }
        let is_code = |path: &&String| syntax::Language::of_path(path).is_some();
        for path in change.head.paths().iter().filter(is_code).filter(|path| !changed.contains(path.as_str()))
        {
            let found = change.head.read(path).map(|text| mentioned(&text)).filter(|found| !found.is_empty());
            let Some((found, file)) = found.zip(change.head.file(path)) else { continue };
            if file.is_code() && !file.is_broken() {
                add(found, &file);
            }
        }
        Mentions { by_stem, targets: HashMap::new() }
    }

    fn imports(&mut self, change: &Change<'_>, head: &File) -> bool {
        let stem = stem_of(&head.path);
        if stem.is_empty() {
            return true;
        }
        let Some(files) = self.by_stem.get(stem) else { return false };
        files.iter().filter(|file| file.path != head.path).any(|file| {
            let targets = self.targets.entry(file.path.clone()).or_insert_with(|| targets(change, file));
            targets.contains(&*head.path)
                || file.outline().imports.iter().any(|import| {
                    import.names.iter().any(|n| n.name == stem) || import.module.ends_with(stem)
                })
                || [format!("/{stem}"), format!("'{stem}'"), format!("\"{stem}\"")]
                    .iter()
                    .any(|form| file.text.contains(form.as_str()))
        })
    }
}

fn targets(change: &Change<'_>, file: &File) -> HashSet<String> {
    let imports = file.outline().imports.iter();
    imports
        .filter_map(|import| match change.head.resolve(file, import) {
            Target::File(path) => Some(path),
            _ => None,
        })
        .collect()
}

fn stem_of(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default()
}

/// Whether a `#[path = "…"]` of another file ends as this path does.
fn is_named_by_path(change: &Change<'_>, path: &str) -> bool {
    const MAX_FILES: usize = 1_000;
    let sources = change.head.paths().iter().filter(|other| other.ends_with(".rs")).take(MAX_FILES);
    sources.filter_map(|other| change.head.read(other)).filter(|text| text.contains("#[path")).any(|text| {
        text.split("#[path").skip(1).filter_map(|rest| rest.split('"').nth(1)).any(|named| {
            let named = named.trim_start_matches("./").trim_start_matches("../");
            path.ends_with(named)
        })
    })
}
