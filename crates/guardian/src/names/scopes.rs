//! Where an imported name is known, and which of its uses have no other binding.
//!
//! Scopes are deliberately broad: a possible binding counts for its whole function or block. So a use that remains is
//! bound by nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use syntax::Language;

use super::ecmascript;
use crate::code::file::File;

/// Names that an import of the base brought, that nothing brings now, and that are still used; in Rust also names that
/// are imported elsewhere in the file. Each with its first such use. `stands_in`: whether a `*` import of the head has
/// that name.
pub(crate) fn lost(base: &File, head: &File, stands_in: &dyn Fn(&str) -> bool) -> Vec<(String, usize)> {
    let (old, new) = (Imports::of(base), Imports::of(head));
    let mut gone: BTreeSet<&str> = old
        .counts
        .iter()
        .filter(|(place, count)| new.counts.get(*place).is_none_or(|now| now < *count))
        .map(|((_, name), _)| name.as_str())
        .filter(|name| head.text.contains(*name))
        .collect();
    // A new module does not see the imports of another module
    if head.language == Some(Language::Rust) {
        gone.extend(new.all.iter().map(|(name, _)| name.as_str()));
    }
    if gone.is_empty() {
        return Vec::new();
    }
    let before = unbound(base, &gone, &old);
    let made = |file: &File, name: &str| {
        let is = |(index, node): (usize, &crate::code::flat::FlatNode)| {
            node.kind == "identifier"
                && file.flat().kind(node.parent) == "token_tree"
                && file.text_of(index) == name
                && super::rust::in_item_macro(file, index)
        };
        file.flat().iter().filter(|one| is(*one)).count()
    };
    let mut found: Vec<(String, usize)> = unbound(head, &gone, &new)
        .into_iter()
        .filter(|(name, now)| {
            before.get(name).is_none_or(|before| before.len() < now.len())
                && made(head, name) <= made(base, name)
                && !stands_in(name)
        })
        .filter_map(|(name, now)| Some((name, *now.first()?)))
        .collect();
    found.sort_by_key(|(_, index)| *index);
    found
}

/// The imports of a file.
struct Imports {
    /// How often a name is imported in a function
    counts: BTreeMap<(String, String), usize>,
    /// Each name with the node in which it is known
    all: Vec<(String, usize)>,
    /// Nodes of identifiers that belong to an import
    own: BTreeSet<usize>,
}

impl Imports {
    fn of(file: &File) -> Imports {
        let mut found = Imports { counts: BTreeMap::new(), all: Vec::new(), own: BTreeSet::new() };
        for (index, node) in file.flat().iter() {
            let names = match node.kind {
                "import_statement" | "import_from_statement" if file.language == Some(Language::Python) => {
                    of_python(file, index)
                }
                "import_statement" => of_module(file, index),
                "variable_declarator" => of_require(file, index),
                "use_declaration" => of_use(file, index),
                _ => continue,
            };
            for (name, at) in names {
                found.own.insert(at);
                found.own.extend(file.flat().below(at));
                let place = place(file, scope(file, index, true));
                *found.counts.entry((place, name.clone())).or_default() += 1;
                // Outside functions a block is not a scope: `if TYPE_CHECKING:`, `try:`
                let whole = scope(file, index, true);
                let within = if whole == 0 { 0 } else { scope(file, index, false) };
                found.all.push((name, within));
            }
        }
        found
    }
}

fn of_python(file: &File, import: usize) -> Vec<(String, usize)> {
    let flat = file.flat();
    let plain = flat.kind(import) == "import_statement";
    let parts = flat.parts(import).filter(|part| flat.node(*part).field == "name");
    parts
        .map(|part| match flat.kind(part) {
            "aliased_import" => (file.field_text(part, "alias"), part),
            _ if plain => (file.text_of(part).split('.').next().unwrap_or_default(), part),
            _ => (file.text_of(part), part),
        })
        .map(|(name, part)| (name.to_string(), part))
        .collect()
}

fn of_module(file: &File, import: usize) -> Vec<(String, usize)> {
    let flat = file.flat();
    let mut found = Vec::new();
    for index in flat.below(import) {
        let parent = flat.node(index).parent;
        let binds = match flat.kind(parent) {
            "import_clause" | "namespace_import" | "import_require_clause" => {
                flat.kind(index) == "identifier"
            }
            "import_specifier" => match flat.field(parent, "alias") {
                Some(alias) => alias == index,
                None => flat.node(index).field == "name",
            },
            _ => false,
        };
        if binds {
            found.push((file.text_of(index).to_string(), index));
        }
    }
    found
}

/// `const a = require("a")`, `const { a, b: c } = require("a")`.
fn of_require(file: &File, declarator: usize) -> Vec<(String, usize)> {
    let flat = file.flat();
    if !file.field_text(declarator, "value").starts_with("require(") {
        return Vec::new();
    }
    let Some(name) = flat.field(declarator, "name") else { return Vec::new() };
    let binds = |index: &usize| {
        flat.kind(*index) == "shorthand_property_identifier_pattern"
            || flat.kind(*index) == "identifier" && (*index == name || flat.node(*index).field == "value")
    };
    let all = std::iter::once(name).chain(flat.below(name)).filter(binds);
    all.map(|index| (file.text_of(index).to_string(), index)).collect()
}

fn of_use(file: &File, declaration: usize) -> Vec<(String, usize)> {
    let flat = file.flat();
    let mut found = Vec::new();
    for index in flat.below(declaration) {
        let (node, parent) = (flat.node(index), flat.node(flat.node(index).parent));
        let name = match node.kind {
            "identifier" => match parent.kind {
                "use_as_clause" if node.field == "alias" => file.text_of(index),
                "use_list" | "use_declaration" => file.text_of(index),
                "scoped_identifier" if node.field == "name" && ends_path(file, node.parent) => {
                    file.text_of(index)
                }
                _ => continue,
            },
            "self" if parent.kind == "use_list" => {
                let list = flat.node(parent.parent);
                let of = file.field_text(node.parent, "path");
                let path =
                    if list.kind == "scoped_use_list" { file.field_text(parent.parent, "path") } else { of };
                path.rsplit("::").next().unwrap_or_default()
            }
            _ => continue,
        };
        if !name.is_empty() && name != "_" {
            found.push((name.to_string(), index));
        }
    }
    found
}

/// Whether a `use` path ends here: no longer path, list, `*` or `as` continues it.
fn ends_path(file: &File, path: usize) -> bool {
    let (node, parent) = (file.flat().node(path), file.flat().kind(file.flat().node(path).parent));
    !(node.field == "path" || matches!(parent, "use_wildcard" | "use_as_clause"))
}

/// Uses of some names that nothing around the use binds.
fn unbound(file: &File, names: &BTreeSet<&str>, imports: &Imports) -> BTreeMap<String, Vec<usize>> {
    let flat = file.flat();
    let mut known: BTreeMap<&str, Vec<Known>> = BTreeMap::new();
    for (name, within) in imports.all.iter().filter(|(name, _)| names.contains(name.as_str())) {
        known.entry(name.as_str()).or_default().push(Known::of(file, *within));
    }
    let mut uses: Vec<(&str, usize)> = Vec::new();
    for (index, node) in flat.iter() {
        if !is_name(node.kind) || !node.named {
            continue;
        }
        let name = file.text_of(index);
        if !names.contains(name) || imports.own.contains(&index) {
            continue;
        }
        match role(file, index) {
            Role::Binds(within) => known.entry(name).or_default().push(Known::of(file, within)),
            Role::Uses => uses.push((name, index)),
            Role::Neither => {}
        }
    }
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (name, index) in uses {
        let reached = |known: &Known| known.reaches(file, index);
        if !known.get(name).is_some_and(|all| all.iter().any(reached)) {
            found.entry(name.to_string()).or_default().push(index);
        }
    }
    found
}

/// The place in which a name is known.
struct Known {
    range: Range<usize>,
    /// If it is the body of a Python class: methods do not see these names
    class: Option<usize>,
    /// The Rust module that contains it: inner modules do not see the name
    module: usize,
}

impl Known {
    fn of(file: &File, within: usize) -> Known {
        let flat = file.flat();
        Known {
            range: within..flat.node(within).next.max(within + 1),
            class: (flat.kind(within) == "class_definition").then_some(within),
            module: module_of(file, within),
        }
    }

    fn reaches(&self, file: &File, index: usize) -> bool {
        let inside = |class| scope(file, index, true) == class;
        let seen = || {
            file.language != Some(Language::Rust) || {
                let module = module_of(file, index);
                module == self.module || takes_all(file, module)
            }
        };
        self.range.contains(&index) && self.class.is_none_or(inside) && seen()
    }
}

/// The nearest `mod` with a body, or the file; for a `mod` node, the module that it opens.
fn module_of(file: &File, index: usize) -> usize {
    if file.language != Some(Language::Rust) {
        return 0;
    }
    let flat = file.flat();
    std::iter::once(index).chain(flat.above(index)).find(|i| flat.kind(*i) == "mod_item").unwrap_or(0)
}

/// Whether a module has a `*` import, or an item macro that may bring one.
fn takes_all(file: &File, module: usize) -> bool {
    let flat = file.flat();
    let is_item = |i: usize| {
        let above = flat.node(i).parent;
        let holder = if flat.kind(above) == "expression_statement" { flat.node(above).parent } else { above };
        flat.kind(holder) == "declaration_list"
    };
    let opens = |i: &usize| match flat.kind(*i) {
        "use_wildcard" => true,
        "macro_invocation" => is_item(*i),
        _ => false,
    };
    flat.below(module).any(|i| opens(&i) && module_of(file, i) == module)
}

fn is_name(kind: &str) -> bool {
    matches!(
        kind,
        "identifier"
            | "type_identifier"
            | "shorthand_property_identifier"
            | "shorthand_property_identifier_pattern"
            | "shorthand_field_identifier"
    )
}

enum Role {
    /// The node in which the name is known
    Binds(usize),
    Uses,
    Neither,
}

fn role(file: &File, index: usize) -> Role {
    match file.language {
        Some(Language::Python) => in_python(file, index),
        Some(Language::Rust) => in_rust(file, index),
        _ => in_ecmascript(file, index),
    }
}

/// The node in which a binding at this place is known: the nearest function, class or module; with `whole`, blocks are
/// skipped.
fn scope(file: &File, index: usize, whole: bool) -> usize {
    let flat = file.flat();
    let language = file.language;
    let holds = |i: &usize| match flat.kind(*i) {
        "function_definition" | "class_definition" | "lambda" => language == Some(Language::Python),
        "function_item" | "mod_item" | "closure_expression" => true,
        "function_declaration"
        | "function_expression"
        | "generator_function"
        | "generator_function_declaration"
        | "arrow_function"
        | "method_definition" => true,
        "block" | "statement_block" | "for_statement" | "for_in_statement" | "switch_body" => !whole,
        _ => false,
    };
    flat.above(index).find(holds).unwrap_or(0)
}

/// The names of the items that contain a scope.
fn place(file: &File, scope: usize) -> String {
    let names = std::iter::once(scope).chain(file.flat().above(scope)).filter_map(|i| {
        let name = match file.flat().kind(i) {
            "impl_item" => file.field_text(i, "type"),
            "pair" => file.field_text(i, "key"),
            "assignment_expression" => file.field_text(i, "left"),
            _ => file.field_text(i, "name"),
        };
        (!name.is_empty()).then_some(name)
    });
    names.collect::<Vec<_>>().join("<")
}

fn in_ecmascript(file: &File, index: usize) -> Role {
    let flat = file.flat();
    let node = flat.node(index);
    let parent = flat.node(node.parent);
    if node.kind == "shorthand_property_identifier_pattern" || ecmascript::binds(parent.kind, node.field) {
        let outer = match parent.kind {
            // A declaration is known in the scope around it, not only inside itself
            "function_declaration"
            | "generator_function_declaration"
            | "class_declaration"
            | "abstract_class_declaration"
            | "function_signature" => scope(file, node.parent, false),
            "class" | "function_expression" => node.parent,
            _ => {
                let hoisted = flat
                    .above(index)
                    .find(|i| {
                        !matches!(
                            flat.kind(*i),
                            "variable_declarator"
                                | "object_pattern"
                                | "array_pattern"
                                | "pair_pattern"
                                | "rest_pattern"
                                | "object_assignment_pattern"
                                | "assignment_pattern"
                        )
                    })
                    .is_some_and(|i| flat.kind(i) == "variable_declaration");
                let parameter = matches!(parent.kind, "arrow_function" | "catch_clause");
                if parameter { node.parent } else { scope(file, index, hoisted) }
            }
        };
        return Role::Binds(outer);
    }
    match ecmascript::is_use(file, index) {
        Some(true) => Role::Uses,
        _ => Role::Neither,
    }
}

fn in_python(file: &File, index: usize) -> Role {
    let flat = file.flat();
    let node = flat.node(index);
    let parent = flat.node(node.parent);
    match super::python::role(file, index, parent.kind, node.field) {
        super::python::Role::Binds if parent.kind == "global_statement" => Role::Binds(0),
        super::python::Role::Binds => {
            let from = if matches!(parent.kind, "function_definition" | "class_definition") {
                node.parent
            } else {
                index
            };
            Role::Binds(scope(file, from, true))
        }
        super::python::Role::Uses => Role::Uses,
        super::python::Role::Neither => Role::Neither,
    }
}

fn in_rust(file: &File, index: usize) -> Role {
    let flat = file.flat();
    let node = flat.node(index);
    let parent = flat.node(node.parent);
    let text = file.text_of(index);
    let upper = text.starts_with(char::is_uppercase);
    let after = file.text.get(node.end..).unwrap_or_default();
    let follows = |what: &str| after.starts_with(what);
    match parent.kind {
        "token_tree" | "token_tree_pattern" => {
            let before = file.slice(node.start.saturating_sub(2), node.start);
            if before.ends_with("::")
                || before.ends_with('.')
                || before.ends_with('$')
                || before.ends_with('\'')
            {
                return Role::Neither;
            }
            // A macro may define the name, unless an import brings it too; a macro's own definition does not count
            if super::rust::in_item_macro(file, index) && !in_derive(file, index) {
                return Role::Neither;
            }
            if upper && text.len() > 1 || follows("::") || follows("(") || follows("!") {
                Role::Uses
            } else {
                Role::Neither
            }
        }
        _ if super::rust::within_use(file, index) => Role::Neither,
        "attribute" => Role::Neither,
        "scoped_identifier" | "scoped_type_identifier" => {
            let leads = node.field == "path" || flat.field(node.parent, "path").is_none();
            if leads { Role::Uses } else { Role::Neither }
        }
        "macro_invocation" => Role::Uses,
        "type_binding" | "enum_variant" | "field_declaration" | "field_initializer" => {
            if node.field == "name" { Role::Neither } else { Role::Uses }
        }
        "type_parameter" | "type_parameters" | "constrained_type_parameter" | "const_parameter"
            if node.field == "name" || node.field == "left" || node.field.is_empty() =>
        {
            Role::Binds(
                flat.node(flat.above(index).find(|i| flat.kind(*i) == "type_parameters").unwrap_or(0)).parent,
            )
        }
        _ if node.field == "name" && parent.kind != "struct_expression" => {
            // Members of a trait or an impl are not names of their own
            let member = flat
                .above(node.parent)
                .find(|i| {
                    matches!(flat.kind(*i), "impl_item" | "trait_item" | "block" | "mod_item" | "source_file")
                })
                .is_some_and(|i| matches!(flat.kind(i), "impl_item" | "trait_item"));
            if member { Role::Neither } else { Role::Binds(scope(file, node.parent, false)) }
        }
        "call_expression" | "generic_function" if node.field == "function" => Role::Uses,
        _ if node.kind == "type_identifier" || upper => Role::Uses,
        // A variable, or what one is called
        "let_declaration"
        | "parameter"
        | "closure_parameters"
        | "tuple_pattern"
        | "tuple_struct_pattern"
        | "captured_pattern"
        | "ref_pattern"
        | "mut_pattern"
        | "match_pattern"
        | "or_pattern"
        | "field_pattern"
        | "slice_pattern"
        | "for_expression"
        | "let_condition"
        | "reference_pattern"
            if matches!(node.field, "pattern" | "") =>
        {
            Role::Binds(scope(file, index, true))
        }
        _ => Role::Neither,
    }
}

fn in_derive(file: &File, index: usize) -> bool {
    let attribute = file.flat().above(index).find(|i| file.flat().kind(*i) == "attribute");
    attribute.is_some_and(|attribute| {
        let text = file.text_of(attribute);
        text.starts_with("derive") || text.starts_with("cfg_attr") && text.contains("derive(")
    }) && !matches!(file.text_of(index), "Debug" | "Hash")
}
