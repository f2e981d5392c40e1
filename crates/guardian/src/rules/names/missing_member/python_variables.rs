//! Members of Python variables with a stated class: `a = A()`, `def f(a: A)`.
//!
//! Works with the members of a class ([`super::python`]). Must report nothing if the variable may hold something else,
//! or if anything adds such a member to objects.

use super::classes::class_of;
use super::extended::is_extended;
use super::python::{is_defined, is_given_elsewhere, is_tried, members};
use crate::code::file::File;
use crate::names::binds_in_python;
use crate::rules::{Change, Found, Pair};

/// A variable whose class is stated.
struct Variable<'f> {
    name: &'f str,
    class: &'f str,
    /// The function in which it is known; the root for a variable of the module
    scope: usize,
    /// It holds exactly this class, not a subclass
    exact: bool,
}

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for variable in variables(file) {
        let asked: Vec<usize> = flat
            .below(variable.scope)
            .filter(|index| {
                flat.kind(*index) == "attribute"
                    && file.field_text(*index, "object") == variable.name
                    && pair.wrote_at(flat.node(*index).start)
            })
            .collect();
        if asked.is_empty() || may_be_another(file, &variable) {
            continue;
        }
        let is_class = |kind: &str| kind == "class_definition";
        let Some((other, class)) = class_of(&change.head, file, variable.class, is_class) else { continue };
        let holder = other.as_deref().unwrap_or(file);
        let makes_others =
            ["__new__", "metaclass", "__slots__"].iter().any(|w| holder.text_of(class).contains(w));
        let Some(known) = members(&change.head, holder, class, 0).filter(|_| !makes_others) else { continue };
        for index in asked {
            let name = file.field_text(index, "attribute");
            let dunder = name.starts_with("__") && name.ends_with("__");
            if dunder
                || known.contains(name)
                || is_tried(file, index, name)
                || is_given_elsewhere(change, name)
            {
                continue;
            }
            // A parameter may hold a subclass of this class
            if !variable.exact && is_extended(change, variable.class) && is_defined(change, name) {
                continue;
            }
            let message = format!("`{}` has no `{name}`: it is a `{}`", variable.name, variable.class);
            found.node(file, index, message);
        }
    }
}

fn variables(file: &File) -> Vec<Variable<'_>> {
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, node) in flat.iter() {
        let scope = || flat.above(index).find(|i| flat.kind(*i) == "function_definition").unwrap_or(0);
        let (name, class, exact) = match node.kind {
            "assignment" if flat.field(index, "type").is_none() => {
                let call = flat.field(index, "right").filter(|right| flat.kind(*right) == "call");
                (flat.field(index, "left"), call.and_then(|call| flat.field(call, "function")), true)
            }
            "typed_parameter" => {
                let of = flat.field(index, "type").and_then(|of| flat.parts(of).next());
                (flat.parts(index).next(), of, false)
            }
            _ => continue,
        };
        let (Some(name), Some(class)) = (name, class) else { continue };
        let in_class =
            flat.above(index).find(|i| matches!(flat.kind(*i), "class_definition" | "function_definition"));
        let of_class = exact && in_class.is_some_and(|i| flat.kind(i) == "class_definition");
        let lambda = flat.above(index).take(3).any(|i| flat.kind(i) == "lambda_parameters");
        if flat.kind(name) == "identifier" && flat.kind(class) == "identifier" && !of_class && !lambda {
            let scope = scope();
            found.push(Variable { name: file.text_of(name), class: file.text_of(class), scope, exact });
        }
    }
    found
}

/// Whether anything else in its scope has the variable's name, tests its type, or adds members.
fn may_be_another(file: &File, variable: &Variable<'_>) -> bool {
    let flat = file.flat();
    let name = variable.name;
    let mut bindings = 0;
    for index in flat.below(variable.scope) {
        let node = flat.node(index);
        match node.kind {
            "identifier" if file.text_of(index) == name => {
                let parent = flat.node(node.parent);
                if binds_in_python(file, index, parent.kind, node.field) {
                    bindings += 1;
                }
                if parent.kind == "argument_list" {
                    let callee = file.field_text(parent.parent, "function");
                    let last = callee.rsplit('.').next().unwrap_or(callee);
                    let asks = ["is", "has", "assert", "cast", "get", "set", "patch"]
                        .iter()
                        .any(|w| last.starts_with(w));
                    if asks {
                        return true;
                    }
                }
            }
            "match_statement" if file.field_text(index, "subject") == name => return true,
            _ => {}
        }
    }
    bindings != 1
}
