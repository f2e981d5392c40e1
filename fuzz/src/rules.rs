//! A project's own rules: a rule file, and behind `\x01` a text that it is run on.

use guardian::{Guardian, GuardianOptions};

pub fn run(data: &[u8]) {
    let text = super::text(data);
    let (yaml, code) = text.split_once('\u{1}').unwrap_or((&text, "f(1); console.log(a);\n"));
    let options =
        GuardianOptions { project_rules: vec![("r.yml".into(), yaml.into())], ..Default::default() };
    let (guardian, problems) = Guardian::new(options);
    let lines = yaml.lines().count().max(1);
    for problem in problems {
        assert!(problem.line.is_none_or(|line| line >= 1 && line as usize <= lines + 1), "{problem:?}");
        assert!(!problem.message.is_empty() && !problem.hint.is_empty());
    }
    for path in ["a.ts", "a.rs", "a.py", "a.go"] {
        guardian.lint_edit(path, None, code);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let head = "id: a\nlanguage: TypeScript\nmessage: found $A\nseverity: error\nrule:\n";
    [
        "  pattern: f($A)\n\u{1}f(1)\n",
        "  any:\n    - pattern: f($$$A)\n    - kind: identifier\n      regex: '^a+$'\n\u{1}f(1, 2); aaa\n",
        "  all:\n    - kind: call_expression\n    - not: { inside: { kind: if_statement, stopBy: end } }\n",
        "  pattern: { context: 'class A { $F() {} }', selector: method_definition }\n",
        "  kind: identifier\nconstraints: { A: { regex: x } }\nfiles: ['**/*.ts']\nignores: ['b/**']\n",
        "  matches: other\nutils: { other: { kind: number, nthChild: 2 } }\n---\nid: b\nlanguage: Go\nrule: { kind: x }\n",
        "  kind: identifier\n  has: { field: name, pattern: $B }\n  follows: { pattern: $C, stopBy: neighbor }\n",
    ]
    .iter()
    .map(|rest| format!("{head}{rest}").into_bytes())
    .collect()
}
