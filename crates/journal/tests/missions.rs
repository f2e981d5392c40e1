//! Whole journals that former versions wrote: each can still be read and means the same.
//!
//! `fixtures/mission-<version of the line>.jsonl` are never changed; a new version of the line gets its own
//! file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use journal::{Journal, ReadError, Redactor, read};
use mission::{Delivery, Event, Outcome, Phase, State};

/// Killed once and resumed, seven tasks, two of them as a group.
fn fixture(version: u64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/mission-{version}.jsonl"))
}

/// A copy whose bytes were changed.
fn altered(change: impl FnOnce(&mut Vec<u8>)) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let mut bytes = fs::read(fixture(1)).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

#[test]
fn a_mission_of_every_version_is_what_it_was() {
    for version in 1..=journal::VERSION {
        let found = read::<Event>(&fixture(version)).unwrap();
        assert!(found.torn.is_none());
        let state = State::fold(&found.events);
        assert_eq!(state.outcome, Some(Outcome::Done), "version {version}");
        assert_eq!(state.tasks.len(), 7);
        assert!(state.tasks.values().all(|task| matches!(task.phase, Phase::Integrated { .. })));
        assert!(state.tasks.values().all(|task| task.attempt == 1), "what the kill cut short does not count");
        assert!(matches!(state.delivery, Delivery::Delivered { branch: None, .. }));
        let spent: u64 = found
            .events
            .iter()
            .map(|event| if let Event::RoleSpent { tokens, .. } = event { tokens.total() } else { 0 })
            .sum();
        assert_eq!(state.usage.tokens.total(), spent, "what was spent before the kill is in the sum");
        assert_eq!(state.usage.calls, 20);
    }
}

/// After a crash at any byte the mission continues from the last whole line.
#[test]
fn cut_anywhere_it_is_continued_from_the_last_whole_line() {
    let whole = fs::read(fixture(1)).unwrap();
    let events = read::<Event>(&fixture(1)).unwrap().events;
    for length in (0..whole.len()).step_by(997) {
        let (_dir, path) = altered(|bytes| bytes.truncate(length));
        let lines = whole[..length].iter().filter(|b| **b == b'\n').count();
        let (mut journal, found) = Journal::<Event>::reopen(&path, Redactor::shapes_only()).unwrap();
        assert_eq!(found.events, events[..lines], "cut at {length}");
        journal.append(&Event::Resumed { at_ms: 1, policy: None }).unwrap();
        drop(journal);
        assert_eq!(read::<Event>(&path).unwrap().events.len(), lines + 1);
    }
}

#[test]
fn damage_in_the_middle_stops_it_with_file_line_and_what_to_do() {
    let (_dir, path) = altered(|bytes| {
        let at = bytes.windows(9).position(|part| part == b"base_take").unwrap();
        bytes[at] = b'B';
    });
    let before = fs::read(&path).unwrap();
    let error = Journal::<Event>::reopen(&path, Redactor::shapes_only()).unwrap_err().to_string();
    assert!(
        error.contains("journal.jsonl:2:") && error.contains("checksum") && error.contains("hint:"),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), before, "and nothing is changed");
}

#[test]
fn a_newer_layout_or_event_says_to_update() {
    let (_dir, path) = altered(|bytes| bytes.splice(0..6, *b"{\"v\":7").for_each(drop));
    let error = read::<Event>(&path).unwrap_err();
    assert!(matches!(error, ReadError::Newer { line: 1, found: 7, .. }), "{error}");
    assert!(error.to_string().contains("update opencode-orchestrator"), "{error}");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let mut journal = Journal::create(&path, Redactor::shapes_only()).unwrap();
    journal.append(&serde_json::json!({ "event": "from_the_future" })).unwrap();
    let error = read::<Event>(&path).unwrap_err();
    assert!(matches!(error, ReadError::Unknown { line: 1, .. }), "{error}");
    assert!(error.to_string().contains("from_the_future") && error.to_string().contains("update"), "{error}");
}
