//! Part of `wrong-arguments`: calls of methods and associated functions of the project's own types.
//!
//! It knows the type of `self` and `this`, of receivers and parameters, and of variables whose only binding
//! shows the type. It must report nothing if a type or method is defined twice, decorated, overloaded, or
//! made by a macro.

use std::collections::BTreeMap;
use std::sync::Arc;

use syntax::{Arity, Language, SymbolKind};

use super::rust_functions::rust_inherent;
use super::signature::{Signature, misfit, parameters};
use crate::code::file::File;
use crate::code::functions::functions;
use crate::project::{Memo, folder_of, go};
use crate::rules::Change;
use crate::rules::names::missing_member::go_type_of;

/// A message about what does not fit in a call of a method; `None` if everything fits.
pub(super) fn misfit_of_method(change: &Change<'_>, file: &File, call: usize) -> Option<String> {
    let flat = file.flat();
    let callee = flat.field(call, "function")?;
    let (name, signature) = match (file.language?, flat.kind(callee)) {
        (Language::Python, "attribute") => in_python(file, call, callee)?,
        (Language::Go, "selector_expression") => in_go(change, file, call, callee)?,
        (Language::Rust, "field_expression" | "scoped_identifier") => in_rust(change, file, call, callee)?,
        (language, "member_expression") if language.is_ecmascript() => in_ecmascript(file, call, callee)?,
        _ => return None,
    };
    misfit(file, call, &name, &signature)
}

/// `self.name()` in a class that defines the method once.
fn in_python(file: &File, call: usize, callee: usize) -> Option<(String, Signature)> {
    let flat = file.flat();
    let name = file.field_text(callee, "attribute");
    if file.field_text(callee, "object") != "self" {
        return None;
    }
    let class = flat.above(call).find(|i| flat.kind(*i) == "class_definition")?;
    let method = flat
        .above(call)
        .take_while(|i| *i > class)
        .filter(|i| flat.kind(*i) == "function_definition")
        .last()?;
    // The method's own first parameter must be `self`: otherwise the name may mean another object
    let given = flat.field(method, "parameters").and_then(|list| flat.parts(list).next());
    if given.is_none_or(|first| file.text_of(first) != "self") || is_decorated(file, method) {
        return None;
    }
    let of_class = file.field_text(class, "name");
    let full = format!("{of_class}.{name}");
    let mut all = functions(file).iter().filter(|function| function.name == full);
    let only = all.next().filter(|_| all.next().is_none())?;
    let direct = flat.above(only.index).find(|i| flat.kind(*i) != "block") == Some(class);
    let again = [format!("self.{name} ="), format!("    {name} ="), format!("{name} = ")];
    if !direct
        || is_decorated(file, only.index)
        || again.iter().any(|form| file.text_of(class).contains(form.as_str()))
    {
        return None;
    }
    let list = flat.field(only.index, "parameters")?;
    let (mut named, any_keyword) = parameters(file, list);
    if named.first().is_none_or(|first| first.name != "self") {
        return None;
    }
    named.remove(0);
    let required = u32::try_from(named.iter().filter(|one| !one.optional).count()).ok()?;
    let variadic = flat.parts(list).any(|part| {
        flat.kind(part) == "list_splat_pattern"
            || flat.kind(part) == "typed_parameter"
                && flat.parts(part).next().is_some_and(|inner| flat.kind(inner) == "list_splat_pattern")
    });
    let max = (!variadic).then(|| u32::try_from(named.len()).unwrap_or(u32::MAX));
    Some((
        format!("self.{name}"),
        Signature { arity: Arity { required, max }, named: Some(named), any_keyword },
    ))
}

fn is_decorated(file: &File, function: usize) -> bool {
    file.flat().kind(file.flat().node(function).parent) == "decorated_definition"
}

/// `this.name()` in a class that defines the method once, without overloads.
fn in_ecmascript(file: &File, call: usize, callee: usize) -> Option<(String, Signature)> {
    let flat = file.flat();
    let name = file.field_text(callee, "property");
    if file.field_text(callee, "object") != "this" || file.text_of(callee).contains("?.") {
        return None;
    }
    let body = flat.above(call).find(|i| flat.kind(*i) == "class_body")?;
    let own = flat.above(call).take_while(|i| *i > body).all(|i| {
        let holds = matches!(
            flat.kind(i),
            "function_declaration"
                | "function_expression"
                | "generator_function"
                | "generator_function_declaration"
        );
        let of_object = flat.kind(i) == "method_definition" && flat.kind(flat.node(i).parent) == "object";
        !holds && !of_object
    });
    let mut members = flat.parts(body).filter(|member| file.field_text(*member, "name") == name);
    let only = members.next().filter(|_| members.next().is_none())?;
    let decorated = flat.children(only).any(|i| flat.kind(i) == "decorator")
        || flat.parts(body).take_while(|i| *i < only).last().is_some_and(|i| flat.kind(i) == "decorator");
    let plain = flat.kind(only) == "method_definition" && flat.field(only, "body").is_some();
    let text = file.text_of(only);
    let accessor = text.starts_with("get ") || text.starts_with("set ") || text.contains("static ");
    if !own
        || !plain
        || decorated
        || accessor
        || text.contains("arguments")
        || file.text.contains(&format!("this.{name} ="))
        || file.text.contains(&format!("prototype.{name}"))
    {
        return None;
    }
    let class = file.field_text(flat.node(body).parent, "name");
    let mut symbols = file.outline().symbols.iter().filter(|symbol| {
        symbol.name == name && symbol.container.as_deref() == Some(class) && symbol.kind == SymbolKind::Method
    });
    let arity = symbols.next().filter(|_| symbols.next().is_none())?.arity?;
    Some((format!("this.{name}"), Signature { arity, named: None, any_keyword: false }))
}

/// `value.Name()` where the value is a receiver, a parameter, or a variable whose only binding shows a type
/// of the package.
fn in_go(change: &Change<'_>, file: &File, call: usize, callee: usize) -> Option<(String, Signature)> {
    let flat = file.flat();
    let operand = flat.field(callee, "operand").filter(|i| flat.kind(*i) == "identifier")?;
    let (variable, name) = (file.text_of(operand), file.field_text(callee, "field"));
    let of = go_type_of(file, call, variable).or_else(|| made_in_go(file, call, variable))?;
    let arity = go_methods(change, folder_of(&file.path))?.get(&(of, name.to_string())).copied().flatten()?;
    Some((format!("{variable}.{name}"), Signature { arity, named: None, any_keyword: false }))
}

/// The methods of a package by type and name; `None` for one that is defined more than once, for example once
/// for each system.
type Methods = BTreeMap<(String, String), Option<Arity>>;

/// Reads the methods once for all calls of a package; `None` if one of its files cannot be read.
fn go_methods(change: &Change<'_>, folder: &str) -> Option<Arc<Methods>> {
    const MAX_FILES: usize = 300;
    #[derive(Default)]
    struct Known(Memo<String, Option<Arc<Methods>>>);
    change.head.fact(Known::default).0.get(folder.to_string(), || {
        let mut found = Methods::new();
        for path in go::files(&change.head, folder).take(MAX_FILES) {
            let other = change.head.file(path).filter(|other| other.is_indexed() && !other.is_broken())?;
            let flat = other.flat();
            for (index, node) in flat.iter().filter(|(_, node)| node.kind == "method_declaration") {
                let name = other.field_text(index, "name");
                let receiver = other.field_text(index, "receiver").trim_matches(['(', ')']);
                let receiver = receiver.split('[').next().unwrap_or(receiver);
                let of = receiver.split_whitespace().last().unwrap_or_default().trim_start_matches('*');
                let line = u32::try_from(other.row(node.start) + 1).ok()?;
                let symbol = other.outline().symbols.iter().find(|one| one.name == name && one.line == line);
                let arity = symbol.and_then(|symbol| symbol.arity);
                found
                    .entry((of.to_string(), name.to_string()))
                    .and_modify(|known| *known = None)
                    .or_insert(arity);
            }
        }
        Some(Arc::new(found))
    })
}

/// `x := &T{…}` or `x := T{…}`, the only binding of the name in its function.
fn made_in_go(file: &File, call: usize, variable: &str) -> Option<String> {
    let flat = file.flat();
    let function = flat
        .above(call)
        .filter(|i| matches!(flat.kind(*i), "function_declaration" | "method_declaration"))
        .last()?;
    let mut made = None;
    for index in
        flat.below(function).filter(|i| flat.kind(*i) == "identifier" && file.text_of(*i) == variable)
    {
        let list = flat.node(flat.node(index).parent);
        let holder = flat.kind(list.parent);
        let parent = flat.kind(flat.node(index).parent);
        if matches!(parent, "parameter_declaration" | "var_spec") && flat.node(index).field == "name"
            || matches!(holder, "range_clause" | "assignment_statement" | "type_switch_statement")
                && list.field == "left"
        {
            return None;
        }
        if parent != "expression_list" || holder != "short_var_declaration" || list.field != "left" {
            continue;
        }
        let values = flat.field(list.parent, "right")?;
        let only = flat.parts(values).next().filter(|_| flat.parts(values).count() == 1)?;
        let literal = if flat.kind(only) == "unary_expression" { flat.field(only, "operand")? } else { only };
        if flat.kind(literal) != "composite_literal" || made.is_some() {
            return None;
        }
        let of = flat.field(literal, "type").filter(|of| flat.kind(*of) == "type_identifier")?;
        made = Some(file.text_of(of).to_string());
    }
    made
}

/// `self.name()`, `Self::name()`, `Type::name()`, and `value.name()` of a variable whose type is known.
fn in_rust(change: &Change<'_>, file: &File, call: usize, callee: usize) -> Option<(String, Signature)> {
    let flat = file.flat();
    if flat.above(call).any(|i| matches!(flat.kind(i), "macro_definition" | "token_tree")) {
        return None;
    }
    let scoped = flat.kind(callee) == "scoped_identifier";
    let (of, name) = if scoped {
        let of = match file.field_text(callee, "path") {
            "Self" => own_type(file, call)?,
            // `other::Client` may be another type than the crate's own `Client`
            path if path.contains("::") => return None,
            path => path.to_string(),
        };
        (of, file.field_text(callee, "name"))
    } else {
        let value = flat.field(callee, "value")?;
        let of = match flat.kind(value) {
            "self" => own_type(file, call)?,
            "identifier" => rust_variable(change, file, call, file.text_of(value))?,
            _ => return None,
        };
        (of, file.field_text(callee, "field"))
    };
    let method = rust_inherent(&change.head, file, &of, name)?;
    let own = u32::from(method.takes_self);
    // A function without `self` is no method
    if !scoped && !method.takes_self {
        return None;
    }
    let given = method.parameters + if scoped { own } else { 0 };
    let arity = Arity { required: given, max: Some(given) };
    Some((file.text_of(callee).to_string(), Signature { arity, named: None, any_keyword: false }))
}

fn own_type(file: &File, index: usize) -> Option<String> {
    let flat = file.flat();
    let holder = flat.above(index).find(|i| matches!(flat.kind(*i), "impl_item" | "trait_item"))?;
    let of = (flat.kind(holder) == "impl_item").then(|| file.field_text(holder, "type"))?;
    Some(of.split('<').next().unwrap_or(of).to_string())
}

/// The type of a variable that its function binds once: a parameter, a new struct, or what `Type::f()`
/// returns.
fn rust_variable(change: &Change<'_>, file: &File, index: usize, name: &str) -> Option<String> {
    let flat = file.flat();
    let function = flat.above(index).find(|i| flat.kind(*i) == "function_item")?;
    let mut of = None;
    let is_name = |i: &usize| matches!(flat.kind(*i), "identifier" | "shorthand_field_identifier");
    for at in flat.below(function).filter(|i| is_name(i) && file.text_of(*i) == name) {
        let node = flat.node(at);
        let holder =
            if flat.kind(node.parent) == "mut_pattern" { flat.node(node.parent).parent } else { node.parent };
        let binds = flat.kind(node.parent).ends_with("_pattern")
            || matches!(
                flat.kind(holder),
                "parameter" | "let_declaration" | "for_expression" | "let_condition" | "match_arm"
            ) && node.field == "pattern"
            || matches!(flat.kind(holder), "closure_parameters" | "match_pattern");
        if !binds {
            continue;
        }
        if of.is_some() {
            return None;
        }
        of = Some(match flat.kind(holder) {
            "parameter" => plain_type(file.field_text(holder, "type"))?,
            "let_declaration" if flat.field(holder, "type").is_none() => {
                let value = flat.field(holder, "value")?;
                match flat.kind(value) {
                    "struct_expression" => plain_type(file.field_text(value, "name"))?,
                    "call_expression" => {
                        let callee =
                            flat.field(value, "function").filter(|i| flat.kind(*i) == "scoped_identifier")?;
                        let of = plain_type(file.field_text(callee, "path"))?;
                        let maker = rust_inherent(&change.head, file, &of, file.field_text(callee, "name"))?;
                        (maker.gives == "Self" || maker.gives == of).then_some(of)?
                    }
                    _ => return None,
                }
            }
            _ => return None,
        });
    }
    of
}

fn plain_type(text: &str) -> Option<String> {
    let text = text.trim_start_matches('&').trim_start_matches("mut ").trim();
    let plain = text.starts_with(char::is_uppercase) && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain.then(|| text.to_string())
}
