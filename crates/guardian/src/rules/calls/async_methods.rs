//! Part of `not-awaited`: asynchronous methods of variables and fields whose class is stated, in TypeScript and
//! JavaScript: `const a = new A()`, `a: A`, `private a: A`.
//!
//! Reads the class where it is defined. Must leave out a name that the file binds twice.

use std::collections::BTreeMap;

use crate::code::file::File;
use crate::names::binds_in_ecmascript;
use crate::project::Tree;
use crate::rules::names::missing_member::class_of;

/// The most variables of a file whose class is looked up.
const MAX_VARIABLES: usize = 200;

/// The calls of asynchronous methods that the file can make, by their text: `a.load`, `this.a.load`.
pub(super) fn of_variables(
    tree: &Tree<'_>,
    file: &File,
    starts_async: fn(&File, usize) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let known = variables(file);
    for (name, class) in
        known.into_iter().take(MAX_VARIABLES).filter_map(|(name, class)| Some((name, class?)))
    {
        let is_class = |kind: &str| matches!(kind, "class_declaration" | "class");
        let Some((other, class)) = class_of(tree, file, class, is_class) else { continue };
        let holder = other.as_deref().unwrap_or(file);
        let flat = holder.flat();
        let Some(body) = flat.field(class, "body") else { continue };
        let methods: Vec<usize> = flat.parts(body).filter(|i| flat.kind(*i) == "method_definition").collect();
        for method in &methods {
            let of = holder.field_text(*method, "name");
            let once = methods.iter().filter(|i| holder.field_text(**i, "name") == of).count() == 1;
            let text = holder.text_of(*method);
            let head = text.split('(').next().unwrap_or_default();
            let plain = !head.contains('*') && !head.contains("static ");
            if once && plain && starts_async(holder, *method) {
                found.push(format!("{name}.{of}"));
            }
        }
    }
    found
}

/// The variables and fields of a file with their class; `None` for one that is bound more than once.
fn variables(file: &File) -> BTreeMap<String, Option<&str>> {
    let flat = file.flat();
    let mut found: BTreeMap<String, Option<&str>> = BTreeMap::new();
    let mut bindings: BTreeMap<&str, usize> = BTreeMap::new();
    let written = |index: usize| {
        let of = flat.field(index, "type").and_then(|of| flat.parts(of).next());
        of.filter(|of| flat.kind(*of) == "type_identifier").map(|of| file.text_of(of))
    };
    let mut add = |name: String, class| {
        found.entry(name).and_modify(|known| *known = None).or_insert(class);
    };
    for (index, node) in flat.iter() {
        match node.kind {
            "identifier" | "shorthand_property_identifier_pattern"
                if node.kind != "identifier" || binds_in_ecmascript(flat.kind(node.parent), node.field) =>
            {
                *bindings.entry(file.text_of(index)).or_default() += 1;
            }
            "variable_declarator" => {
                let made = flat.field(index, "value").filter(|v| flat.kind(*v) == "new_expression");
                let class = made
                    .and_then(|made| flat.field(made, "constructor"))
                    .filter(|class| flat.kind(*class) == "identifier" && flat.field(index, "type").is_none())
                    .map(|class| file.text_of(class));
                if flat.kind(node.parent) == "lexical_declaration" && class.is_some() {
                    add(file.field_text(index, "name").to_string(), class);
                }
            }
            "required_parameter" => {
                let name = file.field_text(index, "pattern");
                let Some(class) = written(index) else { continue };
                let kept = flat
                    .children(index)
                    .any(|i| flat.kind(i) == "accessibility_modifier" || file.text_of(i) == "readonly");
                if kept {
                    add(format!("this.{name}"), Some(class));
                }
                add(name.to_string(), Some(class));
            }
            "public_field_definition" => {
                let made = flat.field(index, "value").filter(|v| flat.kind(*v) == "new_expression");
                let class = written(index).or_else(|| {
                    let class = made.and_then(|made| flat.field(made, "constructor"))?;
                    (flat.kind(class) == "identifier").then(|| file.text_of(class))
                });
                add(format!("this.{}", file.field_text(index, "name")), class);
            }
            _ => {}
        }
    }
    found.retain(|name, _| name.starts_with("this.") || bindings.get(name.as_str()) == Some(&1));
    found
}
