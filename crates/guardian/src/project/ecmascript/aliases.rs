//! Names that a compiler's configuration or a manifest maps to modules of the project: `paths`, `baseUrl`, `imports`,
//! and packages of the same workspace.
//!
//! Works with the resolver beside it. Must not decide names that a bundler may map elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::files::{at, candidates, package};
use crate::data::{Format, value};
use crate::project::{Memo, Target, Tree, folder_of, is_built, join};

/// The longest chain of configurations that extend one another.
const MAX_EXTENDS: usize = 6;
/// Configurations of bundlers, which may map a name elsewhere.
const BUNDLERS: &[&str] = &[
    "vite.config.ts",
    "vite.config.js",
    "vite.config.mts",
    "vitest.config.ts",
    "webpack.config.js",
    "rollup.config.js",
    "babel.config.js",
    "next.config.js",
    "nuxt.config.ts",
    "svelte.config.js",
    "metro.config.js",
    "jest.config.js",
    "jest.config.ts",
    "astro.config.mjs",
    "craco.config.js",
];

/// The names that a configuration maps.
#[derive(Debug, Default)]
struct Aliases {
    /// Each pattern with its paths, relative to the project's root
    paths: BTreeMap<String, Vec<String>>,
    /// The folder in which plain names are searched
    base: Option<String>,
    /// A relative path may also lead into other folders
    roots: bool,
}

/// The target of a name, if a configuration maps it.
pub(super) fn resolve(tree: &Tree<'_>, from: &str, module: &str) -> Option<Target> {
    if module.is_empty() || module.starts_with('.') || module.starts_with('/') || module.contains(':') {
        return None;
    }
    let config = ["tsconfig.json", "jsconfig.json"]
        .iter()
        .filter_map(|name| tree.nearest(from, name))
        .max_by_key(|path| path.len());
    if let Some(aliases) = config.and_then(|path| configured(tree, &path)) {
        if let Some(target) = by_paths(tree, from, module, &aliases) {
            return Some(target);
        }
        if let Some(base) = &aliases.base
            && let Some(path) = join(base, module)
        {
            if let Some(found) = candidates(&path).find(|candidate| tree.has(candidate)) {
                return Some(Target::File(found));
            }
            if tree.is_unlisted(&path) {
                return Some(Target::Known);
            }
        }
    }
    if module.starts_with('#') {
        return by_imports(tree, from, module);
    }
    of_workspace(tree, from, module)
}

fn configured(tree: &Tree<'_>, path: &str) -> Option<Arc<Aliases>> {
    #[derive(Default)]
    struct Configured(Memo<String, Option<Arc<Aliases>>>);
    tree.fact(Configured::default).0.get(path.to_string(), || {
        let mut aliases = Aliases::default();
        read(tree, path, &mut aliases, 0)?;
        Some(Arc::new(aliases))
    })
}

/// Reads a configuration after those that it extends. `None`: one of them cannot be read, so nothing is certain.
fn read(tree: &Tree<'_>, path: &str, aliases: &mut Aliases, depth: usize) -> Option<()> {
    let data = value(Format::Jsonc, &tree.read(path)?)?;
    let folder = folder_of(path);
    let extended: Vec<&str> = match data.get("extends") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for other in extended {
        // A package's configuration maps no names of this project
        if !other.starts_with('.') {
            continue;
        }
        let other = join(folder, other)?;
        let other = [other.clone(), format!("{other}.json")].into_iter().find(|path| tree.has(path))?;
        if depth > MAX_EXTENDS {
            return None;
        }
        read(tree, &other, aliases, depth + 1)?;
    }
    let options = data.get("compilerOptions");
    let text = |name: &str| options.and_then(|options| options.get(name)).and_then(Value::as_str);
    if let Some(base) = text("baseUrl") {
        aliases.base = join(folder, base);
    }
    aliases.roots |= options.is_some_and(|options| options.get("rootDirs").is_some());
    if let Some(Value::Object(paths)) = options.and_then(|options| options.get("paths")) {
        let from = aliases
            .base
            .clone()
            .filter(|_| text("baseUrl").is_some() || !paths.is_empty())
            .unwrap_or_else(|| folder.to_string());
        aliases.paths = paths
            .iter()
            .map(|(pattern, targets)| {
                let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
                (pattern.clone(), targets.filter_map(|target| join(&from, target)).collect())
            })
            .collect();
    }
    Some(())
}

fn by_paths(tree: &Tree<'_>, from: &str, module: &str, aliases: &Aliases) -> Option<Target> {
    // The longest match wins, an exact one first
    let (pattern, rest) = aliases
        .paths
        .keys()
        .filter_map(|pattern| match pattern.split_once('*') {
            None => (pattern == module).then_some((pattern, "")),
            Some((before, after)) => {
                let rest = module.strip_prefix(before)?.strip_suffix(after)?;
                Some((pattern, rest))
            }
        })
        .max_by_key(|(pattern, _)| (!pattern.contains('*'), pattern.len()))?;
    // `*` matches every package, too
    if pattern == "*" {
        return None;
    }
    let targets = aliases.paths.get(pattern)?;
    let mut missing = None;
    for target in targets {
        let path = target.replace('*', rest);
        match at(tree, from, path.clone()) {
            Target::File(found) => return Some(Target::File(found)),
            Target::Missing(path) if !is_made(tree, &path) => {
                missing.get_or_insert(Target::Missing(path));
            }
            _ => return Some(Target::Known),
        }
    }
    if aliases.roots || names_it(tree, from, pattern) {
        return Some(Target::Known);
    }
    missing.or(Some(Target::Known))
}

/// Whether a build generates a path, or git ignores it: a word of an ignore file matches a part of the path.
fn is_made(tree: &Tree<'_>, path: &str) -> bool {
    const MADE: &[&str] = &[
        "generated",
        "node_modules",
        "dist",
        ".nuxt",
        ".next",
        ".svelte-kit",
        ".astro",
        "gen",
        "__generated__",
        "styled-system",
        "types",
    ];
    let parts: Vec<&str> = path.split('/').collect();
    let ignored =
        tree.nearest(path, ".gitignore").and_then(|ignore| tree.read(&ignore)).is_some_and(|text| {
            text.lines()
                .map(|line| line.trim().trim_matches('/'))
                .filter(|line| !line.is_empty() && !line.starts_with(['#', '!']))
                .any(|line| {
                    let line = line.trim_start_matches("**/").trim_end_matches("/*").trim_end_matches("/**");
                    parts.contains(&line) || path.starts_with(&format!("{line}/")) || path == line
                })
        });
    ignored || is_built(path) || parts.iter().any(|part| MADE.contains(part))
}

/// Whether a bundler's configuration contains the same name, which may lead elsewhere there.
fn names_it(tree: &Tree<'_>, from: &str, pattern: &str) -> bool {
    let name = pattern.trim_end_matches("/*").trim_end_matches('*');
    BUNDLERS.iter().filter_map(|config| tree.nearest(from, config)).filter_map(|path| tree.read(&path)).any(
        |text| {
            name.is_empty()
                || [format!("'{name}"), format!("\"{name}"), format!("^{name}")]
                    .iter()
                    .any(|form| text.contains(form.as_str()))
        },
    )
}

/// `#name`, as the nearest manifest maps it.
fn by_imports(tree: &Tree<'_>, from: &str, module: &str) -> Option<Target> {
    let manifest = tree.nearest(from, "package.json")?;
    let data: Value = serde_json::from_str(&tree.read(&manifest)?).ok()?;
    let imports = data.get("imports")?.as_object()?;
    let (target, rest) = imports.iter().find_map(|(pattern, target)| match pattern.split_once('*') {
        None => (pattern == module).then_some((target, "")),
        Some((before, after)) => Some((target, module.strip_prefix(before)?.strip_suffix(after)?)),
    })?;
    let path = target.as_str()?.strip_prefix("./")?;
    let path = join(folder_of(&manifest), &path.replace('*', rest))?;
    match at(tree, from, path) {
        Target::Missing(path) if is_made(tree, &path) => Some(Target::Known),
        target => Some(target),
    }
}

/// A package of the same repository, if its manifest names a source file.
fn of_workspace(tree: &Tree<'_>, from: &str, module: &str) -> Option<Target> {
    let name = package(module);
    if !tree.around.members.get((), || Arc::new(crate::project::manifest::members(tree))).contains(name) {
        return None;
    }
    let named = |path: &&String| {
        path.ends_with("package.json")
            && !path.contains("node_modules/")
            && tree
                .read(path)
                .and_then(|text| serde_json::from_str::<Value>(&text).ok())
                .is_some_and(|data| data.get("name").and_then(Value::as_str) == Some(name))
    };
    let manifest = tree.paths().iter().find(named)?;
    // A package that imports itself by its name is not affected
    if tree.nearest(from, "package.json").as_deref() == Some(manifest.as_str()) {
        return None;
    }
    let data: Value = serde_json::from_str(&tree.read(manifest)?).ok()?;
    let part = module.get(name.len()..).unwrap_or_default();
    if !part.is_empty()
        && is_shut(&data, part)
        && !candidates(&join(folder_of(manifest), part.trim_start_matches('/'))?).any(|path| tree.has(&path))
        && !names_it(tree, from, name)
    {
        return Some(Target::Missing(format!("`{name}` exports no `.{part}`")));
    }
    let entry = entry(&data, &format!(".{part}")).or_else(|| {
        part.is_empty()
            .then(|| data.get("main").and_then(Value::as_str).unwrap_or("index"))
            .map(str::to_string)
    })?;
    let path = join(folder_of(manifest), &entry)?;
    // A file that a build generates need not exist
    candidates(&path).find(|candidate| tree.has(candidate)).map(Target::File)
}

/// Whether an installed package's list of exports shuts out a part of it, or leads it to a file that is not there.
pub(super) fn is_shut_out(tree: &Tree<'_>, manifest: &str, root: &str, part: &str) -> bool {
    let Ok(data) = serde_json::from_str::<Value>(manifest) else { return false };
    if is_shut(&data, part) {
        return true;
    }
    let Some(Value::Object(map)) = data.get("exports") else { return false };
    let part = format!(".{part}");
    if map.contains_key(&part) || map.keys().any(|key| key.ends_with('/')) {
        return false;
    }
    // The pattern with the longest beginning decides
    let matching = map.iter().filter_map(|(key, target)| {
        let (before, after) = key.split_once('*')?;
        let rest = part.strip_prefix(before)?.strip_suffix(after)?;
        Some((before.len(), rest, target))
    });
    let Some((_, rest, target)) = matching.max_by_key(|(length, ..)| *length) else { return false };
    let mut paths = Vec::new();
    let whole = leaves(target, &mut paths, 0);
    let is_code = |path: &String| {
        [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json"].iter().any(|end| path.ends_with(end))
    };
    let paths: Vec<String> = paths.iter().map(|path| path.replace('*', rest)).collect();
    let there = |path: &String| join(root, path).is_none_or(|path| tree.installed(&path).is_some());
    whole && !paths.is_empty() && paths.iter().all(is_code) && !paths.iter().any(there)
}

/// Every path of a target of `exports`; false if it has another form.
fn leaves(target: &Value, paths: &mut Vec<String>, depth: usize) -> bool {
    const MAX_NESTED: usize = 6;
    match target {
        Value::String(path) => {
            paths.push(path.clone());
            path.starts_with("./")
        }
        Value::Object(map) if depth < MAX_NESTED => map.values().all(|value| leaves(value, paths, depth + 1)),
        _ => false,
    }
}

/// Whether a package has a list of exports that does not contain `part`.
fn is_shut(data: &Value, part: &str) -> bool {
    let Some(Value::Object(map)) = data.get("exports") else { return false };
    let part = format!(".{part}");
    map.keys().any(|key| key.starts_with('.'))
        && !map.keys().any(|key| match key.split_once('*') {
            None => *key == part || key.ends_with('/') && part.starts_with(key.as_str()),
            Some((before, after)) => part.starts_with(before) && part.ends_with(after),
        })
}

/// The file that a package's `exports` name for a part, types first.
pub(super) fn entry(data: &Value, part: &str) -> Option<String> {
    let exports = data.get("exports")?;
    let of = match exports {
        Value::String(_) if part == "." => exports,
        Value::Object(map) if map.keys().any(|key| key.starts_with('.')) => map.get(part)?,
        Value::Object(_) if part == "." => exports,
        _ => return None,
    };
    let mut at = of;
    const MAX_NESTED: usize = 6;
    for _ in 0..MAX_NESTED {
        match at {
            Value::String(path) => return Some(path.clone()),
            Value::Object(map) => {
                at = ["types", "import", "module", "default", "require", "node"]
                    .iter()
                    .find_map(|key| map.get(*key))?
            }
            _ => return None,
        }
    }
    None
}
