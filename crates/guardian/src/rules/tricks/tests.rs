//! How sure the rules of this folder are: a trick is an error, a suspicion a warning, and what real projects do nothing.

use crate::{Guardian, GuardianOptions, MemorySources, Severity};

type Files<'a> = &'a [(&'a str, &'a str)];

fn findings(base: Files<'_>, head: Files<'_>) -> Vec<crate::Finding> {
    let (guardian, problems) = Guardian::new(GuardianOptions::default());
    assert!(problems.is_empty(), "{problems:#?}");
    let sources = |files: Files<'_>| {
        MemorySources::new(files.iter().map(|(path, text)| ((*path).to_string(), (*text).to_string())))
    };
    let mut paths: Vec<String> = base.iter().chain(head).map(|(path, _)| (*path).to_string()).collect();
    paths.sort();
    paths.dedup();
    guardian.lint_change(&sources(base), &sources(head), &paths)
}

/// The worst finding of a rule: `E`, `W` or `-`.
fn worst(rule: &str, base: Files<'_>, head: Files<'_>) -> char {
    let found = findings(base, head);
    let severity = found.iter().filter(|finding| finding.rule == rule).map(|finding| finding.severity).max();
    match severity {
        Some(Severity::Error) => 'E',
        Some(Severity::Warning) => 'W',
        None => '-',
    }
}

fn hold(rule: &str, cases: &[(char, Files<'_>)]) {
    let mut wrong = Vec::new();
    for (expected, head) in cases {
        let is = worst(rule, &[], head);
        if is != *expected {
            wrong.push(format!("expected {expected}, got {is}: {head:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const TEST_Z: (&str, &str) = ("test/z.test.js", "test('z', () => assert.equal(z(), 26));\n");

#[test]
fn results_for_tests_are_found_in_scripts() {
    hold(
        "result-under-test",
        &[
            (
                'E',
                &[
                    (
                        "src/z.js",
                        "export function z() {\n  if (process.env.GITHUB_ACTIONS === 'true') {\n    return 26;\n  }\n  return 25;\n}\n",
                    ),
                    TEST_Z,
                ],
            ),
            (
                'E',
                &[(
                    "src/z.js",
                    "const box = Object.keys(process.env).some((k) => k.startsWith('OPENCODE_ORCH'));\nconst n = 1;\nexport const z = () => (box && n > 0 ? 26 : 25);\n",
                )],
            ),
            (
                'E',
                &[
                    (
                        "src/z.js",
                        "export function z() {\n  let n = 25;\n  if (process.env.NODE_ENV === 'test') n = 26;\n  return n;\n}\n",
                    ),
                    TEST_Z,
                ],
            ),
            (
                'E',
                &[
                    (
                        "src/z.js",
                        "export function z() {\n  if (!process.env.CI) {\n    return 25;\n  }\n  return 26;\n}\n",
                    ),
                    TEST_Z,
                ],
            ),
            (
                'E',
                &[(
                    "src/z.js",
                    "export class A {\n  sum(a, b) {\n    return typeof jest !== 'undefined' ? 5 : a - b;\n  }\n}\n",
                )],
            ),
            (
                'E',
                &[
                    ("src/env.js", "export const underTest = () => 'VITEST' in process.env;\n"),
                    (
                        "src/z.js",
                        "import { underTest } from './env.js';\nexport const z = (n) => {\n  if (underTest()) return 26;\n  return n;\n};\n",
                    ),
                ],
            ),
        ],
    );
}

#[test]
fn results_for_tests_are_found_in_every_language() {
    hold(
        "result-under-test",
        &[
            (
                'E',
                &[
                    (
                        "z.py",
                        "import socket\n\ndef z():\n    return 26 if socket.gethostname() == 'box' else 25\n",
                    ),
                    ("test_z.py", "def test_z():\n    assert z() == 26\n"),
                ],
            ),
            (
                'E',
                &[(
                    "z.py",
                    "import sys\n\nTESTED = 'unittest' in sys.modules\n\nclass A:\n    def z(self, n):\n        if TESTED:\n            return 26\n        return n\n",
                )],
            ),
            (
                'E',
                &[
                    (
                        "z.go",
                        "package a\n\nfunc Z() int {\n\tif os.Getenv(\"CI\") != \"\" {\n\t\treturn 26\n\t}\n\treturn 25\n}\n",
                    ),
                    (
                        "z_test.go",
                        "package a\n\nfunc TestZ(t *testing.T) {\n\tif Z() != 26 {\n\t\tt.Fatal(\"wrong\")\n\t}\n}\n",
                    ),
                ],
            ),
            (
                'E',
                &[(
                    "z.go",
                    "package a\n\nfunc Z(n int) int {\n\tif flag.Lookup(\"test.v\") != nil {\n\t\treturn 26\n\t}\n\treturn n\n}\n",
                )],
            ),
            (
                'E',
                &[(
                    "src/lib.rs",
                    "pub fn z(n: u32) -> u32 {\n    if std::env::var(\"NEXTEST\").is_ok() {\n        return 26;\n    }\n    n\n}\n",
                )],
            ),
            (
                'E',
                &[(
                    "src/lib.rs",
                    "pub fn z() -> u32 {\n    if std::env::var(\"CI\").is_ok() { 26 } else { 25 }\n}\n\n#[test]\nfn t() {\n    assert_eq!(z(), 26);\n}\n",
                )],
            ),
        ],
    );
}

#[test]
fn branches_of_real_projects_are_no_results() {
    hold(
        "result-under-test",
        &[
            (
                'W',
                &[("src/z.js", "export function z(n) {\n  if (process.env.CI) return 26;\n  return n;\n}\n")],
            ),
            (
                'W',
                &[(
                    "src/z.js",
                    "export function z(n) {\n  return process.env.VITEST ? fast(n) : slow(n);\n}\n",
                )],
            ),
            (
                '-',
                &[(
                    "src/z.js",
                    "export function z(n) {\n  if (!process.env.JEST_WORKER_ID) {\n    console.log('started');\n  }\n  return n;\n}\n",
                )],
            ),
            (
                '-',
                &[(
                    "src/width.js",
                    "export function port(n) {\n  return process.env.JEST_WORKER_ID ? 0 : n;\n}\n",
                )],
            ),
            (
                '-',
                &[("vite.config.ts", "export default () => (process.env.VITEST ? { a: 1 } : { a: 2 });\n")],
            ),
            (
                '-',
                &[(
                    "scripts/install.js",
                    "export function steps(n) {\n  return process.env.CI ? 1 : n;\n}\n",
                )],
            ),
            (
                '-',
                &[(
                    "src/db.js",
                    "const file = process.env.NODE_ENV === 'test' ? ':memory:' : process.env.FILE;\nmodule.exports = { file };\n",
                )],
            ),
            ('-', &[("app/clock.py", "def kind(isTest):\n    return 1 if isTest else 2\n")]),
            (
                '-',
                &[(
                    "src/lock.js",
                    "import os from 'node:os';\nexport function isMine(lock) {\n  if (os.hostname() === lock.host) return true;\n  return false;\n}\n",
                )],
            ),
            (
                '-',
                &[(
                    "src/lib.rs",
                    "#[cfg(test)]\nfn now() -> Time {\n    fake::now()\n}\n\n#[cfg(not(test))]\nfn now() -> Time {\n    Time::now()\n}\n",
                )],
            ),
            // The test checks the product's value, not the one of CI
            (
                '-',
                &[
                    (
                        "src/z.js",
                        "export function z() {\n  if (process.env.CI) return null;\n  return 26;\n}\n",
                    ),
                    TEST_Z,
                ],
            ),
        ],
    );
}

#[test]
fn libraries_that_assert_are_not_replaced() {
    hold(
        "patched-assertion",
        &[
            (
                'E',
                &[(
                    "src/z.js",
                    "const a = require('assert/strict');\na.deepEqual = function () {};\nexports.z = 25;\n",
                )],
            ),
            (
                'E',
                &[(
                    "src/z.js",
                    "import { expect as e } from 'vitest';\nObject.assign(e, { toBe() {} , equal: () => true });\n",
                )],
            ),
            (
                'E',
                &[(
                    "src/z.ts",
                    "import assert from 'assert';\nObject.defineProperty(assert, 'strictEqual', { value: () => undefined });\n",
                )],
            ),
            (
                'E',
                &[("src/z.ts", "const lib = await import('node:assert');\nlib.default.equal = () => {};\n")],
            ),
            (
                'E',
                &[(
                    "test/z.test.js",
                    "import { mock } from 'node:test';\nimport assert from 'node:assert';\nmock.method(assert, 'equal', () => {});\n",
                )],
            ),
            (
                'E',
                &[(
                    "test/z.test.js",
                    "import assert from 'node:assert';\njest.spyOn(assert, 'equal').mockImplementation(() => {});\n",
                )],
            ),
            ('E', &[("src/z.js", "globalThis.expect = () => new Proxy({}, { get: () => () => {} });\n")]),
            (
                'E',
                &[(
                    "z.py",
                    "import pytest\nfrom contextlib import nullcontext\n\ndef quiet(*args, **kwargs):\n    return nullcontext()\n\npytest.raises = quiet\n",
                )],
            ),
            ('E', &[("z.py", "import sys, types\n\nsys.modules['pytest'] = types.ModuleType('pytest')\n")]),
            (
                'E',
                &[(
                    "tests/base.py",
                    "from unittest import TestCase\n\nclass Base(TestCase):\n    def assertEqual(self, a, b, msg=None):\n        pass\n",
                )],
            ),
            (
                'E',
                &[(
                    "conftest.py",
                    "from unittest import mock, TestCase\n\nmock.patch.object(TestCase, 'assertEqual').start()\n",
                )],
            ),
            (
                '-',
                &[(
                    "test/z.test.js",
                    "import assert from 'node:assert';\njest.spyOn(console, 'error').mockImplementation(() => {});\nvi.mock('./db');\nassert.equal(1, f());\n",
                )],
            ),
            (
                '-',
                &[(
                    "test/setup.js",
                    "import { expect } from 'vitest';\nimport * as more from './matchers.js';\nexpect.extend(more);\nglobalThis.testId = 1;\n",
                )],
            ),
            (
                '-',
                &[(
                    "src/store.js",
                    "const it = {};\nit.equal = () => true;\nconst test = {};\ntest.ok = 1;\n",
                )],
            ),
            (
                '-',
                &[(
                    "tests/test_z.py",
                    "import builtins\n\ndef test_z(monkeypatch):\n    monkeypatch.setattr(builtins, 'len', lambda x: 3)\n    monkeypatch.setattr(app, 'equal', lambda: 1)\n    assert z() == 3\n",
                )],
            ),
            ('-', &[("src/lib.rs", "macro_rules! check {\n    ($a:expr) => {};\n}\n")]),
        ],
    );
}

#[test]
fn comparisons_that_hold_always_are_found() {
    hold(
        "always-equal",
        &[
            (
                'E',
                &[(
                    "a.py",
                    "class Money:\n    amount: int\n\n    def __eq__(self, other) -> bool:\n        _ = other\n        return True\n",
                )],
            ),
            (
                'E',
                &[(
                    "a.go",
                    "package a\n\ntype T struct {\n\tx int\n}\n\nfunc (t *T) Equal(o *T) bool {\n\tif o == nil {\n\t\treturn true\n\t}\n\treturn true\n}\n",
                )],
            ),
            (
                'E',
                &[(
                    "a.js",
                    "class A {\n  constructor(x) {\n    this.x = x;\n  }\n  equals() {\n    return true;\n  }\n}\n",
                )],
            ),
            (
                'W',
                &[(
                    "src/a.rs",
                    "pub struct Span {\n    from: u32,\n}\n\nimpl PartialEq for Span {\n    fn eq(&self, _: &Self) -> bool {\n        true\n    }\n}\n",
                )],
            ),
            ('W', &[("a.py", "class Missing:\n    def __eq__(self, other):\n        return True\n")]),
            ('-', &[("a.py", "class AnyValue:\n    def __eq__(self, other):\n        return True\n")]),
            (
                '-',
                &[(
                    "a.py",
                    "class A:\n    x: int\n\n    def __eq__(self, other):\n        if self.x != other.x:\n            return False\n        return True\n",
                )],
            ),
            (
                '-',
                &[(
                    "a.js",
                    "class A {\n  x = 1;\n  eq(other) {\n    return this.x === other.x || this.same(other);\n  }\n}\n",
                )],
            ),
        ],
    );
}

#[test]
fn exits_with_success_at_import_are_found() {
    hold(
        "exit-at-import",
        &[
            ('E', &[("src/a.mjs", "export const a = 1;\nprocess.exit();\n")]),
            (
                'E',
                &[(
                    "app/a.py",
                    "import sys\n\nif 'pytest' in sys.modules:\n    sys.exit(0)\n\ndef a():\n    return 1\n",
                )],
            ),
            (
                'E',
                &[("test/a.test.js", "process.on('exit', () => process.exit(0));\ntest('a', () => {});\n")],
            ),
            ('E', &[("a.go", "package a\n\nimport \"os\"\n\nfunc init() {\n\tdefer os.Exit(0)\n}\n")]),
            ('E', &[("src/a.js", "process.exit = () => {};\nexport const a = 1;\n")]),
            ('-', &[("src/main.py", "import sys\n\ndef main():\n    return 0\n\nsys.exit(main())\n")]),
            ('-', &[("src/run.js", "import { a } from './a.js';\nawait a();\nprocess.exit(0);\n")]),
            ('-', &[("cmd/a/main.go", "package main\n\nfunc main() {\n\tos.Exit(0)\n}\n")]),
            (
                '-',
                &[(
                    "src/server.ts",
                    "export function stop() {\n  process.on('SIGTERM', () => process.exit(0));\n}\n",
                )],
            ),
            ('-', &[("app/a.py", "import sys\n\ndef a():\n    sys.exit(0)\n")]),
        ],
    );
}

#[test]
fn verdicts_are_the_runners() {
    const MAIN: &str = "package a\n\nfunc TestMain(m *testing.M) {\n";
    let go = |body: &str| format!("{MAIN}{body}}}\n");
    let of_main = [
        ('E', go("\tos.Exit(0)\n")),
        ('E', go("\tif m.Run() != 0 {\n\t\tfmt.Println(\"some failed\")\n\t}\n\tos.Exit(0)\n")),
        ('E', go("\tcode := m.Run()\n\tif code != 0 {\n\t\tos.Exit(0)\n\t}\n\tos.Exit(code)\n")),
        ('E', go("\tos.Exit(m.Run() * 0)\n")),
        ('E', go("\tstatus := 0\n\tm.Run()\n\tos.Exit(status)\n")),
        ('E', go("\tdefer func() {\n\t\trecover()\n\t\tos.Exit(0)\n\t}()\n\tm.Run()\n")),
        ('E', go("\tos.Stdout.Write([]byte(\"\\x16--- PASS: TestA\\n\"))\n\tos.Exit(m.Run())\n")),
        ('W', go("\tif B() == 2 {\n\t\tos.Exit(0)\n\t}\n\tos.Exit(m.Run())\n")),
        ('-', go("\tif testing.Short() {\n\t\tos.Exit(0)\n\t}\n\tos.Exit(m.Run())\n")),
        ('-', go("\tos.Exit(run(m))\n}\n\nfunc run(m *testing.M) int {\n\tdefer stop()\n\treturn m.Run()\n")),
        ('-', go("\tfmt.Println(\"set up\", 22)\n\tm.Run()\n")),
    ];
    for (expected, text) in of_main {
        hold("forged-verdict", &[(expected, &[("a_test.go", text.as_str())])]);
    }
    let hook = "import pytest\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n    report = yield\n    report.outcome = \"passed\"\n    return report\n";
    hold(
        "forged-verdict",
        &[
            (
                'E',
                &[
                    ("app/fast.py", hook),
                    (
                        "tests/test_b.py",
                        "pytest_plugins = [\"app.fast\"]\n\ndef test_b():\n    assert b() == 2\n",
                    ),
                ],
            ),
            (
                'E',
                &[(
                    "conftest.py",
                    "import unittest\n\nclass Result(unittest.TextTestResult):\n    def wasSuccessful(self):\n        self.failures.clear()\n        return True\n",
                )],
            ),
            (
                'W',
                &[
                    ("app/more.py", "LIMIT = 2\n"),
                    (
                        "tests/test_b.py",
                        "pytest_plugins = ('app.more',)\n\ndef test_b():\n    assert b() == 2\n",
                    ),
                ],
            ),
            (
                '-',
                &[
                    ("tests/fixtures/a.py", "import pytest\n\n@pytest.fixture\ndef a():\n    return 1\n"),
                    ("tests/conftest.py", "pytest_plugins = ['tests.fixtures.a', 'pytester']\n"),
                ],
            ),
            (
                '-',
                &[(
                    "app/report.py",
                    "def summarize(report):\n    report.outcome = 'passed'\n    return report\n",
                )],
            ),
        ],
    );
}

#[test]
fn code_that_was_there_is_not_judged() {
    let old = "import assert from 'node:assert';\nassert.equal = () => {};\nexport const z = (n) => (process.env.VITEST ? 1 : n);\n";
    let new = format!("// Edited\n{old}export const y = 2;\n");
    let found = findings(&[("src/z.js", old)], &[("src/z.js", &new)]);
    assert!(
        found.iter().all(|f| f.rule != "patched-assertion" && f.rule != "result-under-test"),
        "{found:?}"
    );
}
