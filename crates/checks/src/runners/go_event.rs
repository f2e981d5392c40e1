//! The events of `go test -json`, one a line.
//!
//! The parser reads its report from them, and `process` what a person may see while the command runs.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GoEvent {
    pub(crate) action: String,
    pub(crate) package: Option<String>,
    /// Stands for the package while it is built.
    pub(crate) import_path: Option<String>,
    pub(crate) test: Option<String>,
    pub(crate) output: Option<String>,
}

impl GoEvent {
    pub(crate) fn read(line: &str) -> Option<GoEvent> {
        line.starts_with('{').then(|| serde_json::from_str(line).ok()).flatten()
    }
}
