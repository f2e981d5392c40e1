//! `always-equal`: a comparison of a type that calls any two values equal.
//!
//! Looks at methods that a language or its test libraries call to compare. Must not judge stand-ins for any value.

use syntax::Language;

use super::is_new;
use crate::code::constant::returned;
use crate::code::file::File;
use crate::code::functions::{Function, functions, statements};
use crate::code::said::words_of;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "always-equal",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A comparison that calls any two values of a type equal.",
    note: "Every assertion about such a value passes, whatever it holds. Compare what the values hold.",
    valid: &[
        // A stand-in for any value, in a test
        Example::new(&[(
            "tests/test_a.py",
            "class Anything:\n    def __eq__(self, other):\n        return True\n\ndef test_a():\n    assert f() == Anything()\n",
        )]),
        Example::new(&[(
            "app/point.py",
            "class Point:\n    def __init__(self, x):\n        self.x = x\n\n    def __eq__(self, other):\n        return isinstance(other, Point) and self.x == other.x\n",
        )]),
        // A type without values is equal to itself
        Example::new(&[(
            "src/unit.rs",
            "struct Unit;\n\nimpl PartialEq for Unit {\n    fn eq(&self, _: &Unit) -> bool {\n        true\n    }\n}\n",
        )]),
        Example::new(&[(
            "src/a.ts",
            "class A {\n  x = 1;\n  equals(other: A) {\n    return other.x === this.x;\n  }\n}\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\ntype T struct{ x int }\n\nfunc (t T) Equal(o T) bool { return t.x == o.x }\n",
        )]),
    ],
    invalid: &[
        Example::new(&[(
            "app/total.py",
            "class Total(int):\n    def __eq__(self, other):\n        return True\n\n    def __hash__(self):\n        return 0\n",
        )]),
        Example::new(&[(
            "app/point.py",
            "class Point:\n    def __init__(self, x):\n        self.x = x\n\n    def __ne__(self, other):\n        return False\n",
        )]),
        Example::new(&[(
            "src/a.ts",
            "class A {\n  x = 1;\n  equals(other: A) {\n    return true;\n  }\n}\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\ntype T struct{ x int }\n\nfunc (t T) Equal(o T) bool { return true }\n",
        )]),
        Example::change(
            &[("src/a.rs", "#[derive(PartialEq)]\npub struct A {\n    x: u32,\n}\n")],
            &[(
                "src/a.rs",
                "pub struct A {\n    x: u32,\n}\n\nimpl PartialEq for A {\n    fn eq(&self, _other: &A) -> bool {\n        true\n    }\n}\n",
            )],
        ),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some(head) = pair.head.as_deref().filter(|head| head.is_code() && !head.is_broken()) else { return };
    for function in functions(head).iter().filter(|function| is_new(pair, head, function.index)) {
        let Some(equal) = means_equal(head, function) else { continue };
        if !always(head, function, equal) {
            continue;
        }
        let node = head.flat().node(function.index);
        let message = format!("`{}` calls any two values equal", short(&function.name));
        match weight(pair, head, function, equal) {
            Weight::Nothing => {}
            Weight::Suspicion => found.maybe(head, node.start, node.end, message),
            Weight::Proof => found.at(head, node.start, node.end, message),
        }
    }
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The values that a comparison of this name gives for equal values; `None` if it is no such comparison.
fn means_equal(file: &File, function: &Function) -> Option<&'static [&'static str]> {
    const TRUE: &[&str] = &["true", "True", "1", "!0", "!!1", "not False", "!false", "1 == 1"];
    const FALSE: &[&str] = &["false", "False", "0", "not True", "!true"];
    let name = short(&function.name);
    match file.language? {
        Language::Python => match name {
            "__eq__" => Some(TRUE),
            "__ne__" => Some(FALSE),
            _ => None,
        },
        Language::Go => matches!(name, "Equal" | "Equals").then_some(TRUE),
        Language::Rust => {
            let of = file.flat().above(function.index).find(|i| file.flat().kind(*i) == "impl_item")?;
            let compares = file.field_text(of, "trait").rsplit("::").next()?.starts_with("PartialEq");
            match name {
                "eq" if compares => Some(TRUE),
                "ne" if compares => Some(FALSE),
                _ => None,
            }
        }
        _ => {
            let method = file.flat().kind(function.index) == "method_definition";
            (method && matches!(name, "equals" | "isEqual" | "isEqualTo" | "eq")).then_some(TRUE)
        }
    }
}

/// Whether every way out of the function gives one of these values.
fn always(file: &File, function: &Function, equal: &[&str]) -> bool {
    let flat = file.flat();
    let body = statements(file, function.body);
    let Some(last) = body.last() else { return false };
    let gives = |value: usize| {
        let only = if flat.kind(value) == "expression_list" {
            flat.parts(value).next().unwrap_or(value)
        } else {
            value
        };
        equal.contains(&file.text_of(only).trim_matches(['(', ')']))
    };
    let ends = returned(file, function.body, *last).is_some_and(gives);
    let raises = || {
        flat.below(function.body).any(|i| {
            matches!(
                flat.kind(i),
                "raise_statement" | "throw_statement" | "assert_statement" | "macro_invocation"
            )
        })
    };
    ends && flat
        .below(function.body)
        .filter(|i| matches!(flat.kind(*i), "return_statement" | "return_expression"))
        .all(|i| flat.parts(i).next().is_some_and(gives))
        && !raises()
}

enum Weight {
    Nothing,
    Suspicion,
    Proof,
}

fn weight(pair: &Pair, file: &File, function: &Function, equal: &[&str]) -> Weight {
    let holder = holder_of(file, function);
    let name = holder.as_ref().map_or("", |(name, _)| name.as_str());
    if let Some(base) = pair.old_code() {
        let before = functions(base).iter().find(|old| old.name == function.name);
        let compared =
            before.is_some_and(|old| means_equal(base, old).is_some() && !always(base, old, equal));
        let derived = file.language == Some(Language::Rust)
            && before.is_none()
            && base.flat().iter().any(|(index, node)| {
                matches!(node.kind, "struct_item" | "enum_item")
                    && base.field_text(index, "name") == name
                    && base.attributes(index).iter().any(|a| a.contains("PartialEq"))
            });
        if compared || derived {
            return Weight::Proof;
        }
    }
    let any = words_of(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "any" | "anything" | "everything" | "wildcard" | "matcher" | "ignore" | "ignored" | "always"
        )
    });
    if any || file.is_test() {
        return Weight::Nothing;
    }
    match (file.language, holder) {
        (_, None) => Weight::Suspicion,
        // Types of Rust that only mark a place are equal on purpose, with fields too
        (Some(Language::Rust), Some((_, holds))) => {
            if holds {
                Weight::Suspicion
            } else {
                Weight::Nothing
            }
        }
        (_, Some((_, true))) => Weight::Proof,
        (_, Some((_, false))) => Weight::Suspicion,
    }
}

/// The type of a comparison, by name, and whether its values hold anything; `None` if the file does not show it.
fn holder_of(file: &File, function: &Function) -> Option<(String, bool)> {
    let flat = file.flat();
    let of_type = |name: &str| {
        let base = name.split(['<', '[']).next().unwrap_or(name).trim_start_matches('*').trim();
        let index = flat.iter().find_map(|(index, node)| {
            (matches!(node.kind, "struct_item" | "enum_item" | "type_spec")
                && file.field_text(index, "name") == base)
                .then_some(index)
        })?;
        let holds = flat.below(index).any(|i| {
            matches!(
                flat.kind(i),
                "field_declaration"
                    | "ordered_field_declaration_list"
                    | "enum_variant"
                    | "map_type"
                    | "slice_type"
            )
        });
        Some((base.to_string(), holds))
    };
    match file.language? {
        Language::Go => {
            let receiver = file.field_text(function.index, "receiver").trim_matches(['(', ')']);
            of_type(receiver.rsplit(' ').next()?)
        }
        Language::Rust => {
            let of = flat.above(function.index).find(|i| flat.kind(*i) == "impl_item")?;
            of_type(file.field_text(of, "type"))
        }
        Language::Python => {
            let class = flat.above(function.index).find(|i| flat.kind(*i) == "class_definition")?;
            let text = file.text_of(class);
            let bases = file.field_text(class, "superclasses");
            let of_value = bases.split([',', '(', ')']).any(|base| {
                matches!(
                    base.trim(),
                    "int" | "str" | "float" | "list" | "dict" | "tuple" | "set" | "bytes" | "Decimal"
                )
            });
            let body = flat.field(class, "body")?;
            let fields = flat.parts(body).any(|i| {
                flat.kind(i) == "expression_statement"
                    && flat.parts(i).any(|j| flat.kind(j) == "assignment" && flat.field(j, "type").is_some())
            });
            let holds = of_value || fields || text.contains("self.");
            Some((file.field_text(class, "name").to_string(), holds))
        }
        _ => {
            let class = flat
                .above(function.index)
                .find(|i| flat.kind(*i).contains("class") && flat.kind(*i) != "class_body")?;
            let holds = flat
                .below(class)
                .any(|i| matches!(flat.kind(i), "public_field_definition" | "field_definition"))
                || file.text_of(class).contains("this.");
            Some((file.field_text(class, "name").to_string(), holds))
        }
    }
}
