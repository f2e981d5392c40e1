//! Part of `undefined-name`: methods of Rust whose trait is no longer imported.

use std::collections::BTreeSet;

use syntax::ImportKind;

use crate::code::file::File;
use crate::rules::Change;

/// Methods of standard library traits that are not in a prelude.
const STD: &[(&str, &[&str])] = &[
    ("fmt::Write", &["write_str", "write_char", "write_fmt"]),
    ("io::Write", &["write_all", "flush", "write_fmt", "write_vectored", "by_ref"]),
    ("io::Read", &["read_to_end", "read_to_string", "read_exact", "read_vectored"]),
    ("io::BufRead", &["read_line", "read_until", "fill_buf", "lines"]),
    ("io::Seek", &["seek", "rewind", "stream_position"]),
    ("str::FromStr", &["from_str"]),
    ("hash::Hash", &["hash"]),
    ("hash::Hasher", &["finish"]),
    ("hash::BuildHasher", &["build_hasher", "hash_one"]),
    ("borrow::Borrow", &["borrow"]),
    ("borrow::BorrowMut", &["borrow_mut"]),
    ("ops::RangeBounds", &["start_bound", "end_bound"]),
    ("any::Any", &["type_id"]),
    ("error::Error", &["source", "description"]),
];

/// Traits that are no longer imported, and whose methods are still called: (trait, method, node of the call).
pub(super) fn no_longer_imported(
    change: &Change<'_>,
    base: &File,
    head: &File,
) -> Vec<(String, String, usize)> {
    let mut found = Vec::new();
    let now: BTreeSet<&str> = imported(head).map(|(_, _, local)| local).collect();
    for (module, name, local) in imported(base).filter(|(_, _, local)| !now.contains(local)) {
        // Bounds and paths make the methods of a trait available
        if !local.starts_with(|c: char| c.is_uppercase() || c == '_')
            || head.text.contains(&format!("::{name}"))
        {
            continue;
        }
        let methods = methods(change, module, name);
        let calls = |file: &File| calls(file, &methods);
        let (before, after) = (calls(base), calls(head));
        let known: BTreeSet<&str> = before.iter().map(|(method, _)| method.as_str()).collect();
        let same = after
            .iter()
            .find(|(method, _)| known.contains(method.as_str()) && !is_anothers(change, name, method));
        if let Some((method, index)) = same {
            found.push((name.to_string(), method.clone(), *index));
        }
    }
    found
}

/// Module, name and local name of each import of a file.
fn imported(file: &File) -> impl Iterator<Item = (&str, &str, &str)> {
    let imports = file.outline().imports.iter().filter(|import| import.kind == ImportKind::Static);
    imports.flat_map(|import| {
        import.names.iter().map(|name| (import.module.as_str(), name.name.as_str(), name.local()))
    })
}

fn methods(change: &Change<'_>, module: &str, name: &str) -> BTreeSet<String> {
    let full = format!("{module}::{name}");
    if full.starts_with("std::") || full.starts_with("core::") || full.starts_with("alloc::") {
        let known = STD.iter().find(|(path, _)| full.ends_with(&format!("::{path}")));
        return known
            .map_or_else(BTreeSet::new, |(_, methods)| methods.iter().map(ToString::to_string).collect());
    }
    let own = ["crate", "super", "self"].iter().any(|start| module.split("::").next() == Some(*start));
    if !own {
        return BTreeSet::new();
    }
    let head = format!("trait {name}");
    let mut found = BTreeSet::new();
    for file in rust_files(change)
        .filter(|text| text.1.contains(&head))
        .filter_map(|(path, _)| change.head.file(path))
    {
        let of_trait =
            file.outline().symbols.iter().filter(|symbol| symbol.container.as_deref() == Some(name));
        found.extend(of_trait.map(|symbol| symbol.name.clone()));
    }
    found
}

fn rust_files<'c>(change: &'c Change<'_>) -> impl Iterator<Item = (&'c str, std::borrow::Cow<'c, str>)> {
    const MAX_FILES: usize = 1_000;
    let paths = change.head.paths().iter().filter(|path| path.ends_with(".rs")).take(MAX_FILES);
    paths.filter_map(|path| Some((path.as_str(), change.head.read(path)?)))
}

/// Whether something else in the project has a method of that name.
fn is_anothers(change: &Change<'_>, name: &str, method: &str) -> bool {
    let head = format!("fn {method}");
    rust_files(change)
        .filter(|(_, text)| text.contains(&head))
        .filter_map(|(path, _)| change.head.file(path))
        .any(|file| {
            file.flat().iter().any(|(index, node)| {
                node.kind.starts_with("function_") && file.field_text(index, "name") == method && {
                    let holder = file
                        .flat()
                        .above(index)
                        .find(|i| matches!(file.flat().kind(*i), "impl_item" | "trait_item"));
                    holder.is_some_and(|holder| match file.flat().kind(holder) {
                        "trait_item" => file.field_text(holder, "name") != name,
                        _ => {
                            let of = file.field_text(holder, "trait");
                            let of = of
                                .split('<')
                                .next()
                                .unwrap_or_default()
                                .rsplit("::")
                                .next()
                                .unwrap_or_default();
                            of != name
                        }
                    })
                }
            })
        })
}

/// Method calls with these names.
fn calls(file: &File, methods: &BTreeSet<String>) -> Vec<(String, usize)> {
    if methods.is_empty() {
        return Vec::new();
    }
    let flat = file.flat();
    let called = flat.iter().filter(|(index, node)| {
        node.kind == "field_identifier" && flat.kind(node.parent) == "field_expression" && {
            let holder = flat.node(node.parent);
            holder.field == "function" && methods.contains(file.text_of(*index))
        }
    });
    called.map(|(index, _)| (file.text_of(index).to_string(), index)).collect()
}
