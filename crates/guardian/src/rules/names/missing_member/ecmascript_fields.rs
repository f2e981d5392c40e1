//! Members of TypeScript fields with a stated class: `this.store.load()`, where `store: Store` is a field or a parameter
//! of the constructor that becomes one.
//!
//! Works with the members of a class ([`super::ecmascript`]). Must report nothing if the field may hold more than its
//! class: it has another type too, is narrowed, or its class is extended elsewhere.

use std::collections::BTreeMap;

use super::classes::class_of;
use super::ecmascript::{OBJECT, is_class, members};
use super::ecmascript_variables::is_widened;
use crate::code::file::File;
use crate::rules::{Change, Found, Pair};

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (class, _) in flat.iter().filter(|(_, node)| node.named && is_class(node.kind)) {
        let asked = asked(pair, file, class);
        if asked.is_empty() {
            continue;
        }
        let fields = fields(file, class);
        for (property, field) in asked {
            let Some(Some(of)) = fields.get(field) else { continue };
            let text = file.text_of(class);
            let narrowed = [
                format!("this.{field} instanceof"),
                format!("this.{field} as "),
                format!("this.{field} is "),
            ];
            if narrowed.iter().any(|form| text.contains(form.as_str())) {
                continue;
            }
            let Some((other, definition)) = class_of(&change.head, file, of, is_class) else { continue };
            let holder = other.as_deref().unwrap_or(file);
            let Some(known) = members(&change.head, holder, definition, 0) else { continue };
            let name = file.text_of(property);
            if !known.contains(name) && !OBJECT.contains(&name) && !is_widened(change, of) {
                found.node(file, property, format!("`this.{field}` has no `{name}`: it is a `{of}`"));
            }
        }
    }
}

/// `this.field.member` in lines that the change wrote: the member's node, and the field.
fn asked<'f>(pair: &Pair, file: &'f File, class: usize) -> Vec<(usize, &'f str)> {
    let flat = file.flat();
    let mut found = Vec::new();
    for index in flat.below(class) {
        let node = flat.node(index);
        if node.kind != "member_expression"
            || file.text_of(index).contains("?.")
            || file.text_of(index).contains("!.")
        {
            continue;
        }
        let Some(object) = flat.field(index, "object").filter(|i| flat.kind(*i) == "member_expression")
        else {
            continue;
        };
        let Some(property) = flat.field(index, "property").filter(|p| flat.kind(*p) == "property_identifier")
        else {
            continue;
        };
        let inner = flat.above(index).take_while(|i| *i != class).any(|i| {
            is_class(flat.kind(i)) && flat.node(i).named
                || matches!(flat.kind(i), "function_declaration" | "function_expression")
                || flat.kind(i) == "method_definition" && flat.kind(flat.node(i).parent) == "object"
        });
        let optional = file.slice(node.end, node.end + 2) == "?.";
        if file.field_text(object, "object") == "this"
            && !inner
            && !optional
            && pair.wrote_at(flat.node(property).start)
        {
            found.push((property, file.field_text(object, "property")));
        }
    }
    found
}

/// The fields of a class by name, with the one class that each holds; `None` if that is not certain.
fn fields<'f>(file: &'f File, class: usize) -> BTreeMap<&'f str, Option<&'f str>> {
    let flat = file.flat();
    let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut add = |name: &'f str, of: Option<usize>| {
        let of = of.and_then(|of| flat.parts(of).next()).filter(|of| flat.kind(*of) == "type_identifier");
        let of = of.map(|of| file.text_of(of));
        found.entry(name).and_modify(|known| *known = None).or_insert(of);
    };
    let Some(body) = flat.field(class, "body") else { return found };
    for member in flat.parts(body) {
        match flat.kind(member) {
            "public_field_definition" => {
                let Some(name) = flat.field(member, "name") else { continue };
                add(file.text_of(name), flat.field(member, "type"));
            }
            "method_definition" => {
                let name = file.field_text(member, "name");
                if name != "constructor" {
                    add(name, None);
                    continue;
                }
                let Some(list) = flat.field(member, "parameters") else { continue };
                for given in flat.parts(list) {
                    let field = flat.children(given).any(|i| {
                        matches!(flat.kind(i), "accessibility_modifier" | "readonly" | "override_modifier")
                    });
                    let Some(name) = flat.field(given, "pattern").filter(|_| field) else { continue };
                    let of = flat.field(given, "type").filter(|_| flat.kind(given) == "required_parameter");
                    add(file.text_of(name), of);
                }
            }
            _ => {}
        }
    }
    // A type parameter of the class hides a class of the same name
    let parameters = flat.field(class, "type_parameters").map_or("", |list| file.text_of(list));
    for of in found.values_mut() {
        if of.is_some_and(|of| {
            parameters.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == of)
        }) {
            *of = None;
        }
    }
    found
}
