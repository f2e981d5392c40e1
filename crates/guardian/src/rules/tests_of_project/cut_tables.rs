//! Part of `test-case-removed`: a table still has all its rows, but the test now reads only a part of them.
//! It also tells the rule which lists are tables: those over which a test runs.
//!
//! It must only warn if the part depends on where the test runs, or if the file does not show the whole
//! table.

use std::collections::BTreeMap;

use syntax::Language;

use crate::code::file::{File, even};
use crate::project::rust::has_word;
use crate::rules::{Found, Pair};

/// What one loop, or one parametrised test, runs over.
struct Run {
    over: usize,
    /// The loop, or the call or function that gets the rows
    whole: usize,
    /// Names that hold a row, or a part of one
    rows: Vec<String>,
    body: Option<usize>,
}

pub(super) fn check(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let now = runs(head);
    if now.is_empty() {
        return;
    }
    let count = |file: &File, runs: &[Run]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for run in runs.iter().filter(|run| asserts(file, run.whole)) {
            *counts.entry(plain(file.text_of(run.over))).or_default() += 1;
        }
        counts
    };
    let was = runs(base);
    let (before, after) = (count(base, &was), count(head, &now));
    for run in now.iter().filter(|run| asserts(head, run.whole)) {
        let node = head.flat().node(run.over);
        let text = plain(head.text_of(run.over));
        if let Some((whole, part)) = cut(&text).filter(|_| pair.wrote_in(node.start, node.end)) {
            let lost = before.get(whole).copied().unwrap_or(0) > after.get(whole).copied().unwrap_or(0);
            let message = format!("only a part of `{whole}` is tested now: `{part}`");
            if lost && (is_choice(part) || !is_written_out(head, whole)) {
                found.maybe(head, node.start, node.end, message);
            } else if lost {
                found.node(head, run.over, message);
            }
        }
        passed_over(pair, base, &was, head, run, found);
    }
}

/// Reports a row that the loop skips now: `if case.name == "x" { continue }`.
fn passed_over(pair: &Pair, base: &File, was: &[Run], head: &File, run: &Run, found: &mut Found) {
    let flat = head.flat();
    let Some(body) = run.body else { return };
    let over = plain(head.text_of(run.over));
    let Some(before) = was.iter().find(|other| plain(base.text_of(other.over)) == over) else { return };
    let old = even(base.text_of(before.whole));
    for index in flat.parts(body) {
        let node = flat.node(index);
        let index = if node.kind == "expression_statement" {
            flat.parts(index).next().unwrap_or(index)
        } else {
            index
        };
        if !matches!(flat.kind(index), "if_statement" | "if_expression") || !pair.wrote_at(node.start) {
            continue;
        }
        let condition = even(head.field_text(index, "condition"));
        let Some(block) = flat.field(index, "consequence") else { continue };
        let leaves = matches!(only_statement(head, block), Some("continue" | "return"));
        let row = run.rows.iter().any(|row| has_word(&condition, row));
        let names_one = condition.contains(['"', '\'', '`'])
            || condition.contains("== ") && condition.contains(|c: char| c.is_ascii_digit());
        let meant = ["platform", "GOOS", "version", "skip", "Skip", "only", "environ", "env."]
            .iter()
            .any(|word| condition.contains(word));
        if leaves && row && names_one && !meant && !old.contains(&condition) {
            found.node(head, index, "this case is passed over now, and counts as tested");
        }
    }
}

/// The only statement of a block, without its semicolon.
fn only_statement(file: &File, block: usize) -> Option<&str> {
    let flat = file.flat();
    let list = flat.parts(block).find(|i| flat.kind(*i) == "statement_list").unwrap_or(block);
    let statement = if flat.kind(list).contains("block") || flat.kind(list) == "statement_list" {
        let mut all = flat.parts(list);
        all.next().filter(|_| all.next().is_none())?
    } else {
        list
    };
    Some(file.text_of(statement).trim_end_matches(';'))
}

/// A list and the part that is taken of it: `cases.slice(0, 1)`, `CASES[:1]`, `islice(CASES, 2)`.
fn cut(text: &str) -> Option<(&str, &str)> {
    const METHODS: &[&str] = &[
        ".slice(",
        ".filter(",
        ".splice(",
        ".take(",
        ".skip(",
        ".iter().take(",
        ".iter().skip(",
        ".into_iter().take(",
        ".iter().filter(",
    ];
    let methods = METHODS.iter().filter_map(|method| text.find(method).map(|at| (at, *method)));
    if let Some((at, _)) = methods.min_by_key(|(at, method)| (*at, std::cmp::Reverse(method.len()))) {
        let (whole, part) = text.split_at(at);
        let cleans = part == ".filter(Boolean)" || part == ".slice()";
        return (!cleans && !whole.is_empty()).then_some((whole, part));
    }
    if let Some(inner) = text.strip_prefix("itertools.islice(").or_else(|| text.strip_prefix("islice(")) {
        return inner.split_once(',');
    }
    let (whole, part) = text.split_at(text.find('[')?);
    let range = part.ends_with(']') && (part.contains(':') || part.contains(".."));
    (range && !whole.is_empty() && !matches!(part, "[:]" | "[..]")).then_some((whole, part))
}

/// Whether a name is bound to a list that is written out in the file.
fn is_written_out(file: &File, name: &str) -> bool {
    let form =
        format!(r"\b{}\b[^=\n]{{0,120}}=\s*(&?\[|vec!\[|\(|\{{|map\[|new Map|Object\.)", regex::escape(name));
    regex::Regex::new(&form).is_ok_and(|form| form.is_match(&file.text))
}

/// Whether the part depends on where the test runs.
fn is_choice(part: &str) -> bool {
    ["platform", "process.", "env", "version", "sys.", "os.", "skip", "supports", "enabled"]
        .iter()
        .any(|word| part.contains(word))
}

/// The text of a list, without borrows, iterators and whitespace.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.trim_start_matches("&mut").trim_start_matches('&');
    let text = text.strip_prefix("enumerate(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(text);
    text.trim_end_matches(".iter()")
        .trim_end_matches(".into_iter()")
        .trim_end_matches(".entries()")
        .to_string()
}

/// Whether a test runs over a list: a loop with assertions, or a runner that makes a test of each row. A list
/// that no variable keeps counts as one.
pub(super) fn is_run(file: &File, of: &str, table: usize) -> bool {
    let flat = file.flat();
    let parent = flat.node(table).parent;
    let kept = matches!(flat.kind(parent), "variable_declarator" | "assignment")
        || of.contains('.') && matches!(file.language, Some(Language::Go | Language::Rust));
    if !kept {
        return true;
    }
    let name = of.rsplit('.').next().unwrap_or(of);
    if matches!(name, "for" | "range") {
        return true;
    }
    runs(file).iter().any(|run| has_word(file.text_of(run.over), name) && asserts(file, run.whole))
}

/// Whether code makes tests, or may fail one.
fn asserts(file: &File, whole: usize) -> bool {
    const WORDS: &[&str] = &[
        "assert",
        "expect",
        "it(",
        "test(",
        "it.",
        "test.",
        "t.",
        "raises",
        "self.",
        "should",
        "check",
        "verify",
        "unwrap",
        "parametrize",
        "panic!",
        "fail",
        "throw",
    ];
    let text = file.text_of(whole);
    WORDS.iter().any(|word| text.contains(word))
}

fn runs(file: &File) -> Vec<Run> {
    let flat = file.flat();
    let mut found = Vec::new();
    let names = |of: Option<usize>| -> Vec<String> {
        let Some(of) = of else { return Vec::new() };
        let all = std::iter::once(of).chain(flat.below(of));
        let names =
            all.filter(|i| matches!(flat.kind(*i), "identifier" | "shorthand_property_identifier_pattern"));
        names.map(|i| file.text_of(i).to_string()).filter(|name| name != "_").collect()
    };
    for (index, node) in flat.iter() {
        match (file.language, node.kind) {
            (Some(Language::Python), "for_statement") | (_, "for_in_statement") => {
                let Some(over) = flat.field(index, "right") else { continue };
                let body = flat.field(index, "body");
                found.push(Run { over, whole: index, rows: names(flat.field(index, "left")), body });
            }
            (Some(Language::Rust), "for_expression") => {
                let Some(over) = flat.field(index, "value") else { continue };
                let body = flat.field(index, "body");
                found.push(Run { over, whole: index, rows: names(flat.field(index, "pattern")), body });
            }
            (Some(Language::Go), "range_clause") => {
                let Some(over) = flat.field(index, "right") else { continue };
                let body = flat.field(node.parent, "body");
                let body = body.and_then(|block| {
                    flat.parts(block).find(|i| flat.kind(*i) == "statement_list").or(Some(block))
                });
                found.push(Run { over, whole: node.parent, rows: names(flat.field(index, "left")), body });
            }
            (Some(Language::Python), "call")
                if file.field_text(index, "function").ends_with("parametrize") =>
            {
                let Some(over) = flat.field(index, "arguments").and_then(|list| flat.parts(list).nth(1))
                else {
                    continue;
                };
                found.push(Run { over, whole: index, rows: Vec::new(), body: None });
            }
            (_, "call_expression") if file.language.is_some_and(Language::is_ecmascript) => {
                let callee = flat.field(index, "function");
                let Some(callee) = callee.filter(|i| flat.kind(*i) == "member_expression") else { continue };
                let over = match file.field_text(callee, "property") {
                    "each" | "for" if flat.kind(node.parent) == "call_expression" => {
                        flat.field(index, "arguments").and_then(|list| flat.parts(list).next())
                    }
                    "forEach" | "map" => flat.field(callee, "object"),
                    _ => None,
                };
                let Some(over) = over else { continue };
                let whole = if file.field_text(callee, "property") == "each" { node.parent } else { index };
                found.push(Run { over, whole, rows: Vec::new(), body: None });
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn parts_of_a_list() {
        for (text, whole) in [
            ("cases.slice(0,1)", "cases"),
            ("CASES[:1]", "CASES"),
            ("cases[..1]", "cases"),
            ("cases.iter().take(1)", "cases"),
            ("islice(CASES,1)", "CASES"),
            ("all.filter((c)=>c.a)", "all"),
        ] {
            assert_eq!(cut(text).map(|(whole, _)| whole), Some(whole), "{text}");
        }
        for text in ["cases", "cases[:]", "cases.slice()", "all.filter(Boolean)", "cases[0]", "[a:b]"] {
            assert_eq!(cut(text), None, "{text}");
        }
    }
}
