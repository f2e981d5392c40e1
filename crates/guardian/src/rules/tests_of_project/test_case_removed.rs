//! Cases that the change removed from a table, a list of parameters, or the calls of a macro that creates tests.
//!
//! A case that was renamed or moved within the file does not count. Warns if a column was removed, or the subject of
//! the cases (`vanished`). It expands no macro. Removed tests are for `test_removed`, assertions for `test_weakened`.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use syntax::Language;

use super::cut_tables::{self, is_run};
use super::vanished::{vanished, words};
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "test-case-removed",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A case is gone from the table of a test, or a macro that makes tests asserts less.",
    note: "The case was right before the change and still is. Put it back and fix the code; where the behaviour is meant to change, the plan says so and names the test (`edits_tests`).",
    valid: &[
        Example::change(
            &[(
                "test_a.py",
                "@pytest.mark.parametrize('a, b', [(1, 2), (2, 3)])\ndef test_a(a, b):\n    assert f(a) == b\n",
            )],
            &[(
                "test_a.py",
                "@pytest.mark.parametrize('a, b', [(2, 3), pytest.param(1, 2, id='one')])\ndef test_a(a, b):\n    assert f(a) == b\n",
            )],
        ),
        Example::change(
            &[("a.test.js", "it.each([[1, 2], [2, 3]])('a', (a, b) => { expect(f(a)).toBe(b); });\n")],
            &[("a.test.js", "it.each([[1, 2], [2, 4]])('a', (a, b) => { expect(f(a)).toBe(b); });\n")],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "macro_rules! t { ($n:ident, $a:expr) => { #[test] fn $n() { assert_eq!(f($a), 1); } } }\nt!(a, 1);\n",
            )],
            &[(
                "src/lib.rs",
                "macro_rules! t { ($n:ident, $a:expr) => { #[test] fn $n() { assert_eq!(f($a), 1); } } }\nt!(one, 1);\nt!(two, 2);\n",
            )],
        ),
        // Only where it cannot run
        Example::change(
            &[(
                "test_a.py",
                "CASES = [Case('one', 1), Case('neg', -1)]\ndef test_f():\n    for case in CASES:\n        assert f(case.n) == case.n\n",
            )],
            &[(
                "test_a.py",
                "CASES = [Case('one', 1), Case('neg', -1)]\ndef test_f():\n    for case in CASES:\n        if case.platform != sys.platform:\n            continue\n        assert f(case.n) == case.n\n",
            )],
        ),
    ],
    invalid: &[
        Example::change(
            &[(
                "test_a.py",
                "@pytest.mark.parametrize('a, b', [(1, 2), (2, 3)])\ndef test_a(a, b):\n    assert f(a) == b\n",
            )],
            &[(
                "test_a.py",
                "@pytest.mark.parametrize('a, b', [(1, 2)])\ndef test_a(a, b):\n    assert f(a) == b\n",
            )],
        ),
        Example::change(
            &[("a.test.js", "it.each([[1, 2], [2, 3]])('a', (a, b) => { expect(f(a)).toBe(b); });\n")],
            &[("a.test.js", "it.each([[2, 3]])('a', (a, b) => { expect(f(a)).toBe(b); });\n")],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "#[rstest]\n#[case(1, 2)]\n#[case(2, 3)]\nfn a(#[case] a: u8, #[case] b: u8) { assert_eq!(f(a), b); }\n",
            )],
            &[(
                "src/lib.rs",
                "#[rstest]\n#[case(1, 2)]\nfn a(#[case] a: u8, #[case] b: u8) { assert_eq!(f(a), b); }\n",
            )],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "macro_rules! t { ($n:ident, $a:expr) => { #[test] fn $n() { assert_eq!(f($a), 1); } } }\nt!(a, 1);\nt!(b, 2);\n",
            )],
            &[(
                "src/lib.rs",
                "macro_rules! t { ($n:ident, $a:expr) => { #[test] fn $n() { assert_eq!(f($a), 1); } } }\nt!(a, 1);\n",
            )],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "macro_rules! t { ($n:ident, $a:expr) => { #[test] fn $n() { assert_eq!(f($a), 1); } } }\nt!(a, 1);\n",
            )],
            &[(
                "src/lib.rs",
                "macro_rules! t { ($n:ident, $a:expr) => { #[test] #[ignore] fn $n() { assert_eq!(f($a), 1); } } }\nt!(a, 1);\n",
            )],
        ),
        Example::change(
            &[(
                "test_a.py",
                "import pytest\nCASES = [(1, 2), (2, 4)]\n@pytest.mark.parametrize('a, b', CASES)\ndef test_f(a, b):\n    assert f(a) == b\n",
            )],
            &[(
                "test_a.py",
                "import pytest\nCASES = [(1, 2), (2, 4)]\n@pytest.mark.parametrize('a, b', CASES[:1])\ndef test_f(a, b):\n    assert f(a) == b\n",
            )],
        ),
        Example::change(
            &[(
                "test_a.py",
                "CASES = [Case('one', 1), Case('neg', -1)]\ndef test_f():\n    for case in CASES:\n        assert f(case.n) == case.n\n",
            )],
            &[(
                "test_a.py",
                "CASES = [Case('one', 1), Case('neg', -1)]\ndef test_f():\n    for case in CASES:\n        if case.name == 'neg':\n            continue\n        assert f(case.n) == case.n\n",
            )],
        ),
    ],
    check: Check::EditOrChange(check, check_change),
};

fn check(pair: &Pair, found: &mut Found) {
    check_pair(pair, &|_| false, found);
}

/// Runs with the whole change, which shows what was removed from the code.
fn check_change(change: &Change<'_>, found: &mut Found) {
    let gone = LazyCell::new(|| vanished(change));
    let is_gone = |case: &str| words(&case.to_lowercase()).any(|word| gone.contains(word));
    change.pairs.iter().for_each(|pair| check_pair(pair, &is_gone, found));
}

/// Whether each case contains a word that the rest of the file also contained, and that the file no longer contains.
fn went_with_it(base: &File, head: &File, gone: &[&String]) -> bool {
    const SHORTEST: usize = 4;
    let count = |text: &str, word: &str| words(text).filter(|other| *other == word).count();
    gone.iter().all(|case| {
        words(case).any(|word| {
            let in_cases: usize = gone.iter().map(|case| count(case, word)).sum();
            word.len() >= SHORTEST
                && word.starts_with(char::is_alphabetic)
                && count(&head.text, word) == 0
                && count(&base.text, word) > in_cases
        })
    })
}

/// `is_gone`: whether a case is about something that the change removed from the code.
fn check_pair(pair: &Pair, is_gone: &dyn Fn(&str) -> bool, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if base.is_broken() || head.is_broken() {
        return;
    }
    if head.language == Some(Language::Rust) {
        if base.text.contains("macro_rules!") && base.text.contains("test") {
            macros(base, head, found);
        }
        if !base.text.contains("#[test") && !base.text.contains("#[case") && !base.text.contains("test_case")
        {
            return;
        }
    } else if !head.is_test() {
        return;
    }
    cut_tables::check(pair, base, head, found);
    let (old, new) = (tables(base), tables(head));
    let everywhere: BTreeSet<&String> = new.values().flat_map(|table| &table.rows).collect();
    for (name, was) in &old {
        let Some(now) = new.get(name) else { continue };
        let gone: Vec<&String> = was.rows.iter().filter(|row| !everywhere.contains(row)).collect();
        if now.rows.len() < was.rows.len() && !gone.is_empty() {
            let shown: String = gone.first().map_or_else(String::new, |row| row.chars().take(50).collect());
            let node = head.flat().node(now.index);
            let message = format!(
                "{} of {} cases of `{}` are gone, first `{shown}`",
                was.rows.len() - now.rows.len(),
                was.rows.len(),
                was.of
            );
            let end = node.start + head.line(head.row(node.start)).trim().len().min(node.end - node.start);
            // If a column or the subject of a case was removed, the table now tests something else
            let about_gone = gone.iter().all(|case| is_gone(case)) || went_with_it(base, head, &gone);
            // A list that no test runs over is data, unless its name says otherwise
            if !is_run(base, &was.of, was.index) && !is_named_table(&was.of) {
                continue;
            }
            let proved = !is_reshaped(base, head, &gone);
            if proved && was.columns.is_subset(&now.columns) && !about_gone {
                found.at(head, node.start, end, message);
            } else {
                found.maybe(head, node.start, end, message);
            }
        }
    }
}

fn is_named_table(of: &str) -> bool {
    let of = of.to_lowercase();
    ["case", "table", "scenario"].iter().any(|word| of.contains(word))
}

/// Whether the texts and numbers of the gone cases are all still in the file, as often as before: the table has another
/// layout. Keys do not count, they stand in each row.
fn is_reshaped(base: &File, head: &File, gone: &[&String]) -> bool {
    const QUOTES: [char; 3] = ['"', '\'', '`'];
    let dense = |file: &File| even(&file.text);
    let (old, new) = (dense(base), dense(head));
    let is_kept = |word: &str| {
        let count = |text: &str| text.matches(word).count();
        count(&new) >= count(&old).max(1)
    };
    gone.iter().all(|case| {
        let between = |c: char| matches!(c, ',' | ':' | '=' | ';' | '(' | ')' | '[' | ']' | '{' | '}');
        let is_literal = |word: &&str| {
            word.contains(QUOTES) || word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
        };
        let words = case.split(between).filter(is_literal).map(|word| word.trim_matches(QUOTES));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        !words.is_empty() && words.into_iter().all(is_kept)
    })
}

struct Table {
    index: usize,
    of: String,
    /// Without the name of the case, whitespace evened out
    rows: Vec<String>,
    /// The keys of its rows
    columns: BTreeSet<String>,
}

/// The tables of a file, by the test or the name to which they belong.
fn tables(file: &File) -> BTreeMap<String, Table> {
    let flat = file.flat();
    let mut found: BTreeMap<String, Table> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |index: usize, of: String, rows: Vec<String>| {
        let count = counts.entry(of.clone()).or_default();
        *count += 1;
        let columns = if rows.is_empty() { BTreeSet::new() } else { columns(file, index) };
        found.insert(format!("{of}#{count}"), Table { index, of, rows, columns });
    };
    for (index, node) in flat.iter() {
        match (file.language, node.kind) {
            (Some(Language::Rust), "function_item") => {
                let rows: Vec<String> = cases(file, index);
                if !rows.is_empty() {
                    add(index, file.field_text(index, "name").to_string(), rows);
                }
            }
            (_, "list" | "tuple" | "array" | "array_expression" | "literal_value" | "set" | "dictionary") => {
                let Some(of) = owner(file, index) else { continue };
                let rows: Vec<String> = flat.parts(index).map(|row| plain(file, row)).collect();
                if rows.len() > 1
                    || rows.len() == 1 && flat.parts(index).all(|row| flat.parts(row).next().is_some())
                {
                    add(index, of, rows);
                }
            }
            _ => {}
        }
    }
    found
}

/// The keys of a table's rows, if they have keys.
fn columns(file: &File, table: usize) -> BTreeSet<String> {
    let flat = file.flat();
    let key = |part: usize| match flat.kind(part) {
        "keyed_element" => flat.parts(part).next().map(|key| file.text_of(key).to_string()),
        "pair" => Some(file.field_text(part, "key").to_string()),
        _ => None,
    };
    flat.parts(table)
        .map(
            |row| {
                if flat.kind(row) == "literal_element" { flat.parts(row).last().unwrap_or(row) } else { row }
            },
        )
        .filter(|row| matches!(flat.kind(*row), "literal_value" | "object" | "dictionary"))
        .flat_map(|row| flat.parts(row).filter_map(key).collect::<Vec<_>>())
        .collect()
}

/// The test or name whose table a list is; `None` if it is not a table: it is inside a row, or an argument of something
/// else.
fn owner(file: &File, index: usize) -> Option<String> {
    let flat = file.flat();
    let parent = flat.node(index).parent;
    let name_above = |from: usize| {
        flat.above(from).find_map(|i| match flat.kind(i) {
            "function_definition" | "function_declaration" | "function_item" => {
                Some(file.field_text(i, "name").to_string())
            }
            "decorated_definition" => {
                let definition = flat.field(i, "definition")?;
                Some(file.field_text(definition, "name").to_string())
            }
            "call_expression" => {
                let first = flat.field(i, "arguments").and_then(|a| flat.parts(a).next())?;
                matches!(flat.kind(first), "string" | "template_string")
                    .then(|| file.text_of(first).to_string())
            }
            _ => None,
        })
    };
    match (file.language?, flat.kind(parent)) {
        (Language::Python, "argument_list") => {
            let call = flat.node(parent).parent;
            file.field_text(call, "function").ends_with("parametrize").then(|| name_above(index)).flatten()
        }
        (Language::Python, "for_statement") => name_above(index),
        (Language::Python, "assignment") => Some(file.field_text(parent, "left").to_string()),
        (Language::Go, "composite_literal") => {
            let kind = flat.field(parent, "type").map_or("", |i| flat.kind(i));
            if !matches!(kind, "slice_type" | "map_type" | "array_type" | "implicit_length_array_type") {
                return None;
            }
            let holder = flat.above(parent).find(|i| {
                matches!(
                    flat.kind(*i),
                    "short_var_declaration"
                        | "var_spec"
                        | "range_clause"
                        | "call_expression"
                        | "keyed_element"
                )
            })?;
            let name = match flat.kind(holder) {
                "range_clause" => "range".to_string(),
                "short_var_declaration" => file.field_text(holder, "left").to_string(),
                "var_spec" => file.field_text(holder, "name").to_string(),
                _ => return None,
            };
            Some(format!("{}.{name}", name_above(index).unwrap_or_default()))
        }
        (
            Language::Rust,
            "for_expression" | "let_declaration" | "const_item" | "static_item" | "reference_expression",
        ) => {
            let within =
                flat.above(index).any(|i| flat.kind(i) == "function_item" || flat.kind(i) == "mod_item");
            let holder =
                if flat.kind(parent) == "reference_expression" { flat.node(parent).parent } else { parent };
            let name = match flat.kind(holder) {
                "for_expression" => "for".to_string(),
                "let_declaration" => file.field_text(holder, "pattern").to_string(),
                "const_item" | "static_item" => file.field_text(holder, "name").to_string(),
                _ => return None,
            };
            let text = name.to_lowercase();
            let table = name == "for"
                || ["case", "test", "table", "example", "sample", "input"]
                    .iter()
                    .any(|word| text.contains(word));
            (within && table).then(|| format!("{}.{name}", name_above(index).unwrap_or_default()))
        }
        (language, kind) if language.is_ecmascript() => match kind {
            "arguments" => {
                let call = flat.node(parent).parent;
                let callee = file.field_text(call, "function");
                // `it.each([…])("title", …)`
                (callee.ends_with(".each") || callee.ends_with(".for")).then(|| {
                    let outer = flat.node(call).parent;
                    let title = flat.field(outer, "arguments").and_then(|a| flat.parts(a).next());
                    title.map_or_else(|| callee.to_string(), |title| file.text_of(title).to_string())
                })
            }
            "for_in_statement" => Some(format!("{}.for", name_above(index).unwrap_or_default())),
            "variable_declarator" => Some(file.field_text(parent, "name").to_string()),
            "member_expression" if file.field_text(parent, "property") == "forEach" => {
                Some("forEach".to_string())
            }
            _ => None,
        },
        _ => None,
    }
}

/// The attributes of a function that each define a case.
fn cases(file: &File, function: usize) -> Vec<String> {
    let flat = file.flat();
    let mut rows = Vec::new();
    for sibling in flat.children(flat.node(function).parent).take_while(|sibling| *sibling < function) {
        match flat.kind(sibling) {
            "attribute_item" => {
                let text = file.text_of(sibling).trim_start_matches("#[").trim_end_matches(']');
                let Some((name, inner)) = text.split_once('(') else { continue };
                let name = name.trim();
                if name == "test_case"
                    || name == "case"
                    || name.starts_with("case::")
                    || name == "wasm_bindgen_test_case"
                {
                    rows.push(even(
                        inner
                            .split(" ; ")
                            .next()
                            .unwrap_or(inner)
                            .split("; \"")
                            .next()
                            .unwrap_or(inner)
                            .trim_end_matches(')'),
                    ));
                }
            }
            _ if flat.node(sibling).extra => {}
            _ => rows.clear(),
        }
    }
    rows
}

fn even(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// A row without its name.
fn plain(file: &File, row: usize) -> String {
    let flat = file.flat();
    // `pytest.param(1, 2, id="x")`
    if flat.kind(row) == "call" && file.field_text(row, "function").ends_with("param") {
        let arguments: Vec<String> = flat.field(row, "arguments").map_or_else(Vec::new, |a| {
            flat.parts(a)
                .filter(|i| flat.kind(*i) != "keyword_argument")
                .map(|i| even(file.text_of(i)))
                .collect()
        });
        return if arguments.len() == 1 { arguments.join(",") } else { format!("({})", arguments.join(",")) };
    }
    let holder = match flat.kind(row) {
        "literal_element" | "keyed_element" => flat.parts(row).last().unwrap_or(row),
        _ => row,
    };
    let named = matches!(
        flat.kind(holder),
        "literal_value" | "array" | "tuple" | "list" | "object" | "tuple_expression" | "dictionary"
    );
    let parts: Vec<usize> = if named { flat.parts(holder).collect() } else { Vec::new() };
    if parts.len() < 2 {
        return even(file.text_of(holder));
    }
    let is_name = |at: usize, part: usize| {
        let text = file.text_of(part);
        let key =
            text.split([':', '=']).next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_lowercase();
        let keyed = matches!(
            key.as_str(),
            "name" | "title" | "desc" | "description" | "label" | "id" | "scenario" | "testname"
        );
        let first = at == 0
            && parts.len() > 2
            && matches!(file.language, Some(Language::Go))
            && (text.starts_with('"') || text.starts_with('`'));
        keyed || first
    };
    let kept: Vec<String> = parts
        .iter()
        .enumerate()
        .filter(|(at, part)| !is_name(*at, **part))
        .map(|(_, part)| even(file.text_of(*part)))
        .collect();
    kept.join(",")
}

/// A macro that creates tests.
struct Maker {
    index: usize,
    asserts: usize,
    off: bool,
}

fn makers(file: &File) -> BTreeMap<String, Maker> {
    let flat = file.flat();
    let mut found = BTreeMap::new();
    for (index, _) in flat.iter().filter(|(_, node)| node.kind == "macro_definition") {
        let text = even(file.text_of(index));
        let tests = ["#[test]", "::test]", "#[rstest", "_test]"].iter().any(|sign| text.contains(sign));
        if !tests {
            continue;
        }
        let asserts =
            ["assert!", "assert_eq!", "assert_ne!", "assert_matches!", "panic!", ".unwrap()", ".expect("]
                .iter()
                .map(|sign| text.matches(sign).count())
                .sum();
        let off = text.contains("#[ignore") || text.contains("#[should_panic");
        found.insert(file.field_text(index, "name").to_string(), Maker { index, asserts, off });
    }
    found
}

fn macros(base: &File, head: &File, found: &mut Found) {
    let (old, new) = (makers(base), makers(head));
    for (name, was) in &old {
        let Some(now) = new.get(name) else { continue };
        if now.asserts < was.asserts {
            found.node(
                head,
                now.index,
                format!("the macro `{name}` makes tests that assert less than before"),
            );
        }
        if now.off && !was.off {
            found.node(head, now.index, format!("the tests that the macro `{name}` makes are switched off"));
        }
        let (before, after) = (calls(base, name), calls(head, name));
        let gone: Vec<&String> = before.iter().filter(|case| !after.contains(case)).collect();
        if after.len() < before.len()
            && let Some(first) = gone.first()
        {
            let shown: String = first.chars().take(50).collect();
            found.node(
                head,
                now.index,
                format!(
                    "{} of the {} tests that `{name}!` makes are gone, first `{shown}`",
                    before.len() - after.len(),
                    before.len()
                ),
            );
        }
    }
}

/// The cases with which a macro is called, without their names.
fn calls(file: &File, name: &str) -> Vec<String> {
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, node) in flat.iter() {
        if node.kind != "macro_invocation" || file.field_text(index, "macro") != name {
            continue;
        }
        let Some(tree) = flat.children(index).find(|i| flat.kind(*i) == "token_tree") else { continue };
        let text = file.text_of(tree);
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        let unnamed = |case: &str| {
            let rest = case.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            even(rest.trim_start_matches([',', ':', ' ', '=', '>']))
        };
        // Several cases in one call: one on each line
        let lines: Vec<&str> =
            inner.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
        let many = lines.len() > 1
            && lines.iter().all(|line| line.ends_with([',', ';']) || Some(line) == lines.last());
        if many && lines.iter().all(|line| line.len() > 6 && line.contains([':', '=', '('])) {
            found.extend(lines.iter().map(|line| unnamed(line.trim_end_matches([',', ';']))));
        } else {
            found.push(unnamed(inner));
        }
    }
    found
}
