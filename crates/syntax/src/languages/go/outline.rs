//! The outline of a Go file.
//!
//! It lists only declarations of the top level. It does not know the name of an imported package without an alias, and
//! leaves `exports` empty, because a capital letter exports.

use tree_sitter::Node;

use crate::source::Source;
use crate::symbols::{Arity, Import, ImportKind, Outline, Symbol, SymbolKind, count, end_line, line};
use crate::walk::{VisitStep, children, visit};

pub(crate) fn outline(source: &Source<'_>) -> Outline {
    let mut out = Outline::default();
    let text = |node: Node<'_>| source.text_of(node).to_string();
    for node in children(source.root()) {
        match node.kind() {
            "function_declaration" => {
                if let Some(name) = node.child_by_field_name("name") {
                    push(&mut out, text(name), SymbolKind::Function, node, arity(node), None);
                }
            }
            "method_declaration" => {
                let receiver = node
                    .child_by_field_name("receiver")
                    .map(|r| receiver_type(source.text_of(r)))
                    .filter(|r| !r.is_empty());
                if let Some(name) = node.child_by_field_name("name") {
                    push(&mut out, text(name), SymbolKind::Method, node, arity(node), receiver);
                }
            }
            "type_declaration" => {
                for spec in children(node) {
                    let kind = match spec.child_by_field_name("type").map(|t| t.kind()) {
                        Some("struct_type") => SymbolKind::Struct,
                        Some("interface_type") => SymbolKind::Interface,
                        _ => SymbolKind::Type,
                    };
                    if let Some(name) = spec.child_by_field_name("name") {
                        push(&mut out, text(name), kind, spec, None, None);
                    }
                }
            }
            "const_declaration" | "var_declaration" => {
                let kind = if node.kind() == "const_declaration" {
                    SymbolKind::Constant
                } else {
                    SymbolKind::Variable
                };
                visit(node, |spec, _| match spec.kind() {
                    "const_spec" | "var_spec" => {
                        let mut cursor = spec.walk();
                        for name in spec.children_by_field_name("name", &mut cursor) {
                            if name.kind() == "identifier" {
                                push(&mut out, text(name), kind, spec, None, None);
                            }
                        }
                        VisitStep::Over
                    }
                    _ => VisitStep::Into,
                });
            }
            "import_declaration" => visit(node, |spec, _| {
                if spec.kind() != "import_spec" {
                    return VisitStep::Into;
                }
                if let Some(path) = spec.child_by_field_name("path") {
                    out.imports.push(Import {
                        module: text(path).trim_matches(['"', '`']).to_string(),
                        names: Vec::new(),
                        alias: spec.child_by_field_name("name").map(text),
                        line: line(spec),
                        kind: ImportKind::Static,
                        conditional: false,
                    });
                }
                VisitStep::Over
            }),
            _ => {}
        }
    }
    out
}

fn push(
    out: &mut Outline,
    name: String,
    kind: SymbolKind,
    node: Node<'_>,
    arity: Option<Arity>,
    container: Option<String>,
) {
    out.symbols.push(Symbol {
        exported: name.chars().next().is_some_and(char::is_uppercase),
        name,
        kind,
        line: line(node),
        end_line: end_line(node),
        arity,
        container,
    });
}

/// `(s *Server[T])` is a method of `Server`.
fn receiver_type(receiver: &str) -> String {
    let inner = receiver.trim_matches(['(', ')']);
    let last = inner.split('[').next().unwrap_or_default().split_whitespace().last().unwrap_or_default();
    last.trim_start_matches('*').to_string()
}

fn arity(function: Node<'_>) -> Option<Arity> {
    let mut n = 0;
    let mut variadic = false;
    for parameter in children(function.child_by_field_name("parameters")?) {
        if parameter.kind() == "variadic_parameter_declaration" {
            variadic = true;
            continue;
        }
        let mut cursor = parameter.walk();
        n += parameter.children_by_field_name("name", &mut cursor).filter(|c| c.is_named()).count().max(1);
    }
    Some(Arity { required: count(n), max: (!variadic).then_some(count(n)) })
}
