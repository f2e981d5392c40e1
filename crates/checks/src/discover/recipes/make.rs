//! Makefiles: targets with their prerequisites and recipes. Variables with plain texts are
//! replaced; what make would compute stays as it is written.
//!
//! It runs nothing of a makefile.

use std::collections::BTreeMap;

use super::{Recipe, Recipes};
use crate::discover::source::Source;

/// How often variables are replaced in a text.
const MAX_ROUNDS: usize = 5;
/// How deeply commands in functions of make are read.
const MAX_DEPTH: usize = 5;
/// The longest line in which variables are replaced.
const MAX_LINE: usize = 10_000;

/// Variables that make itself defines, or that are empty unless somebody sets them.
const BUILT_IN: &[(&str, &str)] = &[
    ("MAKE", "make"),
    ("CC", "cc"),
    ("CXX", "c++"),
    ("CPP", "cc -E"),
    ("AR", "ar"),
    ("AS", "as"),
    ("LD", "ld"),
    ("RANLIB", "ranlib"),
    ("STRIP", "strip"),
    ("RM", "rm -f"),
    ("MAKEFLAGS", ""),
    ("MFLAGS", ""),
    ("CFLAGS", ""),
    ("CXXFLAGS", ""),
    ("CPPFLAGS", ""),
    ("LDFLAGS", ""),
    ("LDLIBS", ""),
    ("ARFLAGS", ""),
    ("TARGET_ARCH", ""),
];

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
    let mut variables = BTreeMap::new();
    // A recipe is expanded only when it runs, with variables that stand below it, too
    for line in text.lines().filter(|line| !line.starts_with('\t')) {
        if let Some((name, value)) = assignment(line.split(" #").next().unwrap_or(line).trim_end()) {
            let is_computed = value.contains("$(shell") && BUILT_IN.iter().any(|(known, _)| *known == name);
            if !is_computed {
                variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
    }
    for (name, value) in BUILT_IN {
        variables.entry((*name).to_owned()).or_insert_with(|| (*value).to_owned());
    }
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
                recipes.add(
                    name,
                    Recipe { lines: command_line(command, name, &variables), ..Recipe::default() },
                );
            }
            continue;
        }
        let line = line.split(" #").next().unwrap_or(line).trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if assignment(line).is_some() {
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
            let lines = command.map(|command| command_line(command, name, &variables)).unwrap_or_default();
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

fn command_line(command: &str, target: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let command = command.trim().trim_start_matches(['@', '-', '+', ' ']);
    if command.is_empty() {
        return Vec::new();
    }
    let line = expand(command, variables);
    // An open quote says that the line cannot be read
    vec![to_shell(&line, target, MAX_DEPTH).unwrap_or_else(|| format!("{line}\n'"))]
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
    text
}

/// What is left for the shell: `$$x` is `$x`, `$(shell x)` is what x prints, and another reference is a word. `None`
/// where a reference would be the program, because then nobody knows what runs.
fn to_shell(text: &str, target: &str, depth: usize) -> Option<String> {
    if depth == 0 || text.len() > MAX_LINE {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        // The target's own name
        let plain = [("$", "$"), ("@", target)];
        if let Some((more, is)) = plain.iter().find_map(|(sign, is)| Some((after.strip_prefix(sign)?, is))) {
            out.push_str(is);
            rest = more;
            continue;
        }
        let Some((inner, end)) = after.strip_prefix('(').and_then(|inner| Some((inner, closing(inner)?)))
        else {
            out.push('$');
            rest = after;
            continue;
        };
        let name = inner.get(..end)?;
        if out.trim_end().is_empty() || out.trim_end().ends_with([';', '&', '|', '(', '`']) {
            return None;
        }
        if let Some(command) = name.strip_prefix("shell ") {
            out.push_str(&format!("$({})", to_shell(command, target, depth - 1)?));
        } else {
            let is_name = |c: &char| c.is_ascii_alphanumeric() || "_-.".contains(*c);
            out.push_str(&format!("${{{}}}", name.chars().take_while(is_name).collect::<String>()));
            // The commands that a function starts inside of its arguments
            let mut within = name;
            while let Some((_, command)) = within.split_once("$(shell ") {
                let length = closing(command)?;
                out.push_str(&format!("$({})", to_shell(command.get(..length)?, target, depth - 1)?));
                within = command.get(length..)?;
            }
        }
        rest = inner.get(end + 1..)?;
    }
    out.push_str(rest);
    Some(out)
}

/// The position of the bracket that closes what is open before the text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    text.char_indices().find_map(|(at, c)| {
        open = match c {
            '(' => open + 1,
            ')' => open - 1,
            _ => open,
        };
        (open == 0).then_some(at)
    })
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

    #[test]
    fn variables_of_make_itself_are_known_and_others_are_words() {
        let text = "all: prog\nprog: a.o\n\t$(CC) $(CFLAGS) -o $@ $(OBJS) $(wildcard $(shell ls *.c))\nclean:\n\t$(RM) prog\n\
                    run:\n\t$(TOOL) x\nOBJS = a.o\nCC := $(shell which gcc)\nlate:\n\techo $(shell date -I) $(NONE)\n";
        let recipes = make_of(text);
        let line = |name: &str| recipes.get(name).unwrap().lines.join("; ");
        assert_eq!(line("prog"), "cc  -o prog a.o ${wildcard}$(ls *.c)");
        assert_eq!(line("clean"), "rm -f prog");
        assert_eq!(line("late"), "echo $(date -I) ${NONE}");
        assert_eq!(line("run"), "$(TOOL) x\n'", "what runs is not known");
        let deep = make_of(&format!("t:\n\techo {}\n", "$(if $(shell ".repeat(2_000)));
        assert!(deep.get("t").is_some());
        let deep = make_of(&format!("t:\n\techo {}x{}\n", "$(if $(shell ".repeat(700), ")".repeat(1_400)));
        assert!(deep.get("t").unwrap().lines.concat().len() < 40_000);
    }
}
