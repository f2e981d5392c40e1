//! When an error becomes a question: the rest of the change or of the project shows that the missing part may be right.

use guardian::{Guardian, GuardianOptions, MemorySources, Severity};

type Files = [(&'static str, &'static str)];

/// The ids of rules that report errors, and of those that only warn, for a change.
fn said(base: &Files, head: &Files) -> (Vec<String>, Vec<String>) {
    let (old, new) = (MemorySources::new(base.iter().copied()), MemorySources::new(head.iter().copied()));
    let changed: Vec<String> =
        head.iter().filter(|file| !base.contains(file)).map(|(path, _)| path.to_string()).collect();
    let guardian = Guardian::new(GuardianOptions::default()).0;
    let findings = guardian.lint_change(&old, &new, &changed);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    let rules = |of: Vec<guardian::Finding>| of.into_iter().map(|finding| finding.rule).collect();
    (rules(errors), rules(warnings))
}

fn asks(rule: &str, base: &Files, head: &Files) {
    let (errors, warnings) = said(base, head);
    assert!(errors.is_empty() && warnings.iter().any(|warning| warning == rule), "{errors:?} {warnings:?}");
}

fn refuses(rule: &str, base: &Files, head: &Files) {
    let (errors, _) = said(base, head);
    assert!(errors.iter().any(|error| error == rule), "{errors:?}");
}

#[test]
fn words_beside_code_may_speak_of_it_and_alone_stand_for_code_that_is_gone() {
    let before = ("a.js", "function f(a, list) {\n  return list;\n}\n");
    let beside =
        ("a.js", "function f(a, list) {\n  if (a) list.push(a); // no changes needed\n  return list;\n}\n");
    asks("elided-code", &[before], &[beside]);
    let alone = ("a.js", "function f(a, list) {\n  // no changes needed\n  return list;\n}\n");
    refuses("elided-code", &[before], &[alone]);
}

#[test]
fn an_assertion_may_go_with_what_it_is_about() {
    let test =
        ("test_a.py", "def test_a():\n    assert f()['size'] == 1\n    assert f()['runtime_js'] == 2\n");
    let less = ("test_a.py", "def test_a():\n    assert f()['size'] == 1\n");
    let code = ("a.py", "def f(): return {'size': 1, 'runtime_js': 2}\n");
    asks("test-weakened", &[code, test], &[("a.py", "def f(): return {'size': 1}\n"), less]);
    let other = ("a.py", "def f(): return {'size': 1, 'runtime_js': 3}\n");
    refuses("test-weakened", &[code, test], &[other, less]);
}

#[test]
fn a_case_may_go_with_what_it_is_about() {
    let code = |variants: &str, cases: &str| -> String {
        format!(
            "enum A {{ {variants} }}\n#[test]\nfn all() {{\n    for case in [{cases}] {{ assert!(f(case)); }}\n}}\n"
        )
    };
    let both: &'static str = code("First, Third", "A::First, A::Third").leak();
    let one: &'static str = code("First", "A::First").leak();
    let kept: &'static str = code("First, Third", "A::First").leak();
    asks("test-case-removed", &[("src/lib.rs", both)], &[("src/lib.rs", one)]);
    refuses("test-case-removed", &[("src/lib.rs", both)], &[("src/lib.rs", kept)]);
}

#[test]
fn a_case_may_go_with_a_column_of_its_table() {
    let all = "const cases = [{ type: 'a', size: 1 }, { type: 'b', size: 1 }, { type: 'b', size: 2 }];\n";
    let narrow = "const cases = [{ size: 1 }, { size: 2 }];\n";
    let fewer = "const cases = [{ type: 'a', size: 1 }, { type: 'b', size: 1 }];\n";
    asks("test-case-removed", &[("a.test.js", all)], &[("a.test.js", narrow)]);
    refuses("test-case-removed", &[("a.test.js", all)], &[("a.test.js", fewer)]);
}

#[test]
fn a_package_may_be_installed_for_another_part_of_the_project() {
    let root = ("package.json", "{ \"workspaces\": [\"a\", \"b\"] }\n");
    let own = ("a/package.json", "{ \"name\": \"a\" }\n");
    let with = ("b/package.json", "{ \"name\": \"b\", \"dependencies\": { \"left-pad\": \"1\" } }\n");
    let without = ("b/package.json", "{ \"name\": \"b\", \"keywords\": [\"left-pad\"] }\n");
    let code = ("a/a.js", "import pad from 'left-pad';\nexport const a = pad(1);\n");
    asks("undeclared-dependency", &[root, own, with], &[root, own, with, code]);
    refuses("undeclared-dependency", &[root, own, without], &[root, own, without, code]);
}

#[test]
fn a_setting_may_come_from_what_is_extended() {
    let base = "{ \"extends\": \"@a/tsconfig\", \"compilerOptions\": { \"strict\": true } }\n";
    let alone = "{ \"compilerOptions\": { \"strict\": true, \"target\": \"es2022\" } }\n";
    let head = "{ \"extends\": \"@a/tsconfig\" }\n";
    asks("weaker-configuration", &[("tsconfig.json", base)], &[("tsconfig.json", head)]);
    let without = "{ \"compilerOptions\": { \"target\": \"es2022\" } }\n";
    refuses("weaker-configuration", &[("tsconfig.json", alone)], &[("tsconfig.json", without)]);
}

#[test]
fn files_that_a_linter_leaves_out_are_no_rules() {
    let base = "{ \"files\": { \"ignore\": [\"node_modules\", \"src/a.gen.ts\"] } }\n";
    let head = "{ \"files\": { \"ignore\": [\"node_modules\", \"src/a.gen.ts\", \"test-report\"] } }\n";
    let (errors, _) = said(&[("biome.json", base)], &[("biome.json", head)]);
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn a_job_that_repeats_a_command_of_another_takes_nothing_away() {
    let job = |name: &str, run: &str| format!("  {name}:\n    steps:\n      - run: {run}\n");
    let workflow = |jobs: &[String]| -> (&'static str, &'static str) {
        (".github/workflows/test.yml", format!("on: push\njobs:\n{}", jobs.concat()).leak())
    };
    let (fast, all) = (job("fast", "pytest -m 'not serial'"), job("all", "pytest"));
    let other = job("windows", "pytest -n 4 -m 'not serial'");
    let before = workflow(&[fast.clone(), all.clone()]);
    let (errors, _) = said(&[before], &[workflow(&[fast.clone(), all, other.clone()])]);
    assert!(errors.is_empty(), "{errors:?}");
    refuses("weaker-configuration", &[before], &[workflow(&[fast, other.replace("windows", "all")])]);
}
