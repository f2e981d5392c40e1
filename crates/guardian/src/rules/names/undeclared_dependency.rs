//! `undeclared-dependency`: an imported package that no manifest declares.

use std::collections::HashMap;

use syntax::{ImportKind, Language};

use super::missing_path::own_crate;
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::manifest::{Declared, declared};
use crate::project::{Target, Tree, is_specimen, rust};
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "undeclared-dependency",
    category: Category::Inconsistent,
    severity: Severity::Error,
    summary: "A package that is imported and that no manifest of the project declares.",
    note: "The package may not exist at all. Use what the project already has; where a new package is needed, it is named in the plan (`dependencies`), so that it is checked and installed.",
    valid: &[
        Example::new(&[
            ("package.json", "{\"dependencies\":{\"react\":\"19\"}}"),
            (
                "a.ts",
                "import React from 'react';\nimport { readFile } from 'node:fs/promises';\nexport default [React, readFile];\n",
            ),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nserde-json = \"1\"\n"),
            ("src/lib.rs", "use serde_json::Value;\nuse std::fmt;\npub fn f(_: Value, _: fmt::Error) {}\n"),
        ]),
        Example::new(&[
            ("pyproject.toml", "[project]\ndependencies = [\"PyYAML>=6\"]\n"),
            ("a.py", "import yaml\nimport os.path\n"),
        ]),
        Example::new(&[
            ("go.mod", "module example.com/m\n\nrequire (\n\tgithub.com/x/y v1.0.0\n)\n"),
            ("a.go", "package m\n\nimport \"github.com/x/y/sub\"\n\nvar _ = sub.X\n"),
        ]),
    ],
    invalid: &[
        Example::new(&[
            ("package.json", "{\"dependencies\":{}}"),
            ("a.ts", "import { magic } from 'super-magic-utils';\nexport default magic;\n"),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "use magic_utils::Wand;\npub fn f(_: Wand) {}\n"),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/lib.rs", "mod a;\npub struct B;\n"),
            ("src/a.rs", "use super::*;\nuse magic_utils::Wand;\npub fn f(_: Wand, _: B) {}\n"),
        ]),
        Example::new(&[
            ("pyproject.toml", "[project]\ndependencies = [\"requests\"]\n"),
            ("a.py", "import magic_utils\n"),
        ]),
        Example::new(&[
            ("go.mod", "module example.com/m\n"),
            ("a.go", "package m\n\nimport \"github.com/magic/utils\"\n\nvar _ = utils.X\n"),
        ]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    let mut used_before: HashMap<String, bool> = HashMap::new();
    for (_, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        let Some(language) = head.language else { continue };
        let packages = packages(&change.head, head);
        if packages.is_empty() {
            continue;
        }
        let Some(declared) = declared(&change.head, language, &head.path) else { continue };
        for (package, line, certain) in
            packages.into_iter().filter(|(package, ..)| !is_declared(&declared, language, package))
        {
            // A package that the base already imported works somehow: by another package, or a path that is set
            // elsewhere
            let brought = language == Language::Rust && rust::a_glob_may_bring(&change.head, head, &package);
            if brought
                || *used_before
                    .entry(package.clone())
                    .or_insert_with(|| is_used(&change.base, change, language, &package))
            {
                continue;
            }
            let start = head.start_of_line(line);
            // A package that so many files import is not invented; another manifest declares it
            let common = change.heads().filter(|(_, other)| mentions(other, &package)).take(4).count() > 3;
            let elsewhere = || language.is_ecmascript() && is_declared_elsewhere(&change.head, &package);
            let is_tool = || head.is_test() && is_test_tool(&package);
            let transitive = || language == Language::Python && comes_with(&change.head, &declared, &package);
            // A test may use a sibling of the workspace by its path, which a published manifest does not name
            let sibling = || {
                language == Language::Rust
                    && ["tests", "benches", "examples"]
                        .iter()
                        .any(|part| head.path.split('/').any(|p| p == *part))
                    && own_crate(&change.head, &head.path)
                        .is_some_and(|(own, _)| package.replace('-', "_").starts_with(&format!("{own}_")))
            };
            let certain = certain && !sibling() && !common && !is_tool() && !elsewhere() && !transitive();
            let message = format!("`{package}` is not declared in `{}`", declared.manifest);
            let end = start + head.line(line as usize - 1).len();
            if certain {
                found.at(head, start, end, message);
            } else {
                found.maybe(head, start, end, message);
            }
        }
    }
}

fn mentions(file: &File, package: &str) -> bool {
    file.outline().imports.iter().any(|import| import.module.starts_with(package))
}

/// Whether another manifest of the project declares a package: it may be installed where this file finds it, too.
fn is_declared_elsewhere(tree: &Tree<'_>, package: &str) -> bool {
    const MAX_MANIFESTS: usize = 500;
    let named = format!("\"{package}\"");
    let manifest = |path: &&String| path.ends_with("/package.json") && !path.contains("node_modules/");
    tree.paths().iter().filter(manifest).take(MAX_MANIFESTS).any(|path| {
        tree.read(path).is_some_and(|text| {
            text.match_indices(&named).any(|(at, form)| {
                text.get(at + form.len()..).is_some_and(|rest| rest.trim_start().starts_with(':'))
            })
        })
    })
}

/// Packages that well-known ones install: (declared package, modules that come with it).
const BROUGHT: [(&str, &[&str]); 24] = [
    ("fastapi", &["starlette", "pydantic", "anyio", "typing_extensions"]),
    ("starlette", &["anyio"]),
    ("flask", &["werkzeug", "jinja2", "click", "itsdangerous", "markupsafe", "blinker"]),
    ("django", &["asgiref", "sqlparse"]),
    ("requests", &["urllib3", "certifi", "idna", "charset_normalizer", "chardet"]),
    ("httpx", &["httpcore", "anyio", "h11", "certifi", "idna", "sniffio"]),
    ("aiohttp", &["yarl", "multidict", "aiosignal", "frozenlist", "attr", "propcache"]),
    ("boto3", &["botocore", "s3transfer", "jmespath"]),
    ("botocore", &["jmespath", "dateutil", "urllib3"]),
    ("pandas", &["numpy", "dateutil", "pytz"]),
    ("matplotlib", &["numpy", "PIL", "dateutil", "pyparsing"]),
    ("scipy", &["numpy"]),
    ("scikit", &["numpy", "scipy", "joblib"]),
    ("torch", &["numpy", "sympy", "networkx", "jinja2"]),
    ("celery", &["kombu", "billiard", "vine", "amqp", "dateutil"]),
    ("pydantic", &["pydantic_core", "typing_extensions", "annotated_types"]),
    ("jinja2", &["markupsafe"]),
    ("typer", &["click", "rich", "typing_extensions"]),
    ("pytest", &["pluggy", "_pytest", "iniconfig", "packaging", "exceptiongroup"]),
    ("sphinx", &["docutils", "jinja2", "pygments", "packaging"]),
    ("scrapy", &["twisted", "parsel", "w3lib", "itemadapter", "lxml", "itemloaders"]),
    ("twisted", &["zope", "constantly", "incremental", "attr"]),
    ("rich", &["pygments", "markdown_it"]),
    ("setuptools", &["pkg_resources", "distutils", "wheel"]),
];

/// Whether a Python package is installed because another needs it: a lockfile lists it, or a declared package brings
/// it.
fn comes_with(tree: &Tree<'_>, declared: &Declared, package: &str) -> bool {
    let name = package.to_lowercase().replace('_', "-");
    let is_lock = |path: &&String| {
        let file = path.rsplit('/').next().unwrap_or(path);
        matches!(file, "uv.lock" | "poetry.lock" | "pdm.lock" | "Pipfile.lock" | "pylock.toml" | "pixi.lock")
            || file.contains("requirements") && file.ends_with(".lock")
    };
    let brought =
        BROUGHT.iter().any(|(by, modules)| modules.contains(&package) && declared.has(Language::Python, by));
    brought
        || tree.paths().iter().filter(is_lock).take(20).any(|path| {
            tree.read(path).is_some_and(|text| {
                [format!("name = \"{name}\""), format!("\"{name}\":")].iter().any(|form| text.contains(form))
            })
        })
}

/// Whether a package runs tests: such tools are often installed without a declaration.
fn is_test_tool(package: &str) -> bool {
    matches!(
        package,
        "vitest"
            | "jest"
            | "@jest/globals"
            | "mocha"
            | "chai"
            | "ava"
            | "tap"
            | "tape"
            | "sinon"
            | "pytest"
            | "hypothesis"
            | "mock"
            | "nose"
    )
}

/// Modules that a framework provides under names that no manifest contains.
const PROVIDED: [(&str, &[&str]); 10] = [
    ("next", &["server-only", "client-only", "styled-jsx"]),
    ("react-server-dom-webpack", &["server-only", "client-only"]),
    ("waku", &["server-only", "client-only"]),
    ("gatsby", &["@reach/router"]),
    (
        "@docusaurus/core",
        &["@theme", "@site", "@generated", "@docusaurus/router", "@theme-original", "@theme-init"],
    ),
    ("nuxt", &["vue", "vue-router", "@unhead/vue"]),
    ("expo", &["@expo/vector-icons"]),
    ("@types/vscode", &["vscode"]),
    ("@types/k6", &["k6"]),
    ("preact", &["react", "react-dom"]),
];

fn is_declared(declared: &Declared, language: Language, package: &str) -> bool {
    let provided = || {
        let scope = package.split('/').next().unwrap_or(package);
        PROVIDED.iter().any(|(framework, modules)| {
            (modules.contains(&package) || modules.contains(&scope)) && declared.has(language, framework)
        })
    };
    declared.has(language, package) || language.is_ecmascript() && provided()
}

/// Packages that a file imports: (name, line, whether the import must work).
fn packages(tree: &Tree<'_>, file: &File) -> Vec<(String, u32, bool)> {
    let mut found: Vec<(String, u32, bool)> = Vec::new();
    for import in &file.outline().imports {
        if let Target::Package(name) = tree.resolve(file, import)
            && !found.iter().any(|(known, ..)| *known == name)
        {
            let may_fail = import.conditional && file.language != Some(Language::Rust)
                || matches!(import.kind, ImportKind::TypeOnly | ImportKind::Dynamic)
                // The style sheet of a package that another package brings
                || [".css", ".scss", ".sass", ".less"].iter().any(|end| import.module.ends_with(end));
            found.push((name, import.line, !may_fail));
        }
    }
    found
}

/// Whether a file of the tree imports a package. Only files whose text contains its name are parsed.
fn is_used(tree: &Tree<'_>, change: &Change<'_>, language: Language, package: &str) -> bool {
    const MAX_FILES: usize = 1_000;
    let same = |path: &str| {
        Language::of_path(path)
            .is_some_and(|l| l == language || l.is_ecmascript() && language.is_ecmascript())
    };
    let mut paths = tree.paths().iter().filter(|path| same(path)).take(MAX_FILES);
    !change.whole
        && paths.any(|path| {
            tree.read(path).is_some_and(|text| text.contains(package))
                && tree
                    .file(path)
                    .is_some_and(|file| packages(tree, &file).iter().any(|(name, ..)| name == package))
        })
}
