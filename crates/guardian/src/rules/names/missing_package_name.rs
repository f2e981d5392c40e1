//! Names that an installed package does not have, as its types say.

use std::collections::BTreeMap;

use syntax::{ImportKind, Language};

use crate::finding::{Category, Severity};
use crate::project::ecmascript::package_exports;
use crate::project::{Target, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};

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
    invalid: &[Example::new(&[
        ("package.json", "{ \"name\": \"a\", \"dependencies\": { \"p\": \"1\" } }\n"),
        ("node_modules/p/package.json", "{ \"name\": \"p\", \"types\": \"index.d.ts\" }\n"),
        ("node_modules/p/index.d.ts", "export declare const b: number;\n"),
        ("a.ts", "import { c } from 'p';\nexport const a = c;\n"),
    ])],
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
            if !fresh
                || import.conditional
                || !matches!(import.kind, ImportKind::Static | ImportKind::TypeOnly)
                || !matches!(change.head.resolve(head, import), Target::Package(_))
            {
                continue;
            }
            let Some(names) = package_exports(&change.head, &head.path, &import.module) else { continue };
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

/// Whether the project adds to the package's types.
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
