//! The journal's reader, and the state that is folded from what it reads. An input that begins with `r` is a
//! file as it is; of any other, each line is an event that gets the frame and checksum of a sound journal.

use std::fs;
use std::sync::LazyLock;

use mission::{Event, State, decide};
use serde_json::{Value, json};

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

pub fn run(data: &[u8]) {
    let bytes = match data.strip_prefix(b"r") {
        Some(raw) => raw.to_vec(),
        None => framed(&super::text(data)),
    };
    let path = FOLDER.path().join("journal.jsonl");
    fs::write(&path, &bytes).expect("written");
    let redactor = ::journal::Redactor::shapes_only;
    match ::journal::read::<Event>(&path) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(read) => {
            fold(&read.events);
            // Opened to go on, what is whole stays, and what was torn is gone
            let (mut journal, reopened) =
                ::journal::Journal::<Event>::reopen(&path, redactor()).expect("reopened");
            assert_eq!(reopened.events.len(), read.events.len());
            let next = journal.append(&Event::BaseChecked { checks: Vec::new() }).expect("appended");
            assert_eq!(next, read.events.len() as u64 + 1);
            drop(journal);
            let again = ::journal::read::<Event>(&path).expect("a journal that was repaired");
            assert!(again.torn.is_none() && again.events.len() == read.events.len() + 1);
        }
    }
}

fn fold(events: &[Event]) {
    let mut state = State::default();
    for event in events {
        state.apply(event);
        let effects = decide(&state, 1_000);
        assert_eq!(effects, decide(&state, 1_000), "asked again, it decides something else");
    }
    mission::Board::of(&state, u64::MAX);
    state.elapsed_ms(0);
    assert_eq!(State::fold(events), state, "folded at once it is another state");
}

fn framed(text: &str) -> Vec<u8> {
    let mut out = String::new();
    for (at, event) in text.lines().take(200).enumerate() {
        let seq = at + 1;
        let crc = crc32fast::hash(format!("1:{seq}:{event}").as_bytes());
        out.push_str(&format!("{{\"v\":1,\"seq\":{seq},\"crc\":\"{crc:08x}\",\"event\":{event}}}\n"));
    }
    out.into_bytes()
}

/// Missions of two tasks, as they go well and badly, and a file whose frame is broken.
pub fn seeds() -> Vec<Vec<u8>> {
    let task = |id: &str, after: &[&str]| {
        json!({ "id": id, "title": id, "instructions": "…", "files": [format!("{id}.js")], "depends_on": after,
                "acceptance": ["it works"], "group": null, "compound": id == "big" })
    };
    let begin = [
        json!({ "event": "mission_started", "mission": "m-00000000", "objective": "Add a thing",
                "policy": mission::Policy::default(), "at_ms": 1 }),
        json!({ "event": "base_taken", "commit": "c", "tree": "t", "changed": ["a"], "left_out": [] }),
        json!({ "event": "base_checked", "checks": [] }),
        json!({ "event": "brief_accepted", "brief": { "summary": "s", "files": [] } }),
        json!({ "event": "role_asked", "role": "planner", "task": null, "attempt": 1, "at_ms": 3 }),
        json!({ "event": "plan_accepted", "notes": [], "parent": null,
                "plan": { "tasks": [task("one", &[]), task("two", &["one"]), task("big", &["two"])] } }),
        json!({ "event": "attempt_started", "task": "one", "slot": 1, "base": "c", "at_ms": 4 }),
        json!({ "event": "role_spent", "role": "coder", "task": "one", "cost_usd": 0.1,
                "tokens": { "input": 1, "output": 2, "reasoning": 0, "cache_read": 0, "cache_write": 0 } }),
    ];
    let ends: [&[Value]; 4] = [
        &[
            json!({ "event": "integrated", "tasks": ["one", "two"], "commit": "d", "tree": "u", "checks": [], "at_ms": 9 }),
            json!({ "event": "delivered", "files": 2, "branch": null, "note": null }),
            json!({ "event": "ended", "outcome": "done", "at_ms": 10 }),
        ],
        &[
            json!({ "event": "task_given_up", "task": "one", "reason": "r" }),
            json!({ "event": "task_cancelled", "task": "two", "reason": "r" }),
            json!({ "event": "ended", "outcome": "incomplete", "at_ms": 10 }),
        ],
        &[
            json!({ "event": "paused", "reason": { "kind": "stopped", "detail": "cli" }, "at_ms": 5 }),
            json!({ "event": "resumed", "at_ms": 6 }),
        ],
        &[json!({ "event": "brief_failed", "class": "host", "reason": "r" })],
    ];
    let lines = |events: &[Value]| events.iter().map(|event| format!("{event}\n")).collect::<String>();
    let mut seeds: Vec<Vec<u8>> =
        ends.iter().map(|end| format!("{}{}", lines(&begin), lines(end)).into_bytes()).collect();
    let mut torn = b"r".to_vec();
    torn.extend(framed(&lines(&begin)));
    torn.truncate(torn.len() - 20);
    seeds.push(torn);
    seeds.push(br#"r{"v":9,"seq":1,"crc":"00000000","event":{}}"#.to_vec());
    seeds
}
