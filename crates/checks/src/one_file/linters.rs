//! Linters for one file: which of them a project uses, and what their answers say.
//!
//! A linter reads a text from standard input, so the base's text and the new one are linted under the same
//! path and configuration. One that reads only files gets a copy in a temporary folder. Pure: it reads files only
//! through the given functions, and must run nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::row::{Row, lines};

/// One way to lint a file: a shell command line that runs in the project's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linter {
    pub name: &'static str,
    /// Reads the text from standard input and writes its findings as JSON to standard output.
    pub line: String,
}

/// One finding of a linter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinterFinding {
    /// Counts from 1.
    pub line: u32,
    pub rule: String,
    pub message: String,
}

const ROWS: &[Row] = &[
    Row {
        name: "ruff",
        extensions: &["py", "pyi"],
        asks: |place| {
            place.has(&["ruff.toml", ".ruff.toml"]) || place.says("pyproject.toml", &["[tool.ruff"])
        },
        command: |_, path| {
            format!(
                "ruff check --quiet --no-fix --no-cache --exit-zero --force-exclude --output-format json --stdin-filename {path} -"
            )
        },
    },
    Row {
        name: "eslint",
        extensions: &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte"],
        asks: |place| {
            place.has(&[
                "eslint.config.js",
                "eslint.config.mjs",
                "eslint.config.cjs",
                "eslint.config.ts",
                ".eslintrc",
                ".eslintrc.json",
                ".eslintrc.js",
                ".eslintrc.cjs",
                ".eslintrc.yml",
                ".eslintrc.yaml",
            ])
        },
        command: |place, path| {
            place.node("eslint", &format!("--format json --stdin --stdin-filename {path}"))
        },
    },
    Row {
        name: "biome",
        extensions: &[
            "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "json", "jsonc", "css", "graphql",
        ],
        asks: |place| place.has(&["biome.json", "biome.jsonc", ".biome.json", ".biome.jsonc"]),
        command: |place, path| {
            let settings = "biome.json biome.jsonc .biome.json .biome.jsonc .gitignore";
            place.node(";", &in_copy(path, settings, "biome lint --reporter=json --max-diagnostics=200"))
        },
    },
    Row {
        name: "oxlint",
        extensions: &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro"],
        asks: |place| {
            place.has(&[".oxlintrc.json", ".oxlintrc.jsonc"]) || place.says("package.json", &["\"oxlint\""])
        },
        command: |place, path| {
            place.node(";", &in_copy(path, ".oxlintrc.json .oxlintrc.jsonc", "oxlint --format=json"))
        },
    },
    Row {
        name: "gofmt",
        extensions: &["go"],
        asks: |place| place.has(&["go.mod"]),
        // Only errors: the engine formats the file itself
        command: |_, _| "gofmt -e 2>&1 > /dev/null".to_owned(),
    },
    Row {
        name: "go vet",
        extensions: &["go"],
        asks: |place| place.has(&["go.mod"]),
        command: |_, path| {
            let of = |program: &str| format!("{program} -overlay=\"$d/o.json\" \"./$(dirname -- {path})\"");
            // An old `go vet` does not read the overlay; the compiler does
            format!(
                "d=$(mktemp -d) && n=$(basename -- {path}) && cat > \"$d/$n\" \
                 && printf '{{\"Replace\":{{\"%s\":\"%s\"}}}}' \"$PWD/\"{path} \"$d/$n\" > \"$d/o.json\" \
                 && {{ {}; case \"$n\" in *_test.go) ;; *) {};; esac; }} 2>&1 | grep -F -- \"$n:\"",
                of("go vet"),
                of("go build -gcflags=-e -o /dev/null"),
            )
        },
    },
];

/// Runs a linter that does not read standard input, on a copy of the file beside copies of its settings.
fn in_copy(path: &str, settings: &str, command: &str) -> String {
    format!(
        "d=$(mktemp -d) && mkdir -p -- \"$d/$(dirname -- {path})\" && cat > \"$d/\"{path} \
         && {{ cp {settings} \"$d/\" 2> /dev/null; cd \"$d\" && {command} {path}; }}"
    )
}

/// The linters that a project uses for a file at this path.
pub fn linters(
    read: &dyn Fn(&str) -> Option<String>,
    is_file: &dyn Fn(&str) -> bool,
    path: &str,
) -> Vec<Linter> {
    let found = lines(ROWS, read, is_file, path).into_iter();
    found.map(|(name, line)| Linter { name, line }).collect()
}

/// The findings in a linter's answer; `None` if the answer cannot be read.
pub fn linter_findings(linter: &str, answer: &str) -> Option<Vec<LinterFinding>> {
    const MOST: usize = 1_000;
    if matches!(linter, "gofmt" | "go vet") {
        let mut all: Vec<LinterFinding> =
            answer.lines().take(MOST).filter_map(|line| of_go(linter, line)).collect();
        all.dedup();
        return Some(all);
    }
    let data: Value = serde_json::from_str(answer.trim()).ok()?;
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let line = |of: Option<&Value>| {
        of.and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok()).unwrap_or(1)
    };
    let all: Vec<LinterFinding> = match linter {
        "ruff" => {
            let of = |one: &Value| LinterFinding {
                line: line(one.get("location").and_then(|at| at.get("row"))),
                rule: text(one, "code"),
                message: text(one, "message"),
            };
            data.as_array()?.iter().map(of).collect()
        }
        "eslint" => {
            let messages =
                data.as_array()?.iter().filter_map(|file| file.get("messages")?.as_array()).flatten();
            let of = |one: &Value| LinterFinding {
                line: line(one.get("line")),
                rule: text(one, "ruleId"),
                message: text(one, "message"),
            };
            // A message without a rule says that the file is ignored, unless it is a syntax error
            let counts = |one: &&Value| {
                one.get("ruleId").is_some_and(Value::is_string)
                    || one.get("fatal") == Some(&Value::Bool(true))
            };
            messages.filter(counts).map(of).collect()
        }
        "biome" => {
            let of = |one: &Value| LinterFinding {
                line: line(one.pointer("/location/start/line")),
                rule: text(one, "category"),
                message: one.get("message").map_or_else(String::new, |said| match said {
                    Value::String(said) => said.clone(),
                    _ => text(one, "description"),
                }),
            };
            // The other kinds speak of the settings
            let counts = |one: &&Value| {
                let kind = one.get("category").and_then(Value::as_str).unwrap_or_default();
                kind.starts_with("lint/") || kind == "parse"
            };
            data.get("diagnostics")?.as_array()?.iter().filter(counts).map(of).collect()
        }
        "oxlint" => {
            let of = |one: &Value| LinterFinding {
                line: line(one.pointer("/labels/0/span/line")),
                rule: text(one, "code"),
                message: text(one, "message"),
            };
            data.get("diagnostics")?.as_array()?.iter().map(of).collect()
        }
        _ => return None,
    };
    Some(all.into_iter().take(MOST).collect())
}

/// A line of a Go tool: `a.go:3:5: message`.
fn of_go(linter: &str, said: &str) -> Option<LinterFinding> {
    let mut parts = said.split(':').skip(1);
    let line = parts.by_ref().find_map(|part| part.parse().ok())?;
    let mut rest = parts.skip_while(|part| part.parse::<u32>().is_ok()).map(str::to_owned);
    let first = rest.next()?;
    let message = rest.fold(first, |all, part| format!("{all}:{part}"));
    let message = message.trim().to_owned();
    (!message.is_empty()).then(|| LinterFinding { line, rule: linter.to_owned(), message })
}

/// The findings that the base does not have. A finding whose line only moved is not new.
pub fn new_linter_findings(base: &[LinterFinding], now: Vec<LinterFinding>) -> Vec<LinterFinding> {
    let key = |one: &LinterFinding| (one.rule.clone(), one.message.clone());
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    for one in base {
        *known.entry(key(one)).or_default() += 1;
    }
    let is_new = |one: &LinterFinding| match known.get_mut(&key(one)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    now.into_iter().filter(is_new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(files: &[(&str, &str)], path: &str) -> Vec<String> {
        let read =
            |asked: &str| files.iter().find(|(name, _)| *name == asked).map(|(_, text)| (*text).to_owned());
        let is_file = |asked: &str| files.iter().any(|(name, _)| *name == asked);
        linters(&read, &is_file, path).into_iter().map(|one| one.line).collect()
    }

    #[test]
    fn a_linter_runs_where_the_project_configures_it() {
        let python = [("pyproject.toml", "[tool.ruff.lint]\nselect = [\"F\"]\n")];
        let spaced = lines_of(&python, "a b/c.py");
        assert!(spaced.len() == 1 && spaced[0].contains("--stdin-filename 'a b/c.py' -"), "{spaced:?}");
        assert_eq!(lines_of(&python, "a.py").len(), 1);
        assert_eq!(lines_of(&[("pyproject.toml", "[project]\n")], "a.py"), Vec::<String>::new());
        let web = [("web/eslint.config.js", "export default [];\n")];
        let lines = lines_of(&web, "web/src/a.ts");
        assert!(
            lines.iter().all(|line| line.starts_with("cd ./web && ") && line.contains("src/a.ts")),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 1);
        assert!(lines_of(&web, "a.ts").is_empty());
        assert_eq!(lines_of(&[("go.mod", "module a\n")], "cmd/a.go").len(), 2);
        assert_eq!(lines_of(&[("web/biome.json", "{}")], "web/a.ts").len(), 1);
        assert_eq!(
            lines_of(&[("package.json", "{\"devDependencies\":{\"oxlint\":\"1\"}}")], "a.ts").len(),
            1
        );
    }

    #[test]
    fn answers_are_read_and_compared_with_the_base() {
        let ruff =
            r#"[{"code":"F401","message":"`os` imported but unused","location":{"row":3,"column":8}}]"#;
        let found = linter_findings("ruff", ruff).unwrap();
        assert_eq!(
            found,
            [LinterFinding { line: 3, rule: "F401".into(), message: "`os` imported but unused".into() }]
        );
        let eslint = r#"[{"filePath":"a.js","messages":[{"ruleId":"no-undef","message":"'a' is not defined.","line":2},{"ruleId":null,"message":"File ignored.","line":0}]}]"#;
        let rules: Vec<String> =
            linter_findings("eslint", eslint).unwrap().into_iter().map(|one| one.rule).collect();
        assert_eq!(rules, ["no-undef"]);
        for broken in ["", "eslint: not found", "{}"] {
            assert_eq!(linter_findings("eslint", broken), None, "{broken}");
        }
        let biome = r#"{"diagnostics":[{"severity":"error","message":"No debugger.","category":"lint/suspicious/noDebugger","location":{"start":{"line":2,"column":3}}},{"severity":"error","message":"x","category":"internalError/fs","location":{}}]}"#;
        let rule = |line, rule: &str, message: &str| LinterFinding {
            line,
            rule: rule.into(),
            message: message.into(),
        };
        assert_eq!(
            linter_findings("biome", biome).unwrap(),
            [rule(2, "lint/suspicious/noDebugger", "No debugger.")]
        );
        let oxlint = r#"{"diagnostics":[{"message":"No.","code":"eslint(no-debugger)","labels":[{"span":{"offset":25,"line":2,"column":3}}]}]}"#;
        assert_eq!(linter_findings("oxlint", oxlint).unwrap(), [rule(2, "eslint(no-debugger)", "No.")]);
        let gofmt = "<standard input>:2:6: expected 'IDENT', found '{'\n";
        assert_eq!(
            linter_findings("gofmt", gofmt).unwrap(),
            [rule(2, "gofmt", "expected 'IDENT', found '{'")]
        );
        let vet = "vet: pkg/a.go:7:2: undefined: x\n/tmp/d/a.go:7:2: undefined: x\nnote: an old Go\n";
        assert_eq!(linter_findings("go vet", vet).unwrap(), [rule(7, "go vet", "undefined: x")]);
        assert_eq!(linter_findings("go vet", "").unwrap(), []);
        let moved = LinterFinding { line: 9, ..found[0].clone() };
        let twice = vec![moved.clone(), moved.clone()];
        assert_eq!(new_linter_findings(&found, twice), [moved]);
    }
}
