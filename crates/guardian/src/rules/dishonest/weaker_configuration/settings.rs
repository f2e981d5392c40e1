//! Settings of tools: strictness, thresholds, exclusions, severities of rules.
//!
//! Compares the values of a key, for any tool. It does not read files that a configuration extends: a setting that
//! may be in such a file at most warns. CI workflows are for `commands`.

use std::sync::LazyLock;

use regex::Regex;

use super::values::{Values, key};
use super::weaker::{ConfigKind, Weaker};
use crate::code::file::File;
use shared::test_files::is_test;

/// Settings that are strict if true.
const STRICT: &[&str] = &[
    "strict",
    "noImplicitAny",
    "strictNullChecks",
    "strictFunctionTypes",
    "strictBindCallApply",
    "strictPropertyInitialization",
    "noImplicitThis",
    "useUnknownInCatchVariables",
    "alwaysStrict",
    "noUnusedLocals",
    "noUnusedParameters",
    "noImplicitReturns",
    "noFallthroughCasesInSwitch",
    "noUncheckedIndexedAccess",
    "exactOptionalPropertyTypes",
    "noImplicitOverride",
    "checkJs",
    "noEmitOnError",
    "disallow_untyped_defs",
    "disallow_untyped_calls",
    "disallow_incomplete_defs",
    "disallow_any_generics",
    "disallow_any_explicit",
    "disallow_subclassing_any",
    "check_untyped_defs",
    "warn_return_any",
    "warn_unused_ignores",
    "warn_unreachable",
    "warn_redundant_casts",
    "no_implicit_optional",
    "strict_optional",
    "strict_equality",
    "no_implicit_reexport",
    "xfail_strict",
    "forbidOnly",
    "checkCoverage",
    "check-coverage",
    "branch",
    "failOnWarnings",
    "failOnFlakyTests",
    "reportUnusedDisableDirectives",
    "recommended",
    "enabled",
    "strictListInference",
    "strictDictionaryInference",
    "fail_ci_if_error",
    "isolate",
    "doctest",
];
/// The strict settings that `strict` includes.
const IMPLIED: &[&str] = &[
    "noImplicitAny",
    "strictNullChecks",
    "strictFunctionTypes",
    "strictBindCallApply",
    "strictPropertyInitialization",
    "noImplicitThis",
    "useUnknownInCatchVariables",
    "alwaysStrict",
    "disallow_untyped_defs",
    "disallow_untyped_calls",
    "disallow_incomplete_defs",
    "disallow_any_generics",
    "disallow_subclassing_any",
    "check_untyped_defs",
    "warn_return_any",
    "warn_unused_ignores",
    "warn_redundant_casts",
    "strict_equality",
    "no_implicit_reexport",
    "no_implicit_optional",
    "strict_optional",
];
/// Settings that are loose if true.
const LOOSE: &[&str] = &[
    "ignore_errors",
    "passWithNoTests",
    "allowEmpty",
    "allow_untyped_defs",
    "allow_untyped_calls",
    "allow_untyped_globals",
    "implicit_optional",
    "dangerouslyIgnoreUnhandledErrors",
    "suppressImplicitAnyIndexErrors",
    "noStrictGenericChecks",
    "allowUnreachableCode",
    "tests-ignored",
    "skip_empty",
    "disable_error_code",
    "exit-zero",
    "disable-all",
    "testFailureExitCode",
];
/// Settings that are loose if true, but sometimes right.
const LIKELY_LOOSE: &[&str] = &[
    "ignore_missing_imports",
    "skipLibCheck",
    "allowJs",
    "transpileOnly",
    "ignoreBuildErrors",
    "ignoreDuringBuilds",
    "forceExit",
];
/// Settings that exclude files from a check.
const LEFT_OUT: &[&str] = &[
    "exclude",
    "excludes",
    "extend-exclude",
    "extend_exclude",
    "testPathIgnorePatterns",
    "ignorePatterns",
    "ignores",
    "testIgnore",
    "norecursedirs",
    "collect_ignore",
    "coveragePathIgnorePatterns",
    "omit",
    "excludeSpecPattern",
    "exclude-files",
    "exclude-dirs",
    "skip-dirs",
    "skip-files",
    "ignored",
    "watchIgnore",
    "modulePathIgnorePatterns",
    "exclude_lines",
    "exclude_also",
    "skip",
    "spec-ignore",
    "deny-list",
];
/// Settings that exclude rules.
const RULES_OUT: &[&str] =
    &["ignore", "extend-ignore", "extend_ignore", "disable", "disabled", "disable_error_code", "lint.ignore"];
const RETRIES: &[&str] =
    &["retry", "retries", "reruns", "retryTimes", "flakyTestRetries", "max-retries", "maxRetries", "count"];

pub(super) fn compare(
    kind: ConfigKind,
    old: &Values,
    new: &Values,
    head: &File,
    report: &mut dyn FnMut(Weaker),
) {
    if kind == ConfigKind::Workflow {
        return;
    }
    let extends = |values: &Values| values.keys().any(|path| key(path) == "extends" || path == "extends");
    let inherits = extends(new) && !extends(old);
    for (path, was) in old {
        let (name, now) = (key(path), new.get(path));
        strictness(path, name, was, now, new, inherits, report);
        threshold(path, name, was, now, report);
        level(path, was, now, report);
    }
    for (path, now) in new {
        added(path, now, old.get(path), head, report);
        // A library whose own tests are not built any more
        let untested =
            head.path.ends_with("Cargo.toml") && path == "lib/test" && now.iter().any(|s| is_off(s));
        if untested
            && old.contains_key("package/name")
            && old.get(path).is_none_or(|was| !was.iter().any(|s| is_off(s)))
        {
            report(Weaker::sure(
                "the tests of the library are not built any more".to_string(),
                &["test", "false"],
            ));
        }
        if !old.contains_key(path) {
            let (loose, likely) = (LOOSE.contains(&key(path)), LIKELY_LOOSE.contains(&key(path)));
            let strict_off = STRICT.contains(&key(path))
                && now.iter().any(|s| is_off(s))
                && !of_a_module(path)
                && key(path) != "enabled"
                && key(path) != "branch";
            if (loose || likely) && now.iter().any(|s| s == "true") && !of_a_module(path) {
                let message = format!("`{}` makes the check ask for less", key(path));
                report(if loose {
                    Weaker::sure(message, &[key(path)])
                } else {
                    Weaker::likely(message, &[key(path)])
                });
            } else if strict_off && has_family(old, path) {
                report(Weaker::sure(format!("`{}` is switched off", key(path)), &[key(path), "false"]));
            }
            new_level_off(path, now, old, new, report);
        }
    }
}

fn is_off(said: &str) -> bool {
    matches!(said, "false" | "False" | "off" | "none" | "0")
}

/// Whether related settings around a path were strict before, so that a disabled one takes something away.
fn has_family(old: &Values, path: &str) -> bool {
    let holder = path.rsplit_once('/').map_or("", |(holder, _)| holder);
    old.iter().any(|(other, said)| {
        other.starts_with(holder) && STRICT.contains(&key(other)) && said.iter().any(|s| s == "true")
    })
}

/// mypy's settings for named modules.
fn of_a_module(path: &str) -> bool {
    path.contains("overrides/[") && !path.contains("[*]")
        || path.contains("mypy-") && !path.contains("mypy-*")
}

fn strictness(
    path: &str,
    name: &str,
    was: &[String],
    now: Option<&Vec<String>>,
    new: &Values,
    inherits: bool,
    report: &mut dyn FnMut(Weaker),
) {
    let (yes, no) = (
        |said: &[String]| said.iter().any(|s| matches!(s.as_str(), "true" | "True")),
        |said: &[String]| said.iter().any(|s| is_off(s)),
    );
    if STRICT.contains(&name) && yes(was) && !of_a_module(path) {
        match now {
            Some(now) if no(now) => {
                report(Weaker::sure(format!("`{name}` is switched off"), &[name, "false"]))
            }
            None => {
                let holder = path.rsplit_once('/').map_or("", |(holder, _)| holder);
                let strict = new
                    .get(&format!("{holder}/strict"))
                    .or_else(|| new.get("strict"))
                    .is_some_and(|said| yes(said));
                let meant = inherits
                    || strict && IMPLIED.contains(&name)
                    || matches!(name, "enabled" | "recommended" | "isolate" | "branch");
                // A renamed table keeps its settings
                let elsewhere = new.iter().any(|(other, said)| key(other) == name && yes(said));
                // The extended configuration may contain the setting
                let extends = new.keys().any(|path| key(path) == "extends" || path == "extends");
                if !meant && !elsewhere && extends {
                    report(Weaker::likely(format!("`{name}` is gone"), &[]));
                } else if !meant && !elsewhere {
                    report(Weaker::sure(format!("`{name}` is gone"), &[]));
                }
            }
            Some(_) => {}
        }
    }
    if (LOOSE.contains(&name) || LIKELY_LOOSE.contains(&name)) && no(was) && now.is_some_and(|now| yes(now)) {
        let message = format!("`{name}` makes the check ask for less");
        report(if LOOSE.contains(&name) {
            Weaker::sure(message, &[name, "true"])
        } else {
            Weaker::likely(message, &[name, "true"])
        });
    }
    if name == "typeCheckingMode" {
        let rank = |said: &[String]| {
            said.iter()
                .filter_map(|s| ["off", "basic", "standard", "strict"].iter().position(|level| s == level))
                .max()
        };
        if now.is_some_and(|now| rank(now) < rank(was)) {
            report(Weaker::sure(format!("`{name}` is less strict"), &[name]));
        }
    }
}

/// Numbers that a check must reach.
fn threshold(
    path: &str,
    name: &str,
    was: &[String],
    now: Option<&Vec<String>>,
    report: &mut dyn FnMut(Weaker),
) {
    const NAMES: &[&str] = &[
        "fail_under",
        "fail-under",
        "statements",
        "branches",
        "functions",
        "lines",
        "minimum",
        "threshold",
        "perFile",
        "min",
        "target",
        "cov-fail-under",
    ];
    const HOLDERS: &[&str] = &["threshold", "coverage", "codecov", "nyc", "c8", "fail_under", "fail-under"];
    let lower = path.to_lowercase();
    if !NAMES.contains(&name)
        || !HOLDERS.iter().any(|holder| lower.contains(holder))
            && !matches!(name, "fail_under" | "fail-under")
    {
        return;
    }
    let number = |said: &[String]| {
        said.iter().filter_map(|s| s.trim_end_matches('%').parse::<f64>().ok()).reduce(f64::max)
    };
    let Some(before) = number(was) else { return };
    match now.map(|now| number(now)) {
        Some(Some(after)) if after < before => {
            report(Weaker::sure(
                format!("`{name}` went from {before} to {after}"),
                &[name, &after.to_string()],
            ));
        }
        None => report(Weaker::sure(format!("`{name}` of {before} is gone"), &[])),
        _ => {}
    }
}

/// The severity of a linter rule, as a number.
fn rank(said: &str) -> Option<u8> {
    match said.trim() {
        "off" | "0" | "allow" | "none" | "ignore" => Some(0),
        "warn" | "warning" | "1" | "information" | "info" => Some(1),
        "error" | "2" | "deny" | "forbid" => Some(2),
        _ => None,
    }
}

fn is_level(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.contains(&"rules")
        || parts.contains(&"lints")
        || parts.iter().any(|part| part.starts_with("report") && part.len() > 8)
        || parts.contains(&"lint") && parts.contains(&"tools")
}

/// The first value of a rule is its severity.
fn level(path: &str, was: &[String], now: Option<&Vec<String>>, report: &mut dyn FnMut(Weaker)) {
    if !is_level(path) {
        return;
    }
    let (Some(before), Some(after)) =
        (was.first().and_then(|s| rank(s)), now.and_then(|now| now.first()).and_then(|s| rank(s)))
    else {
        return;
    };
    let name = key(path).replace('\u{2215}', "/");
    let name = if name == "level" {
        path.trim_end_matches("/level").rsplit('/').next().unwrap_or_default().to_string()
    } else {
        name
    };
    if after == 0 && before == 1 {
        // A warning made no check fail
        report(Weaker::likely(format!("the rule `{name}` is switched off"), &[&name]));
    } else if after == 0 && before > 1 {
        report(Weaker::sure(format!("the rule `{name}` is switched off"), &[&name]));
    } else if after < before {
        report(Weaker::likely(format!("the rule `{name}` is only a warning now"), &[&name]));
    }
}

/// A rule that was on by default, and that the change disables.
fn new_level_off(path: &str, now: &[String], old: &Values, new: &Values, report: &mut dyn FnMut(Weaker)) {
    if !is_level(path) || now.first().and_then(|s| rank(s)) != Some(0) {
        return;
    }
    let name = key(path).replace('\u{2215}', "/");
    let last = name.rsplit('/').next().unwrap_or(&name);
    // A rule of the same name from another plugin replaces it
    let replaced = new.iter().any(|(other, said)| {
        other != path
            && is_level(other)
            && key(other).ends_with(last)
            && said.first().and_then(|s| rank(s)).is_some_and(|rank| rank > 0)
    });
    // The list may begin with the level, or not
    let written_otherwise = old.keys().any(|other| key(other) == key(path));
    if !replaced && !written_otherwise {
        report(Weaker::likely(format!("the rule `{name}` is switched off"), &[&name]));
    }
}

/// Parts of paths that a build or a tool generates: they contain no tests of the project.
const BUILT: &[&str] = &[
    "node_modules",
    "dist",
    "build",
    "coverage",
    "target",
    "venv",
    "vendor",
    "generated",
    "fixture",
    "snapshot",
    "__pycache__",
    ".git",
    "e2e",
    "data",
    "tmp",
    "playwright",
    "output",
    "cypress",
];

/// Parts of entries that no check needs to inspect.
const MADE: &[&str] = &[
    "config",
    "dist",
    "build",
    "generated",
    "node_modules",
    ".d.ts",
    "_pb2",
    "setup.py",
    "conftest",
    "migrations",
    "coverage",
    "*.js",
    "target",
    "vendor",
    "min.js",
];

/// Test or code files that a list newly excludes; `first`: the list did not exist before.
fn left_out(path: &str, new: &[String], first: bool, head: &File, report: &mut dyn FnMut(Weaker)) {
    let name = key(path);
    // Builds and coverage reports usually exclude all tests
    let of_tests = !head.path.contains("tsconfig")
        && !path.to_lowercase().contains("coverage")
        && !head.path.ends_with("Cargo.toml")
        && name != "omit";
    let whole = |entry: &str| {
        entry.contains("**/*.")
            || entry.ends_with("/**")
            || entry.ends_with("/*")
            || !entry.contains('.') && !entry.contains("test_")
    };
    if let Some(entry) = new.iter().find(|entry| of_tests && is_like_a_test(entry)) {
        let message = format!("`{entry}` is left out of the checks");
        report(if whole(entry) && first {
            Weaker::likely(message, &[entry, name])
        } else {
            Weaker::sure(message, &[entry, name])
        });
    } else {
        let sources = |entry: &&String| {
            let plain = entry.trim_start_matches(['*', '/', '.']);
            plain == "src" || plain.starts_with("src/") && whole(plain)
        };
        if let Some(entry) = new.iter().find(|entry| of_tests && sources(entry)) {
            report(Weaker::sure(
                format!("`{entry}`, the sources, is left out of the checks"),
                &[entry, name],
            ));
            return;
        }
        let code =
            |entry: &&String| [".py", ".ts", ".js", ".go", ".rs"].iter().any(|end| entry.contains(end));
        let made = |entry: &&String| MADE.iter().any(|word| entry.contains(word));
        if let Some(entry) = new.iter().find(|entry| code(entry) && !made(entry)) {
            report(Weaker::likely(format!("`{entry}` is left out of the checks"), &[entry, name]));
        }
    }
}

fn is_like_a_test(entry: &str) -> bool {
    let plain = entry.trim_start_matches(['*', '/', '.', '!']);
    let parts: Vec<&str> = plain.split('/').collect();
    !BUILT.iter().any(|word| plain.contains(word))
        && (is_test(plain) || parts.iter().any(|part| part.contains("test") || part.contains("spec")))
}

/// New entries of exclusion lists, and new retries.
fn added(path: &str, now: &[String], was: Option<&Vec<String>>, head: &File, report: &mut dyn FnMut(Weaker)) {
    static CODE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[A-Z]{1,5}\d{0,4}$|^[a-z]+(-[a-z]+)+$|^(ALL|all)$").ok());
    let name = key(path);
    let words = |said: &[String]| {
        said.iter()
            .flat_map(|s| s.split([',', '\n']))
            .map(|s| s.trim().to_string())
            .filter(|s| !s.is_empty())
            .collect::<Vec<_>>()
    };
    let before = was.map_or_else(Vec::new, |was| words(was));
    let listed = path.ends_with("[]") || LEFT_OUT.contains(&name) || RULES_OUT.contains(&name);
    let new: Vec<String> = if listed {
        words(now).into_iter().filter(|entry| !before.contains(entry)).collect()
    } else {
        Vec::new()
    };
    if LEFT_OUT.contains(&name) {
        left_out(path, &new, was.is_none(), head, report);
    }
    // A list of files is not a list of rules
    let of_files = now.iter().any(|entry| entry.contains(['.', '*']) || entry.ends_with('/'));
    if RULES_OUT.contains(&name)
        && !of_files
        && let Some(entry) = new.iter().find(|entry| {
            CODE.as_ref().is_some_and(|code| code.is_match(entry)) || name.starts_with("disable")
        })
        && (was.is_some()
            || path.contains("ruff")
            || path.contains("flake8")
            || path.contains("mypy")
            || path.contains("linters"))
    {
        // The file may give a reason beside it
        let told = head.text.lines().any(|line| {
            line.contains(entry.as_str())
                && line.split_once('#').is_some_and(|(_, said)| said.split_whitespace().count() > 2)
        });
        let message = format!("the rule `{entry}` is switched off");
        report(if told || of_a_module(path) {
            Weaker::likely(message, &[entry])
        } else {
            Weaker::sure(message, &[entry])
        });
    }
    let number = |said: &[String]| said.iter().filter_map(|s| s.parse::<u32>().ok()).max().unwrap_or(0);
    let of_tests = name != "count" || path.contains("retries");
    let more = of_tests && number(now) > was.map_or(0, |was| number(was));
    let at_times = was.is_none() && now.iter().any(|s| s.contains('?'));
    if RETRIES.contains(&name) && (more || at_times) {
        report(Weaker::likely(format!("`{name}`: a test that fails is run again until it passes"), &[name]));
    }
}
