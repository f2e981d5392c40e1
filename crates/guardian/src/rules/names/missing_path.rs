//! Part of `missing-export`: paths of Rust within a crate.
//!
//! Finds the paths and lets `project::rust` follow them. `missing_export` reports the result. Ignores `super` and
//! `self` in an inner module, because they begin elsewhere.

use std::collections::HashSet;

use syntax::ImportKind;

use super::lost::{Lost, line_of};
use crate::code::file::File;
use crate::project::rust::Found as Path;
use crate::project::{Tree, folder_of, join, rust};

pub(super) fn missing(tree: &Tree<'_>, file: &File) -> Vec<Lost> {
    let mut lost = Vec::new();
    let place = rust::place(tree, &file.path);
    let own_name = own_crate(tree, &file.path);
    // A path may begin at a module that this file declares
    let declared: HashSet<&str> = file
        .outline()
        .imports
        .iter()
        .filter(|import| {
            import.kind == ImportKind::Mod && !(import.conditional && file.text.contains("#[path"))
        })
        .map(|import| import.module.as_str())
        .collect();
    let top = rust::top_level(file);
    let own_modules = own_modules(file);
    let mut follow = |path: &str, start: usize, end: usize, nested: bool| {
        let mut parts: Vec<String> = path.split("::").map(|part| part.trim().to_string()).collect();
        if parts.iter().any(|part| !part.chars().all(|c| c.is_alphanumeric() || c == '_')) {
            return;
        }
        let first = parts.remove(0);
        let (root, mut modules) = match (&place, first.as_str()) {
            (Some((root, _)), "crate") => (root.clone(), Vec::new()),
            (Some((root, modules)), "super") if !nested => {
                let mut modules = modules.clone();
                let Some(own) = modules.pop() else { return };
                // If a macro or an inner module of the parent declares this file, `super` is not the folder's file
                let parent = rust::file_of(tree, root, &modules).and_then(|path| tree.file(&path));
                let declares = |i: &syntax::Import| i.kind == ImportKind::Mod && i.module == own;
                if parent.is_some_and(|parent| !parent.outline().imports.iter().any(declares)) {
                    return;
                }
                (root.clone(), modules)
            }
            // From this file itself, whose modules are in a folder of its own
            (Some(_), name) if !nested && (name == "self" || declared.contains(name)) => {
                let own = if name == "self" { None } else { Some(first.clone()) };
                let modules: Vec<String> = own.into_iter().chain(parts).collect();
                if let Path::No(module, name) = rust::follow(tree, &file.path, &modules) {
                    lost.push(Lost { module, name, start, end });
                }
                return;
            }
            (_, name) if own_name.as_ref().is_some_and(|(own, _)| own == name) => match &own_name {
                Some((_, root)) => (root.clone(), Vec::new()),
                None => return,
            },
            _ => return,
        };
        while parts.first().is_some_and(|part| part == "super") {
            parts.remove(0);
            if modules.pop().is_none() {
                return;
            }
        }
        // If the module's file is known, the way to it does not matter
        let (root, mut modules) = match rust::file_of(tree, &root, &modules) {
            Some(path) => (path, Vec::new()),
            None => (root, modules),
        };
        modules.extend(parts);
        if let Path::No(module, name) = rust::follow(tree, &root, &modules) {
            lost.push(Lost { module, name, start, end });
        }
    };
    for import in &file.outline().imports {
        if import.kind != ImportKind::Static {
            continue;
        }
        let (start, end) = line_of(file, import.line);
        let nested = !top.iter().any(|rows| rows.contains(&import.line));
        for name in import.names.iter().filter(|n| n.name != "*") {
            follow(&format!("{}::{}", import.module, name.name), start, end, nested);
        }
    }
    for (index, node) in file.flat().iter() {
        if matches!(node.kind, "scoped_identifier" | "scoped_type_identifier")
            && !matches!(
                file.flat().kind(node.parent),
                "scoped_identifier"
                    | "scoped_type_identifier"
                    | "use_as_clause"
                    | "scoped_use_list"
                    | "use_declaration"
                    | "use_list"
                    | "use_wildcard"
            )
            && !file.flat().above(index).take(6).any(|i| {
                matches!(file.flat().kind(i), "use_declaration" | "macro_definition" | "visibility_modifier")
            })
        {
            let text = file.text_of(index);
            let nested =
                || file.flat().above(index).any(|i| matches!(file.flat().kind(i), "mod_item" | "token_tree"));
            if text.starts_with("crate::") {
                follow(text, node.start, node.end, true);
            } else if text.starts_with("super::") && !nested() {
                follow(text, node.start, node.end, false);
            } else if let Some(path) = of_module(file, &own_modules, text).filter(|_| !nested()) {
                follow(&path, node.start, node.end, false);
            }
        }
    }
    lost
}

/// Modules that are written out at the top of a file, or that it imports from its crate, with their paths.
fn own_modules(file: &File) -> Vec<(String, String)> {
    let flat = file.flat();
    let written = flat.parts(0).filter(|i| flat.kind(*i) == "mod_item");
    let mut found: Vec<(String, String)> = written
        .filter(|i| file.attributes(*i).is_empty())
        .map(|i| file.field_text(i, "name").to_string())
        .map(|name| (name.clone(), format!("self::{name}")))
        .collect();
    for import in file.outline().imports.iter().filter(|i| i.kind == ImportKind::Static && !i.conditional) {
        let of_crate = import.module == "crate" || import.module.starts_with("crate::");
        for name in import.names.iter().filter(|n| of_crate && n.name.starts_with(char::is_lowercase)) {
            found.push((name.local().to_string(), format!("{}::{}", import.module, name.name)));
        }
    }
    found
}

/// A path whose first part is such a module, written from the crate or from the file.
fn of_module(file: &File, modules: &[(String, String)], text: &str) -> Option<String> {
    let (first, rest) = text.split_once("::")?;
    let mut all = modules.iter().filter(|(name, _)| name == first);
    let (_, path) = all.next().filter(|_| all.next().is_none())?;
    // A type or a local item of that name
    let hidden =
        file.outline().imports.iter().filter(|i| i.names.iter().any(|n| n.local() == first)).count() > 1;
    (!hidden).then(|| format!("{path}::{rest}"))
}

/// The library name and root file of the package that contains a path.
pub(crate) fn own_crate(tree: &Tree<'_>, path: &str) -> Option<(String, String)> {
    let manifest = tree.nearest(path, "Cargo.toml")?;
    let root = join(folder_of(&manifest), "src/lib.rs").filter(|root| tree.has(root))?;
    let table: toml::Table = tree.read(&manifest)?.parse().ok()?;
    let name =
        table.get("lib").and_then(|lib| lib.get("name")).or_else(|| table.get("package")?.get("name"))?;
    Some((name.as_str()?.replace('-', "_"), root))
}
