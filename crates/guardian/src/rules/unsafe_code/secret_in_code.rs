//! `secret-in-code`: keys and tokens in any text file.
//!
//! A message must never contain the value, because messages are shown and kept. Tests and examples at most warn. It
//! does not check whether a key is in use.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-code",
    category: Category::Unsafe,
    severity: Severity::Error,
    summary: "A key, token or password written into a file.",
    note: "Everyone who can read the repository has it, forever. Read it from the environment or a secret store, and have the one written here revoked.",
    valid: &[
        Example::new(&[("a.js", "const key = process.env.API_KEY;\nconst password = 'changeme';\n")]),
        Example::new(&[("a.py", "token = get_token()\npassword = \"<your password>\"\n")]),
    ],
    invalid: &[
        Example::new(&[("a.js", "const id = 'AKIAIOSFODNN7ABCDEFG';\n")]),
        Example::new(&[("a.py", "token = \"ghp_012345678901234567890123456789abcdef\"\n")]),
        Example::new(&[("key.txt", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n")]),
        Example::new(&[("a.go", "package a\n\nvar password = \"hV8#kq2!mZp0\"\n")]),
    ],
    check: Check::File(check),
};

/// Forms that only secrets have.
const CERTAIN: &[&str] = &[
    r"(?-u:\b)AKIA[0-9A-Z]{16}(?-u:\b)",
    r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{36,}(?-u:\b)",
    r"(?-u:\b)github_pat_[A-Za-z0-9_]{40,}(?-u:\b)",
    r"(?-u:\b)glpat-[A-Za-z0-9_-]{20,}(?-u:\b)",
    r"(?-u:\b)sk-(ant-|proj-)?[A-Za-z0-9_-]{32,}(?-u:\b)",
    r"(?-u:\b)sk_live_[A-Za-z0-9]{16,}(?-u:\b)",
    r"(?-u:\b)xox[baprs]-[0-9A-Za-z-]{20,}(?-u:\b)",
    r"(?-u:\b)AIza[0-9A-Za-z_-]{35}(?-u:\b)",
    r"(?-u:\b)npm_[A-Za-z0-9]{36}(?-u:\b)",
    r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----",
    r"(?-u:\b)SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?-u:\b)",
];

static FORMS: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(CERTAIN).ok());

/// A password in an address: `postgres://user:password@host`.
static IN_ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?|https?|ftp|mssql)://[\w.%+-]+:([^@\s"'`/:{}$<>%]{8,})@([\w.-]+)"#).ok()
});

/// Hosts at which a password is for trying only.
const TRIED_AT: &[&str] =
    &["localhost", "127.0.0.1", "0.0.0.0", "db", "postgres", "mysql", "redis", "mongo", "host", "example"];

static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(password|passwd|secret|api_?key|access_?token|auth_?token|private_?key)[a-z0-9_]*["']?[ \t]*(:|=|:=)[ \t]*["'`]([^"'`\s]{8,})["'`]"#).ok()
});

/// A default value for a secret that the environment should provide.
static FALLBACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)(?:env(?:iron)?\w*\W{0,3}(?:get)?\w*|\w*env\w*|get|env::var|config|setting)\(\s*["'][a-z0-9_]*(?:password|passwd|secret|token|api_?key|private_?key|access_?key)[a-z0-9_]*["']\s*(?:,\s*(?:default\s*=\s*)?|\)\s*(?:\|\||\?\?|or|\.unwrap_or(?:_else)?\((?:\|_\|\s*)?)\s*)["'`]([^"'`\s]{8,})["'`]|process\.env\.\w*(?:password|passwd|secret|token|api_?key|private_?key|access_?key)\w*\s*(?:\|\||\?\?)\s*["'`]([^"'`\s]{8,})["'`]"#,
    )
    .ok()
});

/// Parts of placeholders for secrets.
const PLACEHOLDERS: &[&str] = &[
    "change", "example", "test", "secret", "passw", "your", "dummy", "sample", "default", "demo", "admin",
    "local", "dev", "xxx", "1234",
];

fn check(file: &File, found: &mut Found) {
    let Some(forms) = FORMS.as_ref() else { return };
    let whole = forms.is_match(&file.text);
    let named = NAMED.as_ref().filter(|named| file.language.is_some() && named.is_match(&file.text));
    let fallback = FALLBACK.as_ref().filter(|form| file.language.is_some() && form.is_match(&file.text));
    let address = IN_ADDRESS.as_ref().filter(|form| file.language.is_some() && form.is_match(&file.text));
    if !whole && named.is_none() && fallback.is_none() && address.is_none() {
        return;
    }
    let example = file.is_test() || crate::project::is_specimen(&file.path);
    for row in 0..file.lines() {
        let line = file.line(row);
        let start = file.start_of_line(u32::try_from(row + 1).unwrap_or(u32::MAX));
        let end = start + line.len();
        // The value stays out of the message, because messages are shown and kept
        if whole && line.len() < 2_000 && forms.is_match(line) {
            let shown = line.to_lowercase();
            let made_up = ["example", "xxxx", "redacted", "dummy", "fake", "regex"]
                .iter()
                .any(|word| shown.contains(word));
            if example || made_up {
                found.maybe(file, start, end, "looks like a secret in the code");
            } else {
                found.at(file, start, end, "a secret in the code");
            }
        } else if !example
            && file.language.is_some()
            && line.len() < 2_000
            && let Some(captures) = fallback.and_then(|form| form.captures(line))
            && let Some(value) = captures.get(1).or_else(|| captures.get(2))
            && is_random(value.as_str())
            && !PLACEHOLDERS.iter().any(|word| value.as_str().to_lowercase().contains(word))
        {
            found.at(
                file,
                start,
                end,
                "a password or token in the code stands in for the one of the environment",
            );
        } else if !example
            && line.len() < 2_000
            && let Some(captures) = address.and_then(|form| form.captures(line))
            && captures.get(2).is_some_and(|value| {
                is_random(value.as_str())
                    && !PLACEHOLDERS.iter().any(|word| value.as_str().to_lowercase().contains(word))
            })
            && captures.get(3).is_some_and(|host| {
                let host = host.as_str().to_lowercase();
                host.contains('.')
                    && !TRIED_AT.iter().any(|tried| host.split(['.', ':']).any(|part| part == *tried))
            })
            && !line.trim_start().starts_with(['#', '*', '/'])
        {
            found.at(file, start, end, "a password in an address in the code");
        } else if let Some(value) = named.and_then(|named| named.captures(line)).and_then(|c| c.get(3))
            && !example
            && is_random(value.as_str())
        {
            found.maybe(file, start, end, "looks like a password or token in the code");
        }
    }
}

/// Whether a value mixes letters, digits and symbols, unlike a word, a path or a placeholder.
fn is_random(value: &str) -> bool {
    let has = |test: fn(char) -> bool| value.chars().any(test);
    has(|c| c.is_ascii_digit())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_uppercase() || "!#$%&*^@".contains(c))
        && !value.contains(['<', '{', '$', '/', '.', ' ', '('])
}
