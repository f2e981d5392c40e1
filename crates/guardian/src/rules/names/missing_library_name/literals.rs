//! Values that are certain to be a text or a list: what methods of texts give, and variables that are bound once to a
//! literal.

use syntax::Language;

use crate::code::file::File;

/// What a method of a text of Python gives.
pub(super) fn given(file: &File, language: Language, value: usize) -> Option<&'static str> {
    const TEXTS: &[&str] = &[
        "join",
        "format",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "replace",
        "title",
        "capitalize",
        "zfill",
    ];
    const MAX_CHAIN: usize = 8;
    let flat = file.flat();
    if language.is_ecmascript() {
        return given_in_script(file, value);
    }
    if language != Language::Python || flat.kind(value) != "call" {
        return None;
    }
    let mut at = value;
    for step in 0..MAX_CHAIN {
        let callee = flat.field(at, "function").filter(|i| flat.kind(*i) == "attribute")?;
        let (object, name) = (flat.field(callee, "object")?, file.field_text(callee, "attribute"));
        let text = TEXTS.contains(&name);
        let lists = step == 0 && matches!(name, "split" | "rsplit" | "splitlines");
        if !text && !lists {
            return None;
        }
        match flat.kind(object) {
            "string" | "concatenated_string" => {
                let bytes =
                    file.text_of(object).split(['"', '\'']).next().is_some_and(|p| p.contains(['b', 'B']));
                let last = file.field_text(flat.field(value, "function")?, "attribute");
                return (!bytes).then_some(if TEXTS.contains(&last) { "python.str" } else { "python.list" });
            }
            "call" => at = object,
            _ => return None,
        }
    }
    None
}

/// What a chain of methods of a text of JavaScript gives.
fn given_in_script(file: &File, value: usize) -> Option<&'static str> {
    const TEXTS: &[&str] = &[
        "toLowerCase",
        "toUpperCase",
        "trim",
        "trimStart",
        "trimEnd",
        "replace",
        "replaceAll",
        "slice",
        "substring",
        "padStart",
        "padEnd",
        "repeat",
        "normalize",
        "charAt",
    ];
    const MAX_CHAIN: usize = 8;
    let flat = file.flat();
    let mut at = value;
    for step in 0..MAX_CHAIN {
        if flat.kind(at) != "call_expression" {
            return None;
        }
        let callee = flat.field(at, "function").filter(|i| flat.kind(*i) == "member_expression")?;
        let (object, name) = (flat.field(callee, "object")?, file.field_text(callee, "property"));
        let known = TEXTS.contains(&name) || step == 0 && name == "split";
        if !known || file.text_of(callee).contains("?.") {
            return None;
        }
        if matches!(flat.kind(object), "string" | "template_string") {
            let last = file.field_text(flat.field(value, "function")?, "property");
            return Some(if last == "split" { "node.Array" } else { "node.String" });
        }
        at = object;
    }
    None
}

/// What a variable is that the file binds once, to a literal.
pub(super) fn bound(file: &File, language: Language, object: usize) -> Option<&'static str> {
    let flat = file.flat();
    if matches!(language, Language::Rust | Language::Go) {
        return None;
    }
    let name = file.text_of(object);
    let mut kind = None;
    for (index, node) in flat.iter() {
        if !matches!(node.kind, "identifier" | "shorthand_property_identifier_pattern")
            || file.text_of(index) != name
        {
            continue;
        }
        let parent = flat.kind(node.parent);
        let binds = if language == Language::Python {
            crate::names::binds_in_python(file, index, parent, node.field)
                || matches!(
                    parent,
                    "augmented_assignment" | "global_statement" | "nonlocal_statement" | "keyword_argument"
                ) && node.field != "value"
        } else {
            node.kind != "identifier"
                || crate::names::binds_in_ecmascript(parent, node.field)
                || matches!(parent, "assignment_expression" | "augmented_assignment_expression")
                    && node.field == "left"
        };
        if !binds {
            continue;
        }
        // A second binding, or one that is no plain literal
        if kind.is_some() {
            return None;
        }
        let value = match parent {
            "variable_declarator" if flat.field(node.parent, "type").is_none() => {
                flat.field(node.parent, "value")
            }
            "assignment" if flat.field(node.parent, "type").is_none() => flat.field(node.parent, "right"),
            _ => None,
        }?;
        // Known only where it is bound: in the same function, or a part of it
        let holder = flat.above(index).find(|i| {
            flat.kind(*i).contains("function")
                || matches!(flat.kind(*i), "method_definition" | "module" | "program")
        })?;
        if !(holder..flat.node(holder).next).contains(&object) || index > object {
            return None;
        }
        kind = Some(match (language, flat.kind(value)) {
            (Language::Python, "string") if file.text_of(value).starts_with(['"', '\'', 'f']) => "python.str",
            (Language::Python, "list" | "list_comprehension") => "python.list",
            (Language::Python, "dictionary") => "python.dict",
            (Language::TypeScript | Language::Tsx | Language::JavaScript, "array") => "node.Array",
            (Language::TypeScript | Language::Tsx | Language::JavaScript, "string" | "template_string") => {
                "node.String"
            }
            _ => return None,
        });
    }
    kind
}
