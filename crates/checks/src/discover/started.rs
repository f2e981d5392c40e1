//! The programs of the project that its checks start, and what these load: a change of one changes what the check
//! says. Files of the product are not among them, even if a check runs them.
//!
//! `judge` follows commands, scripts and targets; this file follows imports. Pure.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Source;
use super::judge::Judge;
use super::node::Packages;
use super::source::{join, json, resolve};
use crate::check::Check;

/// Folders of the product: a change of it is what checks judge.
const PRODUCT: [&str; 9] = ["src", "lib", "app", "source", "sources", "server", "client", "cmd", "internal"];
/// Stems of files that usually are the product itself.
const ENTRIES: [&str; 8] = ["index", "main", "app", "server", "cli", "mod", "__main__", "__init__"];
/// The most files that are followed, and the longest file that is read.
const MAX_FILES: usize = 200;
const MAX_FILE: usize = 200_000;

/// Modules that a program loads by a relative path, and files beside it that a shell reads.
static LOADS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:require\(\s*|require_relative\s*\(?\s*|from\s+|import\s+|import\(\s*|new URL\(\s*)["'](\.{0,2}/?[^"'\n]+)["']|^\s*(?:from\s+([\w.]+)\s+import|import\s+([\w.]+))"#,
    )
    .ok()
});

/// The files of the project that checks start, with everything that they load by a path.
pub fn started(checks: &[Check], read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> BTreeSet<String> {
    let source = Source::new(read, list);
    let packages = Packages::new(&source);
    let mut next: Vec<String> = Vec::new();
    for check in checks {
        let mut judge = Judge::new(&source, &packages);
        judge.line(&check.directory, &check.run);
        next.extend(judge.into_started());
    }
    let mut found = BTreeSet::new();
    while let Some(path) = next.pop() {
        if found.len() >= MAX_FILES || found.contains(&path) || is_product(&source, &path) {
            continue;
        }
        let text = source.read("", &path).filter(|text| text.len() <= MAX_FILE).unwrap_or_default();
        next.extend(loaded(&source, &path, &text));
        found.insert(path);
    }
    found
}

/// The files that a program loads by their paths, or as Python modules beside it.
fn loaded(source: &Source, path: &str, text: &str) -> Vec<String> {
    const ENDS: [&str; 9] = ["", ".js", ".mjs", ".cjs", ".ts", ".mts", ".rb", "/index.js", "/index.ts"];
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_python = path.ends_with(".py");
    let captures = LOADS.iter().flat_map(|loads| loads.captures_iter(text)).take(MAX_FILES);
    let named = captures.filter_map(|found| {
        if is_python {
            let module = found.get(2).or_else(|| found.get(3))?.as_str().trim_start_matches('.');
            let file = format!("{}.py", module.replace('.', "/"));
            return [join(folder, &file), file].into_iter().find(|path| source.has("", path));
        }
        let file = found.get(1)?.as_str();
        // Ruby's own form needs no dot
        let is_path = file.starts_with('.') || path.ends_with(".rb");
        let file = resolve(folder, file).filter(|_| is_path)?;
        ENDS.iter().map(|end| format!("{file}{end}")).find(|path| source.has("", path))
    });
    named.collect()
}

/// Whether the file is what is judged, and not what judges.
fn is_product(source: &Source, path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    if folder.split('/').any(|part| PRODUCT.contains(&part)) {
        return true;
    }
    if !folder.is_empty() && source.has(folder, "__init__.py") && !shared::test_files::is_test(path) {
        return true;
    }
    let is_at_top = folder.is_empty() || source.has(folder, "package.json");
    is_at_top && ENTRIES.contains(&stem) || is_published(source, path)
}

/// Whether a package names the file as what it offers.
fn is_published(source: &Source, path: &str) -> bool {
    let mut folder = path;
    while !folder.is_empty() {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        let Some(manifest) = source.read(folder, "package.json").and_then(|text| json(&text)) else {
            continue;
        };
        let offered =
            ["main", "module", "bin", "exports", "browser"].iter().filter_map(|key| manifest.get(*key));
        let mut texts = Vec::new();
        offered.for_each(|part| collect(part, &mut texts));
        return texts.into_iter().any(|text| resolve(folder, text).is_some_and(|named| named == path));
    }
    false
}

fn collect<'v>(value: &'v serde_json::Value, found: &mut Vec<&'v str>) {
    match value {
        serde_json::Value::String(text) => found.push(text),
        serde_json::Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        serde_json::Value::Object(all) => all.values().for_each(|one| collect(one, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(run: &str, files: &[(&str, &str)]) -> Vec<String> {
        let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let read =
            |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        started(&[Check::configured("test", run, None)], &read, &list).into_iter().collect()
    }

    #[test]
    fn programs_of_checks_are_followed_through_scripts_files_and_imports() {
        let files = [
            (
                "package.json",
                r#"{"bin": "tools/product.mjs", "scripts": {"test": "node tools/run.mjs && ./ci/check.sh && node tools/product.mjs"}}"#,
            ),
            (
                "tools/run.mjs",
                "import { spawnSync } from 'node:child_process'\nimport './more.mjs'\nimport '../src/a.js'\nspawnSync('node', ['--import', './tools/first.mjs', '--test'])\n",
            ),
            ("tools/more.mjs", "const x = require('./deep')\n"),
            ("tools/deep.js", ""),
            ("tools/first.mjs", ""),
            ("tools/other.mjs", ""),
            ("tools/product.mjs", ""),
            ("ci/check.sh", "#!/bin/sh\npython3 ci/count.py\n"),
            ("ci/count.py", "import helper\n"),
            ("ci/helper.py", ""),
            ("src/a.js", ""),
        ];
        let expected = [
            "ci/check.sh",
            "ci/count.py",
            "ci/helper.py",
            "tools/deep.js",
            "tools/first.mjs",
            "tools/more.mjs",
            "tools/run.mjs",
        ];
        assert_eq!(of("npm test", &files), expected);
    }

    #[test]
    fn what_a_check_judges_is_not_its_program() {
        let files = [
            ("main.py", ""),
            ("calc/__init__.py", ""),
            ("calc/check.py", ""),
            ("index.js", ""),
            ("lint.py", ""),
            ("test/a.js", ""),
        ];
        assert!(
            of("python main.py && python -m calc.check && node --check index.js && node index.js", &files)
                .is_empty()
        );
        assert!(of("eslint index.js && ruff check lint.py", &files).is_empty());
        assert_eq!(of("python lint.py", &files), ["lint.py"]);
    }
}
