//! `node --test`: the output of its `tap` or its `spec` reporter.
//!
//! TAP without Node's own totals is left to `tap.rs`; `parse::tap` reads the lines. A parent that failed only
//! because of a child is not listed beside the child.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::tap;
use crate::parse::text::{Failures, count, detail, name, place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};
use crate::shell::quote;

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    match command.program {
        "node" | "tsx" => command.has("--test"),
        "borp" => true,
        _ => false,
    }
}

/// Node reads options only before the first file, so the command is rebuilt: its options, then the pattern, then
/// its files or this one.
fn narrow(command: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    let Some(at) = command.words.iter().position(|word| word == "--test") else { return Narrowed::No };
    let mut options: Vec<&String> = command.words.iter().take(at).collect();
    let mut files = Vec::new();
    for word in command.words.iter().skip(at + 1) {
        if files.is_empty() && word.starts_with('-') { options.push(word) } else { files.push(word) }
    }
    let mut line: Vec<String> = options.iter().map(|word| quote(word)).collect();
    line.push("--test".to_owned());
    if filter.is_file {
        line.push(quote(&format!("./{}", filter.text.trim_start_matches("./"))));
    } else {
        line.push(quote(&format!("--test-name-pattern={}", regex::escape(filter.text))));
        // Globs stay unquoted if the shell has to expand them
        line.extend(
            files.iter().map(|word| if word.contains(['*', '?']) { (*word).clone() } else { quote(word) }),
        );
    }
    Narrowed::Instead(line.join(" "))
}

fn parse(text: &str) -> Report {
    let tap = Totals::read(text, "# ");
    if tap.complete() { from_tap(text, tap) } else { from_spec(text, Totals::read(text, "ℹ ")) }
}

/// The counts at the end, added up if there are several runs.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    pass: Option<u32>,
    failed: u32,
    /// Whether there is the line that other TAP programs do not print.
    has_cancelled: bool,
}

impl Totals {
    fn complete(self) -> bool {
        self.pass.is_some() && self.has_cancelled
    }

    fn read(text: &str, prefix: &str) -> Totals {
        let mut totals = Totals::default();
        // They stand together; a single line of their kind is a test's own words
        let mut block = Totals::default();
        for line in text.lines() {
            let told = line.strip_prefix(prefix).and_then(|line| line.split_once(' '));
            let Some((word, number)) = told.and_then(|(word, n)| Some((word, n.trim().parse::<u32>().ok()?)))
            else {
                totals.add(std::mem::take(&mut block));
                continue;
            };
            match word {
                "tests" => block = Totals::default(),
                "pass" => block.pass = Some(number),
                "fail" | "cancelled" => {
                    block.has_cancelled |= word == "cancelled";
                    block.failed = block.failed.saturating_add(number);
                }
                _ => {}
            }
        }
        totals.add(block);
        totals
    }

    fn add(&mut self, block: Totals) {
        let Some(pass) = block.pass.filter(|_| block.has_cancelled) else { return };
        self.pass = Some(self.pass.unwrap_or(0).saturating_add(pass));
        self.failed = self.failed.saturating_add(block.failed);
        self.has_cancelled = true;
    }
}

/// A `not ok` line and the block of details below it.
struct TapFailure<'a> {
    name: String,
    ancestors: Vec<&'a str>,
    is_suite: bool,
    by_child: bool,
    location: Option<&'a str>,
    facts: Vec<&'a str>,
}

fn from_tap(text: &str, totals: Totals) -> Report {
    let mut failures = Failures::default();
    let mut counted = 0_u32;
    let mut only_parents = Failures::default();
    let mut stack: Vec<&str> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let body = line.trim_start_matches(' ');
        let depth = (line.len() - body.len()) / 4;
        if let Some(subtest) = body.strip_prefix("# Subtest: ") {
            stack.truncate(depth);
            stack.push(subtest);
            continue;
        }
        let Some(result) = tap::line(body).filter(|result| !result.ok && result.counts) else { continue };
        let mut failure = TapFailure {
            name: node_name(result.name, result.opens),
            ancestors: stack.get(..depth.min(stack.len())).unwrap_or_default().to_vec(),
            is_suite: false,
            by_child: false,
            location: None,
            facts: Vec::new(),
        };
        if lines.peek().is_some_and(|next| next.trim_start() == "---") {
            lines.next();
            read_facts(&mut lines, line.len() - body.len() + 2, &mut failure);
        }
        if !failure.is_suite {
            counted = counted.saturating_add(1);
        }
        let to = if failure.by_child { &mut only_parents } else { &mut failures };
        to.push(failure.finish());
    }
    // A parent that failed only because of its child would be counted twice
    let failing = if failures.0.is_empty() { only_parents.0 } else { failures.0 };
    let agrees = counted == totals.failed || (counted == 0 && !failing.is_empty());
    let agrees = agrees && (totals.failed == 0 || !failing.is_empty());
    Report::named(failing, agrees, totals.pass)
}

/// A name as Node writes it: it escapes line breaks twice, and knows no subtests in braces.
fn node_name(raw: &str, opens: bool) -> String {
    let plain = tap::unescape(&raw.replace("\\\\n", " ").replace("\\\\t", " "));
    if opens { format!("{plain} {{") } else { plain }
}

fn read_facts<'a>(
    lines: &mut std::iter::Peekable<std::str::Lines<'a>>,
    indent: usize,
    failure: &mut TapFailure<'a>,
) {
    let mut in_message = false;
    for line in lines.by_ref() {
        let own = line.len() - line.trim_start_matches(' ').len() == indent;
        let fact = line.trim();
        if own {
            if fact == "..." {
                return;
            }
            in_message = fact.starts_with("error:");
            match fact {
                "type: 'suite'" => failure.is_suite = true,
                "failureType: 'subtestsFailed'" => failure.by_child = true,
                _ => {}
            }
            if let Some(at) = fact.strip_prefix("location: '").and_then(|at| at.strip_suffix('\'')) {
                failure.location = Some(at);
            }
            // The quotes depend on what the message holds
            let quoted = |quote: char| fact.strip_prefix("error: ")?.strip_prefix(quote)?.strip_suffix(quote);
            if let Some(message) = ['\'', '"', '`'].into_iter().find_map(quoted) {
                failure.facts.push(message);
            } else if fact.starts_with("expected:") || fact.starts_with("actual:") {
                failure.facts.push(fact);
            }
        } else if in_message && failure.facts.len() < 100 {
            failure.facts.push(fact);
        }
    }
}

impl TapFailure<'_> {
    fn finish(self) -> TestFailure {
        let at = self.location.and_then(place);
        let path: Vec<&str> = at.map(|(file, _)| file).into_iter().chain(self.ancestors).collect();
        let whole_file = at.is_some_and(|(file, _)| file == self.name);
        TestFailure {
            suite: (!path.is_empty() && !whole_file).then(|| name(&path.join(" > "))),
            name: name(&self.name),
            // For a whole file the details say only that it failed
            detail: if whole_file { None } else { detail(&self.facts) },
            file: at.map(|(file, _)| file.to_owned()),
            line: at.map(|(_, line)| line),
        }
    }
}

/// Reads the flat list under "failing tests:", which contains no parents and suites.
fn from_spec(text: &str, totals: Totals) -> Report {
    let Some(passed) = totals.pass else { return Report::default() };
    let mut failures = Failures::default();
    // The list follows the totals; elsewhere a test printed its heading
    let (mut after_totals, mut in_list) = (false, false);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == FAILING {
            in_list |= after_totals;
        } else if line.starts_with("ℹ ") {
            in_list = false;
            after_totals |= line.starts_with("ℹ duration_ms ");
        } else if !line.trim().is_empty() {
            after_totals = false;
        }
        let at = line.strip_prefix("test at ").filter(|_| in_list).and_then(place);
        let Some((file, number)) = at else { continue };
        let Some(first) = lines.next().and_then(|line| line.strip_prefix("✖ ")) else { continue };
        let mut test = first.to_owned();
        for _ in 0..rest_of_title(first, &lines) {
            test = format!("{test} {}", lines.next().unwrap_or_default().trim());
        }
        let mut message = Vec::new();
        while let Some(next) = lines.next_if(|line| !line.starts_with("test at ")) {
            if message.len() < 100 && !next.trim_start().starts_with("at ") {
                message.push(next);
            }
        }
        let Some(test) = result_name(&test) else { continue };
        let whole_file = test == file || test.ends_with(&format!("/{file}"));
        failures.push(TestFailure {
            name: name(test),
            suite: (!whole_file).then(|| name(file)),
            detail: if whole_file { None } else { detail(&message) },
            file: Some(file.to_owned()),
            line: Some(number),
        });
    }
    // The tree above the list has every failure too, but also parents and suites
    let (leaves, all) = tree(text);
    let found = count(failures.0.len());
    let agrees = leaves <= found && found <= all.max(totals.failed) && (found > 0) == (totals.failed > 0);
    Report::named(failures.0, agrees, Some(passed))
}

const FAILING: &str = "✖ failing tests:";

/// `name (1.2ms)`; a cancelled test has no time. `None` if it is TODO.
fn result_name(test: &str) -> Option<&str> {
    let test = match test.rsplit_once(" # ") {
        Some((_, directive)) if directive.starts_with("TODO") || directive.starts_with("SKIP") => {
            return None;
        }
        // Behind the time stands why a test is still to do
        Some((test, why)) if ends_with_time(test) && !ends_with_time(why) => return None,
        _ => test,
    };
    match test.rsplit_once(" (") {
        Some((test, time)) if time.ends_with("ms)") => Some(test),
        _ => Some(test),
    }
}

fn ends_with_time(title: &str) -> bool {
    let time = title.rsplit_once('(').and_then(|(_, time)| time.strip_suffix("ms)"));
    time.is_some_and(|time| time.parse::<f64>().is_ok())
}

/// How many of the next lines belong to a title with line breaks: up to the one with its time.
fn rest_of_title(first: &str, lines: &std::iter::Peekable<std::str::Lines<'_>>) -> usize {
    if ends_with_time(first) {
        return 0;
    }
    let goes_on =
        |line: &&str| !line.trim().is_empty() && !line.starts_with("  '") && !line.starts_with("test at ");
    let next: Vec<&str> = lines.clone().take(TITLE_LINES).take_while(goes_on).collect();
    next.iter().position(|line| ends_with_time(line)).map_or(0, |at| at + 1)
}

/// Lines of a title that holds line breaks.
const TITLE_LINES: usize = 10;

/// The number of failures in the tree: those without children, and all.
fn tree(text: &str) -> (u32, u32) {
    let (mut leaves, mut all) = (0_u32, 0_u32);
    // The open parents: a parent's own verdict comes after its children
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut in_list = false;
    for line in text.lines() {
        let body = line.trim_start_matches(' ');
        let depth = line.len() - body.len();
        if line == FAILING {
            in_list = true;
        } else if let Some(parent) = body.strip_prefix("▶ ") {
            in_list = false;
            open.retain(|(other, _)| *other < depth);
            open.push((depth, result_name(parent).unwrap_or(parent)));
        } else if let Some(test) = body.strip_prefix("✖ ").and_then(result_name).filter(|_| !in_list) {
            all += 1;
            let known = open.iter().position(|(other, name)| *other == depth && *name == test);
            match known {
                Some(at) => open.truncate(at),
                None => leaves += 1,
            }
        } else if body.starts_with("ℹ tests ") {
            open.clear();
        }
    }
    (leaves, all)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::parse::fixtures::check;

    #[test]
    fn real_tap() {
        check(
            parse,
            include_str!("../../../fixtures/node_test/tap.txt"),
            expect![[r#"
                passed: Some(3)
                - [/slot/test/a.test.js > outer > deep] adds @ /slot/test/a.test.js:4 | Expected values to be strictly equal:
                - [/slot/test/a.test.js > parent] child fails @ /slot/test/a.test.js:8 | boom
                - [/slot/test/a.test.js] name with # hash (1ms) @ /slot/test/a.test.js:13 | no
                - [] /slot/test/b.test.js @ /slot/test/b.test.js:1 | -
            "#]],
        );
    }

    #[test]
    fn real_spec() {
        check(
            parse,
            include_str!("../../../fixtures/node_test/spec.txt"),
            expect![[r#"
                passed: Some(3)
                - [test/a.test.js] adds @ test/a.test.js:4 | AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
                - [test/a.test.js] child fails @ test/a.test.js:8 | Error: boom
                - [test/a.test.js] name with # hash (1ms) @ test/a.test.js:13 | AssertionError [ERR_ASSERTION]: no
                - [] /slot/test/b.test.js @ test/b.test.js:1 | -
            "#]],
        );
    }

    #[test]
    fn a_suite_whose_hook_fails() {
        check(
            parse,
            "not ok 1 - suite\n  ---\n  type: 'suite'\n  failureType: 'hookFailed'\n  error: 'no database'\n  ...\n\
             # tests 1\n# pass 0\n# fail 0\n# cancelled 1\n",
            expect![[r#"
                passed: Some(0)
                - [] suite | no database
            "#]],
        );
    }

    #[test]
    fn a_run_that_stops_before_its_summary() {
        check(
            parse,
            "TAP version 13\n# Subtest: a\nok 1 - a\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }

    #[test]
    fn a_forged_failure_line_makes_names_unknown() {
        check(
            parse,
            "not ok 1 - real\nnot ok 2 - forged\n# tests 1\n# pass 0\n# fail 1\n# cancelled 0\n",
            expect![[r#"
            passed: Some(0)
            names: unknown
        "#]],
        );
    }

    #[test]
    fn printed_sums_and_lists_are_none_titles_may_break_and_todo_fails_nothing() {
        let totals = "ℹ tests 3\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ todo 1\nℹ duration_ms 7.5\n";
        let list = "test at a.test.js:3:1\n✖ two\n  lines (0.5ms)\n  Error: no\n\ntest at a.test.js:9:1\n✖ later (0.2ms) # when it is cool\n  Error: x\n";
        check(
            parse,
            &format!(
                "ℹ fail 9\n✖ failing tests:\n\ntest at b.test.js:1:1\n✖ fake (1ms)\n{totals}\n✖ failing tests:\n\n{list}"
            ),
            expect![[r#"
                passed: Some(1)
                - [a.test.js] two lines @ a.test.js:3 | Error: no
            "#]],
        );
    }
}
