//! The files with the settings of Python tools and the requirements of projects.
//!
//! It executes no Python to read them.

use crate::discover::source::Source;

pub(super) struct Settings {
    pub pyproject: toml::Table,
    ini: Vec<(&'static str, String)>,
    /// The text of all lists of requirements.
    required: String,
}

/// Lists of requirements in a folder, the general ones first.
pub(super) fn requirement_files(source: &Source, folder: &str) -> Vec<String> {
    let mut found: Vec<String> = source
        .below(folder)
        .filter(|path| {
            let (place, file) = path.rsplit_once('/').unwrap_or(("", path));
            let here = ["", "requirements", "reqs", "tests", "test"].contains(&place);
            let is_list = file.ends_with(".txt")
                && (file.contains("requirement") || ["requirements", "reqs"].contains(&place));
            here && is_list && wanted(path)
        })
        .map(str::to_owned)
        .collect();
    // If there is a `tests.txt`, then `tests37.txt` is for an older Python
    let stem = |path: &str| {
        let stem = path.trim_end_matches(".txt").trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        ["-py", "_py", "py", "-", "_"]
            .iter()
            .find_map(|end| stem.strip_suffix(end))
            .unwrap_or(stem)
            .to_owned()
    };
    let all = found.clone();
    found.retain(|path| {
        let plain = format!("{}.txt", stem(path));
        plain == *path || !all.contains(&plain)
    });
    found.sort_by_key(|path| (is_for_tests(path), path.clone()));
    found
}

fn is_for_tests(path: &str) -> bool {
    path.split(['/', '-', '_', '.'])
        .any(|part| ["dev", "test", "tests", "testing", "develop", "development", "ci"].contains(&part))
}

/// Whether tests may need a list: not for production, documentation and the like.
fn wanted(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".txt");
    let parts: Vec<&str> = path.trim_end_matches(".txt").split(['/', '-', '_', '.']).collect();
    let other = [
        "prod",
        "production",
        "docs",
        "doc",
        "deploy",
        "heroku",
        "gpu",
        "build",
        "release",
        "lint",
        "constraints",
        "bench",
        "windows",
        "notebook",
        "notebooks",
        "staging",
        "optional",
        "extra",
    ];
    ["requirements", "base", "common", "main", "requirements-base", "core", "default"].contains(&stem)
        || is_for_tests(path)
        || !parts.iter().any(|part| other.contains(part)) && parts.len() <= 2
}

impl Settings {
    pub(super) fn read(source: &Source, folder: &str) -> Settings {
        let pyproject = source.read(folder, "pyproject.toml").and_then(|text| text.parse().ok());
        let ini = ["setup.cfg", "tox.ini", "pytest.ini"]
            .into_iter()
            .filter_map(|file| Some((file, source.read(folder, file)?)));
        let mut required: String = requirement_files(source, folder)
            .iter()
            .filter_map(|file| source.read(folder, file))
            .collect::<Vec<_>>()
            .join("\n");
        for file in ["Pipfile", "setup.py", "setup.cfg", "tox.ini"] {
            required.push_str(&source.read(folder, file).unwrap_or_default());
        }
        Settings { pyproject: pyproject.unwrap_or_default(), ini: ini.collect(), required }
    }

    /// The text of all settings.
    pub(super) fn text(&self) -> String {
        let mut text = self.pyproject.to_string();
        text.extend(self.ini.iter().map(|(_, ini)| ini.as_str()));
        text
    }

    /// Whether the requirements name a package.
    pub(super) fn mentions(&self, package: &str) -> bool {
        let all = format!("{}\n{}", self.pyproject, self.required);
        all.match_indices(package).any(|(at, _)| {
            let before = all.get(..at).and_then(|text| text.chars().next_back());
            let after = all.get(at + package.len()..).and_then(|text| text.chars().next());
            let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            !joins(before) && !joins(after)
        })
    }

    pub(super) fn tool(&self, name: &str) -> Option<&toml::Value> {
        self.pyproject.get("tool")?.get(name)
    }

    /// Whether the folder is a package or an application, and not only a place for settings of
    /// tools.
    pub(super) fn is_project(&self, source: &Source, folder: &str) -> bool {
        let table = |key: &str| self.pyproject.get(key).is_some();
        table("project")
            || table("build-system")
            || table("dependency-groups")
            || self.tool("poetry").is_some()
            || source.has_any(
                folder,
                &[
                    "setup.py",
                    "Pipfile",
                    "uv.lock",
                    "poetry.lock",
                    "pdm.lock",
                    "manage.py",
                    "requirements.txt",
                ],
            )
            || self.ini.iter().any(|(file, text)| *file == "setup.cfg" && text.contains("[metadata]"))
    }

    /// The file that configures a tool, if there is one.
    pub(super) fn has(&self, tool: &str, own: &[&str], source: &Source, folder: &str) -> Option<String> {
        if let Some(file) = own.iter().find(|file| source.has(folder, file)) {
            return Some((*file).to_owned());
        }
        if self.tool(tool).is_some() {
            return Some(format!("pyproject.toml tool.{tool}"));
        }
        let sections = [format!("[{tool}]"), format!("[tool:{tool}]")];
        let has = |text: &str| text.lines().any(|line| sections.iter().any(|section| line.trim() == section));
        self.ini.iter().find(|(_, text)| has(text)).map(|(file, _)| format!("{file} {tool}"))
    }

    pub(super) fn names_files(&self, tool: &str) -> bool {
        let keys = ["files", "packages", "modules"];
        self.tool(tool).is_some_and(|settings| keys.iter().any(|key| settings.get(key).is_some()))
    }
}
