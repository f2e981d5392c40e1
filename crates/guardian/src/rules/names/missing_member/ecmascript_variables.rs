//! Members of JavaScript or TypeScript variables with a stated class: `const a = new A()`, `a: A`.
//!
//! Works with the members of a class ([`super::ecmascript`]). Must report nothing if the variable may hold something
//! else: it is bound again, narrowed, or its class is extended elsewhere.

use std::collections::BTreeSet;

use syntax::Language;

use super::classes::class_of;
use super::ecmascript::{OBJECT, is_class, members};
use crate::code::file::File;
use crate::names::binds_in_ecmascript;
use crate::project::Memo;
use crate::rules::{Change, Found, Pair};

/// A variable whose class is stated.
struct Variable<'f> {
    name: &'f str,
    class: &'f str,
    /// The node in which it is known
    scope: usize,
    /// It holds exactly this class, not a subclass
    exact: bool,
}

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let script = file.language == Some(Language::JavaScript);
    for variable in variables(file) {
        let asked = asked(pair, file, &variable);
        if asked.is_empty() || is_rebound(file, &variable) || may_be_more(file, &variable, script) {
            continue;
        }
        let Some((other, class)) = class_of(&change.head, file, variable.class, is_class) else { continue };
        let holder = other.as_deref().unwrap_or(file);
        let Some(known) = members(&change.head, holder, class, 0) else { continue };
        for property in asked {
            let name = file.text_of(property);
            if !known.contains(name) && !OBJECT.contains(&name) && !is_widened(change, variable.class) {
                let message = format!("`{}` has no `{name}`: it is a `{}`", variable.name, variable.class);
                found.node(file, property, message);
            }
        }
    }
}

fn variables(file: &File) -> Vec<Variable<'_>> {
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, node) in flat.iter() {
        let variable = match node.kind {
            "variable_declarator" if flat.field(index, "type").is_none() => {
                let value = flat.field(index, "value").filter(|v| flat.kind(*v) == "new_expression");
                let class = value.and_then(|value| flat.field(value, "constructor"));
                let holder = flat.node(node.parent).parent;
                let scope =
                    if flat.kind(holder) == "export_statement" { flat.node(holder).parent } else { holder };
                let lexical = flat.kind(node.parent) == "lexical_declaration"
                    && matches!(flat.kind(scope), "program" | "statement_block");
                lexical.then_some(()).and(Some((flat.field(index, "name"), class, scope, true)))
            }
            "required_parameter" => {
                let written = flat.field(index, "type").and_then(|of| flat.parts(of).next());
                let class = written.filter(|of| flat.kind(*of) == "type_identifier");
                let list = flat.node(node.parent).parent;
                Some((flat.field(index, "pattern"), class, list, false))
            }
            _ => None,
        };
        let Some((Some(name), Some(class), scope, exact)) = variable else { continue };
        if flat.kind(name) == "identifier" && matches!(flat.kind(class), "identifier" | "type_identifier") {
            found.push(Variable { name: file.text_of(name), class: file.text_of(class), scope, exact });
        }
    }
    found
}

/// Members of a variable that the change reads.
fn asked(pair: &Pair, file: &File, variable: &Variable<'_>) -> Vec<usize> {
    let flat = file.flat();
    let script = file.language == Some(Language::JavaScript);
    let is_asked = |index: &usize| {
        let node = flat.node(*index);
        // In JavaScript a missing member is undefined, which may be intended; calling it is not
        let called = flat.kind(node.parent) == "call_expression" && node.field == "function";
        node.kind == "member_expression"
            && file.field_text(*index, "object") == variable.name
            && pair.wrote_at(node.start)
            && (called || !script)
            && !file.text_of(*index).contains("?.")
            && file.slice(node.end, node.end + 2) != "?."
    };
    flat.below(variable.scope)
        .filter(is_asked)
        .filter_map(|index| flat.field(index, "property"))
        .filter(|property| flat.kind(*property) == "property_identifier")
        .collect()
}

/// Whether anything else in its scope has the variable's name, or assigns the variable or one of its members.
fn is_rebound(file: &File, variable: &Variable<'_>) -> bool {
    let flat = file.flat();
    let mut bindings = 0;
    for index in flat.below(variable.scope) {
        let node = flat.node(index);
        match node.kind {
            "identifier" | "shorthand_property_identifier_pattern"
                if file.text_of(index) == variable.name
                    && (node.kind != "identifier"
                        || binds_in_ecmascript(flat.kind(node.parent), node.field)) =>
            {
                bindings += 1;
            }
            "assignment_expression" | "augmented_assignment_expression" => {
                let left = file.field_text(index, "left");
                if left == variable.name
                    || left.strip_prefix(variable.name).is_some_and(|rest| rest.starts_with(['.', '[']))
                {
                    return true;
                }
            }
            _ => {}
        }
    }
    bindings != 1
}

/// Whether the variable may have more members than its class: it is narrowed, or other code may have added members.
fn may_be_more(file: &File, variable: &Variable<'_>, script: bool) -> bool {
    let flat = file.flat();
    let text = file.text_of(variable.scope);
    let name = variable.name;
    if text.contains(&format!("{name} instanceof")) || text.contains(&format!("in {name}")) {
        return true;
    }
    flat.below(variable.scope).any(|index| {
        let node = flat.node(index);
        if node.kind != "identifier" || file.text_of(index) != name || flat.kind(node.parent) != "arguments" {
            return false;
        }
        let callee = file.field_text(flat.node(node.parent).parent, "function");
        let last = callee.rsplit('.').next().unwrap_or(callee);
        let adds = matches!(last, "assign" | "defineProperty" | "defineProperties" | "extend" | "mixin");
        let narrows =
            ["is", "has", "assert", "expect", "ensure", "check"].iter().any(|w| last.starts_with(w));
        adds || narrows && !variable.exact || script
    })
}

/// Whether an interface of that name extends the class somewhere in the project.
pub(super) fn is_widened(change: &Change<'_>, class: &str) -> bool {
    const MAX_FILES: usize = 3_000;
    #[derive(Default)]
    struct Widened(Memo<String, bool>);
    let known = change.head.fact(Widened::default);
    known.0.get(class.to_string(), || {
        let forms: BTreeSet<String> = [
            format!("interface {class} "),
            format!("interface {class}<"),
            format!("interface {class}{{"),
            format!("{class}.prototype"),
        ]
        .into();
        let code = |path: &&String| Language::of_path(path).is_some_and(Language::is_ecmascript);
        change.head.paths().iter().filter(code).take(MAX_FILES).any(|path| {
            change.head.read(path).is_some_and(|text| forms.iter().any(|form| text.contains(form.as_str())))
        })
    })
}
