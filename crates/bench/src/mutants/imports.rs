//! Imports that are missing, and imports of what does not exist.

use syntax::Node;

use super::code::{Code, Edit, children};
use super::needed::{self, is_import};
use crate::projects::Change;
use sim::Random;

/// Removes one import, or one of its names, that the file still uses.
pub(super) fn missing(code: &Code<'_>, change: &Change) -> Vec<Edit> {
    let mut found = Vec::new();
    code.each(|node| {
        if !is_import(code, node) || code.source.text_of(node).contains("__future__") {
            return;
        }
        let used = |name: &String| needed::is_needed(code, change, name);
        if needed::names(code, node, change).iter().any(used) {
            let first = code.source.text_of(node).lines().next().unwrap_or_default();
            found.push(code.without(node.byte_range(), &format!("without `{first}`")));
        }
        // One of several names
        code_names(node, &mut |name, next| {
            let text = code.source.text_of(name);
            let bound = if text == "self" { needed::holder(code, name) } else { text };
            let bound = bound.rsplit([' ', ':']).next().unwrap_or(bound).to_string();
            if let (true, Some(next)) = (used(&bound), next) {
                found.push(code.edit(
                    name.start_byte()..next.start_byte(),
                    "",
                    &format!("`{text}` is not imported"),
                ));
            }
        });
    });
    found
}

/// Names in a list of imports, each with the one after it.
fn code_names<'n>(node: Node<'n>, each: &mut dyn FnMut(Node<'n>, Option<Node<'n>>)) {
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        let list = children(node);
        if matches!(node.kind(), "named_imports" | "object_pattern" | "use_list") {
            for (i, name) in list.iter().enumerate() {
                each(*name, list.get(i + 1).copied());
            }
        } else if matches!(
            node.kind(),
            "import_statement"
                | "import_clause"
                | "lexical_declaration"
                | "variable_declarator"
                | "use_declaration"
                | "scoped_use_list"
        ) {
            waiting.extend(list);
        } else if node.kind() == "import_from_statement" {
            let names: Vec<Node<'n>> = list.into_iter().skip(1).collect();
            for (i, name) in names.iter().enumerate() {
                each(*name, names.get(i + 1).copied());
            }
        }
    }
}

/// Imports of a package, a file and a name that do not exist.
pub(super) fn hallucinated(code: &Code<'_>, change: &Change, random: &mut Random) -> Vec<Edit> {
    let mut lines: Vec<String> = Vec::new();
    let known = sibling(code, change, random);
    if code.is_python() {
        lines.extend(
            ["import fastutils_core", "from text_normalizer import normalize_text", "import pyhelpers.retry"]
                .map(String::from),
        );
        lines.push("from ._normalize_ext import normalize_strict".into());
        lines.extend(known.map(|module| format!("from .{module} import ensure_normalized_value")));
    } else if code.is_rust() {
        lines.extend(["use fast_collections::FastMap;", "use text_tools::normalize;"].map(String::from));
        lines.push("use crate::normalize_ext::normalize_strict;".into());
        lines.extend(known.map(|module| format!("use crate::{module}::ensure_normalized_value;")));
    } else if code.is_js() && is_module(code) {
        lines.extend(
            [
                "import { deepNormalize } from 'fast-deep-normalize';",
                "import retry from 'simple-retry-helper';",
            ]
            .map(String::from),
        );
        lines.push("import { normalizeStrict } from './normalize-ext.js';".into());
        lines.extend(known.map(|module| format!("import {{ ensureNormalizedValue }} from './{module}';")));
    } else if code.is_js() {
        lines.extend(
            [
                "const deepNormalize = require('fast-deep-normalize');",
                "const { retry } = require('simple-retry-helper');",
            ]
            .map(String::from),
        );
        lines.push("const { normalizeStrict } = require('./normalize-ext');".into());
    } else {
        return Vec::new();
    }
    let mut after = None;
    code.each(|node| {
        if is_import(code, node) && node.parent().is_some_and(|p| p.parent().is_none()) {
            after = after.or(Some(code.line_start(node.start_byte())));
        }
    });
    let Some(at) = after else { return Vec::new() };
    lines.into_iter().map(|line| code.edit(at..at, format!("{line}\n"), &format!("`{line}`"))).collect()
}

fn is_module(code: &Code<'_>) -> bool {
    code.text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "))
}

/// A module beside the file, as an import would name it.
fn sibling(code: &Code<'_>, change: &Change, random: &mut Random) -> Option<String> {
    let folder = code.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let extension = code.path.rsplit('.').next().unwrap_or_default();
    let of = |path: &String| {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = name.strip_suffix(extension)?.strip_suffix('.')?;
        let plain = !stem.contains(['.', '-'])
            && !["__init__", "lib", "main", "mod", "build", "setup", "index"].contains(&stem);
        let wanted = if code.is_rust() { parent == "src" } else { parent == folder };
        (wanted && plain && path != code.path)
            .then(|| if code.is_js() { format!("{stem}.js") } else { stem.to_string() })
    };
    let all: Vec<String> = change.head.keys().filter_map(of).collect();
    random.pick(&all).cloned()
}
