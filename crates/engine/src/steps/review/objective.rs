//! Reviewers compare all integrated work with the objective and give a verdict for each item, as they do for tasks.
//!
//! No Reviewer sees another one's verdict. The panel in `mission` decides how many are asked.

use std::fmt::Write;
use std::sync::Arc;

use mission::mailbox::Review;
use mission::{Event, FailureClass, Phase, State};

use crate::blocking::blocking;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::review::reviewer::Subject;
use crate::steps::review::{panel, vote};
use crate::talk::prompt;
use crate::text::cut;

/// The most tasks that the prompt names.
const MAX_TASKS: usize = 100;
/// The longest reason why a task was not integrated, in bytes.
const MAX_REASON: usize = 300;

pub(crate) async fn review(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let event = match review_head(context, state).await {
        Ok(event) => event,
        Err(RoleFailure { class, reason }) => Event::ObjectiveReviewFailed { class, reason },
    };
    vec![event]
}

async fn review_head(context: &Arc<MissionContext>, state: &State) -> Result<Event, RoleFailure> {
    let (Some(base), Some(head), Some(tree)) = (&state.base, &state.head, &state.integrated_tree) else {
        return Err(RoleFailure::new(
            FailureClass::Malformed,
            "nothing is integrated that could be reviewed",
        ));
    };
    let lease = context.slot(&head.commit).await?;
    let (workspace, from, to) = (context.bench.workspace.clone(), base.commit.clone(), head.commit.clone());
    let diff = blocking(move || workspace.diff(&from, &to, &[], panel::MAX_PAGE)).await;
    let diff = diff.map_err(|error| RoleFailure::new(FailureClass::Host, error.to_string()))?;
    let items = state.objective_items();
    let subject = Subject {
        task: None,
        title: "the objective as a whole".into(),
        asked: asked(state, &items),
        items: items.len(),
        outside: 0,
        slot: lease.slot.clone(),
        diff: panel::shown(context, diff).await,
        evidence: checks(state),
        tests: String::new(),
    };
    let (subject, quorum) = (Arc::new(subject), panel::quorum(context));
    let panel = state.panel(count(quorum));
    let (mut reviews, mut failure, mut asked) = (Vec::new(), None, 0);
    loop {
        let against = objections(&reviews);
        let more = panel.next(count(asked), count(reviews.len()) - against, against);
        if more == 0 {
            break;
        }
        affordable(context, panel.at_most(count(asked), more)).await?;
        let more = more as usize;
        let (others, why) = panel::poll(context, &subject, asked..asked + more).await;
        let silent = others.is_empty();
        failure = failure.or(why);
        // If no more Reviewers can be asked, the first ones have decided
        if silent && panel.by_item() && asked > 0 {
            break;
        }
        reviews.extend(others);
        asked += more;
        if silent {
            break;
        }
    }
    let Some((met, unmet)) = vote::items(&items, panel, asked, &reviews) else {
        return Err(failure.unwrap_or_else(|| {
            RoleFailure::new(FailureClass::Malformed, "too few reviewers gave a verdict")
        }));
    };
    Ok(Event::ObjectiveReviewed { cycle: state.cycle, met, unmet, tree: tree.clone() })
}

fn count(reviews: usize) -> u32 {
    u32::try_from(reviews).unwrap_or(u32::MAX)
}

fn objections(reviews: &[Review]) -> u32 {
    count(reviews.iter().filter(|review| vote::objects(review)).count())
}

/// Whether `more` Reviewers can be asked: no budget is reached, and the limit on calls has room for all of them.
/// Otherwise some would cost money without deciding anything.
async fn affordable(context: &Arc<MissionContext>, more: u32) -> Result<(), RoleFailure> {
    let state = context.desk.orchestrator.state().await;
    let state = state.map_err(|error| RoleFailure::new(FailureClass::Host, error.to_string()))?;
    if let Some(reached) = mission::budget::reached(&state) {
        return Err(RoleFailure::new(FailureClass::Budget, reached));
    }
    let Some(limit) = state.policy.calls else { return Ok(()) };
    let left = limit.saturating_sub(state.usage.calls);
    if left >= u64::from(more) {
        return Ok(());
    }
    let why = format!("it may take {more} calls more, and the limit on calls leaves {left}");
    Err(RoleFailure::new(FailureClass::Budget, why))
}

fn asked(state: &State, items: &[String]) -> String {
    let mut text = format!(
        "# The objective, to be judged as a whole\n{}\n\nAcceptance:\n{}\n# What was done for it\n",
        state.objective,
        prompt::acceptance(items)
    );
    for task in state.order.iter().filter_map(|id| state.tasks.get(id)).take(MAX_TASKS) {
        let how = match &task.phase {
            Phase::Integrated { .. } if task.unchanged => {
                "nothing was changed: who was asked says that it is already met".to_string()
            }
            Phase::Integrated { .. } => "integrated".to_string(),
            Phase::Abandoned { reason } | Phase::Cancelled { reason } => {
                format!("was not integrated: {}", cut(&reason.replace('\n', " "), MAX_REASON))
            }
            _ => "was not integrated".to_string(),
        };
        let _ = writeln!(text, "- `{}` {}: {how}", task.id, task.title.replace('\n', " "));
    }
    let more = state.order.len().saturating_sub(MAX_TASKS);
    if more > 0 {
        let _ = writeln!(text, "- and {more} more");
    }
    text
}

fn checks(state: &State) -> String {
    let said: Vec<String> =
        state.head_checks.iter().map(|check| format!("`{}`: {}", check.run, check.detail)).collect();
    if said.is_empty() { "the project has no checks".into() } else { said.join("; ") }
}
