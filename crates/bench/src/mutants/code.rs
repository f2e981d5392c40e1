//! A source file for mutants: its functions, the lines that the change wrote, and edits that make it wrong.
//!
//! The kinds of mutants use it, and it uses `syntax`. It chooses nothing, draws nothing and makes no mutant:
//! `mutants` picks and applies the edits. A file that cannot be parsed gives no edits.

use std::collections::HashSet;
use std::ops::Range;

use syntax::{Language, Node, Source, VisitStep, visit};

/// One replacement in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub range: Range<usize>,
    pub with: String,
    /// What the edit does, in words, with its place.
    pub what: String,
}

impl Edit {
    pub fn apply(&self, text: &str) -> String {
        let before = text.get(..self.range.start).unwrap_or_default();
        let after = text.get(self.range.end..).unwrap_or_default();
        format!("{before}{}{after}", self.with)
    }
}

/// A function with a body, as byte ranges.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub name: String,
    pub range: Range<usize>,
    /// The body with its braces, if it has any.
    pub body: Range<usize>,
    /// Ranges of its statements.
    pub statements: Vec<Range<usize>>,
    /// The names of its parameters that are plain identifiers.
    pub parameters: Vec<String>,
}

/// A parsed source file.
pub(super) struct Code<'t> {
    pub path: &'t str,
    pub text: &'t str,
    pub language: Language,
    pub source: Source<'t>,
    /// For each line, from 0: whether the change wrote it.
    written: Vec<bool>,
}

impl<'t> Code<'t> {
    /// Parses a file; `None` if it cannot be parsed.
    pub fn new(path: &'t str, text: &'t str, base: Option<&str>, language: Language) -> Option<Code<'t>> {
        let source = Source::parse(language, text).ok()?;
        if source.root().has_error() || source.is_deep() {
            return None;
        }
        let old: HashSet<&str> = base.unwrap_or_default().lines().map(str::trim).collect();
        let written = text.lines().map(|line| !old.contains(line.trim())).collect();
        Some(Code { path, text, language, source, written })
    }

    pub fn is_python(&self) -> bool {
        self.language == Language::Python
    }

    pub fn is_rust(&self) -> bool {
        self.language == Language::Rust
    }

    pub fn is_js(&self) -> bool {
        self.language.is_ecmascript()
    }

    pub fn is_typed_js(&self) -> bool {
        matches!(self.language, Language::TypeScript | Language::Tsx)
    }

    /// 1 if the change wrote a line of the edited range, otherwise 2.
    pub fn rank(&self, edit: &Edit) -> usize {
        let rows =
            self.row(edit.range.start)..=self.row(edit.range.end.saturating_sub(1).max(edit.range.start));
        if rows.into_iter().any(|row| self.written.get(row).copied().unwrap_or_default()) { 1 } else { 2 }
    }

    pub fn row(&self, byte: usize) -> usize {
        self.text.get(..byte).map_or(0, |before| before.bytes().filter(|b| *b == b'\n').count())
    }

    pub fn edit(&self, range: Range<usize>, with: impl Into<String>, what: &str) -> Edit {
        let with = with.into();
        let line = self.row(range.start) + 1;
        Edit { what: format!("{}:{line}: {what}", self.path), range, with }
    }

    /// An edit that is described by the old and the new text.
    pub fn turn(&self, range: Range<usize>, with: impl Into<String>) -> Edit {
        let with = with.into();
        let short = |text: &str| {
            text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(40).collect::<String>()
        };
        let what = format!("`{}` as `{}`", short(self.slice(&range)), short(&with));
        self.edit(range, with, &what)
    }

    /// Removes a range, with its whole line if nothing else is on it.
    pub fn without(&self, range: Range<usize>, what: &str) -> Edit {
        self.edit(self.whole_lines(range), "", what)
    }

    /// The range, extended by indentation and line end if nothing else is on its lines.
    pub fn whole_lines(&self, range: Range<usize>) -> Range<usize> {
        let start = self.line_start(range.start);
        let alone_before = self.slice(&(start..range.start)).trim().is_empty();
        let rest = self.text.get(range.end..).unwrap_or_default();
        let end_of_line = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let alone_after =
            rest.get(..end_of_line).unwrap_or_default().trim().trim_matches([';', ',']).is_empty();
        if alone_before && alone_after { start..range.end + end_of_line } else { range }
    }

    pub fn slice(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    pub fn line_start(&self, byte: usize) -> usize {
        self.text.get(..byte).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
    }

    /// The indentation of the line at a byte.
    pub fn indent(&self, byte: usize) -> &'t str {
        let line = self.text.get(self.line_start(byte)..).unwrap_or_default();
        line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    /// Visits the nodes that run, without types, imports, attributes and comments.
    pub fn running(&self, mut each: impl FnMut(Node<'_>)) {
        visit(self.source.root(), |node, _| {
            let kind = node.kind();
            if kind.starts_with("import")
                || kind.contains("comment")
                || kind.contains("type_annotation")
                || matches!(
                    kind,
                    "use_declaration"
                        | "attribute_item"
                        | "inner_attribute_item"
                        | "future_import_statement"
                        | "type_alias_declaration"
                        | "interface_declaration"
                        | "type_arguments"
                        | "type_parameters"
                        | "generic_type"
                        | "literal_type"
                        | "type"
                        | "decorator"
                        | "type_item"
                )
                || self.is_inline_test(node)
            {
                return VisitStep::Over;
            }
            each(node);
            VisitStep::Into
        });
    }

    /// Rust's `mod tests`.
    fn is_inline_test(&self, node: Node<'_>) -> bool {
        let named = |node: Node<'_>| node.child_by_field_name("name").map(|name| self.source.text_of(name));
        self.is_rust() && node.kind() == "mod_item" && matches!(named(node), Some("test" | "tests"))
    }

    pub fn each(&self, mut each: impl FnMut(Node<'_>)) {
        visit(self.source.root(), |node, _| {
            each(node);
            VisitStep::Into
        });
    }

    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        self.running(|node| {
            let value = match node.kind() {
                "function_declaration"
                | "generator_function_declaration"
                | "method_definition"
                | "function_definition"
                | "function_item"
                | "method_declaration" => Some(node),
                "variable_declarator" | "pair" | "assignment_expression" => node
                    .child_by_field_name("value")
                    .or_else(|| node.child_by_field_name("right"))
                    .filter(|value| matches!(value.kind(), "arrow_function" | "function_expression")),
                _ => None,
            };
            let Some(value) = value else { return };
            let name = ["name", "key", "left"].iter().find_map(|field| node.child_by_field_name(field));
            let (Some(name), Some(body)) = (name, value.child_by_field_name("body")) else { return };
            if !matches!(body.kind(), "block" | "statement_block") {
                return;
            }
            let mut cursor = body.walk();
            let mut statements: Vec<Range<usize>> = body
                .named_children(&mut cursor)
                .filter(|child| !child.kind().contains("comment"))
                .map(|child| child.byte_range())
                .collect();
            let is_text = |range: &Range<usize>| {
                self.slice(range).starts_with(['"', '\'', 'r']) && self.slice(range).contains("\"\"\"")
            };
            if self.is_python() && statements.first().is_some_and(is_text) {
                statements.remove(0);
            }
            // A declaration for type checkers: its body never runs
            let declares = |range: &Range<usize>| self.is_python() && self.slice(range) == "...";
            if statements.len() == 1 && statements.iter().any(declares) {
                return;
            }
            found.push(Function {
                name: self.source.text_of(name).rsplit('.').next().unwrap_or_default().to_string(),
                range: node.byte_range(),
                body: body.byte_range(),
                statements,
                parameters: self.parameters(value),
            });
        });
        found
    }

    fn parameters(&self, function: Node<'_>) -> Vec<String> {
        let Some(list) =
            function.child_by_field_name("parameters").or_else(|| function.child_by_field_name("parameter"))
        else {
            return Vec::new();
        };
        let mut cursor = list.walk();
        list.named_children(&mut cursor)
            .filter(|child| !child.kind().contains("comment") && child.kind() != "self_parameter")
            .map(|child| {
                let name =
                    ["pattern", "name", "left"].iter().find_map(|field| child.child_by_field_name(field));
                let text = self.source.text_of(name.unwrap_or(child));
                text.split([':', '=']).next().unwrap_or(text).trim().to_string()
            })
            .filter(|name| name != "self" && name != "cls")
            .collect()
    }

    /// The marker of a comment to the end of the line.
    pub fn comment(&self) -> &'static str {
        if self.is_python() { "#" } else { "//" }
    }
}

/// The named children of a node, without comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.kind().contains("comment")).collect()
}
