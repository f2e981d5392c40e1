//! Tasks of cargo-make, and aliases of cargo.
//!
//! It does not know cargo-make's built-in tasks, nor files that `extend` names. Aliases come from the root's
//! `.cargo/config.toml`.

use super::{Recipe, Recipes, texts};
use crate::discover::source::Source;

pub(in crate::discover) fn cargo_make(source: &Source, folder: &str) -> Option<Recipes> {
    let table: toml::Table = source.read(folder, "Makefile.toml")?.parse().ok()?;
    let mut recipes = Recipes::default();
    for (name, task) in table.get("tasks")?.as_table()? {
        let Some(task) = task.as_table() else { continue };
        let text = |key: &str| task.get(key).map(texts).unwrap_or_default();
        let mut needs = text("dependencies");
        needs.extend(text("alias"));
        if let Some(run) = task.get("run_task") {
            needs.extend(texts(run));
            needs.extend(run.get("name").map(texts).unwrap_or_default());
        }
        let mut lines = text("script");
        if let Some(command) = text("command").into_iter().next() {
            let words: Vec<String> =
                std::iter::once(command).chain(text("args")).map(|w| crate::shell::quote(&w)).collect();
            lines.push(words.join(" "));
        }
        recipes.add(name, Recipe { needs, lines });
    }
    Some(recipes)
}

/// The words behind an alias in `.cargo/config.toml`.
pub(in crate::discover) fn cargo_alias(source: &Source, name: &str) -> Option<Vec<String>> {
    let file = source.first("", &[".cargo/config.toml", ".cargo/config"])?;
    let table: toml::Table = source.read("", file)?.parse().ok()?;
    let words = texts(table.get("alias")?.get(name)?);
    match words.as_slice() {
        [one] => Some(one.split_whitespace().map(str::to_owned).collect()),
        _ => Some(words),
    }
}
