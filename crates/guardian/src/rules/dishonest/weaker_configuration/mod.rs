//! Settings of tests, type checkers, linters and CI that became less strict.
//!
//! `values` reads both sides, `commands` and `settings` compare them; this file reports the result with its line.
//! Reports nothing about new files, unreadable formats, and settings that no list here names.

mod commands;
mod settings;
mod values;
mod weaker;

use self::weaker::{ConfigKind, Weaker};
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "weaker-configuration",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "Settings of a check that make it easier to pass: a failure ignored, a threshold lowered, a rule or a test left out.",
    note: "The check passes because it asks for less, not because the code is right. Put the setting back and fix the code; where less is meant to be checked, the task has to say so.",
    valid: &[
        Example::change(
            &[("package.json", "{ \"scripts\": { \"test\": \"vitest run\" } }\n")],
            &[(
                "package.json",
                "{ \"scripts\": { \"test\": \"vitest run --coverage\", \"clean\": \"rm -r dist || true\" } }\n",
            )],
        ),
        Example::change(
            &[("tsconfig.json", "{ \"compilerOptions\": { \"strict\": true } }\n")],
            &[(
                "tsconfig.json",
                "{ \"compilerOptions\": { \"strict\": true, \"noImplicitReturns\": true } }\n",
            )],
        ),
        Example::change(
            &[("pyproject.toml", "[tool.coverage.report]\nfail_under = 80\n")],
            &[("pyproject.toml", "[tool.coverage.report]\nfail_under = 85\n")],
        ),
        Example::change(
            &[(".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: npm test\n")],
            &[(
                ".github/workflows/ci.yml",
                "jobs:\n  a:\n    steps:\n      - run: npm test\n      - run: npm run upload\n        continue-on-error: true\n",
            )],
        ),
    ],
    invalid: &[
        Example::change(
            &[("package.json", "{ \"scripts\": { \"lint\": \"eslint .\" } }\n")],
            &[("package.json", "{ \"scripts\": { \"lint\": \"eslint . || true\" } }\n")],
        ),
        Example::change(
            &[("package.json", "{ \"scripts\": { \"test\": \"node --test\" } }\n")],
            &[("package.json", "{ \"scripts\": { \"test\": \"echo ok\" } }\n")],
        ),
        Example::change(
            &[("tsconfig.json", "{ \"compilerOptions\": { \"strict\": true } }\n")],
            &[(
                "tsconfig.json",
                "{ \"compilerOptions\": { \"strict\": true, \"strictNullChecks\": false } }\n",
            )],
        ),
        Example::change(
            &[("jest.config.js", "module.exports = { coverageThreshold: { global: { lines: 90 } } };\n")],
            &[("jest.config.js", "module.exports = { coverageThreshold: { global: { lines: 50 } } };\n")],
        ),
        Example::change(
            &[("Cargo.toml", "[package]\nname = \"a\"\n[lints.clippy]\nunwrap_used = \"deny\"\n")],
            &[("Cargo.toml", "[package]\nname = \"a\"\n[lints.clippy]\nunwrap_used = \"allow\"\n")],
        ),
        Example::change(
            &[(".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: cargo test\n")],
            &[(".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: cargo test || true\n")],
        ),
        Example::change(
            &[("setup.cfg", "[mypy]\ndisallow_untyped_defs = True\n")],
            &[("setup.cfg", "[mypy]\ndisallow_untyped_defs = False\n")],
        ),
        Example::change(
            &[("Makefile", "test:\n\tgo test ./...\n")],
            &[("Makefile", "test:\n\t-go test ./...\n")],
        ),
        Example::change(
            &[("playwright.config.ts", "export default defineConfig({ testDir: 'e2e' });\n")],
            &[("playwright.config.ts", "export default defineConfig({ testDir: 'e2e', retries: 2 });\n")],
        ),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let (Some(base), Some(head)) = (pair.base.as_deref(), pair.head.as_deref()) else { return };
    if is_specimen(&pair.path) || base.text == head.text {
        return;
    }
    let kind = ConfigKind::of_path(&pair.path);
    if kind.is_none() && !is_script(&pair.path) {
        return;
    }
    let mut report = |weaker: Weaker| {
        let (start, end) = place_of(pair, head, &weaker.near);
        if weaker.sure {
            found.at(head, start, end, weaker.message);
        } else {
            found.maybe(head, start, end, weaker.message);
        }
    };
    match kind {
        Some(kind) => {
            let (Some(old), Some(new)) = (values::of(base), values::of(head)) else { return };
            commands::compare(kind, &old, &new, &mut report);
            settings::compare(kind, &old, &new, head, &mut report);
        }
        None => commands::in_lines(pair, head, &mut report),
    }
}

/// Files whose lines are commands.
fn is_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    matches!(
        name.as_str(),
        "makefile" | "justfile" | ".justfile" | "gnumakefile" | "jenkinsfile" | "dockerfile"
    ) || [".sh", ".bash", ".mk", ".just"].iter().any(|end| name.ends_with(end))
        || path.contains(".husky/")
}

/// The line that the change wrote and that contains most of these words.
fn place_of(pair: &Pair, head: &File, near: &[String]) -> (usize, usize) {
    let score = |row: usize| {
        near.iter().filter(|word| head.line(row).contains(word.as_str())).count() * 2
            + usize::from(pair.wrote(row))
    };
    let best = (0..head.lines()).rev().max_by_key(|row| score(*row)).unwrap_or(0);
    let start = head.start_of_line(u32::try_from(best + 1).unwrap_or(1));
    (start, start + head.line(best).len())
}
