//! What pyright, and mypy if it is strict, have checked: files that their settings include, without silenced lines.

use serde_json::Value;

use super::command::Options;
use super::{Decider, Decisions, Place};
use crate::check::Check;
use crate::discover::source::{glob, is_inside, json, resolve};
use crate::runners::Command;

const PYRIGHT: Options<'static> = Options { plain: &["--warnings", "--stats", "-w"], valued: &[] };
const MYPY: Options<'static> = Options {
    plain: &["--strict", "--pretty", "--no-incremental", "--show-error-codes", "--no-color-output"],
    valued: &[],
};
/// Reports of pyright about missing names, members and imports.
const REPORTS: &[&str] = &[
    "reportGeneralTypeIssues",
    "reportMissingImports",
    "reportUndefinedVariable",
    "reportAttributeAccessIssue",
    "reportFunctionMemberAccess",
    "reportCallIssue",
    "reportArgumentType",
    "reportOptionalMemberAccess",
];
/// Settings of mypy that reduce its checks.
const LENIENT: &[&str] = &[
    "ignore_errors",
    "ignore_missing_imports",
    "follow_imports",
    "follow_untyped_imports",
    "disable_error_code",
    "exclude",
    "check_untyped_defs",
    "disallow_untyped",
    "disallow_incomplete_defs",
    "mypy-",
    "overrides",
];

pub(super) fn judges(
    all: &Decisions<'_>,
    check: &Check,
    words: &[String],
    place: &Place<'_>,
) -> Option<Decider> {
    let command = Command::of(words)?;
    if !is_judged(place) || !is_inside(place.path, &check.directory) {
        return None;
    }
    match command.program {
        "pyright" | "basedpyright" => {
            let told = PYRIGHT.read(command.arguments)?;
            let here = told.words.iter().all(|word| *word == ".");
            let includes = || pyright_includes(all, &check.directory, place.path);
            (here && includes()).then_some(Decider::Pyright)
        }
        "mypy" => {
            let told = MYPY.read(command.arguments)?;
            let named = !told.words.is_empty();
            let inside = told.words.iter().filter_map(|word| resolve(&check.directory, word));
            let inside =
                inside.into_iter().any(|folder| folder == place.path || is_inside(place.path, &folder));
            let strict = mypy_is_strict(all, &check.directory, told.has(&["--strict"]));
            (named && inside && strict).then_some(Decider::Mypy)
        }
        _ => None,
    }
}

/// Whether nothing in the file excludes the line. A checker skips code that it considers unreachable.
fn is_judged(place: &Place<'_>) -> bool {
    let comments = ["# pyright:", "# mypy:", "# pyrefly:", "@no_type_check", "@typing.no_type_check"];
    let conditions = ["sys.platform", "sys.version_info", "os.name", "TYPE_CHECKING", "NoReturn", "Never"];
    let whole = place.text.lines().any(|line| line.trim_start().starts_with("# type: ignore"));
    !(whole
        || comments.iter().chain(&conditions).any(|mark| place.text.contains(mark))
        || IGNORES.iter().any(|mark| place.line.contains(mark))
        || is_in_ignored_statement(place))
}

const IGNORES: [&str; 3] = ["type: ignore", "type:ignore", "pyright:"];

/// Whether a suppression stands on an earlier line of the same statement: mypy applies it to the whole statement.
fn is_in_ignored_statement(place: &Place<'_>) -> bool {
    let mut open = 0_i64;
    let mut ignored = false;
    for (row, line) in place.text.lines().enumerate().take(place.at + 1) {
        if row == place.at {
            return ignored && open > 0;
        }
        if open == 0 {
            ignored = false;
        }
        ignored |= IGNORES.iter().any(|mark| line.contains(mark));
        let code = line.split(" #").next().unwrap_or(line);
        let count = |signs: [char; 3]| i64::try_from(code.matches(signs).count()).unwrap_or(0);
        open = (open + count(['(', '[', '{']) - count([')', ']', '}'])).max(0);
    }
    false
}

fn pyright_includes(all: &Decisions<'_>, directory: &str, path: &str) -> bool {
    let table = |file: &str, section: &str| -> Option<Value> {
        let table: toml::Table = all.base.read(directory, file)?.parse().ok()?;
        serde_json::to_value(table.get("tool")?.get(section)?).ok()
    };
    let settings = match all.base.read(directory, "pyrightconfig.json") {
        Some(text) => match json(&text) {
            Some(settings) => settings,
            None => return false,
        },
        None => table("pyproject.toml", "basedpyright")
            .or_else(|| table("pyproject.toml", "pyright"))
            .unwrap_or_default(),
    };
    let lenient = settings.get("typeCheckingMode").and_then(Value::as_str) == Some("off")
        || settings.get("analyzeUnannotatedFunctions").and_then(Value::as_bool) == Some(false)
        || ["ignore", "executionEnvironments", "extends", "baselineFile"]
            .iter()
            .any(|key| settings.get(key).is_some())
        || REPORTS
            .iter()
            .filter_map(|key| settings.get(key))
            .any(|set| set.as_bool() != Some(true) && set.as_str() != Some("error"))
        || all.base.has(directory, ".basedpyright/baseline.json");
    let list = |key: &str| -> Option<Vec<String>> {
        let paths = settings.get(key)?.as_array()?;
        paths.iter().map(|path| resolve(directory, path.as_str()?)).collect()
    };
    let is_in = |list: Vec<String>| list.iter().any(|pattern| matches(pattern, path));
    let left_out =
        |part: &str| part.starts_with('.') || matches!(part, "node_modules" | "__pycache__" | "venv");
    !lenient
        && list("include").is_none_or(is_in)
        && settings.get("strict").is_none_or(Value::is_array)
        && !list("exclude").is_some_and(is_in)
        && !path.split('/').any(left_out)
}

fn matches(pattern: &str, path: &str) -> bool {
    let globs = [glob(pattern), glob(&format!("{pattern}/**"))];
    pattern.is_empty() || globs.iter().flatten().any(|glob| glob.is_match(path))
}

/// Whether mypy checks everything: it is strict by the command or its settings, and nothing relaxes that.
fn mypy_is_strict(all: &Decisions<'_>, directory: &str, asked: bool) -> bool {
    let own = ["mypy.ini", ".mypy.ini"].iter().find_map(|file| all.base.read(directory, file));
    let settings = own.or_else(|| {
        let table: toml::Table = all.base.read(directory, "pyproject.toml")?.parse().ok()?;
        Some(toml::to_string(table.get("tool")?.get("mypy")?).unwrap_or_else(|_| "exclude".to_owned()))
    });
    let settings = settings.or_else(|| {
        let text = all.base.read(directory, "setup.cfg")?;
        Some(text.split_once("[mypy]")?.1.to_owned())
    });
    let settings = settings.unwrap_or_default();
    let says_strict = settings.lines().any(|line| {
        let line: String = line.split_whitespace().collect();
        line.eq_ignore_ascii_case("strict=true")
    });
    (asked || says_strict) && !LENIENT.iter().any(|word| settings.contains(word))
}
