//! How a model's edits in place go: those that missed, against all that it made. One that misses too often is asked to write files
//! whole, and is tried with edits again later.

use super::entry::{EditCount, Kind, editing_key};
use super::lesson::Lesson;
use super::store::Memory;
use crate::Event;

/// What counts of the past: with more edits than this the older ones count half.
const WINDOW: u32 = 120;
/// Missions in which it wrote files whole before it is tried with edits again.
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
            // It was asked to write files whole, so nothing is known of its edits
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
