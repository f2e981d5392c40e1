//! Imports, local variables and functions that the change adds and nothing uses.

use syntax::{ImportKind, Language, SymbolKind};

use super::unused_locals;
use crate::code::bodies::decorators;
use crate::code::file::File;
use crate::code::functions::functions;
use crate::finding::{Category, Severity};
use crate::project::{folder_of, go, is_specimen};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unused-code",
    category: Category::Style,
    severity: Severity::Warning,
    summary: "An import, a local variable or a function that the change adds and nothing uses.",
    note: "A reader looks for a use that is not there. Use it or delete it.",
    valid: &[
        Example::new(&[("a.py", "import os\nprint(os.sep)\n")]),
        Example::new(&[("p/__init__.py", "from p.a import f\n"), ("p/a.py", "def f(): pass\n")]),
        Example::new(&[
            ("a.ts", "import { b, type C } from './b';\n/** See {@link C}. */\nexport const a = b;\n"),
            ("b.ts", "export const b = 1;\nexport type C = 1;\n"),
        ]),
        Example::new(&[(
            "src/lib.rs",
            "use std::fmt::Write;\npub fn f(mut s: String) { write!(s, \"a\").unwrap(); }\n",
        )]),
        Example::new(&[("a.go", "package a\n\nfunc init() { f() }\n\nfunc f() {}\n")]),
        Example::new(&[(
            "a.ts",
            "export function f(x: number) {\n  const read = x + 1;\n  for (const _ of [1]) g();\n  return { read };\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.py", "import os\nimport sys\nprint(sys.argv)\n")]),
        Example::new(&[
            ("a.ts", "import { b, c } from './b';\nexport const a = b;\n"),
            ("b.ts", "export const b = 1;\nexport const c = 1;\n"),
        ]),
        Example::new(&[("src/lib.rs", "use std::collections::HashMap;\npub fn f() {}\n")]),
        Example::new(&[("a.ts", "export const a = 1;\nfunction unusedHelper(x: number) { return x; }\n")]),
        Example::new(&[(
            "a.ts",
            "export function f(x: number) {\n  const unread = x + 1;\n  return x;\n}\n",
        )]),
        Example::change(
            &[("a.ts", "export function sum(x: number) { return x; }\n")],
            &[(
                "a.ts",
                "export function sum(x: number) { return x; }\nexport function sumV2(x: number) { return x + 0; }\n",
            )],
        ),
        Example::new(&[("a.go", "package a\n\nvar A = 1\n\nfunc helper() int { return 1 }\n")]),
        Example::new(&[("a.py", "A = 1\ndef _helper(x):\n    return x\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        imports(pair, head, found);
        unused_locals::check(pair, head, found);
        unused_functions(change, pair, head, found);
    }
}

/// How often a text contains a name as a word.
fn count(text: &str, name: &str) -> usize {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    text.match_indices(name)
        .filter(|(at, _)| {
            !part(text.get(..*at).unwrap_or_default().chars().next_back())
                && !part(text.get(at + name.len()..).unwrap_or_default().chars().next())
        })
        .count()
}

/// Types of the standard library that are not traits: an import of one is used only by its name.
const RUST_TYPES: &[&str] = &[
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "VecDeque",
    "BinaryHeap",
    "Arc",
    "Rc",
    "Weak",
    "Mutex",
    "RwLock",
    "RefCell",
    "Cell",
    "OnceLock",
    "LazyLock",
    "Cow",
    "Path",
    "PathBuf",
    "Duration",
    "Instant",
    "Ordering",
    "PhantomData",
    "File",
    "Command",
    "OsString",
    "OsStr",
    "BufReader",
    "BufWriter",
    "NonZeroU32",
    "NonZeroUsize",
    "Pin",
    "Context",
    "Poll",
    "Regex",
    "Value",
    "AtomicUsize",
    "AtomicBool",
    "AtomicU64",
    "Condvar",
    "Barrier",
    "Thread",
    "Range",
    "TcpStream",
    "TcpListener",
    "SocketAddr",
    "IpAddr",
    "CStr",
    "CString",
    "ManuallyDrop",
    "MaybeUninit",
];

fn imports(pair: &Pair, file: &File, found: &mut Found) {
    let Some(language) = file.language else { return };
    let name_of_file = file.path.rsplit('/').next().unwrap_or_default();
    if language == Language::Go
        || name_of_file == "__init__.py"
        || name_of_file == "conftest.py"
        || file.path.ends_with(".d.ts")
    {
        return;
    }
    for import in &file.outline().imports {
        let statement = file.line((import.line as usize).saturating_sub(1));
        let quiet = statement.contains("noqa")
            || statement.contains("pylint")
            || statement.contains("eslint-disable")
            || statement.contains("type:");
        let kind = matches!(import.kind, ImportKind::Static | ImportKind::TypeOnly)
            || language != Language::Rust && import.kind == ImportKind::Require;
        if !kind
            || import.conditional && language == Language::Python && import.kind != ImportKind::TypeOnly
            || quiet
            || import.module == "__future__"
        {
            continue;
        }
        let mut names: Vec<(&str, u32)> = import
            .names
            .iter()
            .filter(|n| n.name != "*" && n.alias.as_deref() != Some(n.name.as_str()))
            .map(|n| (n.local(), n.line))
            .collect();
        if language != Language::Rust {
            names.extend(import.alias.as_deref().map(|alias| (alias, import.line)));
            if language == Language::Python && import.names.is_empty() && import.alias.is_none() {
                names.push((import.module.split('.').next().unwrap_or_default(), import.line));
            }
        } else if statement.trim_start().starts_with("pub") || file.text.contains("allow(unused") {
            continue;
        }
        for (name, line) in names {
            let row = (line as usize).saturating_sub(1);
            if name.is_empty()
                || matches!(name, "_" | "React" | "h" | "jsx" | "self" | "annotations")
                || !pair.wrote(row)
            {
                continue;
            }
            if language == Language::Rust
                && (!RUST_TYPES.contains(&name)
                    || file.text.lines().any(|line| {
                        line.trim_start_matches("pub ").trim_start().starts_with("mod ")
                            && line.ends_with(';')
                    }))
            {
                continue;
            }
            let imported = file
                .outline()
                .imports
                .iter()
                .flat_map(|i| i.names.iter().map(|n| n.local()).chain(i.alias.as_deref()))
                .filter(|other| *other == name)
                .count();
            // The path of the import may contain the name itself
            let own = count(file.line(row), name).max(1);
            if count(&file.text, name) <= own && imported <= 1 {
                let start = file.start_of_line(line);
                let at = file.line(row).find(name).map_or(start, |at| start + at);
                found.at(file, at, at + name.len(), format!("`{name}` is imported and not used"));
            }
        }
    }
}

fn unused_functions(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let Some(language) = file.language.filter(|_| !file.is_test()) else { return };
    let old: Vec<String> = pair.old_code().map_or_else(Vec::new, |base| {
        base.outline().symbols.iter().map(|symbol| symbol.name.clone()).collect()
    });
    let outline = file.outline();
    let module = !outline.exports.is_empty() || outline.imports.iter().any(|i| i.kind == ImportKind::Static);
    if language.is_ecmascript() && (!module || outline.open) {
        return;
    }
    for function in functions(file) {
        let node = file.flat().node(function.index);
        let name = function.name.as_str();
        if name.contains('.')
            || old.iter().any(|old| old == name)
            || !pair.wrote_at(node.start)
            || decorators(file, function).next().is_some()
        {
            continue;
        }
        let Some(symbol) =
            outline.symbols.iter().find(|symbol| symbol.name == name && symbol.container.is_none())
        else {
            continue;
        };
        let private = match language {
            Language::Python => name.starts_with('_') && !name.starts_with("__"),
            _ => !symbol.exported && symbol.kind == SymbolKind::Function,
        };
        let second = is_second(name, &old);
        let row = file.row(node.start);
        let above = (row.saturating_sub(3)..row).map(|row| file.line(row)).any(|line| {
            line.contains("#[")
                || line.contains("//export")
                || line.contains("//go:")
                || line.contains("@ts-")
                || line.contains("eslint")
        });
        let called_by_others = matches!(name, "main" | "init" | "TestMain") || above;
        if !private && !second || called_by_others || count(&file.text, name) > own_mentions(file, name, row)
        {
            continue;
        }
        let elsewhere = match language {
            Language::Go => go::files(&change.head, folder_of(&file.path))
                .filter(|path| **path != *file.path)
                .any(|path| change.head.read(path).is_some_and(|text| count(&text, name) > 0)),
            Language::Rust | Language::Python => change
                .head
                .paths()
                .iter()
                .filter(|path| Language::of_path(path) == Some(language) && **path != *file.path)
                .take(3_000)
                .any(|path| {
                    change.head.read(path).is_some_and(|text| text.contains(name) && count(&text, name) > 0)
                }),
            // Files of other kinds may use it too, such as `.vue`
            _ if symbol.exported => change
                .head
                .paths()
                .iter()
                .filter(|path| **path != *file.path)
                .any(|path| change.head.read(path).is_some_and(|text| text.contains(name))),
            _ => false,
        };
        if !elsewhere {
            found.at(
                file,
                node.start,
                node.start + file.line(row).trim().len(),
                format!("`{name}` is new, and nothing calls it"),
            );
        }
    }
}

/// Whether a name is that of an older function with an end such as `_new` or `V2`.
fn is_second(name: &str, old: &[String]) -> bool {
    const ENDS: [&str; 16] = [
        "_new",
        "_v2",
        "_fixed",
        "_updated",
        "_improved",
        "_old",
        "_backup",
        "_copy",
        "_better",
        "_refactored",
        "New",
        "V2",
        "Fixed",
        "Updated",
        "Improved",
        "Old",
    ];
    ENDS.iter().any(|end| name.strip_suffix(end).is_some_and(|stem| old.iter().any(|known| known == stem)))
}

/// How often the first line of a definition and the comment above it contain the name.
fn own_mentions(file: &File, name: &str, row: usize) -> usize {
    const ABOVE: usize = 12;
    let comment: usize = (row.saturating_sub(ABOVE)..row)
        .rev()
        .map(|row| file.line(row).trim())
        .take_while(|line| line.starts_with(['/', '*', '#']))
        .map(|line| count(line, name))
        .sum();
    comment + count(file.line(row), name).max(1)
}
