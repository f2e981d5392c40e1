//! One thing that is known of a project, where it came from and when it was last right. Data only, kept in a file: a new field
//! needs a default.

use serde::{Deserialize, Serialize};

use crate::MissionId;

/// The longest text of an entry, in bytes.
const MAX_TEXT: usize = 240;

/// Edits before anything is said of a model.
const ENOUGH: u32 = 8;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A command that works, and how long it takes.
    Command,
    /// What gates or Reviewers enforced.
    Convention,
    /// A flaky test, a slow command, a set-up that fails.
    Pitfall,
    /// How a model's edits went.
    Editing,
    /// The user's own words.
    Note,
}

impl Kind {
    pub const ALL: &[Kind] = &[Kind::Command, Kind::Convention, Kind::Pitfall, Kind::Editing, Kind::Note];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Command => "command",
            Kind::Convention => "convention",
            Kind::Pitfall => "pitfall",
            Kind::Editing => "editing",
            Kind::Note => "note",
        }
    }
}

/// The mission that said so, and when it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Empty for what the user wrote.
    pub mission: MissionId,
    pub at_ms: u64,
}

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    pub kind: Kind,
    /// What makes it the same in another mission.
    pub key: String,
    pub text: String,
    /// How often it was right: for a convention the tasks in which it was enforced, otherwise missions.
    pub times: u32,
    /// Where it came from.
    pub from: Source,
    /// When it was last right.
    pub right: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<EditCount>,
    /// Missions since, in which it could have been right and was not.
    #[serde(default)]
    pub quiet: u32,
    /// The user changed its text, which stays.
    #[serde(default)]
    pub edited: bool,
}

impl Entry {
    pub(super) fn new(id: String, kind: Kind, key: &str, source: &Source) -> Entry {
        Entry {
            id,
            kind,
            key: key.to_string(),
            text: String::new(),
            times: 0,
            from: source.clone(),
            right: source.clone(),
            took_ms: None,
            edits: None,
            quiet: 0,
            edited: false,
        }
    }

    pub(super) fn confirm(&mut self, text: &str, source: &Source) {
        if !self.edited {
            self.text = one_line(text);
        }
        self.times = self.times.saturating_add(1);
        (self.right, self.quiet) = (source.clone(), 0);
    }

    /// Whether it is known well enough to be told: what was enforced once may have been about one task.
    pub fn is_proven(&self) -> bool {
        self.kind != Kind::Convention || self.edited || self.times > 1
    }
}

/// Bounded, and on one line, so that it cannot pass for anything but an entry.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    shared::text::clip(&words.join(" ").replace("```", "'''"), MAX_TEXT)
}

/// Edits in place of one model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditCount {
    pub made: u32,
    /// Their text was not in the file, or stood there more than once.
    pub missed: u32,
}

impl EditCount {
    /// Whether two of five miss: each then costs a request more, and the file again.
    pub fn miss(&self) -> bool {
        self.made >= ENOUGH && self.missed.saturating_mul(5) >= self.made.saturating_mul(2)
    }
}

/// What makes a model the same in another mission.
pub(super) fn editing_key(model: &str) -> String {
    format!("model:{model}")
}
