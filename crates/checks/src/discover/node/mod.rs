//! Projects of Node and Bun: `package.json`, its scripts, and the package manager that the lockfile names.
//!
//! It chooses the folders; `scripts.rs` chooses the checks in them, and `setup.rs` what to install. It starts no
//! manager, and `systems/deno.rs` handles Deno.

mod manager;
mod manifest;
mod members;
mod scripts;
mod setup;
mod tools;

pub(crate) use manager::Manager;
pub(crate) use manifest::{Members, Package, Packages};

use super::source::is_inside;
use super::{Ecosystem, Source, Survey};
use crate::check::{Check, CheckPurpose};
use crate::shell::commands;

pub(super) const ROW: Ecosystem = Ecosystem {
    name: "npm",
    manifests: &["package.json"],
    find,
    setup: setup::steps,
    fills: &["node_modules", ".pnp.cjs"],
    only_fetches: false,
};

/// Packages that are not members: roots of workspaces, and packages outside of any.
fn roots(source: &Source, packages: &Packages) -> Vec<String> {
    let folders = source.folders_with(&["package.json"]);
    let mut members: Vec<String> = Vec::new();
    for folder in &folders {
        if !members.contains(folder) && packages.is_workspace(folder) {
            members.extend(packages.members(folder).folders.into_iter().filter(|member| member != folder));
        }
    }
    folders.into_iter().filter(|folder| !members.contains(folder)).collect()
}

fn find(survey: &mut Survey) {
    let roots = roots(survey.source, survey.packages);
    if survey.source.has("", "rush.json") {
        survey.hint(
            "rush.json: the packages here are installed by Rush, which has to be there; where it is not, write the \
             commands of the set-up as `setup = [\"…\"]` under `[workspace]` in opencode.toml"
                .to_owned(),
        );
    }
    for folder in roots {
        // Below a package with tests, a package counts only if it has its own tests
        let tested = survey.checks().any(|check| {
            check.kind == CheckPurpose::Test
                && check.source.contains("package.json")
                && is_inside(&folder, &check.directory)
                && folder != check.directory
        });
        let mut own = survey.fork();
        scripts::of_folder(&mut own, &folder);
        if !tested || own.checks().any(|check| check.kind == CheckPurpose::Test) {
            survey.join(own);
        }
    }
}

/// Completes a check whose command names a script (`npm test`) with the command behind it.
pub(super) fn resolve(source: &Source, packages: &Packages, mut check: Check) -> Check {
    let all = commands(&check.run);
    let ([words], None, None) = (all.as_slice(), check.runner, &check.script) else { return check };
    let Some(package) = packages.get(&check.directory) else { return check };
    let name = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["npm" | "pnpm" | "yarn", "test" | "t"] => "test".to_owned(),
        ["npm" | "pnpm" | "yarn" | "bun", "run", name] => (*name).to_owned(),
        _ => return check,
    };
    let Some(body) = package.script(&name) else { return check };
    let manager = Manager::of(source, &check.directory, &package);
    check.runner = super::judge::Judge::new(source, packages)
        .script(&check.directory, &name)
        .and_then(|told| told.runner);
    check.script = Some(scripts::with_hook(&package, manager, &name, body));
    if check.runner.is_some() {
        check.kind = CheckPurpose::Test;
    }
    check
}
