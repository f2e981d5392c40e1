//! New packages, with the project's own package manager: whether a package exists, and how it is
//! added to manifest and lockfile. This module only builds commands and texts; [`crate::run`] runs
//! them.

mod answer;
mod declared;
mod name;
mod python;

use std::time::Duration;

use shared::lockfiles;

use crate::check::{Check, CheckPurpose};
use crate::discover::{NodeManager, Source, join};
use crate::shell::quote;

pub use answer::{RegistryAnswer, answer, is_unreachable};

/// Time limit for asking a registry.
const ASKING: Duration = Duration::from_secs(60);
/// Time limit for adding packages to manifest and lockfile.
const ADDING: Duration = Duration::from_secs(300);

/// A package that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    /// A version or a range, in the syntax of the package manager.
    pub version: Option<String>,
    /// Only tests or tools need it.
    pub dev: bool,
    /// Features of a crate, extras of a Python package.
    pub features: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manager {
    Npm,
    Pnpm,
    Yarn,
    NewerYarn,
    Bun,
    Cargo,
    Pip,
    Uv,
    Go,
}

/// The manifest to which packages are added, and its package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    manager: Manager,
    /// Relative to the project's root; empty is the root.
    directory: String,
    /// The manifest's path, relative to the project's root.
    path: String,
}

/// How to add packages to a manifest: first the edit, then the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// A file and its new text, if no command writes it.
    pub edit: Option<(String, String)>,
    pub run: Option<Check>,
}

impl Manifest {
    /// The manifest to which a package of `manager` (a usual name: npm, crates.io, pypi) is added;
    /// `directory` selects one if there are several. The error is written for the Planner.
    pub fn find(
        manager: &str,
        directory: Option<&str>,
        read: &dyn Fn(&str) -> Option<String>,
        list: &[String],
    ) -> Result<Manifest, String> {
        let source = Source::new(read, list);
        let word = manager.trim().to_ascii_lowercase();
        let names: &[&str] = match word.as_str() {
            "npm" | "npmjs" | "node" | "pnpm" | "yarn" | "bun" => &["package.json"],
            "cargo" | "crates.io" | "crates" | "crate" | "rust" => &["Cargo.toml"],
            "pip" | "pip3" | "pypi" | "uv" | "python" => &["pyproject.toml", "requirements.txt"],
            "go" | "golang" | "go.mod" => &["go.mod"],
            _ => {
                return Err(format!(
                    "`manager` is `{word}`; packages can be added with npm, pnpm, yarn, bun, cargo, pip, uv and go"
                ));
            }
        };
        let here = |folder: &str| names.iter().find(|name| source.has(folder, name)).copied();
        let directory = match directory {
            Some(folder) => match here(folder) {
                Some(_) => folder.to_owned(),
                None => return Err(format!("`directory`: `{folder}` has no `{}`", names.join("` or `"))),
            },
            None => match source.projects(names).as_slice() {
                [] => return Err(format!("the project has no `{}`", names.join("` or `"))),
                [only] => only.clone(),
                several => {
                    return Err(format!(
                        "several folders have a manifest: say in `directory` which of {} it is",
                        several.join(", ")
                    ));
                }
            },
        };
        let Some(name) = here(&directory) else { return Err("the manifest is gone".to_owned()) };
        let manager = match name {
            "package.json" => node(&source, &directory),
            "Cargo.toml" => {
                let text = source.read(&directory, name).unwrap_or_default();
                if !text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("package")) {
                    return Err(format!(
                        "`{}` declares no package: say in `directory` which member of the workspace needs it",
                        join(&directory, name)
                    ));
                }
                Manager::Cargo
            }
            "go.mod" => Manager::Go,
            _ => python_manager(&source, &directory, &word)?,
        };
        Ok(Manifest { manager, path: join(&directory, name), directory })
    }

    /// The manifest's path, relative to the project's root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name of the package manager.
    pub fn manager(&self) -> &'static str {
        match self.manager {
            Manager::Npm => "npm",
            Manager::Pnpm => "pnpm",
            Manager::Yarn | Manager::NewerYarn => "yarn",
            Manager::Bun => "bun",
            Manager::Cargo => "cargo",
            Manager::Pip => "pip",
            Manager::Uv => "uv",
            Manager::Go => "go",
        }
    }

    /// Whether the manifest already has the package for the wanted use.
    pub fn declares(&self, wanted: &Wanted, read: &dyn Fn(&str) -> Option<String>) -> bool {
        let text = read(&self.path).unwrap_or_default();
        declared::names(&self.path, &text, wanted.dev).iter().any(|name| self.is_same(name, &wanted.name))
    }

    /// A declared package with a similar name.
    pub fn nearest(&self, name: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let text = read(&self.path).unwrap_or_default();
        let known = declared::names(&self.path, &text, true);
        shared::text::nearest(name, known.iter().map(String::as_str)).map(str::to_owned)
    }

    fn is_same(&self, a: &str, b: &str) -> bool {
        match self.manager {
            Manager::Cargo | Manager::Pip | Manager::Uv => name::normal(a) == name::normal(b),
            _ => a == b,
        }
    }

    /// The command that asks whether the package exists in this version. The error names what is
    /// wrong with name or version.
    pub fn lookup(&self, wanted: &Wanted) -> Result<Check, String> {
        name::check(self.manager, wanted)?;
        let at = |sign: &str| match &wanted.version {
            Some(version) => quote(&format!("{}{sign}{version}", wanted.name)),
            None => quote(&wanted.name),
        };
        let run = match self.manager {
            Manager::Npm | Manager::Pnpm | Manager::Yarn | Manager::NewerYarn | Manager::Bun => {
                format!(
                    "npm view {} version --json --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=20000 2>/dev/null",
                    at("@")
                )
            }
            Manager::Cargo => format!("cargo add --dry-run {}{}", at("@"), cargo_options(wanted)),
            Manager::Pip => format!(
                "python3 -m pip --disable-pip-version-check --retries 1 --timeout 15 index versions {}",
                quote(&wanted.name)
            ),
            Manager::Uv => format!(
                "uv pip compile --no-deps --no-header --no-annotate --no-build --quiet - <<'END'\n{}\nEND",
                python::requirement(&wanted.name, &[], wanted.version.as_deref(), None)
            ),
            Manager::Go => format!(
                "GOFLAGS=-mod=mod go list -m -f '{{{{.Version}}}}' {}",
                quote(&format!("{}@{}", wanted.name, wanted.version.as_deref().unwrap_or("latest")))
            ),
        };
        Ok(self.command("registry", run, ASKING))
    }

    /// How to add existing packages to manifest and lockfile, without install scripts; `resolved`
    /// are the versions from the registry.
    pub fn add(
        &self,
        packages: &[(Wanted, Option<String>)],
        read: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Addition, String> {
        for (wanted, _) in packages {
            name::check(self.manager, wanted)?;
        }
        if self.manager == Manager::Pip {
            let text = read(&self.path).unwrap_or_default();
            let text = python::with(&self.path, &text, packages)?;
            return Ok(Addition { edit: Some((self.path.clone(), text)), run: None });
        }
        let lines: Vec<String> =
            packages.iter().map(|(wanted, resolved)| self.add_one(wanted, resolved.as_deref())).collect();
        let mut run = lines.join(" && ");
        if self.manager == Manager::Cargo {
            // Writes the lockfile, and runs nothing of the fetched packages
            run.push_str(" && cargo fetch");
        }
        Ok(Addition { edit: None, run: Some(self.command("packages", run, ADDING)) })
    }

    fn add_one(&self, wanted: &Wanted, resolved: Option<&str>) -> String {
        let version = resolved.or(wanted.version.as_deref());
        let spec = match version {
            Some(version) => quote(&format!("{}@{version}", wanted.name)),
            None => quote(&wanted.name),
        };
        let dev = |flag: &'static str| if wanted.dev { flag } else { "" };
        match self.manager {
            Manager::Npm => format!(
                "npm install --package-lock-only --ignore-scripts --no-audit --no-fund{} {spec}",
                dev(" --save-dev")
            ),
            Manager::Pnpm => {
                format!("pnpm add --lockfile-only --ignore-scripts{} {spec}", dev(" --save-dev"))
            }
            Manager::Yarn => {
                format!("yarn add --ignore-scripts --non-interactive{} {spec}", dev(" --dev"))
            }
            Manager::NewerYarn => format!("yarn add --mode=update-lockfile{} {spec}", dev(" --dev")),
            Manager::Bun => format!("bun add --lockfile-only --ignore-scripts{} {spec}", dev(" --dev")),
            Manager::Cargo => {
                let asked = wanted.version.as_deref().or(resolved);
                let spec = asked.map_or(wanted.name.clone(), |version| format!("{}@{version}", wanted.name));
                format!("cargo add {}{}", quote(&spec), cargo_options(wanted))
            }
            Manager::Uv => {
                let requirement =
                    python::requirement(&wanted.name, &wanted.features, wanted.version.as_deref(), resolved);
                format!("uv add --no-sync --no-build{} {}", dev(" --dev"), quote(&requirement))
            }
            Manager::Go => format!("GOFLAGS=-mod=mod go get {spec}"),
            // The manifest is edited, so no command runs
            Manager::Pip => String::new(),
        }
    }

    /// Whether adding packages may write this file (a path in the project).
    pub fn writes(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (manifest, manager) = match self.manager {
            Manager::Pip => return path == self.path,
            Manager::Npm | Manager::Pnpm | Manager::Yarn | Manager::NewerYarn | Manager::Bun => {
                ("package.json", self.manager())
            }
            Manager::Cargo => ("Cargo.toml", "cargo"),
            Manager::Uv => ("pyproject.toml", "uv"),
            Manager::Go => ("go.mod", "go"),
        };
        name == manifest || lockfiles::of(manager).contains(&name)
    }

    fn command(&self, name: &str, run: String, timeout: Duration) -> Check {
        Check {
            name: name.to_owned(),
            kind: CheckPurpose::Custom,
            run,
            timeout,
            directory: self.directory.clone(),
            source: self.path.clone(),
            runner: None,
            script: None,
            guessed: false,
        }
    }
}

fn cargo_options(wanted: &Wanted) -> String {
    let mut options = String::new();
    if wanted.dev {
        options.push_str(" --dev");
    }
    if !wanted.features.is_empty() {
        options.push_str(&format!(" --features {}", quote(&wanted.features.join(","))));
    }
    options
}

/// The lockfile of the folder, or of a workspace above it, decides.
fn node(source: &Source, directory: &str) -> Manager {
    match NodeManager::in_folder(source, directory) {
        NodeManager::Npm => Manager::Npm,
        NodeManager::Pnpm => Manager::Pnpm,
        NodeManager::Yarn => Manager::Yarn,
        NodeManager::NewerYarn => Manager::NewerYarn,
        NodeManager::Bun => Manager::Bun,
    }
}

fn python_manager(source: &Source, directory: &str, word: &str) -> Result<Manager, String> {
    for (who, lock) in lockfiles::python() {
        if who != "uv" && source.has(directory, lock) {
            return Err(format!(
                "`{}` is kept by {who}, which this version cannot add packages with; ask the user to add it first",
                join(directory, lock)
            ));
        }
    }
    let uv = source.has(directory, "uv.lock") || word == "uv" && source.has(directory, "pyproject.toml");
    Ok(if uv { Manager::Uv } else { Manager::Pip })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
