//! One entry of the memory: a fact about a project, where it comes from, and when it was last confirmed.
//!
//! Plain data for all of `memory`. Entries are stored in a file, so a new field must have a default.

use serde::{Deserialize, Serialize};

use crate::MissionId;

/// The longest text of an entry, in bytes.
const MAX_TEXT: usize = 240;

/// With fewer edits than this, nothing is said about a model.
const ENOUGH: u32 = 8;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A command that works, and how long it takes.
    Command,
    /// A rule that gates or Reviewers enforced.
    Convention,
    /// A flaky test, a slow command, a set-up that fails.
    Pitfall,
    /// How many edits of a model missed.
    Editing,
    /// A note of the user.
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

/// The mission that an entry comes from, and when it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Empty for a note of the user.
    pub mission: MissionId,
    pub at_ms: u64,
}

/// One fact about a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    pub kind: Kind,
    /// Names the fact, so that another mission confirms the same entry.
    pub key: String,
    pub text: String,
    /// How often it was confirmed: by tasks for a convention, by missions for everything else.
    pub times: u32,
    /// The mission that it was first learned from.
    pub from: Source,
    /// The mission that confirmed it last.
    pub right: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<EditCount>,
    /// How many missions since then could have confirmed it and did not.
    #[serde(default)]
    pub quiet: u32,
    /// The user changed its text, so a mission must not change it again.
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

    /// Whether a prompt may show it. A convention that was enforced only once may concern only one task.
    pub fn is_proven(&self) -> bool {
        self.kind != Kind::Convention || self.edited || self.times > 1
    }
}

/// Makes a text one bounded line, so that it cannot look like anything but an entry.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    shared::text::clip(&words.join(" ").replace("```", "'''"), MAX_TEXT)
}

/// How many edits in place one model made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditCount {
    pub made: u32,
    /// Edits whose text was not in the file, or was there more than once.
    pub missed: u32,
}

impl EditCount {
    /// Whether at least two of five edits miss. A miss costs one more request, with the whole file in it.
    pub fn miss(&self) -> bool {
        self.made >= ENOUGH && self.missed.saturating_mul(5) >= self.made.saturating_mul(2)
    }
}

/// The key of the entry about a model.
pub(super) fn editing_key(model: &str) -> String {
    format!("model:{model}")
}
