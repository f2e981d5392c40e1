//! Small wrong versions of a file (mutants): a test of its behaviour should notice them.
//!
//! It writes nothing: `wrong_versions` writes them into a slot, one at a time.

use std::ops::Range;

use syntax::{Language, Node, Source, VisitStep, visit};

/// One edit that changes the behaviour of a file, if the edited code matters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mutant {
    pub range: Range<usize>,
    pub replacement: String,
    /// Line number, from 1.
    pub line: u32,
    rank: Rank,
}

/// How likely a test of the behaviour notices a mutant, the likeliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The result of a function.
    Result,
    /// An operator, a number, a boolean.
    Logic,
    /// A string, which may be for people only.
    Text,
}

impl Mutant {
    /// The mutated file.
    pub fn apply(&self, text: &str) -> String {
        let before = text.get(..self.range.start).unwrap_or_default();
        let after = text.get(self.range.end..).unwrap_or_default();
        format!("{before}{}{after}", self.replacement)
    }

    /// Whether it changes more than a string.
    pub fn is_logic(&self) -> bool {
        self.rank != Rank::Text
    }

    /// A description with place, old and new text.
    pub fn describe(&self, path: &str, text: &str) -> String {
        let was = text.get(self.range.clone()).unwrap_or_default();
        let short = |text: &str| text.chars().take(30).collect::<String>().replace('\n', " ");
        format!("{path}:{}: `{}` as `{}`", self.line, short(was), short(&self.replacement))
    }
}

/// At most `limit` mutants, spread over the exports in `names` (over the whole file if these give none).
pub(crate) fn mutants(language: Language, text: &str, names: &[String], limit: usize) -> Vec<Mutant> {
    let Ok(source) = Source::parse(language, text) else { return Vec::new() };
    if source.root().has_error() || source.is_deep() {
        return Vec::new();
    }
    let all = everywhere(&source);
    let outline = source.outline();
    let mut wanted: Vec<Range<u32>> = Vec::new();
    for symbol in outline.symbols.iter().filter(|symbol| names.contains(&symbol.name)) {
        wanted.push(symbol.line..symbol.end_line.saturating_add(1));
    }
    let inside: Vec<Mutant> =
        all.iter().filter(|m| wanted.iter().any(|range| range.contains(&m.line))).cloned().collect();
    let wanted = if inside.is_empty() { all } else { inside };
    let of = |rank| wanted.iter().filter(|m| m.rank == rank).cloned().collect::<Vec<_>>();
    let mut chosen = spread(of(Rank::Result), limit / 2);
    for rank in [Rank::Logic, Rank::Text] {
        chosen.extend(spread(of(rank), limit.saturating_sub(chosen.len())));
    }
    chosen.retain(|mutant| {
        Source::parse(language, &mutant.apply(text)).is_ok_and(|mutated| !mutated.root().has_error())
    });
    chosen
}

/// `limit` mutants, spread evenly over the file, so that one untested function does not use them all.
fn spread(all: Vec<Mutant>, limit: usize) -> Vec<Mutant> {
    let count = all.len();
    if count <= limit {
        return all;
    }
    (0..limit).filter_map(|i| all.get(i * count / limit).cloned()).collect()
}

fn everywhere(source: &Source<'_>) -> Vec<Mutant> {
    let mut found = Vec::new();
    visit(source.root(), |node, _| {
        let kind = node.kind();
        // Types, imports and attributes do not run
        if kind.starts_with("import")
            || kind.contains("type_annotation")
            || matches!(
                kind,
                "use_declaration"
                    | "attribute_item"
                    | "future_import_statement"
                    | "type_alias_declaration"
                    | "interface_declaration"
                    | "type_arguments"
                    | "generic_type"
                    | "comment"
                    | "line_comment"
                    | "mod_item"
                    | "decorator"
                    | "package_clause"
                    | "literal_type"
            )
        {
            return VisitStep::Over;
        }
        let text = source.text_of(node);
        let replacement = if node.child_count() == 0 && !node.is_named() {
            let is_operator = node.parent().is_some_and(|parent| {
                matches!(
                    parent.kind(),
                    "binary_expression" | "binary_operator" | "comparison_operator" | "boolean_operator"
                )
            });
            if is_operator { operator(source.language(), text).map(str::to_string) } else { None }
        } else {
            constant(kind, text)
        };
        if let Some((result, nothing)) = result(source.language(), node) {
            let line = source.position(result.start_byte()).0;
            let replacement = nothing.to_string();
            found.push(Mutant { range: result.byte_range(), replacement, line, rank: Rank::Result });
        }
        if let Some(replacement) = replacement {
            let line = source.position(node.start_byte()).0;
            let rank = if kind.contains("string") { Rank::Text } else { Rank::Logic };
            found.push(Mutant { range: node.byte_range(), replacement, line, rank });
            return VisitStep::Over;
        }
        VisitStep::Into
    });
    found
}

/// The result of a `return`, and the empty value of its language; in typed languages it would not compile.
fn result<'t>(language: Language, node: Node<'t>) -> Option<(Node<'t>, &'static str)> {
    let nothing = match language {
        Language::Python => "None",
        Language::Rust | Language::Go => return None,
        _ => "undefined",
    };
    let given = match node.kind() {
        "return_statement" => node.named_child(0)?,
        "arrow_function" => {
            node.child_by_field_name("body").filter(|body| body.kind() != "statement_block")?
        }
        _ => return None,
    };
    Some((given, nothing))
}

fn operator(language: Language, text: &str) -> Option<&'static str> {
    // In typed languages `+` may join strings, and `-` would not compile
    let typed = matches!(language, Language::Rust | Language::Go);
    Some(match text {
        "+" if !typed => "-",
        "-" => "+",
        "*" => "+",
        "/" | "%" => "*",
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        ">=" => "<",
        "==" => "!=",
        "!=" => "==",
        "===" => "!==",
        "!==" => "===",
        "&&" => "||",
        "||" => "&&",
        "and" => "or",
        "or" => "and",
        _ => return None,
    })
}

fn constant(kind: &str, text: &str) -> Option<String> {
    let swapped = match (kind, text) {
        ("true" | "false" | "boolean_literal", "true") => "false",
        ("true" | "false" | "boolean_literal", "false") => "true",
        ("true", "True") => "False",
        ("false", "False") => "True",
        ("number" | "integer" | "integer_literal" | "int_literal" | "float" | "float_literal", number) => {
            return one_more(number);
        }
        ("string" | "string_literal" | "interpreted_string_literal", quoted) => return longer(quoted),
        _ => return None,
    };
    Some(swapped.to_string())
}

/// A number plus one, in the same notation.
fn one_more(number: &str) -> Option<String> {
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    let rest = number.get(digits.len()..)?;
    // Other bases and exponents are left unchanged
    if rest.starts_with(['x', 'X', 'b', 'B', 'o', 'O', '_', 'e', 'E']) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(format!("{}{rest}", value.checked_add(1)?))
}

/// A string with one more character.
fn longer(quoted: &str) -> Option<String> {
    let quote = quoted.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let inner = quoted.strip_suffix(quote)?;
    // Empty and triple-quoted strings are left unchanged
    if inner.len() < 2 || inner.ends_with(quote) || inner.ends_with('\\') {
        return None;
    }
    Some(format!("{inner}_{quote}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, text: &str, names: &[&str], expected: &[&str]) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let found: Vec<String> =
            mutants(language, text, &names, 8).iter().map(|m| m.describe("a", text)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn operators_and_constants_are_turned_where_they_run() {
        check(
            Language::JavaScript,
            "import a from './a.js';\nexport const f = (x) => x < 10 && a(x, 'no') === true;\n",
            &[],
            &[
                "a:2: `x < 10 && a(x, 'no') === true` as `undefined`",
                "a:2: `<` as `>=`",
                "a:2: `10` as `11`",
                "a:2: `&&` as `||`",
                "a:2: `===` as `!==`",
                "a:2: `true` as `false`",
                "a:2: `'no'` as `'no_'`",
            ],
        );
        check(
            Language::TypeScript,
            "type A = 'a' | 'b';\nconst n: number = 0x10;\nexport const m = 1.5;\n",
            &[],
            &["a:3: `1.5` as `2.5`"],
        );
        check(
            Language::Python,
            "from a import b\ndef f(x):\n    return x + 1 == 2 and not b(x)\n",
            &[],
            &[
                "a:3: `x + 1 == 2 and not b(x)` as `None`",
                "a:3: `+` as `-`",
                "a:3: `1` as `2`",
                "a:3: `==` as `!=`",
                "a:3: `2` as `3`",
                "a:3: `and` as `or`",
            ],
        );
        check(
            Language::Rust,
            "use a::b;\npub fn f(s: String) -> bool { s + \"x\" == b(3) }\n",
            &[],
            &["a:2: `==` as `!=`", "a:2: `3` as `4`", "a:2: `\"x\"` as `\"x_\"`"],
        );
        let go = "package a\n\nfunc F(n int) int { return n - 1 }\n";
        check(Language::Go, go, &[], &["a:3: `-` as `+`", "a:3: `1` as `2`"]);
    }

    #[test]
    fn what_the_test_imports_comes_first() {
        let text = "export const a = 1;\nexport const b = 2;\n";
        check(Language::JavaScript, text, &["b"], &["a:2: `2` as `3`"]);
        check(Language::JavaScript, text, &["c"], &["a:1: `1` as `2`", "a:2: `2` as `3`"]);
        check(Language::JavaScript, "export const a = (1;\n", &[], &[]);
    }

    #[test]
    fn they_are_few_and_spread() {
        let text: String = (1..=100).map(|n| format!("export const a{n} = {n};\n")).collect();
        let lines: Vec<u32> = mutants(Language::JavaScript, &text, &[], 4).iter().map(|m| m.line).collect();
        assert_eq!(lines, [1, 26, 51, 76]);
    }
}
