//! What the TypeScript compiler has checked: files of the tsconfig that a command names, without those that switch it off.

use serde_json::Value;

use super::command::{Options, Told};
use super::{Decisions, Place};
use crate::check::Check;
use crate::discover::source::{glob, is_inside, join, json, resolve};
use crate::runners::Command;

const OPTIONS: Options<'static> = Options {
    plain: &[
        "--noEmit",
        "--noemit",
        "--pretty",
        "--incremental",
        "--skipLibCheck",
        "--strict",
        "--declaration",
        "-d",
        "--emitDeclarationOnly",
        "--sourceMap",
        "--composite",
        "--noErrorTruncation",
        "--build",
        "-b",
        "--force",
        "-f",
        "--verbose",
    ],
    valued: &["-p", "--project", "--outDir", "--outdir", "--tsBuildInfoFile"],
};
/// The most configurations that one command may refer to.
const MOST: usize = 200;

pub(super) fn judges(all: &Decisions<'_>, check: &Check, words: &[String], place: &Place<'_>) -> bool {
    let Some(command) = Command::of(words) else { return false };
    if !["tsc", "vue-tsc"].contains(&command.program) {
        return false;
    }
    let Some(told) = OPTIONS.read(command.arguments) else { return false };
    is_judged(place)
        && !declares_ambient(all)
        && configurations(all, &check.directory, &told)
            .iter()
            .any(|path| Configuration::read(all, path).is_some_and(|found| found.includes(place.path)))
}

/// Whether nothing in the file excludes the line. Imports for side effects, `require` and mocks are not resolved.
fn is_judged(place: &Place<'_>) -> bool {
    let line = place.line.trim_start();
    let effect = line.strip_prefix("import").is_some_and(|rest| rest.trim_start().starts_with(['"', '\'']));
    !(place.text.contains("@ts-nocheck")
        || place.path.ends_with(".d.ts")
        || is_suppressed(place)
        || effect
        || ["require(", "require.resolve(", "ock("].iter().any(|call| line.contains(call)))
}

/// Whether a directive is above the line; the compiler ignores empty lines and comments between the two.
fn is_suppressed(place: &Place<'_>) -> bool {
    let above: Vec<&str> = place.text.lines().take(place.at).collect();
    for line in above.into_iter().rev() {
        if ["@ts-ignore", "@ts-expect-error"].iter().any(|mark| line.contains(mark)) {
            return true;
        }
        let line = line.trim();
        if !line.is_empty() && !line.starts_with("//") {
            return false;
        }
    }
    false
}

/// Whether the change declares names or modules without a definition, which nobody checks.
fn declares_ambient(all: &Decisions<'_>) -> bool {
    let is_script = |path: &&String| [".ts", ".tsx", ".mts", ".cts"].iter().any(|end| path.ends_with(end));
    let declared = |text: &str| {
        let is_one = |line: &&str| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").unwrap_or(line);
            line.starts_with("declare ")
        };
        text.lines().filter(is_one).map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    all.changed.iter().filter(is_script).any(|path| {
        let is_declaration = [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end));
        let Some(text) = all.now.read("", path) else { return false };
        let before = declared(&all.base.read("", path).unwrap_or_default());
        is_declaration || declared(&text).iter().any(|line| !before.contains(line))
    })
}

/// The configurations whose files the command checks.
fn configurations(all: &Decisions<'_>, directory: &str, told: &Told<'_>) -> Vec<String> {
    let named = |word: &str| -> Option<String> {
        let path = resolve(directory, word)?;
        Some(if path.ends_with(".json") { path } else { join(&path, "tsconfig.json") })
    };
    let builds = told.has(&["--build", "-b"]);
    let mut open: Vec<String> = match told.value(&["-p", "--project"]) {
        Some(project) => named(project).into_iter().collect(),
        None if builds && !told.words.is_empty() => {
            told.words.iter().filter_map(|word| named(word)).collect()
        }
        // A command with file names ignores the configuration
        None if !told.words.is_empty() => Vec::new(),
        None => vec![join(directory, "tsconfig.json")],
    };
    let mut found: Vec<String> = Vec::new();
    while let Some(path) = open.pop().filter(|_| found.len() < MOST) {
        if found.contains(&path) {
            continue;
        }
        if builds
            && let Some(Value::Array(references)) =
                value(all, &path).and_then(|mut it| Some(it.get_mut("references")?.take()))
        {
            let folder = folder_of(&path).to_owned();
            let paths = references.iter().filter_map(|one| resolve(&folder, one.get("path")?.as_str()?));
            open.extend(
                paths.map(|path| if path.ends_with(".json") { path } else { join(&path, "tsconfig.json") }),
            );
        }
        found.push(path);
    }
    found
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn value(all: &Decisions<'_>, path: &str) -> Option<Value> {
    json(&all.base.read("", path)?)
}

/// The files of a configuration.
#[derive(Default)]
struct Configuration {
    files: Option<Vec<String>>,
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
}

impl Configuration {
    /// `None` if it cannot be read completely, or checks nothing.
    fn read(all: &Decisions<'_>, path: &str) -> Option<Configuration> {
        const DEEPEST: usize = 10;
        let mut found = Configuration::default();
        let mut out = None;
        let mut open = vec![path.to_owned()];
        for _ in 0..DEEPEST {
            let Some(at) = open.pop() else { break };
            let table = value(all, &at)?;
            let folder = folder_of(&at);
            let options = table.get("compilerOptions");
            let is_set =
                |key: &str| options.and_then(|all| all.get(key)).and_then(Value::as_bool) == Some(true);
            if is_set("noCheck") || is_set("noResolve") {
                return None;
            }
            if let Some(to) = options.and_then(|all| all.get("outDir")).and_then(Value::as_str) {
                out = out.or_else(|| resolve(folder, to));
            }
            for (key, list) in [
                ("files", &mut found.files),
                ("include", &mut found.include),
                ("exclude", &mut found.exclude),
            ] {
                if let (None, Some(Value::Array(paths))) = (&list, table.get(key)) {
                    let paths: Option<Vec<String>> =
                        paths.iter().map(|path| pattern(folder, path.as_str()?)).collect();
                    *list = Some(paths?);
                }
            }
            let bases = match table.get("extends") {
                Some(Value::String(one)) => vec![one.as_str()],
                Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            for base in bases {
                // The configuration of a package is part of the base, and does not name this project's files
                if base.starts_with('.') {
                    let path = resolve(folder, base)?;
                    open.push(if path.ends_with(".json") { path } else { format!("{path}.json") });
                }
            }
        }
        if !open.is_empty() {
            return None;
        }
        if found.include.is_none() && found.files.is_none() {
            found.include = Some(vec![join(folder_of(path), "**/*")]);
        }
        found.exclude.get_or_insert_default().extend(out);
        Some(found)
    }

    fn includes(&self, path: &str) -> bool {
        let is_in = |list: &Option<Vec<String>>| list.iter().flatten().any(|pattern| matches(pattern, path));
        let foreign = ["node_modules", "bower_components", "jspm_packages"];
        if path.split('/').any(|part| foreign.contains(&part)) {
            return false;
        }
        self.files.iter().flatten().any(|file| file == path) || is_in(&self.include) && !is_in(&self.exclude)
    }
}

/// A pattern, relative to the project's root.
fn pattern(folder: &str, pattern: &str) -> Option<String> {
    let inner = pattern.strip_prefix("${configDir}/").unwrap_or(pattern);
    resolve(folder, inner)
}

/// A folder matches every path in it.
fn matches(pattern: &str, path: &str) -> bool {
    let plain = !pattern.contains(['*', '?']);
    if plain {
        return pattern == path || is_inside(path, pattern);
    }
    let globs = [glob(pattern), glob(&format!("{pattern}/**/*"))];
    globs.iter().flatten().any(|glob| glob.is_match(path))
}
