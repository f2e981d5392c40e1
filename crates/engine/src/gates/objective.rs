//! All that landed, held against the objective: the same Reviewers that judge tasks, a verdict for each item.

use std::fmt::Write;
use std::sync::Arc;

use mission::mailbox::{Review, Verdict};
use mission::{Event, FailureClass, Panel, Phase, State};

use super::{review, vote};
use crate::blocking::blocking;
use crate::mission_context::MissionContext;
use crate::roles::conversation::RoleFailure;
use crate::roles::reviewer::Subject;
use crate::roles::{cut, prompt};

/// Tasks that the prompt names.
const MAX_TASKS: usize = 100;
/// The longest reason why one did not land, in bytes.
const MAX_REASON: usize = 300;

pub(crate) async fn review(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let mut spent = Vec::new();
    let event = match look(context, state, &mut spent).await {
        Ok(event) => event,
        Err(RoleFailure { class, reason }) => Event::ObjectiveReviewFailed { class, reason },
    };
    spent.push(event);
    spent
}

async fn look(
    context: &Arc<MissionContext>,
    state: &State,
    spent: &mut Vec<Event>,
) -> Result<Event, RoleFailure> {
    let (Some(base), Some(head), Some(tree)) = (&state.base, &state.head, &state.landed_tree) else {
        return Err(RoleFailure::new(FailureClass::Malformed, "nothing has landed that could be reviewed"));
    };
    let lease = context.slot(&head.commit).await?;
    let (workspace, from, to) = (context.workspace.clone(), base.commit.clone(), head.commit.clone());
    let diff = blocking(move || workspace.diff(&from, &to, &[], review::MAX_PAGE)).await;
    let diff = diff.map_err(|error| RoleFailure::new(FailureClass::Host, error.to_string()))?;
    let items = state.objective_items();
    let subject = Subject {
        task: None,
        title: "the objective as a whole".into(),
        asked: asked(state, &items),
        items: items.len(),
        slot: lease.slot.clone(),
        diff: review::shown(context, diff).await,
        evidence: checks(state),
        tests: String::new(),
    };
    let (subject, quorum) = (Arc::new(subject), review::quorum(context));
    let panel = Panel::of(state, u32::try_from(quorum).unwrap_or(u32::MAX));
    let (mut reviews, mut failure, mut asked) = (Vec::new(), None, 0);
    loop {
        let more = panel.next(count(asked), count(reviews.iter().filter(|r| objects(r)).count())) as usize;
        if more == 0 {
            break;
        }
        let (others, why) = review::poll(context, &subject, asked..asked + more, spent).await;
        let silent = others.is_empty();
        reviews.extend(others);
        failure = failure.or(why);
        asked += more;
        if silent {
            break;
        }
    }
    let said = vote::items(&items, asked, |votes| panel.tolerated(count(votes)) as usize, &reviews);
    let Some((met, unmet)) = said else {
        return Err(failure.unwrap_or_else(|| {
            RoleFailure::new(FailureClass::Malformed, "too few reviewers gave a verdict")
        }));
    };
    Ok(Event::ObjectiveReviewed { cycle: state.cycle, met, unmet, tree: tree.clone() })
}

fn count(reviews: usize) -> u32 {
    u32::try_from(reviews).unwrap_or(u32::MAX)
}

fn objects(review: &Review) -> bool {
    review.verdict == Verdict::Reject || review.acceptance.iter().any(|item| !item.met)
}

fn asked(state: &State, items: &[String]) -> String {
    let mut text = format!(
        "# The objective, to be judged as a whole\n{}\n\nAcceptance:\n{}\n# What was done for it\n",
        state.objective,
        prompt::acceptance(items)
    );
    for task in state.order.iter().filter_map(|id| state.tasks.get(id)).take(MAX_TASKS) {
        let how = match &task.phase {
            Phase::Integrated { .. } => "landed".to_string(),
            Phase::GivenUp { reason } | Phase::Cancelled { reason } => {
                format!("did not land: {}", cut(&reason.replace('\n', " "), MAX_REASON))
            }
            _ => "did not land".to_string(),
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
