use std::collections::HashSet;

use syntax::{Import, ImportKind, SymbolKind};

use super::{Target, Tree, folder_of, join};
use crate::file::File;

/// Where a `mod` or `use` leads.
pub(crate) fn resolve(tree: &Tree<'_>, file: &File, import: &Import) -> Target {
    if import.kind == ImportKind::Mod {
        if import.conditional {
            return Target::Known;
        }
        let found = module_files(&file.path, &import.module).into_iter().find(|path| tree.has(path));
        return match found {
            Some(path) => Target::File(path),
            None => Target::Missing(module_files(&file.path, &import.module).join("` or `")),
        };
    }
    let first = import.module.split("::").next().unwrap_or_default();
    match first {
        "crate" | "self" | "super" | "std" | "core" | "alloc" | "proc_macro" | "test" | "" | "Self"
        | "$crate" => Target::Known,
        // a type of the prelude, or of this file: `use Option::Some`
        name if name.starts_with(char::is_uppercase) => Target::Known,
        name if file.names().bound.contains(name) && import.names.is_empty() && import.module != name => {
            Target::Known
        }
        name if defines(file, name) => Target::Known,
        name => Target::Package(name.to_string()),
    }
}

/// Whether a file has an item or an import of that name, which comes before packages.
fn defines(file: &File, name: &str) -> bool {
    let outline = file.outline();
    outline.symbols.iter().any(|symbol| symbol.name == name)
        || outline.imports.iter().any(|import| {
            import.kind != ImportKind::Static && import.module == name
                || import.names.iter().any(|n| n.local() == name || n.name == "*")
        })
}

/// Where `mod name;` in a file may lead.
pub(crate) fn module_files(path: &str, name: &str) -> Vec<String> {
    let folder = folder_of(path);
    let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let own = join(folder, stem).unwrap_or_default();
    let mut found = Vec::new();
    // the root of a crate may have any name: both places are looked at
    if !matches!(stem, "mod" | "lib" | "main") {
        found.push(format!("{own}/{name}.rs"));
        found.push(format!("{own}/{name}/mod.rs"));
    }
    if matches!(stem, "mod" | "lib" | "main" | "build") || !folder.contains("src") || folder.ends_with("bin")
    {
        found.extend(join(folder, &format!("{name}.rs")));
        found.extend(join(folder, &format!("{name}/mod.rs")));
    }
    found
}

/// The root file of the crate that a path is in, and the modules that lead to the path.
pub(crate) fn place(tree: &Tree<'_>, path: &str) -> Option<(String, Vec<String>)> {
    let manifest = tree.nearest(path, "Cargo.toml")?;
    let source = join(folder_of(&manifest), "src")?;
    let rest = path.strip_prefix(&source)?.trim_start_matches('/');
    let root =
        ["lib.rs", "main.rs"].iter().filter_map(|name| join(&source, name)).find(|path| tree.has(path))?;
    if rest.starts_with("bin/") {
        return None;
    }
    let mut parts: Vec<String> = rest.trim_end_matches(".rs").split('/').map(str::to_string).collect();
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    Some((root, parts))
}

/// What a path of a crate leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Yes,
    /// (module that was reached, name that it does not have)
    No(String, String),
    Unknown,
}

/// Follows a path of modules and a name from the root of a crate.
pub(crate) fn follow(tree: &Tree<'_>, root: &str, path: &[String]) -> Found {
    let mut at = root.to_string();
    let mut module = "crate".to_string();
    for (depth, name) in path.iter().enumerate() {
        let last = depth + 1 == path.len();
        let Some(file) = tree.file(&at) else { return Found::Unknown };
        if file.is_broken() || !file.is_code() || has_item_macro(&file) {
            return Found::Unknown;
        }
        let outline = file.outline();
        let here = |symbol: &&syntax::Symbol| symbol.container.is_none() && symbol.name == *name;
        match outline.symbols.iter().find(here) {
            Some(_) if last => return Found::Yes,
            Some(symbol) if symbol.kind == SymbolKind::Module => {
                let next = module_files(&at, name).into_iter().find(|path| tree.has(path));
                match next {
                    Some(next)
                        if outline.imports.iter().any(|i| i.kind == ImportKind::Mod && i.module == *name) =>
                    {
                        at = next
                    }
                    _ => return Found::Unknown,
                }
            }
            // an enum's variant, a type's function
            Some(_) => return Found::Unknown,
            None => {
                let passed_on = outline.imports.iter().any(|import| {
                    import.names.iter().any(|n| n.name == "*" || n.local() == name)
                        || import.alias.as_deref() == Some(name)
                        || (import.names.is_empty() && import.module.rsplit("::").next() == Some(name))
                });
                if passed_on {
                    return Found::Unknown;
                }
                return Found::No(module, name.clone());
            }
        }
        module = format!("{module}::{name}");
    }
    Found::Unknown
}

/// A macro that stands where items stand may define anything.
pub(crate) fn has_item_macro(file: &File) -> bool {
    let mut kinds: HashSet<&str> = HashSet::new();
    for index in file.flat().parts(0) {
        let kind = file.flat().kind(index);
        kinds.insert(kind);
        if kind == "expression_statement"
            && file.flat().parts(index).any(|i| file.flat().kind(i) == "macro_invocation")
        {
            return true;
        }
    }
    kinds.contains("macro_invocation")
}
