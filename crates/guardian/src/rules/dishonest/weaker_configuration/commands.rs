//! Commands that run checks, and changes that hide their failures.
//!
//! Reads commands as text and knows the names of tools; it runs no shell. A removed check may run elsewhere, so it only
//! warns. Options in the tools' own files are for `settings`.

use std::sync::LazyLock;

use regex::Regex;

use super::values::{Values, key};
use super::weaker::{ConfigKind, Weaker};
use crate::code::file::File;
use crate::rules::Pair;

/// Commands that check something.
static CHECKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(vitest|jest|mocha|ava|jasmine|karma|playwright test|cypress run|node (--\S+ )*--test|eslint|tsc|vue-tsc|biome (check|lint|ci)|oxlint|prettier --check|nyc|c8|pytest|py\.test|unittest|tox|nox|mypy|pyright|ruff( check)?|flake8|pylint|bandit|coverage (run|report)|cargo (\+\S+ )?(test|nextest|check|clippy|build|fmt --check|deny|audit)|go (test|vet|build)|golangci-lint|staticcheck|govulncheck|make (test|check|lint|ci)|just (test|check|lint|ci)|(npm|pnpm|yarn|bun)( run)? (-\S+ )*(test|lint|check|typecheck|types|ci|build|verify|coverage)\S*|deno (test|lint|check)|bun test|tap|turbo( run)? (test|lint|build)|ctest|rspec|phpunit|gradlew? (test|check)|mvn (test|verify))\b",
    )
    .ok()
});

/// Endings of a command that discard its failure.
static IGNORED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^\s*(\|\||;)\s*(true|:|exit 0|/bin/true|echo\b.*)\s*(["')]|&&|;|$)"#).ok()
});

/// Options with which a tool checks less, or nothing.
const LOOSE: &[&str] = &[
    "--passWithNoTests",
    "--pass-with-no-tests",
    "--allow-empty",
    "--allowEmpty",
    "--no-coverage",
    "--coverage=false",
    "--no-error-on-unmatched-pattern",
    "--deselect",
    "--ignore=",
    "--ignore ",
    "--testPathIgnorePatterns",
    "--invert",
    "--exclude ",
    "--exclude=",
    "--skip ",
    "--exit-zero",
    "--cap-lints",
    "-A warnings",
    "-A clippy::all",
    "--no-fail-on-error",
    "--exit-code 0",
    "--issues-exit-code=0",
    "--dangerouslyIgnoreUnhandledErrors",
    "--no-strict",
    "--forceExit",
    "--suppress-tests-failed",
    "--no-verify",
    "--no-cov",
    "-short",
    "--disable-error-code",
    "--ignore-errors",
    "--skipLibCheck",
    "--no-check",
];

/// Options that repeat a failed check.
const RETRIES: &[&str] = &["--retry", "--retries", "--reruns", "--retryTimes", "--flaky"];

pub(super) fn is_check(command: &str) -> bool {
    CHECKS.as_ref().is_some_and(|checks| checks.is_match(command))
}

/// Whether this command discards the failure of a check.
fn is_ignored(command: &str) -> bool {
    let Some(checks) = CHECKS.as_ref() else { return false };
    command.lines().any(|line| {
        // The text between the check and the next part of the command holds its arguments
        checks.find_iter(line).any(|check| {
            let rest = line.get(check.end()..).unwrap_or_default();
            let end = rest.find(['|', ';', '&']).unwrap_or(rest.len());
            let rest = rest.get(end..).unwrap_or_default();
            !rest.starts_with("&&") && IGNORED.as_ref().is_some_and(|ignored| ignored.is_match(rest))
        })
    })
}

fn does_nothing(command: &str) -> bool {
    let command = command.trim();
    matches!(command, "" | "true" | ":" | "exit 0")
        || command.starts_with("echo ")
            && command
                .split("&&")
                .all(|part| matches!(part.trim(), "exit 0" | "true") || part.trim().starts_with("echo "))
}

pub(super) fn compare(kind: ConfigKind, old: &Values, new: &Values, report: &mut dyn FnMut(Weaker)) {
    let is_command = |path: &str| match kind {
        ConfigKind::Package => path.starts_with("scripts/"),
        ConfigKind::Workflow => matches!(
            key(path),
            "run" | "script" | "before_script" | "command" | "bash" | "powershell" | "install"
        ),
        ConfigKind::Tool => matches!(key(path), "commands" | "addopts" | "addopts_extra" | "cmd"),
    };
    let all_old: Vec<&String> =
        old.iter().filter(|(path, _)| is_command(path)).flat_map(|(_, said)| said).collect();
    let all_new: Vec<&String> =
        new.iter().filter(|(path, _)| is_command(path)).flat_map(|(_, said)| said).collect();
    for (path, said) in new.iter().filter(|(path, _)| is_command(path)) {
        let before = old.get(path);
        for command in said.iter().filter(|command| !all_old.contains(command)) {
            // Steps are compared by their commands, and this command changed
            let was: Vec<&String> = before.map_or_else(
                || all_old.iter().copied().filter(|old| !all_new.contains(old)).collect(),
                |before| before.iter().collect(),
            );
            // Where no check is gone, a command that is only added takes nothing away by an option that others have
            let added = before.is_none() && !was.iter().any(|old| is_check(old));
            let known = if added { &all_old } else { &was };
            let had = |what: &str| known.iter().any(|old| old.contains(what));
            let checked = is_check(command) || was.iter().any(|old| is_check(old)) && before.is_some();
            // Tox passes over what fails behind a dash
            let dashed = |command: &str| {
                command.lines().any(|line| {
                    line.trim().strip_prefix('-').is_some_and(|rest| !rest.starts_with('-') && is_check(rest))
                })
            };
            if kind == ConfigKind::Tool
                && key(path) == "commands"
                && dashed(command)
                && !was.iter().any(|old| dashed(old))
            {
                report(Weaker::sure(
                    "a check that fails counts as passed now".to_string(),
                    &["-", key(path)],
                ));
            }
            if is_ignored(command) && !was.iter().any(|old| is_ignored(old)) {
                report(Weaker::sure(
                    "a check that fails counts as passed now".to_string(),
                    &[first_words(command), "|| true", key(path)],
                ));
            } else if before.is_some() && was.iter().any(|old| is_check(old)) && does_nothing(command) {
                report(Weaker::sure(
                    format!("`{}` checked something, and does nothing now", key(path)),
                    &[key(path), command],
                ));
            }
            if !checked && key(path) != "addopts" {
                continue;
            }
            if let Some(option) = LOOSE.iter().find(|option| command.contains(**option) && !had(option)) {
                report(Weaker::sure(
                    format!("`{}` makes the check ask for less", option.trim()),
                    &[option, key(path)],
                ));
            }
            let more = |of: &str| largest(of, "--max-warnings");
            if let (Some(now), Some(before)) = (more(command), was.iter().filter_map(|old| more(old)).max())
                && now > before
            {
                report(Weaker::sure(
                    format!("`--max-warnings` went from {before} to {now}"),
                    &["--max-warnings", key(path)],
                ));
            }
            let left_out = ["-k 'not", "-k \"not", "-m 'not", "-m \"not", "-k not", "-skip "]
                .iter()
                .find(|option| command.contains(**option) && !had(option));
            if let Some(option) = left_out {
                report(Weaker::sure(format!("`{option}` leaves tests out"), &[option, key(path)]));
            }
            if let Some(option) = RETRIES.iter().find(|option| command.contains(**option) && !had(option)) {
                report(Weaker::likely(
                    format!("`{option}` runs failed tests again until one passes"),
                    &[option, key(path)],
                ));
            }
        }
    }
    gone(kind, old, new, &is_command, report);
    if kind == ConfigKind::Workflow {
        may_fail(old, new, report);
    }
}

/// Checks that no longer run.
fn gone(
    kind: ConfigKind,
    old: &Values,
    new: &Values,
    is_command: &dyn Fn(&str) -> bool,
    report: &mut dyn FnMut(Weaker),
) {
    let still: Vec<&String> =
        new.iter().filter(|(path, _)| is_command(path)).flat_map(|(_, said)| said).collect();
    for (path, said) in old.iter().filter(|(path, _)| is_command(path)) {
        if kind == ConfigKind::Package
            && (new.contains_key(path) || !matches!(key(path), "test" | "lint" | "typecheck" | "check"))
        {
            continue;
        }
        for command in said.iter().filter(|command| is_check(command)) {
            let word =
                CHECKS.as_ref().and_then(|checks| checks.find(command)).map_or("", |found| found.as_str());
            if !still.iter().any(|now| now.contains(word)) {
                report(Weaker::likely(format!("`{word}` is not run here any more"), &[]));
            }
        }
    }
}

/// Steps and jobs whose failure no longer counts since the change.
fn may_fail(old: &Values, new: &Values, report: &mut dyn FnMut(Weaker)) {
    let lets = |key: &str, said: &[String]| match key {
        "continue-on-error" | "allow_failure" | "continueOnError" | "soft_fail" => {
            said.iter().any(|s| s == "true")
        }
        "if" | "when" => {
            said.iter().any(|s| matches!(s.trim(), "false" | "${{ false }}" | "never" | "manual"))
        }
        _ => false,
    };
    for (path, said) in new {
        let was = old.get(path).map_or(&[][..], Vec::as_slice);
        if !lets(key(path), said) || lets(key(path), was) {
            continue;
        }
        let holder = path.rsplit_once('/').map_or("", |(holder, _)| holder);
        let within = format!("{holder}/");
        let checks = |values: &Values| {
            values
                .iter()
                .filter(|(path, _)| path.starts_with(&within))
                .any(|(_, said)| said.iter().any(|s| is_check(s)))
        };
        // Only existing steps: a new step that may fail takes nothing away
        if checks(old) {
            report(Weaker::sure(format!("`{}` lets a check fail unseen", key(path)), &[key(path)]));
        }
    }
}

/// The number that follows an option.
fn largest(command: &str, option: &str) -> Option<u64> {
    let rest = command.match_indices(option).filter_map(|(at, _)| command.get(at + option.len()..));
    rest.filter_map(|rest| rest.trim_start_matches(['=', ' ']).split(' ').next()?.parse().ok()).max()
}

fn first_words(command: &str) -> &str {
    command.lines().find(|line| is_ignored(line)).unwrap_or(command).trim()
}

/// Checks in the lines of a script or a Makefile.
pub(super) fn in_lines(pair: &Pair, head: &File, report: &mut dyn FnMut(Weaker)) {
    let Some(base) = pair.base.as_deref() else { return };
    let old: Vec<&str> = base.text.lines().map(str::trim).collect();
    let makefile = pair.path.to_ascii_lowercase().ends_with("makefile")
        || pair.path.ends_with(".mk")
        || pair.path.ends_with("justfile");
    for row in (0..head.lines()).filter(|row| pair.wrote(*row)) {
        let line = head.line(row).trim();
        let plain = line.trim_start_matches(['-', '@']);
        if line.starts_with('#') || old.contains(&line) || !is_check(line) {
            continue;
        }
        let was_strict = |text: &str| {
            old.iter()
                .any(|old| old.trim_start_matches('@') == text || text.starts_with(old) && is_check(old))
        };
        if is_ignored(line) && was_strict(plain) || makefile && line.starts_with('-') && was_strict(plain) {
            report(Weaker::sure("a check that fails counts as passed now".to_string(), &[line]));
        } else if let Some(option) =
            LOOSE.iter().find(|option| line.contains(**option) && !base.text.contains(**option))
        {
            report(Weaker::sure(format!("`{}` makes the check ask for less", option.trim()), &[line]));
        }
    }
    let strict = |text: &str| {
        text.lines().any(|line| {
            line.trim_start().starts_with("set -e") || line.trim_start().starts_with("set -o errexit")
        })
    };
    if strict(&base.text) && !strict(&head.text) && head.text.lines().any(is_check) {
        report(Weaker::sure("without `set -e` the script goes on after a check that fails".to_string(), &[]));
    }
}

#[cfg(test)]
mod tests {
    use super::{is_check, is_ignored};

    #[test]
    fn a_failure_that_counts_for_nothing() {
        for ignored in [
            "vitest run || true",
            "npm run build && eslint . || exit 0",
            "pytest -q; true",
            "cargo test || echo failed",
        ] {
            assert!(is_ignored(ignored), "{ignored}");
        }
        for kept in [
            "rm -r dist || true",
            "rm x || true; vitest run",
            "vitest run && echo ok",
            "mkdir a || true && pytest",
        ] {
            assert!(!is_ignored(kept), "{kept}");
        }
        assert!(is_check("npm run test:unit") && is_check("python -m pytest") && !is_check("npm install"));
    }
}
