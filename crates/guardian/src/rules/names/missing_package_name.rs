//! Names that an installed package does not export, according to its type files.

use std::collections::{BTreeMap, BTreeSet};

use syntax::{Import, ImportKind, Language};

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::names::binds_in_ecmascript;
use crate::project::ecmascript::package_exports;
use crate::project::{Target, is_specimen};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "missing-package-name",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A name that an installed package does not export.",
    note: "It was invented, or is of another version. The package's types in node_modules say what it has.",
    valid: &[Example::new(&[
        ("package.json", "{ \"name\": \"a\", \"dependencies\": { \"p\": \"1\" } }\n"),
        ("node_modules/p/package.json", "{ \"name\": \"p\", \"types\": \"index.d.ts\" }\n"),
        ("node_modules/p/index.d.ts", "export * from './more';\n"),
        ("node_modules/p/more.d.ts", "export declare const b: number;\n"),
        ("a.ts", "import { b } from 'p';\nexport const a = b;\n"),
    ])],
    invalid: &[
        Example::new(&[
            ("package.json", "{ \"name\": \"a\", \"dependencies\": { \"p\": \"1\" } }\n"),
            ("node_modules/p/package.json", "{ \"name\": \"p\", \"types\": \"index.d.ts\" }\n"),
            ("node_modules/p/index.d.ts", "export declare const b: number;\n"),
            ("a.ts", "import { c } from 'p';\nexport const a = c;\n"),
        ]),
        Example::new(&[
            ("package.json", "{ \"name\": \"a\", \"dependencies\": { \"p\": \"1\" } }\n"),
            ("node_modules/p/package.json", "{ \"name\": \"p\", \"types\": \"index.d.ts\" }\n"),
            ("node_modules/p/index.d.ts", "export declare const b: number;\n"),
            ("a.ts", "import * as p from 'p';\nexport const a = p.c + p.b;\n"),
        ]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    let mut declared: BTreeMap<String, bool> = BTreeMap::new();
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        if !matches!(head.language, Some(Language::TypeScript | Language::Tsx)) {
            continue;
        }
        for import in &head.outline().imports {
            let fresh = import.names.iter().any(|name| pair.wrote((name.line as usize).saturating_sub(1)));
            if !fresh && space_of(head, import).is_none()
                || import.conditional
                || !matches!(import.kind, ImportKind::Static | ImportKind::TypeOnly)
                || !matches!(change.head.resolve(head, import), Target::Package(_))
            {
                continue;
            }
            let Some(names) = package_exports(&change.head, &head.path, &import.module) else { continue };
            if let Some(space) = space_of(head, import) {
                for (index, name) in asked_of(pair, head, space, &names) {
                    let declared = declared
                        .entry(import.module.clone())
                        .or_insert_with(|| is_declared(change, &import.module));
                    if !*declared {
                        found.node(head, index, format!("`{}` has no `{name}`", import.module));
                    }
                }
            }
            for name in import
                .names
                .iter()
                .filter(|n| !matches!(n.name.as_str(), "*" | "default") && !names.contains(&n.name))
            {
                if !pair.wrote((name.line as usize).saturating_sub(1))
                    || *declared
                        .entry(import.module.clone())
                        .or_insert_with(|| is_declared(change, &import.module))
                {
                    continue;
                }
                let start = head.start_of_line(name.line);
                let line = head.line((name.line as usize).saturating_sub(1));
                let at = start + line.find(name.name.as_str()).unwrap_or(0);
                found.at(
                    head,
                    at,
                    at + name.name.len(),
                    format!("`{}` has no `{}`", import.module, name.name),
                );
            }
        }
    }
}

/// The local name of a namespace import: `import * as a from "a"`.
fn space_of<'f>(file: &'f File, import: &'f Import) -> Option<&'f str> {
    let star = import.names.iter().find(|name| name.name == "*").map(|name| name.local());
    let space = star.or(import.alias.as_deref())?;
    file.text.contains(&format!("* as {space}")).then_some(space)
}

/// Members of an imported module that the change uses and that the module does not have.
fn asked_of<'f>(pair: &Pair, file: &'f File, space: &str, names: &BTreeSet<String>) -> Vec<(usize, &'f str)> {
    let flat = file.flat();
    let is_bound_again = flat.iter().any(|(index, node)| {
        matches!(node.kind, "identifier" | "shorthand_property_identifier_pattern")
            && file.text_of(index) == space
            && flat.kind(node.parent) != "namespace_import"
            && (node.kind != "identifier" || binds_in_ecmascript(flat.kind(node.parent), node.field))
    });
    if is_bound_again {
        return Vec::new();
    }
    let asked = flat.iter().filter(|(index, node)| {
        node.kind == "member_expression"
            && file.field_text(*index, "object") == space
            && pair.wrote_at(node.start)
            && !file.text_of(*index).contains("?.")
    });
    asked
        .filter_map(|(index, _)| flat.field(index, "property"))
        .map(|index| (index, file.text_of(index)))
        .filter(|(_, name)| !names.contains(*name) && *name != "default")
        .collect()
}

/// Whether the project extends the package's types.
fn is_declared(change: &Change<'_>, module: &str) -> bool {
    let forms = [format!("declare module '{module}'"), format!("declare module \"{module}\"")];
    change
        .head
        .paths()
        .iter()
        .filter(|path| path.ends_with(".ts") && !path.contains("node_modules/"))
        .take(3_000)
        .any(|path| {
            change.head.read(path).is_some_and(|text| forms.iter().any(|form| text.contains(form.as_str())))
        })
}
