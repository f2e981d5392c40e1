//! `arity-mismatch`: a call with more or fewer arguments than the function takes since the change.
//!
//! Starts from functions whose parameters changed; other new calls are for `wrong_arguments`. Ignores methods, spreads
//! and names that are bound twice. JavaScript only warns, because a missing argument is undefined there.

use std::collections::{BTreeMap, BTreeSet};

use syntax::{Arity, Language, SymbolKind};

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::{Target, Tree, folder_of, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "arity-mismatch",
    category: Category::Inconsistent,
    severity: Severity::Error,
    summary: "A call with more or fewer arguments than the function takes since this change.",
    note: "The function's parameters changed and this call did not. Change every call with it, or give the new parameter a default.",
    valid: &[
        Example::change(
            &[
                ("a.ts", "export function f(x: number) { return x; }\n"),
                ("b.ts", "import { f } from './a';\nf(1);\n"),
            ],
            &[
                ("a.ts", "export function f(x: number, y = 2) { return x + y; }\n"),
                ("b.ts", "import { f } from './a';\nf(1);\n"),
            ],
        ),
        Example::change(
            &[("a.py", "def f(x): return x\nf(1)\n")],
            &[("a.py", "def f(x, y): return x\nf(1, 2)\nf(*args)\n")],
        ),
    ],
    invalid: &[
        Example::change(
            &[
                ("a.ts", "export function f(x: number) { return x; }\n"),
                ("b.ts", "import { f } from './a';\nf(1);\n"),
            ],
            &[
                ("a.ts", "export function f(x: number, y: number) { return x + y; }\n"),
                ("b.ts", "import { f } from './a';\nf(1);\n"),
            ],
        ),
        Example::change(
            &[("a.py", "def f(x): return x\n"), ("b.py", "from a import f\nf(1)\n")],
            &[("a.py", "def f(x, y): return x\n"), ("b.py", "from a import f\nf(1)\n")],
        ),
        Example::change(
            &[("src/lib.rs", "mod a;\nfn g() { a::f(1); }\n"), ("src/a.rs", "pub fn f(x: u8) -> u8 { x }\n")],
            &[
                ("src/lib.rs", "mod a;\nfn g() { a::f(1); }\n"),
                ("src/a.rs", "pub fn f(x: u8, y: u8) -> u8 { x }\n"),
            ],
        ),
        Example::change(
            &[
                ("a.go", "package a\n\nfunc F(x int) int { return x }\n"),
                ("b.go", "package a\n\nvar B = F(1)\n"),
            ],
            &[
                ("a.go", "package a\n\nfunc F(x, y int) int { return x }\n"),
                ("b.go", "package a\n\nvar B = F(1)\n"),
            ],
        ),
    ],
    check: Check::Change(check),
};

/// A function whose parameters the change altered.
struct Changed {
    path: String,
    name: String,
    old: Arity,
    new: Arity,
}

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    let changed: Vec<Changed> = change
        .pairs
        .iter()
        .filter_map(|pair| Some((pair, pair.both()?)))
        .filter(|(_, (base, head))| !base.is_broken() && !head.is_broken())
        .flat_map(|(pair, (base, head))| {
            let (old, new) = (arities(base), arities(head));
            new.into_iter()
                .filter_map(|(name, new)| {
                    let old = (*old.get(&name)?)?;
                    Some(Changed { path: pair.path.to_string(), name, old, new: new? })
                })
                .filter(|changed| changed.old != changed.new)
                .collect::<Vec<_>>()
        })
        .collect();
    if changed.is_empty() {
        return;
    }
    let words: BTreeSet<String> = changed.iter().map(|c| c.name.clone()).collect();
    let others = change.others_with(&words);
    let files = change.heads().map(|(_, head)| head).chain(others.iter().map(|file| &**file));
    for file in files.filter(|file| !is_specimen(&file.path)) {
        for changed in &changed {
            for name in known_as(&change.head, file, changed) {
                calls(file, &name, changed, found);
            }
        }
    }
}

/// Functions at the top level that are defined once, with their numbers of arguments.
fn arities(file: &File) -> BTreeMap<String, Option<Arity>> {
    let mut found: BTreeMap<String, Option<Arity>> = BTreeMap::new();
    for symbol in file.outline().symbols.iter().filter(|s| s.container.is_none()) {
        let arity = symbol.arity.filter(|_| symbol.kind == SymbolKind::Function);
        found.entry(symbol.name.clone()).and_modify(|known| *known = None).or_insert(arity);
    }
    found
}

/// The expressions by which a file calls a changed function.
fn known_as(tree: &Tree<'_>, file: &File, changed: &Changed) -> Vec<String> {
    if *file.path == changed.path {
        return vec![changed.name.clone()];
    }
    let same_language = |l: Language| {
        Language::of_path(&changed.path).is_some_and(|c| c == l || c.is_ecmascript() && l.is_ecmascript())
    };
    let Some(language) = file.language.filter(|l| same_language(*l)) else { return Vec::new() };
    let module = changed.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let module = if matches!(module, "mod" | "lib") {
        folder_of(&changed.path).rsplit('/').next().unwrap_or_default()
    } else {
        module
    };
    match language {
        Language::Go => {
            if folder_of(&file.path) == folder_of(&changed.path) {
                return vec![changed.name.clone()];
            }
            let package = folder_of(&changed.path);
            file.outline()
                .imports
                .iter()
                .filter(|import| matches!(tree.resolve(file, import), Target::File(path) if folder_of(&path) == package))
                .map(|import| {
                    let last = import.module.rsplit('/').next().unwrap_or_default();
                    format!("{}.{}", import.alias.as_deref().unwrap_or(last), changed.name)
                })
                .collect()
        }
        Language::Rust => {
            let imported = file.outline().imports.iter().any(|import| {
                import.module.rsplit("::").next() == Some(module)
                    && import.names.iter().any(|n| n.local() == changed.name)
            });
            let mut names = vec![
                format!("{module}::{}", changed.name),
                format!("crate::{module}::{}", changed.name),
                format!("super::{module}::{}", changed.name),
            ];
            names.extend(imported.then(|| changed.name.clone()));
            names
        }
        _ => file
            .outline()
            .imports
            .iter()
            .filter(|import| matches!(tree.resolve(file, import), Target::File(path) if path == changed.path))
            .flat_map(|import| {
                let named =
                    import.names.iter().filter(|n| n.name == changed.name).map(|n| n.local().to_string());
                let whole = import.alias.iter().map(|alias| format!("{alias}.{}", changed.name));
                named.chain(whole).collect::<Vec<_>>()
            })
            .collect(),
    }
}

fn calls(file: &File, name: &str, changed: &Changed, found: &mut Found) {
    let local = file.flat().iter().any(|(index, node)| {
        node.field == "name"
            && node.kind == "identifier"
            && matches!(
                file.flat().kind(node.parent),
                "variable_declarator" | "function_declaration" | "function_definition"
            )
            && *file.path != changed.path
            && file.text_of(index) == name
    });
    if local {
        return;
    }
    for (index, node) in file.flat().iter() {
        if !matches!(node.kind, "call_expression" | "call") || file.field_text(index, "function") != name {
            continue;
        }
        let Some(arguments) = file.flat().field(index, "arguments") else { continue };
        let parts: Vec<usize> = file.flat().parts(arguments).collect();
        let spread = parts.iter().any(|part| {
            matches!(
                file.flat().kind(*part),
                "spread_element" | "list_splat" | "dictionary_splat" | "variadic_argument" | "attribute_item"
            )
        });
        // In Go a single call may provide several arguments
        let several = file.language == Some(Language::Go)
            && parts.len() == 1
            && file.flat().kind(parts[0]) == "call_expression";
        if spread
            || several
            || file.flat().kind(arguments) != "arguments" && file.flat().kind(arguments) != "argument_list"
        {
            continue;
        }
        let given = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let fits = |arity: Arity| given >= arity.required && arity.max.is_none_or(|max| given <= max);
        if fits(changed.new) || !fits(changed.old) {
            continue;
        }
        let takes = match changed.new {
            Arity { required, max: Some(max) } if required == max => format!("{required}"),
            Arity { required, max: Some(max) } => format!("{required} to {max}"),
            Arity { required, max: None } => format!("at least {required}"),
        };
        let message = format!("`{name}` takes {takes} arguments since this change, and is given {given}");
        // JavaScript accepts this: a missing argument is undefined
        if file.language == Some(Language::JavaScript) {
            found.maybe(file, node.start, node.end, message);
        } else {
            found.at(file, node.start, node.end, message);
        }
    }
}
