//! The rungs of the ladder: how a task whose attempt failed is helped. `decide/ladder.rs` chooses one,
//! `state/ladder.rs` carries it out in the state. Data only: a rung does not know when it is due. Journals contain
//! their names (`kind`), so names stay.

use serde::{Deserialize, Serialize};

/// How a task whose attempt failed is helped: the rungs of the ladder, lowest first. Below the last one it is abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Rung {
    /// A Fixer repairs the change in the slot of the attempt.
    Fix,
    /// A new attempt from a clean base. `whole_files`: the Coder is asked to write whole files instead of editing them.
    Fresh {
        #[serde(default)]
        whole_files: bool,
    },
    /// A new attempt by another model; `model` is its place among the role's fallbacks, from 1.
    OtherModel {
        model: u32,
        #[serde(default)]
        whole_files: bool,
    },
    /// The Planner splits the task into smaller ones.
    Split,
    /// The plan is at fault: the task is left to the plan of the next cycle.
    Replan,
}

impl Rung {
    pub fn name(self) -> &'static str {
        match self {
            Rung::Fix => "fix",
            Rung::Fresh { .. } => "fresh attempt",
            Rung::OtherModel { .. } => "other model",
            Rung::Split => "split",
            Rung::Replan => "plan again",
        }
    }
}

/// A rung that was chosen for a task, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    pub rung: Rung,
    pub why: String,
}
