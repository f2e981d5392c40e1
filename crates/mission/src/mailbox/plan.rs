//! `mission_plan`: the task graph as the Planner submits it, or as the user has edited it.
//!
//! This file parses only its shape. `crate::graph` says whether the plan is valid; the engine asks whether a
//! package exists.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Problems, Shape, arguments};
use crate::TaskId;

pub(super) const FIELDS: &[Field] = &[
    Field::required(
        "tasks",
        Shape::List(&Shape::Object(&[
            Field::required("id", Shape::Text).pattern("^[a-z0-9][a-z0-9_-]{0,31}$"),
            Field::required("title", Shape::Text),
            Field::required("instructions", Shape::Text)
                .hint("all that a coder who sees only this task needs"),
            Field::required("files", Shape::List(&Shape::Text))
                .hint("files it writes; globs only when compound")
                .least(1),
            Field::optional("depends_on", Shape::List(&Shape::Text)),
            Field::required("acceptance", Shape::List(&Shape::Text))
                .hint("each can be checked by looking at the change")
                .least(1),
            Field::optional("group", Shape::Text)
                .hint("tasks of one group are integrated together or not at all"),
            Field::optional("compound", Shape::Bool)
                .hint("too large for one coder: gets a plan of its own when due"),
            Field::optional("edits_tests", Shape::Text)
                .hint("why an existing test must change; names each one that goes or asserts less"),
            Field::optional("edits_config", Shape::Text)
                .hint("why a script, build file or tool configuration must change; the user is asked"),
            Field::optional("behaviour", Shape::Bool)
                .hint("true: what the program does changes; another coder then writes its tests first"),
        ])),
    )
    .least(1),
    Field::optional(
        "dependencies",
        Shape::List(&Shape::Object(&[
            Field::required("manager", Shape::Text).hint("npm, pnpm, yarn, bun, cargo, pip, uv or go"),
            Field::required("name", Shape::Text),
            Field::optional("version", Shape::Text),
            Field::optional("dev", Shape::Bool).hint("only tests or tools need it"),
            Field::optional("features", Shape::List(&Shape::Text)).hint("of a crate, extras in Python"),
            Field::optional("directory", Shape::Text)
                .hint("folder of the manifest, where it is not the project's root"),
            Field::required("why", Shape::Text),
        ])),
    )
    .hint("packages that must be added; the engine installs them before the tasks start"),
    Field::optional("acceptance", Shape::List(&Shape::Text))
        .hint("what holds when the whole objective is met"),
];

/// A task graph as the Planner proposes it; [`crate::graph::check`] decides whether it is valid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub tasks: Vec<PlannedTask>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<PlannedDependency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptance: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedTask {
    pub id: TaskId,
    pub title: String,
    pub instructions: String,
    pub files: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<TaskId>,
    /// The part of `depends_on` that the engine added: these tasks must only come first; they need not be
    /// integrated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs_after: Vec<TaskId>,
    pub acceptance: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compound: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits_tests: Option<String>,
    /// Why the task must change files that configure checks, builds or tools; the user is asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits_config: Option<String>,
    /// Whether the task changes what the program does, so that another Coder writes its tests first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<bool>,
    /// The task is the whole objective, because the Planner gave no plan. Only the engine sets this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_plan: bool,
}

/// A package that a plan adds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedDependency {
    pub manager: String,
    pub name: String,
    /// The version or range that the Planner asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dev: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Folder of the manifest, relative to the project's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    pub why: String,
    /// The version that the registry has; only the engine sets this. `None` as long as the registry could
    /// not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
}

impl std::fmt::Display for PlannedDependency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = self.resolved.as_ref().or(self.version.as_ref());
        write!(f, "{} `{}`", self.manager, self.name)?;
        version.map_or(Ok(()), |version| write!(f, " {version}"))
    }
}

impl PlannedDependency {
    /// Whether both mean the same package, perhaps in other versions.
    pub fn is_same(&self, other: &PlannedDependency) -> bool {
        (&self.manager, &self.name) == (&other.manager, &other.name)
    }
}

impl Plan {
    /// Whether the plan adds a package.
    pub fn names(&self, package: &PlannedDependency) -> bool {
        self.dependencies.iter().any(|own| own.is_same(package))
    }
}

/// Parses the arguments; the graph is not checked here.
pub fn parse_plan(value: &Value) -> Result<Plan, Problems> {
    let mut plan: Plan = arguments::parse(value, FIELDS)?;
    for task in &mut plan.tasks {
        task.group = task.group.take().filter(|g| !g.trim().is_empty());
        task.edits_tests = task.edits_tests.take().filter(|why| !why.trim().is_empty());
        task.edits_config = task.edits_config.take().filter(|why| !why.trim().is_empty());
    }
    for package in &mut plan.dependencies {
        package.name = package.name.trim().to_string();
        package.version = package.version.take().map(|v| v.trim().to_string()).filter(|v| !v.is_empty());
        package.directory = package.directory.take().filter(|d| !matches!(d.trim(), "" | "." | "./" | "/"));
    }
    Ok(plan)
}
