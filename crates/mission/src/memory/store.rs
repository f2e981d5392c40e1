//! The memory as it is stored: its entries, and how one is confirmed, dropped, forgotten and bounded.
//!
//! The modules that learn decide what enters it, and `text` shows it. It must know no event.

use serde::{Deserialize, Serialize};

use super::entry::{EditCount, Entry, Kind, Source, editing_key};
use crate::MissionId;
use crate::estimate::Sample;

/// The most entries of one kind, except notes. The least confirmed and oldest are dropped first.
pub(super) const MAX_ENTRIES: usize = 40;
/// The most past missions whose costs are kept.
pub(super) const MAX_PLANS: usize = 20;
/// The most missions, and the most forgotten keys, that are kept so that they are not learned again.
pub(super) const MAX_KNOWN: usize = 500;
/// The most notes that the user may add.
pub(super) const MAX_NOTES: usize = 40;

/// What is known about a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub entries: Vec<Entry>,
    /// What past missions cost, the oldest first.
    pub plans: Vec<PlanTaken>,
    /// Missions that were learned from.
    pub(super) learned: Vec<MissionId>,
    /// Keys of entries that the user removed: they are not learned again.
    pub(super) forgotten: Vec<String>,
    /// How many entries were ever made. Ids contain this number, so no id is used twice.
    pub(super) made: u32,
}

/// What one mission cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanTaken {
    pub mission: MissionId,
    pub at_ms: u64,
    pub tasks: u32,
    pub calls: u64,
    pub tokens: u64,
    pub cost_usd: f64,
    pub time_ms: u64,
    /// The input for the estimate of the next mission.
    pub sample: Sample,
}

impl Memory {
    pub fn knows(&self, mission: &str) -> bool {
        self.learned.iter().any(|known| known == mission)
    }

    /// What the newest missions cost, at most `most` of them, for the estimate of the next one.
    pub fn samples(&self, most: usize) -> Vec<Sample> {
        self.plans.iter().rev().take(most).map(|plan| plan.sample).collect()
    }

    /// Why a model writes whole files instead of edits; `None` if its edits work, or if too little is known.
    pub fn writes_whole(&self, model: &str) -> Option<String> {
        let entry = self.find(Kind::Editing, &editing_key(model))?;
        let edits = entry.edits.filter(EditCount::miss)?;
        Some(format!("{} of the last {} edits of `{model}` missed", edits.missed, edits.made))
    }

    /// Removes an entry, and does not learn it again. Returns `false` if no entry has this id.
    pub fn forget(&mut self, id: &str) -> bool {
        let Some(at) = self.entries.iter().position(|entry| entry.id == id) else { return false };
        let entry = self.entries.remove(at);
        if entry.kind != Kind::Note {
            self.forgotten.push(entry.key);
            keep_newest(&mut self.forgotten, MAX_KNOWN);
        }
        true
    }

    pub(super) fn find(&self, kind: Kind, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.kind == kind && entry.key == key)
    }

    /// Confirms an entry, and makes it if it is missing. Returns `None` if the user removed it before.
    pub(super) fn confirm(
        &mut self,
        kind: Kind,
        key: &str,
        text: &str,
        source: &Source,
    ) -> Option<&mut Entry> {
        if self.forgotten.iter().any(|forgotten| forgotten == key) {
            return None;
        }
        let at = match self.entries.iter().position(|entry| entry.kind == kind && entry.key == key) {
            Some(at) => at,
            None => {
                self.made = self.made.saturating_add(1);
                let id = format!("{}-{}", kind.name(), self.made);
                self.entries.push(Entry::new(id, kind, key, source));
                self.entries.len() - 1
            }
        };
        let entry = self.entries.get_mut(at)?;
        entry.confirm(text, source);
        Some(entry)
    }

    pub(super) fn drop_entry(&mut self, kind: Kind, key: &str) {
        self.entries.retain(|entry| entry.kind != kind || entry.key != key);
    }

    /// Drops the entries of a kind that `most` missions in a row did not confirm.
    pub(super) fn drop_quiet(&mut self, kind: Kind, most: u32) {
        self.entries.retain(|entry| entry.kind != kind || entry.quiet < most);
    }

    pub(super) fn bound(&mut self) {
        for kind in Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Note) {
            while self.entries.iter().filter(|entry| entry.kind == kind).count() > MAX_ENTRIES {
                let of_kind = self.entries.iter().enumerate().filter(|(_, entry)| entry.kind == kind);
                let least = of_kind.min_by_key(|(_, entry)| (entry.times.min(2), entry.right.at_ms));
                let Some((at, _)) = least else { break };
                self.entries.remove(at);
            }
        }
    }
}

pub(super) fn keep_newest<T>(list: &mut Vec<T>, most: usize) {
    let old = list.len().saturating_sub(most);
    list.drain(..old);
}
