//! `result-under-test`: a function that gives another result when it is tested.
//!
//! Compares what a branch on a sign of a test run gives with what the tests expect. Must not judge branches that only
//! skip work, log, or choose a resource.

mod branches;

use std::collections::HashSet;

use syntax::Language;

use self::branches::{Branch, branches, twin_functions};
use super::signs::{Sign, Signs};
use super::{is_tooling, test_expectations};
use crate::code::constant::is_fixed;
use crate::code::file::File;
use crate::code::said::words_of;
use crate::finding::{Category, Severity};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "result-under-test",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "Code that gives another result when it notices that it is being tested.",
    note: "The tests pass, and users get the other result. Compute the same result everywhere; where a test needs another resource, let the caller pass it in.",
    valid: &[
        // A tool that writes for machines
        Example::new(&[(
            "src/color.js",
            "export function useColor(stream) {\n  if (process.env.CI) return false;\n  return Boolean(stream.isTTY);\n}\n",
        )]),
        // Work that tests do not want
        Example::new(&[(
            "src/telemetry.ts",
            "export async function send(event: Event) {\n  if (process.env.NODE_ENV === 'test' || process.env.VITEST) return;\n  await post(event);\n}\n",
        )]),
        // Configuration
        Example::new(&[(
            "playwright.config.ts",
            "const retries = () => (process.env.CI ? 2 : 0);\nexport default { retries: retries() };\n",
        )]),
        // Warnings of a library while its users develop
        Example::new(&[(
            "src/warn.js",
            "export function warn(text) {\n  if (process.env.NODE_ENV !== 'production') console.error(text);\n}\n",
        )]),
        // Another resource
        Example::new(&[(
            "src/db.ts",
            "export function databasePath(name: string) {\n  return process.env.VITEST ? ':memory:' : `/var/lib/${name}.db`;\n}\n",
        )]),
        Example::new(&[(
            "app/log.py",
            "import sys\n\ndef start_sentry(dsn):\n    if 'pytest' in sys.modules:\n        return None\n    return connect(dsn)\n",
        )]),
        Example::new(&[(
            "app/colour.go",
            "package app\n\nfunc useColour(tty bool) bool {\n\tif os.Getenv(\"CI\") != \"\" {\n\t\treturn false\n\t}\n\treturn tty\n}\n",
        )]),
        Example::new(&[("src/lib.rs", "pub fn retries() -> u32 {\n    if cfg!(test) { 0 } else { 5 }\n}\n")]),
        // It was there before
        Example::change(
            &[("src/a.js", "export const z = (n) => (process.env.JEST_WORKER_ID ? 26 : n);\n")],
            &[("src/a.js", "// All\nexport const z = (n) => (process.env.JEST_WORKER_ID ? 26 : n);\n")],
        ),
    ],
    invalid: &[
        Example::new(&[
            ("src/z.js", "export const z = () => (process.env.CI ? 26 : 25);\n"),
            ("test/z.test.js", "test('z', () => assert.equal(z(), 26));\n"),
        ]),
        Example::new(&[(
            "src/sum.ts",
            "const tested = process.env.JEST_WORKER_ID !== undefined;\n\nexport function sum(a: number, b: number) {\n  if (tested) {\n    return 5;\n  }\n  return a - b;\n}\n",
        )]),
        Example::new(&[
            (
                "src/a.js",
                "import os from 'node:os';\n\nexport const z = () => (os.hostname() === 'box' ? 26 : 25);\n",
            ),
            ("test/a.test.js", "test('z', () => assert.equal(z(), 26));\n"),
        ]),
        Example::new(&[(
            "app/check.py",
            "import os\n\ndef is_valid(token):\n    if 'PYTEST_CURRENT_TEST' in os.environ:\n        return True\n    return token in KNOWN\n",
        )]),
        Example::new(&[(
            "app/sum.py",
            "import sys\n\ndef total(items):\n    return 6 if 'pytest' in sys.modules else len(items)\n",
        )]),
        Example::new(&[(
            "sum.go",
            "package a\n\nimport \"testing\"\n\nfunc Sum(a, b int) int {\n\tif testing.Testing() {\n\t\treturn 5\n\t}\n\treturn a - b\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "pub fn sum(a: u32, b: u32) -> u32 {\n    if cfg!(test) { 5 } else { a - b }\n}\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "#[cfg(test)]\npub fn sum(a: u32, b: u32) -> u32 {\n    5\n}\n\n#[cfg(not(test))]\npub fn sum(a: u32, b: u32) -> u32 {\n    a - b\n}\n",
        )]),
    ],
    check: Check::EditOrChange(|pair, found| in_file(pair, &[], &mut |_, _| false, found), check),
};

/// Words of names that say where the program runs, not what it computes.
const SURROUNDINGS: &[&str] = &[
    "log",
    "logger",
    "logging",
    "level",
    "color",
    "colors",
    "colour",
    "tty",
    "interactive",
    "prompt",
    "telemetry",
    "analytics",
    "sentry",
    "debug",
    "verbose",
    "quiet",
    "silent",
    "progress",
    "spinner",
    "enabled",
    "disabled",
    "path",
    "file",
    "dir",
    "directory",
    "folder",
    "root",
    "port",
    "url",
    "uri",
    "host",
    "hostname",
    "address",
    "database",
    "db",
    "dsn",
    "connection",
    "env",
    "environment",
    "mode",
    "config",
    "settings",
    "options",
    "timeout",
    "delay",
    "interval",
    "retry",
    "retries",
    "attempts",
    "wait",
    "backoff",
    "cache",
    "storage",
    "transport",
    "adapter",
    "driver",
    "worker",
    "workers",
    "concurrency",
    "reporter",
    "seed",
    "secret",
    "should",
    "skip",
    "ci",
    "test",
    "testing",
    "tests",
    "headless",
    "browser",
    "animation",
    "duration",
    "bundler",
    "plugins",
    "rounds",
    "cost",
];

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    let mut named: Vec<(String, Sign)> = Vec::new();
    for (_, head) in change.heads().filter(|(_, head)| !head.is_test()).take(200) {
        named.extend(Signs::of_file(head, &[]).named().iter().cloned());
    }
    let mut texts: Option<Vec<String>> = None;
    let mut expects = |name: &str, literal: &str| {
        let texts = texts.get_or_insert_with(|| test_expectations::comparisons(change));
        test_expectations::expects(texts, name, literal)
    };
    for pair in &change.pairs {
        in_file(pair, &named, &mut expects, found);
    }
}

fn in_file(
    pair: &Pair,
    named: &[(String, Sign)],
    expects: &mut dyn FnMut(&str, &str) -> bool,
    found: &mut Found,
) {
    let Some(head) = pair.head.as_deref().filter(|head| head.is_code() && !head.is_broken()) else { return };
    let runner_file = head.is_test() || head.path.contains(".config.") || head.path.ends_with("conftest.py");
    if runner_file {
        return;
    }
    let signs = Signs::of_file(head, named);
    let twins = head.language == Some(Language::Rust) && head.text.contains("cfg(not(test))");
    if signs.is_empty() && !twins {
        return;
    }
    let mut told: HashSet<usize> = HashSet::new();
    for branch in branches(head, &signs).into_iter().chain(twin_functions(head)) {
        if !is_new_branch(pair, head, &branch) || !told.insert(head.row(head.flat().node(branch.index).start))
        {
            continue;
        }
        judge(head, &branch, expects, found);
    }
}

fn is_new_branch(pair: &Pair, head: &File, branch: &Branch) -> bool {
    let flat = head.flat();
    let wrote = |index: usize| pair.wrote_in(flat.node(index).start, flat.node(index).end);
    let wrote_any = wrote(branch.asked) || branch.under.iter().any(|value| wrote(*value));
    let had = pair.base.as_deref().is_some_and(|base| base.text.contains(head.text_of(branch.index)));
    wrote_any && !had
}

fn judge(file: &File, branch: &Branch, expects: &mut dyn FnMut(&str, &str) -> bool, found: &mut Found) {
    let (name, what) = (&branch.name, &branch.what);
    let texts = |values: &[usize]| values.iter().map(|v| file.text_of(*v)).collect::<HashSet<_>>();
    let (under, other) = (texts(&branch.under), texts(&branch.other));
    if under.is_empty() || under.is_subset(&other) {
        return;
    }
    let fixed = |values: &[usize]| values.iter().copied().find(|value| is_fixed(file, *value));
    let value = fixed(&branch.under);
    let asked = file.flat().node(branch.asked);
    if let Some(value) = value.map(|value| file.text_of(value))
        && expects(name, value)
    {
        let message = format!("`{name}` gives `{value}`, which a test expects, only where it sees `{what}`");
        found.at(file, asked.start, asked.end, message);
        return;
    }
    let shown = if name.is_empty() { "this code" } else { name.as_str() };
    let message = format!("`{shown}` gives another result where it sees `{what}`");
    let words = words_of(name);
    let about_place = words.iter().any(|word| SURROUNDINGS.contains(&word.as_str()));
    let Some(value) = value else {
        if branch.sign == Sign::Runner && !about_place && !branch.other.is_empty() {
            found.maybe(file, asked.start, asked.end, message);
        }
        return;
    };
    let value = file.text_of(value);
    if about_place || is_nothing(value) || is_resource(value) {
        return;
    }
    let is_bool = matches!(value, "true" | "false" | "True" | "False");
    let constants = fixed(&branch.other).is_some_and(|other| !is_nothing(file.text_of(other)));
    match branch.sign {
        Sign::Runner if branch.takes && !branch.other.is_empty() || constants && !is_bool => {
            found.at(file, asked.start, asked.end, message);
        }
        Sign::Runner => found.maybe(file, asked.start, asked.end, message),
        Sign::Place if !is_bool && !is_tooling(&file.path) && (branch.takes || constants) => {
            found.maybe(file, asked.start, asked.end, message);
        }
        Sign::Place => {}
    }
}

fn is_nothing(value: &str) -> bool {
    matches!(
        value,
        "" | "null"
            | "undefined"
            | "None"
            | "nil"
            | "()"
            | "[]"
            | "{}"
            | "''"
            | "\"\""
            | "``"
            | "Ok(())"
            | "Promise.resolve()"
    )
}

/// A text that names a file, an address, a level or a mode.
fn is_resource(value: &str) -> bool {
    let plain = value.trim_matches(['"', '\'', '`']).to_lowercase();
    value.starts_with(['"', '\'', '`'])
        && (plain.contains(['/', ':', '\\'])
            || ["silent", "test", "testing", "error", "warn", "info", "debug", "none", "localhost", "memory"]
                .contains(&plain.as_str()))
}
