//! The roles of a mission: one row a role. The engine, the mailbox tools and prompts stand on this table; a test compares it
//! with the agents that `plugin/` gives OpenCode, with `prompts/` and with `[roles.*]`.

use serde::{Deserialize, Serialize};

/// Who is asked. Each has a prompt, an agent in OpenCode, a mailbox and model settings of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Searcher,
    Planner,
    Coder,
    Reviewer,
    Fixer,
}

/// What a role is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRow {
    /// In prompts (`role: coder`), `prompts/<name>.md`, `[roles.<name>]` and the journal.
    pub name: &'static str,
    /// The tool that submits the role's result.
    pub mailbox: &'static str,
    /// OpenCode's own tools that the role may use; all others are denied.
    pub host_tools: &'static [&'static str],
    /// Whether it changes files in its slot.
    pub writes: bool,
    /// Bytes of a request beside its messages, as measured: the prompt and the tools. For estimates only.
    pub around: u64,
}

const READ: &[&str] = &["read", "grep", "glob", "list"];
const WRITE: &[&str] = &["read", "grep", "glob", "list", "edit"];

impl Role {
    pub const ALL: [Role; 5] = [Role::Searcher, Role::Planner, Role::Coder, Role::Reviewer, Role::Fixer];

    /// What the role is.
    pub const fn row(self) -> RoleRow {
        match self {
            Role::Searcher => RoleRow {
                name: "searcher",
                mailbox: "mission_brief",
                host_tools: READ,
                writes: false,
                around: 6_800,
            },
            Role::Planner => RoleRow {
                name: "planner",
                mailbox: "mission_plan",
                host_tools: &[],
                writes: false,
                around: 5_100,
            },
            Role::Coder => RoleRow {
                name: "coder",
                mailbox: "mission_work",
                host_tools: WRITE,
                writes: true,
                around: 9_900,
            },
            Role::Reviewer => RoleRow {
                name: "reviewer",
                mailbox: "mission_review",
                host_tools: READ,
                writes: false,
                around: 6_900,
            },
            Role::Fixer => RoleRow {
                name: "fixer",
                mailbox: "mission_work",
                host_tools: WRITE,
                writes: true,
                around: 9_900,
            },
        }
    }

    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The tool that submits the role's result.
    pub const fn mailbox(self) -> &'static str {
        self.row().mailbox
    }

    /// Whether the role may change files in its slot.
    pub const fn writes(self) -> bool {
        self.row().writes
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
