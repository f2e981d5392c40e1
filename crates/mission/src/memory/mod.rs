//! The memory of a project: what its missions learned, for the missions after them. It holds commands that
//! work, conventions that were enforced, pitfalls, how well models edit, and what past missions cost.
//!
//! It learns only from the events of missions that have ended, and the user can change it. An entry that
//! turns out to be wrong is dropped. Its texts come from gates, Reviewers and commands, so a prompt shows
//! them as data, never as an instruction. `engine` stores it through `journal`. Nothing here may read a file
//! or a clock.

mod commands;
mod conventions;
mod editing;
mod entry;
mod lesson;
mod pitfalls;
mod similar;
mod store;
mod text;

pub use entry::{EditCount, Entry, Kind, Source};
pub use store::{Memory, PlanTaken};

use crate::estimate::Sample;
use crate::{Event, State};
use lesson::Lesson;
use store::{MAX_KNOWN, MAX_PLANS, keep_newest};

impl Memory {
    /// Learns from a mission that has ended. A second call for the same mission changes nothing.
    pub fn learn(&mut self, events: &[Event], state: &State) {
        let Some(at_ms) = state.ended_ms.filter(|_| state.outcome.is_some()) else { return };
        if self.knows(&state.mission) {
            return;
        }
        self.learned.push(state.mission.clone());
        keep_newest(&mut self.learned, MAX_KNOWN);
        let source = Source { mission: state.mission.clone(), at_ms };
        let lesson = Lesson::new(source, events);
        commands::learn(self, &lesson);
        pitfalls::learn(self, &lesson);
        conventions::learn(self, &lesson);
        editing::learn(self, &lesson);
        if let Some(sample) = Sample::of(state) {
            let tasks = state.tasks.values().filter(|task| !task.compound && task.attempt > 0).count();
            self.plans.push(PlanTaken {
                mission: state.mission.clone(),
                at_ms,
                tasks: u32::try_from(tasks).unwrap_or(u32::MAX),
                calls: state.usage.calls,
                tokens: state.usage.tokens.total(),
                cost_usd: state.usage.cost_usd,
                time_ms: state.ran_ms,
                sample,
            });
            keep_newest(&mut self.plans, MAX_PLANS);
        }
        self.bound();
    }
}
