//! Taskfiles of go-task; only commands that are plain texts.
//!
//! It reads the indentation and does not parse YAML. Includes and variables are not followed, and templates stay as
//! they are.

use super::{Recipe, Recipes};
use crate::discover::source::Source;

pub(in crate::discover) fn taskfile(source: &Source, folder: &str) -> Option<Recipes> {
    let files = ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml"];
    Some(parse(&source.read(folder, source.first(folder, &files)?)?))
}

fn parse(text: &str) -> Recipes {
    let mut recipes = Recipes::default();
    let mut lines = text.lines().skip_while(|line| line.trim_end() != "tasks:").skip(1).peekable();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut name = String::new();
    let mut key = String::new();
    let mut width = None;
    for line in lines.by_ref() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let depth = indent(line);
        if depth == 0 {
            break;
        }
        let width = *width.get_or_insert(depth);
        let text = line.trim();
        if depth <= width {
            let (task, rest) = text.split_once(':').unwrap_or((text, ""));
            name = task.trim_matches(['"', '\'']).to_owned();
            let recipe = match plain(rest) {
                "" => Recipe::default(),
                command => Recipe { lines: vec![command.to_owned()], ..Recipe::default() },
            };
            recipes.add(&name, recipe);
            key.clear();
            continue;
        }
        let (text, item) = text.strip_prefix("- ").map_or((text, false), |rest| (rest, true));
        if !item && let Some((word, rest)) = text.split_once(':') {
            key = word.to_owned();
            let rest = plain(rest);
            let list = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let values: Vec<String> = match list {
                Some(list) => list.split(',').map(|one| plain(one).to_owned()).collect(),
                None if rest.is_empty() || rest == "|" => Vec::new(),
                None => vec![rest.to_owned()],
            };
            add(&mut recipes, &name, &key, values);
            continue;
        }
        if let Some(task) = text.strip_prefix("task:") {
            add(&mut recipes, &name, "deps", vec![plain(task).to_owned()]);
        } else {
            let command = text.strip_prefix("cmd:").unwrap_or(text);
            add(&mut recipes, &name, &key, vec![plain(command).to_owned()]);
        }
    }
    recipes
}

fn add(recipes: &mut Recipes, name: &str, key: &str, values: Vec<String>) {
    match key {
        "cmds" | "cmd" => recipes.add(name, Recipe { lines: values, ..Recipe::default() }),
        "deps" => recipes.add(name, Recipe { needs: values, ..Recipe::default() }),
        _ => {}
    }
}

fn plain(text: &str) -> &str {
    let text = text.trim();
    let quoted = |sign: char| text.len() > 1 && text.starts_with(sign) && text.ends_with(sign);
    if quoted('"') || quoted('\'') { text.get(1..text.len() - 1).unwrap_or(text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_read() {
        let text = "version: '3'\n\ntasks:\n  default:\n    deps: [lint, test]\n\n  test:\n    desc: runs them\n    cmds:\n      - task: build\n      - go test ./...\n  lint: golangci-lint run\n\nvars:\n  X: 1\n";
        let recipes = parse(text);
        assert_eq!(recipes.get("default").unwrap().needs, ["lint", "test"]);
        let test = recipes.get("test").unwrap();
        assert_eq!(
            (test.needs.clone(), test.lines.clone()),
            (vec!["build".to_owned()], vec!["go test ./...".to_owned()])
        );
        assert_eq!(recipes.get("lint").unwrap().lines, ["golangci-lint run"]);
        assert!(recipes.get("X").is_none());
    }
}
