//! Named command lists of a project: targets of makefiles, recipes of justfiles, tasks, environments of tox. One file
//! for each format. Discovery takes checks from them, and the judge follows them.
//!
//! Files here only read. They run no tool, and text that a tool would compute stays as it is written. `judge` decides
//! whether a line is harmless.

mod cargo_make;
mod composer;
mod just;
mod make;
mod python;
mod task;

use std::collections::BTreeMap;

pub(super) use cargo_make::{cargo_alias, cargo_make};
pub(super) use composer::composer;
pub(super) use just::just;
pub(super) use make::{make, make_of, makefile};
pub(super) use python::{hatch, nox, pdm, pipenv, poe, sections, tox};
pub(super) use task::taskfile;

/// One named list: the lists it needs first, and its command lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recipe {
    pub needs: Vec<String>,
    pub lines: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recipes {
    all: BTreeMap<String, Recipe>,
    first: Option<String>,
}

impl Recipes {
    fn add(&mut self, name: &str, recipe: Recipe) {
        if self.first.is_none() {
            self.first = Some(name.to_owned());
        }
        let known = self.all.entry(name.to_owned()).or_default();
        known.needs.extend(recipe.needs);
        known.lines.extend(recipe.lines);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Recipe> {
        self.all.get(name)
    }

    /// The list that runs if no name is given.
    pub(super) fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }
}

/// The values of a TOML text or list of texts.
fn texts(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Array(all) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
