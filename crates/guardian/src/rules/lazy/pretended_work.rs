//! Code that says itself that it is missing: errors, messages and comments in place of the work.

use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use super::{given_up, made_up};

use crate::code::bodies::{Was, decorators, pair_up, parameters, real_functions};
use crate::code::constant::{is_fixed, returned};
use crate::code::file::File;
use crate::code::functions::{Function, functions, statements};
use crate::code::said::{plain, words_of};
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Change, Check, Example, Found, Pair, Rule};
use shared::test_files::is_test;

pub(crate) static RULE: Rule = Rule {
    id: "pretended-work",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "Code that says of itself that it does not do the work: not implemented, simulated, mocked, or promised for later.",
    note: "The caller gets an error or an invented answer. Do the work, or report the task as blocked and say what is missing.",
    valid: &[
        Example::new(&[(
            "a.py",
            "def f(kind):\n    if kind == 'a':\n        return g(kind)\n    raise ValueError('not implemented for this kind')\n",
        )]),
        Example::new(&[(
            "a.ts",
            "// the real implementation of this is behind the service\nexport const f = (s: S) => s.ask();\n",
        )]),
        Example::new(&[(
            "test/fake.ts",
            "// Simulate an API call\nexport const f = () => ({ ok: true });\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\n// F gives at most max.\nfunc F(s []int, max int) []int {\n\t// TODO: max could be a method\n\treturn s[:max]\n}\n",
        )]),
        Example::new(&[(
            "a.js",
            "export class Base {\n  run(x) {\n    throw new Error('not implemented');\n  }\n}\nexport class A extends Base {\n  run(x) { return x; }\n}\n",
        )]),
        Example::new(&[(
            "a.ts",
            "export function hint(label: string) {\n  // The placeholder until the user types\n  return `Enter ${label}`;\n}\n",
        )]),
        Example::change(
            &[(
                "src/lib.rs",
                "fn f(a: A) -> u8 {\n    match a {\n        A::B => 1,\n        A::C => panic!(\"no c\"),\n    }\n}\n",
            )],
            &[(
                "src/lib.rs",
                "fn f(a: A) -> u8 {\n    match a {\n        A::B => 1,\n        A::C => unimplemented! (\"c is refused by the parser\"),\n    }\n}\n",
            )],
        ),
    ],
    invalid: &[
        Example::new(&[("a.py", "def f(x):\n    raise RuntimeError('saving is not implemented yet')\n")]),
        Example::new(&[(
            "a.go",
            "package a\n\nimport \"errors\"\n\nfunc F(x int) (int, error) {\n\treturn 0, errors.New(\"F: not yet implemented\")\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "pub fn f(x: u8) -> Result<u8, String> {\n    Err(\"unimplemented\".to_string())\n}\n",
        )]),
        Example::new(&[(
            "a.js",
            "export function f(x) {\n  console.warn('f: not implemented');\n  return null;\n}\n",
        )]),
        Example::new(&[(
            "a.ts",
            "export function f(x: number) {\n  // In a production system this would call the bank\n  return x * 2;\n}\n",
        )]),
        Example::new(&[(
            "a.py",
            "import time\ndef send(mail):\n    # Simulate sending an email over the network\n    time.sleep(1)\n    return True\n",
        )]),
        Example::new(&[(
            "a.js",
            "export function users(db) {\n  // Return mock data\n  return [{ id: 1, name: 'Ann' }];\n}\n",
        )]),
        Example::new(&[(
            "a.js",
            "const mockUsers = [{ id: 1 }];\nexport function users(db) {\n  return mockUsers;\n}\n",
        )]),
        Example::new(&[(
            "a.ts",
            "export function render(title: string): Uint8Array {\n  // Placeholder until there is a library\n  return new Uint8Array();\n}\n",
        )]),
        Example::new(&[(
            "a.js",
            "export function sanitise(markup) {\n  // For now, just return the input\n  return markup;\n}\n",
        )]),
        Example::change(
            &[("a.py", "def f(items, limit):\n    return items[:limit]\n")],
            &[("a.py", "def f(items, limit):\n    # TODO: honour limit\n    return sorted(items)\n")],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "fn f(a: A) -> u8 {\n    match a {\n        A::B => 1,\n        A::C => g(),\n    }\n}\n",
            )],
            &[(
                "src/lib.rs",
                "fn f(a: A) -> u8 {\n    match a {\n        A::B => 1,\n        A::C => unimplemented! (\"c is rare\"),\n    }\n}\n",
            )],
        ),
    ],
    check: Check::Change(check),
};

fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// Words for "the code is missing".
static UNWRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b(not (yet |been )*(implemented|written|coded)( yet)?|unimplemented|to be implemented|(needs?|has|have|yet) to be (implemented|written)|implement me|implementation (is )?(missing|pending|coming)|coming soon|not (available|supported|ready|done|working|functional) yet|not yet (available|supported|ready|done|working|functional)|todo|tbd|nyi)\b",
    )
});

/// A message that tells of work instead of doing it.
static TOLD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\bwould (have )?(send|sent|call|called|save|saved|write|delete|deleted|remove|upload|download|fetch|post|charge|email|notify|create|update|publish|move|process|apply|run|execute|insert|store|schedule|dispatch|retry|trigger|restart|archive|migrate)\b",
    )
});

/// Words of a name whose work it is to tell.
const TELLS: &[&str] = &[
    "print", "log", "show", "report", "dry", "preview", "describe", "explain", "plan", "warn", "noop",
    "null", "display", "list", "trace", "console", "debug", "announce",
];

/// A comment which admits that the code is not real.
static CONFESSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)(\bin (a |an |the )?(real|actual|production|full|proper|complete|live|finished)([- ](world|life))?([ ,]+\w+)?( \w+)?,? (\w+ ){0,3}(would|should|could|must|will|you'd|we'd|it'd|needs? to|has to)\b|\b(real|actual|full|proper|production|complete) (implementation|logic|version|code) (would|should|could|will|goes|needs|comes|to follow|to come|is (still )?(missing|todo|pending|left)|(is )?(not|to be) (yet )?(written|added|done))\b|\ba (real|actual|production|proper)([- ](world|life|grade))? (app|application|system|service|deployment|project|solution|backend|server|client|program|product|setup) (would|should|could|must|will|needs?|has to)\b|\bthis is (just |only )?a (stub|placeholder|mock|dummy)\b|\b(would|should) normally (call|ask|query|fetch|send|read|write|compute|check|be)\b|\b(implementation|logic|code) (would|should|will|goes?) (go )?(in )?here\b|\breplace (this|it|me) with (the |an |a )?(real|actual|proper)\b)",
    )
});

/// Words for a simulated external service.
static SIMULATED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)^\W*(simulat(e|es|ed|ing|ion of)|pretend(s|ing)?|fak(e|es|ing)|mock(s|ed|ing)?)\b.{0,40}\b(api|network|request|response|server|backend|database|db|call|upload|download|payment|e-?mail|latency|delay|async|processing|query|fetch|work|operation|service|send(ing)?|sav(e|ing))\b",
    )
});

/// Words for invented data.
static MADE_UP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b(mock(ed)?|dummy|fake(d)?|sample|hard-?coded|placeholder|made[- ]up|stub(bed)?|canned|invented)\b.{0,25}\b(data|responses?|values?|results?|records?|rows?|users?|items?|lists?|outputs?|repl(y|ies)|answers?|entries|products?|objects?)\b",
    )
});

/// Words for work that is promised for later.
static LATER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b(todo|fixme|xxx|hack|later|not (yet )?(handled|supported|respected|used|applied|honou?red|implemented|considered|enforced)( yet)?|ignor(ed|es|ing) (it |this )?for now|for now)\b",
    )
});

/// Words for "this will be replaced".
static PUT_OFF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b((todo|fixme)\b\W*(actually |really |properly )?(implement|write|code|finish|complete|do the|do this|add the|replace)|placeholder|stub(bed)?|for now|temporar(y|ily)|until (the|we|a|an|it|this)\b|eventually|simplified|simplistic|naive|minimal implementation|to be (replaced|filled in|completed|added)|will be (implemented|added|replaced|filled in|completed|wired|hooked)|just (return|echo|pass)|fill (this|it) in|left (as an exercise|for later)|wire (this|it) up)\b",
    )
});

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for (pair, head) in change.heads() {
        if is_test(&pair.path) || is_specimen(&pair.path) || is_acted(&pair.path) {
            continue;
        }
        given_up::check(pair, found);
        let now = real_functions(head);
        let old = pair.old_code().map_or_else(Default::default, functions);
        for (function, was) in now.iter().zip(pair_up(old, now)) {
            if !pair.wrote_in(head.flat().node(function.index).start, head.flat().node(function.body).end) {
                continue;
            }
            let acted = words_of(&function.name).iter().any(|word| ACTED.contains(&word.as_str()));
            if !acted {
                comments(pair, head, function, found);
                made_up::names(pair, head, function, found);
            }
            let was_so = match was {
                Was::Same(old) => pair.old_code().is_some_and(|base| refusal(base, old).is_some()),
                Was::New => false,
                Was::Unclear => true,
            };
            if !acted {
                refusing_handlers(pair, head, function, found);
            }
            if let Some(at) = refusal(head, function).filter(|_| !was_so && !acted)
                && !is_for_others(change, head, function)
            {
                let name = function.name.rsplit('.').next().unwrap_or(&function.name);
                found.node(
                    head,
                    at,
                    format!("`{name}` says that it is not implemented, and does nothing else"),
                );
            }
        }
    }
}

const ACTED: &[&str] = &[
    "mock",
    "mocks",
    "mocked",
    "fake",
    "fakes",
    "stub",
    "dummy",
    "demo",
    "seed",
    "sample",
    "samples",
    "example",
    "fixture",
    "fixtures",
    "simulate",
    "simulated",
    "simulation",
    "simulator",
    "sandbox",
    "playground",
    "story",
    "stories",
    "bench",
    "unimplemented",
    "todo",
    "emulate",
    "emulator",
];

fn is_acted(path: &str) -> bool {
    words_of(path).iter().any(|word| ACTED.contains(&word.as_str()))
}

/// The statement which says that the function is not written, if the function does nothing else.
fn refusal(file: &File, function: &Function) -> Option<usize> {
    let flat = file.flat();
    let body = statements(file, function.body);
    let says = |index: usize| {
        let strings = std::iter::once(index).chain(flat.below(index)).filter(|i| is_text(flat.kind(*i)));
        let telling = words_of(&function.name).iter().any(|word| TELLS.contains(&word.as_str()));
        strings.into_iter().any(|i| {
            let matches = |words: &LazyLock<Option<Regex>>| {
                words.as_ref().is_some_and(|words| words.is_match(file.text_of(i)))
            };
            matches(&UNWRITTEN) || !telling && matches(&TOLD)
        })
    };
    let (last, before) = body.split_last()?;
    let quiet = |i: &usize| is_message(file, *i) || is_silencing(file.text_of(*i));
    if !before.iter().all(quiet) {
        return None;
    }
    let text = file.text_of(*last);
    let refuses = match file.language? {
        Language::Python => flat.kind(*last) == "raise_statement" && !text.contains("NotImplementedError"),
        Language::Go => {
            flat.kind(*last) == "return_statement"
                && (text.contains("errors.New(") || text.contains(".Errorf(") || text.contains("errors."))
                && !text.contains("codes.Unimplemented")
        }
        Language::Rust => {
            ["Err(", "return Err(", "bail!(", "anyhow::bail!("].iter().any(|start| text.starts_with(start))
        }
        _ => flat.kind(*last) == "throw_statement" || text.contains("Promise.reject("),
    };
    if refuses && says(*last) {
        return Some(*last);
    }
    // A message, followed by a constant or by nothing
    let message = body.iter().copied().find(|i| is_message(file, *i) && says(*i))?;
    let nothing = is_message(file, *last)
        || matches!(flat.kind(*last), "pass_statement" | "return_statement")
            && flat.parts(*last).next().is_none()
        || returned(file, function.body, *last).is_some_and(|value| is_fixed(file, value));
    nothing.then_some(message)
}

/// `onClick={() => alert("not implemented")}`: what a user may press only says so.
fn refusing_handlers(pair: &Pair, file: &File, function: &Function, found: &mut Found) {
    let flat = file.flat();
    for index in flat.below(function.body).filter(|i| flat.kind(*i) == "arrow_function") {
        let Some(body) = flat.field(index, "body").filter(|_| pair.wrote_at(flat.node(index).start)) else {
            continue;
        };
        let only = if flat.kind(body) == "statement_block" {
            match statements(file, body).as_slice() {
                [only] => *only,
                _ => continue,
            }
        } else {
            body
        };
        let text = file.text_of(only);
        let shows = ["alert(", "window.alert(", "toast", "console.", "notify("]
            .iter()
            .any(|start| text.starts_with(start));
        let says = std::iter::once(only).chain(flat.below(only)).any(|i| {
            is_text(flat.kind(i)) && UNWRITTEN.as_ref().is_some_and(|words| words.is_match(file.text_of(i)))
        });
        if shows && says {
            found.node(file, index, "this handler only says that it is not implemented");
        }
    }
}

fn is_text(kind: &str) -> bool {
    matches!(
        kind,
        "string" | "template_string" | "string_literal" | "raw_string_literal" | "interpreted_string_literal"
    )
}

/// Whether a statement only writes output or a log entry.
fn is_message(file: &File, statement: usize) -> bool {
    const STARTS: &[&str] = &[
        "console.",
        "print(",
        "println",
        "eprintln",
        "log.",
        "logger.",
        "logging.",
        "fmt.Print",
        "fmt.Fprint",
        "warnings.warn(",
        "warn!",
        "error!",
        "info!",
        "tracing::",
        "log::",
        "slog.",
        "self.logger.",
        "self.log.",
        "this.logger.",
        "this.log.",
        "alert(",
    ];
    let text = file.text_of(statement);
    STARTS.iter().any(|start| text.starts_with(start)) && !text.contains(".Fatal")
}

fn is_silencing(text: &str) -> bool {
    ["_ = ", "let _ = ", "void ", "del "].iter().any(|start| text.starts_with(start))
}

/// Whether others implement the method: in a base class, a trait, an interface, or an override.
fn is_for_others(change: &Change<'_>, file: &File, function: &Function) -> bool {
    let flat = file.flat();
    if decorators(file, function).any(|d| d.contains("abstract") || d.contains("overload")) {
        return true;
    }
    let holder = flat.above(function.index).find(|i| {
        matches!(
            flat.kind(*i),
            "class_definition"
                | "class_declaration"
                | "abstract_class_declaration"
                | "class"
                | "trait_item"
                | "impl_item"
        )
    });
    let Some(holder) = holder else { return false };
    match flat.kind(holder) {
        "trait_item" | "abstract_class_declaration" => return true,
        "impl_item" => return flat.field(holder, "trait").is_some(),
        "class_definition" if file.field_text(holder, "superclasses").len() > 2 => return true,
        _ if flat.children(holder).any(|i| flat.kind(i) == "class_heritage") => return true,
        _ => {}
    }
    let name = file.field_text(holder, "name");
    let base = words_of(name)
        .iter()
        .any(|word| matches!(word.as_str(), "abstract" | "base" | "interface" | "protocol" | "mixin"));
    if name.is_empty() || base {
        return true;
    }
    let Some(derived) = regex(&format!(
        r"(extends\s+[\w.]*\b{0}\b|class\s+\w+(\[[^\]]*\])?\([^)]*\b{0}\b)",
        regex::escape(name)
    )) else {
        return false;
    };
    change
        .head
        .paths()
        .iter()
        .filter(|path| {
            Language::of_path(path) == file.language
                || Language::of_path(path).is_some_and(Language::is_ecmascript)
        })
        .take(3_000)
        .any(|path| change.head.read(path).is_some_and(|text| text.contains(name) && derived.is_match(&text)))
}

/// Comments of a function that the change wrote.
fn comments(pair: &Pair, file: &File, function: &Function, found: &mut Found) {
    let flat = file.flat();
    let names = parameters(file, function);
    // In Python, a function's first comment precedes its body
    for index in flat.below(function.index) {
        let node = flat.node(index);
        if !node.kind.contains("comment") || !pair.wrote_in(node.start, node.end) {
            continue;
        }
        // Comments of an inner function are checked with that function
        if flat
            .above(index)
            .take_while(|i| *i > function.body)
            .any(|i| is_function(flat.kind(i)) && flat.field(i, "name").is_some())
        {
            continue;
        }
        let said: String = file.text_of(index).lines().map(plain).collect::<Vec<_>>().join(" ");
        let matches =
            |words: &LazyLock<Option<Regex>>| words.as_ref().is_some_and(|words| words.is_match(&said));
        let short: String = said.chars().take(60).collect();
        let acted = || acts(file, function);
        if matches(&CONFESSION) {
            found.node(
                file,
                index,
                format!("the comment says that the real work is not done here: \"{short}\""),
            );
        } else if matches(&SIMULATED) && acted()
            || matches(&MADE_UP) && (gives_fixed(file, function) || echoes(file, function, &names))
        {
            found.node(file, index, format!("the result is invented, as the comment says: \"{short}\""));
        } else if matches(&PUT_OFF) && gives_nothing(file, function, &names) {
            found.node(
                file,
                index,
                format!("nothing is done with the parameters, and the comment says why: \"{short}\""),
            );
        } else if matches(&LATER) {
            let forgotten = names.iter().find(|name| {
                !name.starts_with('_')
                    && mentions(&said, name)
                    && !flat.below(function.body).any(|i| {
                        is_name(flat.kind(i)) && file.text_of(i) == **name
                            || flat.kind(i) == "token_tree" && mentions(file.text_of(i), name)
                    })
            });
            if let Some(name) = forgotten {
                found.node(
                    file,
                    index,
                    format!(
                        "`{name}` is a parameter that nothing uses, and the comment puts it off: \"{short}\""
                    ),
                );
            }
        }
    }
}

/// Whether a function returns a constant without reading its parameters, or returns a parameter unchanged.
fn gives_nothing(file: &File, function: &Function, names: &[&str]) -> bool {
    let flat = file.flat();
    let body = statements(file, function.body);
    let named: Vec<&&str> = names.iter().filter(|name| !name.starts_with('_')).collect();
    if named.is_empty() || body.is_empty() {
        return false;
    }
    if let [only] = body.as_slice()
        && let Some(value) = returned(file, function.body, *only)
        && named.iter().any(|name| **name == file.text_of(value))
    {
        return true;
    }
    // A message about the parameters does no work
    let told: Vec<std::ops::Range<usize>> =
        body.iter().filter(|i| is_message(file, **i)).map(|i| flat.below(*i)).collect();
    let used = flat.below(function.body).filter(|i| !told.iter().any(|one| one.contains(i))).any(|i| {
        is_name(flat.kind(i)) && named.iter().any(|name| **name == file.text_of(i))
            || matches!(flat.kind(i), "token_tree" | "interpolation" | "template_substitution")
                && named.iter().any(|name| mentions(file.text_of(i), name))
    });
    !used && gives_fixed(file, function)
}

/// Whether a function gives constants, beside what it was given itself: `{ city, temperature: 21 }`.
fn echoes(file: &File, function: &Function, names: &[&str]) -> bool {
    let flat = file.flat();
    let body = statements(file, function.body);
    let value = match body.as_slice() {
        [only] => returned(file, function.body, *only),
        _ => None,
    };
    let Some(value) = value.filter(|value| matches!(flat.kind(*value), "object" | "dictionary")) else {
        return false;
    };
    let mut fixed = 0;
    let plain = flat.parts(value).all(|part| match flat.kind(part) {
        "shorthand_property_identifier" => names.contains(&file.text_of(part)),
        "pair" => flat.field(part, "value").is_some_and(|value| {
            let constant = is_fixed(file, value);
            fixed += usize::from(constant);
            constant || names.contains(&file.text_of(value))
        }),
        _ => false,
    });
    plain && fixed > 0
}

fn is_name(kind: &str) -> bool {
    matches!(kind, "identifier" | "shorthand_property_identifier" | "shorthand_field_identifier")
}

fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_definition"
            | "function_declaration"
            | "function_item"
            | "method_definition"
            | "method_declaration"
    )
}

fn mentions(said: &str, name: &str) -> bool {
    said.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').any(|word| word == name)
}

/// Whether a function only waits, or returns an invented value.
fn acts(file: &File, function: &Function) -> bool {
    let text = file.text_of(function.body);
    let waits = ["setTimeout(", "sleep(", "time.Sleep(", "delay(", "time.After("]
        .iter()
        .any(|call| text.contains(call));
    waits || gives_fixed(file, function)
}

/// Whether each value that a function returns is a constant.
fn gives_fixed(file: &File, function: &Function) -> bool {
    let flat = file.flat();
    let body = statements(file, function.body);
    let Some(last) = body.last() else { return true };
    let own = |i: &usize| {
        !flat.above(*i).take_while(|above| *above > function.body).any(|above| {
            is_function(flat.kind(above))
                || matches!(
                    flat.kind(above),
                    "arrow_function" | "closure_expression" | "lambda" | "func_literal"
                )
        })
    };
    let mut returns: Vec<usize> = flat
        .below(function.body)
        .filter(|i| matches!(flat.kind(*i), "return_statement" | "return_expression") && own(i))
        .filter_map(|i| flat.parts(i).next())
        .collect();
    returns.extend(returned(file, function.body, *last));
    !returns.is_empty()
        && returns.into_iter().all(|value| is_fixed(file, value) || is_local_constant(file, function, value))
}

/// Whether the value is a name to which the function assigned a constant.
fn is_local_constant(file: &File, function: &Function, value: usize) -> bool {
    let flat = file.flat();
    let name = file.text_of(value);
    flat.kind(value) == "identifier"
        && flat.below(function.body).any(|i| {
            let (left, right) = match flat.kind(i) {
                "variable_declarator" => (flat.field(i, "name"), flat.field(i, "value")),
                "assignment" | "short_var_declaration" => (flat.field(i, "left"), flat.field(i, "right")),
                "let_declaration" => (flat.field(i, "pattern"), flat.field(i, "value")),
                _ => return false,
            };
            left.is_some_and(|left| file.text_of(left) == name)
                && right.is_some_and(|right| is_fixed(file, right))
        })
}
