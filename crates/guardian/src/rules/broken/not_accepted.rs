//! Code that a parser accepts but every compiler or interpreter rejects: a misplaced `await`, `return` or `break`, `#x`
//! that no class declares, an assignment to a constant.

use std::collections::{BTreeMap, BTreeSet};

use syntax::Language;

use super::refused;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "not-accepted",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "Code that can be parsed and that the language refuses: `await` outside of async, `return` outside of a function, and the like.",
    note: "The file cannot be loaded or compiled at all. Make the function async, move the statement to where it belongs, or declare what is used.",
    valid: &[
        Example::new(&[(
            "a.mjs",
            "const x = await f();\nexport const g = async (y) => { for (const z of y) { if (z) break; await z; } };\n",
        )]),
        Example::new(&[("a.py", "async def f(x):\n    return [await y for y in x]\n")]),
        Example::new(&[(
            "a.py",
            "def f(a, *b, c=1):\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    return g\nf(c=1, *[2])\n",
        )]),
        Example::new(&[(
            "a.ts",
            "class A {\n  #x = 1;\n  f() { const g = 1; return class { h(a: A) { return a.#x + g; } }; }\n}\n",
        )]),
        Example::new(&[(
            "a.ts",
            "const a = { b: 1 };\na.b = 2;\nfunction f(a: number) { a = 3; return a; }\n",
        )]),
        Example::new(&[
            ("package.json", "{ \"name\": \"a\", \"type\": \"module\" }\n"),
            ("a.js", "import { b } from 'node:fs';\nb();\n"),
        ]),
        Example::new(&[
            ("package.json", "{ \"name\": \"a\", \"scripts\": { \"build\": \"vite build\" } }\n"),
            ("a.js", "import b from 'node:fs';\nb();\n"),
        ]),
    ],
    invalid: &[
        Example::new(&[("a.js", "export function f(x) {\n  return await x;\n}\n")]),
        Example::new(&[("a.py", "def f(x):\n    return await x\n")]),
        Example::new(&[("a.py", "import sys\nif sys.argv:\n    return 2\n")]),
        Example::new(&[(
            "a.js",
            "export function f(x) {\n  x.forEach((y) => {\n    if (y) continue;\n  });\n}\n",
        )]),
        Example::new(&[("a.ts", "class A {\n  f() { return this.#gone; }\n}\n")]),
        Example::new(&[("a.ts", "const a = 1;\nexport function f() { a += 1; }\n")]),
        Example::new(&[
            ("package.json", "{ \"name\": \"a\", \"version\": \"1.0.0\", \"main\": \"a.js\" }\n"),
            (
                "a.js",
                "import { b } from 'node:fs';\nconst c = require('node:path');\nmodule.exports = { b, c };\n",
            ),
        ]),
        Example::new(&[("a.py", "for x in y:\n    pass\nbreak\n")]),
        Example::new(&[("a.py", "def f(a, b=1): return a\nf(b=1, 2)\n")]),
        Example::new(&[(
            "a.py",
            "def f():\n    def g():\n        nonlocal n\n        n += 1\n    return g\n",
        )]),
        Example::new(&[("a.ts", "export function f(a?: { b: number }) {\n  a?.b = 1;\n}\n")]),
        Example::new(&[("a.ts", "import { b } from './b';\nimport { b } from './c';\nb();\n")]),
        Example::new(&[("a.ts", "export class A {\n  abstract b(): void;\n}\n")]),
        Example::new(&[("a.mjs", "import 'node:fs';\nif (process.env.A) return;\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        match head.language {
            Some(Language::Python) => {
                in_python(pair, head, found);
                refused::python::check(pair, head, found);
            }
            Some(language) if language.is_ecmascript() => {
                in_ecmascript(change, pair, head, found);
                private_names(pair, head, found);
                constants(pair, head, found);
                modules(change, pair, head, found);
                refused::ecmascript::check(pair, head, found);
            }
            _ => {}
        }
    }
}

/// The nearest function around a node, skipping one if the node is in its decorator or default.
fn function_around(file: &File, index: usize, kinds: &[&str]) -> Option<usize> {
    let flat = file.flat();
    let mut below = index;
    for above in flat.above(index) {
        if kinds.contains(&flat.kind(above)) {
            let field = flat.node(below).field;
            if field == "body"
                || flat.kind(above) == "arrow_function" && field != "parameters"
                || flat.kind(above) == "lambda"
            {
                return Some(above);
            }
        }
        below = above;
    }
    None
}

const PYTHON: &[&str] = &["function_definition", "lambda"];

fn in_python(pair: &Pair, file: &File, found: &mut Found) {
    // Notebook cells may use `await` at the top level
    if file.text.contains("get_ipython(") || file.text.contains("# %%") {
        return;
    }
    let flat = file.flat();
    for (index, node) in flat.iter() {
        if !matches!(
            node.kind,
            "await" | "return_statement" | "break_statement" | "continue_statement" | "yield"
        ) || !node.named
            || !pair.wrote_at(node.start)
        {
            continue;
        }
        let function = function_around(file, index, PYTHON);
        match node.kind {
            "await" => {
                // An asynchronous generator may be created outside an asynchronous function
                let lazily = flat
                    .above(index)
                    .take_while(|i| Some(*i) != function)
                    .any(|i| flat.kind(i) == "generator_expression");
                let is_async = function.is_some_and(|f| {
                    flat.kind(f) == "function_definition" && file.text_of(f).starts_with("async")
                });
                if !is_async && !lazily {
                    found.node(file, index, "`await` in a function that is not `async def`");
                }
            }
            "return_statement" | "yield" => {
                let class = flat
                    .above(index)
                    .find(|i| matches!(flat.kind(*i), "class_definition" | "function_definition" | "lambda"))
                    .is_some_and(|i| flat.kind(i) == "class_definition");
                if function.is_none() || class {
                    let word = if node.kind == "yield" { "yield" } else { "return" };
                    found.node(file, index, format!("`{word}` outside of any function"));
                }
            }
            _ => {
                let holder = flat.above(index).find(|i| {
                    matches!(
                        flat.kind(*i),
                        "for_statement"
                            | "while_statement"
                            | "function_definition"
                            | "class_definition"
                            | "lambda"
                    )
                });
                if !holder.is_some_and(|i| matches!(flat.kind(i), "for_statement" | "while_statement")) {
                    let word = file.text_of(index).split_whitespace().next().unwrap_or_default();
                    found.node(file, index, format!("`{word}` outside of any loop"));
                }
            }
        }
    }
}

const FUNCTIONS: &[&str] = &[
    "function_declaration",
    "function_expression",
    "arrow_function",
    "method_definition",
    "generator_function",
    "generator_function_declaration",
    "class_static_block",
];

fn in_ecmascript(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        if !node.named
            || !matches!(
                node.kind,
                "await_expression" | "break_statement" | "continue_statement" | "for_in_statement"
            )
            || !pair.wrote_at(node.start)
        {
            continue;
        }
        match node.kind {
            "await_expression" | "for_in_statement" => {
                if node.kind == "for_in_statement" && !flat.children(index).any(|i| flat.kind(i) == "await") {
                    continue;
                }
                match function_around(file, index, FUNCTIONS) {
                    Some(function) => {
                        let is_async = flat.children(function).any(|i| flat.kind(i) == "async");
                        if !is_async && flat.kind(function) != "class_static_block" {
                            found.node(file, index, "`await` in a function that is not `async`");
                        }
                    }
                    None => {
                        // At the top level, only modules may use `await`
                        let commonjs = file.path.ends_with(".cjs")
                            || file.path.ends_with(".cts")
                            || is_commonjs(change, file) && file.text.contains("require(");
                        let field = flat
                            .above(index)
                            .any(|i| matches!(flat.kind(i), "field_definition" | "public_field_definition"));
                        if commonjs && !field {
                            found.node(file, index, "`await` at the top of a file that is no module");
                        }
                    }
                }
            }
            _ => {
                let word = if node.kind == "break_statement" { "break" } else { "continue" };
                let label = flat.field(index, "label").map(|i| file.text_of(i));
                let mut leaves = false;
                for above in flat.above(index) {
                    let kind = flat.kind(above);
                    if FUNCTIONS.contains(&kind) {
                        break;
                    }
                    leaves |= match label {
                        Some(label) => {
                            kind == "labeled_statement" && file.field_text(above, "label") == label
                        }
                        None => {
                            matches!(
                                kind,
                                "for_statement" | "for_in_statement" | "while_statement" | "do_statement"
                            ) || word == "break" && kind == "switch_statement"
                        }
                    };
                }
                if !leaves {
                    found.node(
                        file,
                        index,
                        format!("`{word}` leaves no loop: a function is in between, or there is none"),
                    );
                }
            }
        }
    }
}

/// `#x` that no class around the use declares.
fn private_names(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    let mut declared: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut uses = Vec::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "private_property_identifier") {
        let name = file.text_of(index);
        let member = matches!(
            flat.kind(node.parent),
            "public_field_definition"
                | "field_definition"
                | "method_definition"
                | "method_signature"
                | "abstract_method_signature"
        ) && matches!(node.field, "name" | "property");
        if member {
            let body = flat.above(index).find(|i| flat.kind(*i) == "class_body").unwrap_or(0);
            declared.entry(body).or_default().insert(name);
        } else {
            uses.push((index, name));
        }
    }
    for (index, name) in uses {
        let known = flat.above(index).any(|i| declared.get(&i).is_some_and(|names| names.contains(name)));
        if !known && pair.wrote_at(flat.node(index).start) && !file.text.contains(&format!("accessor {name}"))
        {
            found.node(file, index, format!("`{name}` is declared in no class around it"));
        }
    }
}

/// Assignments to a `const`.
fn constants(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    let targets: Vec<usize> = flat
        .iter()
        .filter(|(_, node)| node.kind == "identifier")
        .filter(|(index, node)| match flat.kind(node.parent) {
            "assignment_expression" | "augmented_assignment_expression" => node.field == "left",
            "update_expression" => node.field == "argument" || flat.parts(node.parent).next() == Some(*index),
            _ => false,
        })
        .map(|(index, _)| index)
        .filter(|index| pair.wrote_at(flat.node(*index).start))
        .collect();
    if targets.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = targets.iter().map(|index| file.text_of(*index)).collect();
    // The scopes that bind each name, and whether by a `const`
    let mut bound: BTreeMap<&str, Vec<(usize, bool)>> = BTreeMap::new();
    for (index, node) in flat.iter() {
        if !matches!(node.kind, "identifier" | "shorthand_property_identifier_pattern")
            || !names.contains(file.text_of(index))
        {
            continue;
        }
        if !(node.kind == "shorthand_property_identifier_pattern"
            || crate::names::binds_in_ecmascript(flat.kind(node.parent), node.field))
        {
            continue;
        }
        let declaration = flat.above(index).find(|i| {
            matches!(
                flat.kind(*i),
                "lexical_declaration"
                    | "variable_declaration"
                    | "for_in_statement"
                    | "formal_parameters"
                    | "catch_clause"
                    | "arrow_function"
                    | "statement_block"
                    | "import_statement"
            )
        });
        let constant = declaration.is_some_and(|i| match flat.kind(i) {
            "lexical_declaration" => file.text_of(i).starts_with("const"),
            "import_statement" => true,
            "for_in_statement" => file.field_text(i, "kind") == "const",
            _ => false,
        });
        let place = match declaration.map(|i| (i, flat.kind(i))) {
            Some((i, "lexical_declaration")) => flat
                .above(i)
                .find(|i| {
                    matches!(
                        flat.kind(*i),
                        "statement_block"
                            | "for_statement"
                            | "switch_body"
                            | "class_static_block"
                            | "switch_case"
                    )
                })
                .unwrap_or(0),
            Some((i, "for_in_statement" | "arrow_function" | "catch_clause")) => i,
            Some((i, "formal_parameters")) => flat.node(i).parent,
            _ => flat.above(index).find(|i| FUNCTIONS.contains(&flat.kind(*i))).unwrap_or(0),
        };
        bound.entry(file.text_of(index)).or_default().push((place, constant));
    }
    for index in targets {
        let name = file.text_of(index);
        let places = bound.get(name).map_or(&[][..], Vec::as_slice);
        // The innermost binding that reaches the use; a name that is bound twice there is not judged
        let reaching: Vec<&(usize, bool)> = places
            .iter()
            .filter(|(place, _)| *place == 0 || (*place..flat.node(*place).next).contains(&index))
            .collect();
        let Some(inner) = reaching.iter().map(|(place, _)| *place).max() else { continue };
        if reaching.iter().filter(|(place, _)| *place == inner).all(|(_, constant)| *constant) {
            found.node(file, index, format!("`{name}` is constant, and is given another value here"));
        }
    }
}

/// Whether Node treats a `.js` file as CommonJS.
fn is_commonjs(change: &Change<'_>, file: &File) -> bool {
    if !file.path.ends_with(".js") {
        return false;
    }
    let Some(manifest) = change.head.nearest(&file.path, "package.json") else { return false };
    let Some(text) = change.head.read(&manifest) else { return false };
    let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else { return false };
    json.get("type").and_then(|kind| kind.as_str()) != Some("module")
}

/// `import` in a file that Node treats as CommonJS, if `require` and `module.exports` confirm it.
fn modules(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    let statement = flat.iter().find(|(index, node)| {
        matches!(node.kind, "import_statement" | "export_statement")
            && pair.wrote_at(node.start)
            && !file.text_of(*index).starts_with("import type")
    });
    let Some((index, _)) = statement else { return };
    let plain = file.path.ends_with(".cjs") || file.path.ends_with(".js") && is_commonjs(change, file);
    let exports =
        |text: &str| text.contains("module.exports") || text.lines().any(|line| line.starts_with("exports."));
    // A tool may convert modules to CommonJS: such a file has no CommonJS exports of its own
    let own = exports(&file.text)
        && (file.text.contains("require(") || pair.base.as_deref().is_some_and(|base| exports(&base.text)));
    let elsewhere = || {
        let others = change.base.paths().iter().filter(|path| path.ends_with(".js") && **path != *file.path);
        others.take(300).filter_map(|path| change.base.read(path)).any(|text| {
            text.lines().any(|line| line.starts_with("import ") && line.contains(" from ")) && !exports(&text)
        })
    };
    if plain && (own && !elsewhere() || file.path.ends_with(".cjs")) {
        let word = if flat.kind(index) == "import_statement" { "import" } else { "export" };
        found.node(file, index, format!("`{word}` in a file that is CommonJS"));
    }
}
