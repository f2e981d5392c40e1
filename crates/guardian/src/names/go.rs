//! Names of Go, and the possible names of a package, guessed from its path.
//!
//! Fills in [`Names`]. It opens no package: `import_names` guesses, so a rule needs another proof. `project::go` lists
//! the definitions in the other files of the package.

use super::Names;
use crate::code::file::File;

pub(super) fn read(file: &File, names: &mut Names) {
    for import in &file.outline().imports {
        match import.alias.as_deref() {
            Some(".") => names.open = true,
            Some(alias) => names.bind(alias),
            None => import_names(&import.module).for_each(|name| names.bind(&name)),
        }
        names.open |= import.module == "C";
    }
    for (index, node) in file.flat().iter() {
        if !matches!(node.kind, "identifier" | "type_identifier" | "package_identifier") {
            continue;
        }
        let parent = file.flat().node(node.parent);
        let text = file.text_of(index);
        match (parent.kind, node.field) {
            ("package_clause" | "import_spec", _) | ("qualified_type", "name") => {}
            (
                "function_declaration"
                | "type_spec"
                | "type_alias"
                | "const_spec"
                | "var_spec"
                | "parameter_declaration"
                | "variadic_parameter_declaration"
                | "type_parameter_declaration",
                "name",
            )
            | ("type_switch_statement", "alias") => names.bind(text),
            ("expression_list", _) if declares(file, node.parent) => names.bind(text),
            ("literal_element", _) => {
                // The key may be a field of a struct. It may also be a name in a map, which is accepted
                let key = file.flat().node(node.parent).field == "key";
                if !key {
                    names.using(text, index);
                }
            }
            _ => names.using(text, index),
        }
    }
}

fn declares(file: &File, list: usize) -> bool {
    let node = file.flat().node(list);
    match file.flat().kind(node.parent) {
        "short_var_declaration" | "range_clause" | "receive_statement" => node.field == "left",
        "type_switch_statement" => node.field == "alias",
        _ => false,
    }
}

/// The possible names of a package, guessed from its path: `x/go-yaml/v3` is `yaml`, `go-yaml` or `go_yaml`…
pub(crate) fn import_names(path: &str) -> impl Iterator<Item = String> {
    let mut parts = path.split('/').rev();
    let mut last = parts.next().unwrap_or_default();
    let versioned =
        last.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if versioned {
        last = parts.next().unwrap_or(last);
    }
    let plain = last.split('.').next().unwrap_or(last);
    let mut found =
        vec![last.to_string(), plain.to_string(), plain.replace('-', "_"), plain.replace('-', "")];
    found.extend(plain.split('-').map(str::to_string));
    found.into_iter()
}
