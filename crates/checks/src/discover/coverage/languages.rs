//! The language of a file, and the languages whose tests a check runs.
//!
//! Tables for `coverage`, which adds the folders. It looks only at names, extensions and the words of a command, and
//! opens no file. A check of an unknown program may run the tests of any language.

use crate::check::{Check, Runner};
use crate::runners::{Command, Language};
use crate::shell::commands;

/// The language of a file, as far as tests are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Written {
    /// Also TypeScript and components.
    JavaScript,
    Python,
    Rust,
    Go,
    /// Java, Kotlin, Scala, Groovy.
    Jvm,
    C,
    DotNet,
    Ruby,
    Php,
    Beam,
    Swift,
    Zig,
    Haskell,
    Dart,
    Shell,
    /// Files that programs read: settings, data, markup, unknown languages.
    Other,
    /// Files that only people and editors read: no test is expected.
    Prose,
    /// Files for delivery and operation: no test of the project runs them.
    Operations,
}

const ENDS: &[(Written, &[&str])] = &[
    (
        Written::JavaScript,
        &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro", "coffee"],
    ),
    (Written::Python, &["py", "pyi", "pyx", "pxd"]),
    (Written::Rust, &["rs"]),
    (Written::Go, &["go"]),
    (Written::Jvm, &["java", "kt", "kts", "scala", "sbt", "groovy", "gradle"]),
    (Written::C, &["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "m", "mm"]),
    (Written::DotNet, &["cs", "fs", "vb", "csproj", "fsproj", "vbproj", "razor"]),
    (Written::Ruby, &["rb", "rake", "erb"]),
    (Written::Php, &["php"]),
    (Written::Beam, &["ex", "exs", "erl", "hrl", "eex", "heex"]),
    (Written::Swift, &["swift"]),
    (Written::Zig, &["zig"]),
    (Written::Haskell, &["hs", "lhs"]),
    (Written::Dart, &["dart"]),
    (Written::Shell, &["sh", "bash", "zsh", "fish", "ps1", "bat", "cmd"]),
    (
        Written::Prose,
        &["md", "mdx", "rst", "adoc", "txt", "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "pdf"],
    ),
    (Written::Operations, &["tf", "tfvars", "dockerfile", "nix"]),
];

/// Names that decide regardless of the extension.
const PROSE: &[&str] = &[
    "license",
    "licence",
    "notice",
    "authors",
    "codeowners",
    "changelog",
    ".gitignore",
    ".gitattributes",
    ".editorconfig",
    ".prettierrc",
    ".prettierignore",
    ".npmignore",
    ".dockerignore",
    ".mailmap",
];

pub(super) fn of_file(path: &str) -> Written {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let folders = || lower.split('/').rev().skip(1);
    if folders().any(|folder| [".github", ".gitlab", ".circleci", ".husky"].contains(&folder))
        || name.starts_with("dockerfile")
        || name.starts_with("docker-compose")
        || name.starts_with(".gitlab-ci")
    {
        return Written::Operations;
    }
    let requirements = name.contains("requirements") || name.contains("constraints");
    if PROSE.contains(&name) || folders().any(|folder| folder == ".vscode" || folder == ".idea") {
        return Written::Prose;
    }
    let end = name.rsplit_once('.').map(|(_, end)| end);
    let known = ENDS.iter().find(|(_, ends)| end.is_some_and(|end| ends.contains(&end)));
    match known {
        Some((Written::Prose, _)) if requirements => Written::Other,
        Some((written, _)) => *written,
        None => Written::Other,
    }
}

/// Programs that run tests or start a test program, and its language.
const PROGRAMS: &[(Written, &[&str])] = &[
    (
        Written::JavaScript,
        &[
            "node",
            "tsx",
            "ts-node",
            "npm",
            "npx",
            "pnpm",
            "yarn",
            "bun",
            "deno",
            "jest",
            "vitest",
            "mocha",
            "ava",
            "tap",
            "tape",
            "uvu",
            "karma",
            "jasmine",
            "ng",
            "vue-cli-service",
            "react-scripts",
            "turbo",
            "nx",
            "lerna",
            "wtr",
            "qunit",
            "borp",
            "c8",
            "nyc",
        ],
    ),
    (Written::Python, &["python", "python3", "pytest", "tox", "nox", "hatch", "trial", "nosetests", "unit2"]),
    (Written::Rust, &["cargo", "wasm-pack"]),
    (Written::Go, &["go", "gotestsum", "ginkgo"]),
    (Written::Jvm, &["mvn", "mvnw", "gradle", "gradlew", "sbt", "ant"]),
    (Written::C, &["ctest", "meson"]),
    (Written::DotNet, &["dotnet"]),
    (Written::Ruby, &["rake", "rspec", "bundle", "ruby", "rails"]),
    (Written::Php, &["php", "phpunit", "composer", "pest", "artisan"]),
    (Written::Beam, &["mix", "rebar3"]),
    (Written::Swift, &["swift", "xcodebuild"]),
    (Written::Zig, &["zig"]),
    (Written::Haskell, &["cabal", "stack"]),
    (Written::Dart, &["dart", "flutter"]),
    (Written::Shell, &["bats", "shellcheck", "shellspec"]),
];

/// Manifests, and the language of their projects.
const MANIFESTS: &[(Written, &[&str])] = &[
    (Written::JavaScript, &["package.json", "deno.json", "deno.jsonc"]),
    (
        Written::Python,
        &[
            "pyproject.toml",
            "setup.py",
            "setup.cfg",
            "pytest.ini",
            "tox.ini",
            "noxfile.py",
            "manage.py",
            "Pipfile",
        ],
    ),
    (Written::Rust, &["Cargo.toml"]),
    (Written::Go, &["go.mod", "go.work"]),
    (Written::Jvm, &["pom.xml", "build.gradle", "build.gradle.kts", "build.sbt"]),
    (Written::Php, &["composer.json"]),
    (Written::Ruby, &["Gemfile", "Rakefile"]),
    (Written::Beam, &["mix.exs"]),
    (Written::Swift, &["Package.swift"]),
    (Written::Zig, &["build.zig"]),
    (Written::Haskell, &["stack.yaml", "cabal.project", "package.yaml"]),
    (Written::Dart, &["pubspec.yaml"]),
    (Written::C, &["CMakeLists.txt", "meson.build", "configure.ac"]),
];

/// The manifests that a project of this language can have.
pub(super) fn manifests(written: Written) -> &'static [&'static str] {
    MANIFESTS.iter().find(|(one, _)| *one == written).map_or(&[], |(_, files)| files)
}

/// Whether the tables know this manifest or this program.
#[cfg(test)]
pub(in crate::discover) fn is_known(name: &str) -> bool {
    MANIFESTS.iter().chain(PROGRAMS).any(|(_, names)| names.contains(&name))
}

/// The languages whose tests a check runs; `None` if it may run any.
pub(super) fn of_check(check: &Check) -> Option<Vec<Written>> {
    let by_runner = check.runner.and_then(of_runner);
    if let Some(written) = by_runner {
        return Some(vec![written]);
    }
    let line = check.script.as_deref().unwrap_or(&check.run);
    let mut found: Vec<Written> = commands(line).iter().filter_map(|words| of_program(words)).collect();
    found.sort();
    found.dedup();
    let file = check.source.split(' ').next().unwrap_or_default();
    let file = file.rsplit('/').next().unwrap_or(file);
    let by_source = MANIFESTS.iter().find(|(_, files)| files.contains(&file)).map(|(written, _)| *written);
    match by_source {
        // A script of package.json may start the tests of another language
        Some(Written::JavaScript) if found.iter().any(|one| *one != Written::JavaScript) => Some(found),
        // A shell or a task runner may start anything
        Some(Written::JavaScript)
            if found.is_empty() && commands(line).iter().any(|words| is_shell(words)) =>
        {
            None
        }
        Some(written) => Some(vec![written]),
        None if found.is_empty() => None,
        None => Some(found),
    }
}

fn of_runner(runner: Runner) -> Option<Written> {
    match runner.language() {
        Language::Rust => Some(Written::Rust),
        Language::JavaScript => Some(Written::JavaScript),
        Language::Python => Some(Written::Python),
        Language::Go => Some(Written::Go),
        Language::Any => None,
    }
}

fn is_shell(words: &[String]) -> bool {
    Command::of(words).is_some_and(|command| {
        ["sh", "bash", "make", "just", "task"].contains(&command.program) || command.program.ends_with(".sh")
    })
}

fn of_program(words: &[String]) -> Option<Written> {
    let command = Command::of(words)?;
    let program = command.program.trim_end_matches(".py").trim_start_matches("./");
    PROGRAMS.iter().find(|(_, programs)| programs.contains(&program)).map(|(written, _)| *written)
}
