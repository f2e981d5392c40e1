//! What a task knows about the tests that another Coder writes for it. Data only: `independent.rs` says what is due
//! about them.

use serde::{Deserialize, Serialize};

use crate::Issue;

/// The history of a task's independent tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndependentTests {
    /// How many authors began; those lost to a crash, a stop or the host do not count.
    pub draws: u32,
    /// What was wrong with the last tests, for the next author.
    pub remarks: Vec<Issue>,
    /// The accepted tests: the task is built on them.
    pub written: Option<WrittenTests>,
    /// Why the task continues without tests.
    pub skipped: Option<String>,
    /// How often Reviewers found the accepted tests right after attempts failed on them.
    pub upheld: u32,
    /// The attempt at the time of the last such review.
    pub upheld_at: u32,
    /// How often the tests were found wrong and written again.
    pub redraws: u32,
    /// A change that wrong tests rejected, as a commit without these tests: it is judged again before a Coder is
    /// asked for another one.
    pub kept: Option<String>,
}

/// Tests as they were accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenTests {
    pub commit: String,
    /// The files of the tests, including files that the tests need.
    pub paths: Vec<String>,
    /// How the tests failed before the change, in words.
    #[serde(default)]
    pub detail: String,
}
