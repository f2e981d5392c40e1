//! `missing-value`: a `return` without a value in a function that declares one.

use syntax::Language;

use crate::code::bodies::return_type;
use crate::code::file::File;
use crate::code::functions::{Function, functions};
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "missing-value",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A `return` of nothing in a function that says that it gives a value.",
    note: "Callers get nothing where they were promised a value. Raise an error where there is no answer; where nothing is an answer, the return type has to say so.",
    valid: &[
        Example::new(&[(
            "a.py",
            "def f(x) -> t.Optional[int]:\n    if x:\n        return None\n    return 1\n",
        )]),
        Example::new(&[("a.py", "def f(x) -> t.Iterator[int]:\n    if x:\n        return\n    yield 1\n")]),
        Example::new(&[("a.ts", "function f(x: number): void {\n  if (x) return;\n  g();\n}\n")]),
        Example::new(&[(
            "a.ts",
            "function f(): number {\n  each((x) => {\n    return;\n  });\n  return 1;\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.py", "def f(x):\n    if not x:\n        return None\n    yield from x\n")]),
        Example::new(&[("a.py", "def f(x) -> int:\n    if x < 0:\n        return None\n    return x + 1\n")]),
        Example::new(&[(
            "a.ts",
            "function f(x: number): number {\n  if (x < 0) {\n    return;\n  }\n  return x;\n}\n",
        )]),
    ],
    check: Check::File(check),
};

fn check(file: &File, found: &mut Found) {
    if file.is_broken()
        || !matches!(file.language, Some(Language::Python | Language::TypeScript | Language::Tsx))
    {
        return;
    }
    for function in functions(file) {
        let gives = return_type(file, function);
        let generator = is_generator(file, function);
        if !generator && (gives.is_empty() || may_be_nothing(file.language, gives)) {
            continue;
        }
        let name = function.name.rsplit('.').next().unwrap_or_default();
        let returns = file.flat().below(function.body).filter(|i| file.flat().kind(*i) == "return_statement");
        for index in returns.filter(|index| is_own(file, *index, function.body)) {
            let text = file.text_of(index).trim_end_matches(';').trim_end();
            let nothing = match file.language {
                Some(Language::Python) => matches!(text, "return" | "return None"),
                _ => text == "return",
            };
            if generator && text == "return None" {
                found.node(file, index, format!("`{name}` is a generator, and nobody gets this `None`"));
            } else if nothing && !generator {
                found.node(
                    file,
                    index,
                    format!("`{name}` says that it gives `{}`, and here it gives nothing", short(gives)),
                );
            }
        }
    }
}

/// A function of Python that yields.
fn is_generator(file: &File, function: &Function) -> bool {
    file.language == Some(Language::Python)
        && file
            .flat()
            .below(function.body)
            .any(|i| file.flat().kind(i) == "yield" && is_own(file, i, function.body))
}

/// Whether a node belongs to the function itself, not to a function inside it.
fn is_own(file: &File, index: usize, body: usize) -> bool {
    file.flat().above(index).take_while(|above| *above != body).all(|above| {
        !matches!(
            file.flat().kind(above),
            "function_definition"
                | "lambda"
                | "arrow_function"
                | "function_expression"
                | "function_declaration"
                | "method_definition"
        )
    })
}

fn may_be_nothing(language: Option<Language>, gives: &str) -> bool {
    const WORDS: [&str; 19] = [
        "None",
        "Optional",
        "Any",
        "any",
        "object",
        "NoReturn",
        "Never",
        "never",
        "void",
        "undefined",
        "unknown",
        "null",
        "asserts",
        " is ",
        "Generator",
        "Iterator",
        "Iterable",
        "Maybe",
        "Coroutine",
    ];
    // A type that the caller chooses may allow no value, too
    let chosen = |word: &str| {
        let plain = word.trim_matches('_');
        plain.len() <= 2
            || word.starts_with("T_")
            || word.ends_with("_T")
            || word.ends_with('T') && word.len() < 5
    };
    let named = gives.trim_matches(['"', '\'']);
    // A type alias may include it
    let python = ["int", "str", "bool", "float", "bytes", "list", "dict", "set", "tuple", "frozenset"];
    let first = named.split('[').next().unwrap_or(named).rsplit('.').next().unwrap_or(named).to_lowercase();
    if language == Some(Language::Python) && !python.contains(&first.as_str()) {
        return true;
    }
    let is_word = named.chars().all(|c| c.is_alphanumeric() || c == '_');
    WORDS.iter().any(|word| gives.contains(word)) || is_word && chosen(named)
}

fn short(gives: &str) -> String {
    gives.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(40).collect()
}
