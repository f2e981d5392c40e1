//! The outline of a TypeScript or JavaScript file.
//!
//! It lists symbols of the top level and of its classes; `require` and `import()` count anywhere. It resolves no
//! module, and does not list exports of CommonJS: such a file is `open`.

use tree_sitter::Node;

use crate::source::Source;
use crate::symbols::{
    Arity, Export, Import, ImportKind, ImportedName, Outline, Symbol, SymbolKind, count, end_line, line,
};
use crate::walk::{VisitStep, children, visit};

pub(crate) fn outline(source: &Source<'_>) -> Outline {
    let mut reader = Reader { source, out: Outline::default() };
    for statement in children(source.root()) {
        reader.statement(statement, false);
    }
    reader.calls_and_assignments();
    reader.out.imports.sort_by_key(|import| import.line);
    let exported: std::collections::BTreeSet<String> =
        reader.out.exports.iter().filter(|e| e.from.is_none()).map(|e| e.local.clone()).collect();
    for symbol in &mut reader.out.symbols {
        symbol.exported |= symbol.container.is_none() && exported.contains(&symbol.name);
    }
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

    fn field(&self, node: Node<'_>, field: &str) -> Option<String> {
        node.child_by_field_name(field).map(|n| self.text(n))
    }

    fn string(&self, node: Node<'_>) -> String {
        self.source.text_of(node).trim_matches(['"', '\'', '`']).to_string()
    }

    fn symbol(
        &mut self,
        name: String,
        kind: SymbolKind,
        node: Node<'_>,
        exported: bool,
        arity: Option<Arity>,
    ) {
        self.out.symbols.push(Symbol {
            name,
            kind,
            line: line(node),
            end_line: end_line(node),
            exported,
            arity,
            container: None,
        });
    }

    fn statement(&mut self, node: Node<'_>, exported: bool) {
        match node.kind() {
            "import_statement" => self.import(node),
            "export_statement" => self.export(node),
            "ambient_declaration" => {
                for child in children(node) {
                    self.statement(child, exported);
                }
            }
            "function_declaration" | "generator_function_declaration" | "function_signature" => {
                if let Some(name) = self.field(node, "name") {
                    let arity = self.arity(node);
                    self.symbol(name, SymbolKind::Function, node, exported, arity);
                }
            }
            "class_declaration" | "abstract_class_declaration" | "class" => {
                let name = self.field(node, "name").unwrap_or_else(|| "default".into());
                self.symbol(name.clone(), SymbolKind::Class, node, exported, None);
                self.methods(node, &name);
            }
            "interface_declaration" => self.named(node, SymbolKind::Interface, exported),
            "type_alias_declaration" => self.named(node, SymbolKind::Type, exported),
            "enum_declaration" => self.named(node, SymbolKind::Enum, exported),
            "internal_module" | "module" => self.named(node, SymbolKind::Module, exported),
            "expression_statement" => {
                for child in children(node).into_iter().filter(|c| c.kind() == "internal_module") {
                    self.named(child, SymbolKind::Module, exported);
                }
            }
            "lexical_declaration" | "variable_declaration" => {
                let constant = self.field(node, "kind").is_some_and(|kind| kind == "const");
                for declarator in children(node) {
                    self.declarator(declarator, constant, exported);
                }
            }
            _ => {}
        }
    }

    fn named(&mut self, node: Node<'_>, kind: SymbolKind, exported: bool) {
        if let Some(name) = self.field(node, "name") {
            let name = name.trim_matches(['"', '\'']).to_string();
            self.symbol(name, kind, node, exported, None);
        }
    }

    fn declarator(&mut self, node: Node<'_>, constant: bool, exported: bool) {
        let Some(name) = node.child_by_field_name("name") else { return };
        if name.kind() == "identifier" {
            let value = node.child_by_field_name("value");
            let (kind, arity) = match value.map(|v| (v, v.kind())) {
                Some((v, "arrow_function" | "function_expression" | "generator_function")) => {
                    (SymbolKind::Function, self.arity(v))
                }
                Some((_, "class")) => (SymbolKind::Class, None),
                _ if constant => (SymbolKind::Constant, None),
                _ => (SymbolKind::Variable, None),
            };
            let name = self.text(name);
            self.symbol(name, kind, node, exported, arity);
            return;
        }
        let mut names = Vec::new();
        visit(name, |inner, _| {
            if matches!(inner.kind(), "identifier" | "shorthand_property_identifier_pattern") {
                names.push(inner);
            }
            if inner.kind() == "assignment_pattern" && names.len() > 1_000 {
                VisitStep::Stop
            } else {
                VisitStep::Into
            }
        });
        let kind = if constant { SymbolKind::Constant } else { SymbolKind::Variable };
        for inner in names {
            let name = self.text(inner);
            self.symbol(name, kind, inner, exported, None);
        }
    }

    fn methods(&mut self, class: Node<'_>, name: &str) {
        let Some(body) = class.child_by_field_name("body") else { return };
        for member in children(body) {
            let (kind, arity) = match member.kind() {
                "method_definition" | "method_signature" | "abstract_method_signature" => {
                    (SymbolKind::Method, self.arity(member))
                }
                "field_definition" | "public_field_definition" => {
                    match member.child_by_field_name("value").filter(|v| v.kind() == "arrow_function") {
                        Some(value) => (SymbolKind::Method, self.arity(value)),
                        None => (SymbolKind::Variable, None),
                    }
                }
                _ => continue,
            };
            let field = if member.kind() == "field_definition" { "property" } else { "name" };
            let Some(member_name) = self.field(member, field) else { continue };
            let private = member_name.starts_with('#') || self.source.text_of(member).starts_with("private ");
            self.out.symbols.push(Symbol {
                name: member_name,
                kind,
                line: line(member),
                end_line: end_line(member),
                exported: !private,
                arity,
                container: Some(name.to_string()),
            });
        }
    }

    fn arity(&self, function: Node<'_>) -> Option<Arity> {
        if function.child_by_field_name("parameter").is_some() {
            return Some(Arity { required: 1, max: Some(1) });
        }
        let parameters = children(function.child_by_field_name("parameters")?);
        let (mut required, mut max) = (0, 0);
        let mut rest = false;
        for (at, parameter) in parameters.iter().enumerate() {
            let pattern = parameter.child_by_field_name("pattern");
            if pattern.is_some_and(|p| p.kind() == "this") {
                continue;
            }
            if parameter.kind() == "rest_pattern" || pattern.is_some_and(|p| p.kind() == "rest_pattern") {
                rest = true;
                continue;
            }
            max = at + 1;
            let optional = matches!(parameter.kind(), "optional_parameter" | "assignment_pattern")
                || parameter.child_by_field_name("value").is_some();
            if !optional {
                required = at + 1;
            }
        }
        if parameters
            .first()
            .and_then(|p| p.child_by_field_name("pattern"))
            .is_some_and(|p| p.kind() == "this")
        {
            required = required.saturating_sub(1);
            max = max.saturating_sub(1);
        }
        Some(Arity { required: count(required), max: (!rest).then_some(count(max)) })
    }

    fn import(&mut self, node: Node<'_>) {
        let type_only = has_token(node, "type");
        let kind = if type_only { ImportKind::TypeOnly } else { ImportKind::Static };
        let mut import = Import {
            module: String::new(),
            names: Vec::new(),
            alias: None,
            line: line(node),
            kind,
            conditional: false,
        };
        let name = |name: &str, alias: Option<String>, at: Node<'_>| ImportedName {
            name: name.to_string(),
            alias,
            line: line(at),
        };
        let mut module = node.child_by_field_name("source");
        for child in children(node) {
            match child.kind() {
                "import_require_clause" => {
                    module = child.child_by_field_name("source");
                    import.kind = ImportKind::Require;
                    import.alias = children(child).first().map(|c| self.text(*c));
                }
                "import_clause" => {
                    for part in children(child) {
                        match part.kind() {
                            "identifier" => import.names.push(name("default", Some(self.text(part)), part)),
                            "namespace_import" => {
                                import.alias = children(part).first().map(|c| self.text(*c));
                            }
                            "named_imports" => {
                                for one in
                                    children(part).into_iter().filter(|c| c.kind() == "import_specifier")
                                {
                                    if let Some(of) = self.field(one, "name") {
                                        let of = of.trim_matches(['"', '\'']).to_string();
                                        let alias = self.field(one, "alias");
                                        import.names.push(name(&of, alias, one));
                                    }
                                }
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(module) = module {
            import.module = self.string(module);
            self.out.imports.push(import);
        }
    }

    fn export(&mut self, node: Node<'_>) {
        let from = node.child_by_field_name("source").map(|s| self.string(s));
        let at = line(node);
        let is_default = has_token(node, "default");
        if let Some(declaration) = node.child_by_field_name("declaration") {
            let first = self.out.symbols.len();
            self.statement(declaration, true);
            let names: Vec<String> = self.out.symbols[first..]
                .iter()
                .filter(|s| s.container.is_none())
                .map(|s| s.name.clone())
                .collect();
            for local in names {
                let name = if is_default { "default".to_string() } else { local.clone() };
                self.out.exports.push(Export { name, local, from: None, line: at });
            }
            if is_default && self.out.symbols.len() == first {
                self.out.exports.push(Export {
                    name: "default".into(),
                    local: "default".into(),
                    from: None,
                    line: at,
                });
            }
            return;
        }
        if has_token(node, "=") {
            self.out.open = true;
            return;
        }
        if let Some(value) = node.child_by_field_name("value") {
            let local = if value.kind() == "identifier" { self.text(value) } else { "default".to_string() };
            if let ("arrow_function" | "function_expression", true) = (value.kind(), is_default) {
                let arity = self.arity(value);
                self.symbol("default".into(), SymbolKind::Function, value, true, arity);
            }
            self.out.exports.push(Export { name: "default".into(), local, from: None, line: at });
            return;
        }
        let mut names = Vec::new();
        let mut star = has_token(node, "*");
        for child in children(node) {
            match child.kind() {
                "namespace_export" => {
                    star = false;
                    if let Some(name) = children(child).first() {
                        names.push(ImportedName {
                            name: "*".into(),
                            alias: Some(self.string(*name)),
                            line: at,
                        });
                    }
                }
                "export_clause" => {
                    for one in children(child).into_iter().filter(|c| c.kind() == "export_specifier") {
                        if let Some(name) = self.field(one, "name") {
                            let clean = |s: String| s.trim_matches(['"', '\'']).to_string();
                            names.push(ImportedName {
                                name: clean(name),
                                alias: self.field(one, "alias").map(clean),
                                line: line(one),
                            });
                        }
                    }
                }
                _ => {}
            }
        }
        if star {
            names.push(ImportedName { name: "*".into(), alias: None, line: at });
        }
        for name in &names {
            self.out.exports.push(Export {
                name: name.local().to_string(),
                local: name.name.clone(),
                from: from.clone(),
                line: name.line,
            });
        }
        if let Some(module) = from {
            self.out.imports.push(Import {
                module,
                names: names.into_iter().filter(|n| n.name != "*").collect(),
                alias: None,
                line: at,
                kind: if has_token(node, "type") { ImportKind::TypeOnly } else { ImportKind::ReExport },
                conditional: false,
            });
        }
    }

    /// Finds `require("x")`, `import("x")`, and CommonJS exports at any place.
    fn calls_and_assignments(&mut self) {
        let root = self.source.root();
        let mut calls = Vec::new();
        let mut open = false;
        visit(root, |node, depth| {
            // A statement without these words contains none of the calls.
            if depth == 1 {
                let text = self.source.text_of(node);
                let may = ["import", "require", "exports"].iter().any(|word| text.contains(word));
                if !may || node.kind() == "import_statement" {
                    return VisitStep::Over;
                }
            }
            match node.kind() {
                "call_expression" => calls.push((node, depth)),
                "member_expression" => {
                    let text = self.source.text_of(node);
                    open = open || text == "module.exports" || text.starts_with("exports.");
                }
                _ => {}
            }
            VisitStep::Into
        });
        self.out.open |= open;
        for (call, depth) in calls {
            let Some(function) = call.child_by_field_name("function") else { continue };
            let kind = match (function.kind(), self.source.text_of(function)) {
                ("import", _) => ImportKind::Dynamic,
                ("identifier", "require") => ImportKind::Require,
                _ => continue,
            };
            let arguments = call.child_by_field_name("arguments").map(children).unwrap_or_default();
            let [module] = arguments.as_slice() else { continue };
            if module.kind() != "string" {
                continue;
            }
            let mut import = Import {
                module: self.string(*module),
                names: Vec::new(),
                alias: None,
                line: line(call),
                kind,
                // Program > declaration > declarator > call
                conditional: depth > 3,
            };
            if let Some(declarator) = call.parent().filter(|p| p.kind() == "variable_declarator")
                && let Some(pattern) = declarator.child_by_field_name("name")
            {
                match pattern.kind() {
                    "identifier" => import.alias = Some(self.text(pattern)),
                    "object_pattern" => import.names = self.pattern_names(pattern),
                    _ => {}
                }
            }
            self.out.imports.push(import);
        }
    }

    fn pattern_names(&self, pattern: Node<'_>) -> Vec<ImportedName> {
        let mut names = Vec::new();
        for part in children(pattern) {
            let (name, alias) = match part.kind() {
                "shorthand_property_identifier_pattern" => (Some(self.text(part)), None),
                "pair_pattern" => (
                    self.field(part, "key"),
                    part.child_by_field_name("value")
                        .filter(|v| v.kind() == "identifier")
                        .map(|v| self.text(v)),
                ),
                "object_assignment_pattern" => (self.field(part, "left"), None),
                _ => (None, None),
            };
            if let Some(name) = name {
                names.push(ImportedName { name, alias, line: line(part) });
            }
        }
        names
    }
}

fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| !child.is_named() && child.kind() == token)
}
