//! Old journals must stay readable: `fixtures/events.jsonl` has a line for every shape that an event has had.
//!
//! **Its lines are never changed or removed.** A new event, field or value gets a line more, as the program writes it; the
//! older lines show that journals without it are still read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests too

use std::collections::{BTreeMap, BTreeSet};

use mission::flag::RedFlag;
use mission::provider::Fault;
use mission::{Event, FailureClass, Gate, GateVerdict, Outcome, PauseReason, Role, State};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const LINES: &str = include_str!("fixtures/events.jsonl");

fn lines() -> Vec<Value> {
    LINES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn read(line: &Value) -> Event {
    serde_json::from_value(line.clone())
        .unwrap_or_else(|error| panic!("a journal of today would not be read any more: {error}\n{line}"))
}

/// The names of an enumeration, from serde's error for an unknown name.
fn names<T: DeserializeOwned>(unknown: Value) -> BTreeSet<String> {
    let error = serde_json::from_value::<T>(unknown).err().expect("`?` is no name").to_string();
    let names: Vec<&str> = error.split('`').skip(1).step_by(2).skip(1).collect();
    assert!(names.len() > 2, "{error}");
    names.into_iter().map(str::to_string).collect()
}

/// All texts under `key` in the fixture.
fn values(key: &str) -> BTreeSet<String> {
    fn collect(value: &Value, key: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get(key).and_then(Value::as_str).map(str::to_string));
                fields.values().for_each(|value| collect(value, key, found));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, key, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    lines().iter().for_each(|line| collect(line, key, &mut found));
    found
}

/// Paths of the fields with a value, such as `plan.tasks[].id`.
fn fields(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::Array(items) => items.iter().for_each(|item| fields(item, &format!("{at}[]"), found)),
        Value::Object(inner) => {
            inner.iter().for_each(|(key, value)| fields(value, &format!("{at}.{key}"), found))
        }
        _ => drop(found.insert(at.to_string())),
    }
}

#[test]
fn every_event_and_every_word_in_one_has_a_line() {
    let check = |key: &str, known: BTreeSet<String>| {
        let missing: Vec<_> = known.difference(&values(key)).cloned().collect();
        assert!(
            missing.is_empty(),
            "add lines to tests/fixtures/events.jsonl where `{key}` is: {}",
            missing.join(", ")
        );
    };
    check("event", names::<Event>(json!({ "event": "?" })));
    check("class", names::<FailureClass>(json!("?")));
    check("gate", names::<Gate>(json!("?")));
    check("verdict", names::<GateVerdict>(json!("?")));
    check("outcome", names::<Outcome>(json!("?")));
    check("role", names::<Role>(json!("?")));
    check("flag", names::<RedFlag>(json!("?")));
    check("fault", names::<Fault>(json!("?")));
    check("kind", names::<PauseReason>(json!({ "kind": "?" })));
}

#[test]
fn every_line_is_read_whole_and_every_field_has_one() {
    let mut kept: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut written = kept.clone();
    for line in lines() {
        let name = line["event"].as_str().unwrap().to_string();
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        fields(&line, "", &mut before);
        fields(&serde_json::to_value(read(&line)).unwrap(), "", &mut after);
        let lost: Vec<_> = before.difference(&after).collect();
        assert!(lost.is_empty(), "{lost:?} of `{name}` is in old journals and is not read any more:\n{line}");
        kept.entry(name.clone()).or_default().extend(before);
        written.entry(name).or_default().extend(after);
    }
    for (name, fields) in written {
        let new: Vec<_> = fields.difference(&kept[&name]).collect();
        assert!(
            new.is_empty(),
            "add a line of `{name}` with {new:?} to tests/fixtures/events.jsonl; change none"
        );
    }
}

/// The fold accepts events in any order and any number.
#[test]
fn every_line_can_be_folded_in_any_place() {
    let events: Vec<Event> = lines().iter().map(read).collect();
    let backwards: Vec<Event> = events.iter().rev().cloned().collect();
    let started = &events[..1];
    for journal in [[&events[..], &events[..]].concat(), [started, &backwards[..]].concat()] {
        let state = State::fold(&journal);
        assert_eq!(state.mission, "m-0a1b2c3d");
        assert!(state.tasks.contains_key("units"));
    }
}
