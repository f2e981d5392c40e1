//! Names that are known only in another function, or in a block that has ended.

use std::collections::BTreeSet;

use syntax::Language;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::names::out_of_scope;
use crate::project::{folder_of, go, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "name-of-another-scope",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A name that only another function or block knows, though it is used here.",
    note: "Nothing defines it where it is used, so the code fails there. Hand the value over as a parameter, or define it where both can see it.",
    valid: &[
        Example::new(&[("a.py", "limit = 3\ndef f(x): return x[:limit]\ndef g(limit): return limit\n")]),
        Example::new(&[(
            "a.ts",
            "export function f(prefix: string) { return (x: string) => prefix + x; }\n",
        )]),
        Example::new(&[(
            "a.py",
            "def f(x):\n    last = None\n    for e in x:\n        g(e)\n    try:\n        g(x)\n    except OSError as err:\n        last = err\n    return str(last)\n",
        )]),
        Example::new(&[("a.js", "function f(a) {\n  if (a) { var b = 1; }\n  return b;\n}\n")]),
        Example::new(&[(
            "a.go",
            "package a\n\nfunc F(x int) int {\n\tif y := x; y > 1 {\n\t\treturn y\n\t}\n\treturn x\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "fn f(n: u8) -> u8 {\n    let half = if n > 1 { let third = n / 3; third } else { let Some(x) = g() else { return 1 }; x };\n    half + 1\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "fn f(a: u8) -> impl Fn(u8) -> u8 { move |b| a + b }\nfn g(b: u8) -> u8 { b }\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "use crate::{a::{b::{c::{d::{e::{service::{A, f}, g}}}}}};\nfn h(service: u8) -> A { f(g(service)) }\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.py", "def f(limit): return limit\ndef g(x): return x[:limit]\n")]),
        Example::new(&[(
            "a.ts",
            "export function f(prefix: string) { return prefix; }\nexport const g = (x: string) => prefix + x;\n",
        )]),
        Example::new(&[("a.js", "export function f(a) {\n  if (a) { const b = 1; }\n  return b;\n}\n")]),
        Example::new(&[
            ("go.mod", "module example.com/a\n"),
            (
                "a.go",
                "package a\n\nfunc F(sep string) string { return sep }\n\nfunc G(x string) string { return sep + x }\n",
            ),
        ]),
        Example::new(&[(
            "src/lib.rs",
            "fn f(n: u8) -> u8 {\n    if n > 1 { let half = n / 2; g(half); }\n    half + 1\n}\nfn g(_: u8) {}\n",
        )]),
        Example::new(&[("a.py", "def f(x):\n    y = [z for z in x]\n    return y, z\n")]),
        Example::new(&[("a.py", "class A:\n    limit = 3\n    def f(self, x): return x < limit\n")]),
        Example::new(&[(
            "a.py",
            "def f(x):\n    try:\n        g(x)\n    except OSError as e:\n        log(e)\n    return str(e)\n",
        )]),
        Example::new(&[("src/lib.rs", "fn f(scale: u8) -> u8 { scale }\nfn g(b: u8) -> u8 { b * scale }\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        let now = all(head);
        if now.is_empty() {
            continue;
        }
        let before: BTreeSet<String> = pair
            .old_code()
            .map_or_else(BTreeSet::new, |base| all(base).into_iter().map(|(name, _)| name).collect());
        let mut package: Option<Option<BTreeSet<String>>> = None;
        for (name, index) in now.into_iter().filter(|(name, _)| !before.contains(name)) {
            // A Go package is one scope over its files
            if head.language == Some(Language::Go) {
                let names =
                    package.get_or_insert_with(|| go::package_names(&change.head, folder_of(&head.path)));
                // An import is known in its whole file
                let imported = head.outline().imports.iter().any(|import| match &import.alias {
                    Some(alias) => *alias == name,
                    None => crate::names::import_names(&import.module).any(|local| local == name),
                });
                if imported || names.as_ref().is_none_or(|names| names.contains(&name)) {
                    continue;
                }
            }
            let message = format!("`{name}` is not known here: only another function or block has it");
            found.node(head, index, message);
        }
    }
}

/// Names that are not known where they are used.
fn all(file: &File) -> Vec<(String, usize)> {
    let mut found = out_of_scope(file);
    if file.language == Some(Language::Python) {
        found.extend(super::after_except::uses(file));
    }
    found
}
