//! Questions of a Searcher in a random mission, the user's answers, and a plan that the user edits.

use mission::Event;
use mission::mailbox::{Brief, OpenDecision, Plan, PlannedTask};

use super::Walk;

impl Walk {
    /// Adds questions to the brief, whether the user wants them or not.
    pub(super) fn asking(&mut self, mut brief: Brief) -> Brief {
        if self.mission.state.policy.clarify {
            brief.decisions = (0..self.dice.roll(4))
                .map(|n| OpenDecision {
                    question: format!("Which {n}?"),
                    choices: vec!["this".into(), "that".into()],
                    default: "this".into(),
                })
                .collect();
        }
        brief
    }

    /// Answers some questions in any order; the others get their defaults.
    pub(super) fn clarify(&mut self) {
        let at_ms = self.now;
        let answer = format!("{}b", self.dice.roll(3) + 1);
        if let Ok(events) = self.mission.state.answer(&answer, at_ms) {
            for event in events {
                self.tell(event);
            }
        }
        if self.mission.state.clarification_due() {
            self.tell(Event::DefaultsTaken { reason: "nobody answered".into(), at_ms });
        }
    }

    /// The user edits the tasks that have not started while the mission waits.
    pub(super) fn edit(&mut self) {
        let known: Vec<String> = self.mission.state.amendable().map(|task| task.id.clone()).collect();
        let mut tasks = Vec::new();
        for id in known {
            if !self.dice.one_in(3) {
                let files = vec![format!("f{}", self.dice.roll(8))];
                let acceptance = vec!["it is done".to_string()];
                tasks.push(PlannedTask { id, files, acceptance, ..PlannedTask::default() });
            }
        }
        if !tasks.is_empty() {
            let plan = Plan { tasks, ..Plan::default() };
            self.tell(Event::PlanEdited { plan, notes: vec![], at_ms: self.now });
        }
    }
}
