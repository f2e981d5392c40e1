//! Properties of every decision in a random mission.

use std::collections::BTreeSet;

use mission::{Board, Effect, EffectKey, Phase, TaskId};

use super::Walk;

impl Walk {
    pub(super) fn check(&self, effects: &[Effect]) {
        let state = &self.mission.state;
        let over = state.outcome.is_some() || state.paused.is_some();
        assert_eq!(over, effects.is_empty(), "a mission stands still: {:?}", Board::of(state, 0));
        let keys: Vec<EffectKey> = effects.iter().filter_map(Effect::key).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "twice the same: {keys:?}");
        let waits = |task: &TaskId| state.tasks[task].phase == Phase::Waiting;
        let begun = effects.iter().map(|effect| match effect {
            Effect::Work { task, candidates, .. } if waits(task) => *candidates as usize,
            Effect::WriteTests { task, .. } if waits(task) => 1,
            _ => 0,
        });
        let free = (state.policy.parallel as usize).saturating_sub(state.slots());
        assert!(begun.sum::<usize>() <= free, "more at once than the policy says");
    }
}
