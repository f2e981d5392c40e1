//! The outline of a Rust file.
//!
//! `mod name;` is an import; callers find out which file it means. Items in functions, and those that a macro
//! creates, are left out. It leaves `exports` empty, because `pub` exports.

use tree_sitter::Node;

use crate::source::Source;
use crate::symbols::{
    Arity, Import, ImportKind, ImportedName, Outline, Symbol, SymbolKind, count, end_line, line,
};
use crate::walk::{VisitStep, Words, children, visit};

/// Items of modules nested more deeply than this are not listed.
const MAX_MODULES: usize = 8;

pub(crate) fn outline(source: &Source<'_>) -> Outline {
    let mut reader = Reader { source, out: Outline::default() };
    let mut pending = vec![(source.root(), None, 0)];
    while let Some((list, container, depth)) = pending.pop() {
        for item in children(list) {
            if let Some(inner) = reader.item(item, container.as_deref())
                && depth < MAX_MODULES
            {
                pending.push((inner.0, Some(inner.1), depth + 1));
            }
        }
    }
    reader.uses();
    reader.out.symbols.sort_by_key(|symbol| symbol.line);
    reader.out
}

struct Reader<'s, 't> {
    source: &'s Source<'t>,
    out: Outline,
}

impl Reader<'_, '_> {
    fn text(&self, node: Node<'_>) -> String {
        self.source.text_of(node).to_string()
    }

    /// Records an item; returns the list inside of it that must be read too.
    fn item<'n>(&mut self, node: Node<'n>, container: Option<&str>) -> Option<(Node<'n>, String)> {
        let kind = match node.kind() {
            "function_item" | "function_signature_item" if container.is_none() => SymbolKind::Function,
            "function_item" | "function_signature_item" => {
                let method = node.child_by_field_name("parameters").is_some_and(|parameters| {
                    children(parameters).first().is_some_and(|first| first.kind() == "self_parameter")
                });
                if method { SymbolKind::Method } else { SymbolKind::Function }
            }
            "struct_item" | "union_item" => SymbolKind::Struct,
            "enum_item" => SymbolKind::Enum,
            "trait_item" => SymbolKind::Trait,
            "type_item" | "associated_type" => SymbolKind::Type,
            "const_item" => SymbolKind::Constant,
            "static_item" => SymbolKind::Variable,
            "mod_item" => SymbolKind::Module,
            "macro_definition" => SymbolKind::Macro,
            "impl_item" => {
                let name = node.child_by_field_name("type").map(|t| self.text(t))?;
                let name = name.split('<').next().unwrap_or_default().trim().to_string();
                return Some((node.child_by_field_name("body")?, name));
            }
            _ => return None,
        };
        let name = self.text(node.child_by_field_name("name")?);
        let public = children(node).iter().any(|child| child.kind() == "visibility_modifier");
        self.out.symbols.push(Symbol {
            name: name.clone(),
            kind,
            line: line(node),
            end_line: end_line(node),
            exported: public || (kind == SymbolKind::Macro && self.is_exported_macro(node)),
            arity: self.arity(node),
            container: container.map(str::to_string),
        });
        let body = node.child_by_field_name("body");
        match (kind, body) {
            (SymbolKind::Module | SymbolKind::Trait, Some(body)) => Some((body, name)),
            (SymbolKind::Module, None) => {
                self.out.imports.push(Import {
                    module: name,
                    names: Vec::new(),
                    alias: None,
                    line: line(node),
                    kind: ImportKind::Mod,
                    conditional: self.has_attribute(node, "cfg") || self.has_attribute(node, "path"),
                });
                None
            }
            _ => None,
        }
    }

    fn has_attribute(&self, node: Node<'_>, name: &str) -> bool {
        let mut before = node.prev_sibling();
        while let Some(sibling) = before.filter(|s| s.kind() == "attribute_item" || s.is_extra()) {
            if self.source.text_of(sibling).trim_start_matches(['#', '[', ' ']).starts_with(name) {
                return true;
            }
            before = sibling.prev_sibling();
        }
        false
    }

    fn is_exported_macro(&self, node: Node<'_>) -> bool {
        self.has_attribute(node, "macro_export")
    }

    fn arity(&self, node: Node<'_>) -> Option<Arity> {
        let parameters = children(node.child_by_field_name("parameters")?);
        let variadic = parameters.iter().any(|p| p.kind() == "variadic_parameter");
        let n =
            parameters.iter().filter(|p| !matches!(p.kind(), "self_parameter" | "attribute_item")).count();
        Some(Arity { required: count(n), max: (!variadic).then_some(count(n)) })
    }

    fn uses(&mut self) {
        let mut uses = Vec::new();
        let words = Words::of(self.source.text(), &["use", "extern"]);
        visit(self.source.root(), |node, depth| match node.kind() {
            "use_declaration" | "extern_crate_declaration" => {
                uses.push((node, depth));
                VisitStep::Over
            }
            "function_item" | "impl_item" | "trait_item" | "mod_item" | "macro_definition" => {
                if words.are_in(node) { VisitStep::Into } else { VisitStep::Over }
            }
            _ => VisitStep::Into,
        });
        for (node, depth) in uses {
            let conditional = depth > 1 || self.has_attribute(node, "cfg");
            if node.kind() == "extern_crate_declaration" {
                let Some(name) = node.child_by_field_name("name") else { continue };
                let alias = node.child_by_field_name("alias").map(|a| self.text(a));
                self.push(self.text(name), Vec::new(), alias, node, ImportKind::ExternCrate, conditional);
                continue;
            }
            let Some(argument) = node.child_by_field_name("argument") else { continue };
            let mut pending = vec![(argument, String::new())];
            while let Some((part, prefix)) = pending.pop() {
                self.use_part(part, &prefix, conditional, &mut pending);
            }
        }
        self.out.imports.sort_by_key(|import| import.line);
    }

    fn use_part<'n>(
        &mut self,
        part: Node<'n>,
        prefix: &str,
        conditional: bool,
        pending: &mut Vec<(Node<'n>, String)>,
    ) {
        let path = |node: Node<'_>| join(prefix, self.source.text_of(node));
        match part.kind() {
            "scoped_use_list" => {
                let inner = part.child_by_field_name("path").map_or_else(|| prefix.to_string(), path);
                if let Some(list) = part.child_by_field_name("list") {
                    pending.push((list, inner));
                }
            }
            "use_list" => {
                pending.extend(children(part).into_iter().rev().map(|child| (child, prefix.to_string())))
            }
            "use_wildcard" => {
                let module = children(part).first().map_or_else(|| prefix.to_string(), |p| path(*p));
                let name = ImportedName { name: "*".into(), alias: None, line: line(part) };
                self.push(module, vec![name], None, part, ImportKind::Static, conditional);
            }
            "use_as_clause" => {
                let alias = part.child_by_field_name("alias").map(|a| self.text(a));
                if let Some(of) = part.child_by_field_name("path") {
                    let full = path(of);
                    self.use_one(&full, alias, part, conditional);
                }
            }
            _ => {
                let full = path(part);
                self.use_one(&full, None, part, conditional);
            }
        }
    }

    fn use_one(&mut self, full: &str, alias: Option<String>, node: Node<'_>, conditional: bool) {
        match full.rsplit_once("::") {
            // The import `use a::b::{self}` brings `b`, from `a`
            Some((module, "self")) => match module.rsplit_once("::") {
                Some((outer, name)) => {
                    let name = ImportedName { name: name.to_string(), alias, line: line(node) };
                    self.push(outer.to_string(), vec![name], None, node, ImportKind::Static, conditional);
                }
                None => {
                    self.push(module.to_string(), Vec::new(), alias, node, ImportKind::Static, conditional)
                }
            },
            Some((module, name)) => {
                let name = ImportedName { name: name.to_string(), alias, line: line(node) };
                self.push(module.to_string(), vec![name], None, node, ImportKind::Static, conditional);
            }
            None => self.push(full.to_string(), Vec::new(), alias, node, ImportKind::Static, conditional),
        }
    }

    fn push(
        &mut self,
        module: String,
        names: Vec<ImportedName>,
        alias: Option<String>,
        node: Node<'_>,
        kind: ImportKind,
        conditional: bool,
    ) {
        self.out.imports.push(Import { module, names, alias, line: line(node), kind, conditional });
    }
}

fn join(prefix: &str, path: &str) -> String {
    let path: String = path.split_whitespace().collect();
    if prefix.is_empty() { path } else { format!("{prefix}::{path}") }
}
