//! Splits the output of a script runner: into the lines of each package, which it marks with a prefix, and
//! the scripts below their banners. Supports pnpm, npm, Yarn, Bun, turbo, Lerna, Nx and concurrently;
//! knows no test runner.

use std::collections::{BTreeMap, BTreeSet};

/// The lines of one package or script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The package, if its lines are marked.
    pub(crate) label: Option<String>,
    /// The command in the banner.
    pub(crate) command: Option<String>,
    pub(crate) text: String,
    /// Whether the script runner reports that it failed.
    pub(crate) red: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    /// Some packages were stopped, or never started, because one failed.
    pub(crate) stopped: bool,
}

/// The most labels that are distinguished.
const MAX_LABELS: usize = 2_000;
const MAX_LABEL: usize = 120;

pub(crate) fn split(text: &str) -> Parts {
    let tool = Tool::read(text);
    let labels = tool.labels;
    let mut marked: Vec<Part> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut outer = String::new();
    for line in text.lines() {
        let known = marks(line).into_iter().flatten().find(|mark| labels.contains(mark.label));
        let Some(mark) = known else {
            outer.push_str(line);
            outer.push('\n');
            continue;
        };
        let at = *places.entry(mark.label).or_insert_with(|| {
            marked.push(Part { label: Some(mark.label.to_owned()), ..Part::default() });
            marked.len() - 1
        });
        let Some(part) = marked.get_mut(at) else { continue };
        match mark.ending() {
            _ if mark.is_command => part.command = Some(mark.rest.to_owned()),
            Some(code_is_zero) => part.red |= !code_is_zero,
            None => {
                part.text.push_str(mark.rest);
                part.text.push('\n');
            }
        }
    }
    for part in &mut marked {
        let label = part.label.as_deref().unwrap_or_default();
        part.red |= tool.failed.contains(label);
    }
    let mut parts = scripts(&outer);
    // Lines outside of packages are a part only if they contain scripts, or if there is nothing else
    if !marked.is_empty() && parts.len() < 2 && parts.iter().all(|part| part.command.is_none()) {
        parts.clear();
    }
    marked.append(&mut parts);
    Parts { parts: marked, stopped: tool.stopped }
}

/// A line's prefix, if it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark<'a> {
    label: &'a str,
    rest: &'a str,
    /// `label$ command`
    is_command: bool,
}

/// The possible prefixes of a line: `[a] …`, `[a]: …`, `a:test: …`, `packages/a test: …`, `packages/a
/// test$ …`.
fn marks(line: &str) -> [Option<Mark<'_>>; 2] {
    // The older modern Yarn puts a code before its own lines
    let line = line.strip_prefix("➤ YN0000: ").unwrap_or(line);
    if let Some(inner) = line.strip_prefix('[') {
        let Some((label, rest)) = inner.split_once(']') else { return [None, None] };
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        let fits = !label.trim().is_empty()
            && label.len() <= MAX_LABEL
            && (rest.is_empty() || rest.starts_with(' '));
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        return [fits.then_some(Mark { label: label.trim(), rest, is_command: false }), None];
    }
    let of = |at: usize, end: usize, is_command: bool| {
        let label = line.get(..at)?;
        let fits = (1..=MAX_LABEL).contains(&label.len())
            && label.matches(' ').count() <= 1
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"@/._-:# ".contains(&b))
            && !label.starts_with([' ', '-', '#', ':'])
            && !label.ends_with(' ');
        fits.then(|| Mark { label, rest: line.get(end..).unwrap_or_default(), is_command })
    };
    let colon = line
        .find(": ")
        .map(|at| (at, at + 2))
        .or_else(|| line.strip_suffix(':').map(|label| (label.len(), line.len())));
    let dollar = line.find("$ ").map(|at| (at, at + 2));
    let command = dollar.and_then(|(at, end)| of(at, end, true)).filter(|mark| mark.label.contains(' '));
    [command, colon.and_then(|(at, end)| of(at, end, false))]
}

impl Mark<'_> {
    /// Whether the line reports the end of the package's command: `true` for status 0.
    fn ending(&self) -> Option<bool> {
        match self.rest {
            "Done" => return Some(true),
            "Failed" => return Some(false),
            _ => {}
        }
        let code = self
            .rest
            .strip_prefix("Exited with code ")
            .or_else(|| self.rest.rsplit_once(" exited with code ").map(|(_, code)| code))
            .or_else(|| self.rest.strip_prefix("Process exited (exit code ")?.split(')').next())?;
        let is_code = code.bytes().all(|b| b.is_ascii_alphanumeric());
        is_code.then_some(code == "0")
    }

    /// Whether only a script runner prints such a line.
    fn is_proof(&self) -> bool {
        if self.is_command {
            return true;
        }
        let starts = |words: &[&str]| words.iter().any(|word| self.rest.starts_with(word));
        let has_space = self.label.contains(' ');
        match self.rest {
            "Done" | "Failed" => has_space,
            _ => {
                (self.ending().is_some())
                    || starts(&["cache miss, executing ", "cache hit, ", "cache bypass, ", "Process started"])
                    || self.rest.strip_prefix("> ").is_some_and(is_package)
            }
        }
    }
}

/// `name@1.0.0 script`, perhaps followed by the folder.
fn is_package(text: &str) -> bool {
    let mut words = text.split(' ');
    words.next().is_some_and(|name| name.rfind('@').is_some_and(|at| at > 0)) && words.next().is_some()
}

/// The script runner's own lines.
#[derive(Default)]
struct Tool {
    labels: BTreeSet<String>,
    failed: BTreeSet<String>,
    stopped: bool,
}

/// Messages of script runners that stop at the first failure.
const STOPPED: [&str; 6] = [
    "ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL",
    "lerna ERR! npm run ",
    "lerna ERR! yarn run ",
    "lerna ERR! pnpm run ",
    "--> Sending SIGTERM to other processes",
    "The command failed for workspaces that are depended upon by other workspaces",
];

impl Tool {
    fn read(text: &str) -> Tool {
        let mut tool = Tool::default();
        let mut turbo = false;
        let (mut succeeded, mut total) = (0_usize, 0_usize);
        let mut is_yarn = false;
        for line in text.lines() {
            for mark in marks(line).into_iter().flatten() {
                if tool.labels.len() < MAX_LABELS && mark.is_proof() {
                    tool.labels.insert(mark.label.to_owned());
                }
            }
            tool.stopped |= STOPPED.iter().any(|word| line.contains(word));
            // The classic Yarn runs one workspace after another, until one fails
            is_yarn |= line.starts_with("yarn workspaces v1.");
            tool.stopped |= is_yarn && line.starts_with("error Command failed");
            // npm-run-all
            tool.stopped |= line.starts_with("ERROR: \"") && line.contains("\" exited with ");
            let body = line.trim_start();
            if let Some(counts) = body.strip_prefix("Tasks: ") {
                let number = |word: &str| {
                    super::text::number_before(counts, word).and_then(|n| usize::try_from(n).ok())
                };
                if let (Some(ok), Some(all)) = (number("successful"), number("total")) {
                    (turbo, succeeded, total) = (true, ok, all);
                }
            } else if let Some(failed) = body.strip_prefix("Failed: ").filter(|_| turbo) {
                tool.failed.extend(failed.split(", ").map(|task| task.trim().replace('#', ":")));
            }
        }
        if turbo {
            tool.stopped |= succeeded.saturating_add(tool.failed.len()) < total;
            tool.all_of_turbo(text);
        }
        tool
    }

    /// If the output is known to be turbo's, its prefix is `package:task: `.
    fn all_of_turbo(&mut self, text: &str) {
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        for mark in text.lines().flat_map(marks).flatten() {
            let fits = mark.label.contains(':') && !mark.label.contains([' ', '#']);
            if fits && (times.len() < MAX_LABELS || times.contains_key(mark.label)) {
                *times.entry(mark.label).or_default() += 1;
            }
        }
        self.labels
            .extend(times.into_iter().filter(|(_, times)| *times > 1).map(|(label, _)| label.to_owned()));
    }
}

/// The scripts that follow each other, each below its banner.
fn scripts(text: &str) -> Vec<Part> {
    let lines: Vec<&str> = text.lines().collect();
    let mut parts = vec![Part::default()];
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        let before = at.checked_sub(1).and_then(|before| lines.get(before)).copied().unwrap_or_default();
        if let (Some(title), Some(command)) = (line.strip_prefix("> "), next.strip_prefix("> "))
            && before.trim().is_empty()
            && !title.trim().is_empty()
        {
            parts.push(Part { command: Some(command.trim().to_owned()), ..Part::default() });
            at += 2;
            continue;
        }
        if line.starts_with("yarn run v1.") || line.starts_with("> nx run ") {
            parts.push(Part::default());
        }
        if let Some(part) = parts.last_mut() {
            if let Some(command) =
                line.strip_prefix("$ ").filter(|_| part.command.is_none() && is_quiet(&part.text))
            {
                part.command = Some(command.trim().to_owned());
            } else {
                part.red |= is_failure(line);
                part.text.push_str(line);
                part.text.push('\n');
            }
        }
        at += 1;
    }
    parts.retain(|part| part.command.is_some() || !part.text.trim().is_empty());
    parts
}

/// Whether a script has printed only the lines of its package manager so far.
fn is_quiet(text: &str) -> bool {
    text.lines().all(|line| {
        line.trim().is_empty() || line.starts_with("yarn run v1.") || line.starts_with("warning ")
    })
}

/// Whether a package manager prints this line for a failed script.
fn is_failure(line: &str) -> bool {
    ["npm error Lifecycle script ", "npm ERR! Lifecycle script ", "error Command failed with exit code "]
        .iter()
        .any(|word| line.starts_with(word))
        || line.trim_start().starts_with("ELIFECYCLE")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `label|command|red|text` of each part, lines joined by `/`.
    fn told(text: &str) -> Vec<String> {
        let part = |part: Part| {
            let text = part.text.trim_end().replace('\n', "/");
            format!(
                "{}|{}|{}|{text}",
                part.label.unwrap_or_default(),
                part.command.unwrap_or_default(),
                part.red
            )
        };
        split(text).parts.into_iter().map(part).collect()
    }

    #[test]
    fn prefixes_of_every_tool_are_taken_off() {
        let cases = [
            (
                "Scope: 2 of 3\npackages/a test$ vitest run\npackages/b test$ x\npackages/a test: one\npackages/b test:\n\
                 packages/a test: Failed\npackages/b test: Done\n",
                vec!["packages/a test|vitest run|true|one", "packages/b test|x|false|"],
            ),
            ("@x/a test: one\n@x/a test: Exited with code 1\n", vec!["@x/a test||true|one"]),
            (
                "[a] one\n[b] two\n[a] x exited with code 0\n[b] x exited with code 1\n",
                vec!["a||false|one", "b||true|two"],
            ),
            (
                "[@x/a]: Process started\n[@x/a]: one\n[@x/a]: Process exited (exit code 1), completed in 1s\n",
                vec!["@x/a||true|Process started/one"],
            ),
            (
                "@x/a:t: cache miss, executing 1\n@x/a:t: one\n@x/b:t: two\n@x/b:t: three\n Tasks:    1 successful, 2 total\nFailed:    @x/a#t\n",
                vec!["@x/a:t||true|cache miss, executing 1/one", "@x/b:t||false|two/three"],
            ),
            ("[info] one\nError: two\nnote: three\n", vec!["||false|[info] one/Error: two/note: three"]),
            (
                "\n> a@1.0.0 test\n> jest\n\none\n\n> a@1.0.0 posttest\n> npm audit\n\ntwo\n",
                vec!["|jest|false|/one", "|npm audit|false|/two"],
            ),
            (
                "yarn run v1.22.0\n$ jest\none\nerror Command failed with exit code 1.\n",
                vec!["|jest|true|yarn run v1.22.0/one/error Command failed with exit code 1."],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn a_tool_that_stopped_says_so() {
        for (text, stopped) in [
            ("yarn workspaces v1.22.0\n> a\nerror Command failed with exit code 1.\n", true),
            ("yarn run v1.22.0\nerror Command failed with exit code 1.\n", false),
            (" Tasks:    0 successful, 2 total\nFailed:    a#t\n", true),
            (" Tasks:    1 successful, 2 total\nFailed:    a#t\n", false),
            (" ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL  a\n", true),
            (" ERR_PNPM_RECURSIVE_FAIL \n", false),
        ] {
            assert_eq!(split(text).stopped, stopped, "{text}");
        }
    }
}
