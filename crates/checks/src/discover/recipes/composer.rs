//! Scripts of `composer.json`, for `systems/php.rs` and the judge.
//!
//! Calls of PHP functions (`Class::method`) and `@putenv` are left out, because it reads no PHP.

use super::{Recipe, Recipes};
use crate::discover::source::{Source, json};

pub(in crate::discover) fn composer(source: &Source, folder: &str) -> Option<Recipes> {
    let manifest = json(&source.read(folder, "composer.json")?)?;
    let mut recipes = Recipes::default();
    for (name, script) in manifest.get("scripts")?.as_object()? {
        let lines: Vec<&str> = match script {
            serde_json::Value::String(text) => vec![text],
            serde_json::Value::Array(all) => all.iter().filter_map(serde_json::Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut recipe = Recipe::default();
        for line in lines {
            if let Some(script) = line.strip_prefix('@').filter(|rest| {
                !rest.starts_with("php") && !rest.starts_with("composer") && !rest.starts_with("putenv")
            }) {
                recipe.needs.extend(script.split_whitespace().next().map(str::to_owned));
            } else if !line.contains("::") && !line.starts_with("@putenv") {
                recipe.lines.push(line.trim_start_matches('@').to_owned());
            }
        }
        recipes.add(name, recipe);
    }
    Some(recipes)
}
