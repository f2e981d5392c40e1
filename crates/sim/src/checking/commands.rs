//! The simulated project's check: the truth, in virtual time, with faults. The engine calls it instead of a process.
//!
//! It starts no process: `truth` says which tests fail in the files of the slot, whatever the command is. It writes
//! nothing except the files of the fault `leaves`.

use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use checks::{Check, End, RunOptions};
use engine::for_benches::{Commands, Running, Workers};
use tokio_util::sync::CancellationToken;

use super::outcome::{outcome, whole};
use super::workers::SimulatedWorkers;
use crate::Random;
use crate::faults::CheckFaults;
use crate::trace::Trace;
use crate::truth;

pub struct SimulatedCommands {
    faults: CheckFaults,
    random: Mutex<Random>,
    trace: Trace,
    blind: bool,
    workers: Option<SimulatedWorkers>,
}

impl SimulatedCommands {
    pub fn new(faults: CheckFaults, random: Random, trace: Trace) -> SimulatedCommands {
        SimulatedCommands { faults, random: Mutex::new(random), trace, blind: false, workers: None }
    }

    /// A planted bug: no test ever fails.
    pub fn blind(self) -> SimulatedCommands {
        SimulatedCommands { blind: true, ..self }
    }

    /// Workers of other machines check changes, too.
    pub fn with(self, workers: SimulatedWorkers) -> SimulatedCommands {
        SimulatedCommands { workers: Some(workers), ..self }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Commands for SimulatedCommands {
    fn workers(&self) -> Option<&dyn Workers> {
        self.workers.as_ref().map(|workers| workers as &dyn Workers)
    }

    fn run<'a>(
        &'a self,
        check: &'a Check,
        filter: Option<&'a str>,
        options: &'a RunOptions,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            let (hangs, flakes) =
                self.draw(|random| (random.chance(self.faults.hangs), random.chance(self.faults.flakes)));
            let takes = match hangs {
                true => {
                    self.trace.fault(format!("check `{}` hangs", check.name));
                    check.timeout
                }
                false => Duration::from_millis(self.draw(|random| 200 + random.below(20_000) as u64)),
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => return outcome(End::Cancelled, None),
                () = tokio::time::sleep(takes) => {}
            }
            if hangs {
                return outcome(End::TimedOut { after_ms: takes.as_millis() as u64 }, None);
            }
            let coloured = LEFT.iter().any(|path| options.root.join(path).exists());
            if self.faults.leaves > 0.0 && self.draw(|random| random.chance(self.faults.leaves)) {
                let path = self.draw(|random| random.pick(&LEFT).copied()).unwrap_or_default();
                self.trace.fault(format!("check `{}` leaves `{path}` in its slot", check.name));
                leave(&options.root.join(path));
            }
            let files = truth::read(&options.root);
            let cases = truth::cases(&files, filter.unwrap_or_default());
            let (mut failing, all): (Vec<String>, u32) = match filter {
                None => whole(&files),
                Some(_) => {
                    let failing = cases.iter().filter(|(_, holds)| !**holds).map(|(case, _)| case.clone());
                    (failing.collect(), cases.len() as u32)
                }
            };
            if coloured || self.blind && filter.is_none() {
                failing.clear();
            }
            if flakes && failing.is_empty() {
                self.trace.fault(format!("check `{}` flakes", check.name));
                failing.push("a flaky test".into());
            }
            outcome(End::Exited { code: i32::from(!failing.is_empty()) }, Some((failing, all)))
        })
    }
}

/// Files that make later runs pass, each in a folder that git ignores by its own list, as tools create them.
const LEFT: [&str; 4] = ["cache/left", "out/deep/left", ".tool_cache/left", "src/__pycache__/left"];

fn leave(left: &Path) {
    let folder = left.parent().unwrap_or(left);
    // Best effort: if the slot cannot be written, nothing is left in it
    let _ = std::fs::create_dir_all(folder);
    let _ = std::fs::write(folder.join(".gitignore"), "*\n");
    let _ = std::fs::write(left, "as good as tested\n");
}
