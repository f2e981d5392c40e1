//! `duplicate-definition`: one scope that defines a name twice.
//!
//! Works on one file. It ignores overloads, decorated functions, branches, and items under an attribute, because they
//! may be intended. `not_compiled` compares the files of a Go package.

use std::collections::HashMap;

use syntax::Language;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "duplicate-definition",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "Two definitions of one name in the same place, of which one wins or neither compiles.",
    note: "Often the old version was left beside the new one. Keep the right one and delete the other.",
    valid: &[
        Example::new(&[(
            "a.ts",
            "function f(x: string): void;\nfunction f(x: number): void;\nfunction f(x: unknown) {}\nclass A { get a() { return 1; } set a(v) {} static b() {} b() {} }\n",
        )]),
        Example::new(&[(
            "a.py",
            "class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): pass\nif y:\n    def f(): pass\nelse:\n    def f(): pass\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "#[cfg(unix)]\nfn f() {}\n#[cfg(not(unix))]\nfn f() {}\nstruct A;\nfn A() {}\nimpl B<u8> { fn f() {} }\nimpl B<u16> { fn f() {} }\n#[cfg(unix)]\nimpl A { fn f() {} }\nimpl A { fn f() {} }\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\nfunc init() {}\nfunc init() {}\nfunc (a A) F() {}\nfunc (b B) F() {}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.js", "function f() { return 1; }\nfunction f() { return 2; }\n")]),
        Example::new(&[("a.ts", "class A { m() { return 1; } m() { return 2; } }\n")]),
        Example::new(&[("a.js", "const a = 1;\nconst a = 2;\n")]),
        Example::new(&[("a.py", "def f():\n    return 1\n\ndef f():\n    return 2\n")]),
        Example::new(&[("src/lib.rs", "fn f() {}\nfn f() {}\n")]),
        Example::new(&[("src/lib.rs", "struct A;\nimpl A { fn f() {} }\nimpl A { fn f() {} }\n")]),
        Example::new(&[("a.go", "package a\n\nfunc F() {}\nfunc F() {}\n")]),
    ],
    check: Check::File(check),
};

fn check(file: &File, found: &mut Found) {
    // By scope, and by what makes two definitions equal in it
    let mut seen: HashMap<(usize, String), usize> = HashMap::new();
    for (index, node) in file.flat().iter() {
        if !node.named {
            continue;
        }
        let Some((name, place)) = definition(file, index) else { continue };
        if let Some(first) = seen.insert((place, name.clone()), index) {
            let line = file.position(file.flat().node(first).start).0;
            let shown = name.rsplit(' ').next().unwrap_or(&name);
            found.at(
                file,
                node.start,
                node.end.min(node.start + 200),
                format!("`{shown}` is defined already, at line {line}"),
            );
        }
    }
}

/// The type of a plain `impl` and the scope around it: all `impl` blocks of one type share their names.
fn impl_home(file: &File, list: usize) -> Option<(String, usize)> {
    let flat = file.flat();
    let holder = flat.node(list).parent;
    let plain = flat.kind(holder) == "impl_item"
        && flat.field(holder, "trait").is_none()
        && flat.field(holder, "type_parameters").is_none()
        && !flat.children(holder).any(|i| flat.kind(i) == "where_clause");
    let of = file.field_text(holder, "type");
    let outer = flat.node(holder).parent;
    // A type with arguments may differ each time, and an attribute may disable the block
    let mut attributed = false;
    for sibling in flat.children(outer).take_while(|sibling| *sibling < holder) {
        attributed = match flat.kind(sibling) {
            "attribute_item" => true,
            _ if flat.node(sibling).extra => attributed,
            _ => false,
        };
    }
    let named = !of.is_empty() && of.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain && named && !attributed).then(|| (format!("{of} "), outer))
}

/// The name that a node defines, with what distinguishes it from others of that name, and its scope.
fn definition(file: &File, index: usize) -> Option<(String, usize)> {
    let node = file.flat().node(index);
    let parent = node.parent;
    let name = || {
        let name = file.field_text(index, "name");
        (!name.is_empty() && name != "_").then(|| name.to_string())
    };
    match (file.language?, node.kind) {
        (Language::TypeScript | Language::Tsx | Language::JavaScript, kind) => {
            let place = if file.flat().kind(parent) == "export_statement" {
                file.flat().node(parent).parent
            } else {
                parent
            };
            match kind {
                "function_declaration" | "class_declaration" | "generator_function_declaration" => {
                    // In non-strict scripts functions may be declared again, as in tests of parsers
                    file.flat().field(index, "body")?;
                    Some((format!("value {}", name()?), place))
                }
                "method_definition" => {
                    let before =
                        file.slice(node.start, file.flat().node(file.flat().field(index, "name")?).start);
                    let mut marks: Vec<&str> = before
                        .split_whitespace()
                        .filter(|w| matches!(*w, "get" | "set" | "static"))
                        .collect();
                    marks.sort_unstable();
                    (file.flat().kind(parent) == "class_body")
                        .then(|| Some((format!("{} {}", marks.join("+"), name()?), parent)))?
                }
                "variable_declarator" if file.flat().kind(parent) == "lexical_declaration" => {
                    let outer = file.flat().node(parent).parent;
                    let place = if file.flat().kind(outer) == "export_statement" {
                        file.flat().node(outer).parent
                    } else {
                        outer
                    };
                    let plain =
                        file.flat().field(index, "name").is_some_and(|n| file.flat().kind(n) == "identifier");
                    (plain && !matches!(file.flat().kind(place), "switch_case" | "switch_default"))
                        .then(|| Some((format!("value {}", name()?), place)))?
                }
                _ => None,
            }
        }
        (Language::Python, "function_definition" | "class_definition") => {
            let decorated = file.flat().kind(parent) == "decorated_definition";
            let outer = if decorated { file.flat().node(parent).parent } else { parent };
            let holder = file.flat().node(outer).parent;
            // A definition in a branch or a `try` may be repeated
            let certain = file.flat().kind(outer) == "module"
                || matches!(file.flat().kind(holder), "class_definition" | "function_definition");
            (certain && !decorated && !file.path.ends_with(".pyi")).then(|| Some((name()?, outer)))?
        }
        (Language::Rust, kind) => {
            let space = match kind {
                "function_item" | "const_item" | "static_item" => "value",
                "struct_item" | "enum_item" | "trait_item" | "type_item" | "mod_item" | "union_item" => {
                    "type"
                }
                _ => return None,
            };
            let conditional = file.flat().children(parent).take_while(|i| *i < index).fold(
                false,
                |cfg, sibling| match file.flat().kind(sibling) {
                    "attribute_item" => cfg || !file.text_of(sibling).starts_with("#[derive"),
                    _ if file.flat().node(sibling).extra => cfg,
                    _ => false,
                },
            );
            // In a file of statements `let` may shadow; macros and compiler tests do so
            let place = matches!(file.flat().kind(parent), "source_file" | "declaration_list");
            let home = if place { impl_home(file, parent) } else { None };
            let (prefix, home) = home.unwrap_or((String::new(), parent));
            (!conditional && place).then(|| Some((format!("{prefix}{space} {}", name()?), home)))?
        }
        (Language::Go, "function_declaration") => {
            let name = name()?;
            (!matches!(name.as_str(), "init" | "main")).then_some((name, parent))
        }
        (Language::Go, "method_declaration") => {
            let receiver = file.field_text(index, "receiver").trim_matches(['(', ')']).to_string();
            // `o *option[K, C]`: the type without its parameters
            let named = receiver.split('[').next().unwrap_or_default();
            let kind =
                named.split_whitespace().last().unwrap_or_default().trim_start_matches('*').to_string();
            Some((format!("{kind} {}", name()?), parent))
        }
        (Language::Go, "type_spec") => Some((name()?, file.flat().node(parent).parent)),
        _ => None,
    }
}
