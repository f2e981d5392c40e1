//! Signs by which a program can tell that it is being tested: variables of runners and of CI, the host's name, loaded
//! modules, the call stack.
//!
//! Reads the text of conditions. Must not judge what a branch does.

use std::sync::LazyLock;

use regex::Regex;

use crate::code::constant::returned;
use crate::code::file::File;
use crate::code::functions::{functions, statements};
use crate::project::rust::has_word;

/// How much a sign says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// Programs also ask for it outside of tests: CI, `NODE_ENV`, the host's name
    Place,
    /// Only a test run has it
    Runner,
}

const MAX_TEXT: usize = 600;

static RUNNER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let globals = r"describe|jest|vi|beforeEach|afterEach|__vitest_\w+|__karma__";
    let parts = [
        r"\b(?:JEST_WORKER_ID|VITEST(?:_WORKER_ID|_POOL_ID|_MODE)?|NODE_TEST_CONTEXT|NODE_TEST_WORKER_ID|MOCHA_WORKER_ID|TAP_CHILD_ID|AVA_PATH|PLAYWRIGHT_TEST\w*|TEST_WORKER_INDEX|PYTEST_CURRENT_TEST|PYTEST_VERSION|PYTEST_XDIST_\w+|RUST_TEST_\w+|NEXTEST\w*|OPENCODE_ORCH\w*)\b",
        r"import\.meta\.vitest\b",
        &format!(
            r"\btypeof\s+(?:(?:globalThis|global|window|self)\.(?:it|test|expect|{globals})|{globals})\b"
        ),
        &format!(r"\b(?:globalThis|global)\??\.(?:expect|{globals})\b"),
        &format!(r#"["'](?:{globals})["']\s+in\s+(?:globalThis|global|window)\b"#),
        r"\bexecArgv\b[^;]{0,60}--test",
        r#"["'](?:_?pytest|unittest|nose2?|xdist)[\w.]*["']\s+(?:not\s+)?in\s+(?:(?:list|set|tuple)\()?(?:\w+\.)?modules\b"#,
        r#"\bmodules(?:\.get\(|\[)\s*["'](?:_?pytest|unittest|nose)"#,
        r"\b_called_from_test\b",
        r"\btesting\.Testing\(\)",
        r#"\bflag\.Lookup\(\s*"test\."#,
        r#"\bos\.Args\b[^;\n]{0,40}"[^"\n]*(?:\.test|_test|-test\.)"#,
        r"\bcfg!\(\s*(?:not\(\s*)?test\b",
        r#"(?:\.stack\b|\binspect\.stack|\b_getframe|\btraceback\.)[^;\n]{0,120}["'/`][^"'\n]{0,30}(?:test|spec|jest|vitest|mocha)"#,
    ];
    Regex::new(&parts.join("|")).ok()
});

/// Variables that a CI service or a project sets for test runs.
const OF_PLACE: &str = r"CI|CONTINUOUS_INTEGRATION|GITHUB_ACTIONS|GITLAB_CI|CIRCLECI|TRAVIS|JENKINS_URL|JENKINS_HOME|BUILDKITE|TF_BUILD|TEAMCITY_VERSION|APPVEYOR|TEST|TESTING|IS_TEST|UNIT_TESTS?|RUNNING_TESTS|npm_lifecycle_\w+|HOSTNAME|COMPUTERNAME";

static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mode = r"(?:NODE_ENV|APP_ENV|PYTHON_ENV|GO_ENV|FLASK_ENV|DJANGO_ENV|ENVIRONMENT|MODE)";
    let parts = [
        format!(
            r#"(?:\benv\??\.|\benv\[\s*["'`]|\benv\.get\(\s*["']|\b[Gg]etenv\(\s*["']|\bLookupEnv\(\s*"|\benviron(?:\.get\(|\[)\s*["']|\benv::var(?:_os)?\(\s*"|\b(?:option_)?env!\(\s*")(?:{OF_PLACE})\b"#
        ),
        format!(r#"["'](?:{OF_PLACE})["']\s+(?:not\s+)?in\s+(?:os\.environ|environ|process\.env)\b"#),
        format!(r#"\b{mode}\b[^;&|\n]{{0,20}}?[!=]==?\s*["']test(?:ing)?["']"#),
        format!(r#"["']test(?:ing)?["']\s*[!=]==?\s*[\w.()"']*{mode}\b"#),
        r"\bhostname\(\)|\bgethostname\(\)|\bos\.Hostname\(\)|\bplatform\.node\(\)".to_string(),
        r#"\bargv\b[^;\n]{0,60}["'/](?:--test\b|py\.?test\b|jest\b|vitest\b|mocha\b)"#.to_string(),
    ];
    Regex::new(&parts.join("|")).ok()
});

/// `const { CI } = process.env`
static TAKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\{([^{}]{1,200})\}\s*=\s*(?:process\.env|import\.meta\.env|Bun\.env)\b").ok()
});

/// Imports of packages that answer the question.
static ASKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:import\s+([\w{}, *]{1,100})\s+from\s*|(?:const|let|var)\s+([\w{}, ]{1,100}?)\s*=\s*require\(\s*)["'](?:is-ci|ci-info|std-env)["']"#).ok()
});

/// The signs that a file uses, by name.
#[derive(Debug)]
pub(super) struct Signs {
    /// Variables and functions of the file that hold or return a sign
    named: Vec<(String, Sign)>,
    any: bool,
}

impl Signs {
    /// `imported` are names of other files of the change that hold a sign.
    pub(super) fn of_file(file: &File, imported: &[(String, Sign)]) -> Signs {
        let mut signs = Signs { named: Vec::new(), any: direct(&file.text, usize::MAX).is_some() };
        let imports = |name: &str| {
            let import = file
                .text
                .lines()
                .take(200)
                .filter(|line| line.contains("import") || line.contains("require"));
            import.clone().any(|line| has_word(line, name))
        };
        let from_others = imported.iter().filter(|(name, _)| name.len() > 3 && imports(name)).cloned();
        signs.named.extend(from_others);
        for (pattern, packages) in [(&TAKEN, false), (&ASKED, true)] {
            let Some(pattern) = pattern.as_ref() else { continue };
            for found in pattern.captures_iter(&file.text).take(20) {
                let names = found.get(1).or(found.get(2)).map_or("", |names| names.as_str());
                for name in names.split([',', '{', '}']).map(str::trim).filter(|name| !name.is_empty()) {
                    let (asked, own) =
                        name.split_once(" as ").or(name.split_once(':')).unwrap_or((name, name));
                    let sign =
                        direct(&format!("process.env.{}", asked.trim()), MAX_TEXT).map(|(sign, _)| sign);
                    let sign = sign.or((packages && asked != "*").then_some(Sign::Place));
                    signs.named.extend(sign.map(|sign| (own.trim().to_string(), sign)));
                }
            }
        }
        signs.any = signs.any || !signs.named.is_empty();
        if signs.any {
            // A name may hold what another name holds
            for _ in 0..3 {
                if !signs.follow(file) {
                    break;
                }
            }
        }
        signs
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    pub(super) fn named(&self) -> &[(String, Sign)] {
        &self.named
    }

    /// The strongest sign in a text, and how it is written there.
    pub(super) fn of(&self, text: &str) -> Option<(Sign, String)> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let direct = direct(text, MAX_TEXT);
        if direct.as_ref().is_some_and(|(sign, _)| *sign == Sign::Runner) {
            return direct;
        }
        let named = self.named.iter().filter(|(name, _)| has_word(text, name)).max_by_key(|(_, sign)| *sign);
        named
            .map(|(name, sign)| (*sign, name.clone()))
            .filter(|(sign, _)| *sign == Sign::Runner)
            .or(direct)
            .or_else(|| named.map(|(name, sign)| (*sign, name.clone())))
    }

    /// Adds names whose value is a sign; whether there were new ones.
    fn follow(&mut self, file: &File) -> bool {
        let flat = file.flat();
        let before = self.named.len();
        for (index, node) in flat.iter() {
            let fields = match node.kind {
                "variable_declarator" | "const_item" | "static_item" | "var_spec" | "const_spec" => {
                    ("name", "value")
                }
                "let_declaration" => ("pattern", "value"),
                "assignment" | "short_var_declaration" => ("left", "right"),
                _ => continue,
            };
            let (Some(left), Some(value)) = (flat.field(index, fields.0), flat.field(index, fields.1)) else {
                continue;
            };
            let chooses = matches!(
                flat.kind(value),
                "ternary_expression"
                    | "conditional_expression"
                    | "if_expression"
                    | "arrow_function"
                    | "function_expression"
                    | "lambda"
                    | "object"
                    | "dictionary"
                    | "func_literal"
                    | "closure_expression"
            );
            let name = file.text_of(left).split(',').next().unwrap_or_default().trim();
            let is_name =
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
            if !chooses && is_name {
                self.add(name, file.text_of(value));
            }
        }
        for function in functions(file) {
            let statements = statements(file, function.body);
            let [only] = statements.as_slice() else { continue };
            let name = function.name.rsplit('.').next().unwrap_or_default();
            if let Some(value) = returned(file, function.body, *only)
                .filter(|value| !matches!(flat.kind(*value), "ternary_expression" | "conditional_expression"))
            {
                self.add(name, file.text_of(value));
            }
        }
        self.named.len() > before
    }

    fn add(&mut self, name: &str, value: &str) {
        if name.len() > 1
            && !self.named.iter().any(|(known, _)| known == name)
            && let Some((sign, _)) = self.of(value)
        {
            self.named.push((name.to_string(), sign));
        }
    }
}

/// The sign that a text itself asks for.
fn direct(text: &str, max: usize) -> Option<(Sign, String)> {
    if text.len() > max {
        return None;
    }
    [(&RUNNER, Sign::Runner), (&PLACE, Sign::Place)].into_iter().find_map(|(pattern, sign)| {
        let found = pattern.as_ref()?.find(text)?;
        Some((sign, found.as_str().chars().take(60).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::{Sign, Signs};
    use crate::code::file::File;

    fn sign(path: &str, text: &str, asked: &str) -> Option<Sign> {
        Signs::of_file(&File::plain(path, text), &[]).of(asked).map(|(sign, _)| sign)
    }

    #[test]
    fn signs_are_found_directly_and_through_names() {
        let runner = [
            "process.env.JEST_WORKER_ID !== undefined",
            "typeof jest !== 'undefined'",
            "'pytest' in sys.modules",
            "sys.modules.get('_pytest')",
            "testing.Testing()",
            "flag.Lookup(\"test.v\") != nil",
            "cfg!(test)",
            "new Error().stack.includes('.test.')",
            "Object.keys(process.env).some((k) => k.startsWith('OPENCODE_ORCH'))",
        ];
        for text in runner {
            assert_eq!(sign("a.js", "", text), Some(Sign::Runner), "{text}");
        }
        let place = [
            "process.env.CI",
            "process.env['CI'] === 'true'",
            "os.environ.get('GITHUB_ACTIONS')",
            "os.Getenv(\"CI\") != \"\"",
            "std::env::var(\"CI\").is_ok()",
            "process.env.NODE_ENV === 'test'",
            "'test' === process.env.NODE_ENV",
            "os.hostname() === 'a'",
        ];
        for text in place {
            assert_eq!(sign("a.js", "", text), Some(Sign::Place), "{text}");
        }
        for text in
            ["env.CITY", "circle", "process.env.NODE_ENV !== 'production'", "isTest", "typeof it", "CI"]
        {
            assert_eq!(sign("a.js", "", text), None, "{text}");
        }
        let text = "import { isCI } from 'ci-info';\nconst { VITEST } = process.env;\nconst on = !!VITEST;\nfunction under() { return on; }\n";
        assert_eq!(sign("a.ts", text, "under()"), Some(Sign::Runner));
        assert_eq!(sign("a.ts", text, "isCI"), Some(Sign::Place));
        assert_eq!(sign("a.ts", text, "other"), None);
    }
}
