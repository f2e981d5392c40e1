//! What a task knows of the tests that another Coder writes for it. Data only: `independent.rs` says what is due about them.

use serde::{Deserialize, Serialize};

use crate::Issue;

/// What became of a task's independent tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndependentTests {
    /// Authors that began; those lost to a crash, a stop or the host do not count.
    pub draws: u32,
    /// What was wrong with the last ones, for the next author.
    pub remarks: Vec<Issue>,
    /// Those that stand: the task is built upon them.
    pub written: Option<WrittenTests>,
    /// Why the task goes on without.
    pub skipped: Option<String>,
    /// How often reviewers found those that stand right when attempts failed on them.
    pub upheld: u32,
    /// The attempt that was made when they last did.
    pub upheld_at: u32,
    /// How often they were found wrong, and written again.
    pub redraws: u32,
    /// The change that wrong tests rejected, as a commit without them: it is judged again before anybody is asked for
    /// another one.
    pub kept: Option<String>,
}

/// Tests as they were accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenTests {
    pub commit: String,
    /// Files, those that the tests need included.
    pub paths: Vec<String>,
    /// How they failed before the change, in words.
    #[serde(default)]
    pub detail: String,
}
