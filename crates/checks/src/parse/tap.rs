//! The lines of TAP, as many programs write it: `ok`, `not ok`, plans,
//! directives, and subtests before their parent or in braces after it.

use super::Report;
use super::text::{self, Failures, place};
use crate::outcome::TestFailure;

/// One result line, without its indentation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TapLine<'a> {
    pub(crate) ok: bool,
    /// Neither skipped nor TODO.
    pub(crate) counts: bool,
    pub(crate) name: &'a str,
    /// Its subtests follow in braces.
    pub(crate) opens: bool,
}

/// Reads `not ok 3 - adds # time=1.2ms {`.
pub(crate) fn line(body: &str) -> Option<TapLine<'_>> {
    let (ok, rest) = match body.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, body.strip_prefix("ok")?),
    };
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    let rest = rest.trim();
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let rest = rest.strip_prefix("- ").unwrap_or(rest);
    let (rest, opens) = match rest.strip_suffix('{') {
        Some(before) if before.is_empty() || before.ends_with(' ') => (before.trim_end(), true),
        _ => (rest, false),
    };
    // An escaped `\#` belongs to the name
    let (mut name, mut counts) = (rest, true);
    while let Some(at) = name.rfind('#') {
        let before = name.get(..at).unwrap_or_default();
        let directive = name.get(at + 1..).unwrap_or_default().trim_start();
        let word: String = directive.chars().take(4).collect::<String>().to_ascii_uppercase();
        let is_directive = word == "SKIP" || word == "TODO";
        if before.ends_with('\\') || !(is_directive || directive.starts_with("time=")) {
            break;
        }
        counts &= !is_directive;
        name = before.trim_end();
    }
    Some(TapLine { ok, counts, name, opens })
}

/// The name without its escapes; a line break in it becomes a space.
pub(crate) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let escaped = if letter == '\\' { letters.next_if(|next| "#\\nrt".contains(*next)) } else { None };
        match escaped {
            Some('n' | 'r' | 't') => plain.push(' '),
            Some(other) => plain.push(other),
            None => plain.push(letter),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The number of results that a plan at the beginning of this line announces: `1..4`.
pub(crate) fn plan(line: &str) -> Option<u32> {
    let rest = line.strip_prefix("1..")?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let after = rest.get(number.len()..)?.trim();
    (after.is_empty() || after.starts_with('#')).then(|| number.parse().ok())?
}

/// Whether the first line of an output is TAP.
pub(crate) fn begins(text: &str) -> bool {
    let first =
        text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("> ")).unwrap_or_default();
    first.starts_with("TAP version ")
        || plan(first).is_some()
        || ["ok 1 ", "not ok 1 "].iter().any(|start| first.starts_with(start))
}

/// A failure, and its depth.
struct Failed<'a> {
    depth: usize,
    path: Vec<&'a str>,
    facts: Vec<&'a str>,
}

#[derive(Default)]
struct Reader<'a> {
    /// Failures that are not known to be parents.
    failed: Vec<Failed<'a>>,
    /// Subtests whose results come before their parent's.
    announced: Vec<(usize, &'a str)>,
    /// Parents whose subtests follow in braces: depth, name, failures before it.
    opened: Vec<(usize, &'a str, bool, usize)>,
    top: u32,
    plans: Vec<u32>,
    passed: u32,
    bailed: bool,
}

/// Reads TAP of any kind: the failures without children, under their parents' names.
pub(crate) fn read(text: &str) -> Report {
    let mut reader = Reader::default();
    let mut lines = text.lines().peekable();
    while let Some(whole) = lines.next() {
        let body = whole.trim_start_matches(' ');
        let depth = (whole.len() - body.len()) / 4;
        if let Some(subtest) = body.strip_prefix("# Subtest: ").or_else(|| body.strip_prefix("# Subtest - "))
        {
            reader.announced.retain(|(other, _)| *other < depth);
            reader.announced.push((depth, subtest.trim()));
        } else if body == "}" {
            reader.close(depth);
        } else if depth == 0 && whole.starts_with("Bail out!") {
            reader.bailed = true;
        } else if depth == 0 && whole.len() == body.len() && plan(body).is_some() {
            reader.plans.extend(plan(body));
        } else if let Some(result) = line(body).filter(|_| (whole.len() - body.len()) % 4 == 0) {
            let mut facts = Vec::new();
            if lines.next_if(|next| next.trim() == "---").is_some() {
                while let Some(fact) = lines.next_if(|next| next.trim() != "...") {
                    if facts.len() < 100 {
                        facts.push(fact);
                    }
                }
            }
            reader.result(depth, &result, facts);
        }
    }
    reader.report()
}

impl<'a> Reader<'a> {
    fn result(&mut self, depth: usize, result: &TapLine<'a>, facts: Vec<&'a str>) {
        self.top += u32::from(depth == 0);
        if result.opens {
            let counts = !result.ok && result.counts;
            self.opened.push((depth, result.name, counts, self.failed.len()));
            return;
        }
        // Deeper failures since the last result at this depth are its children
        let is_parent = self.failed.last().is_some_and(|last| last.depth > depth);
        self.announced.retain(|(other, _)| *other < depth);
        if result.ok || !result.counts {
            self.passed += u32::from(result.ok && result.counts);
            if is_parent {
                // A failure inside of a passing or TODO test does not count
                while self.failed.last().is_some_and(|last| last.depth > depth) {
                    self.failed.pop();
                }
            }
            return;
        }
        if is_parent {
            for failed in self.failed.iter_mut().rev().take_while(|failed| failed.depth > depth) {
                failed.depth = depth;
            }
            return;
        }
        if self.failed.len() > super::text::MAX_FAILURES {
            return;
        }
        let above = self.announced.iter().filter(|(other, _)| *other < depth).map(|(_, name)| *name);
        let braces = self.opened.iter().map(|(_, name, ..)| *name);
        let mut path: Vec<&str> = above.chain(braces).collect();
        path.push(result.name);
        self.failed.push(Failed { depth, path, facts });
    }

    fn close(&mut self, depth: usize) {
        let Some((own, name, counts, before)) = self.opened.pop_if(|(own, ..)| *own == depth) else { return };
        if !counts {
            self.failed.truncate(before);
        } else if self.failed.len() == before {
            let mut path: Vec<&str> = self.opened.iter().map(|(_, name, ..)| *name).collect();
            path.push(name);
            self.failed.push(Failed { depth: own, path, facts: Vec::new() });
        } else {
            for failed in self.failed.iter_mut().skip(before) {
                failed.depth = own;
            }
        }
    }

    fn report(self) -> Report {
        let planned: u32 = self.plans.iter().sum();
        if self.plans.is_empty() || (self.top == 0 && planned > 0) {
            return Report::default();
        }
        let complete = planned == self.top && self.opened.is_empty() && !self.bailed;
        let mut failures = Failures::default();
        for failed in &self.failed {
            failures.push(failed.told());
        }
        Report::named(failures.0, complete, Some(self.passed))
    }
}

impl Failed<'_> {
    fn told(&self) -> TestFailure {
        let (last, above) = self.path.split_last().map_or(("", &[][..]), |(last, above)| (*last, above));
        let at = self.facts.iter().find_map(|fact| {
            let fact = fact.trim();
            let at = fact.strip_prefix("at: ").or_else(|| fact.strip_prefix("location: "))?;
            let at = at.trim_matches(['\'', '"']);
            place(at.rsplit_once('(').map_or(at, |(_, at)| at.trim_end_matches(')')))
        });
        let message = self.facts.split(|fact| fact.trim_start().starts_with("stack:")).next();
        text::failure(
            (!above.is_empty()).then(|| unescape(&above.join(" > "))).as_deref(),
            &unescape(last),
            message.unwrap_or_default(),
            at,
        )
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::fixtures::check;
    use super::*;

    #[test]
    fn lines() {
        let told = |ok, counts, name, opens| Some(TapLine { ok, counts, name, opens });
        for (text, expected) in [
            ("ok", told(true, true, "", false)),
            ("ok 1", told(true, true, "", false)),
            ("not ok 2 - a # b", told(false, true, "a # b", false)),
            ("not ok 3 a - b # TODO later", told(false, false, "a - b", false)),
            ("ok 3 - x # SKIP", told(true, false, "x", false)),
            ("not ok 4 - a \\# TODO", told(false, true, "a \\# TODO", false)),
            ("not ok 5 - a # time=1.2ms {", told(false, true, "a", true)),
            ("okay", None),
            ("not okay", None),
            ("# ok", None),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
        assert_eq!(
            (plan("1..4"), plan("1..0 # skip"), plan("1..4 items"), plan("2..3")),
            (Some(4), Some(0), None, None)
        );
    }

    #[test]
    fn children_before_their_parent_and_in_braces() {
        check(
            read,
            "TAP version 14\n1..2\n# Subtest: file\n    # Subtest: cart\n        not ok 1 - sum\n          ---\n          at: a.js:2:4\n          ...\n        ok 2 - b\n        1..2\n    not ok 1 - cart # time=1ms\n    1..1\nnot ok 1 - file\nnot ok 2 - other {\n    ok 1 - x\n    not ok 2 - y\n    1..2\n}\n",
            expect![[r#"
                passed: Some(2)
                - [file > cart] sum @ a.js:2 | at: a.js:2:4
                - [other] y | -
            "#]],
        );
    }

    #[test]
    fn a_plan_that_is_not_kept_and_a_bail_out() {
        for text in
            ["1..2\nnot ok 1 - a\n", "1..1\nnot ok 1 - a\nBail out! no db\n", "1..1\nnot ok 1 - a {\n"]
        {
            assert_eq!(read(text).failing, None, "{text}");
        }
        assert_eq!(read("not ok 1 - a\n"), Report::default());
        assert_eq!(read("1..0 # nothing\n").passed, Some(0));
    }
}
