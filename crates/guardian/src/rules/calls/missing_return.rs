//! Functions that declare a result and can reach their end without returning one.

use syntax::Language;

use crate::code::bodies::{decorators, docstring, return_type};
use crate::code::file::File;
use crate::code::functions::{Function, functions, statements};
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "missing-return",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A function that says that it gives a value and ends without one.",
    note: "The caller gets nothing where a value is promised, or the code does not compile. Return the value on every way through.",
    valid: &[
        Example::new(&[(
            "a.ts",
            "export function f(k: 'a' | 'b'): number {\n  switch (k) {\n    case 'a': return 1;\n    case 'b': return 2;\n  }\n}\nexport function g(): number { throw new Error('no'); }\n",
        )]),
        Example::new(&[(
            "a.py",
            "def f(x) -> int:\n    while True:\n        if x():\n            return 1\n\ndef g() -> Iterator[int]:\n    yield 1\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\nfunc F() int {\n\tfor {\n\t}\n}\n\nfunc G(x bool) int {\n\tif x {\n\t\treturn 1\n\t} else {\n\t\tpanic(2)\n\t}\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[(
            "a.ts",
            "export function f(xs: number[]): number {\n  xs.reduce((a, b) => a + b, 0);\n}\n",
        )]),
        Example::new(&[("a.py", "def f(xs) -> int:\n    total = 0\n    for x in xs:\n        total += x\n")]),
        Example::new(&[(
            "a.go",
            "package a\n\nfunc F(xs []int) int {\n\tfor _, x := range xs {\n\t\treturn x\n\t}\n}\n",
        )]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        if head.path.ends_with(".pyi")
            || head.path.ends_with(".d.ts")
            || head.language == Some(Language::Rust)
            || head.language == Some(Language::JavaScript)
        {
            continue;
        }
        for function in functions(head) {
            let flat = head.flat();
            if !pair.wrote_in(flat.node(function.index).start, flat.node(function.body).end)
                || !lacks(head, function)
            {
                continue;
            }
            let name = function.name.rsplit('.').next().unwrap_or(&function.name);
            found.node(
                head,
                function.index,
                format!("`{name}` says that it gives a value, and its end can be reached without one"),
            );
        }
        if head.language == Some(Language::Go) {
            literals(pair, head, found);
        }
    }
}

/// Function literals of Go with a result.
fn literals(pair: &crate::rules::Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "func_literal") {
        let (Some(_), Some(body)) = (flat.field(index, "result"), flat.field(index, "body")) else {
            continue;
        };
        if pair.wrote_in(node.start, node.end) && !ends(file, body) {
            found.node(
                file,
                index,
                "this function has a result, and its end can be reached without a return",
            );
        }
    }
}

fn lacks(file: &File, function: &Function) -> bool {
    match file.language {
        // A function in assembly has no body
        Some(Language::Go) => {
            file.flat().field(function.index, "result").is_some() && !ends(file, function.body)
        }
        Some(Language::Python) => lacks_in_python(file, function),
        Some(Language::TypeScript | Language::Tsx) => lacks_in_typescript(file, function),
        _ => false,
    }
}

/// Whether a node belongs to the function itself, not to a function inside it.
fn is_own(file: &File, function: &Function, index: usize) -> bool {
    let flat = file.flat();
    flat.above(index).take_while(|above| *above > function.body).all(|above| !is_function(flat.kind(above)))
}

fn returns<'a>(file: &'a File, function: &'a Function) -> impl Iterator<Item = usize> + 'a {
    let flat = file.flat();
    flat.below(function.body)
        .filter(move |i| flat.kind(*i) == "return_statement" && is_own(file, function, *i))
}

/// Types whose values are never `None`.
const CERTAIN_IN_PYTHON: &[&str] = &[
    "int",
    "str",
    "float",
    "bool",
    "bytes",
    "list",
    "dict",
    "set",
    "tuple",
    "List",
    "Dict",
    "Set",
    "Tuple",
    "frozenset",
    "Path",
    "datetime",
    "Decimal",
];

fn lacks_in_python(file: &File, function: &Function) -> bool {
    let flat = file.flat();
    let gives = return_type(file, function).trim_matches(['"', '\'']);
    let first = gives.split(['[', '.']).next().unwrap_or(gives);
    if !CERTAIN_IN_PYTHON.contains(&first)
        || gives.contains("None")
        || gives.contains('|')
        || decorators(file, function)
            .any(|d| d.contains("abstract") || d.contains("overload") || d.contains("contextmanager"))
    {
        return false;
    }
    let body = statements(file, function.body);
    let stub = body.is_empty()
        || body.iter().all(|i| matches!(file.text_of(*i), "..." | "pass"))
        || file.text_of(function.body).contains("NotImplemented");
    let generator = flat.below(function.body).any(|i| flat.kind(i) == "yield" && is_own(file, function, i));
    let within = flat.above(function.index).take(3).find(|i| flat.kind(*i) == "class_definition");
    let protocol = within.is_some_and(|class| file.field_text(class, "superclasses").contains("Protocol"));
    // Without any return it is certain; with some, mypy reports it too
    !stub
        && !generator
        && !protocol
        && !docstring(file, function).contains("overrid")
        && returns(file, function).all(|i| flat.parts(i).next().is_some())
        && !ends(file, function.body)
        && (returns(file, function).next().is_none() || is_simple(file, function))
}

/// Prefixes of types whose values are never `undefined`.
const CERTAIN_IN_TYPESCRIPT: &[&str] = &[
    "number",
    "string",
    "boolean",
    "bigint",
    "Date",
    "Map<",
    "Set<",
    "Array<",
    "Record<",
    "Buffer",
    "RegExp",
    "Uint8Array",
];

fn lacks_in_typescript(file: &File, function: &Function) -> bool {
    let flat = file.flat();
    let plain = return_type(file, function).trim();
    let starts = CERTAIN_IN_TYPESCRIPT.iter().any(|start| plain.starts_with(start))
        || plain.ends_with("[]")
        || plain.starts_with('{') && plain.ends_with('}');
    let waits = plain.strip_prefix("Promise<").is_some_and(|inner| {
        ["number", "string", "boolean", "Buffer", "Date"].iter().any(|start| inner.starts_with(start))
            || inner.ends_with("[]>")
    });
    // A type that the file itself makes an interface or a class holds no `undefined`
    let named = plain.strip_prefix("Promise<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(plain);
    let of_file = named.starts_with(char::is_uppercase)
        && named.chars().all(|c| c.is_alphanumeric() || c == '_')
        && ["interface", "class"].iter().any(|word| {
            [" ", "<", "{"].iter().any(|after| file.text.contains(&format!("{word} {named}{after}")))
        });
    let (starts, waits) = (starts || of_file && named == plain, waits || of_file && named != plain);
    let nothing = ["void", "undefined", "null", "any", "unknown", "never", "|", " is ", "asserts"]
        .iter()
        .any(|word| plain.contains(word));
    if !(starts || waits) || nothing || flat.kind(function.body) != "statement_block" || plain.contains("=>")
    {
        return false;
    }
    let generator = flat.children(function.index).any(|i| flat.kind(i) == "*")
        || flat.below(function.body).any(|i| flat.kind(i) == "yield_expression" && is_own(file, function, i));
    // A function without `async` returns the promise itself, not its value
    let asynchronous = !waits || file.text_of(function.index).contains("async");
    let body = statements(file, function.body);
    !generator
        && asynchronous
        && !body.is_empty()
        && returns(file, function).next().is_none()
        && !ends(file, function.body)
}

/// Whether the function surely continues after its last statement: no call in it may never return.
fn is_simple(file: &File, function: &Function) -> bool {
    let flat = file.flat();
    let body = statements(file, function.body);
    body.last().is_some_and(|last| {
        matches!(flat.kind(*last), "for_statement" | "assignment" | "if_statement")
            || flat.kind(*last) == "expression_statement"
                && flat.parts(*last).all(|i| matches!(flat.kind(i), "assignment" | "augmented_assignment"))
    }) && !body.last().is_some_and(|last| {
        file.text_of(*last).contains("match ")
            || flat.kind(*last) == "if_statement" && file.text_of(*last).contains("else")
    })
}

fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_definition"
            | "lambda"
            | "arrow_function"
            | "function_expression"
            | "function_declaration"
            | "method_definition"
            | "func_literal"
            | "class_definition"
            | "class_declaration"
    )
}

/// Calls that never return, in Python and TypeScript.
const NEVER_RETURN: &[&str] = &[
    "process.exit(",
    "sys.exit(",
    "os._exit(",
    "os.abort(",
    "exit(",
    "assertNever(",
    "unreachable(",
    "fail(",
    "pytest.fail(",
    "pytest.skip(",
    "self.fail(",
    "raise_",
    "assert_never(",
    "invariant(",
    "this.fail(",
    "os.exec",
    "reraise(",
    "abort(",
];

/// Whether the end of a statement is never reached.
fn ends(file: &File, index: usize) -> bool {
    let flat = file.flat();
    // Check each block that has to end
    let mut open = vec![index];
    let mut steps = 0;
    while let Some(at) = open.pop() {
        steps += 1;
        if steps > 2_000 {
            return true;
        }
        let go = file.language == Some(Language::Go);
        let done = match flat.kind(at) {
            "block" | "statement_block" | "else_clause" | "statement_list" | "finally_clause" => {
                match last_statement(file, at) {
                    Some(last) => {
                        open.push(last);
                        true
                    }
                    None => false,
                }
            }
            "return_statement" | "throw_statement" | "raise_statement" | "goto_statement" => true,
            "labeled_statement" => flat.parts(at).last().is_some_and(|inner| {
                open.push(inner);
                true
            }),
            "expression_statement" => {
                let text = file.text_of(at);
                if go {
                    text.starts_with("panic(")
                } else {
                    NEVER_RETURN.iter().any(|call| text.contains(call))
                        || text.contains("throw")
                        || text.contains("error(")
                        || text.contains("Error(")
                }
            }
            "assert_statement" => {
                file.text_of(at).starts_with("assert False") || file.text_of(at).starts_with("assert 0")
            }
            "if_statement" => {
                let consequence = flat.field(at, "consequence");
                let alternatives: Vec<usize> =
                    flat.children(at).filter(|i| flat.node(*i).field == "alternative").collect();
                let closed = match file.language {
                    Some(Language::Python) => alternatives.iter().any(|i| flat.kind(*i) == "else_clause"),
                    _ => !alternatives.is_empty(),
                };
                open.extend(consequence);
                open.extend(alternatives.iter().copied());
                closed
            }
            "elif_clause" => {
                open.extend(flat.field(at, "consequence"));
                true
            }
            "for_statement" | "while_statement" if else_of_loop(file, at).is_some() => {
                open.extend(else_of_loop(file, at));
                true
            }
            "while_statement" => {
                let condition = file.field_text(at, "condition").trim_matches(['(', ')']);
                matches!(condition, "True" | "true" | "1") && !breaks(file, at)
            }
            "do_statement" => {
                let condition = file.field_text(at, "condition").trim_matches(['(', ')']);
                matches!(condition, "true" | "1") && !breaks(file, at)
            }
            "for_statement" if go => is_endless_in_go(file, at) && !breaks(file, at),
            "for_statement" if file.language != Some(Language::Python) => {
                flat.field(at, "condition").is_none_or(|i| matches!(file.text_of(i), ";" | ""))
                    && !breaks(file, at)
            }
            "expression_switch_statement" | "type_switch_statement" | "select_statement" => {
                match last_of_cases(file, at) {
                    Some(last) => {
                        open.extend(last);
                        !breaks(file, at)
                    }
                    None => false,
                }
            }
            // In TypeScript a switch over all values needs no default, and in Python a match needs none
            "switch_statement" => !breaks(file, at),
            "match_statement" => true,
            "try_statement" => {
                open.extend(ends_of_try(file, at));
                true
            }
            "with_statement" => {
                // The context manager may suppress an exception; only the body's end counts
                open.extend(flat.field(at, "body"));
                true
            }
            _ => false,
        };
        if !done {
            return false;
        }
    }
    true
}

/// The last statement of a block. The parser limits the depth of nested statements.
fn last_statement(file: &File, block: usize) -> Option<usize> {
    let flat = file.flat();
    let list = flat.parts(block).find(|i| flat.kind(*i) == "statement_list").unwrap_or(block);
    flat.parts(list).last()
}

/// The `else` of a loop of Python, which runs unless a `break` left the loop.
fn else_of_loop(file: &File, at: usize) -> Option<usize> {
    let other = file.flat().field(at, "alternative").filter(|_| file.language == Some(Language::Python))?;
    (!breaks(file, at)).then_some(other)
}

fn is_endless_in_go(file: &File, at: usize) -> bool {
    let flat = file.flat();
    let header = file.slice(
        flat.node(at).start,
        flat.field(at, "body").map_or(flat.node(at).end, |body| flat.node(body).start),
    );
    !header.contains("range")
        && (header.trim() == "for"
            || header.split(';').nth(1).is_some_and(|condition| condition.trim().is_empty()))
}

/// The last statements of the cases of a switch in Go, each of which must end; `None` if no case may match, or if a
/// case is empty.
fn last_of_cases(file: &File, at: usize) -> Option<Vec<usize>> {
    let flat = file.flat();
    let cases: Vec<usize> = flat.parts(at).filter(|i| flat.kind(*i).ends_with("_case")).collect();
    let closed = flat.kind(at) == "select_statement" || cases.iter().any(|i| flat.kind(*i) == "default_case");
    if !closed {
        return None;
    }
    let last = cases.iter().map(|case| {
        let list = flat.parts(*case).filter(|i| flat.kind(*i) == "statement_list").last();
        list.and_then(|list| flat.parts(list).last())
    });
    let last: Vec<usize> = last.collect::<Option<_>>()?;
    Some(last.into_iter().filter(|last| flat.kind(*last) != "fallthrough_statement").collect())
}

/// The parts of a `try` that must end; none if its `finally` ends.
fn ends_of_try(file: &File, at: usize) -> Vec<usize> {
    let flat = file.flat();
    let finally = flat.parts(at).find(|i| flat.kind(*i) == "finally_clause");
    if finally.is_some_and(|finally| {
        last_of(file, finally).is_some_and(|last| {
            matches!(flat.kind(last), "return_statement" | "raise_statement" | "throw_statement")
        })
    }) {
        return Vec::new();
    }
    let otherwise = flat.parts(at).find(|i| flat.kind(*i) == "else_clause");
    let handlers = flat
        .parts(at)
        .filter(|i| matches!(flat.kind(*i), "except_clause" | "except_group_clause" | "catch_clause"))
        .filter_map(|handler| flat.field(handler, "body").or_else(|| flat.parts(handler).last()));
    otherwise.or_else(|| flat.field(at, "body")).into_iter().chain(handlers).collect()
}

fn last_of(file: &File, clause: usize) -> Option<usize> {
    let flat = file.flat();
    let block = flat.parts(clause).last()?;
    flat.parts(block).last()
}

/// Whether a `break` leaves this loop or switch.
fn breaks(file: &File, of: usize) -> bool {
    let flat = file.flat();
    flat.below(of).any(|i| {
        flat.kind(i) == "break_statement" && {
            let labelled = flat.parts(i).next().is_some();
            let nearest = flat.above(i).find(|above| {
                matches!(
                    flat.kind(*above),
                    "for_statement"
                        | "for_in_statement"
                        | "while_statement"
                        | "do_statement"
                        | "switch_statement"
                        | "expression_switch_statement"
                        | "type_switch_statement"
                        | "select_statement"
                ) || is_function(flat.kind(*above))
            });
            labelled || nearest == Some(of)
        }
    })
}
