//! New functions that promise a computed result but always return the same one.
//!
//! The promise is in the name or the comment. Must not report tests, methods that a trait or a base class requires, or
//! functions whose comment says that a constant is intended.

use syntax::Language;

use crate::code::bodies::{Was, decorators, pair_up, parameters, real_functions};
use crate::code::constant::{is_fixed, returned};
use crate::code::file::File;
use crate::code::functions::{Function, functions, statements};
use crate::code::said::{about, words_of};
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Change, Check, Example, Found, Rule};
use shared::test_files::is_test;

pub(crate) static RULE: Rule = Rule {
    id: "constant-result",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A new function that is said to work something out of its parameters and gives a constant.",
    note: "It answers every caller the same, so it is a stub that looks like code. Write it, or report the task as blocked; where a constant is meant, say so in its comment.",
    valid: &[
        Example::new(&[("a.py", "def area(w, h):\n    \"\"\"Return the area.\"\"\"\n    return w * h\n")]),
        Example::new(&[(
            "a.py",
            "def is_known(name):\n    \"\"\"Return whether it is known: by default nothing is.\"\"\"\n    return False\n",
        )]),
        Example::new(&[(
            "a.ts",
            "/** Returns the size of the cache. */\nexport class NullCache implements Cache {\n  /** Returns the size. */\n  size(key: string): number {\n    return 0;\n  }\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "impl Check for AcceptAll {\n    /// Checks the text.\n    fn check(&self, text: &str) -> bool {\n        true\n    }\n}\n",
        )]),
        Example::change(
            &[("a.py", "def parse(text):\n    \"\"\"Parse it.\"\"\"\n    return []\n")],
            &[("a.py", "def parse(text):\n    \"\"\"Parse it.\"\"\"\n    return []\n\nX = 1\n")],
        ),
    ],
    invalid: &[
        Example::new(&[(
            "a.py",
            "def parse_lines(text):\n    \"\"\"Parse the text into lines.\"\"\"\n    return []\n",
        )]),
        Example::new(&[(
            "a.ts",
            "/** The sum of the values. */\nexport function total(values: number[]): number {\n  return 0;\n}\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\n// Check tells whether the name may be used.\nfunc Check(name string) (bool, error) {\n\treturn true, nil\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "/// Counts the words of the text.\npub fn count(text: &str) -> usize {\n    0\n}\n",
        )]),
        Example::new(&[("a.js", "export const findUser = async (id) => null;\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for (pair, head) in change.heads() {
        if is_test(&pair.path) || is_specimen(&pair.path) || is_declaration(&pair.path) {
            continue;
        }
        let now = real_functions(head);
        let old = pair.old_code().map_or_else(Default::default, functions);
        for (function, was) in now.iter().zip(pair_up(old, now)) {
            let new = matches!(was, Was::New) && pair.wrote_at(head.flat().node(function.index).start);
            if !new || now.iter().filter(|other| other.name == function.name).count() > 1 {
                continue;
            }
            let body = meaningful(head, function);
            let [only] = body.as_slice() else { continue };
            let Some(value) = returned(head, function.body, *only).filter(|value| is_fixed(head, *value))
            else {
                continue;
            };
            let names = parameters(head, function);
            if names.is_empty()
                || names.iter().any(|name| name.starts_with('_'))
                || !is_promised(head, function)
            {
                continue;
            }
            let name = function.name.rsplit('.').next().unwrap_or(&function.name);
            let shown: String = head.text_of(value).split_whitespace().collect::<Vec<_>>().join(" ");
            let shown: String = shown.chars().take(40).collect();
            found.node(
                head,
                function.index,
                format!(
                    "`{name}` gives `{shown}` whatever it is given: `{}` is not used",
                    names.join("`, `")
                ),
            );
        }
    }
}

fn is_declaration(path: &str) -> bool {
    [".pyi", ".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end))
}

/// The statements of a body without those that only mention a parameter to satisfy a linter.
fn meaningful(file: &File, function: &Function) -> Vec<usize> {
    let silences = |i: &usize| {
        let text = file.text_of(*i).trim_end_matches(';');
        let plain = |name: &str| {
            !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' ' | '(' | ')'))
        };
        ["_ = ", "let _ = ", "void ", "del "].iter().any(|start| text.strip_prefix(start).is_some_and(plain))
    };
    statements(file, function.body).into_iter().filter(|i| !silences(i)).collect()
}

/// Whether the name or the comment promises a computation, and nothing says that a constant is intended.
fn is_promised(file: &File, function: &Function) -> bool {
    let flat = file.flat();
    let name = function.name.rsplit('.').next().unwrap_or(&function.name);
    let parts = words_of(&function.name);
    if parts.iter().any(|part| MEANT_NAMES.contains(&part.as_str()))
        || decorators(file, function).next().is_some()
    {
        return false;
    }
    let said = about(file, function).to_lowercase();
    if waives(&said) {
        return false;
    }
    let method = is_method(file, function);
    if method && (!is_own_work(file, function) || said.is_empty()) {
        return false;
    }
    // One of several definitions, of which a build or a condition selects one
    let conditional = flat
        .above(function.index)
        .any(|i| matches!(flat.kind(i), "if_statement" | "try_statement" | "if_expression"))
        || file.language == Some(Language::Go)
            && (file.text.starts_with("//go:build") || file.text.contains("\n//go:build"))
        || file.language == Some(Language::Rust) && has_cfg(file, function.index);
    // A function that is passed as an argument has the form that the receiver requires
    let handed = flat.above(function.index).any(|i| {
        matches!(
            flat.kind(i),
            "arguments"
                | "argument_list"
                | "object"
                | "function_definition"
                | "function_declaration"
                | "function_item"
                | "arrow_function"
                | "function_expression"
        )
    });
    if conditional || handed {
        return false;
    }
    let verb = words_of(name).first().is_some_and(|first| NAME_VERBS.contains(&first.as_str()));
    let mut words = said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    // Comments in Go begin with the name
    let first = words.next().unwrap_or_default();
    let first = if first == name.to_lowercase() { words.next().unwrap_or_default() } else { first };
    verb && !method || DOC_VERBS.contains(&first) || DOC_NOUNS.contains(&first)
}

/// Words which say that the constant is the answer.
fn waives(said: &str) -> bool {
    const WORDS: &[&str] = &[
        "default",
        "overrid",
        "overwrit",
        "subclass",
        "always",
        "never",
        "nothing",
        "no-op",
        "noop",
        "nobody",
        "every ",
        "none is",
        "none are",
        "hook",
        "plugin",
        "null object",
        "constant",
        "fixed",
        "unconditional",
        "unsupported",
        "not supported",
        "disabled",
        "does not apply",
        "not applicable",
        "compatib",
        "deprecated",
        "legacy",
        "for tests",
        "in tests",
        "regardless",
        "whatever",
        "ignored",
        "ignores",
        "unused",
        "no limit",
        "unlimited",
        "on this platform",
        "on windows",
        "extension point",
        "only one",
        "single ",
        "interface",
        "implementations",
        "any ",
        "without ",
        "is no ",
        "has no ",
        "have no ",
        "there is no",
        "there are no",
        "accepts all",
        "everything",
        "all are ",
    ];
    WORDS.iter().any(|word| said.contains(word))
}

fn is_method(file: &File, function: &Function) -> bool {
    file.flat().above(function.index).any(|i| {
        matches!(
            file.flat().kind(i),
            "class_body" | "class_definition" | "impl_item" | "trait_item" | "class_declaration" | "class"
        )
    }) || file.flat().kind(function.index) == "method_declaration"
}

/// A method that no interface requires: its class has no base and does other things.
fn is_own_work(file: &File, function: &Function) -> bool {
    let flat = file.flat();
    let holder = flat.above(function.index).find(|i| {
        matches!(
            flat.kind(*i),
            "class_definition"
                | "class_declaration"
                | "abstract_class_declaration"
                | "class"
                | "impl_item"
                | "trait_item"
        )
    });
    match holder {
        Some(holder) => match flat.kind(holder) {
            "trait_item" | "abstract_class_declaration" => return false,
            "impl_item" if flat.field(holder, "trait").is_some() => return false,
            "class_definition" if file.field_text(holder, "superclasses").len() > 2 => return false,
            "impl_item" | "class_definition" => {}
            _ if flat.children(holder).any(|i| flat.kind(i) == "class_heritage") => return false,
            _ => {}
        },
        None if flat.kind(function.index) == "method_declaration" => {
            // A receiver without a name is not used
            let receiver = file.field_text(function.index, "receiver");
            if receiver.trim_matches(['(', ')']).split_whitespace().count() < 2 {
                return false;
            }
        }
        None => return false,
    }
    // A base class may return a default that subclasses override
    let class = holder.map_or("", |holder| file.field_text(holder, "name"));
    let extended = |line: &str| {
        line.contains(&format!("extends {class}"))
            || line.trim_start().starts_with("class ") && line.contains(&format!("({class}"))
    };
    if !class.is_empty() && file.text.lines().any(extended) {
        return false;
    }
    let container = function.name.rsplit_once('.').map_or("", |(container, _)| container);
    real_functions(file).iter().any(|other| {
        other.index != function.index
            && other.name.rsplit_once('.').is_some_and(|(of, _)| of == container)
            && crate::code::bodies::does_something(file, &statements(file, other.body))
            && !other.name.ends_with("__init__")
            && !other.name.ends_with("constructor")
    })
}

fn has_cfg(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let parent = flat.node(index).parent;
    let mut last = "";
    for sibling in flat.children(parent).take_while(|sibling| *sibling < index) {
        match flat.kind(sibling) {
            "attribute_item" if file.text_of(sibling).contains("cfg") => last = "cfg",
            "attribute_item" => {}
            _ if flat.node(sibling).extra => {}
            _ => last = "",
        }
    }
    last == "cfg"
}

/// Parts of names of functions that return a constant on purpose.
const MEANT_NAMES: &[&str] = &[
    "default",
    "noop",
    "nop",
    "null",
    "nil",
    "empty",
    "dummy",
    "fake",
    "stub",
    "mock",
    "always",
    "never",
    "none",
    "disabled",
    "unlimited",
    "constant",
    "accept",
    "allow",
    "deny",
    "reject",
    "trust",
    "ignore",
    "void",
    "demo",
    "example",
    "sample",
    "test",
    "base",
    "abstract",
    "identity",
    "unsupported",
    "feature",
    "supports",
    "silent",
    "dev",
    "trivial",
];

/// First words of names of functions that compute something.
const NAME_VERBS: &[&str] = &[
    "parse",
    "compute",
    "calculate",
    "calc",
    "verify",
    "validate",
    "fetch",
    "find",
    "convert",
    "count",
    "sort",
    "merge",
    "decode",
    "encode",
    "extract",
    "encrypt",
    "decrypt",
    "hash",
    "tokenize",
    "normalize",
    "normalise",
    "format",
    "search",
    "lookup",
    "resolve",
    "translate",
    "transform",
    "estimate",
    "measure",
    "sum",
    "average",
    "filter",
    "group",
    "split",
    "authenticate",
    "authorize",
    "sanitize",
    "serialize",
    "deserialize",
    "diff",
    "compare",
    "aggregate",
    "evaluate",
    "detect",
    "classify",
    "rank",
    "query",
    "download",
    "upload",
    "generate",
];

/// First words of comments that promise a computation.
const DOC_VERBS: &[&str] = &[
    "return",
    "returns",
    "parse",
    "parses",
    "compute",
    "computes",
    "calculate",
    "calculates",
    "check",
    "checks",
    "verify",
    "verifies",
    "validate",
    "validates",
    "find",
    "finds",
    "fetch",
    "fetches",
    "get",
    "gets",
    "load",
    "loads",
    "read",
    "reads",
    "convert",
    "converts",
    "count",
    "counts",
    "determine",
    "determines",
    "whether",
    "decode",
    "decodes",
    "encode",
    "encodes",
    "extract",
    "extracts",
    "build",
    "builds",
    "collect",
    "collects",
    "look",
    "looks",
    "search",
    "searches",
    "sort",
    "sorts",
    "filter",
    "filters",
    "merge",
    "merges",
    "split",
    "splits",
    "format",
    "formats",
    "tell",
    "tells",
    "say",
    "says",
    "give",
    "gives",
    "test",
    "tests",
    "estimate",
    "estimates",
    "measure",
    "measures",
    "translate",
    "translates",
    "resolve",
    "resolves",
    "normalise",
    "normalises",
    "normalize",
    "normalizes",
    "render",
    "renders",
    "sum",
    "sums",
    "add",
    "adds",
    "join",
    "joins",
    "compare",
    "compares",
    "hash",
    "hashes",
    "encrypt",
    "encrypts",
    "decrypt",
    "decrypts",
    "list",
    "lists",
    "query",
    "queries",
    "apply",
    "applies",
    "true",
    "detect",
    "detects",
    "transform",
    "transforms",
    "reports",
    "report",
    "retrieve",
    "retrieves",
    "work",
    "works",
    "pick",
    "picks",
    "select",
    "selects",
    "choose",
    "chooses",
    "remove",
    "removes",
    "send",
    "sends",
    "save",
    "saves",
    "write",
    "writes",
    "generate",
    "generates",
    "create",
    "creates",
    "download",
    "downloads",
    "rank",
    "ranks",
    "score",
    "scores",
    "group",
    "groups",
    "map",
    "maps",
    "is",
    "does",
    "evaluate",
    "evaluates",
    "authenticate",
    "authenticates",
    "authorise",
    "authorize",
    "sanitise",
    "sanitize",
    "escape",
    "escapes",
    "trim",
    "trims",
    "cut",
    "cuts",
];

/// First words of comments that name the result.
const DOC_NOUNS: &[&str] = &[
    "the", "a", "an", "how", "all", "number", "what", "which", "where", "sum", "amount", "distance", "length",
];

#[cfg(test)]
mod tests {
    use super::waives;

    #[test]
    fn words_that_say_a_constant_is_meant() {
        assert!(waives("every feature is on in this edition"));
        assert!(!waives("return the items that occur more than once"));
    }
}
