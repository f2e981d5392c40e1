//! Reads the package's name from the manifest of a package manager.
//!
//! It gets a text and returns a name: `index/read` provides the text, and `resolve` finds packages by the name. It
//! reads no dependencies; `engine::bench::files` reads what a manifest says about checks.

use serde::{Deserialize, Serialize};

/// The name of a package in its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Manifest {
    /// The `name` of a package.json.
    Npm(String),
    /// The crate's name in the form that code uses.
    Cargo(String),
    /// The module path of a go.mod.
    Go(String),
}

impl Manifest {
    pub(crate) fn read(path: &str, text: &str) -> Option<Self> {
        match path.rsplit('/').next()? {
            "package.json" => {
                let json: serde_json::Value = serde_json::from_str(text).ok()?;
                Some(Self::Npm(json.get("name")?.as_str()?.to_owned()))
            }
            "Cargo.toml" => {
                let package = text.lines().map(str::trim).skip_while(|line| *line != "[package]").skip(1);
                let name = package.take_while(|line| !line.starts_with('[')).find_map(|line| {
                    let (key, value) = line.split_once('=')?;
                    (key.trim() == "name").then(|| value.trim().trim_matches(['"', '\'']))
                })?;
                Some(Self::Cargo(name.replace('-', "_")))
            }
            "go.mod" => {
                let name = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
                Some(Self::Go(name.trim().trim_matches('"').to_owned()))
            }
            _ => None,
        }
    }
}
