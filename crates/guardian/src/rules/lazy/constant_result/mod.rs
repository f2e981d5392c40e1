//! New functions that promise a computed result but always return the same one.
//!
//! The promise is in the name or the comment. Must not report tests, methods that a trait or a base class requires, or
//! functions whose comment says that a constant is intended.

mod words;

use syntax::Language;

use self::words::{DOC_NOUNS, DOC_VERBS, MEANT_NAMES, NAME_VERBS};
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
        Example::new(&[(
            "a.ts",
            "export async function pauseFor(id: string) {\n  await new Promise((done) => setTimeout(done, 500));\n  return true;\n}\n",
        )]),
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
        Example::new(&[(
            "a.ts",
            "export async function close(id: string) {\n  await new Promise((done) => setTimeout(done, 500));\n  return { ok: true };\n}\n",
        )]),
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
            let value = match body.as_slice() {
                [only] => returned(head, function.body, *only),
                [first, last] => kept(head, function, *first, *last),
                _ => None,
            };
            let Some(value) =
                value.filter(|value| is_fixed(head, *value) || is_drawn(head, function, *value))
            else {
                continue;
            };
            let names = parameters(head, function);
            // Who marks a parameter as unused may mean it, unless the name promises a look at it
            let said = about(head, function).to_lowercase();
            let named = |name: &&str| {
                let name = name.trim_start_matches('_').to_lowercase();
                name.len() > 2
                    && said.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
            };
            // A comment that says what is done with the parameters promises it
            let marked = names.iter().any(|name| name.starts_with('_'))
                && !is_judging(&function.name)
                && !names.iter().all(named);
            let promised = is_promised(head, function, value) || waits(head, function);
            if names.is_empty() || marked || !promised {
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

/// A value that is drawn at random, from nothing that the function is given, where its name does not promise chance.
fn is_drawn(file: &File, function: &Function, value: usize) -> bool {
    const CHANCE: &[&str] = &[
        "random", "generate", "create", "pick", "choose", "draw", "shuffle", "sample", "jitter", "noise",
        "roll", "seed", "id", "uuid", "token", "nonce", "salt", "fake", "delay", "backoff",
    ];
    const DRAWS: &[&str] = &[
        "Math.random(",
        "random.random(",
        "random.uniform(",
        "random.randint(",
        "rand.Float64(",
        "rand.Intn(",
        "rand::random",
    ];
    let text = file.text_of(value);
    let meant = words_of(&function.name).iter().any(|word| CHANCE.contains(&word.as_str()))
        || ["random", "chance", "sampl", "jitter", "noise"]
            .iter()
            .any(|word| about(file, function).to_lowercase().contains(word));
    let given = parameters(file, function);
    let reads = text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| given.contains(&word));
    !meant && !reads && DRAWS.iter().any(|draw| text.contains(draw))
}

/// `const x = 42; return x`: the constant that a name keeps until it is given back.
fn kept(file: &File, function: &Function, first: usize, last: usize) -> Option<usize> {
    let flat = file.flat();
    let declares = matches!(
        flat.kind(first),
        "lexical_declaration"
            | "variable_declaration"
            | "expression_statement"
            | "let_declaration"
            | "short_var_declaration"
    );
    if !declares {
        return None;
    }
    let given = returned(file, function.body, last).filter(|value| flat.kind(*value) == "identifier")?;
    std::iter::once(first).chain(flat.below(first)).find_map(|i| {
        let (left, right) = match flat.kind(i) {
            "variable_declarator" => (flat.field(i, "name")?, flat.field(i, "value")?),
            "assignment" => (flat.field(i, "left")?, flat.field(i, "right")?),
            "let_declaration" => (flat.field(i, "pattern")?, flat.field(i, "value")?),
            "short_var_declaration" => {
                let only = |list: usize| {
                    let mut parts = flat.parts(list);
                    parts.next().filter(|_| parts.next().is_none())
                };
                (only(flat.field(i, "left")?)?, only(flat.field(i, "right")?)?)
            }
            _ => return None,
        };
        (file.text_of(left) == file.text_of(given)).then_some(right)
    })
}

/// `isValidEmail`, `verify_token`: a name of what looks at its parameter.
fn is_judging(name: &str) -> bool {
    let words = words_of(name.rsplit('.').next().unwrap_or(name));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["is", "valid" | "correct" | "well", ..]
            | ["validate" | "verify" | "sanitize" | "authenticate", _, ..]
    )
}

fn is_declaration(path: &str) -> bool {
    [".pyi", ".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end))
}

/// The statements of a body without those that only mention a parameter to satisfy a linter.
fn meaningful(file: &File, function: &Function) -> Vec<usize> {
    let dead = |i: &usize| {
        let flat = file.flat();
        let name = match flat.kind(*i) {
            "lexical_declaration" | "variable_declaration" => {
                let mut all = flat.parts(*i).filter(|part| flat.kind(*part) == "variable_declarator");
                all.next().filter(|_| all.next().is_none()).and_then(|one| flat.field(one, "name"))
            }
            "expression_statement" => {
                let inner = flat.parts(*i).next().filter(|inner| flat.kind(*inner) == "assignment");
                inner.and_then(|inner| flat.field(inner, "left"))
            }
            "let_declaration" => flat.field(*i, "pattern"),
            _ => None,
        };
        let name = name.filter(|name| flat.kind(*name) == "identifier").map(|name| file.text_of(name));
        // A variable that nothing reads does no work
        name.is_some_and(|name| {
            let uses = flat.below(function.body).filter(|i| {
                matches!(flat.kind(*i), "identifier" | "shorthand_property_identifier")
                    && file.text_of(*i) == name
            });
            uses.count() == 1 && !file.text_of(function.body).contains(&format!("{{{name}"))
        })
    };
    let silences = |i: &usize| {
        let text = file.text_of(*i).trim_end_matches(';');
        let plain = |name: &str| {
            !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' ' | '(' | ')'))
        };
        ["_ = ", "let _ = ", "void ", "del "].iter().any(|start| text.strip_prefix(start).is_some_and(plain))
    };
    let written = statements(file, function.body).into_iter();
    written.filter(|i| !silences(i) && !dead(i) && !is_wait(file.text_of(*i))).collect()
}

/// Whether a statement only lets time pass.
fn is_wait(text: &str) -> bool {
    const WAITS: [&str; 7] = [
        "await new Promise(",
        "await sleep(",
        "await delay(",
        "time.sleep(",
        "await asyncio.sleep(",
        "time.Sleep(",
        "thread::sleep(",
    ];
    let text = text.trim_start_matches("std::");
    WAITS.iter().any(|start| text.starts_with(start))
        && (!text.starts_with("await new") || text.contains("setTimeout("))
}

/// A function that lets time pass and gives a constant acts as if it worked, unless its name says that it waits.
fn waits(file: &File, function: &Function) -> bool {
    const MEANT: [&str; 8] = ["wait", "sleep", "delay", "pause", "timeout", "throttle", "backoff", "tick"];
    let parts = words_of(&function.name);
    let meant =
        parts.iter().any(|part| MEANT.contains(&part.as_str()) || MEANT_NAMES.contains(&part.as_str()));
    !meant
        && !waives(&about(file, function).to_lowercase(), true)
        && (!is_method(file, function) || is_own_work(file, function))
        && statements(file, function.body).iter().any(|i| is_wait(file.text_of(*i)))
}

/// Whether the name or the comment promises a computation, and nothing says that a constant is intended.
fn is_promised(file: &File, function: &Function, value: usize) -> bool {
    let flat = file.flat();
    let name = function.name.rsplit('.').next().unwrap_or(&function.name);
    let parts = words_of(&function.name);
    if parts.iter().any(|part| MEANT_NAMES.contains(&part.as_str()))
        || decorators(file, function).next().is_some()
    {
        return false;
    }
    let said = about(file, function).to_lowercase();
    // A comment that speaks of every item tells what the work is done with, if the value is only an empty one
    if waives(&said, is_judging(name) || is_empty_value(file.text_of(value))) {
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
    (verb || is_judging(name)) && !method || DOC_VERBS.contains(&first) || DOC_NOUNS.contains(&first)
}

/// A value without anything in it; unlike a yes or a no it is rarely the answer for all input.
fn is_empty_value(text: &str) -> bool {
    matches!(
        text,
        "0" | "0.0"
            | "[]"
            | "{}"
            | "\"\""
            | "''"
            | "Vec::new()"
            | "vec![]"
            | "String::new()"
            | "Ok(())"
            | "Ok(0)"
    )
}

/// Words which say that the constant is the answer.
fn waives(said: &str, judging: bool) -> bool {
    // Also say what a check looks at, so they do not count for one
    const OF_DATA: &[&str] =
        &["every ", "any ", "without ", "single ", "has no ", "have no ", "is no ", "only one"];
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
        "interface",
        "implementations",
        "there is no",
        "there are no",
        "accepts all",
        "everything",
        "all are ",
    ];
    let begins = |at: usize| !said.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric));
    let mut words = WORDS.iter().chain(OF_DATA.iter().filter(|_| !judging));
    words.any(|word| said.match_indices(word).any(|(at, _)| begins(at)))
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
            "class_definition"
                if file.field_text(holder, "superclasses").len() > 2
                    && !adds_to_base(file, holder, function) =>
            {
                return false;
            }
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
            // What keeps something is no null object
            if has_fields(file, receiver) {
                return true;
            }
        }
        None => return false,
    }
    let keeps = holder.is_some_and(|holder| {
        flat.kind(holder) == "class_definition"
            && file
                .text_of(holder)
                .lines()
                .any(|line| line.trim_start().strip_prefix("self.").is_some_and(|rest| rest.contains(" = ")))
    });
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
    keeps
        || real_functions(file).iter().any(|other| {
            other.index != function.index
                && other.name.rsplit_once('.').is_some_and(|(of, _)| of == container)
                && crate::code::bodies::does_something(file, &statements(file, other.body))
                && !other.name.ends_with("__init__")
                && !other.name.ends_with("constructor")
        })
}

/// Whether the bases of a class of Python are in the same file, whole, and none of them has the method.
fn adds_to_base(file: &File, class: usize, function: &Function) -> bool {
    let flat = file.flat();
    let name = function.name.rsplit('.').next().unwrap_or(&function.name);
    let Some(bases) = flat.field(class, "superclasses") else { return false };
    flat.parts(bases).all(|base| {
        let of = file.text_of(base);
        flat.iter().any(|(i, node)| {
            node.kind == "class_definition"
                && file.field_text(i, "name") == of
                && flat.field(i, "superclasses").is_none_or(|list| flat.parts(list).next().is_none())
                && !flat
                    .below(i)
                    .any(|j| flat.kind(j) == "function_definition" && file.field_text(j, "name") == name)
        })
    })
}

/// Whether the struct of a receiver of Go is in the file and has fields.
fn has_fields(file: &File, receiver: &str) -> bool {
    let flat = file.flat();
    let of = receiver.trim_matches(['(', ')']).split_whitespace().last().unwrap_or_default();
    let of = of.trim_start_matches('*').split('[').next().unwrap_or_default();
    flat.iter().any(|(i, node)| {
        node.kind == "type_spec"
            && file.field_text(i, "name") == of
            && flat.below(i).any(|j| flat.kind(j) == "field_declaration")
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

#[cfg(test)]
mod tests {
    use super::waives;

    #[test]
    fn words_that_say_a_constant_is_meant() {
        assert!(waives("every feature is on in this edition", false));
        assert!(!waives("check that every line has a price", true));
        assert!(!waives("return the items that occur more than once", false));
        assert!(!waives("returns how many lines there are", false));
    }
}
