//! How well a model edits files in place: how many of its edits missed.
//!
//! Reads the `EditsMade` events of a mission. A model that misses too often is asked to write whole files
//! (`store` says which), and tries edits again later. It must not judge a model by a mission without edits.

use super::entry::{EditCount, Kind, editing_key};
use super::lesson::Lesson;
use super::store::Memory;
use crate::Event;

/// With more edits than this, both counts are halved, so that old edits weigh less.
const WINDOW: u32 = 120;
/// A model that wrote whole files in this many missions tries edits again.
const TRY_AGAIN: u32 = 5;

pub(super) fn learn(memory: &mut Memory, lesson: &Lesson<'_>) {
    let mut by_model = std::collections::BTreeMap::<&str, (EditCount, u32)>::new();
    for (at, event) in lesson.events.iter().enumerate() {
        let Event::EditsMade { edits, missed, whole, .. } = event else { continue };
        let Some(model) = lesson.model(at) else { continue };
        let (count, wholes) = by_model.entry(model).or_default();
        count.made = count.made.saturating_add(*edits);
        count.missed = count.missed.saturating_add((*missed).min(*edits));
        *wholes = wholes.saturating_add(*whole);
    }
    for (model, (count, wholes)) in by_model {
        let key = editing_key(model);
        let known =
            memory.find(Kind::Editing, &key).and_then(|entry| entry.edits.map(|edits| (edits, entry.quiet)));
        if count.made == 0 {
            // It made no edits, so this mission shows nothing about them
            if let Some((_, quiet)) = known.filter(|(edits, _)| wholes > 0 && edits.miss()) {
                if quiet + 1 >= TRY_AGAIN {
                    memory.drop_entry(Kind::Editing, &key);
                } else if let Some(entry) = memory.entries.iter_mut().find(|entry| entry.key == key) {
                    entry.quiet = quiet + 1;
                }
            }
            continue;
        }
        let (before, _) = known.unwrap_or_default();
        let mut edits = EditCount {
            made: before.made.saturating_add(count.made),
            missed: before.missed.saturating_add(count.missed),
        };
        while edits.made > WINDOW {
            edits = EditCount { made: edits.made / 2, missed: edits.missed / 2 };
        }
        if let Some(entry) = memory.confirm(Kind::Editing, &key, &format!("`{model}`"), &lesson.source) {
            entry.edits = Some(edits);
        }
    }
}
