//! `emptied-body`: a function that had an effect before the change and has none after it.

use crate::code::bodies::{Was, does_something, is_trivial, is_unwritten, pair_up, real_functions};
use crate::code::file::File;
use crate::code::functions::statements;
use crate::code::said::about;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "emptied-body",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A function whose body was replaced by nothing, or by a constant.",
    note: "What the function did is lost, and its callers still rely on it. Put the body back and change what has to change; where the function is no longer needed, remove it and its calls.",
    valid: &[
        Example::change(
            &[("a.js", "function f(x) {\n  const y = g(x);\n  return y + 1;\n}\n")],
            &[("a.js", "function f(x) {\n  return h(x);\n}\n")],
        ),
        Example::change(&[("a.py", "def f():\n    return 1\n")], &[("a.py", "def f():\n    return 2\n")]),
        Example::change(
            &[("a.py", "def f(x):\n    y = g(x)\n    return y + 1\n")],
            &[(
                "a.py",
                "@t.overload\ndef f(x: int) -> int:\n    ...\n\ndef f(x):\n    y = g(x)\n    return y + 1\n",
            )],
        ),
    ],
    invalid: &[
        Example::change(
            &[("a.js", "function f(x) {\n  const y = g(x);\n  return y + 1;\n}\n")],
            &[("a.js", "function f(x) {\n}\n")],
        ),
        Example::change(
            &[("a.ts", "class A {\n  m(x: number) {\n    const y = g(x);\n    return y + 1;\n  }\n}\n")],
            &[("a.ts", "class A {\n  m(x: number) {\n    return 42;\n  }\n}\n")],
        ),
        Example::change(
            &[("a.py", "def f(x):\n    y = g(x)\n    return y + 1\n")],
            &[("a.py", "def f(x):\n    \"\"\"Doc.\"\"\"\n    pass\n")],
        ),
        Example::change(
            &[("a.py", "class A:\n    def f(self, x):\n        self.x = x\n        self.y = x + 1\n")],
            &[("a.py", "class A:\n    def f(self, x):\n        raise NotImplementedError\n")],
        ),
        Example::change(
            &[("a.js", "module.exports = function (x) {\n  const y = g(x);\n  return y + 1;\n};\n")],
            &[("a.js", "module.exports = function (x) {\n};\n")],
        ),
        Example::change(
            &[("src/lib.rs", "fn f(x: u8) -> u8 {\n    let y = g(x);\n    y + 1\n}\n")],
            &[("src/lib.rs", "fn f(x: u8) -> u8 {\n    7\n}\n")],
        ),
        Example::change(
            &[("a.go", "package a\n\nfunc F(x int) int {\n\ty := g(x)\n\treturn y + 1\n}\n")],
            &[("a.go", "package a\n\nfunc F(x int) int {\n\treturn 0\n}\n")],
        ),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if head.is_broken() {
        return;
    }
    let (old, new) = (real_functions(base), real_functions(head));
    for (function, was) in new.iter().zip(pair_up(old, new)) {
        let body = statements(head, function.body);
        let unwritten = is_unwritten(head, &body);
        if !is_trivial(head, &body) && !unwritten {
            continue;
        }
        let Was::Same(before) = was else { continue };
        let did = statements(base, before.body);
        if is_trivial(base, &did)
            || is_unwritten(base, &did)
            || base.text_of(before.body).len() < 20
            || !does_something(base, &did)
            || did.iter().all(|statement| is_item(base, *statement))
        {
            continue;
        }
        let name = function.name.rsplit('.').next().unwrap_or(&function.name);
        let message = match (body.is_empty(), unwritten) {
            (true, _) => format!("the body of `{name}` was removed"),
            (_, true) => format!("the body of `{name}` was replaced by an error that says it is not written"),
            _ => format!("the body of `{name}` was replaced by a constant"),
        };
        let start = head.flat().node(function.index).start;
        let end = head.flat().node(function.body).end;
        // An emptied function may be retired on purpose, if a comment says so
        let above = head.row(start).saturating_sub(6)..=head.row(end);
        let retired = above.map(|row| head.line(row)).any(|line| {
            let said = line.to_lowercase();
            ["deprecated", "no-op", "noop", "no longer", "obsolete"].iter().any(|word| said.contains(word))
                && !base.text.contains(line.trim())
        });
        // The new description says that the constant is the answer
        let said = about(head, function).to_lowercase();
        let new_words = said != about(base, before).to_lowercase();
        let stated = new_words
            && !unwritten
            && (["no-op", "noop", "does nothing", "unchanged", "always", "never"]
                .iter()
                .any(|word| said.contains(word))
                || body.first().is_some_and(|only| {
                    let value = head.text_of(*only).trim_start_matches("return").trim_end_matches(';').trim();
                    value.len() > 1 && said.contains(&format!("`{}`", value.to_lowercase()))
                }));
        let retired = retired
            || stated
            || body.is_empty() && !unwritten && is_without_its_state(base, before.body, head);
        if retired {
            found.maybe(head, start, end, message);
        } else {
            found.at(head, start, end, message);
        }
    }
}

/// Whether a statement only declares something (Rust), or is the constant at the end: without it nothing is done less.
fn is_item(file: &File, statement: usize) -> bool {
    let kind = file.flat().kind(statement);
    let declares = kind.ends_with("_item") || matches!(kind, "use_declaration" | "empty_statement");
    declares || is_trivial(file, &[statement]) && file.language == Some(syntax::Language::Rust)
}

/// Whether the file no longer has any state that the body used: other members of the base used it, and no code of the
/// head does.
fn is_without_its_state(base: &File, body: usize, head: &File) -> bool {
    let node = base.flat().node(body);
    let own = if base.language.is_some_and(syntax::Language::is_ecmascript) { "this." } else { "self." };
    let text = base.slice(node.start, node.end);
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#');
    let members = text.match_indices(own).map(|(at, _)| {
        let rest = &text[at + own.len()..];
        &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())]
    });
    let members: Vec<&str> = members.filter(|member| !member.is_empty()).collect();
    let word = |text: &str, name: &str| text.split(|c| !part(c)).any(|word| word == name);
    let outside = |name: &str| {
        word(base.slice(0, node.start), name) || word(base.slice(node.end, base.text.len()), name)
    };
    !members.is_empty()
        && members.iter().all(|member| outside(member) && !head.text.contains(&format!("{own}{member}")))
}
