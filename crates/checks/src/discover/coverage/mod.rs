//! Decides which files a test check covers: files of its language, in folders where its runner collects tests.
//! Builds, types and lints cover nothing. Pure.

mod languages;
mod left_out;

use std::collections::BTreeSet;

#[cfg(test)]
pub(super) use self::languages::is_known;
use self::languages::{Written, manifests, of_check, of_file};
use super::node::Packages;
use super::source::{Source, glob, is_inside, join, resolve};
use crate::check::{Check, CheckPurpose, Runner};
use crate::runners::Command;
use crate::shell::commands;

/// Folders with tests of the code beside them.
const TEST_FOLDERS: &[&str] =
    &["test", "tests", "__tests__", "spec", "specs", "testing", "unit", "unit-tests", "t"];

/// The project's files, from which follows which check covers which file.
pub struct Coverage<'a> {
    source: Source<'a>,
}

impl<'a> Coverage<'a> {
    /// `read` returns a file's text, `list` holds all paths relative to the project's root.
    pub fn new(read: &'a dyn Fn(&str) -> Option<String>, list: &'a [String]) -> Coverage<'a> {
        Coverage { source: Source::new(read, list) }
    }

    /// The files that a check covers, and the files that need a test but are not covered by it.
    pub fn split(&self, check: &Check, paths: &[String]) -> (Vec<String>, Vec<String>) {
        let tests = matches!(check.kind, CheckPurpose::Test | CheckPurpose::Custom);
        let Some(about) = tests.then(|| About::new(&self.source, check)) else {
            return (Vec::new(), paths.iter().filter(|path| needs_test(path)).cloned().collect());
        };
        let wanted = paths.iter().filter(|path| needs_test(path)).cloned();
        wanted.partition(|path| about.covers(path))
    }
}

/// Whether a change of this file needs a test.
pub fn needs_test(path: &str) -> bool {
    of_file(path) != Written::Prose
}

/// Whether a file is in the scope of a check: its language, its folder, its members.
pub(super) fn is_of(source: &Source, check: &Check, path: &str) -> bool {
    About::new(source, check).covers(path)
}

/// A check, with its command as it runs.
struct About<'a> {
    source: &'a Source<'a>,
    packages: Packages<'a>,
    check: &'a Check,
    written: Option<Vec<Written>>,
    /// Words after the runner that name folders or files of the project; if empty, it searches all folders below its
    /// own.
    collects: Vec<String>,
    /// Members that the command names.
    members: Vec<String>,
    all_members: bool,
    /// All words of the command.
    words: Vec<String>,
}

impl<'a> About<'a> {
    fn new(source: &'a Source<'a>, check: &'a Check) -> About<'a> {
        let line = check.script.as_deref().unwrap_or(&check.run);
        let lines: Vec<Vec<String>> = commands(line).into_iter().chain(commands(&check.run)).collect();
        let members: Vec<String> = lines.iter().flat_map(|words| named_members(words)).collect();
        let all_members =
            lines.iter().flatten().any(|word| ["--workspace", "--all"].contains(&word.as_str()));
        About {
            source,
            packages: Packages::new(source),
            written: of_check(check),
            collects: collected(source, check, &lines),
            members,
            all_members,
            words: lines.concat(),
            check,
        }
    }

    fn covers(&self, path: &str) -> bool {
        let here = &self.check.directory;
        let written = of_file(path);
        // If the user configures a command as a check, it counts for all files
        if self.check.kind == CheckPurpose::Custom {
            return is_inside(path, here);
        }
        if !is_inside(path, here) || written == Written::Operations {
            return false;
        }
        let speaks =
            self.written.as_ref().is_none_or(|all| written == Written::Other || all.contains(&written));
        if !speaks {
            return false;
        }
        if !self.collects.is_empty() && !self.collects.iter().any(|root| is_inside(path, root)) {
            return false;
        }
        let as_if = if written == Written::Other { self.language() } else { Some(written) };
        let inner = as_if.and_then(|written| self.nearest(path, written).map(|inner| (inner, written)));
        if let Some((inner, written)) = &inner {
            let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
            if left_out::is_left_out(self.source, inner, path, *written, &words) {
                return false;
            }
        }
        match inner {
            Some((inner, written)) if inner != *here => self.reaches(&inner, written),
            Some((inner, written)) => self.names(&inner, written),
            None => true,
        }
    }

    /// The single language whose tests it runs.
    fn language(&self) -> Option<Written> {
        match self.written.as_deref() {
            Some([one]) => Some(*one),
            _ => None,
        }
    }

    /// The innermost project of this language that contains a file, not above the check's own folder.
    fn nearest(&self, path: &str, written: Written) -> Option<String> {
        let mut folder = path;
        while let Some((above, _)) =
            folder.rsplit_once('/').or_else(|| (!folder.is_empty()).then_some(("", folder)))
        {
            folder = above;
            let in_reach = folder == self.check.directory || is_inside(folder, &self.check.directory);
            if !in_reach {
                return None;
            }
            if self.source.has_any(folder, manifests(written)) {
                return Some(folder.to_owned());
            }
        }
        None
    }

    /// Whether a check that names members names the package of its own folder.
    fn names(&self, folder: &str, written: Written) -> bool {
        self.members.is_empty() || self.members.iter().any(|name| self.is_called(folder, written, name))
    }

    fn is_called(&self, folder: &str, written: Written, name: &str) -> bool {
        let plain = name.trim_start_matches("./").trim_end_matches(['.', '/']);
        let matches = |text: &str| text == plain || glob(plain).is_some_and(|glob| glob.is_match(text));
        let own = match written {
            Written::JavaScript => {
                self.packages.get(folder).and_then(|package| package.name().map(str::to_owned))
            }
            Written::Rust => table(self.source, folder)
                .and_then(|table| Some(table.get("package")?.get("name")?.as_str()?.to_owned())),
            _ => None,
        };
        let below =
            folder.strip_prefix(self.check.directory.as_str()).unwrap_or(folder).trim_start_matches('/');
        own.is_some_and(|own| matches(&own)) || !below.is_empty() && matches(below)
    }

    /// Whether tests that run in the check's folder belong to a project inside it.
    fn reaches(&self, inner: &str, written: Written) -> bool {
        if !self.members.is_empty() {
            return self.names(inner, written);
        }
        match written {
            Written::JavaScript => self.reaches_package(inner),
            Written::Rust => self.reaches_crate(inner),
            Written::Python => self.has_tests(inner),
            // `./...` ends where another module begins
            Written::Go => false,
            _ => true,
        }
    }

    fn reaches_package(&self, inner: &str) -> bool {
        let root = workspace_of(&self.packages, &self.check.directory);
        let members: BTreeSet<String> =
            root.map(|root| self.packages.members(&root).folders.into_iter().collect()).unwrap_or_default();
        if !members.contains(inner) {
            return self.collects_below() && self.has_tests(inner);
        }
        let tested = |folder: &str| self.has_tests(folder) || self.has_test_script(folder);
        if tested(inner) {
            return true;
        }
        // Code without its own tests is tested through a member that depends on it
        let package = self.packages.get(inner);
        let Some(name) = package.as_ref().and_then(|package| package.name()) else { return false };
        members
            .iter()
            .filter(|member| *member != inner && tested(member))
            .any(|member| self.packages.get(member).is_some_and(|package| package.depends_on(name)))
    }

    /// Whether the runner searches all folders below for tests.
    fn collects_below(&self) -> bool {
        matches!(
            self.check.runner,
            Some(Runner::Jest | Runner::Vitest | Runner::NodeTest | Runner::BunTest | Runner::DenoTest)
        )
    }

    fn has_test_script(&self, folder: &str) -> bool {
        self.packages.get(folder).is_some_and(|package| {
            package.scripts().any(|name| {
                name.split(':').next() == Some("test")
                    && package.script(name).is_some_and(|body| {
                        !body.contains("no test specified") && !body.trim_start().starts_with("echo")
                    })
            })
        })
    }

    fn has_tests(&self, folder: &str) -> bool {
        self.source.below(folder).any(is_test_file)
    }

    fn reaches_crate(&self, inner: &str) -> bool {
        let Some(table) = table(self.source, &self.check.directory) else { return false };
        let Some(workspace) = table.get("workspace") else { return false };
        let listed = |key: &str| -> Vec<&str> {
            let list = workspace.get(key).and_then(toml::Value::as_array);
            list.into_iter().flatten().filter_map(toml::Value::as_str).collect()
        };
        let below =
            inner.strip_prefix(self.check.directory.as_str()).unwrap_or(inner).trim_start_matches('/');
        let is_in = |patterns: &[&str]| {
            patterns.iter().any(|pattern| {
                let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
                pattern == below || glob(pattern).is_some_and(|glob| glob.is_match(below))
            })
        };
        if listed("exclude").iter().any(|out| *out == below || is_inside(below, out)) {
            return false;
        }
        let members = listed("members");
        // A package that a member names by its path is a member too
        let by_path = table.to_string().contains(&format!("path = \"{below}\""));
        let is_member = is_in(&members) || by_path;
        let default = listed("default-members");
        let all = self.all_members || table.get("package").is_none() && default.is_empty();
        is_member && (all || is_in(&default))
    }
}

fn table(source: &Source, folder: &str) -> Option<toml::Table> {
    source.read(folder, "Cargo.toml")?.parse().ok()
}

/// The root of the workspace that contains a folder, or that is this folder.
fn workspace_of(packages: &Packages, folder: &str) -> Option<String> {
    let mut here = folder;
    loop {
        if packages.is_workspace(here) {
            return Some(here.to_owned());
        }
        here = match here.rsplit_once('/') {
            Some((above, _)) => above,
            None if here.is_empty() => return None,
            None => "",
        };
    }
}

/// The members that a simple command selects.
fn named_members(words: &[String]) -> Vec<String> {
    const OPTIONS: &[&str] = &["-p", "--package", "--workspace", "-w", "--filter", "-F", "--scope"];
    let program = words.iter().find(|word| !word.contains('='));
    let takes = |option: &str| match program.map(String::as_str) {
        Some("cargo") => ["-p", "--package"].contains(&option),
        Some("npm") => ["--workspace", "-w"].contains(&option),
        Some("pnpm") => ["--filter", "-F"].contains(&option),
        Some("turbo" | "bun" | "npx" | "yarn") => ["--filter"].contains(&option),
        Some("lerna") => ["--scope"].contains(&option),
        _ => false,
    };
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (word.as_str(), words.get(at + 1).cloned()),
        };
        if OPTIONS.contains(&option) && takes(option) {
            found.extend(value.filter(|value| value != "*" && !value.starts_with(['-', '!'])));
        }
    }
    found
}

/// The folders that a runner is told to search, as the folders of the tested code.
fn collected(source: &Source, check: &Check, lines: &[Vec<String>]) -> Vec<String> {
    let Some(runner) = check.runner else { return Vec::new() };
    if !matches!(
        runner,
        Runner::Jest
            | Runner::Vitest
            | Runner::Mocha
            | Runner::NodeTest
            | Runner::Pytest
            | Runner::Ava
            | Runner::Tap
    ) {
        return Vec::new();
    }
    let mut roots = Vec::new();
    for words in lines.iter().filter(|words| Runner::of_words(words) == Some(runner)) {
        let Some(command) = Command::of(words) else { continue };
        let mut before = "";
        for word in command.arguments {
            let after_option = before.starts_with('-') && !before.contains('=');
            before = word;
            let path = word.trim_start_matches("./");
            let is_folder = source.is_folder(&join(&check.directory, path));
            // The word after an option may be its value
            if word.starts_with('-') || after_option && !is_folder && runner != Runner::NodeTest {
                continue;
            }
            if !is_folder && !path.contains('/') || !source.holds(&check.directory, path) {
                continue;
            }
            if let Some(root) = code_of(source, &check.directory, path) {
                roots.push(root);
            }
        }
    }
    if roots.is_empty() && runner == Runner::Pytest {
        let paths = test_paths(source, &check.directory);
        roots.extend(paths.iter().filter_map(|path| code_of(source, &check.directory, path)));
    }
    // A runner that gets the whole folder searches everywhere
    if roots.contains(&check.directory) { Vec::new() } else { roots }
}

/// The paths that pytest searches by its settings.
fn test_paths(source: &Source, folder: &str) -> Vec<String> {
    let pyproject: Option<toml::Table> =
        source.read(folder, "pyproject.toml").and_then(|text| text.parse().ok());
    let options = pyproject.as_ref().and_then(|table| table.get("tool")?.get("pytest")?.get("ini_options"));
    match options.and_then(|options| options.get("testpaths")) {
        Some(toml::Value::String(paths)) => return paths.split_whitespace().map(str::to_owned).collect(),
        Some(toml::Value::Array(paths)) => {
            return paths.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect();
        }
        _ => {}
    }
    let ini = ["pytest.ini", "tox.ini", "setup.cfg"].into_iter().filter_map(|file| source.read(folder, file));
    ini.flat_map(|text| {
        let line =
            text.lines().find_map(|line| line.trim().strip_prefix("testpaths")?.trim().strip_prefix('='));
        line.unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

/// The folder of the code that the tests at a path belong to.
fn code_of(source: &Source, here: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let file = part.contains(['*', '?', '{', '[']) || source.has(here, path) && path.ends_with(part);
        if file || TEST_FOLDERS.contains(&part.to_ascii_lowercase().as_str()) {
            break;
        }
        parts.push(part);
    }
    resolve(here, &parts.join("/"))
}

fn is_test_file(path: &str) -> bool {
    let code = !matches!(of_file(path), Written::Other | Written::Prose | Written::Operations);
    code && !path.contains("node_modules/") && shared::test_files::is_test(path)
}

#[cfg(test)]
#[path = "../tests/coverage.rs"]
mod tests;
