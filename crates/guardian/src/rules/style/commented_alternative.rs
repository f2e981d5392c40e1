//! Commented-out code that the change adds: another version of the code beside it.
//!
//! Always a warning. The lines must parse by themselves (`syntax`). Ignores documentation. Code of the base that became
//! a comment is for `commented_out_code`.

use syntax::Source;

use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "commented-alternative",
    category: Category::Style,
    severity: Severity::Warning,
    summary: "Several lines of code that the change adds as a comment.",
    note: "It does nothing, and nobody knows whether it is right. Decide for one version and delete the other.",
    valid: &[
        Example::new(&[("a.py", "# Say f(1), then g(2):\n#     f(1)\ndef f(x): return x\n")]),
        Example::new(&[(
            "a.ts",
            "// This is a sentence about code.\n// It goes on; and on.\n// There is no code in it.\nexport const a = 1;\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.py", "def f(x): return x\n\n# def f(x):\n#     y = x + 1\n#     return y\n")]),
        Example::new(&[(
            "a.ts",
            "export const a = 1;\n// function f(x) {\n//   const y = x + 1;\n//   return y;\n// }\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\n// func f(x int) int {\n// \ty := x + 1\n// \treturn y\n// }\n",
        )]),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    const ENOUGH: usize = 3;
    let Some(head) = pair.head.as_deref().filter(|head| head.is_code() && !head.is_broken()) else { return };
    let Some(language) = head.language else { return };
    let sign = if language == syntax::Language::Python { "#" } else { "//" };
    let comment = |row: usize| {
        let line = head.line(row).trim_start();
        let plain = line.strip_prefix(sign)?;
        (!plain.starts_with(['/', '!', '#'])).then(|| plain.strip_prefix(' ').unwrap_or(plain))
    };
    let mut row = 0;
    while row < head.lines() {
        let mut lines: Vec<&str> = Vec::new();
        let first = row;
        while row < head.lines() && pair.wrote(row) {
            let Some(line) = comment(row) else { break };
            lines.push(line);
            row += 1;
        }
        if lines.len() >= ENOUGH {
            let text = lines.join("\n");
            let defines = [
                "def ",
                "class ",
                "function ",
                "=> {",
                "fn ",
                "func ",
                "return",
                "const ",
                "let ",
                " := ",
                "if (",
                "for (",
            ]
            .iter()
            .filter(|word| text.contains(**word))
            .count();
            let told = defines >= 2 && text.contains('(') && is_sound(language, &text);
            let was = pair.base.as_deref().is_some_and(|base| {
                base.text.contains(lines.first().copied().unwrap_or_default())
                    && base.text.contains(lines.last().copied().unwrap_or_default())
                    && lines.len() < 4
            });
            if told && !was {
                let start = head.start_of_line(u32::try_from(first + 1).unwrap_or(1));
                found.at(
                    head,
                    start,
                    start + head.line(first).len(),
                    format!("{} lines of code are added as a comment", lines.len()),
                );
            }
        }
        row += 1;
    }
}

/// Whether a text is valid code on its own; Go needs a package clause around it.
fn is_sound(language: syntax::Language, text: &str) -> bool {
    let text = match language {
        syntax::Language::Go => format!("package a\n{text}\n"),
        _ => format!("{text}\n"),
    };
    Source::parse(language, &text).is_ok_and(|source| source.problems().is_empty())
}
