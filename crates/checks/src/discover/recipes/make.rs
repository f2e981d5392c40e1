//! Makefiles: targets with their prerequisites and recipes. Variables with plain texts are
//! replaced; what make would compute stays as it is written.
//!
//! It runs nothing of a makefile.

use std::collections::BTreeMap;

use super::{Recipe, Recipes};
use crate::discover::source::Source;

/// How often variables are replaced in a text.
const MAX_ROUNDS: usize = 5;
/// The longest line in which variables are replaced.
const MAX_LINE: usize = 10_000;

/// The makefile that make would use in a folder.
pub(in crate::discover) fn makefile(source: &Source, folder: &str) -> Option<&'static str> {
    source.first(folder, &["GNUmakefile", "makefile", "Makefile"])
}

pub(in crate::discover) fn make(source: &Source, folder: &str) -> Option<Recipes> {
    let mut text = source.read(folder, makefile(source, folder)?)?;
    // Files that the makefile includes by name
    let included: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("include ").or_else(|| line.strip_prefix("-include ")))
        .flat_map(str::split_whitespace)
        .filter_map(|file| source.read(folder, file))
        .take(10)
        .collect();
    for more in included {
        text.push('\n');
        text.push_str(&more);
    }
    Some(make_of(&text))
}

pub(in crate::discover) fn make_of(text: &str) -> Recipes {
    let text = text.replace("\r\n", "\n").replace("\\\n", " ");
    let mut variables = BTreeMap::from([("MAKE".to_owned(), "make".to_owned())]);
    let mut recipes = Recipes::default();
    let mut current: Vec<String> = Vec::new();
    let mut in_define = false;
    for line in text.lines() {
        if line.starts_with("define ") || line == "define" {
            in_define = true;
        }
        if in_define {
            in_define = !line.starts_with("endef");
            continue;
        }
        if let Some(command) = line.strip_prefix('\t') {
            for name in &current {
                recipes.add(name, Recipe { lines: command_line(command, &variables), ..Recipe::default() });
            }
            continue;
        }
        let line = line.split(" #").next().unwrap_or(line).trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            continue;
        }
        let Some((names, rest)) = line.split_once(':') else {
            continue;
        };
        let rest = rest.trim_start_matches(':');
        // A variable of a single target
        if assignment(rest).is_some() || names.starts_with('.') && names.trim() != ".DEFAULT" {
            current.clear();
            continue;
        }
        let (needs, command) =
            rest.split_once(';').map_or((rest, None), |(needs, command)| (needs, Some(command)));
        let needs: Vec<String> = expand(needs, &variables)
            .split_whitespace()
            .filter(|word| *word != "|")
            .map(str::to_owned)
            .collect();
        current = expand(names, &variables).split_whitespace().map(str::to_owned).collect();
        for name in &current {
            let lines = command.map(|command| command_line(command, &variables)).unwrap_or_default();
            recipes.add(name, Recipe { needs: needs.clone(), lines });
        }
    }
    recipes
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").or_else(|| line.strip_prefix("override ")).unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!']).trim();
    (!name.is_empty() && !name.contains([' ', ':', '\t'])).then_some((name, value.trim()))
}

fn command_line(command: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let command = command.trim().trim_start_matches(['@', '-', '+', ' ']);
    if command.is_empty() { Vec::new() } else { vec![expand(command, variables)] }
}

fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for _ in 0..MAX_ROUNDS {
        let mut out = String::new();
        let mut rest = text.as_str();
        let mut changed = false;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at).unwrap_or_default());
            let after = rest.get(at + 1..).unwrap_or_default();
            if let Some(more) = after.strip_prefix('$') {
                out.push_str("$$");
                rest = more;
                continue;
            }
            let close = if after.starts_with('(') { ')' } else { '}' };
            let name = after.get(1..).and_then(|inner| Some((inner, inner.find(close)?)));
            match name.filter(|_| after.starts_with(['(', '{'])) {
                Some((inner, end)) if variables.contains_key(inner.get(..end).unwrap_or_default()) => {
                    out.push_str(
                        variables.get(inner.get(..end).unwrap_or_default()).map_or("", String::as_str),
                    );
                    rest = inner.get(end + 1..).unwrap_or_default();
                    changed = true;
                }
                _ => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        text = out;
        if !changed || text.len() > MAX_LINE {
            break;
        }
    }
    // In the shell `$$x` is `$x`; an unknown `$(x)` stays a word of make
    text.replace("$$", "\u{1}").replace("$(", "${").replace('\u{1}', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_have_what_they_need_and_what_they_run() {
        let text = "PY ?= python3\nRUN := $(PY) -m\n.PHONY: test\n\nall: test lint\n\ntest check: build ## runs them\n\t@$(RUN) pytest \\\n\t  -q\n\t-echo $$HOME\nlint: ; ruff check\nbuild:\ntest: X = 1\n";
        let recipes = make_of(text);
        assert_eq!(recipes.first(), Some("all"));
        let test = recipes.get("test").unwrap();
        assert_eq!(test.needs, ["build"]);
        assert_eq!(
            test.lines.iter().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
            ["python3 -m pytest -q", "echo $HOME"]
        );
        assert_eq!(recipes.get("check"), Some(test));
        assert_eq!(recipes.get("lint").unwrap().lines, ["ruff check"]);
        assert_eq!(recipes.get("all").unwrap().needs, ["test", "lint"]);
    }
}
