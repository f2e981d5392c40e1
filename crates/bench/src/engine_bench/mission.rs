//! A mission under a simulated clock: the real orchestrator, state machine and journal.
//!
//! `bench_engine` calls it with a plan of `plans`; `effects` answers. Its host answers nothing. A mission that does
//! not end as done is an error and gives no number.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::for_benches::Clock;
use engine::for_benches::{Actor, Record};
use engine::{Host, HostFuture, HostRequest};
use journal::{Journal, Redactor};
use mission::{Event, Outcome, Policy, State};

use super::Work;
use super::effects::{Handle, VirtualClock, World};

/// How a simulated mission went.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// From start to end by the simulated clock, in milliseconds.
    pub makespan_ms: u64,
    /// The real time: journal, state machine, board.
    pub real: Duration,
    /// Prompts to roles.
    pub calls: u64,
    pub events: u64,
}

/// Runs a mission of `work` on `workers`, with its journal in `folder`, which is empty.
///
/// # Errors
/// In words, if the journal cannot be written or the mission does not end as done.
pub fn run(work: Work, workers: u32, folder: &Path) -> Result<Run, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|e| format!("the runtime could not be started: {e}"))?;
    runtime.block_on(mission(work, workers, folder))
}

async fn mission(work: Work, workers: u32, folder: &Path) -> Result<Run, String> {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock(tokio::time::Instant::now()));
    let redactor = Redactor::shapes_only();
    let path = folder.join("events");
    let mut journal = Journal::create(&path, redactor.clone()).map_err(|e| e.to_string())?;
    let policy = Policy {
        parallel: workers,
        calls: None,
        wall_ms: None,
        max_tasks: u32::try_from(work.plan.tasks.len()).unwrap_or(u32::MAX),
        ..Policy::default()
    };
    let started = Event::MissionStarted {
        mission: "m-simulated".into(),
        objective: "a simulated mission".into(),
        policy,
        at_ms: clock.now_ms(),
    };
    journal.append(&started).map_err(|e| e.to_string())?;
    let state = State::fold([&started]);
    let record = Record::new(journal, folder.join("board"), redactor, Arc::new(Silent), None);
    let world = |orchestrator| {
        let world = World { work: Arc::new(work), orchestrator, clock: clock.clone() };
        Arc::new(Handle(Arc::new(world))) as Arc<_>
    };
    let begun = Instant::now();
    let actor = Actor::new(record, state, clock.clone(), world);
    let state = actor.run().await;
    let real = begun.elapsed();
    if state.outcome != Some(Outcome::Done) {
        return Err(format!("the mission ended as {:?}, paused: {:?}", state.outcome, state.paused));
    }
    let events = journal::read::<Event>(&path).map_err(|e| e.to_string())?.events.len() as u64;
    Ok(Run { makespan_ms: clock.now_ms(), real, calls: state.usage.calls, events })
}

/// A host that answers nothing: every answer comes from the world.
struct Silent;

impl Host for Silent {
    fn call(&self, request: HostRequest) -> HostFuture {
        let action = request.action();
        Box::pin(std::future::ready(Err(engine::HostError { action, message: "nobody is there".into() })))
    }

    fn say(&self, _text: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine_bench::random;
    use sim::Random;

    #[test]
    fn no_schedule_beats_the_bound_and_ours_is_near_it() {
        // The journal syncs every event, and this test does not measure the disk
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let work = random(100, &mut Random::new(3));
        let bound = work.bound_ms(4);
        assert!(work.foreseen_ms(4) >= bound, "{} < {bound}", work.foreseen_ms(4));
        assert_eq!(work.foreseen_ms(1), work.total_ms());
        assert_eq!(work.foreseen_ms(100), work.longest_ms());
        let run = run(work, 4, folder.path()).unwrap();
        assert_eq!(run.calls, 2 * 100 + 1, "a Coder and a Reviewer a task, and one review of the whole");
        assert!(run.makespan_ms >= bound, "{} < {bound}: the bound or the clock is wrong", run.makespan_ms);
        assert!(run.makespan_ms * 100 <= bound * 115, "{} against {bound}", run.makespan_ms);
    }
}
