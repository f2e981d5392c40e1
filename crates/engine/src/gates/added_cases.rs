//! Whether a change only added cases to an existing test file: no existing line changed, was removed or stopped
//! running.

use syntax::Language;

/// Words that change how existing cases run, at any place.
const FAR_REACHING: [&str; 24] = [
    ".only",
    ".skip",
    ".todo",
    "fdescribe",
    "fit(",
    "xit(",
    "process.",
    "exit(",
    "skip",
    "xfail",
    "beforeEach",
    "beforeAll",
    "before(",
    "afterEach",
    "afterAll",
    "after(",
    "mock",
    "setUp",
    "tearDown",
    "fixture",
    "globalThis",
    "TestMain",
    "t.Skip",
    "/*",
];

/// Whether `after` is `before` with whole cases added, and with imports that bring additional names.
pub(crate) fn adds_cases_only(path: &str, before: &str, after: &str) -> bool {
    let Some(language) = Language::of_path(path) else { return false };
    let (imported, before) = apart(language, before);
    let (imports, after) = apart(language, after);
    let kept = |line: &&&str| imports.iter().any(|now| brings_as_much(line, now));
    if !imported.iter().all(|line| kept(&line)) {
        return false;
    }
    let Some(added) = inserted(&before, &after) else { return false };
    added.iter().all(|block| is_cases(language, block))
}

/// Lines added at one place, and the first non-blank line below them.
struct Block<'t> {
    lines: Vec<&'t str>,
    next: Option<&'t str>,
}

/// The places at which lines were added; `None` if a line was removed or changed.
fn inserted<'t>(before: &[&'t str], after: &[&'t str]) -> Option<Vec<Block<'t>>> {
    let (mut at, mut blocks, mut lines) = (0, Vec::new(), Vec::new());
    for line in after {
        if before.get(at) == Some(line) {
            if !lines.is_empty() {
                blocks.push(Block { lines: std::mem::take(&mut lines), next: next(before, at) });
            }
            at += 1;
        } else {
            lines.push(*line);
        }
    }
    if !lines.is_empty() {
        blocks.push(Block { lines, next: next(before, at) });
    }
    (at == before.len()).then_some(blocks)
}

fn next<'t>(before: &[&'t str], at: usize) -> Option<&'t str> {
    before.get(at..)?.iter().find(|line| !line.trim().is_empty()).copied()
}

/// Whether the added lines are whole cases, at a place where they take nothing from the code around them.
fn is_cases(language: Language, block: &Block<'_>) -> bool {
    let lines: Vec<&str> = block.lines.iter().copied().filter(|line| !line.trim().is_empty()).collect();
    let Some(first) = lines.first() else { return true };
    // A diff may assign the end of the previous case to the block, and the block's own end to that case
    let closers = |line: &&&str| line.trim().chars().all(|c| ")}];".contains(c));
    let opened: Vec<&str> = lines.iter().skip_while(closers).copied().collect();
    let begins = opened.first().is_some_and(|line| begins_case(language, line.trim()));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let takes_nothing =
        language != Language::Python || block.next.is_none_or(|next| indent(next) <= indent(first));
    let reaches_far = lines.iter().any(|line| FAR_REACHING.iter().any(|word| line.contains(word)));
    begins && takes_nothing && !reaches_far && is_balanced(&lines)
}

fn begins_case(language: Language, line: &str) -> bool {
    let starts: &[&str] = match language {
        Language::Python => &["def test", "async def test", "class Test", "@pytest.mark.parametrize"],
        Language::Go => &["func Test", "func Fuzz", "func Benchmark"],
        Language::Rust => &["#[test]", "#[tokio::test", "#[rstest"],
        _ => &["test(", "it(", "describe(", "test.each", "it.each", "describe.each"],
    };
    starts.iter().any(|start| line.starts_with(start))
}

/// Whether brackets close in the order in which they open. If closing brackets come first, the block contains the end
/// of the previous case and lacks its own: then as many close as open.
fn is_balanced(lines: &[&str]) -> bool {
    let mut depth = 0_i64;
    for c in lines.iter().flat_map(|line| line.chars()) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

/// The import lines of a text, and all other lines.
fn apart(language: Language, text: &str) -> (Vec<&str>, Vec<&str>) {
    text.lines().partition(|line| is_import(language, line))
}

fn is_import(language: Language, line: &str) -> bool {
    match language {
        Language::Python => {
            line.starts_with("import ") || (line.starts_with("from ") && line.contains(" import "))
        }
        Language::Rust => line.trim_start().starts_with("use "),
        // A line of an import block
        Language::Go => {
            let line = line.trim();
            line.len() > 2 && line.starts_with('"') && line.ends_with('"') && !line.contains(' ')
        }
        _ => line.starts_with("import ") && line.contains(['"', '\'']),
    }
}

/// Whether one import line brings from the same module all names that another one brings.
fn brings_as_much(before: &str, now: &str) -> bool {
    let words = |line: &str| -> Vec<String> {
        let part = |c: char| !(c.is_alphanumeric() || "_$./@-".contains(c));
        // A name with its alias counts as one word
        let line = line.replace(" as ", "\u{1}as\u{1}");
        let part = |c: char| part(c) && c != '\u{1}';
        line.split(part).filter(|word| !word.is_empty()).map(str::to_string).collect()
    };
    let (before, now) = (words(before), words(now));
    // In order, so that `a as b` stays `a as b`
    let mut rest = now.iter();
    before.iter().all(|word| rest.any(|other| other == word)) && place(&before) == place(&now)
}

/// The module of an import: the part that looks like a path, or the first name.
fn place(words: &[String]) -> Option<&String> {
    words.iter().find(|word| word.contains(['/', '.'])).or(words.get(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JS: &str = "import test from \"node:test\"\nimport { sum } from \"../src/sum.js\"\n\ntest(\"sum\", () => {\n  equal(sum([1]), 1)\n})\n";

    #[test]
    fn whole_cases_may_be_added() {
        let more = "\ntest(\"mean\", () => {\n  equal(mean([1]), 1)\n})\n";
        let after = JS.replace("{ sum }", "{ sum, mean }") + more;
        assert!(adds_cases_only("a.test.js", JS, &after));
        assert!(adds_cases_only("a.test.js", JS, &format!("{JS}{more}")));
        let first =
            JS.replace("test(\"sum\"", "test(\"none\", () => {\n  equal(sum([]), 0)\n})\n\ntest(\"sum\"");
        assert!(adds_cases_only("a.test.js", JS, &first));
        let python = "from a import b\n\ndef test_b():\n    assert b() == 1\n    assert b(2) == 2\n";
        assert!(adds_cases_only(
            "test_a.py",
            python,
            &format!("{python}\ndef test_c():\n    assert b(3) == 3\n")
        ));
        let go = "package a\n\nimport (\n\t\"testing\"\n)\n\nfunc TestA(t *testing.T) {\n\ta(t)\n}\n";
        let more = go.replace("\t\"testing\"", "\t\"strings\"\n\t\"testing\"")
            + "\nfunc TestB(t *testing.T) {\n\tb(t)\n}\n";
        assert!(adds_cases_only("a_test.go", go, &more));
    }

    #[test]
    fn what_reaches_the_cases_that_were_there_is_no_addition() {
        for (from, to) in [
            ("equal(sum([1]), 1)", "equal(sum([1]), 2)"),
            ("  equal(sum([1]), 1)\n", ""),
            ("  equal(", "  return\n  equal("),
            ("test(\"sum\"", "process.exit(0)\ntest(\"sum\""),
            ("test(\"sum\"", "test.only(\"x\", () => {})\ntest(\"sum\""),
            ("../src/sum.js", "./fake.js"),
            ("test(\"sum\"", "/*\ntest(\"sum\""),
            ("{ sum }", "{ other as sum }"),
        ] {
            assert!(!adds_cases_only("a.test.js", JS, &JS.replace(from, to)), "{from} -> {to}");
        }
        let python = "def test_b():\n    assert b() == 1\n    assert b(2) == 2\n";
        let cut = python.replace("    assert b(2)", "def test_c():\n    assert b(2)");
        assert!(!adds_cases_only("test_a.py", python, &cut), "the rest of a case would be another's");
    }
}
