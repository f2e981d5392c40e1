//! Justfiles: recipes, their dependencies, and their lines.
//!
//! Variables with plain texts are replaced. Functions, `import` and `mod` are not followed. A recipe in another
//! language than the shell's becomes `eval`, which is refused.

use super::{Recipe, Recipes};
use crate::discover::source::Source;

pub(in crate::discover) fn just(source: &Source, folder: &str) -> Option<Recipes> {
    let file = source.first(folder, &["justfile", "Justfile", ".justfile", "JUSTFILE"])?;
    Some(parse(&source.read(folder, file)?))
}

fn parse(text: &str) -> Recipes {
    let text = text.replace("\r\n", "\n").replace("\\\n", " ");
    let mut recipes = Recipes::default();
    let mut current: Option<String> = None;
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut script = false;
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            let Some(name) = &current else { continue };
            let mut command = line.trim().to_owned();
            if command.starts_with("#!") {
                script = true;
                // A program in another language cannot be read as shell
                if !command.contains("sh") {
                    command = "eval".to_owned();
                } else {
                    continue;
                }
            }
            for (name, value) in &variables {
                for form in [format!("{{{{{name}}}}}"), format!("{{{{ {name} }}}}")] {
                    command = command.replace(&form, value);
                }
            }
            let command = command.trim_start_matches(['@', '-']).to_owned();
            if command.is_empty() {
                continue;
            }
            let recipe = Recipe { lines: vec![command], ..Recipe::default() };
            if script {
                append(&mut recipes, name, recipe);
            } else {
                recipes.add(name, recipe);
            }
            continue;
        }
        if line.trim().is_empty() || line.starts_with(['#', '[']) {
            continue;
        }
        if let Some((name, value)) = line.split_once(":=") {
            let name = name.trim().trim_start_matches("export ").trim();
            let value = value.trim().trim_matches(['"', '\'']);
            if let Some(target) = name.strip_prefix("alias ") {
                recipes.add(target.trim(), Recipe { needs: vec![value.to_owned()], ..Recipe::default() });
            } else if !name.contains(' ') {
                variables.push((name.to_owned(), value.to_owned()));
            }
            current = None;
            continue;
        }
        current = None;
        script = false;
        let Some((head, needs)) = line.split_once(':') else { continue };
        let Some(name) = head.split_whitespace().next().map(|name| name.trim_start_matches('@')) else {
            continue;
        };
        if ["set", "import", "mod", "export"].contains(&name) {
            continue;
        }
        let needs = needs.split('#').next().unwrap_or_default().replace("&&", " ");
        let needs = needs.split_whitespace().map(|word| word.trim_matches(['(', ')']).to_owned()).collect();
        recipes.add(name, Recipe { needs, ..Recipe::default() });
        current = Some(name.to_owned());
    }
    recipes
}

/// Adds to an existing recipe of this name: its lines belong together.
fn append(recipes: &mut Recipes, name: &str, recipe: Recipe) {
    if let Some(known) = recipes.all.get_mut(name) {
        match known.lines.last_mut() {
            Some(last) => {
                last.push('\n');
                last.push_str(&recipe.lines.concat());
            }
            None => known.lines = recipe.lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_read() {
        let text = "set shell := [\"bash\"]\nfeatures := \"--all-features\"\n\ndefault:\n  @just --list\n\n# all\ncheck: fmt (test \"x\")\n\ntest filter='': build\n    cargo test {{features}} {{filter}}\n\nrelease:\n    #!/usr/bin/env bash\n    set -e\n    cargo publish\n";
        let recipes = parse(text);
        assert_eq!(recipes.first(), Some("default"));
        assert_eq!(recipes.get("test").unwrap().needs, ["build"]);
        assert_eq!(recipes.get("test").unwrap().lines, ["cargo test --all-features {{filter}}"]);
        assert_eq!(recipes.get("check").unwrap().needs, ["fmt", "test", "\"x\""]);
        assert_eq!(recipes.get("release").unwrap().lines, ["set -e\ncargo publish"]);
    }
}
