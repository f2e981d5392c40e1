//! The installation that scripts need, for each folder with its own packages.
//!
//! It names the commands; `engine` decides when they run, and `manager.rs` how a manager installs. If the project uses
//! Rush, its install is the only step.

use super::manager::Manager;
use super::manifest::Packages;
use crate::discover::SetupCommand;
use crate::discover::source::{Source, join};

pub(super) fn steps(source: &Source) -> Vec<SetupCommand> {
    if let Some(step) = rush(source) {
        return vec![step];
    }
    let packages = Packages::new(source);
    let roots = super::roots(source, &packages);
    roots
        .into_iter()
        .filter_map(|folder| {
            let package = packages.get(&folder)?;
            if !package.has_dependencies() && !packages.is_workspace(&folder) {
                return None;
            }
            let (run, file) = Manager::of(source, &folder, &package).install(source, &folder);
            Some(SetupCommand { otherwise: None, run: run.to_owned(), source: join(&folder, file), folder })
        })
        .collect()
}

/// Rush installs with its own manager and lockfile.
fn rush(source: &Source) -> Option<SetupCommand> {
    let file = source.first("", &["rush.json"])?;
    let own = "common/scripts/install-run-rush.js";
    let run = if source.has("", own) { format!("node {own} install") } else { "rush install".to_owned() };
    Some(SetupCommand { otherwise: None, folder: String::new(), run, source: file.to_owned() })
}
