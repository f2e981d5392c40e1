//! `[dispatch]`: the work queue whose workers run checks. Types, defaults and the problems of this section
//! only.
//!
//! Another source than the user's own file must not set it.

use std::path::PathBuf;

use queue::is_name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::layer::{Layer, Node, Value};
use crate::config::problem::ConfigProblem;

/// The word for "not set".
const NONE: &str = "none";

/// `[dispatch]`: machines beside this one. Only your own `opencode.toml` may have this section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DispatchConfig {
    /// The NATS server with the work queue, as `nats://host:4222` or `tls://host:4222`; `none`: everything runs here.
    #[schemars(extend("x-tightens" = "never"))]
    pub queue: String,
    /// What a worker's result counts for.
    #[schemars(extend("x-tightens" = "never"))]
    pub trust: Trust,
    /// An absolute path to the credentials file for the server, or `none`.
    #[schemars(extend("x-tightens" = "never"))]
    pub credentials: String,
    /// The prefix of everything at the server. Owners and workers of one namespace work together.
    #[schemars(extend("x-tightens" = "never"))]
    pub namespace: String,
    /// Only workers with this label are asked; `none`: any worker.
    #[schemars(extend("x-tightens" = "never"))]
    pub label: String,
    /// Whether roles (Coder, Reviewer and the others) may work on workers that do roles (`worker --roles`), too.
    #[schemars(extend("x-tightens" = "never"))]
    pub roles: bool,
}

impl Default for DispatchConfig {
    fn default() -> Self {
        Self {
            queue: NONE.to_owned(),
            trust: Trust::default(),
            credentials: NONE.to_owned(),
            namespace: "opencode".to_owned(),
            label: NONE.to_owned(),
            roles: false,
        }
    }
}

/// What a worker's result counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Workers check the changes of tasks; the merged tree, which is delivered, is checked here
    #[default]
    Verify,
    /// Workers check the merged tree, too, and nothing is checked again here
    Accept,
}

impl DispatchConfig {
    /// Where the queue is; `None` if nothing is dispatched.
    pub(crate) fn settings(&self) -> Option<queue::Settings> {
        set(&self.queue).map(|url| queue::Settings {
            url: url.to_owned(),
            credentials: set(&self.credentials).map(PathBuf::from),
            namespace: self.namespace.clone(),
            lease: queue::Settings::LEASE,
        })
    }

    pub(crate) fn label(&self) -> Option<&str> {
        set(&self.label)
    }
}

fn set(text: &str) -> Option<&str> {
    Some(text).filter(|text| *text != NONE)
}

/// What is wrong with an address, if anything.
pub(crate) fn wrong_address(text: &str) -> Option<&'static str> {
    let host = ["nats://", "tls://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let good = host.is_some_and(|host| !host.is_empty() && !host.contains(|c: char| c.is_whitespace()));
    (!good).then_some("write nats://host:4222, or tls://host:4222")
}

/// The problems of the section's texts that the schema cannot find.
pub(in crate::config) fn wrong_texts(layer: &Layer) -> Vec<ConfigProblem> {
    let Some(section) = layer.root.get("dispatch") else { return Vec::new() };
    let text = |key: &str| {
        let node = section.get(key)?;
        Some((node, node.text().filter(|text| *text != NONE)?))
    };
    let mut problems = Vec::new();
    let mut wrong = |key: &str, node: &Node, hint: &str| {
        let message = format!("`dispatch.{key}` cannot be used as it is written");
        problems.push(layer.problem(node.at, message).hint(hint));
    };
    if let Some((node, text)) = text("queue")
        && let Some(hint) = wrong_address(text)
    {
        wrong("queue", node, hint);
    }
    for key in ["namespace", "label"] {
        if let Some((node, text)) = text(key)
            && !is_name(text)
        {
            wrong(key, node, "use 1 to 32 lower-case letters, digits, `-` or `_`");
        }
    }
    if let Some((node, text)) = text("credentials")
        && !std::path::Path::new(text).is_absolute()
    {
        wrong("credentials", node, "write an absolute path");
    }
    problems
}

/// The problem of a source that has this section and is not the user's own. A project must not choose a
/// machine that gets its files, or one whose results count.
pub(in crate::config) fn of_another(layer: &Layer) -> Option<ConfigProblem> {
    let Value::Table(table) = &layer.root.value else { return None };
    let entry = table.get("dispatch")?;
    let message = "`[dispatch]` belongs to your own opencode.toml: a project does not choose the machines that get its files";
    Some(layer.problem(entry.key_at, message.to_owned()).hint("remove the section here"))
}
