//! The invariants of `docs/ARCHITECTURE.md`, read from `cargo metadata` and from the sources.
//!
//! Each rule lists every place that breaks it, with what to do there. Code under `#[cfg(test)]` and
//! in `tests/` is held to the rules on files, not to those on what a crate may touch.

// A test that cannot read what it judges must fail, helpers included.
#![allow(clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each crate may stand on; a crate that is not listed has no place in the house yet.
const FLOORS: [(&str, &[&str]); 11] = [
    ("mission", &[]),
    ("syntax", &[]),
    ("checks", &[]),
    ("workspace", &[]),
    ("guardian", &["syntax"]),
    ("context", &["syntax"]),
    ("journal", &["mission"]),
    ("engine", &["mission", "syntax", "checks", "workspace", "guardian", "context", "journal"]),
    ("node", &["engine", "guardian", "context"]),
    ("sim", &["engine", "mission", "checks", "workspace", "journal"]),
    ("bench", &["sim", "engine", "mission", "syntax", "checks", "guardian", "journal"]),
];

const PURE: [&str; 3] = ["mission", "syntax", "guardian"];

#[test]
fn crates_stand_on_the_floors_below_them() {
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace_crates() {
        let Some((_, floor)) = FLOORS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!(
                "crates/{name}: a crate without a floor; give it one in FLOORS of this test and in docs/ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in
            dependencies.iter().filter(|dependency| FLOORS.iter().any(|(known, _)| known == dependency))
        {
            if !floor.contains(&dependency.as_str()) {
                wrong.push(format!(
                    "crates/{name}/Cargo.toml: `{name}` must not know `{dependency}`; hand it what it needs as data, from `engine`"
                ));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn pure_crates_depend_on_nothing_that_reaches_outside() {
    let outside = [
        "tokio",
        "tokio-util",
        "rand",
        "fastrand",
        "getrandom",
        "uuid",
        "chrono",
        "time",
        "nix",
        "tempfile",
        "reqwest",
    ];
    let crates = workspace_crates();
    let wrong = PURE
        .iter()
        .filter_map(|name| Some((name, crates.get(*name)?)))
        .flat_map(|(name, dependencies)| outside.iter().filter(|o| dependencies.contains(**o)).map(move |o| (name, o)))
        .map(|(name, outside)| {
            format!("crates/{name}/Cargo.toml: `{name}` is pure and must not depend on `{outside}`; move what needs it to `engine`")
        });
    assert_none(wrong);
}

#[test]
fn pure_crates_do_no_io_and_read_no_clock() {
    let outside = [
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "std::env",
        "std::thread",
        "use std::{",
        "tokio::",
        "Instant::",
        "time::Instant",
        "SystemTime",
        "RandomState",
        "println!",
        "eprintln!",
        "print!(",
    ];
    let what = "a pure crate takes texts, times and identifiers as arguments; do this in `engine` and pass the result";
    assert_none(
        production_code()
            .iter()
            .filter(|file| PURE.contains(&file.krate()))
            .flat_map(|file| file.lines_with(&outside, what)),
    );
}

#[test]
fn only_workspace_and_checks_start_processes() {
    let spawn = ["Command::new", "process::Command", "posix_spawn", "fork("];
    let what = "git is run by `workspace`, the project's commands by `checks`; call those";
    let allowed = ["workspace", "checks", "sim", "bench"];
    let git = ["Command::new(\"git", "program(\"git"];
    let files = production_code();
    let spawning = files
        .iter()
        .filter(|file| !allowed.contains(&file.krate()))
        .flat_map(|file| file.lines_with(&spawn, what));
    let running_git = files.iter().filter(|file| file.krate() == "checks").flat_map(|file| {
        file.lines_with(&git, "only `workspace` runs git; take what git knows as an argument")
    });
    assert_none(spawning.chain(running_git));
}

#[test]
fn only_journal_writes_mission_state() {
    let write = [
        "fs::write",
        "File::create",
        "OpenOptions",
        "fs::rename",
        "fs::copy",
        "fs::remove_",
        "NamedTempFile",
    ];
    let writers = ["journal", "workspace", "checks", "sim", "bench"];
    let names = ["journal.jsonl\"", "board.json\""];
    let files = production_code();
    let writing = files.iter().filter(|file| !writers.contains(&file.krate())).flat_map(|file| {
        file.lines_with(&write, "mission state is written by `journal`, slots by `workspace`; add it there")
    });
    let naming = files.iter().filter(|file| file.krate() != "journal").flat_map(|file| {
        file.lines_with(&names, "the files of a mission are known to `journal` only; ask it for them")
    });
    assert_none(writing.chain(naming));
}

#[test]
fn node_holds_conversions_only() {
    const MOST_LINES: usize = 250;
    const LINES_A_BRANCH: usize = 10;
    let mut wrong = Vec::new();
    for file in production_code().iter().filter(|file| file.krate() == "node") {
        let code = file.code();
        let branches = |line: &str| {
            ["if ", "match ", "while ", "for "].iter().filter(|word| line.contains(*word)).count()
        };
        let branches: usize = code.iter().map(|(_, line)| branches(line)).sum();
        if code.len() > MOST_LINES || branches > 2 + code.len() / LINES_A_BRANCH {
            wrong.push(format!(
                "{}: {} lines and {branches} branches; `node` only converts, move the decisions to `engine`",
                file.path,
                code.len()
            ));
        }
    }
    assert_none(wrong);
}

#[test]
fn javascript_lives_where_it_belongs() {
    let folders = ["bin/", "plugin/", "scripts/", "tests/", "npm/"];
    let at_root = ["index.js", "index.d.ts", "tui.js", "eslint.config.js"];
    let mut wrong = Vec::new();
    for path in repository_files() {
        let extension = Path::new(&path).extension().and_then(|e| e.to_str()).unwrap_or_default();
        let fixture = path.contains("fixtures/") || path.starts_with("rules/");
        if fixture || !["js", "mjs", "cjs", "jsx", "ts", "mts", "tsx"].contains(&extension) {
            continue;
        }
        if !folders.iter().any(|folder| path.starts_with(folder)) && !at_root.contains(&path.as_str()) {
            wrong.push(format!(
                "{path}: JavaScript outside {}; move it, or write it in Rust",
                folders.join(", ")
            ));
        }
        if extension.contains("ts") && !path.ends_with(".d.ts") {
            wrong.push(format!("{path}: a TypeScript source; write plain JavaScript with JSDoc types"));
        }
    }
    assert_none(wrong);
}

#[test]
fn files_hold_one_thing() {
    const MOST_LINES: usize = 600;
    let long = sources().into_iter().filter(|file| file.text.lines().count() > MOST_LINES).map(|file| {
        format!(
            "{}: {} lines, {MOST_LINES} is the most; split it by what it holds",
            file.path,
            file.text.lines().count()
        )
    });
    assert_none(long);
}

#[test]
fn nothing_is_left_to_do_and_nothing_is_unsafe() {
    // In pieces, so that this file does not find itself.
    let words = ["todo", "unimplemented", "dbg"].map(|word| format!("{word}!("));
    let words = [words.as_slice(), &[format!("allow({})", "unsafe_code")]].concat();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let rust =
        sources().into_iter().filter(|file| file.path.ends_with(".rs") && !file.path.contains("fixtures/"));
    assert_none(
        rust.flat_map(|file| {
            file.lines_with(&words, "finish it, or return an error that says what is missing")
        }),
    );
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let mut names = vec![root().display().to_string()];
    names.retain(|root| root.len() >= 10);
    if let Ok(home) = std::env::var("HOME") {
        names.extend([".cargo/", ".rustup/", ".npm/"].map(|folder| format!("{home}/{folder}")));
    }
    // In pieces, so that this file does not find itself.
    let hosts = [
        "registry npmjs org",
        "registry yarnpkg com",
        "index crates io",
        "static crates io",
        "files pythonhosted org",
        "pypi org",
        "deb debian org",
    ];
    names.extend(hosts.map(|host| host.replace(' ', ".")));
    // A mirror that this machine is set to, under the clients' own names for it.
    let mirrors = ["npm_config_registry", "PIP_INDEX_URL", "UV_INDEX_URL", "GOPROXY"];
    names.extend(mirrors.iter().filter_map(|name| std::env::var(name).ok()).filter_map(|url| host_of(&url)));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let what =
        "a fresh clone runs anywhere; use a relative path, a temporary folder, or the client's own default";
    assert_none(texts().into_iter().flat_map(|file| file.all_lines_with(&names, what)));
}

#[test]
fn prompts_are_short() {
    const MOST_TOKENS: f64 = 500.0;
    const BYTES_A_TOKEN: f64 = 3.9;
    let prompts: Vec<_> = texts()
        .into_iter()
        .filter(|file| file.path.starts_with("prompts/") && file.path.ends_with(".md"))
        .collect();
    let long = prompts
        .iter()
        .map(|file| (file, file.text.len() as f64 / BYTES_A_TOKEN))
        .filter(|(_, n)| *n > MOST_TOKENS);
    assert_none(long.map(|(file, tokens)| {
        format!("{}: about {tokens:.0} tokens, {MOST_TOKENS} is the most; shorten it", file.path)
    }));
}

#[test]
fn every_crate_says_what_it_is_and_keeps_the_lints() {
    let mut wrong = Vec::new();
    for name in workspace_crates().keys() {
        let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_default();
        let (lib, manifest) = (format!("crates/{name}/src/lib.rs"), format!("crates/{name}/Cargo.toml"));
        let text = read(&lib);
        let header =
            text.lines().take_while(|line| line.starts_with("//!")).map(|line| line.len() - 3).sum::<usize>();
        // A crate that holds nothing yet has nothing to say.
        if header < 60 && text.lines().count() > 5 {
            wrong.push(format!(
                "{lib}: begin it with `//!` lines that say what the crate is, and what it never does"
            ));
        }
        if !read(&manifest).contains("[lints]\nworkspace = true") {
            wrong.push(format!("{manifest}: add `[lints]` with `workspace = true`"));
        }
        if root().join(format!("crates/{name}/README.md")).exists() {
            wrong.push(format!("crates/{name}/README.md: move it to the `//!` lines of {lib}"));
        }
    }
    assert_none(wrong);
}

/// A page that points nowhere is worse than none.
#[test]
fn pages_link_to_files_that_exist() {
    let mut wrong = Vec::new();
    for page in texts().into_iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root().join(&page.path);
        let folder = folder.parent().unwrap_or(Path::new(""));
        let mut fenced = false;
        for (number, line) in page.text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            if fenced {
                continue;
            }
            for target in line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
                let elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
                if !elsewhere && !folder.join(target).exists() {
                    wrong.push(format!(
                        "{}:{}: `{target}` does not exist; links are relative to the page",
                        page.path,
                        number + 1
                    ));
                }
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn package_and_crates_have_one_version() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let package: serde_json::Value =
        serde_json::from_str(&read("package.json")).expect("package.json is JSON");
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    let hint = "package.json and Cargo.toml must carry the same version; change both";
    assert_eq!(package["version"].as_str(), version.map(|version| version.trim_matches('"')), "{hint}");
}

/// The rules above find what they look for, and leave tests and comments alone.
#[test]
fn the_rules_bite() {
    let text = "//! std::fs in a comment\nuse std::fs;\n#[cfg(test)]\nmod tests;\nfs::read();\n#[cfg(test)]\nmod inner {\n    use std::fs;\n}\nuse std::fs;\n";
    let file = File { path: "crates/mission/src/a.rs".to_owned(), text: text.to_owned() };
    let places = file.lines_with(&["std::fs"], "x");
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(
        places[0].starts_with("crates/mission/src/a.rs:2: ")
            && places[1].starts_with("crates/mission/src/a.rs:10: ")
    );
    assert_eq!(file.all_lines_with(&["std::fs"], "x").len(), 4);
    assert_eq!(host_of("https://user@mirror.example:8080/simple"), Some("mirror.example".to_owned()));
    assert_eq!(host_of("http://127.0.0.1:4873/"), None);
    assert!(production_code().iter().any(|file| file.krate() == "engine"));
}

fn assert_none(wrong: impl IntoIterator<Item = String>) {
    let wrong: BTreeSet<String> = wrong.into_iter().collect();
    let list: Vec<String> = wrong.into_iter().collect();
    assert!(list.is_empty(), "\n{}\n", list.join("\n"));
}

/// A text file of the repository, by its path from the root.
struct File {
    path: String,
    text: String,
}

impl File {
    /// `mission` of `crates/mission/src/lib.rs`; empty elsewhere.
    fn krate(&self) -> &str {
        self.path.strip_prefix("crates/").and_then(|path| path.split('/').next()).unwrap_or_default()
    }

    /// The lines, with their numbers, that are neither comment nor test.
    fn code(&self) -> Vec<(usize, &str)> {
        let mut code = Vec::new();
        let mut lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        while let Some((number, line)) = lines.next() {
            let plain = line.trim();
            if plain == "#[cfg(test)]" {
                let indent = &line[..line.len() - line.trim_start().len()];
                let opened = lines.by_ref().find(|(_, line)| !line.trim_start().starts_with("#["));
                if opened.is_some_and(|(_, line)| line.ends_with('{')) {
                    lines.by_ref().find(|(_, line)| line.strip_prefix(indent) == Some("}"));
                }
            } else if !plain.is_empty() && !plain.starts_with("//") {
                code.push((number, line));
            }
        }
        code
    }

    fn lines_with(&self, words: &[&str], what: &str) -> Vec<String> {
        self.report(self.code().into_iter(), words, what)
    }

    fn all_lines_with(&self, words: &[&str], what: &str) -> Vec<String> {
        self.report(self.text.lines().enumerate().map(|(index, line)| (index + 1, line)), words, what)
    }

    fn report<'a>(
        &self,
        lines: impl Iterator<Item = (usize, &'a str)>,
        words: &[&str],
        what: &str,
    ) -> Vec<String> {
        lines
            .flat_map(|(number, line)| {
                words.iter().filter(|word| line.contains(**word)).map(move |word| (number, *word))
            })
            .map(|(number, word)| format!("{}:{number}: `{word}`: {what}", self.path))
            .collect()
    }
}

fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', ',']).next()?.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty() && host != "localhost" && !host.starts_with("127.")).then(|| host.to_owned())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository's root")
}

/// What git tracks: a log or a note that lies in the checkout is no part of the project.
fn repository_files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--deduplicate"])
        .current_dir(root())
        .output()
        .expect("git must be installed: these rules read the files that it tracks");
    assert!(
        output.status.success(),
        "this test needs a git checkout: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let paths = String::from_utf8(output.stdout).expect("file names in UTF-8");
    paths.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// Every text file; what is no UTF-8, or gone from the working tree, is passed over.
fn texts() -> Vec<File> {
    let read = |path: String| Some(File { text: std::fs::read_to_string(root().join(&path)).ok()?, path });
    repository_files().into_iter().filter_map(read).collect()
}

/// Hand-written source files.
fn sources() -> Vec<File> {
    let written = |path: &str| [".rs", ".js", ".mjs", ".cjs", ".d.ts"].iter().any(|end| path.ends_with(end));
    texts().into_iter().filter(|file| written(&file.path)).collect()
}

/// Rust that ends up in the product.
fn production_code() -> Vec<File> {
    let test =
        |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/fixtures/");
    let product = |path: &str| path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs");
    texts().into_iter().filter(|file| product(&file.path) && !test(&file.path)).collect()
}

/// The crates of the workspace and what each depends on, for building and for tests alike.
fn workspace_crates() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("JSON from cargo metadata");
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .map(|package| (name(package), list(&package["dependencies"]).iter().map(name).collect()))
        .collect()
}
