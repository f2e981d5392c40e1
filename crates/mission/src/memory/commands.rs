//! Commands that work: checks that passed on the base, and steps of the set-up, each with its duration.
//!
//! Reads the newest `BaseChecked` event of a mission. It must not keep a command that failed there.

use super::entry::Kind;
use super::lesson::Lesson;
use super::store::Memory;
use crate::{Event, GateVerdict};

/// A command that this many missions in a row do not run is dropped: the project no longer has it.
const ABSENT: u32 = 3;

pub(super) fn learn(memory: &mut Memory, lesson: &Lesson<'_>) {
    let newest = lesson.events.iter().rev().find_map(|event| match event {
        Event::BaseChecked { checks, setup, .. } => Some((checks, setup)),
        _ => None,
    });
    // A base that was not checked shows nothing about any command
    let Some((checks, setup)) = newest.filter(|(checks, setup)| !checks.is_empty() || !setup.is_empty())
    else {
        return;
    };
    for entry in memory.entries.iter_mut().filter(|entry| entry.kind == Kind::Command) {
        entry.quiet = entry.quiet.saturating_add(1);
    }
    for check in checks {
        let key = format!("run:{}", check.run);
        if check.verdict != GateVerdict::Pass {
            memory.drop_entry(Kind::Command, &key);
            continue;
        }
        let kind = check.kind.map_or("check", |kind| kind.name());
        let text = format!("`{}` ({kind})", check.run);
        if let Some(entry) = memory.confirm(Kind::Command, &key, &text, &lesson.source) {
            entry.took_ms = check.took_ms.or(entry.took_ms);
        }
    }
    for step in setup {
        let key = format!("setup:{}:{}", step.directory, step.run);
        if step.failed.is_some() {
            memory.drop_entry(Kind::Command, &key);
            continue;
        }
        let place = if step.directory.is_empty() { String::new() } else { format!(" in {}", step.directory) };
        let text = format!("`{}`{place} (set-up)", step.run);
        if let Some(entry) = memory.confirm(Kind::Command, &key, &text, &lesson.source) {
            // A warm step reuses earlier results, so its duration says nothing
            entry.took_ms = Some(step.took_ms).filter(|_| !step.warm).or(entry.took_ms);
        }
    }
    memory.drop_quiet(Kind::Command, ABSENT);
}
