//! Names that a standard library does not have, and methods that plain values do not have.

mod doubtful;
mod literals;
mod statics;

use syntax::{ImportKind, Language};

use self::doubtful::{is_hidden, is_tried};
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::library::{has, has_method};
use crate::project::{Target, is_specimen};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "missing-library-name",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A function of the standard library, or a method of a plain value, that does not exist.",
    note: "It was invented, or belongs to another language or package. Use what the library has; look it up where you are not sure.",
    valid: &[
        Example::new(&[(
            "a.py",
            "import random\nfrom datetime import timedelta, timezone\nrandom.uniform(1, 2)\ndef f(random): return random.anything()\n",
        )]),
        Example::new(&[(
            "a.js",
            "let a = ['a'];\na = f();\na.contains(1);\nfor (const b of c) { b.contains(1); }\nObject.groupBy(c, f);\n",
        )]),
        Example::new(&[("a.go", "package a\n\nimport \"slices\"\n\nvar A = slices.Contains([]int{1}, 1)\n")]),
        Example::new(&[(
            "a.ts",
            "import { readFileSync } from 'node:fs';\nexport const a = [1].flatMap((x) => [x]);\nreadFileSync('a');\n",
        )]),
        Example::new(&[(
            "a.py",
            "import random\ntry:\n    f = random.randfloat\nexcept AttributeError:\n    f = None\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "trait Back { fn back(&self) -> String; }\nimpl Back for str { fn back(&self) -> String { self.to_string() } }\npub fn f(a: &str) -> String { a.back() }\n",
        )]),
    ],
    invalid: &[
        Example::new(&[("a.py", "import os\nos.path.joins('a')\n")]),
        Example::new(&[("a.py", "from json import parse\nparse('1')\n")]),
        Example::new(&[("a.go", "package a\n\nimport \"strings\"\n\nvar A = strings.Reverse(\"a\")\n")]),
        Example::new(&[("a.ts", "import * as fs from 'fs';\nfs.readJson('a');\n")]),
        Example::new(&[("a.ts", "import { joinPath } from 'node:path';\njoinPath('a');\n")]),
        Example::new(&[("a.js", "export const a = [1, 2].sum();\n")]),
        Example::new(&[("a.js", "export const a = (b) => Object.isEmpty(b);\n")]),
        Example::new(&[("a.js", "export function f(b) {\n  const c = ['a'];\n  return c.contains(b);\n}\n")]),
        Example::new(&[("a.py", "def f(x): return ', '.join(x).contains('a')\n")]),
        Example::new(&[("a.py", "from datetime import datetime\nA = datetime.parse('2')\n")]),
        Example::new(&[("src/lib.rs", "pub fn f(a: &mut u8) -> u8 { std::mem::exchange(a, 1) }\n")]),
        Example::new(&[("a.ts", "export const f = (text: string) => text.reverse();\n")]),
        Example::new(&[("a.py", "def f(text: str): return text.reverse()\n")]),
        Example::new(&[("src/lib.rs", "pub fn f(a: &str) -> String { a.reversed() }\n")]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        let Some(language) = head.language else { continue };
        imported(change, pair, head, language, found);
        asked(change, pair, head, language, found);
        methods(change, pair, head, language, found);
        statics::check(change, pair, head, language, found);
    }
}

/// Whether an import is from the standard library: nothing in the project has that name.
fn is_library(change: &Change<'_>, file: &File, import: &syntax::Import) -> bool {
    matches!(change.head.resolve(file, import), Target::Known)
        && (file.language != Some(Language::Go) || !import.module.contains('.'))
}

/// `from json import parse`, `import { joinPath } from 'node:path'`.
fn imported(change: &Change<'_>, pair: &Pair, file: &File, language: Language, found: &mut Found) {
    for import in &file.outline().imports {
        let tried = import.conditional && import.kind != ImportKind::TypeOnly;
        if tried
            || import.kind == ImportKind::TypeOnly && language != Language::Python
            || import.names.is_empty()
            || !is_library(change, file, import)
        {
            continue;
        }
        for name in import.names.iter().filter(|n| !matches!(n.name.as_str(), "*" | "default")) {
            let row = (name.line as usize).saturating_sub(1);
            // A part of an import may be only a type
            let dunder = name.name.starts_with("__");
            if !dunder
                && !is_of_a_platform(&import.module, &name.name)
                && pair.wrote(row)
                && has(language, &import.module, &name.name) == Some(false)
            {
                let start = file.start_of_line(name.line);
                let line = file.line(row);
                let at = start + line.find(name.name.as_str()).unwrap_or(0);
                found.at(
                    file,
                    at,
                    at + name.name.len(),
                    format!("`{}` of the standard library has no `{}`", import.module, name.name),
                );
            }
        }
    }
}

/// `random.random_float()`, `strings.Reverse()`, `fs.readJson()`.
fn asked(change: &Change<'_>, pair: &Pair, file: &File, language: Language, found: &mut Found) {
    let flat = file.flat();
    for import in &file.outline().imports {
        let whole =
            match language {
                Language::Go => match import.alias.as_deref() {
                    Some("." | "_") => continue,
                    Some(alias) => alias.to_string(),
                    None => {
                        let last = import.module.rsplit('/').next().unwrap_or_default();
                        // `math/rand/v2` is called rand
                        if last == "v2" {
                            import.module.rsplit('/').nth(1).unwrap_or_default().to_string()
                        } else {
                            last.to_string()
                        }
                    }
                },
                Language::Python if import.names.is_empty() => {
                    import.alias.clone().unwrap_or_else(|| import.module.clone())
                }
                Language::Rust | Language::Python => continue,
                _ => match import.alias.clone().or_else(|| {
                    import.names.iter().find(|n| n.name == "default").map(|n| n.local().to_string())
                }) {
                    Some(alias) => alias,
                    None => continue,
                },
            };
        if import.conditional
            || whole.is_empty()
            || !file.text.contains(&format!("{whole}."))
            || has(language, &import.module, "").is_none()
            || !is_library(change, file, import)
        {
            continue;
        }
        for (index, node) in flat.iter() {
            let (object, name) = match node.kind {
                "attribute" => ("object", "attribute"),
                "selector_expression" => ("operand", "field"),
                "qualified_type" => ("package", "name"),
                "member_expression" => ("object", "property"),
                _ => continue,
            };
            let of = file.field_text(index, object);
            // `os.path` is a module of its own
            let module = match of.strip_prefix(whole.as_str()) {
                Some("") => import.module.clone(),
                Some(rest) if language == Language::Python && rest.starts_with('.') => {
                    format!("{}{rest}", import.module)
                }
                _ => continue,
            };
            if !pair.wrote_at(node.start) {
                continue;
            }
            let name = file.field_text(index, name);
            // For `a.b.c` the submodule `a.b` is checked if it is imported
            let written =
                matches!(flat.kind(node.parent), "assignment" | "assignment_expression" | "delete_statement")
                    && node.field == "left";
            let of_submodule = language == Language::Python
                && file
                    .outline()
                    .imports
                    .iter()
                    .any(|other| other.module.starts_with(&format!("{}.{name}", import.module)));
            if name.starts_with("__")
                || written
                || of_submodule
                || is_of_a_platform(&module, name)
                || has(language, &module, name) != Some(false)
            {
                continue;
            }
            if is_hidden(file, whole.split('.').next().unwrap_or(&whole))
                || is_tried(file, index)
                || file.text.contains(&format!("{whole}.{name} ="))
            {
                continue;
            }
            found.node(file, index, format!("`{}` of the standard library has no `{name}`", module));
        }
    }
}

/// Methods of strings, lists and other values, if the type of the value is certain.
fn methods(change: &Change<'_>, pair: &Pair, file: &File, language: Language, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter().filter(|(_, node)| matches!(node.kind, "call_expression" | "call")) {
        if !pair.wrote_in(node.start, node.end) {
            continue;
        }
        let Some(callee) = flat.field(index, "function") else { continue };
        let (object, name) = match flat.kind(callee) {
            "member_expression" => (flat.field(callee, "object"), file.field_text(callee, "property")),
            "attribute" => (flat.field(callee, "object"), file.field_text(callee, "attribute")),
            "field_expression" => (flat.field(callee, "value"), file.field_text(callee, "field")),
            _ => continue,
        };
        let Some(object) = object else { continue };
        if !pair.wrote_at(flat.node(callee).end.saturating_sub(1)) || name.is_empty() {
            continue;
        }
        let Some(kind) = kind_of(file, language, object) else { continue };
        if has_method(kind, name) == Some(false)
            && !is_tried(file, callee)
            && !is_added(change, file, language, name)
        {
            let of = kind.rsplit('.').next().unwrap_or(kind);
            found.node(file, callee, format!("`{of}` has no method `{name}`"));
        }
    }
}

/// The kind of a value: a literal, or a parameter with a type whose name has no other meaning in the file.
fn kind_of(file: &File, language: Language, object: usize) -> Option<&'static str> {
    let flat = file.flat();
    let literal = match (language, flat.kind(object)) {
        (Language::Python, "string" | "concatenated_string") => {
            let text = file.text_of(object);
            let bytes = text.starts_with(['b', 'B']) || text.starts_with("rb") || text.starts_with("Rb");
            return Some(if bytes { "python.bytes" } else { "python.str" });
        }
        (Language::Python, "list" | "list_comprehension") => Some("python.list"),
        (Language::Python, "dictionary" | "dictionary_comprehension") => Some("python.dict"),
        (Language::Rust, "string_literal") => Some("rust.str"),
        (language, "array") if language.is_ecmascript() => Some("node.Array"),
        (language, "string" | "template_string") if language.is_ecmascript() => Some("node.String"),
        _ => None,
    };
    if literal.is_some() {
        return literal;
    }
    if flat.kind(object) != "identifier" {
        return literals::given(file, language, object);
    }
    declared(file, language, object).or_else(|| literals::bound(file, language, object))
}

/// The kind that the only binding of a name in the file declares.
fn declared(file: &File, language: Language, object: usize) -> Option<&'static str> {
    let flat = file.flat();
    let name = file.text_of(object);
    let function = flat.above(object).find(|i| {
        matches!(
            flat.kind(*i),
            "function_item"
                | "function_definition"
                | "function_declaration"
                | "arrow_function"
                | "method_definition"
                | "function_expression"
        )
    })?;
    let list = ["parameters", "parameter"].iter().find_map(|field| flat.field(function, field))?;
    let mut found = None;
    for index in flat.below(list) {
        let node = flat.node(index);
        if node.kind != "identifier" || file.text_of(index) != name || node.field == "type" {
            continue;
        }
        let holder = node.parent;
        if flat.node(holder).parent != list && holder != list {
            return None;
        }
        let said = flat.field(holder, "type").map_or("", |i| file.text_of(i)).trim_start_matches([':', ' ']);
        found = match (language, said) {
            (Language::Rust, "&str" | "&'static str") => Some("rust.str"),
            (Language::Rust, "String" | "&String" | "&mut String") => Some("rust.String"),
            (Language::Rust, said) if said.starts_with("&'") && said.ends_with(" str") => Some("rust.str"),
            (Language::Python, "str") => Some("python.str"),
            (Language::Python, "bytes") => Some("python.bytes"),
            (Language::Python, said) if said == "list" || said.starts_with("list[") => Some("python.list"),
            (Language::Python, said) if said == "dict" || said.starts_with("dict[") => Some("python.dict"),
            (Language::TypeScript | Language::Tsx, "string") => Some("node.String"),
            (Language::TypeScript | Language::Tsx, said)
                if said.ends_with("[]") && !said.contains('|') && !said.contains('(') =>
            {
                Some("node.Array")
            }
            _ => None,
        };
    }
    let found = found?;
    // The function assigns or binds the name again
    let again = flat.below(flat.field(function, "body")?).any(|i| {
        if !matches!(flat.kind(i), "identifier" | "shorthand_property_identifier_pattern")
            || file.text_of(i) != name
        {
            return false;
        }
        let node = flat.node(i);
        matches!(node.field, "left" | "name" | "pattern")
            || matches!(
                flat.kind(node.parent),
                "formal_parameters"
                    | "required_parameter"
                    | "closure_parameters"
                    | "lambda_parameters"
                    | "parameters"
                    | "array_pattern"
                    | "object_pattern"
                    | "tuple_pattern"
                    | "tuple_struct_pattern"
                    | "pattern_list"
                    | "as_pattern_target"
                    | "mut_pattern"
                    | "captured_pattern"
                    | "arrow_function"
                    | "match_pattern"
                    | "token_tree"
            ) && node.field != "body"
                && flat.kind(node.parent) != "token_tree"
    });
    let narrowed =
        file.text_of(function).contains("isinstance(") || file.text_of(function).contains(" as unknown");
    (!again && !narrowed).then_some(found)
}

/// Whether the project, or something that it includes, adds such a method to existing types.
fn is_added(change: &Change<'_>, file: &File, language: Language, name: &str) -> bool {
    const MAX_FILES: usize = 3_000;
    let own = |text: &str| match language {
        // A trait may add it to any type
        Language::Rust => text.contains(&format!("fn {name}")) || text.contains("fn $"),
        Language::Python => false,
        _ => {
            text.contains(&format!("prototype.{name}"))
                || text.contains(&format!("prototype, \"{name}\""))
                || text.contains(&format!("prototype, '{name}'"))
                || text.contains("interface Array<")
                || text.contains("interface String")
                || text.contains("prototype[")
                || text.contains("core-js")
                || text.contains("Object.assign(Array.prototype")
        }
    };
    if language == Language::Python {
        return false;
    }
    // Traits of other crates cannot be read
    let foreign = language == Language::Rust
        && file.outline().imports.iter().any(|import| {
            let first = import.module.split("::").next().unwrap_or_default();
            let star = import.names.iter().any(|n| n.name == "*");
            !matches!(first, "std" | "core" | "alloc" | "crate" | "super" | "self")
                && import.kind != ImportKind::Mod
                || star && !matches!(first, "super" | "crate" | "self")
        });
    let same = |path: &&String| {
        Language::of_path(path)
            .is_some_and(|l| l == language || l.is_ecmascript() && language.is_ecmascript())
    };
    foreign
        || change
            .head
            .paths()
            .iter()
            .filter(same)
            .take(MAX_FILES)
            .any(|path| change.head.read(path).is_some_and(|text| own(&text)))
}

/// Constants of a module that wraps the system: which of them exist depends on the platform and its version.
fn is_of_a_platform(module: &str, name: &str) -> bool {
    let wraps =
        matches!(module, "socket" | "_socket" | "os" | "signal" | "errno" | "select" | "ssl" | "fcntl");
    wraps
        && name.contains('_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
