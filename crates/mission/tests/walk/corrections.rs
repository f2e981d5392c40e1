//! Corrections in the middle of a random mission, and the Planner's changes for them.

use mission::mailbox::{Plan, PlannedTask};
use mission::{Event, FailureClass, TaskId};

use super::Walk;

impl Walk {
    /// The user corrects the mission or one task.
    pub(super) fn correct(&mut self) {
        let state = &self.mission.state;
        let nth = self.dice.roll(state.order.len().max(1));
        let to = state.order.get(nth).filter(|_| self.dice.one_in(2));
        let text = to.map_or("in Klingon".to_string(), |task| format!("{task}: in Klingon"));
        if let Ok(event) = state.correction(&text, self.now) {
            self.tell(event);
            self.start_what_is_decided();
        }
    }

    /// The Planner keeps, drops or replaces tasks that have not started.
    pub(super) fn amend(&mut self) {
        let told = self.mission.state.corrections.len() as u32;
        if self.dice.one_in(self.faults) {
            let class = if self.trouble() { FailureClass::Host } else { FailureClass::Malformed };
            return self.tell(Event::PlanKept { class, reason: "prose".into(), told });
        }
        let known: Vec<TaskId> = self.mission.state.amendable().map(|task| task.id.clone()).collect();
        let mut tasks = Vec::new();
        for id in known {
            let id = if self.dice.one_in(4) { format!("{id}x") } else { id };
            if !self.dice.one_in(4) && mission::is_task_id(&id) {
                let files = vec![format!("f{}", self.dice.roll(8))];
                let acceptance = vec!["it is done".to_string()];
                tasks.push(PlannedTask { id, files, acceptance, ..PlannedTask::default() });
            }
        }
        let plan = Plan { tasks, ..Plan::default() };
        self.tell(Event::PlanAmended { plan, notes: vec![], told });
    }
}
