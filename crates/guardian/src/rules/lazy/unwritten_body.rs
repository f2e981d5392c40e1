//! `unwritten-body`: a new function that promises work and does nothing.

use syntax::Language;

use crate::code::bodies::{
    Was, decorators, docstring, is_nothing, is_trivial, is_unwritten, pair_up, parameters, promises,
    real_functions, return_type,
};
use crate::code::file::{File, even};
use crate::code::functions::{Function, statements};
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unwritten-body",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A new function that does nothing with what it is given, or whose comment promises the code.",
    note: "The function is there so that callers can be written, and it does not do what its name says. Write it; where it is meant to do nothing, say so in a comment.",
    valid: &[
        Example::new(&[(
            "a.js",
            "class A {\n  onRead(text) {}\n  async read(text) {\n    this.onRead(text);\n    await this.onRead(text);\n  }\n}\n",
        )]),
        Example::new(&[("a.py", "class A:\n    def on_close(self, event):\n        pass\n")]),
        Example::new(&[("a.ts", "class A<T> {\n  constructor(private value: T) {}\n}\n")]),
        Example::new(&[("a.js", "function noop(x) {}\nlist.forEach((x) => {});\n")]),
        Example::new(&[(
            "a.ts",
            "export function close(handle: number): void {\n  // nothing to be closed here\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "impl Visit for A { fn visit(&mut self, _node: &Node) {} }\nfn f(a: u8) -> u8 { a + 1 }\n",
        )]),
        Example::new(&[(
            "a.py",
            "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def f(self, x) -> int:\n        pass\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.py", "def clamp(x, low, high):\n    pass\n")]),
        Example::new(&[(
            "a.py",
            "def take(n, of):\n    \"\"\"The first *n*.\n\n    >>> take(1, 'ab')\n    'a'\n    \"\"\"\n    return None\n",
        )]),
        Example::new(&[(
            "a.py",
            "class A:\n    def size(self):\n        \"\"\"Return how much there is.\"\"\"\n        return None\n",
        )]),
        Example::new(&[("a.py", "class A:\n    def f(self):\n        pass  # TODO: implement\n")]),
        Example::new(&[(
            "a.py",
            "class A:\n    def put(self, x):\n        self.x = x\n    def compact(self):\n        \"\"\"Drop what was overwritten.\"\"\"\n        ...\n",
        )]),
        Example::new(&[("a.js", "function parse(text) {\n  // TODO: implement this\n  return null;\n}\n")]),
        Example::new(&[("a.js", "export function parse(text) {\n}\n")]),
        Example::new(&[(
            "a.js",
            "class A {\n  parse(text) {\n    return null;\n  }\n  read(text) {\n    return [this.parse(text)];\n  }\n}\n",
        )]),
        Example::new(&[("a.ts", "class A {\n  size(): number {\n  }\n}\n")]),
        Example::new(&[(
            "a.js",
            "class A {\n  /**\n   * @param {string} name\n   * @return {Option}\n   */\n\n  find(name) {\n    return null;\n  }\n}\n",
        )]),
        Example::new(&[("src/lib.rs", "impl A { fn size(&self) -> usize {\n} }\n")]),
        Example::new(&[("src/lib.rs", "fn store(key: &str, value: u8) {\n}\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads() {
        let declares = head.path.ends_with(".pyi") || head.path.ends_with(".d.ts");
        if declares || head.is_test() || is_specimen(&head.path) {
            continue;
        }
        let old = pair.base.as_deref().filter(|base| base.is_code()).map(real_functions).unwrap_or_default();
        let new = real_functions(head);
        for (function, was) in new.iter().zip(pair_up(old, new)) {
            let body = statements(head, function.body);
            let promised = (is_trivial(head, &body) || is_unwritten(head, &body))
                && promises(head, function)
                && !refuses(head, function);
            let before = match was {
                Was::Same(before) => pair.base.as_deref().map(|base| (base, before)),
                _ => None,
            };
            // A removed body is for another rule; an unkept promise is reported in any case
            let unkept = |base: &File, before: &Function| {
                let body = statements(base, before.body);
                promises(base, before) && (is_trivial(base, &body) || is_unwritten(base, &body))
            };
            if before.is_some_and(|(base, before)| !promised || unkept(base, before))
                || matches!(was, Was::Unclear)
            {
                continue;
            }
            let name = function.name.rsplit('.').next().unwrap_or(&function.name);
            if promised {
                found.node(head, function.index, format!("`{name}` is not written, as its comment says"));
            } else if !change.whole && is_nothing(head, &body) && is_wanted(head, function, name) {
                found.node(head, function.index, format!("`{name}` is new and does nothing"));
            }
        }
    }
}

/// Whether its error says that the operation is not supported: this is an answer, not a gap.
fn refuses(file: &File, function: &Function) -> bool {
    let is_error = |i: &usize| matches!(file.flat().kind(*i), "raise_statement" | "throw_statement");
    file.flat().below(function.body).filter(is_error).any(|i| file.text_of(i).contains("support"))
}

/// Whether something shows that more than an empty body was intended.
fn is_wanted(file: &File, function: &Function, name: &str) -> bool {
    let meant = ["noop", "no_op", "ignore", "empty", "dummy", "null", "stub", "unused"];
    if meant.iter().any(|word| name.to_lowercase().contains(word)) || says_so(file, function) {
        return false;
    }
    match file.language {
        Some(Language::Rust) => in_rust(file, function),
        Some(Language::Python) => in_python(file, function, name),
        Some(Language::Go) => false,
        _ => in_ecmascript(file, function, name),
    }
}

/// Whether the body has a comment that does not speak of missing code.
fn says_so(file: &File, function: &Function) -> bool {
    const WORDS: [&str; 14] = [
        "nothing",
        "no-op",
        "noop",
        "empty",
        "ignore",
        "not needed",
        "unused",
        "intention",
        "purpose",
        "default",
        "do not",
        "don't",
        "override",
        "subclass",
    ];
    let comments = file.flat().children(function.body).filter(|i| file.flat().kind(*i).contains("comment"));
    comments.into_iter().any(|i| {
        let said = file.text_of(i).to_lowercase();
        WORDS.iter().any(|word| said.contains(word))
    })
}

fn in_rust(file: &File, function: &Function) -> bool {
    let empty = statements(file, function.body).is_empty();
    let gives = return_type(file, function);
    let given = parameters(file, function);
    // `fn f(_: A) -> Self::B {}`: the author names nothing on purpose, and the type may be `()`
    let list = file.field_text(function.index, "parameters");
    let unnamed =
        given.iter().all(|name| name.starts_with('_')) && list.contains("_:") && gives.contains("::");
    if empty && !gives.is_empty() && !matches!(gives, "()" | "!") && !unnamed {
        return true;
    }
    if unnamed {
        return false;
    }
    // The compiler warns about an unused parameter, unless its name begins with `_`
    if !given.is_empty() {
        return given.iter().any(|name| !name.starts_with('_'));
    }
    let Some(holder) = file.flat().above(function.index).find(|i| file.flat().kind(*i) == "impl_item") else {
        return false;
    };
    // The only method of a trait is the purpose of its implementation
    let only = file.flat().field(holder, "body").is_some_and(|body| file.flat().parts(body).count() == 1);
    (file.flat().field(holder, "trait").is_none() || only)
        && empty
        && file.field_text(function.index, "parameters").contains("&mut self")
}

fn in_python(file: &File, function: &Function, name: &str) -> bool {
    let a_property = |decorator: &str| decorator.trim_end().ends_with("property");
    if let Some(decorator) = decorators(file, function).next() {
        // Without a value, `...` or a description alone is what an interface looks like
        let described = statements(file, function.body).is_empty();
        return a_property(decorator)
            && !described
            && !decorators(file, function).any(|d| d.contains("abstract"));
    }
    let doc = docstring(file, function);
    let class =
        file.flat().above(function.index).take(3).find(|i| file.flat().kind(*i) == "class_definition");
    let bases = class.map(|class| file.field_text(class, "superclasses")).unwrap_or_default();
    if ["Protocol", "ABC", "abc.", "TypedDict"].iter().any(|word| bases.contains(word)) {
        return false;
    }
    // A method without `self` only describes an interface
    let list = file.field_text(function.index, "parameters").trim_matches(['(', ')']);
    let first = list.split([',', ':', '=']).next().unwrap_or_default().trim();
    if class.is_some() && !matches!(first, "self" | "cls" | "mcs" | "mcls" | "_self" | "_cls") {
        return false;
    }
    let gives = return_type(file, function);
    let a_value = !gives.is_empty()
        && !["None", "Optional", "Any", "NoReturn", "object", "|"].iter().any(|word| gives.contains(word));
    if doc.contains(">>> ") || a_value || tells_what_it_gives(doc) {
        return true;
    }
    if class.is_some_and(|class| is_left_open(file, class, function, bases, doc)) {
        return true;
    }
    let used = parameters(file, function);
    let plain = !used.is_empty() && used.iter().all(|name| !name.starts_with('_'));
    plain && (class.is_none() || name == "__init__" || is_relied_on(file, function, name))
}

/// `...` with a description, in a class without bases whose other methods are written.
fn is_left_open(file: &File, class: usize, function: &Function, bases: &str, doc: &str) -> bool {
    const HOOKS: [&str; 12] = [
        "overrid",
        "subclass",
        "hook",
        "default",
        "implement",
        "abstract",
        "called ",
        "nothing",
        "no-op",
        "interface",
        "optional",
        "ignore",
    ];
    let flat = file.flat();
    let said = doc.to_lowercase();
    let open = statements(file, function.body).iter().all(|i| file.text_of(*i) == "...");
    let written = flat.below(class).any(|i| {
        flat.kind(i) == "function_definition"
            && file.field_text(i, "name") != "__init__"
            && flat.field(i, "body").is_some_and(|body| {
                statements(file, body).iter().any(|i| !matches!(file.text_of(*i), "..." | "pass"))
            })
    });
    let extended = format!("({}", file.field_text(class, "name"));
    open && written
        && !file.text.contains(&extended)
        && bases.trim_matches(['(', ')', ' ']).is_empty()
        && said.split_whitespace().count() > 2
        && !HOOKS.iter().any(|word| said.contains(word))
}

/// Whether the same file uses the function's result.
fn is_relied_on(file: &File, function: &Function, name: &str) -> bool {
    let flat = file.flat();
    let own = flat.below(function.index);
    flat.iter().any(|(call, node)| {
        if !matches!(node.kind, "call" | "call_expression") || own.contains(&call) {
            return false;
        }
        let callee = file.field_text(call, "function");
        let called =
            ["this.", "self.", "cls."].iter().find_map(|of| callee.strip_prefix(of)).unwrap_or(callee);
        let waits =
            |i: &usize| matches!(flat.kind(*i), "await" | "await_expression" | "parenthesized_expression");
        let around = flat.above(call).find(|i| !waits(i)).map_or("", |i| flat.kind(i));
        called == name && !matches!(around, "expression_statement" | "arrow_function" | "unary_expression")
    })
}

/// Whether a text begins with the value, and mentions no case without one.
fn tells_what_it_gives(doc: &str) -> bool {
    let said = doc.trim_start_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    let begins =
        ["return ", "returns ", "get the ", "compute", "calculate", "convert", "parse", "create a", "build"];
    let without = ["none", "default", "override", "subclass", "implement", "abstract", "hook"];
    begins.iter().any(|word| said.starts_with(word)) && !without.iter().any(|word| said.contains(word))
}

/// Whether the comment above promises a value.
fn says_what_it_gives(file: &File, function: &Function) -> bool {
    let row = file.row(file.flat().node(function.index).start);
    let above = (row.saturating_sub(20)..row).rev().map(|row| file.line(row).trim());
    let comment = above.skip_while(|line| line.is_empty()).take_while(|line| line.starts_with(['*', '/']));
    comment.filter_map(|line| line.split_once("@return")).any(|(_, gives)| {
        let gives = gives.trim_start_matches('s').trim();
        let nothing = ["void", "undefined", "null", "any", "?", "*", "unknown", "never"];
        gives.starts_with('{')
            && !nothing.iter().any(|word| gives.split('}').next().unwrap_or_default().contains(word))
    })
}

fn in_ecmascript(file: &File, function: &Function, name: &str) -> bool {
    let gives = return_type(file, function);
    let nothing = ["void", "undefined", "any", "unknown", "never", "null"];
    if says_what_it_gives(file, function) {
        return true;
    }
    if !gives.is_empty() && !nothing.iter().any(|word| even(gives).contains(word)) {
        return true;
    }
    let kind = file.flat().kind(function.index);
    let method =
        matches!(kind, "method_definition" | "pair" | "public_field_definition" | "field_definition");
    let block = file.flat().kind(function.body) == "statement_block";
    block
        && !parameters(file, function).is_empty()
        && (!method || name == "constructor" || is_relied_on(file, function, name))
        && !takes_members(file, function)
}

/// Whether constructor parameters are members: `constructor(private value: T) {}`.
fn takes_members(file: &File, function: &Function) -> bool {
    let flat = file.flat();
    flat.below(function.index).any(|i| {
        matches!(flat.kind(i), "accessibility_modifier" | "readonly" | "override_modifier")
            && flat.kind(flat.node(i).parent).ends_with("_parameter")
    })
}
