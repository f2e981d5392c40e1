//! Commands that name a target in another file: make, just, cargo-make, task, rake, composer, tox
//! and so on.
//!
//! `recipes` reads what a target runs; this file only finds out which target is meant.

use super::options::{plain, value};
use super::{Class, Judge, Judgement, Why};
use crate::discover::recipes::{self, Recipes};

/// Options of make with a value in the next word.
const MAKE_VALUED: &[&str] = &["-C", "--directory", "-f", "--file", "--makefile", "-I", "-o", "-W"];

impl Judge<'_> {
    /// `None` for programs without named targets.
    pub(super) fn target(&mut self, folder: &str, program: &str, arguments: &[String]) -> Option<Judgement> {
        match program {
            "make" | "gmake" | "nmake" | "mingw32-make" => Some(self.make(folder, arguments)),
            "just" => {
                let recipes = recipes::just(self.source, folder);
                let folder = value(arguments, &["-d", "--working-directory"]).unwrap_or(folder).to_owned();
                Some(self.named(
                    &folder,
                    "just",
                    recipes,
                    &plain(arguments, &["-f", "--justfile", "-d", "--working-directory", "--set"]),
                ))
            }
            "task" | "go-task" => {
                let recipes = recipes::taskfile(self.source, folder);
                Some(self.named(
                    folder,
                    "task",
                    recipes,
                    &plain(arguments, &["-d", "--dir", "-t", "--taskfile"]),
                ))
            }
            "cargo" => self.cargo(folder, arguments),
            "poe" => {
                let recipes = recipes::poe(self.source, folder);
                let words = plain(arguments, &["-C", "--directory", "-e"]);
                Some(self.named(folder, "poe", recipes, words.get(..1).unwrap_or_default()))
            }
            "composer" => {
                let words = plain(arguments, &["-d", "--working-dir"]);
                let name = match words.as_slice() {
                    ["run" | "run-script", name, ..] => *name,
                    [name, ..] => *name,
                    [] => return None,
                };
                let recipes = recipes::composer(self.source, folder)?;
                recipes.get(name)?;
                Some(self.named(folder, "composer", Some(recipes), &[name]))
            }
            "mvn" | "mvnw" | "mvnd" | "gradle" | "gradlew" | "sbt" | "mill" => {
                Some(self.goals(folder, program, arguments))
            }
            "rake" | "invoke" | "inv" | "grunt" | "jake" | "gulp" | "doit" | "phing" | "mage" | "ant"
            | "fake" | "cake" | "nuke" => Some(self.tasks(folder, program, arguments)),
            "tox" => {
                let recipes = recipes::tox(self.source, folder);
                let envs = value(arguments, &["-e"]);
                let names: Vec<&str> = envs.map(|envs| envs.split(',').collect()).unwrap_or_default();
                let known: Vec<&str> = names
                    .into_iter()
                    .map(|name| {
                        if recipes.as_ref().is_some_and(|r| r.get(name).is_some()) { name } else { "testenv" }
                    })
                    .collect();
                let known = if known.is_empty() { vec!["testenv"] } else { known };
                Some(self.named(folder, "tox", recipes, &known))
            }
            "nox" => {
                let recipes = recipes::nox(self.source, folder);
                let names = super::options::values(arguments, &["-s", "--session", "--sessions"]);
                Some(self.named(folder, "nox", recipes, &names))
            }
            _ => None,
        }
    }

    fn make(&mut self, folder: &str, arguments: &[String]) -> Judgement {
        let folder = match value(arguments, &["-C", "--directory"]) {
            Some(to) => self.source.folder_at(folder, folder, to),
            None => folder.to_owned(),
        };
        let recipes = match value(arguments, &["-f", "--file", "--makefile"]) {
            Some(file) => self.source.read(&folder, file).map(|text| recipes::make_of(&text)),
            None => recipes::make(self.source, &folder),
        };
        let targets = plain(arguments, MAKE_VALUED);
        let targets: Vec<&str> = targets.into_iter().filter(|word| !word.contains('=')).collect();
        self.named(&folder, "make", recipes, &targets)
    }

    /// Judges targets of a file by their commands and dependencies. A target that is not in the
    /// file is judged by its name.
    fn named(&mut self, folder: &str, program: &str, recipes: Option<Recipes>, names: &[&str]) -> Judgement {
        let Some(recipes) = recipes else { return self.by_name(program, names) };
        let first: Vec<&str> = recipes.first().into_iter().collect();
        let names = if names.is_empty() { &first } else { names };
        let mut all = Judgement::default();
        for name in names {
            all.and(self.recipe(folder, program, &recipes, name));
        }
        all
    }

    pub(crate) fn recipe(&mut self, folder: &str, program: &str, recipes: &Recipes, name: &str) -> Judgement {
        let Some(recipe) = recipes.get(name) else { return self.by_name(program, &[name]) };
        if let Some(why) =
            super::words::danger(name).filter(|why| matches!(why, Why::EndToEnd | Why::Browser))
        {
            return Judgement::refused(&format!("{program} {name}"), why);
        }
        let recipe = recipe.clone();
        self.follow(format!("{program} {folder} {name}"), |judge| {
            let mut all = Judgement::default();
            for needed in &recipe.needs {
                if recipes.get(needed).is_some() {
                    all.and(judge.recipe(folder, program, recipes, needed));
                }
            }
            for line in &recipe.lines {
                all.and(judge.line(folder, line));
            }
            all
        })
    }

    fn by_name(&mut self, program: &str, names: &[&str]) -> Judgement {
        let told = format!("{program} {}", names.join(" "));
        match names.iter().find_map(|name| super::words::danger(name)) {
            Some(why) => Judgement::refused(told.trim(), why),
            None if names.is_empty() => Judgement::refused(told.trim(), Why::Unclear),
            None => Judgement::is(Class::Unknown),
        }
    }

    fn cargo(&mut self, folder: &str, arguments: &[String]) -> Option<Judgement> {
        let words: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('+')).collect();
        let sub = words.iter().find(|word| !word.starts_with('-'))?.as_str();
        let at = words.iter().position(|word| *word == sub)? + 1;
        let rest: Vec<String> = words.get(at..)?.iter().map(|word| (*word).clone()).collect();
        if sub == "make" {
            let recipes = recipes::cargo_make(self.source, folder);
            let names = plain(&rest, &["--makefile", "-p", "--profile", "--cwd", "-e"]);
            let names = if names.is_empty() { vec!["default"] } else { names };
            return Some(self.named(folder, "cargo make", recipes, &names));
        }
        if let Some(alias) = recipes::cargo_alias(self.source, sub) {
            let words: Vec<String> = alias.into_iter().chain(rest).collect();
            return Some(self.follow(format!("cargo {folder} {sub}"), |judge| {
                let mut line = vec!["cargo".to_owned()];
                line.extend(words);
                judge.words(folder, &line)
            }));
        }
        if sub == "run" || sub == "r" {
            // A program of the project: its own arguments show what it does
            let own: Vec<String> = rest.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
            let package = value(&rest, &["-p", "--package", "--bin", "--example", "--manifest-path"])
                .unwrap_or_default();
            let told = format!("cargo run {}", rest.join(" "));
            let is_task = package.contains("xtask") || package.contains("task");
            if !is_task {
                return Some(Judgement::refused(&told, Why::Serves));
            }
            return Some(match own.iter().find_map(|word| super::words::danger(word)) {
                Some(why) => Judgement::refused(&told, why),
                None => Judgement::is(Class::Unknown),
            });
        }
        None
    }

    /// Build tools that take several goals at once.
    fn goals(&mut self, folder: &str, program: &str, arguments: &[String]) -> Judgement {
        let told = format!("{program} {}", arguments.join(" "));
        let goals = plain(
            arguments,
            &["-f", "--file", "-pl", "-P", "-p", "--project-dir", "-b", "-x", "--exclude-task", "-c", "-s"],
        );
        let mut all = Judgement::default();
        for goal in &goals {
            // `:app:test` is `test` of one project
            let bare = goal.rsplit(':').next().unwrap_or(goal);
            let word = if program.starts_with("gradle") { bare } else { goal };
            let one = match super::programs::rule(program, &[word.to_owned()]) {
                Some(super::programs::Rule::Never(why)) => Judgement::refused(&told, why),
                Some(super::programs::Rule::Is(class)) => Judgement::is(class),
                _ => self.program(folder, program, &[word.to_owned()]),
            };
            all.and(one);
        }
        if goals.is_empty() { Judgement::refused(&told, Why::Unclear) } else { all }
    }

    /// Task runners whose files are programs: tasks are judged by their names.
    fn tasks(&mut self, folder: &str, program: &str, arguments: &[String]) -> Judgement {
        let told = format!("{program} {}", arguments.join(" "));
        let names = plain(arguments, &["-f", "--gulpfile", "--gruntfile", "-c"]);
        if let Some(why) = names.iter().find_map(|name| super::words::danger(name)) {
            return Judgement::refused(&told, why);
        }
        if let Some((word, why)) = super::programs::refused_option(program, arguments) {
            return Judgement::refused(&format!("{program} {word}"), why);
        }
        if names.is_empty() && program == "gulp" {
            let files = ["gulpfile.js", "gulpfile.mjs", "gulpfile.cjs", "gulpfile.ts", "gulpfile.babel.js"];
            let text = self.source.first(folder, &files).and_then(|file| self.source.read(folder, file));
            let stays = text.is_none_or(|text| {
                ["watch(", "serve", "browserSync", "nodemon"].iter().any(|word| text.contains(word))
            });
            if stays {
                return Judgement::refused(&told, Why::Watches);
            }
        }
        let class = |name: &&str| {
            let name = name.to_ascii_lowercase();
            if name.contains("test") || name.contains("spec") || name == "check" {
                Class::Test
            } else if ["lint", "eslint", "rubocop", "style", "standard"]
                .iter()
                .any(|word| name.contains(word))
            {
                Class::Lint
            } else if ["build", "compile", "dist", "bundle", "assemble", "scripts", "styles"]
                .iter()
                .any(|word| name.contains(word))
            {
                Class::Build
            } else {
                Class::Unknown
            }
        };
        let mut all = Judgement::default();
        for name in &names {
            all.and(Judgement::is(class(name)));
        }
        if names.is_empty() { Judgement::is(Class::Unknown) } else { all }
    }
}
