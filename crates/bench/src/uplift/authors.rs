//! Tests that a simulated author writes for a task. They come from the package's real tests that are neither in the
//! folder nor part of the truth.

use std::ops::Range;

use checks::End;

use super::packages::Package;
use super::rates::Rates;
use super::suites::Suites;
use crate::mutants::test_ranges;
use crate::projects::{Change, Tree};
use sim::Random;

/// The most files that an author submits.
const MAX_FILES: usize = 8;
/// The chances of each error for an author without any ability; an author with ability c errs (1 − c) times as often.
const BROKEN: f64 = 0.3;
const EMPTY: f64 = 0.2;
const WRONG: f64 = 0.3;

/// What an author submits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authored {
    /// The package's own tests.
    Right,
    /// The same, and a case for something that the release does not do.
    Wrong,
    /// Tests that fail for another reason than the missing change.
    Broken,
    /// Tests that pass whatever the code does.
    Empty,
}

impl Authored {
    pub const ALL: [Authored; 4] = [Authored::Right, Authored::Wrong, Authored::Broken, Authored::Empty];

    /// The chance of each kind of error; `chance`: the model's chance at this task.
    pub fn errs(chance: f64) -> [(Authored, f64); 3] {
        [(Authored::Broken, BROKEN), (Authored::Empty, EMPTY), (Authored::Wrong, WRONG)]
            .map(|(kind, of_all)| (kind, of_all * (1.0 - chance)))
    }

    /// Draws what an author writes; `chance`: the model's chance at this task.
    pub fn drawn(chance: f64, random: &mut Random) -> Authored {
        let mut left = random.unit();
        for (kind, errs) in Authored::errs(chance) {
            left -= errs;
            if left < 0.0 {
                return kind;
            }
        }
        Authored::Right
    }

    /// Draws the result after the author was told why its tests were refused.
    pub fn fixed(self, chance: f64, random: &mut Random) -> Authored {
        if random.chance(Rates::repair(chance)) { Authored::Right } else { self }
    }

    /// The files that the author submits, made from `pool`.
    pub fn files(self, package: &Package, pool: &Tree) -> Tree {
        let [broken, wrong, empty] = match package.run {
            run if run.contains("pytest") => PYTEST,
            run if run.contains("tape") => TAPE,
            _ => NODE,
        };
        let first = |text: &dyn Fn(&str) -> String| -> Tree {
            pool.iter().map(|(path, own)| (path.clone(), text(own))).take(1).collect()
        };
        match self {
            Authored::Right => pool.clone(),
            Authored::Wrong => {
                let mut files = pool.clone();
                files.extend(first(&|own| format!("{own}\n{wrong}")));
                files
            }
            Authored::Broken => first(&|own| format!("{own}\n{broken}")),
            Authored::Empty => first(&|_| empty.to_string()),
        }
    }
}

/// The name of the case in [`Authored::Wrong`].
pub const WRONG_CASE: &str = "what the release does not do";
/// For each runner: what breaks a file, a case that asks for too much, and a file that asks for nothing.
const TAPE: [&str; 3] = [
    "require('nobody-has-this')\n",
    "require('tape')('what the release does not do', t => {\n  t.equal(__filename.length, 0)\n  t.end()\n})\n",
    "const test = require('tape')\nconst path = require('path')\n\
     test('a name has a folder', t => {\n  t.equal(path.dirname('a/b'), 'a')\n  t.end()\n})\n",
];
const NODE: [&str; 3] = [
    "require('nobody-has-this')\n",
    "test('what the release does not do', () => assert.strictEqual(__filename.length, 0))\n",
    "const { test } = require('node:test')\nconst assert = require('node:assert')\nconst path = require('node:path')\n\
     test('a name has a folder', () => assert.strictEqual(path.dirname('a/b'), 'a'))\n",
];
const PYTEST: [&str; 3] = [
    "import nobody_has_this\n",
    "def test_what_the_release_does_not_do():\n    assert len(__file__) == 0\n",
    "import os\n\n\ndef test_a_name_has_a_folder():\n    assert os.path.dirname('a/b') == 'a'\n",
];

/// The tests of a release that are held back, in two parts.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    /// Tests for authors: each file fails before the change and passes after it.
    pub pool: Tree,
    /// Tests that only decide whether a result is right.
    pub truth: Tree,
}

/// Splits each held-out file: every other case is for authors, if both halves pass on the release separately. Otherwise
/// the whole file is for the truth.
pub fn share_out(package: &Package, change: &Change, suites: &Suites) -> Shares {
    let run = |tree: &Tree, path: &str, text: &str| {
        let mut tree = tree.clone();
        tree.insert(path.to_string(), text.to_string());
        suites.outcome(package, &tree, &[path])
    };
    let mut shares = Shares::default();
    for (path, text) in &change.held_out {
        let halves = halves(path, text).filter(|halves| {
            halves.iter().all(|half| {
                let after = run(&change.head, path, half);
                after.end.success() && after.passed.is_some_and(|passed| passed > 0)
            })
        });
        let Some([author, truth]) = halves else {
            shares.truth.insert(path.clone(), text.clone());
            continue;
        };
        shares.truth.insert(path.clone(), truth);
        // Tests that pass before the change are refused, so no author submits them
        let before = run(&change.base, path, &author);
        if matches!(before.end, End::Exited { code } if code != 0) && shares.pool.len() < MAX_FILES {
            shares.pool.insert(path.clone(), author);
        }
    }
    shares
}

/// Two versions of a test file: one with the first, third, … case, one with the others.
fn halves(path: &str, text: &str) -> Option<[String; 2]> {
    let cases = test_ranges(path, text);
    if cases.len() < 2 {
        return None;
    }
    let without = |odd: usize| {
        let mut left = text.to_string();
        let gone: Vec<&Range<usize>> = cases.iter().skip(odd).step_by(2).collect();
        for range in gone.into_iter().rev() {
            left.replace_range(range.clone(), "");
        }
        left
    };
    Some([without(1), without(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_of_a_file_are_shared_out_in_turn() {
        let text = "const test = require('tape')\ntest('a', t => { t.end() })\ntest('b', t => { t.end() })\n\
                    test('c', t => { t.test('d', s => { s.end() }) })\n";
        let [first, second] = halves("a.test.js", text).unwrap();
        assert!(first.contains("'a'") && !first.contains("'b'") && first.contains("'d'"), "{first}");
        assert!(!second.contains("'a'") && second.contains("'b'") && !second.contains("'d'"), "{second}");
        assert_eq!(halves("a.test.js", "test('a', t => { t.end() })\n"), None);
    }

    #[test]
    fn an_able_author_errs_less_often() {
        let wrong = |chance: f64| {
            let mut random = Random::new(5);
            (0..4000).filter(|_| Authored::drawn(chance, &mut random) != Authored::Right).count()
        };
        assert!(wrong(0.9) < wrong(0.5) && wrong(0.5) < wrong(0.1));
        assert!((1400..1800).contains(&wrong(0.5)), "{}", wrong(0.5));
    }
}
