//! Settings that only the user's own file may loosen: who writes a repository does not decide what its commands may do.
//!
//! A project's `opencode.toml` and the plugin's options may still tighten them.

use super::layer::{Layer, Node};
use super::problem::ConfigProblem;

/// Whether a value loosens its setting.
type Loosens = fn(&Node) -> bool;

/// Such settings by their paths.
const LOOSENED: [(&str, Loosens); 7] = [
    ("sandbox.require", |node| !matches!(node.text(), Some("best" | "full"))),
    ("sandbox.network", |node| !matches!(node.text(), Some("none" | "loopback"))),
    ("sandbox.allow_read", |node| !node.items().is_empty()),
    ("sandbox.allow_write", |node| !node.items().is_empty()),
    ("workspace.directory", |node| node.text() != Some("auto")),
    ("checks.allow", |node| !node.items().is_empty()),
    // a repository does not take the name of a command that its user has
    ("command.name", |node| node.text() != Some("task")),
];

/// What a source other than the user's own file loosens. The source has passed the schema.
pub(super) fn loosened(layer: &Layer) -> Vec<ConfigProblem> {
    let found = LOOSENED.iter().filter_map(|(path, loosens)| {
        let node = path.split('.').try_fold(&layer.root, |node, key| node.get(key))?;
        loosens(node).then(|| {
            layer
                .problem(node.at, format!("`{path}` may not be loosened here"))
                .hint("move this line to your own `~/.config/opencode/opencode.toml`; a repository does not decide what its commands may do")
        })
    });
    found.collect()
}
