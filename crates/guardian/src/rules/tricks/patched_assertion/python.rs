//! Replacements in Python: assignments to the libraries, `setattr`, `patch`, and methods of test classes.

use std::sync::LazyLock;

use regex::Regex;

use super::weight::{Weight, may_fail, report};
use crate::code::file::File;
use crate::code::functions::functions;
use crate::rules::{Found, Pair};

/// Methods of `TestCase` that assert.
const OF_CASE: &str = r"(?:assert(?:Equal|NotEqual|True|False|Is|IsNot|IsNone|IsNotNone|In|NotIn|IsInstance|NotIsInstance|Raises|RaisesRegex|Warns|WarnsRegex|Logs|NoLogs|AlmostEqual|NotAlmostEqual|Greater|GreaterEqual|Less|LessEqual|Regex|NotRegex|CountEqual|MultiLineEqual|SequenceEqual|ListEqual|TupleEqual|SetEqual|DictEqual)|fail|failureException|_baseAssertEqual|_getAssertEqualityFunc)";

/// Things of the language that comparisons stand on.
const BUILT_IN: &str =
    r"(?:AssertionError|len|sum|sorted|all|any|isinstance|bool|abs|min|max|round|int|float|str|repr|zip|set)";

/// Targets of assignments.
static TARGET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"^(?:(?:\w+\.)*\w*TestCase\.{OF_CASE}|pytest\.(?:raises|approx|fail|warns|deprecated_call)|(?:np|numpy)\.testing\.assert\w+|_pytest(?:\.\w+)+|builtins\.{BUILT_IN}|__builtins__(?:\.{BUILT_IN}|\[["']{BUILT_IN}["']\])|builtins\.__dict__\[["']{BUILT_IN}["']\]|(?:sys\.)?modules\[["'](?:_?pytest|unittest)(?:\.\w+)*["']\])$"#
    ))
    .ok()
});

/// Calls that set an attribute.
static SET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"^(?:\w+\.)*(?:setattr|object|patch)\(\s*(?:(?:(?:\w+\.)*\w*TestCase|pytest|(?:np|numpy)\.testing|builtins)\s*,\s*(?:["'](?:{OF_CASE}|raises|approx|fail|warns|assert\w+|{BUILT_IN})["']|\w+)|["'](?:unittest\.(?:case\.)?TestCase\.{OF_CASE}|pytest\.(?:raises|approx|fail)|numpy\.testing\.assert\w+|builtins\.AssertionError)["'])\s*[,)]"#
    ))
    .ok()
});

static NAME_OF_CASE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("^{OF_CASE}$")).ok());

pub(super) fn check(pair: &Pair, file: &File, found: &mut Found) {
    let (Some(target), Some(set), Some(of_case)) = (TARGET.as_ref(), SET.as_ref(), NAME_OF_CASE.as_ref())
    else {
        return;
    };
    let flat = file.flat();
    for (index, node) in flat.iter() {
        match node.kind {
            "assignment" => {
                let (Some(left), Some(right)) = (flat.field(index, "left"), flat.field(index, "right"))
                else {
                    continue;
                };
                let text = file.text_of(left);
                if !target.is_match(text) {
                    continue;
                }
                let mocks = text.contains("builtins") && !text.contains("AssertionError");
                let weight = weigh(file, text, right, mocks);
                report(pair, file, index, &weight, format!("`{text}` is replaced"), found);
            }
            "call" => {
                let text = file.text_of(index);
                if !set.is_match(text) {
                    continue;
                }
                let value = flat.field(index, "arguments").and_then(|list| flat.parts(list).nth(2));
                let mocks = text.contains("builtins") && !text.contains("AssertionError");
                // A mock without a value accepts every call
                let weight = value.map_or(if mocks { Weight::Nothing } else { Weight::Proof }, |value| {
                    weigh(file, text.split(',').next().unwrap_or(text), value, mocks)
                });
                report(
                    pair,
                    file,
                    index,
                    &weight,
                    "a function of the library that asserts is replaced".to_string(),
                    found,
                );
            }
            _ => {}
        }
    }
    for function in functions(file) {
        let mut parts = function.name.rsplit('.');
        let name = parts.next().unwrap_or_default();
        let class = flat.above(function.index).find(|i| flat.kind(*i) == "class_definition");
        let of_test = class.is_some_and(|class| file.field_text(class, "superclasses").contains("TestCase"));
        let body = file.text_of(function.body);
        if of_test && of_case.is_match(name) && !body.contains('(') && !may_fail(body) {
            let message = format!("`{name}` is replaced by a method that cannot fail");
            report(pair, file, function.index, &Weight::Proof, message, found);
        }
    }
}

/// `mocks`: tests replace such a function for a while, and say so.
fn weigh(file: &File, target: &str, value: usize, mocks: bool) -> Weight {
    let flat = file.flat();
    let text = file.text_of(value);
    let library = target.rsplit_once('.').map_or(target, |(library, _)| library);
    let library = library.rsplit(['(', ' ']).next().unwrap_or(library);
    if text.starts_with(library) && text.len() > library.len() && flat.kind(value) == "attribute" {
        return Weight::Nothing;
    }
    if mocks && file.is_test() {
        return Weight::Nothing;
    }
    let fails = match flat.kind(value) {
        "lambda" => may_fail(flat.field(value, "body").map_or(text, |body| file.text_of(body))),
        "identifier" => {
            let own = functions(file).iter().find(|function| function.name.rsplit('.').next() == Some(text));
            match own {
                Some(function) => may_fail(file.text_of(function.body)),
                None => file.is_test() || text.starts_with("original") || text.starts_with("_orig"),
            }
        }
        _ => file.is_test(),
    };
    if fails { Weight::Suspicion } else { Weight::Proof }
}
