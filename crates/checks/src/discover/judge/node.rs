//! Node's package managers and script runners: decides which one a command uses and which scripts it names.
//!
//! `mod.rs` calls it before the tables of programs. `scripts.rs` judges what a script does, and `monorepo.rs` selects
//! members. A sub-command of npm that is on no list is refused.

use super::options::{has, plain, skip, value, values};
use super::words::danger;
use super::{Class, Judge, Judgement, Why};

/// Options of package managers with a value in the next word.
const VALUED: &[&str] = &[
    "-w",
    "--workspace",
    "--prefix",
    "-C",
    "--dir",
    "--cwd",
    "--filter",
    "-F",
    "--filter-prod",
    "--workspace-concurrency",
    "--reporter",
    "--loglevel",
    "--script-shell",
    "--include",
    "--exclude",
    "--from",
    "-j",
    "--jobs",
    "--changed-filter",
    "--resume-from",
    "--workspaces-concurrency",
    "--concurrency",
    "--scope",
    "--ignore",
    "--since",
    "--since-filter",
];

/// Sub-commands of package managers that are not scripts.
const INSTALLING: &[&str] = &[
    "install",
    "i",
    "ci",
    "add",
    "update",
    "up",
    "upgrade",
    "remove",
    "rm",
    "uninstall",
    "un",
    "link",
    "ln",
    "unlink",
    "dedupe",
    "rebuild",
    "rb",
    "fetch",
    "import",
    "install-test",
    "it",
    "cit",
    "clean-install",
    "patch-commit",
    "self-update",
    "set",
    "create",
    "init",
    "prune",
    "approve-builds",
    "unplug",
    "autoclean",
    "global",
];
const PUBLISHING: &[&str] = &[
    "publish",
    "unpublish",
    "version",
    "login",
    "logout",
    "adduser",
    "deprecate",
    "dist-tag",
    "owner",
    "access",
    "token",
    "team",
    "profile",
    "npm",
    "tag",
    "deploy",
    "hook",
    "stage",
    "trust",
];
const ASKING: &[&str] = &[
    "audit", "outdated", "view", "info", "search", "ping", "doctor", "fund", "bugs", "repo", "docs", "stars",
];
const HARMLESS: &[&str] = &[
    "ls",
    "list",
    "la",
    "ll",
    "why",
    "explain",
    "root",
    "bin",
    "prefix",
    "config",
    "get",
    "pkg",
    "pack",
    "help",
    "query",
    "store",
    "cache",
    "constraints",
    "explore",
    "licenses",
    "check",
    "policies",
    "pm",
    "sbom",
    "cat-file",
    "env",
];

/// The program that a package is known to install under another name.
pub(crate) fn program_of_package(package: &str) -> &str {
    match package {
        "@biomejs/biome" => "biome",
        "@angular/cli" => "ng",
        "@nestjs/cli" => "nest",
        "@vue/cli-service" => "vue-cli-service",
        "typescript" => "tsc",
        "@playwright/test" => "playwright",
        "@web/test-runner" => "wtr",
        "@changesets/cli" => "changeset",
        "@babel/cli" => "babel",
        "@swc/cli" => "swc",
        "@storybook/cli" => "storybook",
        "@arethetypeswrong/cli" => "attw",
        "@remix-run/dev" => "remix",
        "@docusaurus/core" => "docusaurus",
        "@microsoft/rush" => "rush",
        "@moonrepo/cli" => "moon",
        "@tauri-apps/cli" => "tauri",
        "@vscode/vsce" => "vsce",
        "@cucumber/cucumber" => "cucumber-js",
        "@lhci/cli" => "lhci",
        "npm-run-all2" => "npm-run-all",
        "del-cli" => "del-cli",
        _ => package.rsplit('/').next().unwrap_or(package),
    }
}

/// The command of `yarn workspaces …` or `yarn workspace NAME …`, and its members.
struct YarnMembers<'a> {
    sub: &'a str,
    rest: Vec<&'a str>,
    /// The named member; `None`: all members.
    one: Option<String>,
}

impl<'a> YarnMembers<'a> {
    fn read(sub: &str, rest: &[&'a str]) -> Option<YarnMembers<'a>> {
        match (sub, rest) {
            ("workspaces", [how @ ("run" | "foreach"), rest @ ..]) => Some(match rest {
                ["run", rest @ ..] if *how == "foreach" => {
                    YarnMembers { sub: "run", rest: rest.to_vec(), one: None }
                }
                _ => YarnMembers { sub: "run-these", rest: rest.to_vec(), one: None },
            }),
            ("workspace", [name, rest @ ..]) => {
                let rest = if let ["run", rest @ ..] = rest { rest } else { rest };
                Some(YarnMembers { sub: "run-these", rest: rest.to_vec(), one: Some((*name).to_owned()) })
            }
            _ => None,
        }
    }
}

/// Whether a filter of members selects those that changed since a commit: `...[origin/main]`.
pub(super) fn since_commit(filter: &str) -> bool {
    filter.contains('[') && filter.contains(']')
}

impl Judge<'_> {
    /// `None` for programs that run no scripts.
    pub(super) fn manager(&mut self, folder: &str, program: &str, arguments: &[String]) -> Option<Judgement> {
        let told = || format!("{program} {}", arguments.join(" "));
        match program {
            "npm" | "pnpm" | "yarn" | "bun" | "yarnpkg" => self.package_manager(folder, program, arguments),
            "corepack" => {
                let (first, rest) = arguments.split_first()?;
                ["npm", "pnpm", "yarn"]
                    .contains(&first.as_str())
                    .then(|| self.words(folder, arguments))
                    .or_else(|| {
                        Some(Judgement::refused(
                            &format!("corepack {first} {}", rest.join(" ")),
                            Why::Installs,
                        ))
                    })
            }
            "deno" if arguments.first().is_some_and(|word| word == "task") => {
                let name = plain(arguments.get(1..)?, &["--cwd", "-c", "--config"]).first().copied()?;
                Some(self.deno_task(folder, name))
            }
            "run-s" | "run-p" | "npm-run-all" | "npm-run-all2" | "run-s2" => {
                let names = plain(arguments, &["--max-parallel", "--npm-path", "-a"]);
                Some(self.patterns(folder, &told(), &names))
            }
            "concurrently" | "conc" => Some(self.concurrently(folder, arguments)),
            "ultra" | "wsrun" | "nps" | "ultra-runner" => {
                let names = plain(arguments, &["--filter", "-p", "-s", "--stages", "-c"]);
                Some(match names.iter().find_map(|name| danger(name)) {
                    Some(why) => Judgement::refused(&told(), why),
                    None => self.in_members(folder, &told(), &names, &|_| true),
                })
            }
            "turbo" | "nx" | "lerna" | "moon" | "rush" if self.hands_on(program, arguments).is_some() => {
                self.hands_on(program, arguments)
            }
            "wireit" => Some(Judgement::refused("wireit", Why::Unclear)),
            "turbo" => Some(self.turbo(folder, arguments)),
            "nx" => Some(self.nx(folder, arguments)),
            "lerna" => Some(self.lerna(folder, arguments)),
            "rush" | "rushx" => Some(match arguments.iter().find_map(|word| danger(word)) {
                Some(why) => Judgement::refused(&told(), why),
                None if has(arguments, &["install", "update", "add", "change", "version", "publish"]) => {
                    Judgement::refused(&told(), Why::Installs)
                }
                None => self.in_members(folder, &told(), &plain(arguments, &[]), &|_| true),
            }),
            "moon" => Some(match arguments.iter().find_map(|word| danger(word)) {
                Some(why) => Judgement::refused(&told(), why),
                None => {
                    let names: Vec<&str> = plain(arguments, &[])
                        .into_iter()
                        .filter(|w| *w != "run")
                        .map(|w| w.rsplit(':').next().unwrap_or(w))
                        .collect();
                    self.in_members(folder, &told(), &names, &|_| true)
                }
            }),
            _ => None,
        }
    }

    fn package_manager(&mut self, folder: &str, program: &str, arguments: &[String]) -> Option<Judgement> {
        let told = format!("{program} {}", arguments.join(" "));
        let mut folder = folder.to_owned();
        if let Some(to) = value(arguments, &["--prefix", "-C", "--dir", "--cwd"]) {
            folder = self.source.folder_at(&folder, &folder, to);
        }
        let words = plain(arguments, if program == "pnpm" { &VALUED[2..] } else { VALUED });
        if let Some(why) = refused_option(program, arguments, words.first().copied()) {
            return Some(Judgement::refused(&told, why));
        }
        let everywhere = has(arguments, &["--workspaces", "-ws", "-r", "--recursive", "--workspaces=true"])
            || !values(arguments, &["--filter", "-F"]).is_empty();
        let (mut sub, mut rest) = match words.split_first() {
            Some((sub, rest)) => (*sub, rest.to_vec()),
            // `yarn` without arguments installs
            None => return Some(Judgement::refused(&told, Why::Installs)),
        };
        let mut everywhere = everywhere;
        let mut one =
            if program == "npm" { value(arguments, &["-w", "--workspace"]).map(str::to_owned) } else { None };
        if program.starts_with("yarn") {
            match sub {
                "exec" => return Some(self.after(&folder, arguments, "exec")),
                "dlx" => return Some(Judgement::refused(&told, Why::Installs)),
                "workspaces" | "workspace" => {
                    if let Some(of_members) = YarnMembers::read(sub, &rest) {
                        (sub, rest) = (of_members.sub, of_members.rest);
                        everywhere |= of_members.one.is_none();
                        one = of_members.one;
                    }
                }
                _ => {}
            }
        }
        match (program, sub) {
            (_, "run" | "run-script" | "rum" | "run-these") => {
                let Some(name) = rest.first().copied() else { return Some(Judgement::is(Class::Harmless)) };
                return Some(self.scripts(&folder, &told, name, everywhere, one.as_deref(), arguments));
            }
            ("npm" | "pnpm", "t" | "tst") => {
                return Some(self.scripts(&folder, &told, "test", everywhere, one.as_deref(), arguments));
            }
            ("npm", "test" | "start" | "stop" | "restart") | ("pnpm" | "yarn", "test" | "start") => {
                return Some(self.scripts(&folder, &told, sub, everywhere, one.as_deref(), arguments));
            }
            ("npm", "exec" | "x") | ("bun", "x") | ("pnpm", "exec") => {
                let rest = skip(
                    arguments.get(arguments.iter().position(|word| word == sub)? + 1..)?,
                    &["-p", "--package"],
                );
                if let Some(line) = value(arguments, &["-c", "--call"]).filter(|_| program == "npm") {
                    return Some(self.line(&folder, line));
                }
                if program == "pnpm" {
                    return Some(self.words(&folder, rest));
                }
                let mut line = vec!["npx".to_owned()];
                line.extend(rest.iter().cloned());
                return Some(self.words(&folder, &line));
            }
            ("pnpm", "dlx") => return Some(Judgement::refused(&told, Why::Installs)),
            ("bun", "test" | "build") => return None,
            _ => {}
        }
        // It may be a script or a tool, if the manager has no such sub-command
        let package = self.packages.get(&folder);
        let is_script = package.as_ref().is_some_and(|package| package.script(sub).is_some());
        if INSTALLING.contains(&sub) {
            return Some(Judgement::refused(&told, Why::Installs));
        }
        if PUBLISHING.contains(&sub)
            && !(is_script && program != "npm" && !["publish", "version"].contains(&sub))
        {
            return Some(Judgement::refused(&told, Why::Publishes));
        }
        if ASKING.contains(&sub) && !(is_script && program != "npm") {
            return Some(Judgement::refused(&told, Why::Network));
        }
        if program == "npm" {
            return Some(if HARMLESS.contains(&sub) {
                Judgement::is(Class::Harmless)
            } else {
                Judgement::refused(&told, Why::Unclear)
            });
        }
        if is_script || everywhere || one.is_some() {
            return Some(self.scripts(&folder, &told, sub, everywhere, one.as_deref(), arguments));
        }
        if HARMLESS.contains(&sub) {
            return Some(Judgement::is(Class::Harmless));
        }
        if program == "bun" && (sub.contains('.') || sub.contains('/')) {
            let at = arguments.iter().position(|word| word == sub)?;
            let mut line = vec!["tsx".to_owned()];
            line.extend(arguments.get(at..)?.iter().cloned());
            return Some(self.words(&folder, &line));
        }
        // `yarn jest`, `pnpm vitest run`
        Some(self.after(&folder, arguments, sub).clone())
    }

    /// The command that begins with a word, or after the word for `exec`.
    pub(super) fn after(&mut self, folder: &str, arguments: &[String], word: &str) -> Judgement {
        let Some(at) = arguments.iter().position(|argument| argument == word) else {
            return Judgement::default();
        };
        let at = if word == "exec" { at + 1 } else { at };
        let rest = skip(arguments.get(at..).unwrap_or_default(), &[]);
        match rest {
            // A single text with blanks is a command line
            [line] if line.contains(' ') => self.line(folder, line),
            rest => self.words(folder, rest),
        }
    }
}

/// Why options of a package manager rule a command out; `sub` is its first word that is no option.
fn refused_option(program: &str, arguments: &[String], sub: Option<&str>) -> Option<Why> {
    let mut own = arguments.iter().take_while(|word| sub.is_none_or(|sub| word.as_str() != sub));
    if program == "bun" && own.any(|word| ["--hot", "--watch"].contains(&word.as_str())) {
        return Some(Why::Watches);
    }
    let filters = values(arguments, &["--filter", "-F", "--changed-filter"]);
    filters.iter().any(|filter| since_commit(filter)).then_some(Why::Partial)
}
