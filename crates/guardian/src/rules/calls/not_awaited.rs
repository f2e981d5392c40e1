//! Calls of the project's asynchronous functions whose result nothing awaits.

use std::collections::BTreeMap;
use std::sync::Arc;

use syntax::Language;

use super::async_methods::of_variables;
use crate::code::file::File;
use crate::code::places::function_of;
use crate::finding::{Category, Severity};
use crate::project::{Target, Tree, is_specimen};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "not-awaited",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A call of an asynchronous function of the project whose result is used, or dropped, without waiting for it.",
    note: "What it gives is a promise or a coroutine, not the value, and its failure goes unheard. Await it; where nobody has to wait, say so with `void` or a task.",
    valid: &[
        Example::new(&[(
            "a.ts",
            "async function f() { return 1; }\nexport async function g() { const x = f(); return Promise.all([x, f()]); }\nexport const h = () => f();\n",
        )]),
        Example::new(&[(
            "a.ts",
            "async function f() {}\nexport function g() { void f().catch(report); f().then(g); }\n",
        )]),
        Example::new(&[(
            "a.py",
            "import asyncio\nasync def f(): pass\nasync def g():\n    t = asyncio.create_task(f())\n    await t\n    c = f()\n    await c\n",
        )]),
        Example::new(&[(
            "a.ts",
            "class A {\n  async size() { return 1; }\n}\nclass B {\n  size() { return 1; }\n}\nexport const f = (a: A) => a.size();\nexport const g = (b: B) => b.size() > 0;\nexport async function h(c: A) { return (await c.size()) > 0; }\n",
        )]),
        Example::new(&[(
            "a.ts",
            "async function load() { return { a: 1 }; }\nexport async function g(load: () => { a: number }) { const x = load(); return x.a; }\n",
        )]),
    ],
    invalid: &[
        Example::new(&[(
            "a.ts",
            "async function load() { return { a: 1 }; }\nexport async function g() { const x = load(); return x.a; }\n",
        )]),
        Example::new(&[
            ("a.ts", "import { save } from './b';\nexport async function g() { save(1); return 2; }\n"),
            ("b.ts", "export async function save(x: number): Promise<void> { await x; }\n"),
        ]),
        Example::new(&[(
            "a.py",
            "async def f(): return [1]\nasync def g():\n    x = f()\n    return len(x)\n",
        )]),
        Example::new(&[("a.py", "async def f(): return 1\nasync def g():\n    f()\n")]),
        Example::new(&[(
            "a.py",
            "class A:\n    async def f(self): return 1\n    async def g(self):\n        self.f()\n",
        )]),
        Example::new(&[(
            "a.ts",
            "export async function g(all: string[]) { all.forEach(async (one) => { await fetch(one); }); }\n",
        )]),
        Example::new(&[(
            "a.ts",
            "async function isOn() { return true; }\nexport async function g() { if (isOn()) return 1; return 2; }\n",
        )]),
        Example::new(&[
            (
                "a.ts",
                "import { Store } from './b';\nexport class A {\n  constructor(private store: Store) {}\n  async g() { return this.store.size() > 0; }\n}\n",
            ),
            ("b.ts", "export class Store {\n  async size(): Promise<number> { return 1; }\n}\n"),
        ]),
    ],
    check: Check::Change(check),
};

/// Marks a call of a method of a variable: its name is bound once.
const OF_VARIABLE: usize = 1;

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        let python = head.language == Some(Language::Python);
        if !python && !head.language.is_some_and(Language::is_ecmascript)
            || !head.text.contains("async") && !head.text.contains("import")
        {
            continue;
        }
        if !python {
            each_async(pair, head, found);
        }
        let mut known = asynchronous(&change.head, head);
        if !python {
            let methods = of_variables(&change.head, head, starts_async);
            known.extend(methods.into_iter().map(|call| (call, OF_VARIABLE)));
        }
        if !known.is_empty() {
            calls(pair, head, &known, found);
        }
    }
}

/// `forEach` drops the result of its callback, so nothing awaits an asynchronous callback.
fn each_async(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "call_expression") {
        let method = file.field_text(index, "function").rsplit('.').next().unwrap_or_default();
        // What these take is a yes or no
        let asks = matches!(method, "filter" | "some" | "every" | "find" | "findIndex");
        if !pair.wrote_at(node.start) || !(asks || file.field_text(index, "function").ends_with(".forEach")) {
            continue;
        }
        let first = flat.field(index, "arguments").and_then(|list| flat.parts(list).next());
        let Some(callback) = first.filter(|i| is_function(flat.kind(*i)) && starts_async(file, *i)) else {
            continue;
        };
        let of_library = asks
            && flat.field(index, "function").and_then(|f| flat.field(f, "object")).is_none_or(|of| {
                flat.kind(of) == "identifier"
                    && file.text_of(of).starts_with(|c: char| c.is_uppercase() || c == '_')
                    || file.text_of(of).contains('(')
            });
        if asks && of_library {
            continue;
        }
        let node = flat.node(callback);
        if asks {
            found.at(
                file,
                node.start,
                node.start + "async".len(),
                format!("`{method}` takes a promise for a yes: it does not wait for this callback"),
            );
            continue;
        }
        let message =
            "`forEach` waits for none of these: they run on after it, and nobody hears of a failure";
        let (start, end) = (node.start, node.start + "async".len());
        if waited_before(pair, file, index, callback) {
            found.at(file, start, end, message);
        } else {
            found.maybe(file, start, end, message);
        }
    }
}

/// Whether the same function of the base waited in a loop for what the callback calls now.
fn waited_before(pair: &Pair, file: &File, call: usize, callback: usize) -> bool {
    let Some(base) = pair.old_code() else { return false };
    let awaited = |file: &File, within: std::ops::Range<usize>| -> Vec<(usize, String)> {
        let flat = file.flat();
        let waits = within.filter(|i| flat.kind(*i) == "await_expression");
        let calls =
            waits.filter_map(|i| flat.parts(i).next().map(|call| (i, file.field_text(call, "function"))));
        calls.filter(|(_, callee)| !callee.is_empty()).map(|(i, callee)| (i, callee.to_string())).collect()
    };
    let now = awaited(file, file.flat().below(callback));
    let function = function_of(file, call);
    let flat = base.flat();
    awaited(base, flat.below(0)).iter().any(|(index, callee)| {
        let looped = flat
            .above(*index)
            .take_while(|i| !is_function(flat.kind(*i)))
            .any(|i| matches!(flat.kind(i), "for_in_statement" | "for_statement" | "while_statement"));
        looped && function_of(base, *index) == function && now.iter().any(|(_, other)| other == callee)
    })
}

/// The asynchronous functions that a file can call, by their call text: `f`, `self.f`, `this.f`.
fn asynchronous(tree: &Tree<'_>, file: &File) -> BTreeMap<String, usize> {
    let mut known: BTreeMap<String, usize> =
        own(file).0.iter().filter(|(_, is)| **is).map(|(name, _)| (name.clone(), 0)).collect();
    for import in file.outline().imports.iter().filter(|import| !import.names.is_empty()) {
        let Target::File(path) = tree.resolve(file, import) else { continue };
        let Some(theirs) = tree.fact_of(&path, of_module) else { continue };
        for name in &import.names {
            if theirs.0.get(&name.name) == Some(&true) {
                known.insert(name.local().to_string(), 0);
            }
        }
    }
    known
}

/// The functions of a file by their call text, with whether they are asynchronous; one that is defined twice counts as
/// not.
fn own(file: &File) -> Arc<Own> {
    file.fact(|file| Arc::new(find_own(file))).clone()
}

#[derive(Debug, Default)]
struct Own(BTreeMap<String, bool>);

/// The same for an imported module; none if nothing in it is asynchronous.
fn of_module(file: &File) -> Arc<Own> {
    let may = file.is_code() && !file.is_broken() && file.text.contains("async");
    if may { own(file) } else { Arc::default() }
}

fn find_own(file: &File) -> Own {
    let flat = file.flat();
    let mut found = BTreeMap::new();
    let mut add = |name: String, is: bool| {
        found.entry(name).and_modify(|known| *known = false).or_insert(is);
    };
    for (index, node) in flat.iter() {
        match node.kind {
            // Only at the top level is it known outside its block
            "function_declaration" | "generator_function_declaration"
                if flat.above(index).all(|i| matches!(flat.kind(i), "program" | "export_statement")) =>
            {
                let is = node.kind == "function_declaration" && starts_async(file, index);
                add(file.field_text(index, "name").to_string(), is);
            }
            "variable_declarator" => {
                let value = flat
                    .field(index, "value")
                    .filter(|v| matches!(flat.kind(*v), "arrow_function" | "function_expression"));
                let top = flat.above(index).all(|i| {
                    matches!(
                        flat.kind(i),
                        "program" | "export_statement" | "lexical_declaration" | "variable_declaration"
                    )
                });
                if let Some(value) = value.filter(|_| top) {
                    add(file.field_text(index, "name").to_string(), starts_async(file, value));
                }
            }
            "method_definition" => {
                let name = file.field_text(index, "name");
                let class = flat.above(index).find(|i| flat.kind(*i) == "class_body");
                if let Some(class) = class {
                    let is = starts_async(file, index)
                        && !file.text_of(index).trim_start_matches("async").trim_start().starts_with('*');
                    add(format!("this.{name}"), is && flat.node(index).parent == class);
                }
            }
            "function_definition" => {
                let name = file.field_text(index, "name");
                let holder = flat.node(index).parent;
                let decorated = flat.kind(holder) == "decorated_definition";
                let holder = if decorated { flat.node(holder).parent } else { holder };
                let yields = flat.below(index).any(|i| flat.kind(i) == "yield");
                let is = starts_async(file, index) && !yields && !decorated;
                if holder == 0 {
                    add(name.to_string(), is);
                } else if flat.kind(flat.node(holder).parent) == "class_definition" {
                    add(format!("self.{name}"), is);
                } else {
                    // A function of another kind: the call may mean this one
                    add(name.to_string(), false);
                }
            }
            _ => {}
        }
    }
    Own(found)
}

fn starts_async(file: &File, index: usize) -> bool {
    let text = file.text_of(index);
    let text = text.trim_start_matches("export ").trim_start_matches("default ");
    let head = text.get(..text.find('(').unwrap_or(text.len())).unwrap_or_default();
    head.split_whitespace().any(|word| word == "async" || word == "async(") && !head.contains('*')
}

fn calls(pair: &Pair, file: &File, known: &BTreeMap<String, usize>, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        if !matches!(node.kind, "call_expression" | "call") || !pair.wrote_at(node.start) {
            continue;
        }
        let name = file.field_text(index, "function");
        let Some(kind) = known.get(name) else { continue };
        if *kind != OF_VARIABLE && is_shadowed(file, index, name) {
            continue;
        }
        let parent = flat.node(node.parent);
        match parent.kind {
            "expression_statement" => {
                let message =
                    format!("nobody waits for `{name}`, which is asynchronous, nor hears of its failure");
                // At the top of a script nothing can await; a handler may exist to start the call
                let within = flat.above(index).find(|i| is_function(flat.kind(*i)));
                let waits = within.is_some_and(|function| starts_async(file, function));
                if *kind == OF_VARIABLE {
                    found.maybe(file, node.start, node.end, message);
                } else if waits || file.language == Some(Language::Python) && within.is_some() {
                    found.node(file, index, message);
                } else if within.is_some() {
                    found.maybe(file, node.start, node.end, message);
                }
            }
            "member_expression" | "subscript_expression" | "attribute" | "subscript"
                if matches!(node.field, "object" | "value") =>
            {
                let member = ["property", "attribute"]
                    .iter()
                    .find_map(|field| flat.field(node.parent, field))
                    .map_or("", |i| file.text_of(i));
                if !is_of_promise(member) {
                    found.node(
                        file,
                        index,
                        format!("`{name}` is asynchronous: it gives no value before it is awaited"),
                    );
                }
            }
            "binary_expression"
            | "binary_operator"
            | "comparison_operator"
            | "unary_expression"
            | "not_operator"
            | "template_substitution"
            | "interpolation"
            | "for_statement"
            | "boolean_operator"
            | "update_expression" => {
                let voids = file.text_of(node.parent).starts_with("void");
                // `a && f()` may start it
                let either = parent.kind == "binary_expression"
                    && ["&&", "||", "??"]
                        .contains(&flat.field(node.parent, "operator").map_or("", |i| file.text_of(i)));
                if !voids && !either && parent.kind != "boolean_operator" {
                    found.node(
                        file,
                        index,
                        format!("`{name}` is asynchronous: it gives no value before it is awaited"),
                    );
                }
            }
            "parenthesized_expression"
                if matches!(flat.kind(parent.parent), "if_statement" | "while_statement")
                    && parent.field == "condition" =>
            {
                found.node(file, index, format!("`{name}` is asynchronous: a promise is always true"));
            }
            "assert_statement" => {
                found.node(file, index, format!("`{name}` is asynchronous: a coroutine is always true"));
            }
            "if_statement" | "while_statement" if node.field == "condition" => {
                found.node(file, index, format!("`{name}` is asynchronous: a coroutine is always true"));
            }
            "variable_declarator" | "assignment" => {
                let target = ["name", "left"].iter().find_map(|field| flat.field(node.parent, field));
                let Some(target) = target else { continue };
                match flat.kind(target) {
                    "identifier" => {
                        if let Some(at) = used_as_value(file, index, file.text_of(target)) {
                            let of = file.text_of(target);
                            found.node(file, at, format!("`{of}` is what `{name}` gives before it is awaited: a promise, not the value"));
                        }
                    }
                    "object_pattern" | "array_pattern" | "pattern_list" | "tuple_pattern" => {
                        found.node(
                            file,
                            index,
                            format!("`{name}` is asynchronous: it gives no value before it is awaited"),
                        );
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_declaration"
            | "function_expression"
            | "arrow_function"
            | "method_definition"
            | "function_definition"
            | "lambda"
    )
}

fn is_of_promise(member: &str) -> bool {
    matches!(
        member,
        "then"
            | "catch"
            | "finally"
            | "send"
            | "throw"
            | "close"
            | "cr_frame"
            | "__await__"
            | "cr_code"
            | "cr_running"
    )
}

/// Whether a parameter or a variable around the call has the same name.
fn is_shadowed(file: &File, index: usize, name: &str) -> bool {
    if name.contains('.') {
        // Another class of the same file, or a plain object
        let flat = file.flat();
        let method = name.rsplit('.').next().unwrap_or(name);
        let class = flat.above(index).find(|i| matches!(flat.kind(*i), "class_body" | "class_definition"));
        let own = class.is_some_and(|class| {
            flat.below(class).any(|i| {
                matches!(flat.kind(i), "method_definition" | "function_definition")
                    && file.field_text(i, "name") == method
            })
        });
        // A plain function has its own `this`
        let plain = name.starts_with("this.")
            && flat
                .above(index)
                .take_while(|i| flat.kind(*i) != "method_definition")
                .any(|i| matches!(flat.kind(i), "function_declaration" | "function_expression"));
        return !own || plain;
    }
    let flat = file.flat();
    flat.above(index).filter(|i| is_function(flat.kind(*i))).any(|function| {
        let given = ["parameters", "parameter"].iter().find_map(|field| flat.field(function, field));
        let given = given.is_some_and(|list| {
            std::iter::once(list).chain(flat.below(list)).any(|i| {
                matches!(flat.kind(i), "identifier" | "shorthand_property_identifier_pattern")
                    && file.text_of(i) == name
            })
        });
        given
            || flat.field(function, "body").is_some_and(|body| {
                flat.below(body).any(|i| {
                    matches!(
                        flat.kind(i),
                        "variable_declarator" | "function_declaration" | "assignment" | "function_definition"
                    ) && ["name", "left"]
                        .iter()
                        .find_map(|field| flat.field(i, field))
                        .is_some_and(|n| file.text_of(n) == name)
                })
            })
    })
}

/// The first use of a variable that needs the value: a member, an index, an operation. None if the variable is awaited,
/// passed on or assigned anywhere.
fn used_as_value(file: &File, call: usize, name: &str) -> Option<usize> {
    let flat = file.flat();
    let function = flat.above(call).find(|i| is_function(flat.kind(*i))).unwrap_or(0);
    let mut first = None;
    let mut bound = 0;
    for index in flat.below(function) {
        let node = flat.node(index);
        if !matches!(
            node.kind,
            "identifier" | "shorthand_property_identifier" | "shorthand_property_identifier_pattern"
        ) || file.text_of(index) != name
        {
            continue;
        }
        let parent = flat.kind(node.parent);
        match (parent, node.field) {
            ("variable_declarator", "name") | ("assignment", "left") | ("assignment_expression", "left") => {
                bound += 1;
                if bound > 1 {
                    return None;
                }
            }
            ("member_expression" | "attribute", "object") => {
                let member = ["property", "attribute"]
                    .iter()
                    .find_map(|field| flat.field(node.parent, field))
                    .map_or("", |i| file.text_of(i));
                if is_of_promise(member) {
                    return None;
                }
                first = first.or(Some(index));
            }
            ("subscript_expression", "object")
            | ("subscript", "value")
            | ("binary_operator", _)
            | ("comparison_operator", _) => first = first.or(Some(index)),
            ("binary_expression", _) => {
                let operator = flat.field(node.parent, "operator").map_or("", |i| file.text_of(i));
                if matches!(operator, "+" | "-" | "*" | "/" | "<" | ">" | "<=" | ">=") {
                    first = first.or(Some(index));
                } else {
                    return None;
                }
            }
            // A function that accepts only values of its own type
            ("argument_list", _) => {
                let callee = file.field_text(flat.node(node.parent).parent, "function");
                if matches!(
                    callee,
                    "len"
                        | "int"
                        | "float"
                        | "sum"
                        | "sorted"
                        | "list"
                        | "set"
                        | "dict"
                        | "max"
                        | "min"
                        | "enumerate"
                        | "zip"
                        | "json.dumps"
                ) {
                    first = first.or(Some(index));
                } else {
                    return None;
                }
            }
            ("for_statement", "right") | ("for_in_clause", "right") => first = first.or(Some(index)),
            ("template_substitution" | "interpolation", _) => first = first.or(Some(index)),
            // The caller may wait, but what was read before is read of a promise
            ("return_statement", _) => {}
            _ => return None,
        }
    }
    first
}
