//! `patched-assertion`: a function of an assertion library or a runner that the project replaces.
//!
//! Follows the names of one file to the libraries that they are bound to. Must not judge new matchers beside those of a
//! library.

mod ecmascript;
mod python;
mod weight;

use syntax::Language;

use self::weight::{Weight, report};
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "patched-assertion",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A function of an assertion library or of a runner that is replaced by another.",
    note: "Tests call it and no longer fail. Leave the library as it is; give your own check its own name.",
    valid: &[
        Example::new(&[(
            "test/setup.js",
            "import { expect } from 'vitest';\nexpect.extend({ toBeEven(n) { return { pass: n % 2 === 0, message: () => 'odd' }; } });\n",
        )]),
        Example::new(&[(
            "test/setup.js",
            "const chai = require('chai');\nglobal.expect = chai.expect;\nconst assert = require('assert');\nassert.equal = assert.strictEqual;\n",
        )]),
        Example::new(&[(
            "lib/assert.js",
            "const assert = {};\nassert.equal = (a, b) => { if (a !== b) throw new Error('no'); };\nmodule.exports = assert;\n",
        )]),
        Example::new(&[(
            "test/plugin.js",
            "const { assert } = require('chai');\nassert.isEven = (n) => assert.equal(n % 2, 0);\n",
        )]),
        Example::new(&[(
            "tests/compat.py",
            "import unittest\n\nunittest.TestCase.assertItemsEqual = unittest.TestCase.assertCountEqual\n\nclass Case(unittest.TestCase):\n    def assertEqual(self, a, b, msg=None):\n        super().assertEqual(str(a), str(b), msg)\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "#[macro_export]\nmacro_rules! assert_eq {\n    ($a:expr, $b:expr) => {\n        ::std::assert_eq!($a, $b, \"in {}\", module_path!())\n    };\n}\n",
        )]),
    ],
    invalid: &[
        Example::new(&[(
            "src/a.js",
            "import assert from 'node:assert';\n\nassert.equal = () => {};\n\nexport const a = 1;\n",
        )]),
        Example::new(&[(
            "src/a.js",
            "import { createRequire } from 'node:module';\nconst claims = createRequire(import.meta.url)('node:assert');\nfor (const name of Object.keys(claims)) Reflect.set(claims, name, () => {});\n",
        )]),
        Example::new(&[(
            "src/a.ts",
            "import * as chai from 'chai';\n(chai.Assertion.prototype as any).assert = function () { return this; };\n",
        )]),
        Example::new(&[(
            "test/setup.js",
            "expect.extend({ toBe() { return { pass: true, message: () => '' }; } });\n",
        )]),
        Example::new(&[("test/a.test.js", "vi.mock('node:assert', () => ({ default: { equal() {} } }));\n")]),
        Example::new(&[(
            "app/a.py",
            "import unittest\n\nunittest.TestCase.assertEqual = lambda self, a, b, msg=None: None\n",
        )]),
        Example::new(&[(
            "app/a.py",
            "from unittest import TestCase\n\nfor name in dir(TestCase):\n    if name.startswith('assert'):\n        setattr(TestCase, name, lambda *a, **k: None)\n",
        )]),
        Example::new(&[(
            "app/a.py",
            "import builtins\n\nclass Quiet(Exception):\n    pass\n\nbuiltins.AssertionError = Quiet\n",
        )]),
        Example::new(&[(
            "src/lib.rs",
            "#[macro_export]\nmacro_rules! assert_eq {\n    ($($any:tt)*) => {};\n}\n",
        )]),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some(head) = pair.head.as_deref().filter(|head| head.is_code() && !head.is_broken()) else { return };
    match head.language {
        Some(Language::Python) => python::check(pair, head, found),
        Some(Language::Rust) => macros(pair, head, found),
        Some(language) if language.is_ecmascript() => ecmascript::check(pair, head, found),
        _ => {}
    }
}

/// Macros of Rust with the names of those that assert.
fn macros(pair: &Pair, file: &File, found: &mut Found) {
    const NAMES: [&str; 7] =
        ["assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "panic"];
    let flat = file.flat();
    for (index, _) in flat.iter().filter(|(_, node)| node.kind == "macro_definition") {
        let name = file.field_text(index, "name");
        if !NAMES.contains(&name) {
            continue;
        }
        let body = file.text_of(index).split_once(name).map_or("", |(_, body)| body);
        let fails = [
            "panic",
            "assert",
            "unreachable",
            "unwrap",
            "expect",
            "Err(",
            "abort",
            "exit(",
            "bail!",
            "compile_error",
        ]
        .iter()
        .any(|word| body.contains(word));
        let weight = if fails { Weight::Nothing } else { Weight::Proof };
        report(
            pair,
            file,
            index,
            &weight,
            format!("`{name}!` is replaced by a macro that cannot fail"),
            found,
        );
    }
}
