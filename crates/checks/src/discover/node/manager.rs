//! Package managers: how each runs scripts and tools, and how it installs from its lockfile.
//!
//! It starts none of them.

use shared::lockfiles;

use super::manifest::Package;
use crate::discover::source::Source;
use crate::shell::{commands, quote};

/// If there are several lockfiles, the first one in this order counts.
const BY_LOCKFILE: [Manager; 4] = [Manager::Pnpm, Manager::Yarn, Manager::Bun, Manager::Npm];

/// Settings of a single manager, which decide if the project keeps no lockfile.
const BY_SETTINGS: [(&str, Manager); 5] = [
    ("pnpm-workspace.yaml", Manager::Pnpm),
    (".pnpmfile.cjs", Manager::Pnpm),
    (".yarnrc.yml", Manager::NewerYarn),
    (".yarnrc", Manager::Yarn),
    ("bunfig.toml", Manager::Bun),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Npm,
    Pnpm,
    Yarn,
    /// Yarn 2 and later.
    NewerYarn,
    Bun,
}

impl Manager {
    /// The manager of a folder, or of the workspace above it. The manifest's own statement counts
    /// first, then the nearest lockfile.
    pub(crate) fn of(source: &Source, folder: &str, package: &Package) -> Manager {
        if let Some(named) = Manager::named(package) {
            return named;
        }
        let mut here = folder;
        loop {
            let lock = BY_LOCKFILE.iter().find(|manager| source.has_any(here, manager.lockfiles()));
            let newer = || source.has(here, ".yarnrc.yml") || is_newer_lock(source, here);
            match lock {
                Some(Manager::Yarn) if newer() => return Manager::NewerYarn,
                Some(manager) => return *manager,
                None => {}
            }
            let above = source.read(here, "package.json").and_then(|text| super::manifest::parsed(&text));
            let by_settings = || BY_SETTINGS.iter().find(|(file, _)| source.has(here, file));
            let above = above.as_ref();
            let named = above.and_then(Manager::named).or_else(|| by_settings().map(|(_, manager)| *manager));
            if let Some(named) = named {
                return named;
            }
            if here.is_empty() {
                let by_scripts = [Some(package), above].into_iter().flatten().find_map(Manager::of_scripts);
                return by_scripts.unwrap_or(Manager::Npm);
            }
            here = here.rsplit_once('/').map_or("", |(up, _)| up);
        }
    }

    pub(crate) fn lockfiles(self) -> &'static [&'static str] {
        lockfiles::of(match self {
            Manager::Npm => "npm",
            Manager::Pnpm => "pnpm",
            Manager::Yarn | Manager::NewerYarn => "yarn",
            Manager::Bun => "bun",
        })
    }

    /// The manager that is used in a folder.
    pub(crate) fn in_folder(source: &Source, folder: &str) -> Manager {
        let package = source.read(folder, "package.json").and_then(|text| super::manifest::parsed(&text));
        package.map_or(Manager::Npm, |package| Manager::of(source, folder, &package))
    }

    fn named(package: &Package) -> Option<Manager> {
        let listed = || {
            let told = package.get("devEngines")?.get("packageManager")?;
            let told = told.as_array().map_or(Some(told), |all| all.first())?;
            let version = told.get("version").and_then(|version| version.as_str()).unwrap_or_default();
            Some((told.get("name")?.as_str()?, version.trim_start_matches(['^', '~', '>', '=', ' '])))
        };
        let named = package.get("packageManager").and_then(|named| named.as_str());
        let named = named.map(|named| named.split_once('@').unwrap_or((named, "")));
        let (name, version) = named.or_else(listed)?;
        let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
        match name {
            "npm" => Some(Manager::Npm),
            "pnpm" => Some(Manager::Pnpm),
            "yarn" if major.is_some_and(|major| major >= 2) => Some(Manager::NewerYarn),
            "yarn" => Some(Manager::Yarn),
            "bun" => Some(Manager::Bun),
            _ => None,
        }
    }

    /// The manager that starts the tests; used if nothing else decides.
    fn of_scripts(package: &Package) -> Option<Manager> {
        let body = ["test", "build"].iter().find_map(|name| package.script(name))?;
        let mut programs = commands(body).into_iter().filter_map(|words| words.first().cloned());
        programs.find_map(|program| match program.as_str() {
            "pnpm" => Some(Manager::Pnpm),
            "bun" => Some(Manager::Bun),
            "yarn" if body.contains("workspaces foreach") => Some(Manager::NewerYarn),
            _ => None,
        })
    }

    pub(crate) fn run(self, script: &str) -> String {
        match (self, quote(script).as_str()) {
            (Manager::Npm, "test") => "npm test".to_owned(),
            (Manager::Npm, script) => format!("npm run {script}"),
            (Manager::Pnpm, script) => format!("pnpm run {script}"),
            (Manager::Yarn | Manager::NewerYarn, script) => format!("yarn run {script}"),
            (Manager::Bun, script) => format!("bun run {script}"),
        }
    }

    /// A script in all members that have it, without stopping at the first failure; `None` if this
    /// manager cannot do that.
    pub(crate) fn run_in_members(self, script: &str) -> Option<String> {
        let script = quote(script);
        match self {
            Manager::Npm => Some(format!("npm run {script} --workspaces --if-present")),
            Manager::Pnpm => Some(format!("pnpm --recursive --no-bail --if-present run {script}")),
            // Both stop at the first failure, and the older one fails if a member has no such script
            Manager::Yarn | Manager::NewerYarn => None,
            Manager::Bun => Some(format!("bun run --filter '*' {script}")),
        }
    }

    /// Starts a tool that the project depends on; nothing is downloaded.
    pub(crate) fn tool(self, command: &str) -> String {
        match self {
            Manager::NewerYarn => format!("yarn run {command}"),
            _ => format!("npx --no-install {command}"),
        }
    }

    /// The command, and the file that requires it.
    pub(crate) fn install(self, source: &Source, folder: &str) -> (&'static str, &'static str) {
        let lock = source.first(folder, self.lockfiles());
        // The newer Yarn finds a project's root by this file, so some projects keep an empty one that
        // is no lockfile
        let is_empty = |file: &str| source.read(folder, file).is_some_and(|text| text.trim().is_empty());
        let lock = lock.filter(|file| self != Manager::NewerYarn || !is_empty(file));
        match (self, lock) {
            (Manager::Npm, Some(file)) => ("npm ci --ignore-scripts --no-audit --no-fund", file),
            (Manager::Npm, None) => {
                ("npm install --ignore-scripts --no-audit --no-fund --no-package-lock", "package.json")
            }
            (Manager::Pnpm, Some(file)) => ("pnpm install --frozen-lockfile --ignore-scripts", file),
            (Manager::Pnpm, None) => ("pnpm install --no-lockfile --ignore-scripts", "package.json"),
            // The newer Yarn rejects the options of the older one
            (Manager::NewerYarn, Some(file)) => ("yarn install --immutable --mode=skip-build", file),
            (Manager::NewerYarn, None) => ("yarn install --no-immutable --mode=skip-build", "package.json"),
            (Manager::Yarn, Some(file)) => {
                ("yarn install --frozen-lockfile --ignore-scripts --non-interactive", file)
            }
            (Manager::Yarn, None) => {
                ("yarn install --ignore-scripts --non-interactive --no-lockfile", "package.json")
            }
            (Manager::Bun, Some(file)) => ("bun install --frozen-lockfile --ignore-scripts", file),
            (Manager::Bun, None) => ("bun install --no-save --ignore-scripts", "package.json"),
        }
    }
}

/// Whether a `yarn.lock` is of the newer kind, which begins with its metadata.
fn is_newer_lock(source: &Source, folder: &str) -> bool {
    source
        .read(folder, "yarn.lock")
        .is_some_and(|text| text.contains("\n__metadata:") || text.starts_with("__metadata:"))
}
