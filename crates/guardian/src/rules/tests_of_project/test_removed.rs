//! `test-removed`: a removed test that no other test replaces.

use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use syntax::Language;

use super::vanished::{vanished, words};
use crate::code::file::File;
use crate::code::functions::{Test, assertions, tests};
use crate::finding::{Category, Severity};
use crate::project::{Target, folder_of, go, is_specimen};
use crate::rules::{Change, Check, Example, Found, Rule};
use shared::test_files::is_test;

pub(crate) static RULE: Rule = Rule {
    id: "test-removed",
    category: Category::Dishonest,
    severity: Severity::Error,
    summary: "A test that is gone, though what it tested is still there.",
    note: "A test that fails is information; without it nobody knows. Put it back and make it pass. Where its removal is right, the plan names it (`edits_tests`).",
    valid: &[
        Example::change(
            &[("a.test.js", "it('adds', () => { expect(add(1, 2)).toBe(3); });\n")],
            &[("a.test.js", "it('adds two numbers', () => { expect(add(1, 2)).toBe(3); });\n")],
        ),
        Example::change(
            &[("test_a.py", "def test_a():\n    assert f() == 1\n")],
            &[("test_b.py", "def test_a():\n    assert f() == 1\n")],
        ),
        Example::change(
            &[
                ("a.py", "def gone(): return 1\n"),
                (
                    "test_a.py",
                    "from a import gone\ndef test_gone():\n    assert gone() == 1\ndef test_b():\n    assert b()\n",
                ),
            ],
            &[("a.py", "\n"), ("test_a.py", "def test_b():\n    assert b()\n")],
        ),
        Example::change(
            &[(
                "a.test.js",
                "test('sums', t => {\n  t.plan(1);\n  t.test('adds', t => { t.equal(add(1, 2), 3); });\n});\n",
            )],
            &[(
                "a.test.js",
                "describe('sums', () => {\n  test('adds', t => { t.assert.equal(add(1, 2), 3); });\n});\n",
            )],
        ),
        Example::change(
            &[("tests/a.rs", "#[test]\nfn adds() { assert_eq!(add(1, 2), 3); }\n")],
            &[(
                "tests/a.rs",
                "macro_rules! all {\n    ($add:ident) => {\n        #[test]\n        fn adds() { assert_eq!($add(1, 2), 3); }\n    };\n}\nall!(add);\n",
            )],
        ),
    ],
    invalid: &[
        Example::change(
            &[(
                "a.test.js",
                "it('adds', () => { expect(add(1, 2)).toBe(3); });\nit('subs', () => { expect(sub(1, 2)).toBe(-1); });\n",
            )],
            &[("a.test.js", "it('adds', () => { expect(add(1, 2)).toBe(3); });\n")],
        ),
        Example::change(
            &[(
                "src/lib.rs",
                "#[test]\nfn a() { assert_eq!(f(), 1); }\n#[test]\nfn b() { assert_eq!(g(), 1); }\n",
            )],
            &[("src/lib.rs", "#[test]\nfn a() { assert_eq!(f(), 1); }\n")],
        ),
        // The file's own code uses the same name for something else, so the removed name proves nothing
        Example::change(
            &[(
                "src/lib.rs",
                "pub fn f() -> u8 { 1 }\n#[test]\nfn iter() { assert_eq!([f()].iter().sum::<u8>(), 1); }\n",
            )],
            &[("src/lib.rs", "pub fn f() -> u8 { 1 }\n")],
        ),
        Example::change(
            &[(
                "tests/test_a.py",
                "def helper():\n    return f()\n\ndef test_a():\n    assert helper() == 1\n",
            )],
            &[],
        ),
        Example::change(
            &[
                (
                    "test/parse.test.js",
                    "for (const [text, wanted] of table) {\n  assert.equal(parse(text), wanted)\n}\n",
                ),
                ("a.js", "export const a = 1\n"),
            ],
            &[("a.js", "export const a = 1\n")],
        ),
        // One new test does not replace two
        Example::change(
            &[(
                "a.test.js",
                "it('adds', () => { expect(add(1, 2)).toBe(3); });\nit('subs', () => { expect(sub(1, 2)).toBe(-1); });\n",
            )],
            &[(
                "a.test.js",
                "it('divides', () => { const half = div(1, 2); expect(half).toBeCloseTo(0.5); });\n",
            )],
        ),
        // The code under test only moved, or is only named in a string
        Example::change(
            &[
                ("a.py", "def parse(text): return text\ndef old(): return 1\n"),
                (
                    "test_a.py",
                    "from a import parse\ndef test_parse():\n    assert parse('old') == 'old'\ndef test_b():\n    assert b()\n",
                ),
            ],
            &[
                ("a.py", "from b import parse\n"),
                ("b.py", "def parse(text): return text\n"),
                ("test_a.py", "def test_b():\n    assert b()\n"),
            ],
        ),
        Example::change(&[("a_test.go", "package a\n\nfunc TestA(t *testing.T) { t.Fatal(f()) }\n")], &[]),
    ],
    check: Check::Change(check),
};

/// The share of common words, in percent, from which one test is the other under a new name.
const ALIKE: usize = 60;
/// The share of common words, in percent, from which two tests are about the same subject.
const RELATED: usize = 30;

/// A changed file and its tests.
struct Side<'c> {
    /// The base, or the head if the file is new
    file: &'c File,
    old: &'c [Test],
    head: Option<&'c File>,
    new: &'c [Test],
}

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    files(change, found);
    let sides: Vec<Side<'_>> = change
        .pairs
        .iter()
        .filter(|pair| !is_specimen(&pair.path))
        .filter_map(|pair| {
            let (base, head) = (pair.base.as_deref(), pair.head.as_deref());
            // In broken code, tests are missing for another reason
            let sound = base.is_some_and(File::is_code) || head.is_some_and(File::is_code);
            if !sound || head.is_some_and(File::is_broken) {
                return None;
            }
            fn read(file: Option<&File>) -> &[Test] {
                file.filter(|file| file.is_code()).map_or_else(Default::default, tests)
            }
            Some(Side { file: base.or(head)?, old: read(base), head, new: read(head) })
        })
        .collect();
    // Names and bodies of the head, in any file
    let mut now: BTreeMap<&str, usize> = BTreeMap::new();
    for test in sides.iter().flat_map(|side| side.new) {
        *now.entry(&test.name).or_default() += 1;
    }
    let before: BTreeSet<&str> =
        sides.iter().flat_map(|side| side.old).map(|test| test.name.as_str()).collect();
    let mut fresh: Vec<(&File, &Test)> = sides
        .iter()
        .filter_map(|side| side.head.map(|head| (head, side.new)))
        .flat_map(|(head, tests)| tests.iter().map(move |test| (head, test)))
        .filter(|(_, test)| !before.contains(test.name.as_str()))
        .collect();
    // Removed code excuses a removed test only if the code was not itself part of the tests
    let code = change.pairs.iter().filter(|pair| !is_test(&pair.path));
    // Code or tests that moved to another file are not lost; computed only if a test is gone
    let lost = LazyCell::new(|| {
        let heads = change.pairs.iter().filter_map(|pair| pair.head.as_deref());
        let mut still: BTreeSet<String> = heads.flat_map(at_the_top).collect();
        still.extend(before.iter().map(|name| name.to_string()));
        code.map(|pair| {
            let mut names = change.lost_names(pair);
            names.retain(|name| !still.contains(name));
            (&*pair.path, names)
        })
        .filter(|(_, names)| !names.is_empty())
        .collect::<Vec<_>>()
    });
    let vanished = LazyCell::new(|| vanished(change));
    let worked_on = LazyCell::new(|| worked_on(change));
    let for_others: Vec<(&str, BTreeSet<String>)> =
        change.pairs.iter().filter_map(|pair| Some((&*pair.path, public(pair.base.as_deref()?)))).collect();
    for Side { file, old, head, .. } in &sides {
        for test in *old {
            if let Some(count) = now.get_mut(test.name.as_str()).filter(|count| **count > 0) {
                *count -= 1;
                continue;
            }
            if let Some(at) = fresh.iter().position(|(other, candidate)| alike(file, test, other, candidate))
            {
                fresh.remove(at);
                continue;
            }
            // A group is not a test of its own, and tests that a macro creates have no known names
            let group = format!("{} > ", test.name);
            if sides.iter().flat_map(|side| side.new).any(|other| other.name.starts_with(&group))
                || head.is_some_and(|head| in_macro(head, &test.name))
            {
                continue;
            }
            let gone_too = lost.iter().any(|(path, names)| {
                let own = *path == &*file.path;
                let seen = |word: &str| {
                    own || for_others.iter().any(|(of, names)| of == path && names.contains(word))
                };
                used(file, test).any(|name| name.len() > 2 && names.contains(name) && seen(name))
            });
            if gone_too {
                continue;
            }
            // A new test of the same file replaces one removed test
            let replacing = fresh
                .iter()
                .enumerate()
                .filter(|(_, (other, new))| may_replace(change, (file, test), *head, (other, new)))
                .max_by_key(|(at, (other, new))| (likeness(file, test, other, new), Reverse(*at)))
                .map(|(at, _)| at);
            let replaced = replacing.map(|at| fresh.remove(at)).is_some()
                || said(file, test, head.is_none()).iter().any(|word| vanished.contains(word))
                || !tests_what_stays(change, &worked_on, file, test);
            let shown = head.unwrap_or(file);
            let at = anchor(shown, file, test);
            let message = format!("test `{}` was removed", test.name);
            if replaced {
                found.maybe(shown, at, at, message);
            } else {
                found.at(shown, at, at, message);
            }
        }
    }
}

/// What the change worked on, without tests.
struct WorkedOn {
    /// Names of code that it wrote, changed or removed
    names: HashSet<String>,
    /// Its files
    files: HashSet<Arc<str>>,
}

fn worked_on(change: &Change<'_>) -> WorkedOn {
    let mut worked = WorkedOn { names: HashSet::new(), files: HashSet::new() };
    let code = |file: Option<&File>| file.is_some_and(|file| file.is_code() && !is_test(&file.path));
    for pair in &change.pairs {
        let (base, head) = (pair.base.as_deref(), pair.head.as_deref());
        if !code(base) && !code(head) {
            continue;
        }
        let (old, new) = (definitions(base), definitions(head));
        let differs = |(name, text): &(&&str, &Vec<&str>)| {
            let other = if old.get(**name) == Some(*text) { new.get(**name) } else { old.get(**name) };
            other != Some(*text)
        };
        let changed: Vec<String> =
            old.iter().chain(&new).filter(differs).map(|(name, _)| name.to_string()).collect();
        if !changed.is_empty() || base.is_none() || head.is_none() {
            worked.files.insert(pair.path.clone());
        }
        worked.names.extend(changed);
    }
    worked
}

/// The definitions of a file, without tests: by name, the lines of each definition.
fn definitions(file: Option<&File>) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let Some(file) = file.filter(|file| file.is_code()) else { return found };
    let tests: HashSet<usize> =
        tests(file).iter().map(|test| file.row(file.flat().node(test.index).start) + 1).collect();
    for symbol in &file.outline().symbols {
        let of_tests = matches!(symbol.container.as_deref(), Some("test" | "tests"));
        if of_tests || tests.contains(&(symbol.line as usize)) {
            continue;
        }
        let text = file.slice(file.start_of_line(symbol.line), file.start_of_line(symbol.end_line + 1));
        found.entry(&symbol.name).or_default().push(text.trim());
    }
    found
}

/// Whether a removed test provably tested code that is still unchanged: the change touches only tests, or the test
/// calls something by name that the change leaves alone, and uses nothing that the change works on.
fn tests_what_stays(change: &Change<'_>, worked_on: &WorkedOn, file: &File, test: &Test) -> bool {
    if worked_on.files.is_empty() {
        return true;
    }
    let says = words(file.text_of(test.index)).any(|word| word.len() > 2 && worked_on.names.contains(word));
    if says {
        return false;
    }
    let names: HashSet<&str> = used(file, test).collect();
    // Code in the same file, as in Rust
    let own = definitions(Some(file));
    if !is_test(&file.path) && names.iter().any(|name| own.contains_key(name)) {
        return true;
    }
    if file.language == Some(Language::Go) {
        let mut package = go::files(&change.base, folder_of(&file.path)).filter(|path| !is_test(path));
        return package.any(|path| {
            let other = change.base.file(path);
            let theirs = definitions(other.as_deref());
            names.iter().any(|name| theirs.contains_key(name))
        });
    }
    file.outline().imports.iter().any(|import| {
        let Target::File(path) = change.base.resolve(file, import) else { return false };
        let Some(target) = change.base.file(&path).filter(|_| !is_test(&path)) else { return false };
        let theirs = definitions(Some(&target));
        import
            .names
            .iter()
            .any(|name| names.contains(name.local()) && theirs.contains_key(name.name.as_str()))
    })
}

/// The words of a test; with `whole`, of its whole file, which was removed.
fn said(file: &File, test: &Test, whole: bool) -> HashSet<String> {
    words(if whole { &file.text } else { file.text_of(test.index) }).map(str::to_lowercase).collect()
}

/// The names that a test uses, without words in strings and comments.
fn used<'f>(file: &'f File, test: &Test) -> impl Iterator<Item = &'f str> {
    file.flat()
        .below(test.index)
        .filter(|i| file.flat().kind(*i).ends_with("identifier"))
        .map(|i| file.text_of(i))
}

/// The names that a file exports.
fn public(file: &File) -> BTreeSet<String> {
    let outline = file.outline();
    let symbols = outline.symbols.iter().filter(|symbol| symbol.exported).map(|symbol| symbol.name.clone());
    symbols
        .chain(outline.exports.iter().flat_map(|export| [export.name.clone(), export.local.clone()]))
        .collect()
}

/// Names at the top level, which can be called without a receiver.
fn at_the_top(file: &File) -> impl Iterator<Item = String> {
    let outline = file.outline();
    let symbols = outline.symbols.iter().filter(|symbol| symbol.exported && symbol.container.is_none());
    symbols.map(|symbol| symbol.name.clone()).chain(outline.exports.iter().map(|export| export.name.clone()))
}

/// Test files that were removed as a whole and that contain assertions, but no test with a known name.
fn files(change: &Change<'_>, found: &mut Found) {
    let gone = change.pairs.iter().filter(|pair| pair.head.is_none() && is_test(&pair.path));
    for (pair, base) in gone.filter_map(|pair| Some((pair, pair.base.as_deref()?))) {
        if is_specimen(&pair.path) || !base.is_code() || !tests(base).is_empty() {
            continue;
        }
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_string();
        let moved = change
            .pairs
            .iter()
            .filter(|other| other.base.is_none())
            .filter_map(|other| other.head.as_deref())
            .any(|head| name(&head.path) == name(&pair.path) || head.text == base.text);
        if !moved && !assertions(base, 0).is_empty() {
            found.at(base, 0, 0, format!("the test file `{}` was removed", pair.path));
        }
    }
}

/// The nearest remaining place to the removed test.
fn anchor(shown: &File, file: &File, test: &Test) -> usize {
    let row = file.row(file.flat().node(test.index).start).min(shown.lines().saturating_sub(1));
    shown.start_of_line(u32::try_from(row + 1).unwrap_or(1))
}

/// Whether a macro of the file creates a test of this name.
fn in_macro(file: &File, name: &str) -> bool {
    file.language == Some(Language::Rust)
        && file.text.contains("macro_rules!")
        && file.flat().iter().any(|(index, node)| {
            node.kind == "identifier"
                && file.text_of(index) == name
                && file.flat().kind(file.flat().node(index).parent) == "token_tree"
                && file.slice(0, node.start).trim_end().ends_with("fn")
        })
}

/// Whether one test is the other under a new name: most of its words are the same.
fn alike(old_file: &File, old: &Test, new_file: &File, new: &Test) -> bool {
    let shared = old.assertions.iter().filter(|a| new.assertions.contains(a)).count();
    if !old.assertions.is_empty() && shared * 2 >= old.assertions.len() {
        return true;
    }
    likeness(old_file, old, new_file, new) >= ALIKE
}

/// Whether a new test may stand for a removed one: it is in the same file, or about the same subject in a new file or
/// beside a file that lost all its tests.
fn may_replace(
    change: &Change<'_>,
    (file, test): (&File, &Test),
    head: Option<&File>,
    (other, new): (&File, &Test),
) -> bool {
    let is_new = || change.pairs.iter().any(|pair| pair.path == other.path && pair.base.is_none());
    let moved = || {
        is_new() && likeness(file, test, other, new) >= RELATED
            || none_left(head) && is_about_the_same(file, test, other, new)
    };
    (other.path == file.path || moved()) && !(new.skipped || asserts_less(test, new))
}

/// Whether no test is left in a file: its tests were removed as a whole.
fn none_left(head: Option<&File>) -> bool {
    head.is_none_or(|head| tests(head).is_empty())
}

/// Whether two tests call a function of the same name, beside what most tests call.
fn is_about_the_same(old_file: &File, old: &Test, new_file: &File, new: &Test) -> bool {
    const USUAL: &[&str] = &[
        "expect",
        "unwrap",
        "expect_err",
        "unwrap_err",
        "to_string",
        "to_owned",
        "clone",
        "into",
        "iter",
        "collect",
        "new",
        "default",
        "push",
        "insert",
        "len",
        "is_ok",
        "is_err",
        "is_some",
        "is_none",
        "Errorf",
        "Fatalf",
        "Fatal",
        "Error",
        "Run",
        "Helper",
        "toBe",
        "toEqual",
        "toThrow",
        "toContain",
        "describe",
        "test",
        "print",
        "format",
        "join",
        "keys",
        "values",
        "items",
        "append",
        "raises",
        "isinstance",
        "list",
    ];
    let called = |file: &'_ File, test: &Test| -> BTreeSet<String> {
        let flat = file.flat();
        let calls = flat.below(test.body).filter(|i| matches!(flat.kind(*i), "call_expression" | "call"));
        let names = calls.map(|i| {
            let callee = file.field_text(i, "function");
            callee.rsplit(['.', ':']).next().unwrap_or(callee).to_string()
        });
        // Within a macro a call is only a name and a bracket
        let in_macros = flat.below(test.body).filter(|i| {
            let node = flat.node(*i);
            let opens = file.text.get(node.end..).is_some_and(|rest| rest.starts_with('('));
            opens && node.kind == "identifier" && flat.kind(node.parent) == "token_tree"
        });
        let in_macros = in_macros.map(|i| file.text_of(i).to_string());
        names
            .chain(in_macros)
            .filter(|name| name.len() > 2 && !USUAL.contains(&name.as_str()) && !name.starts_with("assert"))
            .collect()
    };
    let theirs = new.words(new_file);
    called(old_file, old).iter().any(|name| theirs.contains(name))
}

fn asserts_less(old: &Test, new: &Test) -> bool {
    new.assertions.is_empty() && !old.assertions.is_empty()
}

/// The share of words that two tests have in common, in percent.
fn likeness(old_file: &File, old: &Test, new_file: &File, new: &Test) -> usize {
    let (a, b) = (old.words(old_file), new.words(new_file));
    let both = a.intersection(b).count();
    100 * both / (a.len() + b.len() - both).max(1)
}
