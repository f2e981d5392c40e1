//! What roles submit: the shape of each mailbox tool's arguments, and a parser that understands the mistakes of
//! models.
//!
//! A parse returns the value, or every problem at once. Each problem names the field and what to do.

mod arguments;
mod brief;
mod check;
mod lenient;
mod page;
mod plan;
mod relocation;
mod review;
#[cfg(test)]
mod tests;
mod work;

pub use arguments::{Field, Problems, Shape, json_schema};
pub use brief::{Brief, BriefFile, MAX_DECISIONS, OpenDecision, parse_brief};
pub use check::{CheckRequest, parse_check};
pub use page::{PageRequest, parse_page};
pub use plan::{Plan, PlannedDependency, PlannedTask, parse_plan};
pub use relocation::{Relocation, parse_relocation};
pub use review::{
    AcceptanceAnswer, Review, ReviewFinding, ReviewSeverity, Verdict, check_review, parse_review,
};
use serde_json::{Value, json};
pub use work::{Unplanned, Work, WorkStatus, parse_work};

use crate::Role;

/// A mailbox tool as OpenCode shows it to a model.
#[derive(Clone, Debug)]
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    pub fields: &'static [Field],
}

/// Every mailbox tool.
pub const TOOLS: [Tool; 7] = [
    Tool {
        name: "mission_brief",
        description: "Submit the brief. Call once, when you know what matters.",
        fields: brief::FIELDS,
    },
    Tool {
        name: "mission_plan",
        description: "Submit the task graph. If it is refused, fix what is named and call again.",
        fields: plan::FIELDS,
    },
    Tool {
        name: "mission_work",
        description: "Submit the task when its files are written: done, or blocked with a question.",
        fields: work::FIELDS,
    },
    Tool {
        name: "mission_check",
        description: "Run one of the project's own checks on your changes. Without a name: list them.",
        fields: check::FIELDS,
    },
    Tool {
        name: "mission_move",
        description: "Move a file of the project, or delete it: without `to` it is deleted.",
        fields: relocation::FIELDS,
    },
    Tool {
        name: "mission_review",
        description: "Submit the verdict, with an answer for every acceptance item.",
        fields: review::FIELDS,
    },
    Tool {
        name: "mission_page",
        description: "Read a page that was moved out of the context.",
        fields: page::FIELDS,
    },
];

impl Tool {
    /// The roles that may call it, by the table of roles.
    pub fn roles(&self) -> Vec<Role> {
        Role::ALL.into_iter().filter(|role| role.may_call(self.name)).collect()
    }

    /// Name, description, JSON Schema of each argument, and the roles that may call it.
    pub fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "roles": self.roles(),
            "schema": json_schema(self.fields),
        })
    }
}
