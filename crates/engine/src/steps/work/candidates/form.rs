//! A hash of a changed file that is equal for two changes which differ only in style: comments, layout, quotes,
//! optional punctuation and names of new local variables do not count.

use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

use shared::StableHasher;
use syntax::{Language, Node, Source, VisitStep, visit};

/// Nodes that bind a name: the kind of the node and the field with the name; no field: any child.
const BINDS: [(&str, Option<&str>); 9] = [
    ("variable_declarator", Some("name")),
    ("let_declaration", Some("pattern")),
    ("assignment", Some("left")),
    ("formal_parameters", None),
    ("required_parameter", Some("pattern")),
    ("optional_parameter", Some("pattern")),
    ("parameters", None),
    ("parameter", Some("pattern")),
    ("parameter_declaration", Some("name")),
];

/// Equal for two changes that make the same of a file; `None`: the file is removed.
pub(crate) fn of(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Option<u64> {
    let after = after?;
    let mut hasher = StableHasher::new();
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let source = Language::of_path(path)
        .zip(text(after))
        .and_then(|(language, text)| Source::parse(language, text).ok())
        .filter(|source| !source.root().has_error());
    match source {
        Some(source) => tokens(&source, before.and_then(text).unwrap_or_default(), &mut hasher),
        None => after.hash(&mut hasher),
    }
    Some(hasher.finish())
}

fn tokens(source: &Source<'_>, before: &str, hasher: &mut StableHasher) {
    let optional = matches!(source.language(), Language::JavaScript | Language::TypeScript | Language::Tsx);
    let renamed = own_names(source, before);
    visit(source.root(), |node, depth| {
        if node.is_extra() {
            return VisitStep::Over;
        }
        if node.child_count() > 0 {
            return VisitStep::Into;
        }
        match source.text_of(node) {
            ";" if optional => {}
            "," if last_of_list(node) => {}
            "'" | "\"" => (depth, "\"").hash(hasher),
            text => match renamed.get(text).filter(|_| node.kind() == "identifier") {
                Some(nth) => (depth, nth).hash(hasher),
                None => (depth, text).hash(hasher),
            },
        }
        VisitStep::Into
    });
}

/// New local names, numbered in the order in which they appear.
fn own_names<'t>(source: &Source<'t>, before: &str) -> HashMap<&'t str, usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let known: BTreeSet<&str> = before.split(|c| !is_word(c)).collect();
    let mut names = HashMap::new();
    visit(source.root(), |node, depth| {
        let bound = depth > 0 && node.kind() == "identifier" && binds(node);
        let name = source.text_of(node);
        if bound && !known.contains(name) {
            let nth = names.len();
            names.entry(name).or_insert(nth);
        }
        VisitStep::Into
    });
    names
}

fn binds(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    BINDS.iter().any(|(kind, field)| {
        parent.kind() == *kind
            && field
                .is_none_or(|field| parent.child_by_field_name(field).is_some_and(|of| of.id() == node.id()))
    })
}

/// Whether it is an optional comma after the last item. After a single item it makes a tuple, so there it
/// counts.
fn last_of_list(comma: Node<'_>) -> bool {
    if comma.parent().is_some_and(|list| list.kind().contains("tuple") && list.named_child_count() < 2) {
        return false;
    }
    let mut next = comma.next_sibling();
    while let Some(node) = next.filter(|node| node.is_extra()) {
        next = node.next_sibling();
    }
    next.is_some_and(|node| matches!(node.kind(), ")" | "]" | "}"))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[track_caller]
    fn check(path: &str, before: &str, one: &str, other: &str, alike: bool) {
        let form = |text: &str| of(path, Some(before.as_bytes()), Some(text.as_bytes()));
        assert_eq!(form(one) == form(other), alike, "{one}\n{other}");
    }

    #[test]
    fn how_a_change_is_written_does_not_count() {
        let one = "export function area(a, b) {\n  const sum = a + b;\n  return 'x' + sum;\n}\n";
        let other = "// the area\nexport function area(a, b) {\n    const total = a + b\n    return \"x\" + total\n}\n";
        check("a.js", "export function area(a, b) {}\n", one, other, true);
        check(
            "a.py",
            "",
            "def f(a):\n    # one\n    n = a\n    return [n, 1]\n",
            "def f(a):\n  m = a\n  return [m, 1,]\n",
            true,
        );
        check("a.css", "", "a { }", "a {}", false);
        check("a.py", "", "a = (1)\n", "a = (1,)\n", false);
    }

    #[test]
    fn what_it_does_counts() {
        let before = "export const f = (a, b) => a;\n";
        check(
            "a.js",
            before,
            "export const f = (a, b) => a + b;\n",
            "export const f = (a, b) => a - b;\n",
            false,
        );
        check(
            "a.js",
            before,
            "export const f = (a, b) => g(a, b);\n",
            "export const f = (a, b) => g(b, a);\n",
            false,
        );
        check(
            "a.js",
            before,
            "export const f = (a) => parseInt(a);\n",
            "export const f = (a) => parseFloat(a);\n",
            false,
        );
        check("a.py", "", "if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n", false);
        // A name from before the change is not a new local name
        check("a.js", "let a = 1, b = 2;\n", "let a = 1; g(a);\n", "let b = 1; g(b);\n", false);
        assert_eq!(of("a.js", None, None), None);
    }
}
