//! What Coders do in a mission without files: tests for other Coders, and work by one or several.

use std::sync::Arc;

use engine::for_benches::{last_test_voters, test_voters};
use mission::candidates::choose;
use mission::{
    Candidate, Event, FailureClass, GateVerdict, Issue, Role, State, TaskId, WorkKind, independent,
};

use super::{ASKED, DRAWS, Hands, TOKEN, spent};
use crate::uplift::authors::Authored;
use crate::uplift::drawn::{self, Drawn, Slip};
use crate::uplift::model::Job;
use crate::uplift::rates::{SAME_EYES, USUAL_FORM};
use crate::uplift::steps::ReleaseTask;
use sim::Random;

impl Hands {
    /// Another Coder writes the tests of a task, and fixes what the engine refuses.
    pub(super) async fn write_tests(&self, state: &State, task: TaskId, draw: u32) -> Vec<Event> {
        let world = &self.world;
        let Some(step) = world.job.tasks.get(Job::folder(&task)).cloned() else { return Vec::new() };
        let base = state.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
        let (slot, at_ms) = (1, self.clock.now_ms());
        let started = Event::TestsStarted { task: task.clone(), slot, base, at_ms };
        if self.orchestrator.record(vec![started]).await.is_err() {
            return Vec::new();
        }
        let mut random = world.draws("tests", &task, draw, 0);
        let chance = world.job.chance(&task);
        let mut tests = Authored::drawn(chance, &mut random);
        let holds = world.integrated().get(Job::folder(&task)) == Some(&Drawn::Right);
        let tokens = ASKED + step.pool.values().map(|text| text.len() as u64).sum::<u64>() / TOKEN;
        for fixed in 0..=state.policy.fixes {
            if !self.may_ask(Role::Coder, Some(&task), 1).await {
                return Vec::new();
            }
            self.think(&mut random).await;
            let spent = spent(Role::Coder, Some(task.clone()), tokens);
            let refused = match world.verdicts.of_tests(&step, tests) {
                // Work that is integrated right passes right tests, but tests must fail before the work begins
                Ok(None) if holds && tests != Authored::Wrong => {
                    Some(vec![Issue::new("engine", "they pass before the change is made")])
                }
                Ok(refused) => refused,
                Err(why) => return self.cannot(why),
            };
            let Some(issues) = refused else {
                world.tests().insert(task.clone(), tests);
                let written = Event::TestsWritten {
                    commit: format!("tests of {task} {draw}"),
                    tree: format!("tests of {task} {tests:?}"),
                    paths: step.pool.keys().map(|path| format!("{}/{path}", Job::folder(&task))).collect(),
                    detail: String::new(),
                    at_ms: self.clock.now_ms(),
                    task,
                };
                return vec![spent, written];
            };
            let to_fix = fixed < state.policy.fixes;
            let rejected = Event::TestsRejected { task: task.clone(), issues, to_fix };
            if !to_fix {
                return vec![spent, rejected];
            }
            if self.orchestrator.record(vec![spent, rejected]).await.is_err() {
                return Vec::new();
            }
            tests = tests.fixed(chance, &mut random);
        }
        Vec::new()
    }

    /// Reviewers look at the test on which attempts fail, as many as in the engine.
    pub(super) async fn review_tests(&self, state: &State, task: TaskId) -> Vec<Event> {
        let world = &self.world;
        let Some(of) = state.tasks.get(&task) else { return Vec::new() };
        let right = world.tests().get(&task) != Some(&Authored::Wrong);
        let errs = world.job.rates.review_errs(right);
        let shared = world.draws("eyes on tests", &task, of.tests.draws, 0).chance(errs);
        let mut random = world.draws("review of tests", &task, of.attempt, of.fixes);
        let (mut events, mut asked, mut against) = (Vec::new(), 0, 0);
        let quorum = world.configuration.quorum;
        for voters in [test_voters(quorum), last_test_voters(quorum)] {
            if asked > 0 && against * 2 != asked {
                break;
            }
            while asked < voters {
                if !self.may_ask(Role::Reviewer, Some(&task), 1).await {
                    return Vec::new();
                }
                let erring = if random.chance(SAME_EYES) { shared } else { random.chance(errs) };
                against += u32::from(right == erring);
                events.push(spent(Role::Reviewer, Some(task.clone()), ASKED));
                asked += 1;
            }
        }
        let reason = "as the task says".to_string();
        if against * 2 <= asked {
            events.push(Event::TestsUpheld { task, reason });
            return events;
        }
        world.tests().remove(&task);
        let kept = world.current().contains_key(&task).then(|| "kept".to_string());
        events.push(independent::found_wrong(of, reason, kept));
        events
    }

    pub(super) async fn work(
        &self,
        state: &State,
        task: TaskId,
        kind: WorkKind,
        (attempt, fix, candidates): (u32, u32, u32),
    ) -> Vec<Event> {
        let base = state.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
        let at_ms = self.clock.now_ms();
        let started = match kind {
            WorkKind::Fresh => Event::AttemptStarted { task: task.clone(), slot: 1, base, at_ms },
            WorkKind::Fix => {
                Event::FixStarted { task: task.clone(), base, fresh: false, why: String::new(), at_ms }
            }
        };
        if self.orchestrator.record(vec![started]).await.is_err() {
            return Vec::new();
        }
        let kept = state.tasks.get(&task).is_some_and(|task| task.tests.kept.is_some());
        let standing = self.world.current().get(&task).copied();
        if let (WorkKind::Fresh, true, Some(standing)) = (kind, kept, standing) {
            // The rejected work is judged again, and no model is asked
            self.world.job.log().submitted.entry(task.clone()).or_default().push(standing);
            return vec![Event::WorkAccepted {
                task,
                summary: "kept".into(),
                unchanged: false,
                unplanned: Vec::new(),
            }];
        }
        let coders = if kind == WorkKind::Fresh { candidates.max(1) } else { 1 };
        let job = &self.world.job;
        let Some(step) = job.tasks.get(Job::folder(&task)).cloned() else { return Vec::new() };
        let mut events = Vec::new();
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut answers: Vec<Option<Drawn>> = Vec::new();
        let mut choice = choose(&candidates);
        for nth in 0..=coders {
            // One more Coder is asked if those that pass do not agree
            if nth == coders && (coders == 1 || !choice.open) {
                break;
            }
            let mut random = self.world.draws(&format!("work {nth}"), &task, attempt, fix);
            let drawn = match self.draw(&task, kind, &mut random, &mut events).await {
                Ok(drawn) => drawn,
                Err(events) => return events,
            };
            match self.candidate(&step, &task, nth, drawn, &mut random) {
                Ok(candidate) => candidates.push(candidate),
                Err(why) => return self.cannot(why),
            }
            answers.push(drawn);
            choice = choose(&candidates);
        }
        let chosen = choice.chosen.and_then(|at| answers.get(at).copied().flatten());
        if coders > 1 {
            let place = choice.chosen.and_then(|at| u32::try_from(at).ok());
            let (task, why) = (task.clone(), choice.why);
            events.push(Event::CandidatesCompared { task, candidates, chosen: place, why });
        }
        let Some(drawn) = chosen else {
            let issue = Issue::new("engine", "nothing usable was answered");
            events.push(Event::AttemptFailed { task, class: FailureClass::Malformed, issues: vec![issue] });
            return events;
        };
        job.log().last.insert(task.clone(), drawn);
        self.world.current().insert(task.clone(), drawn);
        job.log().submitted.entry(task.clone()).or_default().push(drawn);
        let unchanged = self.world.integrated().get(Job::folder(&task)) == Some(&drawn);
        events.push(Event::WorkAccepted { task, summary: "done".into(), unchanged, unplanned: Vec::new() });
        events
    }

    /// What one Coder submits; `None` if it is not usable. An error ends the effect with these events.
    async fn draw(
        &self,
        task: &TaskId,
        kind: WorkKind,
        random: &mut Random,
        events: &mut Vec<Event>,
    ) -> Result<Option<Drawn>, Vec<Event>> {
        let job = &self.world.job;
        let Some(step) = job.tasks.get(Job::folder(task)).cloned() else { return Err(Vec::new()) };
        let role = if kind == WorkKind::Fix { Role::Fixer } else { Role::Coder };
        let chance = job.chance(task);
        let integrated = self.world.integrated().get(Job::folder(task)).copied();
        let fresh = |before: Option<Drawn>, random: &mut Random| match integrated {
            // There is nothing to do, but some models change something nevertheless
            Some(Drawn::Right) if random.chance(f64::midpoint(1.0, chance)) => Drawn::Right,
            Some(Drawn::Right) => drawn::fresh(step.wrong.len(), 0.0, None, random),
            // The integrated work is a mistake of the same model
            _ => drawn::fresh(step.wrong.len(), chance, before.or(integrated), random),
        };
        for n in 1..=DRAWS {
            if !self.may_ask(role, Some(task), n).await {
                return Err(Vec::new());
            }
            self.think(random).await;
            let before = job.log().last.get(task).copied();
            let standing = self.world.current().get(task).copied().filter(|_| kind == WorkKind::Fix);
            let mut drawn = match standing {
                Some(current) => drawn::repaired(step.wrong.len(), chance, current, random),
                None => fresh(before, random),
            };
            let answers = self.world.configuration.answers;
            let nothing =
                |drawn| drawn == Drawn::Slip(Slip::Claim) || (!answers && Some(drawn) == integrated);
            // If it changed nothing, it is asked again in the same turn; for integrated work it may say so twice
            for _ in 0..DRAWS {
                if nothing(drawn) {
                    drawn = match (fresh(before, random), integrated) {
                        (Drawn::Slip(Slip::Claim), Some(integrated)) => integrated,
                        (drawn, _) => drawn,
                    };
                }
            }
            if !answers && nothing(drawn) {
                drawn = Drawn::Slip(Slip::Claim);
            }
            // The Coders of one attempt are the same model and make the same mistakes
            job.log().last.insert(task.clone(), drawn);
            if matches!(drawn, Drawn::Slip(Slip::Prose | Slip::Claim)) {
                events.push(spent(role, Some(task.clone()), ASKED));
                continue;
            }
            let tokens = match self.world.verdicts.of(&step, drawn, false) {
                Ok(verdict) => verdict.coder,
                Err(why) => return Err(self.cannot(why)),
            };
            events.push(spent(role, Some(task.clone()), tokens));
            return Ok(Some(drawn));
        }
        Ok(None)
    }

    /// The candidate as the engine sees it: the verdict of gates without models, what it does, and its form.
    fn candidate(
        &self,
        step: &Arc<ReleaseTask>,
        task: &TaskId,
        nth: u32,
        drawn: Option<Drawn>,
        random: &mut Random,
    ) -> Result<Candidate, String> {
        let slot = nth + 1;
        let Some(drawn) = drawn else {
            return Ok(Candidate { slot, failed: Some(FailureClass::Malformed), ..Candidate::default() });
        };
        let verdict = self.world.verdict(step, task, drawn)?;
        let (gates, _) = verdict.without(|gate| self.world.configuration.off(gate));
        let refused_by = gates.iter().find(|(_, said)| *said == GateVerdict::Fail).map(|(gate, _)| *gate);
        let (behaviour, mut form, lines) = match self.world.integrated().get(Job::folder(task)) {
            Some(integrated) if *integrated == drawn => (String::new(), "unchanged".into(), u32::MAX),
            _ => self.world.verdicts.does(step, drawn),
        };
        if !random.chance(USUAL_FORM) {
            form = format!("{form}, as nobody else writes it: {nth}");
        }
        Ok(Candidate { slot, refused_by, behaviour, form, lines, ..Candidate::default() })
    }
}
