//! Where a name may mean something else, or may fail on purpose. It judges nothing.

use crate::code::file::File;

/// Whether something besides the import binds the name.
pub(super) fn is_hidden(file: &File, name: &str) -> bool {
    let flat = file.flat();
    let imports = file
        .outline()
        .imports
        .iter()
        .filter(|i| i.alias.as_deref() == Some(name) || i.names.iter().any(|n| n.local() == name))
        .count();
    imports > 1
        || flat.iter().any(|(index, node)| {
            matches!(node.kind, "identifier" | "shorthand_property_identifier_pattern")
                && file.text_of(index) == name
                && match flat.kind(node.parent) {
                    "variable_declarator"
                    | "function_declaration"
                    | "function_definition"
                    | "class_definition"
                    | "parameter_declaration"
                    | "var_spec"
                    | "const_spec"
                    | "default_parameter"
                    | "typed_default_parameter" => node.field == "name",
                    "assignment"
                    | "for_statement"
                    | "for_in_clause"
                    | "augmented_assignment"
                    | "named_expression" => node.field == "left" || node.field == "name",
                    "parameters" | "lambda_parameters" | "formal_parameters" | "typed_parameter"
                    | "as_pattern_target" | "required_parameter" | "optional_parameter" | "pattern_list"
                    | "tuple_pattern" | "array_pattern" | "catch_clause" => node.field != "type",
                    "arrow_function" => node.field == "parameter",
                    "expression_list" => {
                        let list = flat.node(node.parent);
                        list.field == "left"
                            && matches!(flat.kind(list.parent), "short_var_declaration" | "range_clause")
                    }
                    _ => node.kind == "shorthand_property_identifier_pattern",
                }
        })
}

/// Whether the use may fail on purpose.
pub(super) fn is_tried(file: &File, index: usize) -> bool {
    let flat = file.flat();
    flat.above(index).any(|i| match flat.kind(i) {
        "try_statement" => file.text_of(i).contains("AttributeError") || file.text_of(i).contains("except:"),
        "if_statement" | "conditional_expression" | "ternary_expression" | "if_clause" => {
            let asks = file.slice(flat.node(i).start, flat.node(index).start.max(flat.node(i).start));
            ["hasattr", "version_info", "typeof", " in ", "getattr"].iter().any(|word| {
                asks.contains(word) || file.text_of(i).lines().next().is_some_and(|line| line.contains(word))
            })
        }
        _ => false,
    }) || file.slice(file.flat().node(index).end, file.flat().node(index).end + 2) == "?."
}
