//! Scripts by name: of a package, of wireit, tasks of Deno, and the patterns of npm-run-all and concurrently.
//!
//! `line.rs` reads a script's body like any other command line. A missing script is unknown and not refused, unless
//! its name shows a danger.

use serde_json::Value;

use super::options::{plain, values};
use super::words::danger;
use super::{Class, Judge, Judgement, Why};
use crate::discover::node::Package;
use crate::discover::source::{glob, json, resolve};

impl Judge<'_> {
    /// A script of this package, of one member, or of all members that have it.
    pub(super) fn scripts(
        &mut self,
        folder: &str,
        told: &str,
        name: &str,
        everywhere: bool,
        one: Option<&str>,
        arguments: &[String],
    ) -> Judgement {
        if let Some(one) = one {
            let members = self.packages.members(folder);
            let member = members.folders.iter().find(|member| {
                resolve(folder, one).as_deref() == Some(member.as_str())
                    || self.packages.get(member).is_some_and(|package| package.name() == Some(one))
            });
            return match member.cloned() {
                Some(member) => self.script_or_name(&member, told, name),
                None => self.unknown_script(told, name),
            };
        }
        if everywhere {
            let filters: Vec<String> =
                values(arguments, &["--filter", "-F", "--include"]).into_iter().map(str::to_owned).collect();
            let excluded: Vec<String> =
                values(arguments, &["--exclude"]).into_iter().map(str::to_owned).collect();
            let wanted = |package: &Package, member: &str| {
                Self::passes(&filters, package, member)
                    && !excluded.iter().any(|filter| Self::matches(filter, package, member))
            };
            return self.in_members_where(folder, told, &[name], &wanted);
        }
        // pnpm runs all scripts that match an expression
        if let Some(expression) =
            name.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map(|(expression, _)| expression)
        {
            let Some(package) = self.packages.get(folder) else {
                return Judgement::refused(told, Why::Unclear);
            };
            let Ok(expression) = regex::Regex::new(expression) else {
                return Judgement::refused(told, Why::Unclear);
            };
            let mut all = Judgement::default();
            for name in package.scripts().filter(|name| expression.is_match(name)) {
                all.and(self.script_or_name(folder, told, name));
            }
            return all;
        }
        let mut judgement = self.script_or_name(folder, told, name);
        // The arguments that are passed to the script
        if let Some(at) = arguments.iter().position(|word| word == name) {
            let passed: Vec<String> =
                arguments.iter().skip(at + 1).filter(|word| *word != "--").cloned().collect();
            if let Some((word, why)) = super::programs::refused_option("jest", &passed) {
                judgement.and(Judgement::refused(&format!("{told}: {word}"), why));
            }
        }
        judgement
    }

    pub(super) fn script_or_name(&mut self, folder: &str, told: &str, name: &str) -> Judgement {
        match self.script(folder, name) {
            Some(judgement) => judgement,
            None => self.unknown_script(told, name),
        }
    }

    pub(super) fn unknown_script(&mut self, told: &str, name: &str) -> Judgement {
        match danger(name) {
            Some(why) => Judgement::refused(told, why),
            None => Judgement::is(Class::Unknown),
        }
    }

    /// A script of a package, with the scripts that run before and after it.
    pub(crate) fn script(&mut self, folder: &str, name: &str) -> Option<Judgement> {
        let package = self.packages.get(folder)?;
        package.script(name)?;
        if let Some(why) =
            danger(name).filter(|why| matches!(why, Why::EndToEnd | Why::Browser | Why::Device))
        {
            return Some(Judgement::refused(name, why));
        }
        let mut all = Judgement::default();
        all.scripts.insert((folder.to_owned(), name.to_owned()));
        for name in [format!("pre{name}"), name.to_owned(), format!("post{name}")] {
            if package.script(&name).is_some() {
                all.and(self.script_alone(folder, &name));
            }
        }
        Some(all)
    }

    /// A script without those before and after it.
    pub(crate) fn script_alone(&mut self, folder: &str, name: &str) -> Judgement {
        let Some(package) = self.packages.get(folder) else { return Judgement::default() };
        let Some(body) = package.script(name).map(str::to_owned) else { return Judgement::default() };
        let settings = package.wireit(name).cloned();
        self.follow(format!("script {folder} {name}"), |judge| match settings {
            Some(settings) if body.trim() == "wireit" => judge.wireit(folder, &settings),
            _ => judge.line(folder, &body),
        })
    }

    pub(super) fn wireit(&mut self, folder: &str, settings: &Value) -> Judgement {
        let mut all = Judgement::is(Class::Harmless);
        if settings.get("service").is_some_and(|service| *service != Value::Bool(false)) {
            all.and(Judgement::refused("a service of wireit", Why::Serves));
        }
        for needed in settings.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = needed.as_str().or_else(|| needed.get("script")?.as_str()) else { continue };
            let name = name.trim_start_matches('^');
            let judgement = match name.strip_prefix('.').and_then(|_| name.rsplit_once(':')) {
                Some((to, name)) => {
                    let to = self.source.folder_at(folder, folder, to);
                    self.script_or_name(&to, name, name)
                }
                None => self.script_or_name(folder, name, name),
            };
            all.and(judgement);
        }
        if let Some(command) = settings.get("command").and_then(Value::as_str) {
            all.and(self.line(folder, command));
        }
        all
    }

    pub(crate) fn deno_task(&mut self, folder: &str, name: &str) -> Judgement {
        let tasks = self
            .source
            .first(folder, &["deno.json", "deno.jsonc"])
            .and_then(|file| json(&self.source.read(folder, file)?));
        let task = tasks.as_ref().and_then(|tasks| tasks.get("tasks")?.get(name));
        let Some(task) = task else { return self.script_or_name(folder, &format!("deno task {name}"), name) };
        let line = task.as_str().or_else(|| task.get("command")?.as_str()).unwrap_or_default().to_owned();
        let needs: Vec<String> = task
            .get("dependencies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| Some(one.as_str()?.to_owned()))
            .collect();
        self.follow(format!("deno task {folder} {name}"), |judge| {
            let mut all = Judgement::default();
            for needed in &needs {
                all.and(judge.deno_task(folder, needed));
            }
            if !line.is_empty() {
                all.and(judge.line(folder, &line));
            }
            all
        })
    }

    /// Names of scripts with `*`, as in npm-run-all and concurrently.
    pub(super) fn patterns(&mut self, folder: &str, told: &str, patterns: &[&str]) -> Judgement {
        let mut all = Judgement::default();
        for pattern in patterns {
            let pattern = pattern.split_whitespace().next().unwrap_or(pattern);
            let names: Vec<String> = match self.packages.get(folder) {
                Some(package) if pattern.contains(['*', '{', '(']) => {
                    let path = pattern.replace(':', "/");
                    let fits = glob(&path);
                    package
                        .scripts()
                        .filter(|name| {
                            fits.as_ref().is_some_and(|fits| fits.is_match(name.replace(':', "/")))
                        })
                        .map(str::to_owned)
                        .collect()
                }
                _ => vec![pattern.to_owned()],
            };
            for name in names {
                all.and(self.script_or_name(folder, told, &name));
            }
        }
        all
    }

    pub(super) fn concurrently(&mut self, folder: &str, arguments: &[String]) -> Judgement {
        let valued = [
            "-n",
            "--names",
            "-c",
            "--prefix-colors",
            "-p",
            "--prefix",
            "-l",
            "--prefix-length",
            "-m",
            "--max-processes",
            "--restart-tries",
            "--restart-after",
            "-s",
            "--success",
            "--name-separator",
            "-i",
        ];
        let mut all = Judgement::default();
        for line in plain(arguments, &valued) {
            let script = ["npm:", "pnpm:", "yarn:", "bun:", "node:"]
                .iter()
                .find_map(|prefix| line.strip_prefix(prefix));
            let one = match script {
                Some(pattern) => self.patterns(folder, line, &[pattern]),
                None => self.line(folder, line),
            };
            all.and(one);
        }
        all
    }
}
