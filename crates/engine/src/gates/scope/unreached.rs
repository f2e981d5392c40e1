//! New files outside a task's plan to which nothing in the project leads: no code imports them, no manifest and no
//! document names them, and no pattern matches them. Pure. A Coder's reason does not prove that a file is needed.

use std::collections::BTreeSet;

use mission::Issue;

use crate::bench::files::kinds::{FileKind, kind};

/// In projects with more files than this, nothing is reported.
const MOST_FILES: usize = 20_000;
/// The most bytes that are read: beyond them nothing is reported.
const MOST_BYTES: usize = 256 << 20;
/// The most new files that are looked for.
const MOST_CANDIDATES: usize = 200;
/// The most neighbours that are looked for as well, to see whether a pattern finds them.
const MOST_NEIGHBOURS: usize = 200;
/// Stems that describe a file's place, not its content: a reference names the folder instead.
const PLACES: [&str; 8] = ["index", "mod", "main", "__init__", "lib", "page", "layout", "route"];
/// Folders whose files tools find by their place.
const BY_PLACE: [&str; 19] = [
    "bin",
    "scripts",
    "script",
    "pages",
    "app",
    "routes",
    "migrations",
    "commands",
    "management",
    "plugins",
    "tools",
    "api",
    "functions",
    "locales",
    "locale",
    "public",
    "static",
    "examples",
    "benches",
];
/// Names that people and tools look for in any folder.
const BY_NAME: [&str; 8] =
    ["readme", "license", "licence", "changelog", "notice", "py", "contributing", "security"];

/// The `candidates` (new, and outside the plan) that nothing reaches. `before` and `now` are the paths of the trees.
/// `read` returns a file's current text; files that are not text name nothing.
pub(crate) fn unreached<'c>(
    before: &[String],
    now: &[String],
    candidates: &[&'c str],
    read: &dyn Fn(&str) -> Option<String>,
) -> Vec<&'c str> {
    let wanted = |path: &&str| {
        let name = name_of(path);
        let by_name = BY_NAME.contains(&stem_of(name).to_ascii_lowercase().as_str()) || name.starts_with('.');
        let by_place = folders(path).any(|folder| BY_PLACE.contains(&folder) || folder.starts_with('.'));
        let judged = matches!(kind(path), FileKind::Code | FileKind::Prose | FileKind::Other);
        judged && !by_name && !by_place && stem_of(name) != "__init__" && !is_package(before, path)
    };
    let open: Vec<&str> = candidates.iter().copied().filter(wanted).collect();
    if open.is_empty() || open.len() > MOST_CANDIDATES || now.len() > MOST_FILES {
        return Vec::new();
    }
    // If nothing names the neighbours either, a pattern finds them, and the new file too
    let neighbours: Vec<&str> = before
        .iter()
        .map(String::as_str)
        .filter(|path| is_beside(path, &open))
        .take(MOST_NEIGHBOURS)
        .collect();
    let asked: Vec<&str> = open.iter().chain(&neighbours).copied().collect();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let mut by_candidate: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut bytes = 0;
    for path in now {
        let missing: Vec<&str> =
            asked.iter().copied().filter(|one| one != path && !named.contains(one)).collect();
        if missing.is_empty() {
            continue;
        }
        let Some(text) = read(path) else { continue };
        bytes += text.len();
        if bytes > MOST_BYTES {
            return Vec::new();
        }
        let found: Vec<&str> = missing.into_iter().filter(|one| names(&text, one)).collect();
        match open.iter().find(|one| *one == path) {
            Some(candidate) => by_candidate.push((candidate, found)),
            None => named.extend(found),
        }
    }
    // A file that a reached candidate names is reached, too
    for _ in 0..by_candidate.len() {
        let more: Vec<&str> = by_candidate
            .iter()
            .filter(|(by, _)| named.contains(by))
            .flat_map(|(_, found)| found.iter().copied())
            .collect();
        named.extend(more);
    }
    let by_pattern = |path: &str| {
        let alike: Vec<&&str> = neighbours.iter().filter(|other| is_beside(other, &[path])).collect();
        2 * alike.iter().filter(|other| !named.contains(**other)).count() > alike.len()
    };
    open.into_iter().filter(|path| !named.contains(path) && !by_pattern(path)).collect()
}

pub(crate) fn issue(path: &str) -> Issue {
    let message = "the plan does not ask for this new file, and no code, manifest or document of the project reaches it: \
                   delete it with `mission_move` (without `to`), or let what needs it use it";
    Issue::new("scope", message).at(path, None)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit('/').skip(1)
}

fn stem_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Endings of languages in which all files of a folder, or of a target, are compiled together without being named.
const PACKAGES: [&str; 9] = ["go", "java", "kt", "scala", "swift", "cs", "fs", "tf", "proto"];

/// Whether a path belongs to a package: files of the same kind in its folder are compiled with it.
fn is_package(before: &[String], path: &str) -> bool {
    let together = place(path).1.is_some_and(|ending| PACKAGES.contains(&ending));
    together && before.iter().any(|other| other != path && place(other) == place(path))
}

/// The folder and extension of a path.
fn place(path: &str) -> (&str, Option<&str>) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    (folder, name.rsplit_once('.').map(|(_, end)| end))
}

/// Whether a file is in the folder of one of these and has the same kind, unless tools search for it by name.
fn is_beside(path: &str, others: &[&str]) -> bool {
    let stem = stem_of(name_of(path)).to_ascii_lowercase();
    let by_name = BY_NAME.contains(&stem.as_str()) || PLACES.contains(&stem.as_str()) || kind(path).is_test();
    !by_name && others.iter().any(|other| *other != path && place(other) == place(path))
}

/// Whether a text names a file: by its name, its stem or, if the stem only describes its place, its folder.
fn names(text: &str, path: &str) -> bool {
    let name = name_of(path);
    let stem = stem_of(name);
    let word = match folders(path).next() {
        Some(folder) if PLACES.contains(&stem) => folder,
        _ => stem,
    };
    [name, word].iter().any(|word| {
        text.match_indices(word).any(|(at, found)| {
            let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
            !part(before) && !part(after)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::unreached;

    /// `new`: paths of candidates with their texts.
    fn found(before: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let now: Vec<(&str, &str)> = before.iter().chain(new).copied().collect();
        let paths =
            |files: &[(&str, &str)]| files.iter().map(|(path, _)| (*path).to_string()).collect::<Vec<_>>();
        let read =
            |path: &str| now.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_string());
        let candidates: Vec<&str> = new.iter().map(|(path, _)| *path).collect();
        let said = unreached(&paths(before), &paths(&now), &candidates, &read);
        said.into_iter().map(str::to_string).collect()
    }

    #[test]
    fn what_nothing_names_is_found() {
        let base = [
            ("src/one.js", "export {};\n"),
            ("src/two.js", "import './one.js';\n"),
            ("README.md", "See two.\n"),
        ];
        for path in ["src/helper.js", "NOTES.md", "data.json", "lib/deep/index.js"] {
            assert_eq!(found(&base, &[(path, "x\n")]), [path], "{path}");
        }
        assert_eq!(
            found(&base, &[("src/a.js", "import './b.js';\n"), ("src/b.js", "import './a.js';\n")]).len(),
            2
        );
    }

    #[test]
    fn what_something_reaches_is_not() {
        let base = [
            ("src/one.js", "import { h } from './helper.js';\nimport deep from '../lib/deep';\n"),
            ("package.json", "{ \"files\": [\"data.json\"] }"),
            ("docs/index.md", "[Notes](notes.md)\n"),
        ];
        for path in
            ["src/helper.js", "data.json", "docs/notes.md", "lib/deep/index.js", "README.md", "bin/x.js"]
        {
            assert!(found(&base, &[(path, "x\n")]).is_empty(), "{path}");
        }
        let chain = [("src/helper.js", "import './inner.js';\n"), ("src/inner.js", "x\n")];
        assert!(found(&base, &chain).is_empty(), "over another new file");
    }

    #[test]
    fn what_is_found_by_a_pattern_or_its_place_is_not() {
        let base = [
            ("changes/12.md", "Fixed.\n"),
            ("pkg/a.go", "package pkg\n"),
            ("app/A.java", "class A {}\n"),
            ("src/one.js", "x\n"),
        ];
        for path in [
            "changes/13.md",
            "pkg/b.go",
            "app/B.java",
            "db/migrations/0002_more.py",
            "test/one.test.js",
            ".prettierrc",
        ] {
            assert!(found(&base, &[(path, "x\n")]).is_empty(), "{path}");
        }
    }
}
