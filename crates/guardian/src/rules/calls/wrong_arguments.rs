//! New calls whose arguments do not fit the project's function.
//!
//! Follows a plain name to its only definition, in the file or by an import; methods are for `method_arguments`.
//! Reports nothing if a decorator, a condition or a second binding may change the called function. `arity_mismatch`
//! checks calls that the change did not write.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use syntax::{Arity, Language, SymbolKind};

use super::signature::{Signature, misfit, parameters};
use super::{made, method_arguments};
use crate::code::file::File;
use crate::code::flat::FlatNode;
use crate::code::functions::{Function, functions};
use crate::finding::{Category, Severity};
use crate::project::{Target, Tree, folder_of, go, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "wrong-arguments",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A new call of a function of the project with too few, too many, or wrongly named arguments.",
    note: "The call fails, or does not compile. Look up what the function takes and hand over just that.",
    valid: &[
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub struct Mutex;\nimpl Mutex {\n    pub fn new() -> Self { Mutex }\n}\npub fn f() { std::sync::Mutex::new(1); }\n",
            ),
        ]),
        Example::new(&[(
            "a.ts",
            "export function f(a: number, b = 1, ...c: number[]) {}\nf(1);\nf(1, 2, 3, 4);\nf(...g);\n",
        )]),
        Example::new(&[(
            "a.py",
            "def f(a, b=1, *, c=2): pass\ndef g(**k): pass\nf(1, c=3)\nf(a=1)\ng(x=1)\nf(*y)\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\nfunc f(a, b int, c ...int) {}\n\nfunc F() { f(g()); f(1, 2) }\n\nfunc g() (int, int) { return 1, 2 }\n",
        )]),
        Example::new(&[(
            "a.py",
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    b: int\n    c: int = 1\nclass D(A):\n    pass\nd = [A(1), A(b=1, c=2), A(**e), D()]\n",
        )]),
        Example::new(&[(
            "a.py",
            "class A:\n    def f(self, *a): pass\n    def g(self): self.f(1, 2)\n    def h(self): self.i(1)\n    i = print\n",
        )]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub struct Log;\nimpl Log {\n    pub fn b(&self, c: u8) {}\n    pub fn d(&self) { self.b(1); Self::b(self, 2); Log::b(self, 3); }\n}\n",
            ),
        ]),
        Example::new(&[("src/lib.rs", "fn f(a: u8) {}\nfn g(f: impl Fn(u8, u8)) { f(1, 2); }\n")]),
    ],
    invalid: &[
        Example::new(&[("a.py", "class A:\n    def f(self, a): pass\n    def g(self): self.f(1, 2)\n")]),
        Example::new(&[(
            "a.ts",
            "export class A {\n  f(a: number) { return a; }\n  g() { return this.f(); }\n}\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\ntype A struct{}\n\nfunc (a *A) F(b, c int) {}\n\nfunc G(a *A) { a.F(1) }\n",
        )]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub struct Log;\nimpl Log {\n    pub fn new() -> Self { Log }\n    pub fn b(&self, c: u8) {}\n}\npub fn d() { let a = Log::new(); a.b(); }\n",
            ),
        ]),
        Example::new(&[("a.ts", "export function f(a: number, b: number) {}\nf(1);\n")]),
        Example::new(&[("a.py", "def f(a, b): pass\nf(1)\n")]),
        Example::new(&[("a.py", "from b import f\nf(1, colour=2)\n"), ("b.py", "def f(a, color=1): pass\n")]),
        Example::new(&[
            ("a.go", "package a\n\nfunc F() { f(1, 2) }\n"),
            ("b.go", "package a\n\nfunc f(a int) {}\n"),
        ]),
        Example::new(&[("src/lib.rs", "fn f(a: u8, b: u8) {}\nfn g() { f(1); }\n")]),
        Example::new(&[(
            "a.ts",
            "class A { constructor(readonly b: number, c = 1) {} }\nexport const d = new A();\n",
        )]),
        Example::new(&[(
            "a.py",
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    b: int\n    c: int = 1\nd = A(e=2)\n",
        )]),
        Example::new(&[("a.py", "class A:\n    def __init__(self, b): self.b = b\nd = A()\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        let flat = head.flat();
        let mut known: BTreeMap<&str, Option<Signature>> = BTreeMap::new();
        for (index, node) in flat.iter() {
            if !matches!(node.kind, "call_expression" | "call" | "new_expression")
                || !pair.wrote_in(node.start, node.end)
            {
                continue;
            }
            if let Some(message) = misfit_of_class(change, head, index) {
                found.node(head, index, message);
                continue;
            }
            if let Some(message) = method_arguments::misfit_of_method(change, head, index) {
                // JavaScript accepts this: a missing argument is undefined
                if head.language == Some(Language::JavaScript) {
                    found.maybe(head, node.start, node.end, message);
                } else {
                    found.node(head, index, message);
                }
                continue;
            }
            let Some(callee) = flat.field(index, "function").filter(|i| flat.kind(*i) == "identifier") else {
                continue;
            };
            let name = head.text_of(callee);
            // Code in a macro is not certainly a call
            if flat
                .above(index)
                .any(|i| matches!(flat.kind(i), "token_tree" | "macro_definition" | "decorator"))
            {
                continue;
            }
            let signature = known.entry(name).or_insert_with(|| signature(change, head, name));
            if let Some(signature) = signature
                && let Some(message) = misfit(head, index, name, signature)
            {
                // JavaScript accepts this: a missing argument is undefined
                if head.language == Some(Language::JavaScript) {
                    found.maybe(head, node.start, node.end, message);
                } else {
                    found.node(head, index, message);
                }
            }
        }
    }
}

/// What does not fit where an object of an own class is made.
fn misfit_of_class(change: &Change<'_>, file: &File, call: usize) -> Option<String> {
    let flat = file.flat();
    let python = file.language == Some(Language::Python);
    let callee = match (flat.kind(call), python) {
        ("new_expression", false) => flat.field(call, "constructor"),
        ("call", true) => flat.field(call, "function"),
        _ => None,
    };
    let name = callee.filter(|i| flat.kind(*i) == "identifier").map(|i| file.text_of(i))?;
    if !name.starts_with(char::is_uppercase)
        || is_rebound(file, name)
        || file.is_test() && ["raises", "toThrow", "throws"].iter().any(|word| file.text.contains(word))
        || flat.above(call).any(|i| flat.kind(i) == "decorator")
    {
        return None;
    }
    let taken = made::taken(&change.head, file, name)?;
    let arguments = flat.field(call, "arguments");
    let parts: Vec<usize> = arguments.map_or_else(Vec::new, |list| flat.parts(list).collect());
    let plain = |i: &usize| {
        !matches!(
            flat.kind(*i),
            "spread_element" | "list_splat" | "dictionary_splat" | "generator_expression" | "ERROR"
        )
    };
    if !parts.iter().all(plain) {
        return None;
    }
    let named: Vec<&str> = parts
        .iter()
        .filter(|i| flat.kind(**i) == "keyword_argument")
        .map(|i| file.field_text(*i, "name"))
        .collect();
    if let Some(unknown) = named.iter().find(|name| taken.iter().all(|one| one.name != **name)) {
        return Some(format!("`{name}` has no parameter `{unknown}`"));
    }
    let placed = parts.len() - named.len();
    if placed > taken.len() {
        return Some(format!("`{name}` takes {} arguments, and is given {placed}", taken.len()));
    }
    let missing = taken.iter().skip(placed).find(|one| !one.optional && !named.contains(&one.name.as_str()));
    missing.map(|one| format!("`{name}` is not given `{}`", one.name))
}

/// The parameters of the function that a name means here; `None` if this is uncertain.
fn signature(change: &Change<'_>, file: &File, name: &str) -> Option<Signature> {
    if is_rebound(file, name)
        || crate::names::is_known(file.language?, name)
            && file.language != Some(Language::Rust)
            && file.outline().symbols.iter().all(|s| s.name != name)
    {
        return None;
    }
    if file.language == Some(Language::Rust) && is_in_an_inner_scope(file, name) {
        return None;
    }
    let tree = &change.head;
    if let Some(found) = of_file(file, name) {
        // An inner module may import another function of that name
        let imported = file.outline().imports.iter().any(|i| i.names.iter().any(|n| n.local() == name));
        return found.filter(|_| !imported);
    }
    match file.language? {
        Language::Go => {
            let mut all = go::files(tree, folder_of(&file.path))
                .filter(|path| **path != *file.path)
                .filter(|path| tree.read(path).is_some_and(|text| text.contains(&format!("func {name}("))));
            let (first, second) = (all.next()?, all.next());
            // One definition for each system
            if second.is_some() {
                return None;
            }
            of_other(tree, first, name)
        }
        Language::Rust => of_rust(tree, file, name),
        _ => {
            let import = file
                .outline()
                .imports
                .iter()
                .find(|import| import.names.iter().any(|n| n.local() == name))?;
            let original = import.names.iter().find(|n| n.local() == name)?.name.clone();
            if original == "default" || import.conditional {
                return None;
            }
            let Target::File(path) = tree.resolve(file, import) else { return None };
            of_other(tree, &path, &original)
        }
    }
}

/// Whether an inner module or a function of Rust has a function of that name, which a call there may mean.
fn is_in_an_inner_scope(file: &File, name: &str) -> bool {
    let flat = file.flat();
    functions(file).iter().any(|function| {
        let holder = flat
            .above(function.index)
            .map(|above| flat.kind(above))
            .find(|kind| matches!(*kind, "impl_item" | "trait_item" | "mod_item" | "function_item"));
        function.name.rsplit('.').next() == Some(name) && matches!(holder, Some("mod_item" | "function_item"))
    })
}

fn of_rust(tree: &Tree<'_>, file: &File, name: &str) -> Option<Signature> {
    let import =
        file.outline().imports.iter().find(|import| import.names.iter().any(|n| n.local() == name))?;
    let original = import.names.iter().find(|n| n.local() == name)?.name.clone();
    let module = import.module.strip_prefix("crate::")?;
    let root = tree.nearest(&file.path, "Cargo.toml")?;
    let folder = folder_of(&root);
    let src = if folder.is_empty() { "src".to_string() } else { format!("{folder}/src") };
    let path = module.replace("::", "/");
    let path = [format!("{src}/{path}.rs"), format!("{src}/{path}/mod.rs")]
        .into_iter()
        .find(|path| tree.has(path))?;
    of_other(tree, &path, &original)
}

/// The parameters of the functions at the top level of a file, by name; `None` if the name is not a function, or is
/// unclear.
type Signatures = BTreeMap<String, Option<Signature>>;

/// Computed once for a file, however many files call its functions.
fn signatures(file: &File) -> Arc<Signatures> {
    file.fact(|file| Arc::new(find_signatures(file))).clone()
}

fn find_signatures(file: &File) -> Signatures {
    let mut by_name: HashMap<&str, Vec<&Function>> = HashMap::new();
    for function in functions(file) {
        by_name.entry(&function.name).or_default().push(function);
    }
    let mut found = Signatures::new();
    for symbol in file.outline().symbols.iter().filter(|symbol| symbol.container.is_none()) {
        let functions = by_name.get(symbol.name.as_str()).map_or(&[][..], Vec::as_slice);
        let signature = match (symbol.kind, symbol.arity, functions) {
            (SymbolKind::Function, Some(arity), [only]) => signature_of(file, only, arity),
            _ => None,
        };
        // A name that is defined twice is unclear
        found.entry(symbol.name.clone()).and_modify(|known| *known = None).or_insert(signature);
    }
    found
}

/// The function of that name in a file: outer `None` if it has none; inner `None` if its parameters are unclear.
#[allow(clippy::option_option)] // "not here" and "here, but unclear" are two answers
fn of_file(file: &File, name: &str) -> Option<Option<Signature>> {
    if !file.is_code() || file.is_broken() {
        return Some(None);
    }
    signatures(file).get(name).cloned()
}

/// The function of that name in another file of the project.
fn of_other(tree: &Tree<'_>, path: &str, name: &str) -> Option<Signature> {
    let theirs = tree.fact_of(path, |file| {
        if file.is_code() && !file.is_broken() { signatures(file) } else { Arc::default() }
    })?;
    theirs.get(name).cloned().flatten()
}

/// The parameters of a function; `None` if something around it may change them.
fn signature_of(file: &File, function: &Function, arity: Arity) -> Option<Signature> {
    if file.text.contains("arguments.length") || file.text.contains("arguments[") {
        return None;
    }
    let flat = file.flat();
    let holder = flat.node(function.index).parent;
    let decorated = flat.kind(holder) == "decorated_definition";
    let conditional = flat.above(function.index).any(|i| {
        matches!(
            flat.kind(i),
            "if_statement"
                | "try_statement"
                | "function_definition"
                | "function_item"
                | "function_declaration"
                | "mod_item"
        )
    });
    let attributed = file.language == Some(Language::Rust) && {
        let row = file.row(flat.node(function.index).start);
        row > 0
            && file.line(row - 1).trim_start().starts_with("#[")
            && !["#[must_use", "#[inline", "#[allow", "#[doc", "#[cold", "#[deprecated"]
                .iter()
                .any(|known| file.line(row - 1).trim_start().starts_with(known))
    };
    let text = file.slice(flat.node(function.index).start, flat.node(function.body).start);
    if decorated || conditional || attributed || text.contains("(this:") || text.contains("this:") {
        return None;
    }
    let (named, any_keyword) = if file.language == Some(Language::Python) {
        let list = flat.field(function.index, "parameters")?;
        let (named, any) = parameters(file, list);
        (Some(named), any)
    } else {
        (None, false)
    };
    Some(Signature { arity, named, any_keyword })
}

/// Whether something else in the file also binds the name: a parameter, a variable, a second import.
fn is_rebound(file: &File, name: &str) -> bool {
    let mut imported = 0;
    for import in &file.outline().imports {
        imported += import.names.iter().filter(|n| n.local() == name).count()
            + usize::from(import.alias.as_deref() == Some(name));
    }
    imported > 1
        || file.text.contains("macro_rules!") && file.text.contains(&format!("macro_rules! {name}"))
        || file.fact(|file| Rebound(bound_by_code(file))).0.contains(name)
}

/// Names that parameters, variables and loops of a file bind.
#[derive(Debug)]
struct Rebound(HashSet<String>);

fn bound_by_code(file: &File) -> HashSet<String> {
    let flat = file.flat();
    let binds = |node: &FlatNode| {
        let parent = flat.kind(node.parent);
        match parent {
            "variable_declarator" => {
                node.field == "name" && {
                    let value = flat.field(node.parent, "value").map_or("", |v| flat.kind(v));
                    !matches!(value, "arrow_function" | "function_expression")
                }
            }
            "let_declaration" | "parameter" | "for_expression" | "match_arm" | "let_condition" => {
                node.field == "pattern"
            }
            "parameter_declaration" | "var_spec" | "const_spec" => node.field == "name",
            "assignment"
            | "augmented_assignment"
            | "for_statement"
            | "for_in_clause"
            | "assignment_expression" => node.field == "left",
            "parameters"
            | "formal_parameters"
            | "closure_parameters"
            | "default_parameter"
            | "typed_parameter"
            | "lambda_parameters"
            | "array_pattern"
            | "tuple_pattern"
            | "tuple_struct_pattern"
            | "required_parameter"
            | "optional_parameter"
            | "arrow_function"
            | "typed_default_parameter"
            | "captured_pattern"
            | "as_pattern_target" => node.field != "body" && node.field != "value" && node.field != "type",
            "expression_list" => {
                matches!(flat.kind(flat.node(node.parent).parent), "short_var_declaration" | "range_clause")
                    && flat.node(node.parent).field == "left"
            }
            _ => node.kind == "shorthand_property_identifier_pattern",
        }
    };
    flat.iter()
        .filter(|(_, node)| matches!(node.kind, "identifier" | "shorthand_property_identifier_pattern"))
        .filter(|(_, node)| binds(node))
        .map(|(index, _)| file.text_of(index).to_string())
        .collect()
}
