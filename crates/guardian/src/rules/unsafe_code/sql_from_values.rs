//! SQL text that is built from values.
//!
//! It parses no SQL and looks at the beginning of a text. It reports an error only if a parameter of the function is in
//! a text that is executed, otherwise a warning. Ignores constants, tagged templates and tests.

use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "sql-from-values",
    category: Category::Unsafe,
    severity: Severity::Error,
    summary: "SQL whose text a value becomes part of.",
    note: "A value with a quote in it becomes another command. Hand values over as parameters of the query; names of tables and columns come from a fixed list.",
    valid: &[
        Example::new(&[(
            "a.py",
            "TABLE = 'users'\ndef f(db, name):\n    return db.execute(f\"SELECT id FROM {TABLE} WHERE name = ?\", (name,))\n",
        )]),
        Example::new(&[("a.js", "export const f = (sql, id) => sql`SELECT * FROM a WHERE id = ${id}`;\n")]),
        Example::new(&[(
            "a.py",
            "def f(name):\n    return f'please select {name} from the list where you are'\n",
        )]),
        Example::new(&[(
            "a.py",
            "def f(db, ids):\n    marks = ', '.join('?' for _ in ids)\n    return db.execute(f'SELECT a FROM b WHERE id IN ({marks})', ids)\n",
        )]),
    ],
    invalid: &[
        Example::new(&[(
            "a.py",
            "def f(db, name):\n    return db.execute(\"SELECT id FROM users WHERE name = '%s'\" % name)\n",
        )]),
        Example::new(&[(
            "a.py",
            "def f(db, name):\n    db.execute('DELETE FROM users WHERE name = \"{}\"'.format(name))\n",
        )]),
        Example::new(&[(
            "a.ts",
            "export const f = (db: Db, id: string) => db.query(`SELECT * FROM a WHERE id = ${id}`);\n",
        )]),
        Example::new(&[(
            "a.js",
            "export const f = (db, id) => db.query(\"SELECT * FROM a WHERE id = '\" + id + \"'\");\n",
        )]),
        Example::new(&[(
            "a.go",
            "package a\n\nfunc F(db *sql.DB, name string) {\n\tdb.Query(fmt.Sprintf(\"SELECT id FROM a WHERE name = '%s'\", name))\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "pub fn f(db: &Db, name: &str) {\n    db.execute(&format!(\"SELECT id FROM a WHERE name = '{name}'\"), []);\n}\n",
        )]),
    ],
    check: Check::Edit(check),
};

static VERBS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)^[^A-Za-z]{0,12}(SELECT\b.+\bFROM\b|INSERT\s+INTO\b|UPDATE\b.+\bSET\b|DELETE\s+FROM\b|REPLACE\s+INTO\b|CALL\s|WITH\b.+\bSELECT\b)"#).ok()
});

/// The SQL before a value: a comparison, a quote, an opening bracket.
static BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)(=|<|>|\bLIKE|\bILIKE|\bIN\s*\(|\bVALUES\s*\(.*|\bBETWEEN|\bAND|\bLIMIT|\bOFFSET)\s*['"%\\(]*$|['"%]$"#).ok()
});

fn check(pair: &Pair, found: &mut Found) {
    let Some(head) = pair.head.as_deref().filter(|head| head.is_code() && !head.is_broken()) else { return };
    if head.is_test() || is_specimen(&head.path) {
        return;
    }
    let upper = head.text.to_ascii_uppercase();
    if !["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|verb| upper.contains(verb)) {
        return;
    }
    let flat = head.flat();
    let mut told_until = 0;
    for (index, node) in flat.iter() {
        let joined = matches!(
            node.kind,
            "string"
                | "template_string"
                | "binary_operator"
                | "binary_expression"
                | "call"
                | "call_expression"
                | "macro_invocation"
        );
        if index < told_until || !joined || !pair.wrote_in(node.start, node.end) {
            continue;
        }
        let Some((text, values)) = pieces(head, index) else { continue };
        if !VERBS.as_ref().is_some_and(|verbs| verbs.is_match(&text)) {
            continue;
        }
        told_until = node.next;
        let bad = values.iter().find(|(before, value)| {
            let position = BEFORE.as_ref().is_some_and(|form| form.is_match(before));
            position && is_open(head, index, value)
        });
        if let Some((_, value)) = bad {
            let shown: String = value.chars().take(30).collect();
            let message = format!("`{shown}` becomes part of the SQL");
            if is_given(head, index, value) && is_run(head, index) {
                found.at(head, node.start, node.end, message);
            } else {
                found.maybe(head, node.start, node.end, message);
            }
        }
    }
}

/// A text that is built from parts: the whole text with `?` for values, and the values with the text before each.
fn pieces(file: &File, index: usize) -> Option<(String, Vec<(String, String)>)> {
    let flat = file.flat();
    let node = flat.node(index);
    let mut text = String::new();
    let mut values: Vec<(String, String)> = Vec::new();
    match (file.language?, node.kind) {
        (Language::Python, "string") | (_, "template_string") => {
            // A tagged template passes its values as parameters
            if node.kind == "template_string"
                && flat.kind(node.parent) == "call_expression"
                && node.field == "arguments"
            {
                return None;
            }
            let holes: Vec<usize> = flat
                .parts(index)
                .filter(|i| matches!(flat.kind(*i), "interpolation" | "template_substitution"))
                .collect();
            if holes.is_empty() {
                return None;
            }
            let mut at = node.start;
            for hole in holes {
                let of = flat.node(hole);
                text.push_str(file.slice(at, of.start));
                let value = flat.parts(hole).next().map_or("", |i| file.text_of(i));
                values.push((text.clone(), value.to_string()));
                text.push('?');
                at = of.end;
            }
            text.push_str(file.slice(at, node.end));
        }
        (Language::Python, "binary_operator") | (_, "binary_expression") => {
            let operator = flat.field(index, "operator").map_or("", |i| file.text_of(i));
            let (left, right) = (flat.field(index, "left")?, flat.field(index, "right")?);
            match operator {
                "%" if file.language == Some(Language::Python) && flat.kind(left).contains("string") => {
                    let given: Vec<&str> = if flat.kind(right) == "tuple" {
                        flat.parts(right).map(|i| file.text_of(i)).collect()
                    } else {
                        vec![file.text_of(right)]
                    };
                    holes(file.text_of(left), "%s", &given, &mut text, &mut values);
                }
                "+" => {
                    // The parts from left to right
                    let mut parts = vec![right];
                    let mut rest = left;
                    while matches!(flat.kind(rest), "binary_operator" | "binary_expression")
                        && parts.len() < 40
                    {
                        let (Some(l), Some(r)) = (flat.field(rest, "left"), flat.field(rest, "right")) else {
                            break;
                        };
                        parts.push(r);
                        rest = l;
                    }
                    parts.push(rest);
                    parts.reverse();
                    for part in parts {
                        if flat.kind(part).contains("string") {
                            text.push_str(file.text_of(part));
                        } else {
                            // The quote that closes the string is not part of the SQL
                            let before = text.strip_suffix(['"', '\'', '`']).unwrap_or(&text).to_string();
                            values.push((before, file.text_of(part).to_string()));
                            text.push('?');
                        }
                    }
                }
                _ => return None,
            }
        }
        (Language::Python, "call") => {
            let callee = flat
                .field(index, "function")
                .filter(|f| flat.kind(*f) == "attribute" && file.field_text(*f, "attribute") == "format")?;
            let object = flat.field(callee, "object").filter(|o| flat.kind(*o).contains("string"))?;
            let given: Vec<&str> =
                flat.parts(flat.field(index, "arguments")?).map(|i| file.text_of(i)).collect();
            holes(file.text_of(object), "{", &given, &mut text, &mut values);
        }
        (Language::Go, "call_expression")
            if matches!(file.field_text(index, "function"), "fmt.Sprintf" | "fmt.Sprint") =>
        {
            let mut arguments = flat.parts(flat.field(index, "arguments")?);
            let form = arguments.next().filter(|i| flat.kind(*i).contains("string"))?;
            let given: Vec<&str> = arguments.map(|i| file.text_of(i)).collect();
            holes(file.text_of(form), "%", &given, &mut text, &mut values);
        }
        (Language::Rust, "macro_invocation") if file.field_text(index, "macro") == "format" => {
            let tokens = flat.children(index).find(|i| flat.kind(*i) == "token_tree")?;
            let form = flat.parts(tokens).next().filter(|i| flat.kind(*i).contains("string"))?;
            let rest = file
                .slice(flat.node(form).end, flat.node(tokens).end.saturating_sub(1))
                .trim_start_matches(',');
            let given: Vec<&str> = rest.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
            holes(file.text_of(form), "{", &given, &mut text, &mut values);
        }
        _ => return None,
    }
    Some((text.trim_start_matches(['f', 'r', 'b', 'F']).to_string(), values))
}

/// The places of a format string that values fill.
fn holes(form: &str, sign: &str, given: &[&str], text: &mut String, values: &mut Vec<(String, String)>) {
    let mut given = given.iter();
    let mut rest = form;
    while let Some(at) = rest.find(sign) {
        text.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + sign.len()..).unwrap_or_default();
        if sign == "{" {
            let end = after.find('}').unwrap_or(after.len());
            let name = after.get(..end).unwrap_or_default().split(':').next().unwrap_or_default();
            let value = if name.is_empty() || name.parse::<usize>().is_ok() {
                given.next().copied().unwrap_or_default()
            } else {
                given
                    .clone()
                    .find_map(|g| g.split_once('=').filter(|(n, _)| n.trim() == name).map(|(_, v)| v.trim()))
                    .unwrap_or(name)
            };
            values.push((text.clone(), value.to_string()));
            rest = after.get(end + 1..).unwrap_or_default();
        } else if sign == "%" && after.starts_with(['d', '%', 'x', 'f', 't']) {
            given.next();
            rest = after.get(1..).unwrap_or_default();
        } else {
            values.push((text.clone(), given.next().copied().unwrap_or_default().to_string()));
            rest = if sign == "%" { after.get(1..).unwrap_or_default() } else { after };
        }
        text.push('?');
    }
    text.push_str(rest);
}

/// Whether a value may contain anything: it is not a constant, a number or an escaped value.
fn is_open(file: &File, index: usize, value: &str) -> bool {
    const SAFE: &[&str] = &[
        "int(",
        "Number(",
        "parseInt(",
        "float(",
        "escape",
        "quote",
        "placeholder",
        "sanitize",
        "join(",
        "len(",
        ".length",
        "strconv.",
        "as_sql",
        "ident",
        "literal",
        "mogrify",
        "::new",
        ".map(",
    ];
    let plain = value.trim().trim_start_matches('&');
    let last = plain.rsplit(['.', ':']).next().unwrap_or(plain);
    let constant = !last.is_empty()
        && last.chars().any(char::is_alphabetic)
        && last.chars().all(|c| c.is_uppercase() || c == '_' || c.is_ascii_digit());
    let literal =
        plain.is_empty() || plain.starts_with(['"', '\'', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    if constant || literal || SAFE.iter().any(|word| value.contains(word)) {
        return false;
    }
    // Placeholders for parameters that the function generated
    let word = plain.split(['.', '(', '[']).next().unwrap_or(plain);
    let made = file.text.lines().any(|line| {
        line.contains(word)
            && (line.contains("join(")
                || line.contains("'?'")
                || line.contains("\"?\"")
                || line.contains("repeat("))
            && (line.contains(&format!("{word} =")) || line.contains(&format!("{word} :=")))
    });
    !made && index < file.flat().node(index).next
}

/// Whether a value is an argument of the function, or a part of one.
fn is_given(file: &File, index: usize, value: &str) -> bool {
    let flat = file.flat();
    let word =
        value.trim().trim_start_matches('&').split(['.', '(', '[', '!', '?']).next().unwrap_or_default();
    if word.is_empty() || matches!(word, "self" | "this") {
        return false;
    }
    flat.above(index).any(|above| {
        let list = ["parameters", "parameter"].iter().find_map(|field| flat.field(above, field));
        list.is_some_and(|list| {
            std::iter::once(list).chain(flat.below(list)).any(|i| {
                matches!(flat.kind(i), "identifier" | "shorthand_property_identifier_pattern")
                    && file.text_of(i) == word
                    && flat.node(i).field != "type"
            })
        })
    })
}

/// Whether the text is passed to a function that executes it, directly or through a variable.
fn is_run(file: &File, index: usize) -> bool {
    const RUNS: &[&str] = &[
        "execute",
        "executemany",
        "executescript",
        "query",
        "queryrow",
        "querycontext",
        "queryrowcontext",
        "exec",
        "execcontext",
        "raw",
        "run",
        "all",
        "get",
        "prepare",
        "text",
        "fetch",
        "fetchone",
        "fetchall",
        "fetchrow",
        "fetchval",
        "queryraw",
        "executeraw",
        "$queryrawunsafe",
        "$executerawunsafe",
        "read_sql",
        "query_as",
        "sql_query",
        "select",
        "each",
        "any",
        "one",
        "none",
        "many",
        "batch",
        "rawquery",
        "query_row",
    ];
    let flat = file.flat();
    let runs = |callee: &str| {
        RUNS.contains(&callee.rsplit(['.', ':']).next().unwrap_or(callee).to_lowercase().as_str())
    };
    for above in flat.above(index).take(6) {
        match flat.kind(above) {
            "call" | "call_expression" => {
                let callee = file.field_text(above, "function");
                if runs(callee) {
                    return true;
                }
            }
            "variable_declarator" | "assignment" | "short_var_declaration" | "let_declaration" => {
                let name = ["name", "left", "pattern"]
                    .iter()
                    .find_map(|field| flat.field(above, field))
                    .map_or("", |i| file.text_of(i));
                let text: String = name.to_string();
                let forms =
                    [format!("({text})"), format!("({text},"), format!("(&{text}"), format!(", {text}")];
                return file.text.lines().any(|line| {
                    forms.iter().any(|form| line.contains(form))
                        && RUNS.iter().any(|run| line.to_lowercase().contains(&format!("{run}(")))
                });
            }
            _ => {}
        }
    }
    false
}
