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
                || import.names.iter().any(|n| n.local() == name)
        })
}

/// Whether a `*` import of a file may bring a module of that name: one of the crate's own, or one that cannot be seen.
pub(crate) fn a_glob_may_bring(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    let mut globs = globs(file).peekable();
    if globs.peek().is_none() {
        return false;
    }
    if globs.any(|module| !is_own(file, module)) {
        return true;
    }
    let forms = [format!("mod {name}"), format!("as {name}"), format!("extern crate {name}")];
    let passed_on = [format!("::{name};"), format!("::{name},"), format!("{{{name}")];
    sources(tree).any(|(path, text)| {
        forms.iter().any(|form| text.contains(form.as_str()))
            || path != &*file.path && passed_on.iter().any(|form| text.contains(form.as_str()))
    })
}

/// The modules that a file takes all of.
fn globs(file: &File) -> impl Iterator<Item = &str> {
    let imports = file.outline().imports.iter();
    imports.filter(|i| i.names.iter().any(|n| n.name == "*")).map(|i| i.module.as_str())
}

/// A module of the crate itself, or an enum.
fn is_own(file: &File, module: &str) -> bool {
    let first = module.split("::").next().unwrap_or_default();
    let last = module.rsplit("::").next().unwrap_or_default();
    matches!(first, "crate" | "super" | "self")
        || last.starts_with(char::is_uppercase)
        || file.outline().symbols.iter().any(|symbol| symbol.name == first)
}

fn sources<'t>(tree: &'t Tree<'_>) -> impl Iterator<Item = (&'t str, std::borrow::Cow<'t, str>)> {
    const MAX_FILES: usize = 1_000;
    let files = tree.paths().iter().filter(|path| path.ends_with(".rs")).take(MAX_FILES);
    files.filter_map(|path| Some((path.as_str(), tree.read(path)?)))
}

/// Whether a name that a file takes from its own crate stands nowhere else in it: whatever globs and macros there are,
/// what defines it would have to spell it.
pub(crate) fn is_nowhere(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    let word = |text: &str| {
        text.match_indices(name).any(|(at, found)| {
            let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !part(text[..at].chars().next_back()) && !part(text[at + found.len()..].chars().next())
        })
    };
    let outside = |text: &str| {
        text.lines().map(str::trim_start).any(|line| {
            line.starts_with("pub use ")
                && line.contains("*;")
                && !["pub use crate", "pub use self", "pub use super"].iter().any(|own| line.starts_with(own))
        })
    };
    let here =
        ["fn", "struct", "enum", "trait", "type", "mod", "const", "static", "union", "macro_rules!", "as"];
    let defined = here.iter().any(|keyword| file.text.contains(&format!("{keyword} {name}")));
    !defined
        && globs(file).all(|module| is_own(file, module))
        && sources(tree).all(|(path, text)| {
            !text.contains("paste!") && !outside(&text) && (path == &*file.path || !word(&text))
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
    let Some(rest) = path.strip_prefix(&format!("{source}/")) else {
        // a test, a benchmark or an example is a crate of its own
        let beside = join(folder_of(&manifest), "")?;
        let (folder, _) = path.strip_prefix(&beside)?.trim_start_matches('/').split_once('/')?;
        let root = matches!(folder, "tests" | "benches" | "examples")
            && folder_of(path) == join(&beside, folder)?
            && path.ends_with(".rs");
        return root.then(|| (path.to_string(), Vec::new()));
    };
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
                // a macro that is exported stands at the root, wherever it is written
                let exported_macro = depth == 0 && {
                    let form = format!("macro_rules! {name}");
                    sources(tree).any(|(_, text)| text.contains("macro_export") && text.contains(&form))
                };
                if passed_on || exported_macro {
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
