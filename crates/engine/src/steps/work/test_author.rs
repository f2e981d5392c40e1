//! The Coder of `part: tests`: it writes the tests of a task before the implementation, which it never
//! sees.

use std::fmt::Write;
use std::sync::Arc;

use mission::{Event, FailureClass, Issue, Role, State, Task};

use crate::bench::slots::Lease;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::plan::reading;
use crate::steps::work::attempt::{Base, begin};
use crate::steps::work::submitted_tests;
use crate::steps::work::submitted_tests::Submission;
use crate::steps::work::work_mailbox::{Claim, WorkMailbox, outcome};
use crate::talk::conversation::{Conversation, Setting};
use crate::talk::session::Part;
use crate::talk::{paging, prompt};

const WANTED: &str = "\
# What to write
Only the tests of this task. Another coder, who will not talk to you, writes the implementation afterwards and has to make \
them pass; you never see it, and you write none of it.
- Test what the instructions and the acceptance say, through the names that they give; test nothing that they leave open.
- Write new test files, named and placed as the project's runner finds them; existing ones stay as they are.
- Use the test runner and the packages that the project has.
- They are run before the change is made, and have to fail then: by an assertion, or because a name is missing. A test that \
passes already, or that could never pass, is refused.
";

pub(crate) async fn run(context: &Arc<MissionContext>, state: &State, id: &str) -> Vec<Event> {
    let Some(task) = state.tasks.get(id) else { return Vec::new() };
    if let Some(reason) = submitted_tests::unneeded(context, state, task).await {
        return vec![Event::TestsSkipped { task: task.id.clone(), reason, tried: false, kept: None }];
    }
    let failed = |RoleFailure { class, reason }: RoleFailure| {
        vec![Event::AttemptFailed {
            task: task.id.clone(),
            class,
            issues: vec![Issue::new("engine", reason)],
        }]
    };
    match begin(context, task).await {
        Ok(Base::Ready(lease)) => match write(context, state, task, lease).await {
            Ok(events) => events,
            Err(failure) => failed(failure),
        },
        Ok(Base::TestsConflict(_)) => Vec::new(),
        Err(failure) => failed(failure),
    }
}

async fn write(
    context: &Arc<MissionContext>,
    state: &State,
    task: &Task,
    lease: Lease,
) -> Result<Vec<Event>, RoleFailure> {
    let slot = &lease.slot;
    let (id, base, at_ms) = (task.id.clone(), slot.commit.clone(), context.desk.clock.now_ms());
    let started = Event::TestsStarted { task: id.clone(), slot: slot.n, base: base.clone(), at_ms };
    if context.desk.orchestrator.record(vec![started]).await.is_err() {
        return Ok(Vec::new());
    }
    context.forget_edits(&id);
    let reading = reading::task(context, slot, task).await;
    let setting = Setting {
        role: Role::Coder,
        task: Some(id.clone()),
        directory: slot.path.clone(),
        base,
        title: format!("Coder of tests: {}", task.title),
        model: 0,
        part: Some(Part::Tests),
        folds: None,
    };
    let mut conversation = Conversation::open(&context.desk, setting).await?;
    let mut found: Option<Vec<Issue>> = None;
    for fixes in 0..=state.policy.fixes {
        let text = |attempt| {
            let mut text = prompt::header_of_part(
                &context.desk.mission,
                Role::Coder,
                Some(&id),
                attempt,
                Some(Part::Tests),
            );
            match &found {
                None => text.push_str(&first(task, &context.known(), &reading)),
                Some(issues) => {
                    let _ = write!(text, "# What is wrong with these tests\n{}", prompt::issues(issues));
                }
            }
            text
        };
        let mut mailbox = WorkMailbox {
            context: context.clone(),
            role: Role::Coder,
            task: id.clone(),
            slot: slot.clone(),
            held: None,
            granted: 0,
            claim: Claim::Refused,
            tests_only: true,
            heard: task.corrections.len(),
        };
        let result = conversation.ask(Role::Coder, text, &mut mailbox).await;
        let said = outcome(mailbox, result).await;
        if !matches!(said.as_slice(), [Event::WorkAccepted { .. }]) {
            return Ok(said.into_iter().map(ended).collect());
        }
        let issues = match submitted_tests::judge_submission(context, task, slot).await {
            Submission::Accepted { commit, paths, detail } => {
                let (commit, tree, at_ms) = (commit.id, commit.tree, context.desk.clock.now_ms());
                return Ok(vec![Event::TestsWritten { task: id, commit, tree, paths, detail, at_ms }]);
            }
            Submission::Refused(issues) => issues,
            Submission::NotJudged(why) => return Err(RoleFailure::new(FailureClass::Host, why)),
        };
        let to_fix = fixes < state.policy.fixes;
        let rejected = Event::TestsRejected { task: id.clone(), issues: issues.clone(), to_fix };
        if !to_fix {
            return Ok(vec![rejected]);
        }
        if context.desk.orchestrator.record(vec![rejected]).await.is_err() {
            return Ok(Vec::new());
        }
        found = Some(issues);
    }
    Ok(Vec::new())
}

fn first(task: &Task, known: &str, reading: &str) -> String {
    let mut text = prompt::task(task);
    let _ = write!(text, "\n{WANTED}");
    if !task.tests.remarks.is_empty() {
        let _ = write!(
            text,
            "\nTests that were written before were discarded:\n{}",
            prompt::issues(&task.tests.remarks)
        );
    }
    let _ = write!(text, "{known}{}{reading}", paging::READING);
    text
}

/// Turns an event that ends an attempt at the implementation into one that ends only this author.
fn ended(event: Event) -> Event {
    match event {
        Event::AttemptFailed { task, class: FailureClass::Budget, issues } => {
            let reason = issues.first().map(|issue| issue.message.clone()).unwrap_or_default();
            Event::TestsSkipped { task, reason, tried: true, kept: None }
        }
        Event::AttemptFailed { task, class, issues } if class != FailureClass::Host => {
            Event::TestsRejected { task, issues, to_fix: false }
        }
        event => event,
    }
}
