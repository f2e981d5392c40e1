//! Resolves paths of Rust within their crate, and finds what globs, macros and derives may bring.
//!
//! The rules about names use it. It expands no macro, decides no `cfg` and opens no other crate: what these may bring
//! is unknown, and rules report nothing about unknown names.

use std::collections::HashSet;

use syntax::{Import, ImportKind, Language, SymbolKind};

use super::{Target, Tree, folder_of, join};
use crate::code::file::File;

const DEFINING: [&str; 10] =
    ["fn", "struct", "enum", "trait", "type", "mod", "const", "static", "union", "macro_rules!"];

/// The target of a `mod` or `use`.
pub(crate) fn resolve(tree: &Tree<'_>, file: &File, import: &Import) -> Target {
    if import.kind == ImportKind::Mod {
        if import.conditional {
            return Target::Known;
        }
        let files = module_files(&file.path, &import.module);
        return match files.iter().find(|path| tree.has(path)) {
            Some(path) => Target::File(path.clone()),
            None if files.iter().any(|path| tree.is_unlisted(path)) => Target::Known,
            None => Target::Missing(files.join("` or `")),
        };
    }
    let first = import.module.split("::").next().unwrap_or_default();
    match first {
        "crate" | "self" | "super" | "std" | "core" | "alloc" | "proc_macro" | "test" | "" | "Self"
        | "$crate" => Target::Known,
        // A type of the prelude, or of this file: `use Option::Some`
        name if name.starts_with(char::is_uppercase) => Target::Known,
        name if file.names().bound.contains(name) && import.names.is_empty() && import.module != name => {
            Target::Known
        }
        name if defines(file, name) => Target::Known,
        name => Target::Package(name.to_string()),
    }
}

/// Whether a file has an item or an import of that name, which takes precedence over packages.
fn defines(file: &File, name: &str) -> bool {
    let outline = file.outline();
    outline.symbols.iter().any(|symbol| symbol.name == name)
        || outline.imports.iter().any(|import| {
            import.kind != ImportKind::Static && import.module == name
                || import.names.iter().any(|n| n.local() == name)
        })
}

/// Whether a `*` import of a file may bring a name: its module has the name, or cannot be read.
pub(crate) fn a_glob_may_bring(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    const DEEPEST: usize = 4;
    globs_bring(tree, file, name, false, DEEPEST)
}

/// With `others`: what a `*` import of this file brings to other files, not only its own names.
fn globs_bring(tree: &Tree<'_>, file: &File, name: &str, others: bool, deep: usize) -> bool {
    let top = top_level(file);
    file.outline().imports.iter().filter(|i| i.names.iter().any(|n| n.name == "*")).any(|import| {
        let nested = !top.iter().any(|rows| rows.contains(&import.line));
        let last = import.module.rsplit("::").next().unwrap_or_default();
        if nested && (others || import.module == "super") {
            // The names of this file itself are known
            false
        } else if last.starts_with(char::is_uppercase) {
            is_variant(tree, &import.module, name)
        } else {
            match module_of_star(tree, file, import).filter(|_| deep > 0) {
                Some(module) => has_for_all(tree, &module, name, deep - 1),
                None => true,
            }
        }
    })
}

/// Whether an enum that is imported with `*` may have a variant of that name.
fn is_variant(tree: &Tree<'_>, module: &str, name: &str) -> bool {
    const OF_STD: [&str; 6] = ["Included", "Excluded", "Unbounded", "Less", "Equal", "Greater"];
    let (first, last) =
        (module.split("::").next().unwrap_or_default(), module.rsplit("::").next().unwrap_or_default());
    let header = format!("enum {last}");
    let mut of_crate = sources(tree).filter(|(_, text)| text.contains(&header)).peekable();
    match of_crate.peek() {
        _ if !name.starts_with(char::is_uppercase) => false,
        Some(_) => of_crate.any(|(_, text)| has_word(&text, name)),
        None => !matches!(first, "std" | "core") || OF_STD.contains(&name),
    }
}

/// Whether a file has a name that a `*` import of the file may bring.
fn has_for_all(tree: &Tree<'_>, file: &File, name: &str, deep: usize) -> bool {
    let open =
        file.is_broken() || !file.is_indexed() || has_item_macro(file) || file.text.contains("#[macro_use]");
    let imported = |import: &Import| {
        import.names.iter().any(|n| n.local() == name)
            || import.alias.as_deref() == Some(name)
            || import.names.is_empty() && import.module.rsplit("::").next() == Some(name)
    };
    is_defined(&file.text, name)
        || open && has_word(&file.text, name)
        || file.outline().imports.iter().any(imported)
        || globs_bring(tree, file, name, true, deep)
}

/// The modules that a file imports with `*`.
fn globs(file: &File) -> impl Iterator<Item = &str> {
    let imports = file.outline().imports.iter();
    imports.filter(|i| i.names.iter().any(|n| n.name == "*")).map(|i| i.module.as_str())
}

/// Whether a module belongs to the crate itself, or is an enum.
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

/// Whether a name that a file imports from its own crate occurs nowhere else in the crate: a definition, even by a glob
/// or macro, would have to spell it.
pub(crate) fn is_nowhere(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    let outside = |text: &str| {
        text.lines().map(str::trim_start).any(|line| {
            line.starts_with("pub use ")
                && line.contains("*;")
                && !["pub use crate", "pub use self", "pub use super"].iter().any(|own| line.starts_with(own))
        })
    };
    !is_defined(&file.text, name)
        && !file.text.contains(&format!("as {name}"))
        && globs(file).all(|module| is_own(file, module))
        && sources(tree).all(|(path, text)| {
            !text.contains("paste!") && !outside(&text) && (path == &*file.path || !has_word(&text, name))
        })
}

/// Whether another file of the crate defines an item of that name, wherever it is.
pub(crate) fn is_item(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    const ITEMS: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];
    sources(tree).filter(|(path, text)| *path != &*file.path && text.contains(name)).any(|(_, text)| {
        ITEMS.iter().any(|item| {
            let form = format!("{item} {name}");
            text.match_indices(&form).any(|(at, _)| {
                text.get(at + form.len()..)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            })
        })
    })
}

/// The possible files of `mod name;` in a file.
pub(crate) fn module_files(path: &str, name: &str) -> Vec<String> {
    // A raw identifier `r#name` has its file at `name`
    let name = name.trim_start_matches("r#");
    let folder = folder_of(path);
    let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let own = join(folder, stem).unwrap_or_default();
    let mut found = Vec::new();
    // The root of a crate may have any name: both places are searched
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

/// The root file of the crate that contains a path, and the modules from there to the path.
pub(crate) fn place(tree: &Tree<'_>, path: &str) -> Option<(String, Vec<String>)> {
    let manifest = tree.nearest(path, "Cargo.toml")?;
    let source = join(folder_of(&manifest), "src")?;
    let Some(rest) = path.strip_prefix(&format!("{source}/")) else {
        // A test, a benchmark or an example is a crate of its own
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

/// The result of following a path within a crate.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Yes,
    /// The module that was reached, and the name that it does not have
    No(String, String),
    Unknown,
}

/// Follows a path of modules and a name; `from` is a file that is a module itself.
pub(crate) fn follow(tree: &Tree<'_>, from: &str, path: &[String]) -> Found {
    let mut at = from.to_string();
    let mut module = path.first().map_or("crate".to_string(), |_| named(tree, from));
    for (depth, name) in path.iter().enumerate() {
        let last = depth + 1 == path.len();
        let Some(file) = tree.file(&at) else { return Found::Unknown };
        if file.is_broken() || !file.is_indexed() {
            return Found::Unknown;
        }
        let outline = file.outline();
        let here = |symbol: &&syntax::Symbol| symbol.container.is_none() && symbol.name == *name;
        match outline.symbols.iter().find(here) {
            Some(_) if last => return Found::Yes,
            Some(symbol) if symbol.kind == SymbolKind::Module => {
                let mut next = module_files(&at, name).into_iter().filter(|path| tree.has(path));
                let declared = outline.imports.iter().any(|i| i.kind == ImportKind::Mod && i.module == *name);
                match (next.next(), next.next()) {
                    (Some(next), None) if declared && !file.text.contains("#[path") => at = next,
                    (None, None) if !declared => {
                        let module = format!("{module}::{name}");
                        return follow_inside(
                            &file,
                            name,
                            path.get(depth + 1..).unwrap_or_default(),
                            &module,
                        );
                    }
                    _ => return Found::Unknown,
                }
            }
            // An enum's variant, a type's function
            Some(_) => return Found::Unknown,
            // For example in a block of foreign items
            None if is_defined(&file.text, name) || may_be_derived(&file, name) => return Found::Unknown,
            None if may_be_made(tree, &file, name) || is_passed_on(tree, &file, name) => {
                return Found::Unknown;
            }
            None => {
                // An exported macro is at the crate's root, wherever it is defined
                let exported_macro = depth == 0 && {
                    let form = format!("macro_rules! {name}");
                    sources(tree).any(|(_, text)| text.contains("macro_export") && text.contains(&form))
                };
                return if exported_macro { Found::Unknown } else { Found::No(module, name.clone()) };
            }
        }
        module = format!("{module}::{name}");
    }
    Found::Unknown
}

/// Follows a path into a module that is written out in its file.
fn follow_inside(file: &File, name: &str, path: &[String], module: &str) -> Found {
    let flat = file.flat();
    let body_of = |within: usize, name: &str| {
        let mut all =
            flat.parts(within).filter(|i| flat.kind(*i) == "mod_item" && file.field_text(*i, "name") == name);
        let only = all.next().filter(|_| all.next().is_none())?;
        flat.field(only, "body").filter(|_| file.attributes(only).is_empty())
    };
    let (mut within, mut module) = (body_of(0, name), module.to_string());
    for (depth, name) in path.iter().enumerate() {
        let Some(body) = within else { return Found::Unknown };
        let text = file.text_of(body);
        let item = flat.parts(body).find(|i| file.field_text(*i, "name") == name);
        match item {
            Some(_) if depth + 1 == path.len() => return Found::Yes,
            Some(item) if flat.kind(item) == "mod_item" => within = body_of(body, name),
            Some(_) => return Found::Unknown,
            None => {
                // An import, a macro or a block of foreign items may bring it
                let open = flat.parts(body).any(|i| {
                    matches!(
                        flat.kind(i),
                        "macro_invocation" | "expression_statement" | "foreign_mod_item" | "macro_definition"
                    ) || flat.kind(i) == "use_declaration"
                        && (file.text_of(i).contains('*') || has_word(file.text_of(i), name))
                });
                let named = text.contains(&format!("as {name}")) || may_be_derived(file, name);
                return if open || named { Found::Unknown } else { Found::No(module, name.clone()) };
            }
        }
        module = format!("{module}::{name}");
    }
    Found::Unknown
}

/// The name of a file in messages; `crate` for the root of a crate.
fn named(tree: &Tree<'_>, path: &str) -> String {
    match place(tree, path) {
        Some((_, modules)) if !modules.is_empty() => format!("crate::{}", modules.join("::")),
        _ => "crate".to_string(),
    }
}

/// Whether an import at the top of a file brings a name, or may bring it.
fn is_passed_on(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    let top = top_level(file);
    file.outline().imports.iter().filter(|import| top.iter().any(|rows| rows.contains(&import.line))).any(
        |import| {
            let star = import.names.iter().any(|n| n.name == "*");
            star && may_have(tree, file, &import.module, name)
                || import.names.iter().any(|n| n.local() == name)
                || import.alias.as_deref() == Some(name)
                || (import.names.is_empty() && import.module.rsplit("::").next() == Some(name))
        },
    )
}

/// The lines of a file's imports that are in no function and no inner module.
pub(crate) fn top_level(file: &File) -> Vec<std::ops::RangeInclusive<u32>> {
    let flat = file.flat();
    let line = |byte: usize| u32::try_from(file.row(byte) + 1).unwrap_or(u32::MAX);
    let imports =
        flat.parts(0).filter(|i| matches!(flat.kind(*i), "use_declaration" | "extern_crate_declaration"));
    imports.map(|i| line(flat.node(i).start)..=line(flat.node(i).end)).collect()
}

/// Whether a module that is imported with `*` may have a name: its file contains the name, or cannot be read.
fn may_have(tree: &Tree<'_>, file: &File, module: &str, name: &str) -> bool {
    let Some(path) = module_file(tree, file, module) else { return true };
    tree.read(&path).is_none_or(|text| has_word(&text, name) || text.contains("::*"))
}

/// The file of a module that a path at the top level of a file names.
fn module_file(tree: &Tree<'_>, file: &File, module: &str) -> Option<String> {
    let mut parts = module.split("::").peekable();
    let (root, mut modules) = place(tree, &file.path)?;
    match *parts.peek()? {
        "crate" => modules.clear(),
        "self" => {}
        "super" => {
            modules.pop()?;
        }
        name if file.outline().imports.iter().any(|i| i.kind == ImportKind::Mod && i.module == name) => {
            modules.push(name.to_string());
        }
        _ => return None,
    }
    parts.next();
    for part in parts {
        match part {
            "super" => {
                modules.pop()?;
            }
            part => modules.push(part.to_string()),
        }
    }
    file_of(tree, &root, &modules)
}

/// The file that a `*` import reads, if it belongs to the crate itself.
pub(crate) fn module_of_star(tree: &Tree<'_>, file: &File, import: &Import) -> Option<std::sync::Arc<File>> {
    let nested = !top_level(file).iter().any(|rows| rows.contains(&import.line));
    if nested && !import.module.starts_with("crate") {
        return None;
    }
    module_file(tree, file, &import.module)
        .filter(|path| *path != *file.path)
        .and_then(|path| tree.file(&path))
}

/// The file of a module, if it has the usual path.
pub(crate) fn file_of(tree: &Tree<'_>, root: &str, modules: &[String]) -> Option<String> {
    if modules.is_empty() {
        return Some(root.to_string());
    }
    let stem = join(folder_of(root), &modules.join("/"))?;
    [format!("{stem}.rs"), format!("{stem}/mod.rs")].into_iter().find(|path| tree.has(path))
}

/// Whether a text contains a definition of an item of that name.
pub(crate) fn is_defined(text: &str, name: &str) -> bool {
    DEFINING.iter().any(|keyword| {
        let form = format!("{keyword} {name}");
        text.match_indices(&form).any(|(at, _)| {
            !text
                .get(at + form.len()..)
                .unwrap_or_default()
                .starts_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    })
}

/// The files of Rust in the package that contains a path.
pub(crate) fn package_files<'t>(tree: &'t Tree<'_>, path: &str) -> impl Iterator<Item = &'t String> {
    const MAX_FILES: usize = 2_000;
    let manifest = tree.nearest(path, "Cargo.toml").unwrap_or_default();
    let folder = folder_of(&manifest).to_string();
    let own = move |path: &&String| {
        Language::of_path(path) == Some(Language::Rust)
            && (folder.is_empty() || path.starts_with(&format!("{folder}/")))
    };
    tree.paths().iter().filter(own).take(MAX_FILES)
}

/// Whether a text defines a name: it has the keyword directly before it.
pub(crate) fn has_definition(text: &str, keyword: &str, name: &str) -> bool {
    text.match_indices(&format!("{keyword} {name}")).any(|(at, form)| {
        let after = text.get(at + form.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether a text has a name as a word of its own.
pub(crate) fn has_word(text: &str, name: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, found)| {
        !part(text[..at].chars().next_back()) && !part(text[at + found.len()..].chars().next())
    })
}

/// Whether an item macro of a file may define a name: a macro of another crate may define any name, a macro of the same
/// crate only names that it or the file contains.
fn may_be_made(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    if !has_item_macro(file) {
        return false;
    }
    let flat = file.flat();
    let called: HashSet<&str> = flat
        .parts(0)
        .flat_map(|item| std::iter::once(item).chain(flat.parts(item)))
        .filter(|index| flat.kind(*index) == "macro_invocation")
        .map(|index| file.field_text(index, "macro"))
        .collect();
    let texts: Vec<_> = sources(tree).filter(|(_, text)| text.contains("macro_rules!")).collect();
    let own = |called: &&str| texts.iter().any(|(_, text)| text.contains(&format!("macro_rules! {called}")));
    has_word(&file.text, name)
        || !called.iter().all(own)
        || texts.iter().any(|(_, text)| text.contains("paste!") || text.contains("concat_idents!"))
        || texts.iter().filter(|(_, text)| has_word(text, name)).any(|(path, _)| {
            tree.file(path).is_none_or(|file| {
                let flat = file.flat();
                flat.iter().any(|(index, node)| {
                    node.kind.ends_with("identifier")
                        && file.text_of(index) == name
                        && flat.above(index).any(|i| flat.kind(i) == "macro_definition")
                })
            })
        })
}

/// Whether an attribute in a file may define a name. Attributes of the compiler and of well-known crates define no
/// items; any other attribute has to contain the name, or to get it as an argument.
fn may_be_derived(file: &File, name: &str) -> bool {
    const PLAIN: [&str; 44] = [
        "derive",
        "cfg",
        "cfg_attr",
        "allow",
        "warn",
        "deny",
        "expect",
        "forbid",
        "doc",
        "inline",
        "must_use",
        "test",
        "ignore",
        "should_panic",
        "deprecated",
        "repr",
        "non_exhaustive",
        "macro_use",
        "macro_export",
        "path",
        "cold",
        "track_caller",
        "no_mangle",
        "export_name",
        "link",
        "link_name",
        "link_section",
        "target_feature",
        "automatically_derived",
        "rustfmt",
        "clippy",
        "serde",
        "error",
        "default",
        "no_std",
        "feature",
        "tokio",
        "async_trait",
        "instrument",
        "tracing",
        "proc_macro",
        "bench",
        "global_allocator",
        "panic_handler",
    ];
    const DERIVES: [&str; 26] = [
        "Debug",
        "Clone",
        "Copy",
        "PartialEq",
        "Eq",
        "PartialOrd",
        "Ord",
        "Hash",
        "Default",
        "Serialize",
        "Deserialize",
        "Error",
        "Parser",
        "Args",
        "Subcommand",
        "ValueEnum",
        "JsonSchema",
        "Display",
        "From",
        "Into",
        "Deref",
        "DerefMut",
        "AsRef",
        "Zeroize",
        "FromRow",
        "Diagnostic",
    ];
    let flat = file.flat();
    let attributes = flat.iter().filter(|(_, node)| node.kind == "attribute_item");
    let mut unknown = attributes.filter_map(|(index, node)| {
        let text = file.text_of(index).trim_start_matches(['#', '!', '[']);
        let text = text
            .strip_prefix("cfg_attr")
            .map_or(text, |rest| rest.split_once("derive").map_or("cfg", |_| rest));
        let word = text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let derived = text.split_once("derive").map(|(_, list)| list);
        let is_known = match derived {
            Some(list) => list
                .split([',', '(', ')', ']'])
                .map(|d| d.trim().rsplit("::").next().unwrap_or_default())
                .all(|d| d.is_empty() || DERIVES.contains(&d)),
            None => PLAIN.contains(&word),
        };
        (!is_known).then_some(node)
    });
    // A procedural macro is called by a name in its attribute
    let made = file.text.contains("proc_macro_derive(") && has_word(&file.text, name);
    made || unknown.next().is_some()
}

/// Whether a file has a macro at item level, which may define anything.
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
