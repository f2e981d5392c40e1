//! Each kind of mutant on small changes in every language: where it makes mutants, and where it
//! must not.

use std::collections::BTreeSet;

use super::*;
use crate::projects::{Project, Tree};

const JS: &str = "import { parse, join } from './parse.js';\nimport http from 'http';\n\n/* eslint-env node */\nexport function total(items, start) {\n  let sum = start;\n  for (let i = 0; i < items.length; i++) {\n    if (items[i] === null) {\n      throw new Error('empty item');\n    }\n    sum = sum + join(items[i], parse(items, i - 1));\n  }\n  if (sum > 10) {\n    return 'large';\n  } else {\n    http.get(sum, 100);\n  }\n  return sum;\n}\n\nexport async function load(url) {\n  const text = await parse(url, 'body');\n  send(text);\n  return total(text, 5);\n}\n\nexport const a = 1;\nexport const b = 2;\nexport const c = 3;\n";
const PARSE: &str = "export function parse(a, b) {\n  const x = a;\n  return x;\n}\nexport function join(a, b) {\n  return a + b;\n}\n";
const TEST: &str = "import test from 'node:test';\nimport { total } from '../total.js';\n\ntest('adds', (t) => {\n  t.equal(total('abc', 3), 'cba');\n  t.ok(total([], 4));\n});\n\ntest('more', (t) => {\n  t.equal(total('x'), 4);\n});\n";
const PY: &str = "from .parse import parse, join\nimport os\n\n\ndef total(items, start):\n    total = start\n    for i in range(len(items) - 1):\n        if items[i] is None:\n            raise ValueError(\"empty item\")\n        total = total + join(items[i], parse(items, i))\n    if total > 10 and start:\n        os.remove(total, \"name\")\n    return total\n\n\nasync def load(url):\n    text = await parse(url, 5)\n    send(text)\n    return total(text, True)\n\n\nA = 1\nB = 2\nC = 3\n";
const PY_TEST: &str = "from total import total\n\n\ndef test_total():\n    x = 1\n    assert total(\"abc\", 2) == \"cba\"\n\n\ndef test_more():\n    assert total(\"d\", 1) == 9\n";
const RS: &str = "use crate::parse::{join, parse};\nuse std::fmt;\n\npub fn total(items: &[u32], start: &str) -> Result<u32, fmt::Error> {\n    let mut sum = 1;\n    for i in 0..items.len() {\n        if items[i] == 0 {\n            return Err(fmt::Error);\n        }\n        check(items)?;\n        sum = sum + join(items[i], parse(items, i - 1));\n    }\n    if sum > 10 {\n        sum = last(items).unwrap();\n    } else {\n        send(sum, 100);\n    }\n    Ok(sum)\n}\n\npub async fn load(url: &str) -> bool {\n    let text = parse(url, \"body\").await;\n    send(text);\n    true\n}\n\npub const A: u32 = 1;\npub const B: u32 = 2;\n\n#[test]\nfn adds() {\n    let x = 1;\n    assert_eq!(total(\"abc\"), \"cba\");\n}\n";

fn change() -> Change {
    let Some(project) = Project::find("find-my-way") else { panic!("it is in the list") };
    let tree = |files: &[(&str, String)]| -> Tree {
        files.iter().map(|(p, t)| (p.to_string(), t.clone())).collect()
    };
    let old = |text: &str| text.replace("sum", "s").replace("total = ", "t = ");
    let rest = [
        ("package.json", "{\n  \"scripts\": {\n    \"test\": \"node --test\"\n  }\n}\n"),
        ("parse.js", PARSE),
        ("other.js", "export const f = (a, b) => a < b + 1;\n"),
        ("test/a.test.js", TEST),
        ("tests/test_a.py", PY_TEST),
        ("src/parse.rs", "pub fn parse() {}\n"),
        ("parse.py", "def parse(a, b):\n    return a\n"),
        ("caller.js", "import { total } from './total.js';\ntotal([], 1);\n"),
        ("caller.py", "from .total import total\ntotal([], 1)\n"),
        ("src/caller.rs", "use crate::total::total;\nfn f() { total(&[], \"\"); }\n"),
    ];
    let with = |main: [(&'static str, String); 3]| -> Vec<(&str, String)> {
        main.into_iter().chain(rest.map(|(p, t)| (p, t.to_string()))).collect()
    };
    let base = with([("total.js", old(JS)), ("total.py", old(PY)), ("src/total.rs", old(RS))]);
    let head = with([("total.js", JS.into()), ("total.py", PY.into()), ("src/total.rs", RS.into())]);
    Change::new(project, ("1", &tree(&base)), ("2", &tree(&head)))
}

#[test]
fn every_kind_makes_mutants_that_differ_from_the_correct_change() {
    let change = change();
    for kind in MutantKind::ALL {
        let found = mutants(&change, kind, 40, &Random::new(1));
        assert!(!found.is_empty(), "{}", kind.name());
        for mutant in &found {
            let right = if mutant.on_base_tests { &change.base } else { &change.head };
            assert_ne!(mutant.text.as_ref(), right.get(&mutant.path), "{}", mutant.description);
            assert!(mutant.answer(&change).contains_key(&mutant.path), "{}", mutant.description);
            assert!(mutant.description.starts_with(&mutant.path), "{}", mutant.description);
        }
        let texts: BTreeSet<_> = found.iter().map(|m| (&m.path, &m.text)).collect();
        assert_eq!(texts.len(), found.len(), "{}", kind.name());
    }
}

#[test]
fn kinds_strike_in_every_language_that_they_fit() {
    let change = change();
    let languages = |kind: MutantKind| -> Vec<&str> {
        let found = mutants(&change, kind, 60, &Random::new(1));
        let of = |end: &str| found.iter().any(|m| m.path.ends_with(end));
        ["js", "py", "rs"].into_iter().filter(|end| of(&format!(".{end}"))).collect()
    };
    for kind in MutantKind::ALL.into_iter().filter(|k| !matches!(k, MutantKind::UnrelatedEdit)) {
        assert_eq!(languages(kind), ["js", "py", "rs"], "{}", kind.name());
    }
}

#[test]
fn what_can_be_parsed_can_and_what_is_broken_cannot() {
    let change = change();
    for kind in MutantKind::ALL {
        let found = mutants(&change, kind, 60, &Random::new(2));
        let broken = found.iter().filter(|m| {
            m.text.as_ref().is_some_and(|text| {
                syntax::Language::of_path(&m.path).is_some() && !super::is_sound(&m.path, text)
            })
        });
        match kind {
            MutantKind::Truncation => {}
            // The grammar accepts one blank too many, although it is an error
            MutantKind::SyntaxSlip => assert!(broken.count() * 10 >= found.len() * 8, "{}", kind.name()),
            _ => assert_eq!(broken.count(), 0, "{}", kind.name()),
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_mutants() {
    let change = change();
    for kind in MutantKind::ALL {
        let draw = |seed| mutants(&change, kind, 5, &Random::new(seed));
        assert_eq!(draw(3), draw(3));
    }
}

#[test]
fn a_test_that_goes_missing_leaves_the_code_correct() {
    let change = change();
    for mutant in mutants(&change, MutantKind::DeletedTest, 10, &Random::new(1)) {
        let answer = mutant.answer(&change);
        assert!(answer.contains_key("total.js"), "{}", mutant.description);
        assert_eq!(answer.get(&mutant.path), Some(&mutant.text));
    }
}
