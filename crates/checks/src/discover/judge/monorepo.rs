//! Tools that run a script in many packages: turbo, nx, lerna, and the filters that they share with the package
//! managers.
//!
//! It reads the tool's own files, and does not start the tool.

use serde_json::Value;

use super::node::since_commit;
use super::options::{plain, values};
use super::words::danger;
use super::{Class, Judge, Judgement, Why};
use crate::discover::node::{Members, Package};
use crate::discover::source::{glob, join, json};

impl Judge<'_> {
    /// A refused option that a script runner passes to its scripts.
    pub(super) fn hands_on(&self, program: &str, arguments: &[String]) -> Option<Judgement> {
        let own = |word: &str| word.starts_with("--ui") || word == "-w";
        let kept: Vec<String> = arguments.iter().filter(|word| !own(word)).cloned().collect();
        let (word, why) = super::programs::refused_option(program, &kept)?;
        Some(Judgement::refused(&format!("{program} {word}"), why))
    }

    pub(super) fn passes(filters: &[String], package: &Package, member: &str) -> bool {
        let (out, only): (Vec<&String>, Vec<&String>) =
            filters.iter().partition(|filter| filter.starts_with('!'));
        let is_out = out.iter().any(|filter| Self::matches(filter.trim_start_matches('!'), package, member));
        !is_out && (only.is_empty() || only.iter().any(|filter| Self::matches(filter, package, member)))
    }

    /// Whether a filter (a name, a folder, globs, surrounding dots) matches.
    pub(super) fn matches(filter: &str, package: &Package, member: &str) -> bool {
        let filter = filter.trim_start_matches("...").trim_end_matches("...").trim_matches(['^', '{', '}']);
        let filter =
            filter.split('[').next().unwrap_or(filter).trim_start_matches("./").trim_end_matches('/');
        if filter.is_empty() {
            return true;
        }
        let name = package.name().unwrap_or_default();
        let fits = |text: &str| text == filter || glob(filter).is_some_and(|glob| glob.is_match(text));
        fits(name)
            || fits(member)
            || fits(name.rsplit('/').next().unwrap_or(name))
            || member.starts_with(&format!("{}/", filter.trim_end_matches("/**")))
    }

    /// Scripts of these names in all members that have them.
    pub(super) fn in_members(
        &mut self,
        folder: &str,
        told: &str,
        names: &[&str],
        wanted: &dyn Fn(&str) -> bool,
    ) -> Judgement {
        self.in_members_where(folder, told, names, &|_, member| wanted(member))
    }

    pub(super) fn in_members_where(
        &mut self,
        folder: &str,
        told: &str,
        names: &[&str],
        wanted: &dyn Fn(&Package, &str) -> bool,
    ) -> Judgement {
        let members: Members = self.packages.members(folder);
        let mut all = Judgement::default();
        for name in names {
            let name = name.rsplit(['#', ':']).next().filter(|_| name.contains('#')).unwrap_or(name);
            let mut found = false;
            for member in &members.folders {
                let Some(package) = self.packages.get(member) else { continue };
                if package.script(name).is_none() || !wanted(&package, member) {
                    continue;
                }
                found = true;
                let mut one = self.script(member, name).unwrap_or_default();
                one.refused = one.refused.map(|why| format!("{why} ({member})"));
                all.and(one);
            }
            if !found {
                all.and(self.unknown_script(told, name));
            }
        }
        all
    }

    pub(super) fn turbo(&mut self, folder: &str, arguments: &[String]) -> Judgement {
        let told = format!("turbo {}", arguments.join(" "));
        let words = plain(
            arguments,
            &[
                "--filter",
                "-F",
                "--concurrency",
                "--cwd",
                "--cache-dir",
                "--output-logs",
                "--log-order",
                "--scope",
                "--ignore",
                "--since",
                "--ui",
                "--log-prefix",
                "--env-mode",
            ],
        );
        let names: Vec<&str> = words.into_iter().skip_while(|word| *word == "run").collect();
        if names.is_empty() || ["watch", "dev", "login", "link", "prune", "gen", "daemon"].contains(&names[0])
        {
            return Judgement::refused(
                &told,
                if names.first() == Some(&"watch") { Why::Watches } else { Why::Serves },
            );
        }
        let filters: Vec<String> =
            values(arguments, &["--filter", "-F", "--scope"]).into_iter().map(str::to_owned).collect();
        if filters.iter().any(|filter| since_commit(filter)) || !values(arguments, &["--since"]).is_empty() {
            return Judgement::refused(&told, Why::Partial);
        }
        // The dependencies of a task run first
        let settings = self
            .source
            .first(folder, &["turbo.json", "turbo.jsonc"])
            .and_then(|file| json(&self.source.read(folder, file)?));
        let mut needed: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut at = 0;
        while let Some(name) = needed.get(at).cloned() {
            at += 1;
            let tasks = settings
                .as_ref()
                .and_then(|settings| settings.get("tasks").or_else(|| settings.get("pipeline")));
            let task = tasks.and_then(|tasks| tasks.get(&name));
            for more in task
                .and_then(|task| task.get("dependsOn")?.as_array())
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                let more = more.trim_start_matches(['^', '$']).to_owned();
                if !needed.contains(&more) && needed.len() < 50 {
                    needed.push(more);
                }
            }
        }
        let mut all = Judgement::default();
        for (at, name) in needed.iter().enumerate() {
            let wanted = |package: &Package, member: &str| Self::passes(&filters, package, member);
            let mut one = self.in_members_where(folder, &told, &[name], &wanted);
            if at >= names.len() {
                // A dependency does not decide the purpose of the task
                one.classes.remove(&Class::Unknown);
                one.runner = None;
            }
            all.and(one);
        }
        all
    }

    pub(super) fn nx(&mut self, folder: &str, arguments: &[String]) -> Judgement {
        let told = format!("nx {}", arguments.join(" "));
        let words = plain(
            arguments,
            &[
                "-t",
                "--target",
                "--targets",
                "-p",
                "--projects",
                "--exclude",
                "--parallel",
                "-c",
                "--configuration",
                "--base",
                "--head",
            ],
        );
        let targets: Vec<String> = values(arguments, &["-t", "--target", "--targets"])
            .into_iter()
            .flat_map(|list| list.split(','))
            .map(str::to_owned)
            .collect();
        let (targets, project): (Vec<String>, Option<String>) = match words.as_slice() {
            [sub, ..] if sub.starts_with("affected") && !arguments.iter().any(|word| word == "--all") => {
                return Judgement::refused(&told, Why::Partial);
            }
            ["run-many" | "affected", rest @ ..] => (
                if targets.is_empty() { rest.iter().map(|w| (*w).to_owned()).collect() } else { targets },
                None,
            ),
            ["affected:test", ..] => (vec!["test".to_owned()], None),
            ["run", target, ..] => {
                let mut parts = target.split(':');
                (
                    parts.clone().nth(1).map(str::to_owned).into_iter().collect(),
                    parts.next().map(str::to_owned),
                )
            }
            ["exec", ..] | ["format" | "format:check", ..] => return Judgement::is(Class::Lint),
            ["reset" | "report" | "list" | "show" | "graph" | "sync:check", ..] => {
                return Judgement::is(Class::Harmless);
            }
            ["watch", ..] => return Judgement::refused(&told, Why::Watches),
            ["serve" | "daemon" | "connect", ..] => return Judgement::refused(&told, Why::Serves),
            ["format:write" | "migrate" | "g" | "generate" | "import" | "init" | "sync", ..] => {
                return Judgement::refused(&told, Why::Rewrites);
            }
            ["release", ..] => return Judgement::refused(&told, Why::Publishes),
            [target, project, ..] => (vec![(*target).to_owned()], Some((*project).to_owned())),
            [target] => {
                let settings = self.source.read(folder, "nx.json").and_then(|text| json(&text));
                let default = settings
                    .as_ref()
                    .and_then(|settings| settings.get("defaultProject")?.as_str().map(str::to_owned));
                // In a member, nx takes the project of the current folder; plug-ins define what the target does
                let class = match target.split([':', '-']).next().unwrap_or_default() {
                    "test" => Some(Class::Test),
                    "build" => Some(Class::Build),
                    "lint" => Some(Class::Lint),
                    "typecheck" => Some(Class::Types),
                    _ => None,
                };
                if let (None, Some(class), None) = (&default, class, danger(target))
                    && self.source.has("", "nx.json")
                    && !folder.is_empty()
                {
                    return Judgement::is(class);
                }
                if default.is_none() {
                    return Judgement::refused(&format!("{told} (without a project)"), Why::Unclear);
                }
                (vec![(*target).to_owned()], default)
            }
            [] => return Judgement::refused(&told, Why::Unclear),
        };
        if let Some(why) = targets.iter().find_map(|target| danger(target)) {
            return Judgement::refused(&told, why);
        }
        let excluded: Vec<String> = values(arguments, &["--exclude"])
            .into_iter()
            .flat_map(|list| list.split(','))
            .map(str::to_owned)
            .collect();
        let mut all = Judgement::default();
        for target in &targets {
            all.and(self.nx_target(folder, &told, target, project.as_deref(), &excluded));
        }
        all
    }

    /// A target in all projects: executors and scripts with that name.
    pub(super) fn nx_target(
        &mut self,
        folder: &str,
        told: &str,
        target: &str,
        project: Option<&str>,
        excluded: &[String],
    ) -> Judgement {
        let mut all = Judgement::default();
        let files: Vec<String> = self
            .source
            .below(folder)
            .filter(|path| path.ends_with("project.json"))
            .take(400)
            .map(str::to_owned)
            .collect();
        for file in files {
            let Some(settings) = self.source.read(folder, &file).and_then(|text| json(&text)) else {
                continue;
            };
            let place = file.rsplit_once('/').map_or("", |(place, _)| place);
            let name = settings.get("name").and_then(Value::as_str).unwrap_or(place);
            if project.is_some_and(|wanted| wanted != name)
                || excluded.iter().any(|out| glob(out).is_some_and(|out| out.is_match(name)))
            {
                continue;
            }
            let Some(found) = settings.get("targets").and_then(|targets| targets.get(target)) else {
                continue;
            };
            let executor = found.get("executor").and_then(Value::as_str).unwrap_or_default();
            let command = found
                .get("options")
                .and_then(|options| options.get("command")?.as_str())
                .or_else(|| found.get("command")?.as_str());
            let here = join(folder, place);
            let one = match (executor, command) {
                (_, Some(command)) => self.line(&here, command),
                (executor, None)
                    if executor.contains("cypress")
                        || executor.contains("playwright")
                        || executor.contains("karma") =>
                {
                    Judgement::refused(&format!("{executor} ({name})"), Why::Browser)
                }
                (executor, None) if executor.contains("serve") || executor.contains("dev-server") => {
                    Judgement::refused(executor, Why::Serves)
                }
                (executor, None)
                    if executor.contains("jest")
                        || executor.contains("vitest")
                        || executor.contains(":test") =>
                {
                    Judgement::is(Class::Test)
                }
                (executor, None) if executor.contains("lint") => Judgement::is(Class::Lint),
                (executor, None) if !executor.is_empty() && target.contains("build") => {
                    Judgement::is(Class::Build)
                }
                _ => Judgement::is(Class::Unknown),
            };
            all.and(one);
        }
        let wanted = |package: &Package, member: &str| {
            project.is_none_or(|wanted| {
                package.name() == Some(wanted) || member.rsplit('/').next() == Some(wanted)
            }) && !excluded.iter().any(|out| Self::matches(out, package, member))
        };
        let with_script = self.in_members_where(folder, told, &[target], &wanted);
        if all.classes.is_empty() && all.refused.is_none()
            || with_script.classes != Judgement::is(Class::Unknown).classes
        {
            all.and(with_script);
        }
        all
    }

    pub(super) fn lerna(&mut self, folder: &str, arguments: &[String]) -> Judgement {
        let told = format!("lerna {}", arguments.join(" "));
        let words =
            plain(arguments, &["--scope", "--ignore", "--concurrency", "--since", "--loglevel", "--exclude"]);
        match words.as_slice() {
            ["run", name, ..] => {
                let only: Vec<String> =
                    values(arguments, &["--scope"]).into_iter().map(str::to_owned).collect();
                let out: Vec<String> =
                    values(arguments, &["--ignore"]).into_iter().map(str::to_owned).collect();
                let wanted = |package: &Package, member: &str| {
                    (only.is_empty() || only.iter().any(|filter| Self::matches(filter, package, member)))
                        && !out.iter().any(|filter| Self::matches(filter, package, member))
                };
                let names: Vec<&str> = name.split(',').collect();
                self.in_members_where(folder, &told, &names, &wanted)
            }
            ["exec", ..] => self.after(folder, arguments, "exec"),
            ["ls" | "list" | "changed" | "info" | "diff", ..] => Judgement::is(Class::Harmless),
            ["bootstrap" | "add" | "link" | "clean", ..] => Judgement::refused(&told, Why::Installs),
            _ => Judgement::refused(&told, Why::Publishes),
        }
    }
}
