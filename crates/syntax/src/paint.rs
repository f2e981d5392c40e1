//! What a reader sees in colours: keywords, texts, comments, numbers, types and the names of functions.
//!
//! It looks at tokens, not at whole definitions, so lines of a diff have colours too, although they are no whole file.
//! It never fails: what no rule here knows stays plain. It must not judge code.

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::Node;

use crate::source::Source;
use crate::walk::{VisitStep, visit};

/// The kind of a token, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// A word of the language, also `true` and `self`
    Keyword,
    /// A string, character or regular expression
    Text,
    /// A comment
    Comment,
    /// A number
    Number,
    /// A type
    Type,
    /// The name of a function where it is defined or called
    Function,
}

const TEXTS: [&str; 8] = [
    "string",
    "string_literal",
    "raw_string_literal",
    "interpreted_string_literal",
    "char_literal",
    "rune_literal",
    "regex",
    "template_string",
];
/// Parts of a text that holds code.
const PARTS: [&str; 6] =
    ["string_start", "string_content", "string_end", "string_fragment", "escape_sequence", "`"];
const NUMBERS: [&str; 7] =
    ["number", "integer", "float", "integer_literal", "float_literal", "int_literal", "imaginary_literal"];
const TYPES: [&str; 3] = ["type_identifier", "predefined_type", "primitive_type"];
/// Words of a language that its grammar gives a node.
const WORDS: [&str; 13] = [
    "true",
    "false",
    "null",
    "none",
    "nil",
    "undefined",
    "this",
    "self",
    "super",
    "crate",
    "boolean_literal",
    "mutable_specifier",
    "iota",
];

/// The tokens that have a colour, in the order of the text; none overlaps another.
pub fn paint(source: &Source<'_>) -> Vec<(Range<usize>, Paint)> {
    let mut painted = Vec::new();
    // A name is reached after the node that says what it names
    let mut functions = HashSet::new();
    visit(source.root(), |node, _| {
        if let Some(name) = function_named_by(node) {
            functions.insert(name.id());
        }
        let paint = of_kind(node).or_else(|| functions.contains(&node.id()).then_some(Paint::Function));
        let Some(paint) = paint else { return VisitStep::Into };
        if node.start_byte() < node.end_byte() {
            painted.push((node.byte_range(), paint));
        }
        VisitStep::Over
    });
    painted
}

fn of_kind(node: Node<'_>) -> Option<Paint> {
    let kind = node.kind();
    if !node.is_named() {
        let is_word = kind.starts_with(|c: char| c.is_ascii_lowercase())
            && kind.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        return match is_word && node.child_count() == 0 {
            true => Some(Paint::Keyword),
            false => PARTS.contains(&kind).then_some(Paint::Text),
        };
    }
    if kind.ends_with("comment") {
        return Some(Paint::Comment);
    }
    let kinds: [(&[&str], Paint); 4] =
        [(&NUMBERS, Paint::Number), (&TYPES, Paint::Type), (&WORDS, Paint::Keyword), (&PARTS, Paint::Text)];
    if TEXTS.contains(&kind) && !holds_code(node) {
        return Some(Paint::Text);
    }
    kinds.iter().find(|(kinds, _)| kinds.contains(&kind)).map(|(_, paint)| *paint)
}

/// Whether a text has code in it, as `${this}`.
fn holds_code(node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .any(|child| matches!(child.kind(), "template_substitution" | "interpolation"))
}

/// The name of the function that a node defines or calls.
fn function_named_by(node: Node<'_>) -> Option<Node<'_>> {
    let kind = node.kind();
    let name = match kind {
        "call_expression" | "call" => node.child_by_field_name("function"),
        "macro_invocation" => node.child_by_field_name("macro"),
        _ if node.is_named() && (kind.contains("function") || kind.contains("method")) => {
            node.child_by_field_name("name")
        }
        _ => None,
    }?;
    let last = match name.kind() {
        "member_expression" => name.child_by_field_name("property"),
        "attribute" => name.child_by_field_name("attribute"),
        "selector_expression" | "field_expression" => name.child_by_field_name("field"),
        "scoped_identifier" => name.child_by_field_name("name"),
        kind => kind.ends_with("identifier").then_some(name),
    };
    last.filter(|last| last.child_count() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// The tokens of a text, each with the first letter of its paint.
    fn tokens(language: Language, text: &str) -> String {
        let source = Source::parse(language, text).expect("parsed");
        let painted = paint(&source);
        assert!(painted.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start), "{painted:?}");
        let word = |(range, paint): &(Range<usize>, Paint)| {
            let paint = format!("{paint:?}").to_lowercase();
            format!("{}:{}", &paint[..1], text.get(range.clone()).unwrap_or_default())
        };
        painted.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_language_has_each_kind_of_token() {
        let of = tokens;
        assert_eq!(
            of(Language::JavaScript, "const a = f(1, 'x') // why\nb.go(/x/, true)"),
            "k:const f:f n:1 t:'x' c:// why f:go t:/x/ k:true"
        );
        assert_eq!(
            of(Language::TypeScript, "export function f(a: string): Set<A> { return new B() }"),
            "k:export k:function f:f t:string t:Set t:A k:return k:new"
        );
        assert_eq!(
            of(Language::Rust, "pub fn f(&mut self) -> u32 { a::g(\"x\"); vec![1.5]; b.h() } // c"),
            "k:pub k:fn f:f k:mut k:self t:u32 f:g t:\"x\" f:vec n:1.5 f:h c:// c"
        );
        assert_eq!(
            of(Language::Python, "def f(a):\n    return a.g(None, 2, 'x')  # c\n"),
            "k:def f:f k:return f:g k:None n:2 t:'x' c:# c"
        );
        assert_eq!(
            of(Language::Go, "func f(a int) error { return g.H(nil, `x`, 3) } // c"),
            "k:func f:f t:int t:error k:return f:H k:nil t:`x` n:3 c:// c"
        );
        assert!(of(Language::Tsx, "const a = <B c=\"d\">e</B>").contains("t:\"d\""));
    }

    #[test]
    fn code_in_a_text_has_its_own_colours() {
        assert_eq!(tokens(Language::JavaScript, "`a ${f(1)} b`"), "t:` t:a  f:f n:1 t: b t:`");
        assert!(tokens(Language::Python, "f'a {g(1)} b'").contains("f:g n:1"));
    }

    #[test]
    fn lines_that_are_no_whole_file_have_colours_too() {
        let painted = tokens(Language::JavaScript, "  return a + 1\n}\n\nfunction f() {\n  const b = 'x'\n");
        for token in ["k:return", "n:1", "k:const", "t:'x'"] {
            assert!(painted.contains(token), "{token} is missing in {painted}");
        }
        assert_eq!(tokens(Language::Rust, ""), "");
    }
}
