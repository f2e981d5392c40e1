//! Command lists of Python projects: tox, nox, poe, and the scripts of PDM, Hatch and Pipenv.
//!
//! It executes no Python: in a `noxfile.py` it reads only words that are plain texts. Installations (`deps` of tox,
//! `session.install`) are left out, because `python/setup.rs` makes the environment.

use regex::Regex;

use super::{Recipe, Recipes, texts};
use crate::discover::source::Source;

fn pyproject(source: &Source, folder: &str) -> Option<toml::Table> {
    source.read(folder, "pyproject.toml")?.parse().ok()
}

/// Environments of tox by name; the others inherit from `testenv`.
pub(in crate::discover) fn tox(source: &Source, folder: &str) -> Option<Recipes> {
    let mut recipes = Recipes::default();
    let legacy = pyproject(source, folder).and_then(|table| {
        let tox = table.get("tool")?.get("tox")?.clone();
        Some(tox)
    });
    if let Some(tox) = &legacy {
        let mut add = |name: &str, env: &toml::Value| {
            let Some(commands) = env.get("commands").and_then(toml::Value::as_array) else { return };
            let lines = commands
                .iter()
                .map(|command| {
                    texts(command).iter().map(|word| crate::shell::quote(word)).collect::<Vec<_>>().join(" ")
                })
                .collect();
            recipes.add(name, Recipe { lines, ..Recipe::default() });
        };
        if let Some(base) = tox.get("env_run_base") {
            add("testenv", base);
        }
        for (name, env) in tox.get("env").and_then(toml::Value::as_table).into_iter().flatten() {
            add(name, env);
        }
    }
    let ini = source
        .read(folder, "tox.ini")
        .or_else(|| legacy.as_ref()?.get("legacy_tox_ini")?.as_str().map(str::to_owned))
        .or_else(|| source.read(folder, "setup.cfg").map(|text| text.replace("[tox:tox]", "[tox]")))
        .unwrap_or_default();
    for (section, keys) in sections(&ini) {
        let Some(name) = section.strip_prefix("testenv") else { continue };
        let name = name.trim_start_matches(':');
        let lines: Vec<String> = keys
            .iter()
            .filter(|(key, _)| key == "commands" || key == "commands_pre")
            .flat_map(|(_, value)| value.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>())
            .map(|line| without_factors(&line))
            .filter(|line| !line.is_empty())
            .collect();
        for name in if name.is_empty() { "testenv" } else { name }.split(',') {
            recipes.add(name.trim(), Recipe { lines: lines.clone(), ..Recipe::default() });
        }
    }
    if recipes.names().next().is_some() { Some(recipes) } else { None }
}

/// The plain command of a line such as `py3: pytest {posargs:tests}`.
fn without_factors(line: &str) -> String {
    let mut line = line.trim().trim_start_matches("- ").trim_start_matches('-').to_owned();
    if let Some((factors, rest)) = line.split_once(": ")
        && factors.chars().all(|c| c.is_ascii_alphanumeric() || ",!-{}_.".contains(c))
    {
        line = rest.trim().to_owned();
    }
    let Ok(posargs) = Regex::new(r"\{posargs(?::([^{}]*))?\}") else { return line };
    let line = posargs.replace_all(&line, "$1").into_owned();
    let Ok(substitution) = Regex::new(r"\{(envpython|env_python)\}") else { return line };
    let line = substitution.replace_all(&line, "python").into_owned();
    line.replace("{toxinidir}/", "").replace("{toxinidir}", ".").replace("{tox_root}/", "").trim().to_owned()
}

/// The sections of an ini file with their keys; a value may continue on further lines.
pub(in crate::discover) fn sections(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut all: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.trim_end().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            all.push((name.trim().to_owned(), Vec::new()));
            continue;
        }
        let Some((_, keys)) = all.last_mut() else { continue };
        if line.starts_with([' ', '\t']) || line.is_empty() {
            if let Some((_, value)) = keys.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = line.split_once('=') {
            keys.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    all
}

/// Sessions of nox with their commands.
pub(in crate::discover) fn nox(source: &Source, folder: &str) -> Option<Recipes> {
    let text = source.read(folder, "noxfile.py")?;
    let definition = Regex::new(r"^(?:async )?def\s+(\w+)\s*\(").ok()?;
    let renamed = Regex::new(r#"name\s*=\s*["']([\w:.-]+)["']"#).ok()?;
    let run = Regex::new(r"(?s)session\.(?:run|run_always|run_install)\((.*?)\)\s*\n").ok()?;
    let word = Regex::new(r#"^\s*["']([^"']*)["']\s*$"#).ok()?;
    let mut recipes = Recipes::default();
    let mut decorated: Option<String> = None;
    let mut bodies: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with("@nox.session") || line.starts_with("@session") || line.starts_with("@nox_") {
            let name =
                renamed.captures(line).and_then(|found| found.get(1)).map(|name| name.as_str().to_owned());
            decorated = Some(name.unwrap_or_default());
        } else if let Some(name) = definition.captures(line).and_then(|found| found.get(1)) {
            match decorated.take() {
                Some(other) if !other.is_empty() => bodies.push((other, String::new())),
                Some(_) => bodies.push((name.as_str().to_owned(), String::new())),
                None => bodies.push((String::new(), String::new())),
            }
        } else if let Some((_, body)) = bodies.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    for (name, body) in bodies.into_iter().filter(|(name, _)| !name.is_empty()) {
        let lines = run
            .captures_iter(&body)
            .filter_map(|found| found.get(1))
            .map(|arguments| {
                let words = arguments
                    .as_str()
                    .split(',')
                    .filter_map(|part| Some(crate::shell::quote(word.captures(part)?.get(1)?.as_str())));
                words.collect::<Vec<_>>().join(" ")
            })
            .filter(|line| !line.is_empty())
            .collect();
        recipes.add(&name, Recipe { lines, ..Recipe::default() });
    }
    Some(recipes)
}

pub(in crate::discover) fn poe(source: &Source, folder: &str) -> Option<Recipes> {
    let table = pyproject(source, folder)?;
    scripts(table.get("tool")?.get("poe")?.get("tasks")?.as_table()?)
}

pub(in crate::discover) fn pdm(source: &Source, folder: &str) -> Option<Recipes> {
    let table = pyproject(source, folder)?;
    scripts(table.get("tool")?.get("pdm")?.get("scripts")?.as_table()?)
}

pub(in crate::discover) fn pipenv(source: &Source, folder: &str) -> Option<Recipes> {
    let table: toml::Table = source.read(folder, "Pipfile")?.parse().ok()?;
    scripts(table.get("scripts")?.as_table()?)
}

/// Scripts of all of Hatch's environments, as `name` and `environment:name`.
pub(in crate::discover) fn hatch(source: &Source, folder: &str) -> Option<Recipes> {
    let envs = match source.read(folder, "hatch.toml").and_then(|text| text.parse::<toml::Table>().ok()) {
        Some(table) => table.get("envs")?.clone(),
        None => pyproject(source, folder)?.get("tool")?.get("hatch")?.get("envs")?.clone(),
    };
    let mut recipes = Recipes::default();
    for (env, settings) in envs.as_table()? {
        let Some(found) = settings.get("scripts").and_then(toml::Value::as_table).and_then(scripts) else {
            continue;
        };
        for (name, recipe) in found.all {
            if env == "default" {
                recipes.add(&name, recipe.clone());
            }
            recipes.add(&format!("{env}:{name}"), recipe);
        }
    }
    Some(recipes)
}

/// A text, a list, or a table with `cmd`, `shell`, `composite` or `sequence`.
fn scripts(table: &toml::Table) -> Option<Recipes> {
    let mut recipes = Recipes::default();
    for (name, script) in table {
        let mut recipe = Recipe { lines: texts(script), ..Recipe::default() };
        if let Some(script) = script.as_table() {
            for key in ["cmd", "shell", "script"] {
                let words = script.get(key).map(texts).unwrap_or_default();
                if !words.is_empty() {
                    recipe.lines.push(words.join(" "));
                }
            }
            for key in ["composite", "sequence"] {
                recipe.lines.extend(script.get(key).map(texts).unwrap_or_default());
            }
            recipe.needs.extend(script.get("deps").map(texts).unwrap_or_default());
        }
        recipe.lines = recipe
            .lines
            .iter()
            .map(|line| {
                line.replace("{args:", " ").replace("{args}", " ").replace("{args", " ").replace('}', " ")
            })
            .map(|line| line.trim().to_owned())
            .collect();
        // The line names another script
        let (calls, lines): (Vec<String>, Vec<String>) = recipe
            .lines
            .into_iter()
            .partition(|line| line != name && table.contains_key(line.split(' ').next().unwrap_or(line)));
        recipe.needs.extend(calls.iter().filter_map(|call| call.split(' ').next()).map(str::to_owned));
        recipe.lines = lines;
        recipes.add(name, recipe);
    }
    Some(recipes)
}
