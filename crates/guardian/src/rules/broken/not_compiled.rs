//! Code that a compiler rejects because another part is missing or unused: unused variables of Go, names defined twice
//! in a Go package, struct values of Rust and Go with missing or unknown fields, and a `match` without a variant.

use std::collections::{BTreeMap, BTreeSet};

use syntax::Language;

use super::{refused, unhandled_variant};

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::{folder_of, go, is_specimen};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "not-compiled",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "Code that Go or Rust does not compile: a variable that nothing uses, a name defined twice, a field that is missing or unknown, a variant that a `match` leaves out.",
    note: "Nothing can be built until it is right. Use or delete the variable, give the second definition another name, and set each field of the struct.",
    valid: &[
        Example::new(&[(
            "a.go",
            "package a\n\nfunc F() func() int {\n\tx, _ := g()\n\treturn func() int { return x }\n}\n",
        )]),
        Example::new(&[
            ("a_linux.go", "package a\n\nfunc f() {}\n"),
            ("a_darwin.go", "package a\n\nfunc f() {}\n"),
        ]),
        Example::new(&[(
            "src/lib.rs",
            "pub async fn f(a: A) -> R {\n    let n;\n    if a.b { n = 1 } else { n = a.get().await? }\n    let g = || Some(a.h()?);\n    Ok(n)\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "#[derive(Default)]\npub struct A { b: u8, c: u8 }\npub fn f() -> A { A { b: 1, ..Default::default() } }\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.go", "package a\n\nfunc F() int {\n\tx := 1\n\treturn 2\n}\n")]),
        Example::change(
            &[("a.go", "package a\n\nfunc f() {}\n")],
            &[("a.go", "package a\n\nfunc f() {}\n"), ("b.go", "package a\n\nfunc f() int { return 1 }\n")],
        ),
        Example::new(&[("src/lib.rs", "pub struct A { b: u8, c: u8 }\npub fn f() -> A { A { b: 1 } }\n")]),
        Example::new(&[("src/lib.rs", "pub struct A { b: u8 }\npub fn f() -> A { A { b: 1, d: 2 } }\n")]),
        Example::new(&[("a.go", "package a\n\ntype A struct {\n\tB int\n}\n\nvar X = A{B: 1, C: 2}\n")]),
        Example::new(&[(
            "a.go",
            "package a\n\nfunc f() (int, error) { return 1, nil }\n\nfunc G() int {\n\tx := f()\n\treturn x\n}\n",
        )]),
        Example::new(&[("a.go", "package a\n\nfunc F(err error) (int, error) {\n\treturn err\n}\n")]),
        Example::new(&[("a.go", "package a\n\nvar M = map[string]int{\"a\": 1, \"a\": 2}\n")]),
        Example::new(&[("src/lib.rs", "pub fn f() -> u8 {\n    let n = 1;\n    n += 1;\n    n\n}\n")]),
        Example::new(&[("src/lib.rs", "pub fn f(a: R) {\n    a.get()?;\n}\n")]),
        Example::new(&[("src/lib.rs", "pub fn f(a: A) -> u8 {\n    a.get().await\n}\n")]),
        Example::change(
            &[
                ("Cargo.toml", "[package]\nname = \"a\"\n"),
                ("src/lib.rs", "pub enum A { B }\npub fn f(a: A) -> u8 { match a { A::B => 1 } }\n"),
            ],
            &[
                ("Cargo.toml", "[package]\nname = \"a\"\n"),
                ("src/lib.rs", "pub enum A { B, C }\npub fn f(a: A) -> u8 { match a { A::B => 1 } }\n"),
            ],
        ),
        Example::new(&[("src/lib.rs", "pub fn f(a: u8) -> u8 {\n    a + 1;\n}\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        match head.language {
            Some(Language::Go) => {
                unused(pair, head, found);
                refused::go::check(pair, head, found);
                if !change.whole {
                    twice(change, pair, head, found);
                }
            }
            Some(Language::Rust) => refused::rust::check(pair, head, found),
            _ => continue,
        }
    }
    fields(change, found);
    unhandled_variant::check(change, found);
}

/// Variables of Go that are declared and assigned, but never read.
fn unused(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        let names: Vec<usize> = match node.kind {
            "short_var_declaration" => {
                flat.field(index, "left").map_or_else(Vec::new, |left| flat.parts(left).collect())
            }
            "range_clause" if file.text_of(index).contains(":=") => {
                flat.field(index, "left").map_or_else(Vec::new, |left| flat.parts(left).collect())
            }
            "var_spec" if flat.above(index).any(|i| flat.kind(i) == "block") => {
                flat.children(index).filter(|i| flat.node(*i).field == "name").collect()
            }
            _ => continue,
        };
        if !pair.wrote_in(node.start, node.end) {
            continue;
        }
        let Some(function) = flat
            .above(index)
            .filter(|i| {
                matches!(flat.kind(*i), "function_declaration" | "method_declaration" | "func_literal")
            })
            .last()
        else {
            continue;
        };
        for name in names {
            let text = file.text_of(name);
            if flat.kind(name) != "identifier" || text == "_" {
                continue;
            }
            let used = flat.below(function).any(|i| {
                let other = flat.node(i);
                if i == name || other.kind != "identifier" || file.text_of(i) != text {
                    return false;
                }
                let list = flat.node(other.parent);
                let holder = flat.kind(list.parent);
                let assigned = flat.kind(other.parent) == "expression_list"
                    && list.field == "left"
                    && matches!(holder, "short_var_declaration" | "assignment_statement");
                // `x += 1` does not read x either, but is accepted here
                !(assigned
                    && (holder == "short_var_declaration" || file.field_text(list.parent, "operator") == "="))
            });
            if !used {
                found.node(file, name, format!("`{text}` is declared and not used"));
            }
        }
    }
}

/// Whether a build includes a file only for some systems.
fn is_conditional(file: &File) -> bool {
    let stem =
        file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".go").trim_end_matches("_test");
    let last = stem.rsplit('_').next().unwrap_or_default();
    let platform = stem.contains('_') && shared::GO_PLATFORMS.contains(&last);
    platform
        || file
            .text
            .lines()
            .take(60)
            .any(|line| line.starts_with("//go:build") || line.starts_with("// +build"))
}

fn package_of(file: &File) -> Option<&str> {
    file.text
        .lines()
        .find_map(|line| line.strip_prefix("package "))
        .map(|name| name.split_whitespace().next().unwrap_or(name))
}

/// A name that two files of a package define.
fn twice(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    if is_conditional(file) {
        return;
    }
    let old: BTreeSet<&str> = pair.old_code().map_or_else(BTreeSet::new, |base| {
        base.outline().symbols.iter().filter(|s| s.container.is_none()).map(|s| s.name.as_str()).collect()
    });
    let new: Vec<_> = file
        .outline()
        .symbols
        .iter()
        .filter(|s| {
            s.container.is_none()
                && !old.contains(s.name.as_str())
                && !matches!(s.name.as_str(), "_" | "init" | "main")
        })
        .collect();
    if new.is_empty() {
        return;
    }
    const MAX_FILES: usize = 200;
    for path in
        go::files(&change.head, folder_of(&file.path)).filter(|path| **path != *file.path).take(MAX_FILES)
    {
        // A cheap check first
        let named =
            change.head.read(path).is_some_and(|text| new.iter().any(|symbol| text.contains(&symbol.name)));
        let Some(other) = change.head.file(path).filter(|_| named) else { continue };
        let in_test = path.ends_with("_test.go");
        if !other.is_code()
            || other.is_broken()
            || is_conditional(&other)
            || package_of(&other) != package_of(file)
            || in_test && !file.path.ends_with("_test.go") && package_of(&other) != package_of(file)
        {
            continue;
        }
        for symbol in &new {
            // A method is not a name of the package
            let defines =
                other.outline().symbols.iter().any(|s| s.container.is_none() && s.name == symbol.name);
            // If both files are new, the later one is reported
            let both_new = change.pairs.iter().any(|pair| &*pair.path == path && pair.base.is_none());
            if defines && (!both_new || *path < *file.path) {
                let start = file.start_of_line(symbol.line);
                found.at(
                    file,
                    start,
                    start + file.line(symbol.line as usize - 1).len(),
                    format!("`{}` is defined in `{path}` too, in the same package", symbol.name),
                );
            }
        }
    }
}

/// The fields of structs, by name; `None` if several structs have that name, or if only some builds have a field.
fn structs(file: &File) -> BTreeMap<String, Option<BTreeSet<String>>> {
    let flat = file.flat();
    let mut found: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for (index, node) in flat.iter() {
        let (name, list) = match node.kind {
            "struct_item" => (file.field_text(index, "name"), flat.field(index, "body")),
            "type_spec" => {
                let Some(of) = flat.field(index, "type").filter(|i| flat.kind(*i) == "struct_type") else {
                    continue;
                };
                (
                    file.field_text(index, "name"),
                    flat.children(of).find(|i| flat.kind(*i) == "field_declaration_list"),
                )
            }
            "union_item" | "enum_item" | "type_item" | "type_alias" => {
                found.insert(file.field_text(index, "name").to_string(), None);
                continue;
            }
            _ => continue,
        };
        let fields =
            list.filter(|list| matches!(flat.kind(*list), "field_declaration_list")).and_then(|list| {
                let conditional = flat
                    .below(list)
                    .any(|i| flat.kind(i) == "attribute_item" && file.text_of(i).contains("cfg"));
                let mut names = BTreeSet::new();
                for field in flat.parts(list).filter(|i| flat.kind(*i) == "field_declaration") {
                    let own: Vec<String> = flat
                        .children(field)
                        .filter(|i| flat.node(*i).field == "name")
                        .map(|i| file.text_of(i).to_string())
                        .collect();
                    if own.is_empty() {
                        // The field name of an embedded type is its last word
                        let text = file.field_text(field, "type").trim_start_matches('*');
                        names.insert(
                            text.split(['[', '{'])
                                .next()
                                .unwrap_or(text)
                                .rsplit('.')
                                .next()
                                .unwrap_or(text)
                                .to_string(),
                        );
                    }
                    names.extend(own);
                }
                (!conditional).then_some(names)
            });
        // A struct that an attribute macro changes, or that a macro creates
        let attributed = file.language == Some(Language::Rust) && {
            let row = file.row(node.start);
            (row.saturating_sub(8)..row)
                .rev()
                .map(|row| file.line(row).trim())
                .take_while(|line| line.starts_with("#[") || line.starts_with("///") || line.starts_with(')'))
                .any(|line| {
                    line.starts_with("#[")
                        && ![
                            "#[derive",
                            "#[allow",
                            "#[must_use",
                            "#[non_exhaustive",
                            "#[serde",
                            "#[doc",
                            "#[repr",
                            "#[expect",
                            "#[clap",
                            "#[command",
                            "#[cfg_attr",
                        ]
                        .iter()
                        .any(|known| line.starts_with(known))
                })
        };
        let seen = found.contains_key(name);
        found.insert(name.to_string(), fields.filter(|_| !attributed && !seen));
    }
    found
}

/// Struct values whose definition is in the same file, or in a changed file from which the value's file imports it.
fn fields(change: &Change<'_>, found: &mut Found) {
    let mut changed: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for (pair, head) in change.heads().filter(|(_, head)| {
        matches!(head.language, Some(Language::Rust | Language::Go)) && !is_specimen(&head.path)
    }) {
        let own = structs(head);
        // Since Go 1.27 a literal may name fields of embedded structs
        if head.language == Some(Language::Rust) || !go::is_newer(&change.head, &head.path) {
            values(pair, head, &own, found);
        }
        if change.whole || head.language != Some(Language::Rust) {
            continue;
        }
        let before = pair.old_code().map(structs).unwrap_or_default();
        for (name, fields) in own {
            let new = before.get(&name).is_some_and(|old| *old != fields);
            if new {
                changed.entry(name).and_modify(|known| *known = None).or_insert(fields);
            }
        }
    }
    if changed.is_empty() {
        return;
    }
    // Unchanged files that create values of a struct whose fields changed
    let words: BTreeSet<String> = changed.keys().cloned().collect();
    let others = change.others_with(&words);
    let all = others
        .iter()
        .map(|file| (None, &**file))
        .chain(change.heads().map(|(pair, head)| (Some(pair), head)));
    for (pair, file) in
        all.filter(|(_, file)| file.language == Some(Language::Rust) && !is_specimen(&file.path))
    {
        let own = structs(file);
        let imported: BTreeMap<String, Option<BTreeSet<String>>> = changed
            .iter()
            .filter(|(name, _)| !own.contains_key(*name))
            .filter(|(name, _)| {
                file.outline().imports.iter().any(|i| {
                    (i.module.starts_with("crate")
                        || i.module.starts_with("super")
                        || i.module.starts_with("self"))
                        && i.names.iter().any(|n| n.name == **name && n.alias.is_none())
                })
            })
            .map(|(name, fields)| (name.clone(), fields.clone()))
            .collect();
        if imported.is_empty() {
            continue;
        }
        match pair {
            Some(pair) => values(pair, file, &imported, found),
            None => {
                values(&Pair::new(&file.path, None, change.head.file(&file.path)), file, &imported, found)
            }
        }
    }
}

fn values(pair: &Pair, file: &File, known: &BTreeMap<String, Option<BTreeSet<String>>>, found: &mut Found) {
    let flat = file.flat();
    let before = pair.old_code().map(structs).unwrap_or_default();
    for (index, node) in flat.iter() {
        let (name, body) = match node.kind {
            "struct_expression" => (file.field_text(index, "name"), flat.field(index, "body")),
            "composite_literal" => (file.field_text(index, "type"), flat.field(index, "body")),
            _ => continue,
        };
        let name = name.split(['<', '[']).next().unwrap_or(name).trim();
        let (Some(Some(fields)), Some(body)) = (known.get(name), body) else { continue };
        // Code in a macro is expanded elsewhere
        if flat.above(index).any(|i| matches!(flat.kind(i), "macro_definition" | "token_tree"))
            || file.language == Some(Language::Go)
                && flat.above(index).any(|i| {
                    flat.kind(i) == "function_declaration"
                        && flat
                            .below(i)
                            .any(|j| flat.kind(j) == "type_spec" && file.field_text(j, "name") == name)
                })
                && known.len() > 1
        {
            continue;
        }
        // The change did not touch the value or the struct, so it did not cause the fault
        let touched = pair.wrote_in(node.start, node.end)
            || before.get(name).is_some_and(|old| old.as_ref() != Some(fields))
            || pair.base.is_none();
        if !touched {
            continue;
        }
        let mut given: BTreeSet<&str> = BTreeSet::new();
        let mut rest = false;
        for part in flat.parts(body) {
            match flat.kind(part) {
                "field_initializer" => {
                    given.insert(
                        flat.field(part, "field")
                            .map_or_else(|| file.field_text(part, "name"), |i| file.text_of(i)),
                    );
                }
                "shorthand_field_initializer" => {
                    given.insert(file.text_of(part));
                }
                "base_field_initializer" => rest = true,
                "keyed_element" => {
                    let key = flat.parts(part).next().map_or("", |i| file.text_of(i));
                    given.insert(key);
                }
                "attribute_item" => rest = true,
                // Values by position
                "literal_element" => return,
                _ => {}
            }
            if flat.below(part).any(|i| flat.kind(i) == "attribute_item") {
                rest = true;
            }
        }
        let rust = file.language == Some(Language::Rust);
        // Tuple structs number their fields
        if given.iter().any(|name| name.parse::<usize>().is_ok()) {
            continue;
        }
        if let Some(unknown) = given.iter().find(|name| {
            !name.is_empty() && !fields.contains(name.trim_start_matches("r#")) && !fields.contains(**name)
        }) {
            if name.chars().next().is_some_and(char::is_uppercase) || rust {
                found.node(file, index, format!("`{name}` has no field `{unknown}`"));
            }
        } else if rust && !rest {
            let missing: Vec<&str> =
                fields.iter().filter(|name| !given.contains(name.as_str())).map(String::as_str).collect();
            if let Some(first) = missing.first() {
                found.node(file, index, format!("the field `{first}` of `{name}` is not set"));
            }
        }
    }
}
