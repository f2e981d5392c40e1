//! Program files of the project that a command starts. Shell files are followed; in other files it searches for the programs
//! they start and the modules they load.
//!
//! It runs nothing. A file that cannot be read completely does not count as harmless.

use std::sync::LazyLock;

use regex::Regex;

use super::options::{has, skip};
use super::words::{danger_in, danger_of_file};
use super::{Class, Judge, Judgement, Why};
use crate::check::Runner;
use crate::discover::recipes;
use crate::discover::source::{join, resolve};

/// The longest file that is searched, in bytes.
const MAX_FILE: usize = 200_000;

/// Programs that run a file, and their options with a value.
const INTERPRETERS: &[(&str, &[&str])] = &[
    (
        "node nodejs tsx ts-node ts-node-esm ts-node-script esno esmo jiti vite-node babel-node swc-node sucrase-node esr tsm bun deno",
        &[
            "-r",
            "--require",
            "--import",
            "--loader",
            "--experimental-loader",
            "-P",
            "--project",
            "--env-file",
            "--test-reporter",
            "--test-name-pattern",
            "--test-concurrency",
            "-O",
            "-T",
            "--tsconfig",
            "-C",
            "--conditions",
            "--max-old-space-size",
            "--preload",
            "--config",
            "-c",
            "--presets",
            "-x",
            "--extensions",
        ],
    ),
    ("python python2 python3 pypy pypy3 py", &["-W", "-X"]),
    (
        "ruby php perl lua luajit Rscript julia groovy jruby swipl tclsh guile escript elixir racket sbcl",
        &["-I", "-r", "-d", "-c"],
    ),
    ("zx", &[]),
    ("osascript", &[]),
];

/// Options of runners that name a file to load.
const LOADING: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "--preload",
    "--test-reporter",
    "--reporter",
    "--runner",
    "--resolver",
    "--transform",
    "--env",
    "--environment",
    "--testEnvironment",
    "--setupFiles",
    "--setupFilesAfterEnv",
    "--globalSetup",
    "--test-global-setup",
    "--file",
    "--plugin",
    "--load-plugins",
    "--rulesdir",
    "--helper",
];

/// Modules whose import alone decides.
static LOADS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:require\(\s*|from\s+|import\s+|import\(\s*)["']?(puppeteer(?:-core)?|playwright(?:-core|-chromium)?|@playwright/test|@web/test-runner|karma|selenium(?:-webdriver)?|webdriverio|cypress|nightwatch|testcafe|electron|@vscode/test-electron|@vscode/test-web|@vscode/test-cli|vscode-test|testcontainers|dockerode|docker|chokidar|nodemon|inquirer|@inquirer/prompts|prompts|enquirer|browser-sync|live-server|webpack-dev-server|gh-pages|simple-git|release-it|semantic-release|splinter)["')\s.;/]"#,
    )
    .ok()
});

/// Calls that start a program, with the given text or list.
static STARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"\b(?:exec|execSync|execFile|execFileSync|spawn|spawnSync|execa|execaSync|execaCommand|execaCommandSync|run|runSync|sh|shell|system|popen|Popen|call|check_call|check_output|getoutput|cmd|command|crossSpawn|runCommand|fork)\s*\(\s*\[?\s*["'`]([^"'`\n]+)["'`]((?:\s*,\s*\[?\s*["'`][^"'`\n]*["'`])*)"#,
    )
    .ok()
});

/// Commands in the template literals of `zx` and similar: `$` begins a word, unlike `${name}` before a closing backtick.
static TEMPLATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)(?:^|[\s(,;=!\[])\$(?:\.\w+)?(?:\([^)\n]*\))?`([^`]+)`").ok());
static TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"["'`]([^"'`\n]*)["'`]"#).ok());

impl Judge<'_> {
    /// `None` if the program is neither an interpreter nor a file of the project.
    pub(super) fn interpreter(
        &mut self,
        folder: &str,
        first: &str,
        program: &str,
        arguments: &[String],
    ) -> Option<Judgement> {
        if ["source", "."].contains(&first) {
            let file = arguments.first()?;
            return Some(match self.find(folder, file) {
                Some(_) => self.shell_file(folder, file, &[]),
                // The command enters an environment
                None => Judgement::is(Class::Harmless),
            });
        }
        if program == "django-admin" {
            return Some(self.django(&format!("django-admin {}", arguments.join(" ")), arguments));
        }
        let known = INTERPRETERS.iter().find(|(names, _)| names.split(' ').any(|name| name == program));
        let versioned = program.starts_with("python3.") || program.starts_with("python2.");
        let valued = match known {
            Some((_, valued)) => *valued,
            None if versioned => &[],
            None => return self.own_file(folder, first, arguments),
        };
        let told = || format!("{program} {}", arguments.join(" "));
        let python = program.starts_with("py");
        let perl = !python && ["ruby", "perl", "php", "lua"].contains(&program);
        if ["--watch", "watch", "--watch-path", "--hot"].iter().any(|word| {
            arguments.iter().take_while(|w| w.starts_with('-') || *w == "watch").any(|w| w == word)
        }) {
            return Some(Judgement::refused(&told(), Why::Watches));
        }
        if let Some((_, why)) = super::programs::refused_option(program, arguments)
            .filter(|(_, why)| matches!(why, Why::Watches | Why::Serves | Why::Interactive | Why::Rewrites))
        {
            return Some(Judgement::refused(&told(), why));
        }
        if !python && !perl && has(arguments, &["--test"]) {
            let mut judgement = Judgement::is(Class::Test);
            judgement.runner = Some(Runner::NodeTest);
            return Some(if super::words::names_end_to_end(arguments) {
                Judgement::refused(&told(), Why::EndToEnd)
            } else {
                judgement
            });
        }
        if python && let Some(at) = arguments.iter().position(|word| word == "-m") {
            return Some(self.python_module(folder, arguments.get(at + 1..)?));
        }
        let code = match program {
            _ if python => &["-c"][..],
            "ruby" | "perl" | "lua" => &["-e"],
            "php" => &["-r"],
            _ => &["-e", "--eval", "-p", "--print", "-pe"],
        };
        if let Some(at) = arguments.iter().position(|word| code.contains(&word.as_str())) {
            let text = arguments.get(at + 1).cloned().unwrap_or_default();
            let found = self.search(folder, &text);
            return Some(if found.refused.is_some() { found } else { Judgement::is(Class::Unknown) });
        }
        if perl && has(arguments, &["-c", "-l", "-wc"]) {
            return Some(Judgement::is(Class::Lint));
        }
        if ["node", "nodejs"].contains(&program) && has(arguments, &["--check", "-c"]) {
            return Some(Judgement::is(Class::Lint));
        }
        let rest = skip(arguments, valued);
        let rest = match (program, rest.first().map(String::as_str)) {
            ("deno", Some("run")) | ("tsx" | "bun", Some("run")) => skip(rest.get(1..)?, valued),
            // The tables know their other sub-commands
            ("deno" | "bun", _) => return None,
            _ => rest,
        };
        let Some((file, own)) = rest.split_first() else {
            return Some(Judgement::refused(&told(), Why::Interactive));
        };
        if file.contains("node_modules") || python && file.ends_with("/pytest") {
            return Some(self.words(folder, rest));
        }
        if file.rsplit('/').next() == Some("manage.py") {
            return Some(self.django(&told(), own));
        }
        if file == "setup.py" {
            return Some(match own.first().map(String::as_str) {
                Some("test" | "pytest") => {
                    Judgement { runner: Some(Runner::Unittest), ..Judgement::is(Class::Test) }
                }
                Some("build" | "build_ext" | "sdist" | "bdist_wheel" | "check" | "clean") => {
                    Judgement::is(Class::Build)
                }
                _ => Judgement::refused(&told(), Why::Publishes),
            });
        }
        if ["artisan", "console", "rails", "spring"].contains(&file.rsplit('/').next().unwrap_or_default())
            || program == "php" && file.contains("vendor/bin")
        {
            return Some(self.words(folder, rest));
        }
        Some(self.program_file(folder, &told(), file, own))
    }

    /// A file of the project that is started by its path.
    fn own_file(&mut self, folder: &str, first: &str, arguments: &[String]) -> Option<Judgement> {
        if !first.contains('/') || first.contains("node_modules/.bin") || first.contains(".venv/") {
            return None;
        }
        let path = self.find(folder, first)?;
        let text = self.source.read("", &path)?;
        let begins = text.lines().next().unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default();
        if super::programs::rule(name, arguments).is_some()
            && ["gradlew", "mvnw", "artisan", "console", "rails", "rspec"].contains(&name)
        {
            return None;
        }
        let is_shell = first.ends_with(".sh")
            || begins.starts_with("#!") && begins.contains("sh")
            || !begins.starts_with("#!") && !name.contains('.');
        Some(if is_shell {
            self.shell_file(folder, first, arguments)
        } else {
            self.program_file(folder, &format!("{first} {}", arguments.join(" ")), first, arguments)
        })
    }

    pub(super) fn shell_file(&mut self, folder: &str, file: &str, arguments: &[String]) -> Judgement {
        let told = format!("{file} {}", arguments.join(" "));
        let named = danger_of_file(file).or_else(|| danger_in(arguments));
        let Some(path) = self.find(folder, file) else {
            return match named {
                Some(why) => Judgement::refused(&told, why),
                None => Judgement::is(Class::Unknown),
            };
        };
        if let Some(why) = named {
            return Judgement::refused(&told, why);
        }
        self.started.insert(path.clone());
        let text = self.source.read("", &path).unwrap_or_default();
        // Files often enter their own folder first, by a computed name
        let own = path.rsplit_once('/').map_or("", |(own, _)| own).to_owned();
        let text = text.replace("\r\n", "\n");
        let folder = folder.to_owned();
        self.follow(format!("file {path}"), |judge| {
            let judgement = judge.line(&folder, &text);
            if judgement.is_idle() && !own.is_empty() {
                return judge.line(&own, &text);
            }
            judgement
        })
    }

    /// A program file in a language that is only searched, not followed.
    fn program_file(&mut self, folder: &str, told: &str, file: &str, arguments: &[String]) -> Judgement {
        if let Some(why) = danger_of_file(file).or_else(|| danger_in(arguments)) {
            return Judgement::refused(told, why);
        }
        if let Some((_, why)) = super::programs::refused_option("", arguments) {
            return Judgement::refused(told, why);
        }
        let Some(path) = self.find(folder, file).or_else(|| self.compiled_from(folder, file)) else {
            return Judgement::is(Class::Unknown);
        };
        self.started.insert(path.clone());
        let text = self.source.read("", &path).unwrap_or_default();
        let folder = folder.to_owned();
        let name = file.to_owned();
        let mut judgement = self.follow(format!("file {path}"), |judge| judge.search(&folder, &text));
        if let Some(why) = &judgement.refused {
            judgement.refused = Some(format!("`{name}`: {why}"));
        }
        if judgement.is_idle() {
            judgement.classes.insert(Class::Unknown);
        }
        judgement
    }

    /// Notes the files that options make a program load.
    pub(super) fn note_loaded(&mut self, folder: &str, arguments: &[String]) {
        let named = super::options::values(arguments, LOADING);
        let found: Vec<String> = named.into_iter().filter_map(|file| self.find(folder, file)).collect();
        self.started.extend(found);
    }

    /// The files of the project that were started or loaded so far.
    pub(in crate::discover) fn into_started(self) -> std::collections::BTreeSet<String> {
        self.started
    }

    /// The modules that a text loads and the programs that it starts.
    fn search(&mut self, folder: &str, text: &str) -> Judgement {
        let mut all = Judgement::default();
        if text.len() > MAX_FILE {
            return all;
        }
        if let Some(module) =
            LOADS.as_ref().and_then(|loads| loads.captures(text)).and_then(|found| found.get(1))
        {
            let module = module.as_str();
            let why = match module {
                "electron"
                | "@vscode/test-electron"
                | "@vscode/test-web"
                | "@vscode/test-cli"
                | "vscode-test" => Why::Window,
                "testcontainers" | "dockerode" | "docker" => Why::Container,
                "chokidar" | "nodemon" => Why::Watches,
                "inquirer" | "@inquirer/prompts" | "prompts" | "enquirer" => Why::Interactive,
                "browser-sync" | "live-server" | "webpack-dev-server" => Why::Serves,
                "gh-pages" | "release-it" | "semantic-release" => Why::Publishes,
                "simple-git" => Why::Repository,
                _ => Why::Browser,
            };
            return Judgement::refused(module, why);
        }
        let mut lines = Vec::new();
        for found in STARTS.iter().flat_map(|starts| starts.captures_iter(text)).take(200) {
            let mut line = found.get(1).map_or("", |first| first.as_str()).to_owned();
            let more = found.get(2).map_or("", |more| more.as_str());
            for word in TEXT.iter().flat_map(|text| text.captures_iter(more)).filter_map(|found| found.get(1))
            {
                line.push(' ');
                line.push_str(&crate::shell::quote(word.as_str()));
            }
            lines.push(line);
        }
        lines.extend(
            TEMPLATE
                .iter()
                .flat_map(|template| template.captures_iter(text))
                .take(200)
                .filter_map(|found| Some(found.get(1)?.as_str().to_owned())),
        );
        for line in lines {
            // A line with computed words is read as far as it is known
            let line = line.replace("${", "$").replace('}', "");
            if super::line::commands(&line).is_none() || line.trim().is_empty() {
                continue;
            }
            // An interpreter whose file is computed waits for nobody
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [program] = words.as_slice()
                && INTERPRETERS.iter().any(|(names, _)| names.split(' ').any(|name| name == *program))
            {
                continue;
            }
            let one = self.line(folder, &line);
            let known = one.classes.iter().any(|class| *class != Class::Unknown);
            if one.refused.is_some() || known {
                all.and(one);
            }
        }
        all
    }

    fn django(&mut self, told: &str, arguments: &[String]) -> Judgement {
        match arguments.first().map(String::as_str) {
            Some("test") if has(arguments, &["--keepdb-off"]) => Judgement::refused(told, Why::Database),
            Some("test") => Judgement { runner: Some(Runner::Unittest), ..Judgement::is(Class::Test) },
            Some("check") => Judgement::is(Class::Lint),
            Some("makemigrations") if has(arguments, &["--check", "--dry-run"]) => Judgement::is(Class::Lint),
            Some("collectstatic" | "compilemessages") => Judgement::is(Class::Build),
            Some("runserver" | "testserver" | "shell" | "dbshell" | "createsuperuser") => {
                Judgement::refused(told, Why::Serves)
            }
            _ => Judgement::refused(told, Why::Database),
        }
    }

    fn python_module(&mut self, folder: &str, words: &[String]) -> Judgement {
        let Some((module, rest)) = words.split_first() else { return Judgement::default() };
        if module == "django" {
            return self.django(&format!("python -m {}", words.join(" ")), rest);
        }
        let file = format!("{}.py", module.replace('.', "/"));
        let main = format!("{}/__main__.py", module.replace('.', "/"));
        if super::programs::rule(module, rest).is_none()
            && let Some(path) = [file, main].iter().find(|path| self.find(folder, path).is_some())
        {
            return self.program_file(folder, &format!("python -m {}", words.join(" ")), path, rest);
        }
        self.words(folder, words)
    }

    /// A script that a manager of Python environments knows by name.
    pub(super) fn python_script(
        &mut self,
        folder: &str,
        program: &str,
        name: &str,
        _arguments: &[String],
    ) -> Option<Judgement> {
        let recipes = match program {
            "pdm" => recipes::pdm(self.source, folder),
            "hatch" => recipes::hatch(self.source, folder),
            "pipenv" => recipes::pipenv(self.source, folder),
            _ => None,
        }?;
        recipes.get(name)?;
        Some(self.recipe(folder, program, &recipes, name))
    }

    /// The path of a file that a command names.
    fn find(&self, folder: &str, file: &str) -> Option<String> {
        let path = resolve(folder, file)?;
        let ends = ["", ".js", ".mjs", ".cjs", ".ts", ".mts", ".py", "/index.js", "/index.ts", "/index.mjs"];
        ends.iter().map(|end| format!("{path}{end}")).find(|path| self.source.has("", path))
    }

    /// The source of a file that a compiler has yet to write: `src/a.ts` for `out/a.js`.
    fn compiled_from(&self, folder: &str, file: &str) -> Option<String> {
        let (out, rest) = file.trim_start_matches("./").split_once('/')?;
        let stem = rest.strip_suffix(".js").or_else(|| rest.strip_suffix(".mjs"))?;
        if !["out", "dist", "lib", "build", "compiled"].contains(&out) {
            return None;
        }
        let stems = [
            format!("{stem}.ts"),
            format!("src/{stem}.ts"),
            format!("{stem}.mts"),
            format!("src/{stem}.mts"),
        ];
        stems.iter().filter_map(|source| resolve(folder, source)).find(|path| self.source.has("", path))
    }

    /// Whether the configuration of a test runner requires a browser.
    pub(super) fn runs_browser(&self, folder: &str, program: &str) -> bool {
        let (files, marks): (&[&str], &[&str]) = match program {
            "jest" => (
                &[
                    "jest.config.js",
                    "jest.config.ts",
                    "jest.config.mjs",
                    "jest.config.cjs",
                    "jest.config.json",
                ],
                &["jest-puppeteer", "jest-playwright"],
            ),
            "vitest" => (
                &[
                    "vitest.config.ts",
                    "vitest.config.mts",
                    "vitest.config.js",
                    "vitest.config.mjs",
                    "vite.config.ts",
                    "vite.config.js",
                ],
                &["browser:{enabled:true", "@vitest/browser-playwright", "@vitest/browser/providers"],
            ),
            _ => return false,
        };
        let text = self
            .source
            .first(folder, files)
            .and_then(|file| self.source.read(folder, file))
            .unwrap_or_default();
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        marks.iter().any(|mark| text.contains(mark))
    }

    /// Whether the project depends on a tool, or is that tool's package.
    pub(super) fn is_tool(&self, folder: &str, package: &str, program: &str) -> bool {
        let mut folder = Some(folder);
        while let Some(here) = folder {
            if let Some(manifest) = self.packages.get(here)
                && (manifest.has_tool(package) || manifest.has_tool(program))
            {
                return true;
            }
            if self.source.has(here, &join("node_modules/.bin", program)) {
                return true;
            }
            folder =
                if here.is_empty() { None } else { Some(here.rsplit_once('/').map_or("", |(up, _)| up)) };
        }
        false
    }
}
