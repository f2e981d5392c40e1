//! Distinguishes a missing program from one that failed.

/// The program that a command needed and did not find, if the output shows that.
pub(super) fn program(code: i32, text: &str, run: &str) -> Option<String> {
    match code {
        127 => {
            Some(text.lines().rev().find_map(named_by_shell).unwrap_or_else(|| first_word(run).to_owned()))
        }
        126 => text.lines().rev().find_map(|line| {
            let (before, _) = line.split_once(": Permission denied")?;
            Some(last_part(before).to_owned())
        }),
        0 => None,
        _ => text.lines().find_map(|line| {
            if let Some(rest) = line.strip_prefix("error: no such command: `") {
                return Some(format!("cargo {}", rest.trim_end_matches(['`', '\n'])));
            }
            if let Some((_, script)) = line.split_once("Missing script: \"") {
                return Some(format!("the script {}", script.trim_end_matches('"')));
            }
            let (python, module) = line.split_once(": No module named ")?;
            // Only Python's own message counts: a failing import has a traceback
            let says_python = python.rsplit('/').next().is_some_and(|name| name.starts_with("python"));
            let asked = run.split_whitespace().any(|word| word == module.trim().trim_matches('\''));
            (says_python && asked).then(|| format!("the Python module {}", module.trim()))
        }),
    }
}

/// `sh: 1: foo: not found`, `bash: line 1: foo: command not found`, and kin.
fn named_by_shell(line: &str) -> Option<String> {
    if let Some((_, program)) = line.split_once("command not found: ") {
        return Some(program.trim().to_owned());
    }
    let before = line
        .strip_suffix(": command not found")
        .or_else(|| line.strip_suffix(": not found"))
        .or_else(|| line.strip_suffix(": No such file or directory"))?;
    let program = last_part(before).trim_matches(['\'', '`', '"', '‘', '’']);
    (!program.is_empty()).then(|| program.to_owned())
}

fn last_part(text: &str) -> &str {
    text.rsplit(": ").next().unwrap_or(text).trim()
}

fn first_word(run: &str) -> &str {
    run.split_whitespace().next().unwrap_or(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_and_package_managers_name_what_is_missing() {
        let cases = [
            (127, "sh: 1: eslint: not found", "npm run lint", Some("eslint")),
            (127, "noise\nbash: line 1: go: command not found\n", "go test ./...", Some("go")),
            (127, "zsh: command not found: foo", "foo", Some("foo")),
            (127, "env: 'python9': No such file or directory", "./run", Some("python9")),
            (127, "", "tool --x", Some("tool")),
            (101, "error: no such command: `nextest`\n", "cargo nextest run", Some("cargo nextest")),
            (1, "npm error Missing script: \"test\"", "npm test", Some("the script test")),
            (
                1,
                "/usr/bin/python3: No module named pytest",
                "python3 -m pytest",
                Some("the Python module pytest"),
            ),
            (1, "ModuleNotFoundError: No module named 'x'", "python3 -m pytest", None),
            (1, "sh: 1: x: not found", "make", None),
            (0, "sh: 1: x: not found", "make", None),
        ];
        for (code, text, run, expected) in cases {
            assert_eq!(program(code, text, run).as_deref(), expected, "{text}");
        }
    }
}
