//! Installs the requirements of a Python project one by one if they cannot be installed together. So one requirement that this
//! machine cannot install (for documentation, say) does not deprive the tests of the others. For `setup`; it runs nothing.

use std::collections::BTreeSet;

use super::settings::{Settings, requirement_files};
use super::setup::{PIP, VENV, inline, is_option, is_requirement};
use crate::discover::NOT_INSTALLED;
use crate::discover::source::{Source, resolve};
use crate::shell::quote;

/// The most requirements, each of which is a run of pip.
const MAX_REQUIREMENTS: usize = 60;
/// The deepest nesting of lists that include other lists.
const MAX_DEPTH: usize = 8;
/// Options of a list that set where packages come from.
const PLACES: &[&str] = &["-i", "--index-url", "--extra-index-url", "--find-links", "-f"];

#[derive(Default)]
struct Wanted {
    requirements: Vec<String>,
    options: Vec<String>,
}

/// `last`: a command that must succeed in any case. `None` if there is nothing to split, if there is too much, or if a list
/// has hashes, which are valid only for the whole list.
pub(super) fn command(
    source: &Source,
    folder: &str,
    settings: &Settings,
    extras: &[String],
    last: &[&str],
) -> Option<String> {
    let mut wanted = Wanted::default();
    for file in requirement_files(source, folder) {
        wanted.list(source, folder, &file, 0)?;
    }
    wanted.requirements.extend(inline(source, folder, settings));
    let of_extras =
        settings.pyproject.get("project").and_then(|project| project.get("optional-dependencies"));
    for extra in extras {
        let listed = of_extras.and_then(|all| all.get(extra)).and_then(toml::Value::as_array);
        let listed = listed.into_iter().flatten().filter_map(|one| Some(one.as_str()?.to_owned()));
        let listed = listed.filter(|one| !is_option(one));
        wanted.requirements.extend(listed);
    }
    let Wanted { mut requirements, mut options } = wanted;
    for list in [&mut requirements, &mut options] {
        let mut known = BTreeSet::new();
        list.retain(|one| known.insert(one.clone()));
    }
    if requirements.is_empty() || requirements.len() > MAX_REQUIREMENTS {
        return None;
    }
    let pip = std::iter::once(PIP).chain(options.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let each = requirements.iter().map(|one| quote(one)).collect::<Vec<_>>().join(" ");
    let install = format!("{pip} \"$one\" || echo \"$one\" >> {NOT_INSTALLED}");
    let mut run = format!("{VENV} && : > {NOT_INSTALLED} && for one in {each}; do {install}; done");
    if !last.is_empty() {
        run.push_str(&format!(" && {pip} {}", last.join(" ")));
    }
    Some(run)
}

impl Wanted {
    fn list(&mut self, source: &Source, folder: &str, file: &str, depth: usize) -> Option<()> {
        let text = source.read(folder, file).filter(|_| depth < MAX_DEPTH)?.replace("\\\n", " ");
        if text.contains("--hash=") {
            return None;
        }
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or(line).trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let here = file.rsplit_once('/').map_or("", |(here, _)| here);
            match option(line) {
                Some(("--requirement" | "-r", other)) => {
                    self.list(source, folder, &resolve(here, other)?, depth + 1)?;
                }
                Some(("--constraint" | "-c", other)) => {
                    self.options.push(format!("-c {}", quote(&resolve(here, other)?)));
                }
                Some((name, value)) if PLACES.contains(&name) => {
                    self.options.push(format!("{name} {}", quote(value)));
                }
                None if is_requirement(line) => self.requirements.push(line.to_owned()),
                // The project itself comes last, and other options concern the whole list
                _ => {}
            }
        }
        Some(())
    }
}

/// The full name of an option and its value: `--name value`, `--name=value`, `-n value` or `-nvalue`.
fn option(line: &str) -> Option<(&str, &str)> {
    let (name, value) = if line.starts_with("--") {
        line.split_once(|c: char| c == '=' || c.is_whitespace())?
    } else if line.starts_with('-') {
        line.split_at_checked(2)?
    } else {
        return None;
    };
    Some((name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)], extras: &[&str]) -> Option<String> {
        let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let read =
            |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        let source = Source::new(&read, &list);
        let extras: Vec<String> = extras.iter().map(|extra| (*extra).to_owned()).collect();
        command(&source, "", &Settings::read(&source, ""), &extras, &["-e.", "pytest"])
    }

    #[test]
    fn each_requirement_stands_on_its_own_and_the_project_comes_last() {
        let manifest = "[project]\nname = \"a\"\n[project.optional-dependencies]\ntest = [\"hypothesis\"]\n";
        let files = [
            ("pyproject.toml", manifest),
            ("requirements/test.txt", "# all\n-r base.txt\n-c limits.txt\nsphinx<2 # docs\n-e .\n"),
            ("requirements/base.txt", "--extra-index-url=file:///x\none\n"),
            ("requirements/limits.txt", "one<2\n"),
        ];
        let run = of(&files, &["test"]).unwrap();
        let pip = format!("{PIP} --extra-index-url file:///x -c requirements/limits.txt");
        let each = "one 'one<2' 'sphinx<2' hypothesis";
        assert!(run.contains(&format!("for one in {each}; do {pip} \"$one\" ||")), "{run}");
        assert!(run.ends_with(&format!("; done && {pip} -e. pytest")), "{run}");
    }

    #[test]
    fn what_a_list_holds_is_no_part_of_the_command() {
        let list =
            "--index-url`touch x` y\n--index-url=$(touch y)\n-f;touch z\n--no-index\n-rmore.txt\none\n";
        let run = of(&[("requirements.txt", list), ("more.txt", "two\n")], &[]).unwrap();
        let pip = format!("{PIP} --index-url '$(touch y)' -f ';touch z'");
        assert!(run.contains(&format!("for one in two one; do {pip} \"$one\" ||")), "{run}");
    }

    #[test]
    fn hashes_hold_for_all_and_nothing_is_made_of_nothing() {
        assert_eq!(of(&[("requirements.txt", "one==1 --hash=sha256:0\n")], &[]), None);
        assert_eq!(of(&[("setup.py", "setup()")], &[]), None);
    }
}
