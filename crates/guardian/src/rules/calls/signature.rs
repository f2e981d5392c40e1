//! The parameters of a function, and whether the arguments of a call fit them.
//!
//! For the parts of `wrong-arguments`, which find the function. It must not look for one.

use syntax::{Arity, Language};

use crate::code::file::File;

/// The parameters of a function.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) arity: Arity,
    /// Python's parameters; `None` for other languages
    pub(super) named: Option<Vec<Parameter>>,
    pub(super) any_keyword: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) optional: bool,
    pub(super) by_place: bool,
    pub(super) by_name: bool,
}

/// The parameters in a parameter list of Python, and whether the function takes any keyword.
pub(super) fn parameters(file: &File, list: usize) -> (Vec<Parameter>, bool) {
    let flat = file.flat();
    let mut found: Vec<Parameter> = Vec::new();
    let (mut any, mut by_place) = (false, true);
    for part in flat.parts(list) {
        let name = |index: usize| file.text_of(index).to_string();
        match flat.kind(part) {
            "identifier" => {
                found.push(Parameter { name: name(part), optional: false, by_place, by_name: true })
            }
            "typed_parameter" => match flat.parts(part).next() {
                Some(inner) if flat.kind(inner) == "identifier" => {
                    found.push(Parameter { name: name(inner), optional: false, by_place, by_name: true })
                }
                Some(inner) if flat.kind(inner) == "dictionary_splat_pattern" => any = true,
                _ => by_place = false,
            },
            "default_parameter" | "typed_default_parameter" => {
                let inner = flat.field(part, "name").unwrap_or(part);
                found.push(Parameter { name: name(inner), optional: true, by_place, by_name: true });
            }
            "list_splat_pattern" | "keyword_separator" => by_place = false,
            "positional_separator" => found.iter_mut().for_each(|p| p.by_name = false),
            "dictionary_splat_pattern" => any = true,
            _ => {}
        }
    }
    (found, any)
}

/// A message about what does not fit in a call; `None` if everything fits.
pub(super) fn misfit(file: &File, call: usize, name: &str, signature: &Signature) -> Option<String> {
    let flat = file.flat();
    let arguments = flat.field(call, "arguments")?;
    if !matches!(flat.kind(arguments), "arguments" | "argument_list") {
        return None;
    }
    let parts: Vec<usize> = flat.parts(arguments).collect();
    let spread = parts.iter().any(|part| {
        matches!(
            flat.kind(*part),
            "spread_element"
                | "list_splat"
                | "dictionary_splat"
                | "variadic_argument"
                | "attribute_item"
                | "ERROR"
        )
    });
    if let Some(named) = &signature.named {
        let keywords: Vec<&str> = parts
            .iter()
            .filter(|part| flat.kind(**part) == "keyword_argument")
            .map(|part| file.field_text(*part, "name"))
            .collect();
        if !signature.any_keyword
            && let Some(unknown) =
                keywords.iter().find(|keyword| !named.iter().any(|p| p.by_name && p.name == **keyword))
        {
            return Some(format!("`{name}` has no parameter `{unknown}`"));
        }
        if spread {
            return None;
        }
        let placed = parts.len() - keywords.len();
        let places = named.iter().filter(|p| p.by_place).count();
        if signature.arity.max.is_some() && placed > places {
            return Some(format!(
                "`{name}` takes at most {places} arguments by place, and is given {placed}"
            ));
        }
        let missing = named.iter().filter(|p| !p.optional).find(|p| {
            let place = named.iter().filter(|q| q.by_place).position(|q| q.name == p.name);
            !keywords.contains(&p.name.as_str()) && place.is_none_or(|place| place >= placed)
        });
        return missing.map(|missing| format!("`{name}` is not given `{}`", missing.name));
    }
    // In Go a single call may provide several arguments
    let several =
        file.language == Some(Language::Go) && parts.len() == 1 && flat.kind(parts[0]) == "call_expression";
    if spread || several {
        return None;
    }
    let given = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let arity = signature.arity;
    if given >= arity.required && arity.max.is_none_or(|max| given <= max) {
        return None;
    }
    let takes = match arity {
        Arity { required, max: Some(max) } if required == max => format!("{required}"),
        Arity { required, max: Some(max) } => format!("{required} to {max}"),
        Arity { required, max: None } => format!("at least {required}"),
    };
    Some(format!("`{name}` takes {takes} arguments, and is given {given}"))
}
