use serde::{Deserialize, Serialize};

/// Who is asked: each has a prompt, an agent in OpenCode and a mailbox of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Searcher,
    Planner,
    Coder,
    Reviewer,
    Fixer,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Searcher, Role::Planner, Role::Coder, Role::Reviewer, Role::Fixer];

    /// The word that prompts, configuration and journal use.
    pub fn name(self) -> &'static str {
        match self {
            Role::Searcher => "searcher",
            Role::Planner => "planner",
            Role::Coder => "coder",
            Role::Reviewer => "reviewer",
            Role::Fixer => "fixer",
        }
    }

    /// The tool by which this role hands in its result.
    pub fn mailbox(self) -> &'static str {
        match self {
            Role::Searcher => "mission_brief",
            Role::Planner => "mission_plan",
            Role::Coder | Role::Fixer => "mission_work",
            Role::Reviewer => "mission_review",
        }
    }

    /// Whether the role may change files in its slot.
    pub fn writes(self) -> bool {
        matches!(self, Role::Coder | Role::Fixer)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
