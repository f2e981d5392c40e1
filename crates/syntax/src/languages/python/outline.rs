//! The outline of a Python file.
//!
//! Definitions under `if` and `try` belong to the module; those in functions are left out. A `*` import or
//! `__getattr__` makes it `open`. It does not read `__all__`, and leaves `exports` empty.

use tree_sitter::Node;

use crate::source::Source;
use crate::symbols::{
    Arity, Import, ImportKind, ImportedName, Outline, Symbol, SymbolKind, count, end_line, line,
};
use crate::walk::{VisitStep, Words, children, visit};

pub(crate) fn outline(source: &Source<'_>) -> Outline {
    let mut reader = Reader { source, out: Outline::default() };
    // Definitions under `if` and `try` at the top level belong to the module too
    let mut pending: Vec<Node<'_>> = children(source.root());
    pending.reverse();
    while let Some(node) = pending.pop() {
        match node.kind() {
            "if_statement" | "try_statement" | "with_statement" | "else_clause" | "elif_clause"
            | "except_clause" | "finally_clause" | "block" | "for_statement" | "while_statement" => {
                pending.extend(children(node).into_iter().rev());
            }
            _ => reader.statement(node, None),
        }
    }
    reader.imports();
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

    fn symbol(
        &mut self,
        name: String,
        kind: SymbolKind,
        node: Node<'_>,
        arity: Option<Arity>,
        container: Option<&str>,
    ) {
        self.out.open |= name == "__getattr__" && container.is_none();
        self.out.symbols.push(Symbol {
            exported: !name.starts_with('_') || (name.starts_with("__") && name.ends_with("__")),
            name,
            kind,
            line: line(node),
            end_line: end_line(node),
            arity,
            container: container.map(str::to_string),
        });
    }

    fn statement(&mut self, node: Node<'_>, container: Option<&str>) {
        match node.kind() {
            "decorated_definition" => {
                if let Some(definition) = node.child_by_field_name("definition") {
                    let first = self.out.symbols.len();
                    self.statement(definition, container);
                    // A decorator may change how a function is called
                    if let Some(symbol) = self.out.symbols.get_mut(first)
                        && symbol.kind != SymbolKind::Class
                    {
                        symbol.arity = None;
                    }
                }
            }
            "function_definition" => {
                let Some(name) = node.child_by_field_name("name") else { return };
                let kind = if container.is_some() { SymbolKind::Method } else { SymbolKind::Function };
                let arity = self.arity(node, container.is_some());
                self.symbol(self.text(name), kind, node, arity, container);
            }
            "class_definition" => {
                let Some(name) = node.child_by_field_name("name").map(|n| self.text(n)) else { return };
                self.symbol(name.clone(), SymbolKind::Class, node, None, container);
                if container.is_none()
                    && let Some(body) = node.child_by_field_name("body")
                {
                    for member in children(body) {
                        self.statement(member, Some(&name));
                    }
                }
            }
            "expression_statement" => {
                for assignment in children(node).into_iter().filter(|c| c.kind() == "assignment") {
                    self.assignment(assignment, container);
                }
            }
            "type_alias_statement" => {
                if let Some(left) = node.child_by_field_name("left") {
                    self.symbol(self.text(left), SymbolKind::Type, node, None, container);
                }
            }
            _ => {}
        }
    }

    fn assignment(&mut self, node: Node<'_>, container: Option<&str>) {
        let Some(left) = node.child_by_field_name("left") else { return };
        let targets = match left.kind() {
            "identifier" => vec![left],
            "pattern_list" | "tuple_pattern" => children(left),
            _ => Vec::new(),
        };
        for target in targets.into_iter().filter(|t| t.kind() == "identifier") {
            let name = self.text(target);
            let constant = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            let kind = if constant { SymbolKind::Constant } else { SymbolKind::Variable };
            self.symbol(name, kind, node, None, container);
        }
    }

    fn arity(&self, function: Node<'_>, method: bool) -> Option<Arity> {
        let parameters = children(function.child_by_field_name("parameters")?);
        let (mut required, mut max, mut rest) = (0, 0, false);
        let mut keyword_only = false;
        for parameter in &parameters {
            let inner = children(*parameter).first().map_or("", |n| n.kind());
            match (parameter.kind(), inner) {
                ("list_splat_pattern", _) | ("typed_parameter", "list_splat_pattern") => {
                    rest = true;
                    keyword_only = true;
                }
                ("dictionary_splat_pattern", _) | ("typed_parameter", "dictionary_splat_pattern") => {
                    rest = true
                }
                ("keyword_separator", _) => keyword_only = true,
                ("positional_separator", _) => {}
                ("default_parameter" | "typed_default_parameter", _) => max += 1,
                _ => {
                    max += 1;
                    required += 1;
                }
            }
        }
        if keyword_only {
            // Callers pass them by name, so positions do not matter
            rest = true;
        }
        let receiver = usize::from(method);
        Some(Arity {
            required: count(usize::saturating_sub(required, receiver)),
            max: (!rest).then_some(count(usize::saturating_sub(max, receiver))),
        })
    }

    fn imports(&mut self) {
        let mut found = Vec::new();
        // Imports before this byte are conditional: it is the end of the outermost `try`, `if`, `with`, function or
        // class
        let mut conditional_until = 0;
        let words = Words::of(self.source.text(), &["import"]);
        visit(self.source.root(), |node, _| match node.kind() {
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                found.push((node, node.start_byte() < conditional_until));
                VisitStep::Over
            }
            "try_statement"
            | "if_statement"
            | "function_definition"
            | "class_definition"
            | "with_statement" => {
                conditional_until = conditional_until.max(node.end_byte());
                if words.are_in(node) { VisitStep::Into } else { VisitStep::Over }
            }
            "expression_statement" | "return_statement" => VisitStep::Over,
            _ => VisitStep::Into,
        });
        for (node, conditional) in found {
            self.import(node, conditional);
        }
    }

    fn import(&mut self, node: Node<'_>, conditional: bool) {
        let mut cursor = node.walk();
        let named: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
        let module = match node.kind() {
            "import_from_statement" => node.child_by_field_name("module_name").map(|m| self.text(m)),
            "future_import_statement" => Some("__future__".to_string()),
            _ => None,
        };
        let kind = if conditional && self.under_type_checking(node) {
            ImportKind::TypeOnly
        } else {
            ImportKind::Static
        };
        let base = Import {
            module: String::new(),
            names: Vec::new(),
            alias: None,
            line: line(node),
            kind,
            conditional,
        };
        let source = self.source;
        let text = |node: Node<'_>| source.text_of(node).to_string();
        let split = |part: Node<'_>| match part.kind() {
            "aliased_import" => (
                part.child_by_field_name("name").map(text).unwrap_or_default(),
                part.child_by_field_name("alias").map(text),
            ),
            _ => (text(part), None),
        };
        match module {
            None => {
                for part in named {
                    let (module, alias) = split(part);
                    self.out.imports.push(Import { module, alias, ..base.clone() });
                }
            }
            Some(module) => {
                let mut names: Vec<ImportedName> = named
                    .into_iter()
                    .map(|part| {
                        let (name, alias) = split(part);
                        ImportedName { name, alias, line: line(part) }
                    })
                    .collect();
                if children(node).iter().any(|child| child.kind() == "wildcard_import") {
                    self.out.open = true;
                    names.push(ImportedName { name: "*".into(), alias: None, line: line(node) });
                }
                let module = module.split_whitespace().collect();
                self.out.imports.push(Import { module, names, ..base });
            }
        }
    }

    fn under_type_checking(&self, node: Node<'_>) -> bool {
        let mut at = node.parent();
        for _ in 0..4 {
            let Some(parent) = at else { return false };
            if parent.kind() == "if_statement" {
                return parent
                    .child_by_field_name("condition")
                    .is_some_and(|c| self.source.text_of(c).ends_with("TYPE_CHECKING"));
            }
            at = parent.parent();
        }
        false
    }
}
