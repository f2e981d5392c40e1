//! Places that compilers and linters name in their output.
//!
//! It reads output and opens no file; a named place may be anywhere.

use std::collections::{BTreeMap, HashSet};

use crate::output::shorten;

/// The message of a compiler or a linter for one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Diagnostic {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// The most diagnostics that are reported one by one.
const MAX_DIAGNOSTICS: usize = 30;
/// Lines and bytes of one message.
const MAX_LINES: usize = 15;
const MAX_BYTES: usize = 1_500;

/// The most diagnostics that are read for a comparison.
const MAX_READ: usize = 5_000;

/// All errors that an output names.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    pub(crate) errors: Vec<Diagnostic>,
    /// Whether the tool reports all that it finds, and all of it was read.
    pub(crate) complete: bool,
}

/// The errors in the output of a failed command, in order, without warnings; empty if the format is not known.
pub(crate) fn errors(text: &str) -> Vec<Diagnostic> {
    let mut errors = find(text, MAX_DIAGNOSTICS);
    errors.truncate(MAX_DIAGNOSTICS);
    errors
}

/// The errors in an output, and whether the list is complete.
pub(crate) fn read(text: &str) -> Diagnostics {
    let errors = find(text, MAX_READ);
    let is_whole = errors.len() < MAX_READ && !text.contains(crate::parse::LEFT_OUT);
    let told = told(text).is_some_and(|told| told == errors.len());
    Diagnostics { complete: is_whole && (told || lists_only(text, &errors)), errors }
}

/// Whether a linter prints its findings and nothing else, as flake8 does: then none is left out.
fn lists_only(text: &str, errors: &[Diagnostic]) -> bool {
    // Before them, package managers print the script that they run
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("> "));
    let mut listed = 0_usize;
    for line in lines {
        if !is_listed(line) {
            return false;
        }
        listed += 1;
    }
    listed > 0 && listed == errors.len()
}

/// `a.py:3:1: F401 …`: a place with a column, and the code of a rule.
fn is_listed(line: &str) -> bool {
    let Some((at, message)) = line.split_once(": ") else { return false };
    let has_column = at.rsplit_once(':').is_some_and(|(at, column)| {
        column.bytes().all(|b| b.is_ascii_digit())
            && at.rsplit_once(':').is_some_and(|(_, line)| line.parse::<u32>().is_ok())
    });
    let code = message.split([' ', ':']).next().unwrap_or_default();
    let is_code =
        code.starts_with(|c: char| c.is_ascii_uppercase()) && code.ends_with(|c: char| c.is_ascii_digit());
    has_column && is_code && place(at).is_some()
}

/// The errors that are new; a moved line number does not make an error new.
pub(crate) fn new(before: &[Diagnostic], after: &[Diagnostic]) -> Vec<Diagnostic> {
    let key =
        |error: &Diagnostic| (error.file.clone(), stable(error.message.lines().next().unwrap_or_default()));
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    for error in before {
        *known.entry(key(error)).or_default() += 1;
    }
    let all = known.clone();
    let is_new = |error: &&Diagnostic| match known.get_mut(&key(error)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let new = after.iter().filter(is_new).take(MAX_DIAGNOSTICS);
    let told = |error: &Diagnostic| match all.get(&key(error)) {
        None => error.clone(),
        // Nothing tells which of them is the old one
        Some(old) => {
            let same = after.iter().filter(|other| key(other) == key(error));
            let lines: Vec<String> = same.take(MAX_DIAGNOSTICS).map(|other| other.line.to_string()).collect();
            let message = format!(
                "{}\nthe same error is in this file on lines {}; {old} of them stood there before the change",
                error.message,
                lines.join(", ")
            );
            Diagnostic { message, ..error.clone() }
        }
    };
    new.map(told).collect()
}

/// A message without what changes when other lines of the file do: numbers of lines in it (`from line 8`), and the spaces
/// that align a table.
fn stable(message: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in message.split_whitespace() {
        let is_number = word.trim_matches(|c: char| !c.is_alphanumeric()).parse::<u32>().is_ok();
        let after_line = words.last().is_some_and(|last| ["line", "lines", "Line", "row"].contains(last));
        words.push(if is_number && after_line { "N" } else { word });
    }
    crate::names::stable(&words.join(" "))
}

/// The number of errors that the tool itself reports, if it does not stop early: tsc, ESLint, Ruff, mypy, Pyright, Biome; rustc
/// and Clippy for one crate.
fn told(text: &str) -> Option<usize> {
    let mut total = None;
    let mut add = |count: usize| total = Some(total.unwrap_or(0_usize).saturating_add(count));
    let (mut of_tsc, mut crates) = (0, 0);
    for line in text.lines() {
        let number = |text: &str| text.split_whitespace().next().and_then(|n| n.parse::<usize>().ok());
        if line.contains("error TS") {
            of_tsc += 1;
        } else if let Some((_, rest)) = of_rustc(line) {
            crates += 1;
            add(rest);
        } else if let Some(rest) = line.strip_prefix("Found ").filter(|rest| rest.contains(" error")) {
            // tsc in colour, Ruff, mypy and Biome
            add(number(rest)?);
        } else if let Some(rest) =
            line.trim_start().strip_prefix("✖ ").filter(|rest| rest.contains(" problem"))
        {
            // ESLint: `✖ 3 problems (2 errors, 1 warning)`
            add(number(rest.split_once('(').map_or(rest, |(_, errors)| errors))?);
        } else if line.contains(" error") && line.contains(" warning") && line.contains(" information") {
            // Pyright: `2 errors, 0 warnings, 0 informations`
            add(number(line)?);
        }
    }
    // What depends on a crate that does not compile is not looked at
    if crates > 1 {
        return None;
    }
    // The plain form of tsc has no total, but each error has its own line
    total.or((of_tsc > 0).then_some(of_tsc))
}

/// rustc: "error: could not compile `demo` (lib) due to 2 previous errors; 1 warning emitted".
fn of_rustc(line: &str) -> Option<(&str, usize)> {
    let (name, rest) = line.strip_prefix("error: could not compile `")?.split_once(" due to ")?;
    let number = rest.split_whitespace().next()?;
    let is_total = rest.contains(" previous error");
    Some((name, if number == "previous" { 1 } else { number.parse().ok()? })).filter(|_| is_total)
}

fn find(text: &str, limit: usize) -> Vec<Diagnostic> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut seen = HashSet::new();
    // The file to which eslint's following lines belong
    let mut heading: Option<&str> = None;
    for (at, line) in lines.iter().enumerate() {
        let rest = lines.get(at + 1..).unwrap_or_default();
        let next = rest.first().copied().unwrap_or_default();
        if is_heading(line, next) {
            heading = Some(line);
        } else if line.is_empty() {
            heading = None;
        }
        let diagnostic = arrow(line, rest)
            .or_else(|| parentheses(line, rest))
            .or_else(|| colons(line, rest))
            .or_else(|| biome(line, rest))
            .or_else(|| heading.and_then(|file| columns(file, line)));
        if let Some(diagnostic) = diagnostic.filter(|diagnostic| seen.insert(diagnostic.clone())) {
            found.push(diagnostic);
            if found.len() == limit {
                break;
            }
        }
    }
    found
}

/// rustc and ruff: a title, then ` --> src/lib.rs:1:8`, then the source.
fn arrow(title: &str, rest: &[&str]) -> Option<Diagnostic> {
    let (file, line) = place(rest.first()?.trim_start().strip_prefix("--> ")?)?;
    if title.is_empty()
        || title.starts_with([' ', '='])
        || title.starts_with("warning")
        || title.starts_with("note")
    {
        return None;
    }
    let block = rest.split(|line| line.trim().is_empty()).next().unwrap_or_default();
    Some(diagnostic(file, line, title, block))
}

/// tsc: `src/a.ts(3,5): error TS2322: …`, with details in indented lines.
fn parentheses(text: &str, rest: &[&str]) -> Option<Diagnostic> {
    let (place, message) = text.split_once("): error ")?;
    let (file, position) = place.rsplit_once('(')?;
    let line = position.split(',').next()?.parse().ok()?;
    is_file(file).then(|| diagnostic(file, line, message, indented(rest)))
}

/// Most others: `a.go:3:2: message`, `a.py:3: error: message`, `a.ts:3:5 - error …`.
fn colons(text: &str, rest: &[&str]) -> Option<Diagnostic> {
    let text = text.strip_prefix("vet: ").unwrap_or(text);
    let (at, message) = match text.split_once(" - error ") {
        Some(parts) => parts,
        None => text.split_once(": ")?,
    };
    let (file, line) = place(at)?;
    let mild = ["warning", "note", "info", "help"].iter().any(|word| message.starts_with(word));
    (!mild && !text.starts_with(' ')).then(|| diagnostic(file, line, message, indented(rest)))
}

/// Biome: `a.js:3:5 lint/suspicious/noDoubleEquals ━━━`, then the message behind `×`; a file that is not formatted has no line.
fn biome(text: &str, rest: &[&str]) -> Option<Diagnostic> {
    let mut words = text.trim_end().strip_suffix('━')?.split_whitespace();
    let (at, category) = (words.next()?, words.next()?);
    let known = ["lint/", "parse", "format", "assist/", "organizeImports", "syntax", "suppressions/"];
    if !known.iter().any(|start| category.starts_with(start)) {
        return None;
    }
    let (file, line) = place(at).or_else(|| is_file(at).then_some((at, 1)))?;
    let message = rest.iter().take(MAX_LINES).find_map(|line| line.trim_start().strip_prefix("× "));
    // Without this mark it is a warning or an information
    Some(diagnostic(file, line, &format!("{category}: {}", message?.trim()), &[]))
}

/// eslint: a file, then `  3:5  error  message  rule`.
fn columns(file: &str, text: &str) -> Option<Diagnostic> {
    let (position, rest) = text.strip_prefix("  ")?.trim_start().split_once("  ")?;
    let message = rest.trim_start().strip_prefix("error")?;
    let (line, column) = position.split_once(':')?;
    column.parse::<u32>().ok()?;
    Some(diagnostic(file, line.parse().ok()?, message, &[]))
}

fn is_heading(line: &str, next: &str) -> bool {
    let starts_with_position = next
        .strip_prefix("  ")
        .and_then(|next| next.trim_start().split_once(':'))
        .is_some_and(|(line, _)| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()));
    starts_with_position && is_file(line)
}

fn diagnostic(file: &str, line: u32, title: &str, block: &[&str]) -> Diagnostic {
    let mut message = title.trim().to_owned();
    for more in block.iter().take(MAX_LINES) {
        message.push('\n');
        message.push_str(more.trim_end());
    }
    Diagnostic { file: file.trim_start_matches("./").to_owned(), line, message: shorten(&message, MAX_BYTES) }
}

fn indented<'a>(rest: &'a [&'a str]) -> &'a [&'a str] {
    let end = rest.iter().take(MAX_LINES).take_while(|line| line.starts_with("  ")).count();
    rest.get(..end).unwrap_or_default()
}

/// `path:12:5` or `path:12`, if the path looks like one.
fn place(text: &str) -> Option<(&str, u32)> {
    crate::parse::place(text).filter(|(file, _)| is_file(file))
}

fn is_file(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or(text);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    (1..=8).contains(&extension.len())
        && extension.bytes().all(|b| b.is_ascii_alphanumeric())
        && !text.contains("://")
        && !text.contains(": ")
        && !text.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: Expect) {
        let told = errors(text).into_iter().map(|d| format!("{}:{} {:?}\n", d.file, d.line, d.message));
        expected.assert_eq(&told.collect::<String>());
    }

    #[test]
    fn rustc() {
        check(
            "warning: unused\n --> src/a.rs:1:1\n\nerror[E0425]: cannot find value `x` in this scope\n  \
             --> src/lib.rs:2:5\n  |\n2 |     x\n  |     ^ not found\n\nerror: could not compile `demo`\n",
            expect![[r#"
                src/lib.rs:2 "error[E0425]: cannot find value `x` in this scope\n  --> src/lib.rs:2:5\n  |\n2 |     x\n  |     ^ not found"
            "#]],
        );
    }

    #[test]
    fn tsc_plain_and_pretty() {
        check(
            "src/a.ts(3,5): error TS2322: Type 'a' is not b.\n  Types differ.\nsrc/b.tsx:7:1 - error TS1005: ';' expected.\n",
            expect![[r#"
                src/a.ts:3 "TS2322: Type 'a' is not b.\n  Types differ."
                src/b.tsx:7 "TS1005: ';' expected."
            "#]],
        );
    }

    #[test]
    fn eslint() {
        check(
            "/slot/src/a.js\n  1:7  error    'x' is never used  no-unused-vars\n  2:1  warning  no\n\n✖ 2 problems\n",
            expect![[r#"
                /slot/src/a.js:1 "'x' is never used  no-unused-vars"
            "#]],
        );
    }

    #[test]
    fn go_mypy_and_ruff() {
        check(
            "# example.com/m\n./a.go:3:2: undefined: x\nvet: ./b.go:1:1: no\nm.py:4: error: Bad  [x]\nm.py:5: note: see\n\
             F401 `os` imported but unused\n --> c.py:1:8\n  |\n1 | import os\n",
            expect![[r#"
                a.go:3 "undefined: x"
                b.go:1 "no"
                m.py:4 "error: Bad  [x]"
                c.py:1 "F401 `os` imported but unused\n --> c.py:1:8\n  |\n1 | import os"
            "#]],
        );
    }

    #[test]
    fn biome_and_flake8() {
        let biome = "a.js:3:5 lint/suspicious/noDoubleEquals  FIXABLE  ━━━━━━━━\n\n  × Using == is unsafe.\n  \n  > 3 │ if (a == b)\n\nb.js format ━━━━━━\n\n  × Formatter would have printed the following content:\n\nChecked 2 files in 3ms.\nFound 2 errors.\n";
        check(
            biome,
            expect![[r#"
                a.js:3 "lint/suspicious/noDoubleEquals: Using == is unsafe."
                b.js:1 "format: Formatter would have printed the following content:"
            "#]],
        );
        assert!(read(biome).complete);
        assert!(read("> lint\n> flake8\n\n./a.py:1:1: F401 'os' imported but unused\n").complete);
        assert!(!read("./a.py:1:1: F401 'os' imported but unused\nTraceback: it died\n").complete);
        assert!(!read("a.go:3:2: undefined: x\n").complete, "a compiler stops early");
    }

    #[test]
    fn one_crate_is_read_whole_and_several_are_not() {
        let error = "error: unneeded `return` statement\n --> src/lib.rs:2:5\n  |\n\n";
        let end = |name: &str| format!("error: could not compile `{name}` (lib) due to 1 previous error\n");
        assert!(read(&format!("{error}{}", end("a"))).complete);
        assert!(!read(&format!("{error}{}{}", end("a"), end("b"))).complete);
    }

    #[test]
    fn one_more_of_the_same_error_names_every_line() {
        let at = |line| Diagnostic { file: "a.ts".into(), line, message: "no such type".into() };
        let found = new(&[at(1)], &[at(1), at(2)]);
        let [error] = found.as_slice() else { panic!("{found:?}") };
        assert!(
            error.message.ends_with("on lines 1, 2; 1 of them stood there before the change"),
            "{error:?}"
        );
        assert_eq!(new(&[], &[at(3)]), [at(3)]);
    }

    #[test]
    fn an_error_that_only_moved_is_not_new() {
        let one = |message: &str| vec![Diagnostic { file: "a.js".into(), line: 1, message: message.into() }];
        for (before, after) in [
            (
                "'x' is assigned but never used     no-unused-vars",
                "'x' is assigned but never used  no-unused-vars",
            ),
            (
                "F811 Redefinition of unused `add` from line 1",
                "F811 Redefinition of unused `add` from line 8",
            ),
            (
                "Name \"f\" already defined on line 3  [no-redef]",
                "Name \"f\" already defined on line 12  [no-redef]",
            ),
        ] {
            assert_eq!(new(&one(before), &one(after)), []);
        }
        assert_eq!(new(&one("expected 2 arguments"), &one("expected 3 arguments")).len(), 1);
    }

    #[test]
    fn what_is_no_diagnostic() {
        check("http://localhost:3000: started\n12:30:01 done\nerror: x\nTime: 3:02\n", expect![[""]]);
    }
}
