//! The roles of a mission: one row per role, with its prompt, header, tools and settings. The enum is made from the
//! table, so a role without a row does not compile. The engine, the mailbox tools and the headers of prompts read this
//! table; a test compares it with the agents that `plugin/` gives OpenCode, with `prompts/` and with `[roles.*]`.

use serde::{Deserialize, Serialize};

/// What a role is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRow {
    /// The name in prompts (`role: coder`), `[roles.<name>]` and the journal.
    pub name: &'static str,
    /// The file with the role's system prompt.
    pub prompt: &'static str,
    /// The lines that may stand at the head of each prompt, in order.
    pub header: &'static [HeaderLine],
    /// The tool that submits the role's result.
    pub mailbox: &'static str,
    /// The engine's other tools that the role may call.
    pub tools: &'static [&'static str],
    /// OpenCode's own tools that the role may use; all others are denied.
    pub host_tools: &'static [&'static str],
    /// The keys of `[roles.<name>]`.
    pub settings: &'static [&'static str],
    /// Whether it changes files in its slot.
    pub writes: bool,
    /// Measured bytes of a request beside its messages: the system prompt and the tools. For estimates only.
    pub around: u64,
}

/// A line at the head of a prompt, such as `task: parser`. A line without a value is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderLine {
    Mission,
    Role,
    Task,
    Attempt,
    Part,
}

use HeaderLine::{Attempt, Mission, Part, Task};

const OF_MISSION: &[HeaderLine] = &[Mission, HeaderLine::Role, Attempt];
const OF_TASK: &[HeaderLine] = &[Mission, HeaderLine::Role, Task, Attempt];
const OF_PART: &[HeaderLine] = &[Mission, HeaderLine::Role, Task, Attempt, Part];

const PAGES: &[&str] = &["mission_page"];
const CHECKS_MOVES_AND_PAGES: &[&str] = &["mission_check", "mission_move", "mission_page"];

const READ: &[&str] = &["read", "grep", "glob", "list"];
const WRITE: &[&str] = &["read", "grep", "glob", "list", "edit"];

const MODEL: &[&str] = &["model", "fallback", "variant", "options", "timeout"];
const MODEL_AND_SHELL: &[&str] = &["model", "fallback", "variant", "options", "timeout", "bash"];

macro_rules! roles {
    ($($role:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        /// A role. Each has its own prompt, agent in OpenCode, mailbox tool and model settings.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Role {
            $($role,)*
        }

        impl Role {
            /// Every role.
            pub const ALL: [Role; [$(stringify!($role)),*].len()] = [$(Role::$role),*];

            /// What the role is.
            pub const fn row(self) -> RoleRow {
                match self {
                    $(Role::$role => RoleRow { $($field: $value),* },)*
                }
            }
        }
    };
}

roles! {
    Searcher {
        name: "searcher",
        prompt: "prompts/searcher.md",
        header: OF_MISSION,
        mailbox: "mission_brief",
        tools: PAGES,
        host_tools: READ,
        settings: MODEL,
        writes: false,
        around: 6_800,
    }
    Planner {
        name: "planner",
        prompt: "prompts/planner.md",
        header: OF_TASK,
        mailbox: "mission_plan",
        tools: PAGES,
        host_tools: &[],
        settings: MODEL,
        writes: false,
        around: 5_100,
    }
    Coder {
        name: "coder",
        prompt: "prompts/coder.md",
        header: OF_PART,
        mailbox: "mission_work",
        tools: CHECKS_MOVES_AND_PAGES,
        host_tools: WRITE,
        settings: MODEL_AND_SHELL,
        writes: true,
        around: 9_900,
    }
    Reviewer {
        name: "reviewer",
        prompt: "prompts/reviewer.md",
        header: OF_TASK,
        mailbox: "mission_review",
        tools: PAGES,
        host_tools: READ,
        settings: MODEL,
        writes: false,
        around: 6_900,
    }
    Fixer {
        name: "fixer",
        prompt: "prompts/fixer.md",
        header: OF_TASK,
        mailbox: "mission_work",
        tools: CHECKS_MOVES_AND_PAGES,
        host_tools: WRITE,
        settings: MODEL_AND_SHELL,
        writes: true,
        around: 9_900,
    }
}

impl Role {
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The tool that submits the role's result.
    pub const fn mailbox(self) -> &'static str {
        self.row().mailbox
    }

    /// Whether the role may call a tool of the engine.
    pub fn may_call(self, tool: &str) -> bool {
        let row = self.row();
        row.mailbox == tool || row.tools.contains(&tool)
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
