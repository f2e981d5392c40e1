//! Data files that the base could parse and the head cannot.

use crate::data::{Format, problem};
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Pair, Rule};
use shared::test_files::is_test;

pub(crate) static RULE: Rule = Rule {
    id: "broken-data",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "JSON, YAML or TOML that cannot be read.",
    note: "Every tool that reads the file fails. Close what is open, and take away what the format does not know; plain JSON has no comments and no comma at the end.",
    valid: &[
        Example::new(&[(
            "tsconfig.json",
            "{\n  // strict\n  \"compilerOptions\": { \"strict\": true, },\n}\n",
        )]),
        Example::new(&[("a.yml", "a:\n  - b: |\n      text: [\n")]),
        Example::new(&[("chart/templates/a.yaml", "a: {{ .Values.a }}\n{{- if .b }}\n")]),
        Example::new(&[("test/data/broken.json", "{ \"a\": ")]),
    ],
    invalid: &[
        Example::new(&[("package.json", "{ \"name\": \"a\", }\n")]),
        Example::change(&[("a.toml", "a = 1\n")], &[("a.toml", "a = 1\nb = [1, 2\n")]),
        Example::change(&[("ci.yml", "a:\n  - b\n")], &[("ci.yml", "a:\n  - b\n - c\n")]),
        Example::change(&[("a.json", "{ \"a\": 1 }\n")], &[("a.json", "{ \"a\": 1\n")]),
        Example::change(&[("a.json", "{ \"a\": 1 }\n")], &[("a.json", "{ \"a\": 1, }\n")]),
        Example::change(&[("a.yml", "a: 1\nb: 2\n")], &[("a.yml", "a: 1\nb: 2\na: 3\n")]),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let (Some(format), Some(head)) = (Format::of_path(&pair.path), pair.head.as_deref()) else { return };
    const MAX_BYTES: usize = 500_000;
    if is_test(&pair.path)
        || is_specimen(&pair.path)
        || head.text.len() > MAX_BYTES
        || is_filled_in(&head.text)
    {
        return;
    }
    let Some((at, message)) = problem(format, &head.text) else { return };
    if pair.base.as_deref().is_some_and(|base| problem(format, &base.text).is_some()) {
        return;
    }
    let end = at + head.line(head.row(at)).len();
    let message = format!("this cannot be read any more: {message}");
    // Some tools accept comments in JSON files of any name
    let commented = format == Format::Json && problem(Format::Jsonc, &head.text).is_none();
    let name = pair.path.rsplit('/').next().unwrap_or_default();
    let strict = matches!(name, "package.json" | "package-lock.json" | "composer.json" | "manifest.json");
    // A trailing comma in a file without any comment is a mistake
    let slip = pair.base.is_some() && !head.text.contains("//") && !head.text.contains("/*");
    if commented && !strict && !slip {
        found.maybe(head, at, end, message);
    } else {
        found.at(head, at, end, message);
    }
}

/// A template, which becomes data only after a tool has filled it in.
fn is_filled_in(text: &str) -> bool {
    text.contains("{%")
        || text.contains("<%")
        || text.replace("${{", "").contains("{{")
        || text.contains("\n<<<<<<<")
}
