//! The journal: how long a durable event takes, and how fast a long journal is replayed.
//!
//! `bench_engine` calls it, and chooses the folder and so the disk. It invents the events: no mission is played,
//! and no orchestrator is used.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use journal::{Journal, Redactor};
use mission::{Event, Gate, GateVerdict, Policy, State};

use crate::timing::median;

fn event(i: usize) -> Event {
    Event::GateJudged {
        task: Some(format!("task-{}", i % 100)),
        gate: Gate::Checks,
        verdict: GateVerdict::Pass,
        tree: format!("{i:040x}"),
        detail: "npm test: 128 passed; npm run lint: passed".into(),
        worker: None,
    }
}

/// Median times of writes with fdatasync.
#[derive(Clone, Copy, Debug)]
pub struct Durable {
    /// An event appended to the journal.
    pub event: Duration,
    /// A bare line of the same length appended to a file: the time of the disk alone.
    pub line: Duration,
}

/// Appends `n` events and `n` bare lines in turn, in `folder`.
///
/// # Errors
/// In words, if a file cannot be written.
pub fn append(folder: &Path, n: usize) -> Result<Durable, String> {
    let path = folder.join("append.jsonl");
    let mut journal = Journal::create(&path, Redactor::shapes_only()).map_err(|e| e.to_string())?;
    let mut file = File::create(folder.join("lines")).map_err(|e| e.to_string())?;
    let line = vec![b'x'; 240];
    let (mut events, mut lines) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for i in 0..n {
        let begun = Instant::now();
        journal.append(&event(i)).map_err(|e| e.to_string())?;
        events.push(begun.elapsed());
        let begun = Instant::now();
        file.write_all(&line).and_then(|()| file.sync_data()).map_err(|e| e.to_string())?;
        lines.push(begun.elapsed());
    }
    Ok(Durable { event: median(events), line: median(lines) })
}

/// How long a journal of `n` events takes to be read, checked and folded.
///
/// # Errors
/// In words, if the journal cannot be written or read.
pub fn replay(path: &Path, n: usize) -> Result<Duration, String> {
    let mut journal = Journal::create(path, Redactor::shapes_only()).map_err(|e| e.to_string())?;
    let started = Event::MissionStarted {
        mission: "m-simulated".into(),
        objective: "a long mission".into(),
        policy: Policy::default(),
        at_ms: 0,
    };
    journal.append(&started).map_err(|e| e.to_string())?;
    for i in 1..n {
        journal.append(&event(i)).map_err(|e| e.to_string())?;
    }
    drop(journal);
    let begun = Instant::now();
    let read = journal::read::<Event>(path).map_err(|e| e.to_string())?;
    let state = State::fold(&read.events);
    let took = begun.elapsed();
    if read.events.len() != n || state.mission.is_empty() {
        return Err(format!("{} of {n} events came back", read.events.len()));
    }
    Ok(took)
}
