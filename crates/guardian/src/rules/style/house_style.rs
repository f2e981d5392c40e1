//! `house-style`: quotes, semicolons, indentation and names that differ from the surrounding code.
//!
//! Always a warning, and only if nearly all places of the file, or of its neighbours in the base, agree. It reads no
//! formatter configuration.

use syntax::{Language, SymbolKind};

use crate::code::baseline::Hunks;
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::{folder_of, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "house-style",
    category: Category::Style,
    severity: Severity::Warning,
    summary: "Indentation, quotes, semicolons or names other than those of the file and its neighbours.",
    note: "Code reads best when it looks like the code around it. Write the new lines as the old ones are written; a formatter of the project, where there is one, does it.",
    valid: &[Example::change(
        &[("a.js", "function f() {\n  a('x');\n  b('y');\n  c('z');\n  d('1');\n  e('2');\n  g('3');\n}\n")],
        &[(
            "a.js",
            "function f() {\n  a('x');\n  b('y');\n  c('z');\n  d('1');\n  e('2');\n  g('3');\n  h(\"it's\");\n}\n",
        )],
    )],
    invalid: &[
        Example::change(
            &[(
                "a.js",
                "function f() {\n  a('x');\n  b('y');\n  c('z');\n  d('1');\n  e('2');\n  g('3');\n}\n",
            )],
            &[(
                "a.js",
                "function f() {\n  a('x');\n  b('y');\n  c('z');\n  d('1');\n  e('2');\n  g('3');\n  h(\"x\");\n}\n",
            )],
        ),
        Example::change(
            &[("a.go", "package a\n\nfunc F() {\n\ta()\n\tb()\n\tc()\n\td()\n\te()\n\tf()\n}\n")],
            &[("a.go", "package a\n\nfunc F() {\n\ta()\n\tb()\n\tc()\n\td()\n\te()\n\tf()\n    g()\n}\n")],
        ),
        Example::change(
            &[(
                "a.py",
                "def read_one(): pass\ndef read_two(): pass\ndef read_all(): pass\ndef read_none(): pass\ndef read_some(): pass\n",
            )],
            &[(
                "a.py",
                "def read_one(): pass\ndef read_two(): pass\ndef read_all(): pass\ndef read_none(): pass\ndef read_some(): pass\ndef readMany(): pass\n",
            )],
        ),
    ],
    check: Check::Change(check),
};

/// Counts of two styles in a piece of code: (first style, second style).
#[derive(Clone, Copy, Default)]
struct Habit {
    one: usize,
    other: usize,
}

impl Habit {
    /// The style that is clearly usual: `true` for the first.
    fn custom(self) -> Option<bool> {
        const ENOUGH: usize = 5;
        let all = self.one + self.other;
        let clear = |n: usize| all >= ENOUGH && n * 20 >= all * 19;
        if clear(self.one) {
            Some(true)
        } else if clear(self.other) {
            Some(false)
        } else {
            None
        }
    }
}

/// A place in a file and the style it uses.
type Choice = (usize, bool);

struct Matter {
    read: fn(&File) -> Vec<Choice>,
    /// The names of the first and the second style in messages
    custom: (&'static str, &'static str),
}

const MATTERS: &[Matter] = &[
    Matter { read: indentation, custom: ("indents with tabs", "indents with spaces") },
    Matter { read: quotes, custom: ("quotes with '", "quotes with \"") },
    Matter {
        read: semicolons,
        custom: ("ends statements with semicolons", "ends statements without semicolons"),
    },
    Matter { read: names, custom: ("names functions in snake_case", "names functions in camelCase") },
];

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        let base = pair.base.as_deref().filter(|base| base.is_code());
        let hunks = base.map(|base| Hunks::new(base, head));
        for matter in MATTERS {
            let written: Vec<Choice> = (matter.read)(head)
                .into_iter()
                .filter(|(at, _)| {
                    hunks
                        .as_ref()
                        .is_none_or(|hunks| hunks.of_head(head.row(*at)..head.row(*at) + 1).is_some())
                })
                .collect();
            if written.is_empty() {
                continue;
            }
            let habit = base.map(|base| count(&(matter.read)(base))).filter(|habit| habit.custom().is_some());
            let habit = habit.unwrap_or_else(|| neighbours(change, head, matter));
            let Some(custom) = habit.custom() else { continue };
            if let Some((at, _)) = written.iter().find(|(_, way)| *way != custom) {
                let line = head.line(head.row(*at));
                let custom = if custom { matter.custom.0 } else { matter.custom.1 };
                found.at(head, *at, *at + line.len().min(80), format!("the code around {custom}"));
            }
        }
    }
}

fn count(choices: &[Choice]) -> Habit {
    let one = choices.iter().filter(|(_, way)| *way).count();
    Habit { one, other: choices.len() - one }
}

/// The habit of neighbouring files that the change did not touch.
fn neighbours(change: &Change<'_>, file: &File, matter: &Matter) -> Habit {
    const ENOUGH: usize = 5;
    let folder = folder_of(&file.path);
    let beside = change.base.paths().iter().filter(|path| {
        folder_of(path) == folder && **path != *file.path && Language::of_path(path) == file.language
    });
    let mut habit = Habit::default();
    for other in beside.take(ENOUGH).filter_map(|path| change.base.file(path)) {
        let other = count(&(matter.read)(&other));
        habit = Habit { one: habit.one + other.one, other: habit.other + other.other };
    }
    habit
}

/// First style: tabs.
fn indentation(file: &File) -> Vec<Choice> {
    let inside: Vec<(usize, usize)> = file
        .flat()
        .iter()
        .filter(|(_, node)| {
            matches!(
                node.kind,
                "template_string"
                    | "string"
                    | "comment"
                    | "block_comment"
                    | "raw_string_literal"
                    | "string_literal"
                    | "jsx_text"
            )
        })
        .map(|(_, node)| (file.row(node.start), file.row(node.end)))
        .filter(|(first, last)| first < last)
        .collect();
    (0..file.lines())
        .filter(|row| !inside.iter().any(|(first, last)| row > first && row <= last))
        .filter_map(|row| {
            let line = file.line(row);
            let start = file.start_of_line(u32::try_from(row + 1).ok()?);
            // One space before `*` belongs to a comment
            if line.starts_with('\t') {
                Some((start, true))
            } else if line.starts_with("  ") && !line.trim().is_empty() {
                Some((start, false))
            } else {
                None
            }
        })
        .collect()
}

/// First style: single quotes.
fn quotes(file: &File) -> Vec<Choice> {
    if !file.language.is_some_and(Language::is_ecmascript) {
        return Vec::new();
    }
    file.flat()
        .iter()
        .filter(|(_, node)| node.kind == "string")
        .filter(|(_, node)| file.flat().kind(node.parent) != "jsx_attribute")
        .filter_map(|(index, node)| {
            let text = file.text_of(index);
            let inner = text.get(1..text.len().saturating_sub(1))?;
            // The other quotes avoid escapes
            if inner.contains(['\'', '"']) {
                return None;
            }
            Some((node.start, text.starts_with('\'')))
        })
        .collect()
}

/// First style: with semicolons.
fn semicolons(file: &File) -> Vec<Choice> {
    if !file.language.is_some_and(Language::is_ecmascript) {
        return Vec::new();
    }
    file.flat()
        .iter()
        .filter(|(_, node)| {
            matches!(
                node.kind,
                "expression_statement"
                    | "lexical_declaration"
                    | "variable_declaration"
                    | "return_statement"
                    | "import_statement"
                    | "throw_statement"
            ) && !matches!(
                file.flat().kind(node.parent),
                "for_statement" | "for_in_statement" | "export_statement"
            )
        })
        .map(|(index, node)| (node.start, file.text_of(index).ends_with(';')))
        .collect()
}

/// First style: snake_case.
fn names(file: &File) -> Vec<Choice> {
    file.outline()
        .symbols
        .iter()
        .filter(|symbol| matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method))
        .filter_map(|symbol| {
            let name = symbol.name.trim_start_matches(['_', '#']);
            let first_lower = name.starts_with(|c: char| c.is_lowercase());
            let snake = name.contains('_') && !name.contains(char::is_uppercase);
            let camel = !name.contains('_') && name.contains(char::is_uppercase);
            let test = name.starts_with("test")
                || name.starts_with("set") && name.len() < 9
                || name.starts_with("visit");
            (first_lower && (snake || camel) && !test).then(|| (file.start_of_line(symbol.line), snake))
        })
        .collect()
}
