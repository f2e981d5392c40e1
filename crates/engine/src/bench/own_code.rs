//! Whether the tests of a check would run the code of its slot. An environment can lead to another copy of the project:
//! by an editable install of the user's checkout, a search path, or a manifest with the checkout's path. The check
//! would then test that copy, so its result is not evidence.
//!
//! Each environment is checked once. `local_links` handles the project's own Node packages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use checks::{Check, CheckPurpose, Language, Runner};
use serde::Deserialize;
use workspace::Slot;

use crate::bench::{Bench, slot_text};
use crate::blocking::blocking;

/// The most module names that are checked.
const MAX_NAMES: usize = 200;
/// The deepest folder of a package of the project.
const MAX_DEPTH: usize = 6;
/// Files of all languages that tell tools where code is.
const MANIFESTS: [&str; 14] = [
    "package.json",
    "Cargo.toml",
    "go.mod",
    "go.work",
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "pytest.ini",
    "Pipfile",
    "tsconfig.json",
    "jsconfig.json",
    "composer.json",
    ".cargo/config.toml",
    ".npmrc",
];

/// The first file for tools that contains the path of the user's checkout, if the command does not see the slot at that
/// path. `files`: the paths of the slot's commit; `seen`: the path at which the command sees the slot.
pub(super) fn names_the_checkout(
    root: &Path,
    checkout: &Path,
    seen: &Path,
    files: &[String],
) -> Option<String> {
    if seen == checkout {
        return None;
    }
    let checkout = checkout.to_str().filter(|path| path.len() > 1)?;
    let names = |text: &str| {
        text.match_indices(checkout).any(|(at, _)| {
            let next = text.get(at + checkout.len()..).and_then(|rest| rest.chars().next());
            next.is_none_or(|next| !next.is_alphanumeric() && next != '-' && next != '_')
        })
    };
    let decides = |path: &&String| {
        MANIFESTS.iter().any(|name| path.as_str() == *name || path.ends_with(&format!("/{name}")))
            || path.ends_with(".txt") && path.contains("requirements")
    };
    let found =
        files.iter().filter(decides).find(|path| slot_text(root, path).is_some_and(|text| names(&text)));
    if let Some(path) = found {
        return Some(format!("`{path}`"));
    }
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let settings = home.map(|home| home.join("config.toml"));
    if files.iter().any(|path| path.ends_with("Cargo.toml"))
        && let Some(settings) = settings
        && std::fs::read_to_string(&settings).is_ok_and(|text| names(&text))
    {
        return Some("your own settings of cargo".into());
    }
    std::env::var("GOFLAGS").is_ok_and(|flags| names(&flags)).then(|| "the variable `GOFLAGS`".into())
}

/// A short program that prints where Python finds the project's own modules.
#[derive(Debug)]
pub(super) struct Probe {
    pub check: Check,
}

/// The program's output for a module outside the slot.
#[derive(Deserialize)]
struct Elsewhere {
    module: String,
    /// Its path in parts, so that it is not rewritten like a path of the slot.
    place: Vec<String>,
}

const PROGRAM: &str = r#"
import glob, importlib.util, json, os, re, sys, sysconfig
told = json.loads(sys.argv[1])
here = os.getcwd()
root = os.path.realpath(os.path.join(here, told["up"]))
sys.path = [place for place in sys.path if place and os.path.abspath(place) != here]
sys.path[:0] = [os.path.join(here, place) for place in told["first"]]
library = os.path.realpath(sysconfig.get_paths()["stdlib"])
def below(place, folder):
    return place == folder or place.startswith(folder + os.sep)
def is_own(site):
    for found in glob.glob(os.path.join(glob.escape(site), "*.dist-info")):
        name = os.path.basename(found).rsplit("-", 2)[0]
        if re.sub(r"[-_.]+", "-", name).lower() in told["projects"]:
            return True
    return False
elsewhere = []
for module in told["modules"]:
    try:
        spec = importlib.util.find_spec(module)
    except Exception:
        continue
    places = [spec.origin] if spec and spec.origin else list(spec and spec.submodule_search_locations or [])
    if not places or not os.path.exists(places[0]):
        continue
    place = os.path.realpath(places[0])
    site = next((part for part in ("site-packages", "dist-packages") if part in place.split(os.sep)), None)
    if site:
        wrong = is_own(place[: place.index(site) + len(site)])
    else:
        wrong = not below(place, root) and not below(place, library)
    if wrong:
        elsewhere.append({"module": module, "place": place.split(os.sep)})
print(json.dumps(elsewhere))
"#;

/// The program for a check, if its tests are Python and modules of the project are below its folder.
pub(super) fn probe(check: &Check, root: &Path, files: &[String]) -> Option<Probe> {
    let python = check.runner.is_some_and(|runner| runner.language() == Language::Python);
    if !python || check.kind != CheckPurpose::Test {
        return None;
    }
    let modules = modules(&check.directory, files);
    if modules.is_empty() {
        return None;
    }
    let projects: Vec<String> = files.iter().filter_map(|path| project_name(root, path)).collect();
    let up = Path::new(&check.directory).components().map(|_| "..").collect::<Vec<_>>().join("/");
    let first = first_places(check, root, files);
    let told = serde_json::json!({
        "modules": modules.into_keys().collect::<Vec<_>>(),
        "projects": projects,
        "up": if up.is_empty() { "." } else { &up },
        "first": first,
    });
    let run = format!("{} -c {} {}", interpreter(check), quoted(PROGRAM), quoted(&told.to_string()));
    let check = Check { directory: check.directory.clone(), ..Check::configured("imports", &run, None) };
    Some(Probe { check: Check { runner: None, kind: CheckPurpose::Custom, ..check } })
}

/// The Python of a check: the one that its command names by a path, or the default.
fn interpreter(check: &Check) -> String {
    let line = check.script.as_deref().unwrap_or(&check.run);
    let plain = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    for word in line.split_whitespace().filter(|word| plain(word)) {
        let (folder, name) = word.rsplit_once('/').unwrap_or(("", word));
        match name {
            _ if name.starts_with("python") && !name.ends_with(".py") => return word.to_string(),
            "pytest" | "py.test" if !folder.is_empty() => return format!("{folder}/python3"),
            _ => {}
        }
    }
    "python3".to_string()
}

/// What the program found: a module outside the slot, and its place.
pub(super) fn read(output: &str) -> Option<(String, String)> {
    let line = output.lines().rev().find(|line| line.starts_with('['))?;
    let found: Vec<Elsewhere> = serde_json::from_str(line).ok()?;
    let first = found.into_iter().next()?;
    Some((first.module, first.place.join("/")))
}

/// The message for the user.
pub(super) fn why(module: &str, place: &str) -> String {
    let what = if place.contains("site-packages") || place.contains("dist-packages") {
        "is an installed copy"
    } else {
        "is another copy of the project"
    };
    format!(
        "its tests would import `{module}` from {place}, which {what} and not the code under judgement. Let set-up make an \
         environment for the slot: `setup = \"auto\"`, or the commands that make one, under `[workspace]` in opencode.toml"
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Top-level modules with their places: packages that are in no other package, and single files beside them.
fn modules(directory: &str, files: &[String]) -> BTreeMap<String, String> {
    const NOT: [&str; 12] = [
        "test", "tests", "testing", "docs", "doc", "examples", "example", "scripts", "tools", "setup",
        "conftest", "manage",
    ];
    let mut found = BTreeMap::new();
    for path in files {
        let below = Path::new(path).strip_prefix(directory).ok().and_then(Path::to_str);
        let Some(below) = below.filter(|below| below.ends_with(".py")) else { continue };
        let parts: Vec<&str> = below.split('/').collect();
        if parts.len() > MAX_DEPTH || parts.iter().any(|part| NOT.contains(&part.trim_end_matches(".py"))) {
            continue;
        }
        let name = match parts.as_slice() {
            [.., package, "__init__.py"] => {
                let above = parts.get(..parts.len() - 2).unwrap_or_default().join("/");
                let inner = Path::new(directory).join(above).join("__init__.py");
                let inside = inner.to_str().is_some_and(|inner| files.iter().any(|file| file == inner));
                if inside { continue } else { (*package).to_string() }
            }
            [file] | ["src", file] => file.trim_end_matches(".py").to_string(),
            _ => continue,
        };
        let plain = name != "__init__"
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !name.starts_with("test_");
        if plain && found.len() < MAX_NAMES {
            found.insert(name, path.clone());
        }
    }
    found
}

/// The project's name in a manifest, normalized as package indexes do.
fn project_name(root: &Path, path: &str) -> Option<String> {
    if path.rsplit('/').next() != Some("pyproject.toml") {
        return None;
    }
    let table: toml::Table = slot_text(root, path)?.parse().ok()?;
    let named = |table: &toml::Value| Some(table.get("name")?.as_str()?.to_string());
    let poetry = || table.get("tool")?.get("poetry");
    let name = table.get("project").and_then(named).or_else(|| poetry().and_then(named))?;
    let mut plain = String::new();
    for part in name.to_lowercase().split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !plain.is_empty() {
            plain.push('-');
        }
        plain.push_str(part);
    }
    Some(plain)
}

/// Folders that Python searches before installed packages when the check runs: its own folder if Python is started with
/// a module or a file, and the folders in the settings of pytest.
fn first_places(check: &Check, root: &Path, files: &[String]) -> Vec<String> {
    let here = |name: &str| Path::new(&check.directory).join(name);
    let has = |name: &str| here(name).to_str().is_some_and(|path| files.iter().any(|file| file == path));
    let text = |name: &str| here(name).to_str().and_then(|path| slot_text(root, path)).unwrap_or_default();
    let line = check.script.as_deref().unwrap_or(&check.run);
    let mut first = Vec::new();
    let words: Vec<&str> = line.split_whitespace().collect();
    let started = words.windows(2).any(|pair| {
        let [program, next] = pair else { return false };
        program.contains("python") && (*next == "-m" || next.ends_with(".py"))
    });
    // pytest puts the folder of a test package, or of its `conftest.py`, first
    let by_pytest = || ["conftest.py", "tests/__init__.py", "test/__init__.py"].iter().any(|name| has(name));
    if started || check.runner == Some(Runner::Pytest) && by_pytest() {
        first.push(".".to_string());
    }
    if check.runner == Some(Runner::Pytest) {
        let table: toml::Table = text("pyproject.toml").parse().unwrap_or_default();
        let options = table.get("tool").and_then(|tool| tool.get("pytest")?.get("ini_options"));
        match options.and_then(|options| options.get("pythonpath")) {
            Some(toml::Value::String(places)) => {
                first.extend(places.split_whitespace().map(str::to_string));
            }
            Some(toml::Value::Array(places)) => {
                first.extend(places.iter().filter_map(|place| place.as_str().map(str::to_string)));
            }
            _ => {}
        }
        for file in ["pytest.ini", "tox.ini", "setup.cfg"] {
            let text = text(file);
            let places = text.lines().filter_map(|line| line.trim().strip_prefix("pythonpath"));
            let places = places.filter_map(|rest| rest.trim().strip_prefix('='));
            first.extend(places.flat_map(str::split_whitespace).map(str::to_string));
        }
    }
    first
}

/// Why a check's tests would not run the slot's own code, if so.
pub(super) async fn leads_elsewhere(bench: &Bench, slot: &Slot, check: &Check) -> Option<String> {
    let options = bench.run_options(slot);
    let (workspace, at, wanted, seen) =
        (bench.workspace.clone(), slot.clone(), check.clone(), checks::place(&options));
    let (named, probe) = blocking(move || {
        let files = workspace.files(&at.commit).unwrap_or_default();
        let named = names_the_checkout(&at.path, workspace.root(), &seen, &files);
        (named, probe(&wanted, &at.path, &files))
    })
    .await;
    match (named, probe) {
        (Some(file), _) => Some(format!(
            "{file} names your checkout by its absolute path, so its tests would run the code there and not that of the \
                 slot. Write the path relative to the file, or install bubblewrap, with which the slot stands at that path"
        )),
        (None, Some(probe)) => {
            let outcome = bench.commands.run(&probe.check, None, &options, &bench.cancel).await;
            read(&outcome.output).map(|(module, place)| why(&module, &place))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) -> Vec<String> {
        for (path, text) in files {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        files.iter().map(|(path, _)| (*path).to_string()).collect()
    }

    fn pytest(run: &str) -> Check {
        Check {
            kind: CheckPurpose::Test,
            runner: Some(Runner::Pytest),
            ..Check::configured("test", run, None)
        }
    }

    /// The program's result in `slot` with another folder on Python's search path; also `None` if there is no Python.
    fn found(run: &str, slot: &Path, files: &[String], searched: &Path) -> Option<(String, String)> {
        let probe = probe(&pytest(run), slot, files).unwrap();
        let output = Command::new("sh")
            .args(["-c", &probe.check.run])
            .current_dir(slot)
            .env("PYTHONPATH", searched)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        read(&String::from_utf8_lossy(&output.stdout))
    }

    #[test]
    fn code_of_the_users_checkout_is_told_from_the_slots() {
        if !checks::has_program("python3") {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        let (slot, mine, site) = (place.join("slot"), place.join("mine"), place.join("lib/site-packages"));
        let text = [
            ("pyproject.toml", "[project]\nname = \"My.Calc\"\n"),
            ("src/calc/__init__.py", ""),
            ("src/calc/deep/__init__.py", ""),
            ("tests/test_calc.py", ""),
            ("types.py", ""),
        ];
        let files = write(&slot, &text);
        write(&mine, &text);
        let elsewhere = mine.join("src/calc/__init__.py").display().to_string();
        assert_eq!(found("pytest", &slot, &files, &mine.join("src")), Some(("calc".into(), elsewhere)));
        assert_eq!(
            found("pytest", &slot, &files, &slot.join("src")),
            None,
            "an editable install of the slot"
        );
        assert_eq!(found("pytest", &slot, &files, &place), None, "nothing is installed");
        write(&site, &[("calc/__init__.py", "")]);
        assert_eq!(found("pytest", &slot, &files, &site), None, "a package of another project");
        write(&site, &[("my_calc-1.0.dist-info/METADATA", "")]);
        let copy = site.join("calc/__init__.py").display().to_string();
        assert_eq!(found("pytest", &slot, &files, &site), Some(("calc".into(), copy)), "an installed copy");
    }

    #[test]
    fn the_folder_that_comes_first_decides_what_is_imported() {
        let place = tempfile::tempdir().unwrap();
        let files = write(
            place.path(),
            &[("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = [\"src\"]\n"), ("calc.py", "")],
        );
        let first = |run: &str| first_places(&pytest(run), place.path(), &files);
        assert_eq!(first("pytest -m slow"), ["src"]);
        assert_eq!(first("python3 -m pytest"), [".", "src"]);
    }

    #[test]
    fn the_python_of_the_command_is_asked() {
        for (run, expected) in [
            ("pytest -q", "python3"),
            ("python3.12 -m pytest", "python3.12"),
            (".venv/bin/python -m pytest", ".venv/bin/python"),
            ("/opt/env/bin/pytest tests", "/opt/env/bin/python3"),
            ("coverage run python_tests.py", "python3"),
        ] {
            assert_eq!(interpreter(&pytest(run)), expected, "{run}");
        }
    }

    #[test]
    fn a_manifest_that_names_the_checkout_leads_out_of_the_slot() {
        let place = tempfile::tempdir().unwrap();
        let checkout = Path::new("/home/me/work");
        let files = write(
            place.path(),
            &[
                ("Cargo.toml", "[patch.crates-io]\none = { path = \"/home/me/work/one\" }\n"),
                ("README.md", "/home/me/work"),
            ],
        );
        let named = |seen: &Path| names_the_checkout(place.path(), checkout, seen, &files);
        assert_eq!(named(place.path()).as_deref(), Some("`Cargo.toml`"));
        assert_eq!(named(checkout), None, "the slot stands at the checkout's place");
        let files = write(place.path(), &[("go.mod", "replace a => /home/me/work-2/a\n")]);
        assert_eq!(names_the_checkout(place.path(), checkout, place.path(), &files), None);
        let files = write(place.path(), &[("go.work", "use /home/me/work\n")]);
        assert!(names_the_checkout(place.path(), checkout, place.path(), &files).is_some());
    }

    #[test]
    fn only_modules_at_the_top_are_looked_for() {
        let files =
            ["src/a/__init__.py", "src/a/b/__init__.py", "c.py", "setup.py", "tests/__init__.py", "x/y.py"];
        let names = modules("", &files.map(str::to_string));
        assert_eq!(names.into_keys().collect::<Vec<_>>(), ["a", "c"]);
    }
}
