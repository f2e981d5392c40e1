//! Part of `undefined-name`: names that TypeScript and JavaScript know without an import, and lookalikes of these.

use std::collections::BTreeSet;

use syntax::Language;

use super::certainty::Certainty;
use crate::code::file::File;
use crate::names::{is_known, is_library_type};
use crate::project::{Memo, Target};
use crate::rules::Change;

/// Names that came from a file of the project, and that also name something global, or are read by `typeof`.
pub(super) fn like_a_global(
    change: &Change<'_>,
    base: &File,
    head: &File,
    language: Language,
) -> Vec<(String, usize)> {
    let imports = base.outline().imports.iter().filter(|import| {
        import.module.starts_with('.') || is_own_package(change, &head.path, &import.module)
    });
    // If the name is gone from its module too, the language's own name replaces it
    let is_unknown = |import: &syntax::Import, name: &str| match change.head.resolve(base, import) {
        Target::File(path) => change.head.exports(&path).is_some_and(|names| !names.contains(name)),
        _ => false,
    };
    let mut own: BTreeSet<&str> = imports
        .flat_map(|i| {
            let names = i.names.iter().filter(|n| !is_unknown(i, &n.name)).map(|n| n.local());
            names.chain(i.alias.as_deref())
        })
        .collect();
    let all = base.outline().imports.iter();
    own.extend(
        all.flat_map(|i| i.names.iter().map(|n| n.local()).chain(i.alias.as_deref()))
            .filter(|name| head.names().asked.contains(*name)),
    );
    let names = head.names();
    names
        .used
        .iter()
        .filter(|(name, _)| {
            own.contains(name.as_str())
                && !names.bound.contains(*name)
                && (is_known(language, name) || names.asked.contains(*name))
                // The library's own type replaced it
                && !(language != Language::JavaScript && is_library_type(name))
        })
        .map(|(name, index)| (name.clone(), *index))
        .collect()
}

/// A package that imports itself by its name.
fn is_own_package(change: &Change<'_>, path: &str, module: &str) -> bool {
    let Some(manifest) = change.head.nearest(path, "package.json") else { return false };
    let Some(text) = change.head.read(&manifest) else { return false };
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(&text) else { return false };
    manifest.get("name").and_then(|name| name.as_str()).is_some_and(|name| {
        module.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

pub(super) fn in_ecmascript(change: &Change<'_>, file: &File, name: &str) -> Certainty {
    let outline = file.outline();
    let is_module =
        outline.imports.iter().any(|i| !i.conditional) || !outline.exports.is_empty() || outline.open;
    if !is_module || name.starts_with("__") || file.path.ends_with(".d.ts") || file.path.ends_with(".d.mts") {
        return Certainty::No;
    }
    // An import for its side effect may define names, and a reference brings types
    let is_style = |module: &str| [".css", ".scss", ".sass", ".less"].iter().any(|end| module.ends_with(end));
    let for_effect = |i: &syntax::Import| {
        i.kind == syntax::ImportKind::Static
            && i.names.is_empty()
            && i.alias.is_none()
            && !is_style(&i.module)
    };
    if outline.imports.iter().any(for_effect) || file.text.contains("/// <reference") {
        return Certainty::No;
    }
    #[derive(Default)]
    struct Known(Memo<String, Certainty>);
    let known = change.head.fact(Known::default);
    known.0.get(name.to_string(), || in_tree(change, name))
}

/// What the other files of the tree say about a name.
fn in_tree(change: &Change<'_>, name: &str) -> Certainty {
    // Declared for all files, or for a linter
    let ambient = change.head.paths().iter().filter(|path| {
        path.ends_with(".d.ts")
            || path.contains("eslint")
            || path.ends_with("globals.ts")
            || path.ends_with("global.ts")
            || is_configuration(path)
    });
    let word =
        |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').any(|w| w == name);
    // Types in a module are visible only to files that import it
    let for_all = |path: &str, text: &str| {
        !path.ends_with(".d.ts")
            || text.contains("declare global")
            || !text.lines().any(|line| line.starts_with("export ") || line.starts_with("import "))
    };
    if ambient
        .take(300)
        .any(|path| change.head.read(path).is_some_and(|text| word(&text) && for_all(path, &text)))
    {
        return Certainty::No;
    }
    let named = |path: &String| {
        change.head.read(path).is_some_and(|text| {
            text.contains(name)
                && change.head.file(path).is_some_and(|file| {
                    file.outline().exports.iter().any(|e| e.name == name)
                        || file.outline().symbols.iter().any(|s| s.container.is_none() && s.name == name)
                        || file.outline().imports.iter().any(|i| {
                            i.alias.as_deref() == Some(name) || i.names.iter().any(|n| n.local() == name)
                        })
                })
        })
    };
    let ecmascript = |path: &&String| Language::of_path(path).is_some_and(Language::is_ecmascript);
    let lower = name.starts_with(|c: char| c.is_lowercase());
    if lower || change.head.paths().iter().filter(ecmascript).take(3_000).any(named) {
        Certainty::Sure
    } else {
        Certainty::Likely
    }
}

/// Whether a file defines names for all files of a project: `define` of a bundler, `globals` of a test runner.
fn is_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".config.ts", ".config.js", ".config.mjs", ".config.cjs", ".config.mts"]
        .iter()
        .any(|end| name.ends_with(end))
}
