//! The progress of a running mission: one line for each thing done.
//!
//! Pure: it looks at the state before the event is applied, and gives no line for repetitions. `told` chooses the
//! lines for the chat.

use mission::mailbox::{OpenDecision, Plan};
use mission::{
    ANSWER_MINUTES, CheckKind, Decision, Event, Gate, GateVerdict, ItemVerdict, Outcome, RefusedCheck,
    SetupSummary, State, TaskId,
};

use crate::actor::estimate_text::estimate_text;
use crate::text::{count, cut, duration};

/// The longest explanation in a line, in bytes.
const MAX_DETAIL: usize = 240;
/// The most refused commands that are named.
const MAX_REFUSED: usize = 5;

/// The line for an event; `state` is the state before it. `None` if the line would only be noise.
#[allow(clippy::too_many_lines, reason = "a flat table: one arm an event")]
pub(crate) fn line(state: &State, event: &Event) -> Option<String> {
    let text = match event {
        Event::MissionStarted { .. }
        | Event::RoleAsked { .. }
        | Event::RoleSpent { .. }
        | Event::BatchStarted { .. }
        | Event::DeliveryIntended { .. }
        | Event::Undone { .. }
        | Event::FileUndone { .. }
        | Event::HunkUndone { .. }
        | Event::HunkKept { .. } => return None,
        Event::Follows { followed } => format!("follows mission {}", followed.mission),
        Event::BaseTaken { changed, left_out, .. } => {
            let own = match changed.len() {
                0 => String::new(),
                n => format!(", {} included", count(n, "uncommitted file")),
            };
            let out = match left_out.len() {
                0 => String::new(),
                n => format!("; left out: {}", short_list(left_out, n)),
            };
            format!("base taken{own}{out}")
        }
        Event::BaseChecked { checks, refused, .. } if checks.is_empty() => {
            let found = if refused.is_empty() { "was found" } else { "can be run" };
            format!(
                "no check of the project {found}: the result will be **unverified**, unless the mission brings its own{}",
                not_run(refused)
            )
        }
        Event::BaseChecked { checks, setup, refused, .. } => {
            // Where tests run, a refused command is no surprise, and the report names it
            let tests =
                checks.iter().any(|c| matches!(c.kind, None | Some(CheckKind::Test | CheckKind::Custom)));
            let refused = if tests { String::new() } else { not_run(refused) };
            let made = setup.iter().map(|step| format!("set up: {}\n- ", setup_step(step)));
            let said = checks.iter().map(|c| format!("`{}` {}", c.run, detail(&c.detail)));
            format!(
                "{}base checked: {}{refused}",
                made.collect::<String>(),
                said.collect::<Vec<_>>().join("; ")
            )
        }
        Event::BriefAccepted { brief } => {
            let verb = if brief.files.len() == 1 { "matters" } else { "matter" };
            format!(
                "searcher: {} {verb}{}",
                count(brief.files.len(), "file"),
                questions(state, &brief.decisions)
            )
        }
        Event::Answered { question, choice, .. } => {
            format!("question {question}: you chose {}", detail(choice))
        }
        Event::DefaultsTaken { reason, .. } => {
            let open = state.decisions.iter().filter(|decision| decision.chosen.is_none());
            let taken: Vec<String> = open.map(|d| format!("{} {}", detail(&d.question), d.default)).collect();
            format!("decided by default ({}): {}", detail(reason), taken.join("; "))
        }
        Event::BriefFailed { reason, .. } => format!("searcher: no brief: {}", detail(reason)),
        Event::PlanAccepted { plan, notes, parent } => planned(plan, notes, parent.as_ref()),
        Event::Corrected { text, task, .. } => {
            let to = task.as_ref().map(|task| format!(" about `{task}`")).unwrap_or_default();
            format!("you said{to}: {}", detail(text))
        }
        Event::PlanAmended { plan, notes, .. } => {
            let dropped = state.droppable_packages().filter(|package| !plan.names(package));
            let dropped: String =
                dropped.map(|package| format!("\n  - no longer adds the package {package}")).collect();
            let asks = match state.asks_again(plan) {
                true => {
                    "\n  - it waits for your approval, and the mission asks for it when nothing else is left to do"
                }
                false => "",
            };
            amended(state, plan, notes, "after what you said") + &dropped + asks
        }
        Event::PlanEdited { plan, notes, .. } => amended(state, plan, notes, "as you edited it"),
        Event::PlanKept { class: mission::FailureClass::Host, reason, .. } => {
            format!("planner: asked again: {}", detail(reason))
        }
        Event::PlanKept { reason, .. } => {
            format!(
                "planner: the plan stays as it is, and roles get your text as you wrote it: {}",
                detail(reason)
            )
        }
        Event::PlanFailed { reason, .. } => format!("planner: no plan: {}", detail(reason)),
        Event::PackagesAdded { packages, files, .. } => {
            let names = packages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            format!("{names} added: {}", short_list(files, files.len()))
        }
        Event::PackagesFailed { reason, .. } => format!("**packages not added**: {}", detail(reason)),
        Event::AttemptStarted { task, .. } => {
            let attempt = state.tasks.get(task).map_or(1, |t| t.attempt + 1);
            let again = if attempt > 1 { format!(" again (attempt {attempt})") } else { String::new() };
            format!("`{task}` started{again}")
        }
        Event::TestsStarted { task, .. } => format!("`{task}`: its tests are written first"),
        Event::TestsRejected { task, issues, .. } => {
            let what = issues.first().map(ToString::to_string).unwrap_or_default();
            format!("`{task}`: tests rejected: {}", detail(&what))
        }
        Event::TestsWritten { task, paths, .. } => {
            format!(
                "`{task}`: its tests are written, and fail without the change, as they should: {}",
                short_list(paths, paths.len())
            )
        }
        Event::TestsSkipped { tried: false, .. } => return None,
        Event::TestsSkipped { task, reason, .. } => {
            format!("`{task}` continues **without independent tests**: {}", detail(reason))
        }
        Event::TestsRedrawn { task, reason, .. } => {
            format!("`{task}`: its tests are written again: {}", detail(reason))
        }
        Event::TestsUpheld { task, reason } => format!("`{task}`: its tests are right: {}", detail(reason)),
        Event::FixStarted { task, why, .. } if why.is_empty() => format!("`{task}`: fixer at work"),
        Event::FixStarted { task, fresh, why, .. } => {
            let session = if *fresh { "in a session of its own" } else { "in the session of the work" };
            format!("`{task}`: fixer at work {session}: {}", detail(why))
        }
        Event::CandidatesCompared { task, candidates, why, .. } => {
            format!("`{task}`: {} coders side by side: {}", candidates.len(), detail(why))
        }
        Event::EditsMade { .. } => return None,
        // The check said so when it happened
        Event::FlakySeen { .. } => return None,
        Event::WholeFilesChosen { task, why } => format!("`{task}`: it writes files whole: {}", detail(why)),
        Event::WorkAccepted { task, unchanged: true, .. } => {
            format!("`{task}` submitted: nothing to change, it is already met")
        }
        Event::WorkAccepted { task, .. } => format!("`{task}` submitted"),
        Event::ScopeWidened { task, path } => format!("`{task}` now also holds {path}"),
        Event::ScopeRefused { task, path, held_by } => {
            format!("`{task}` may not change {path}: `{held_by}` holds it")
        }
        Event::TaskOrdered { task, after, path } => format!("`{task}` waits for `{after}`: both need {path}"),
        Event::GateJudged { gate: Gate::Scope | Gate::Protected, verdict: GateVerdict::Pass, .. } => {
            return None;
        }
        Event::GateJudged { task, gate, verdict, detail: said, .. } => {
            let who = task.as_ref().map(|t| format!("`{t}`")).unwrap_or_else(|| "head".into());
            let verdict = match verdict {
                GateVerdict::Pass => "pass",
                GateVerdict::Fail => "**fail**",
                GateVerdict::NoEvidence => "no evidence",
            };
            format!("{who} {}: {verdict} ({})", gate.name(), detail(said))
        }
        Event::AttemptFailed { task, class, issues } => {
            let what = issues.first().map(ToString::to_string).unwrap_or_default();
            format!("`{task}` failed ({}): {}", class.name(), detail(&what))
        }
        Event::RungChosen { task, rung, why } => format!("`{task}`: {} ({})", rung.name(), detail(why)),
        Event::AnswerDiscarded { role, task, flag, .. } => {
            format!("{}: {}; asked again", who(*role, task.as_deref()), flag.name())
        }
        Event::RoleCutOff { role, task, reason, .. } => {
            format!("{} cut off: {}", who(*role, task.as_deref()), detail(reason))
        }
        Event::ProviderFailed { model, fault, reason, wait_ms, .. } => {
            let wait = duration(*wait_ms);
            format!("`{model}`: {} ({}); it is not asked again for {wait}", fault.name(), detail(reason))
        }
        Event::ProviderSlowed { model, reason, .. } => {
            format!("`{model}` asks to slow down ({}): fewer tasks at once", detail(reason))
        }
        Event::ProviderAnswered { .. } => return None,
        Event::JudgeFailed { task, reason, .. } => {
            format!("`{task}` could not be judged, asked again: {}", detail(reason))
        }
        Event::TaskPassed { task, .. } => format!("`{task}` passed every gate"),
        Event::Integrated { tasks, .. } if tasks.is_empty() => {
            "your own changes since the start are merged in and checked".into()
        }
        Event::Integrated { tasks, .. } => {
            let done =
                state.tasks.values().filter(|t| matches!(t.phase, mission::Phase::Integrated { .. })).count()
                    + tasks.len();
            let names = tasks.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ");
            format!("{names} integrated ({done} of {})", state.tasks.len())
        }
        Event::BatchFailed { tasks, class, issues } => {
            let names = tasks.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ");
            let what = issues.first().map(ToString::to_string).unwrap_or_default();
            format!("{names} not integrated ({}): {}", class.name(), detail(&what))
        }
        Event::TaskAbandoned { task, reason } => format!("`{task}` **abandoned**: {}", detail(reason)),
        Event::TaskCancelled { task, reason } => format!("`{task}` cancelled: {}", detail(reason)),
        Event::Estimated { estimate } => format!("expected: {}", estimate_text(estimate)),
        Event::ObjectiveReviewed { met, unmet, .. } => {
            let missing = unmet.iter().map(|verdict| format!("\n  - not met: {}", said(verdict)));
            let all = met.len() + unmet.len();
            format!("the objective as a whole: {} of {all} met{}", met.len(), missing.collect::<String>())
        }
        Event::ObjectiveReviewFailed { reason, .. } => {
            format!("the objective could not be reviewed: {}", detail(reason))
        }
        Event::CycleStarted { cycle, missing, .. } => {
            let most = state.policy.max_cycles;
            format!("cycle {cycle} of at most {most}: {} to plan", count(missing.len(), "missing item"))
        }
        Event::Delivered { branch: Some(branch), .. } => format!("left on branch `{branch}`"),
        Event::Delivered { files, .. } => {
            format!("{} delivered into the working tree", count(*files as usize, "file"))
        }
        Event::DeliveryFailed { reason, .. } => format!("**not delivered**: {}", detail(reason)),
        Event::Paused { reason, .. } => format!("**paused**: {reason}"),
        Event::Resumed { .. } => "resumed".into(),
        Event::Ended { outcome, .. } => match outcome {
            Outcome::Done => "done".into(),
            Outcome::Incomplete => "ended, **incomplete**".into(),
            Outcome::Failed => "ended, **nothing was integrated**".into(),
        },
    };
    Some(format!("- {text}\n"))
}

/// A plan with its tasks, packages and the engine's notes.
fn planned(plan: &Plan, notes: &[String], parent: Option<&TaskId>) -> String {
    let of = parent.map(|p| format!(" for `{p}`")).unwrap_or_default();
    let mut text = format!("plan{of}: {}", count(plan.tasks.len(), "task"));
    for task in &plan.tasks {
        let after = match task.depends_on.as_slice() {
            [] => String::new(),
            on => format!(" (after {})", on.iter().map(|d| format!("`{d}`")).collect::<Vec<_>>().join(", ")),
        };
        text.push_str(&format!("\n  - `{}` {}{after}", task.id, detail(&task.title)));
    }
    for package in &plan.dependencies {
        text.push_str(&format!("\n  - adds the package {package}: {}", detail(&package.why)));
    }
    for task in &plan.tasks {
        if let Some(why) = &task.edits_config {
            text.push_str(&format!("\n  - `{}` changes configuration: {}", task.id, detail(why)));
        }
    }
    for note in notes {
        text.push_str(&format!("\n  - {note}"));
    }
    text
}

/// The questions of the brief, one per line; `state` is the state before the brief.
fn questions(state: &State, asked: &[OpenDecision]) -> String {
    let mut text = String::new();
    for (n, decision) in asked.iter().enumerate() {
        let choice = |(at, choice): (usize, &String)| {
            let default = if *choice == decision.default { " (default)" } else { "" };
            format!("{}) {choice}{default}", Decision::letter(at))
        };
        let choices: Vec<String> = decision.choices.iter().enumerate().map(choice).collect();
        text.push_str(&format!("\n  - question {}: {} {}", n + 1, decision.question, choices.join("; ")));
    }
    match (asked.is_empty(), state.policy.clarify) {
        (true, _) => {}
        (false, true) => text.push_str(&format!(
            "\n  - answer with `/task answer 1b 2a` (question and choice), or `/task answer defaults`; the plan waits for \
             {ANSWER_MINUTES} minutes"
        )),
        (false, false) => text.push_str("\n  - nobody can answer here, so the defaults are taken"),
    }
    text
}

/// The changes of a plan, with its new and changed tasks; `how`: how the plan was changed.
fn amended(state: &State, plan: &Plan, notes: &[String], how: &str) -> String {
    let amendment = state.amendment(plan);
    let mut text = format!("the plan, {how}: {amendment}");
    for task in
        plan.tasks.iter().filter(|t| amendment.added.contains(&t.id) || amendment.changed.contains(&t.id))
    {
        text.push_str(&format!("\n  - `{}` {}", task.id, detail(&task.title)));
    }
    for note in notes {
        text.push_str(&format!("\n  - {note}"));
    }
    text
}

fn said(verdict: &ItemVerdict) -> String {
    format!("{} ({})", detail(&verdict.item), detail(&verdict.evidence))
}

fn who(role: mission::Role, task: Option<&str>) -> String {
    task.map_or_else(|| role.to_string(), |task| format!("`{task}`: {role}"))
}

/// The commands that look like checks and are not run, one per line.
fn not_run(refused: &[RefusedCheck]) -> String {
    let line =
        |check: &RefusedCheck| format!("\n  - `{}` is not run: {}", detail(&check.run), detail(&check.why));
    refused.iter().take(MAX_REFUSED).map(line).collect()
}

/// A set-up step: what ran where, how long it took, and how it failed.
pub(crate) fn setup_step(step: &SetupSummary) -> String {
    let place = if step.directory.is_empty() { String::new() } else { format!(" in {}", step.directory) };
    let took = duration(step.took_ms);
    let without = match step.left_out.len() {
        0 => String::new(),
        n => format!("; cannot be installed here and was left out: {}", short_list(&step.left_out, n)),
    };
    match &step.failed {
        None if step.warm => {
            format!("kept from before: `{}`{place} ({took}, for {}){without}", detail(&step.run), step.why)
        }
        None => format!("`{}`{place} ({took}, for {}){without}", detail(&step.run), step.why),
        Some(why) => {
            format!("**failed**: `{}`{place} (for {}): {}", detail(&step.run), step.why, detail(why))
        }
    }
}

/// A text on one line. A long output is cut to its first line and its last ones, because test runners print a
/// summary at the end.
fn detail(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
    let whole = lines.join(" ");
    let [first, rest @ ..] = lines.as_slice() else { return whole };
    if whole.len() <= MAX_DETAIL || first.len() >= MAX_DETAIL / 2 {
        return cut(&whole, MAX_DETAIL);
    }
    let mut room = MAX_DETAIL - first.len();
    let mut shown = rest.len();
    for line in rest.iter().rev() {
        let Some(left) = room.checked_sub(line.len() + 1) else { break };
        (room, shown) = (left, shown - 1);
    }
    match rest.get(shown..) {
        Some(last) if !last.is_empty() => format!("{first} … {}", last.join(" ")),
        _ => cut(&whole, MAX_DETAIL),
    }
}

fn short_list(items: &[String], total: usize) -> String {
    let shown = items.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if total > 5 { format!("{shown} and {} more", total - 5) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_command_is_named_where_no_test_runs() {
        let refused = vec![RefusedCheck {
            run: "npm test".into(),
            why: "`a &` starts something that keeps running".into(),
        }];
        let told = |kind: Option<CheckKind>| {
            let check = |kind| mission::CheckSummary {
                name: "x".into(),
                run: "npm run x".into(),
                verdict: GateVerdict::Pass,
                detail: "passed".into(),
                kind: Some(kind),
                covers: Vec::new(),
                misses: Vec::new(),
                own: false,
                took_ms: None,
                worker: None,
            };
            let checks = kind.map(check).into_iter().collect();
            let event =
                Event::BaseChecked { checks, setup: Vec::new(), ended_by: None, refused: refused.clone() };
            line(&State::default(), &event).unwrap_or_default()
        };
        let named = "`npm test` is not run: `a &` starts something that keeps running";
        assert!(told(None).contains("no check of the project can be run"), "{}", told(None));
        assert!(told(None).contains(named), "{}", told(None));
        assert!(told(Some(CheckKind::Lint)).contains(named));
        assert!(!told(Some(CheckKind::Test)).contains(named), "the report names it");
    }

    #[test]
    fn a_long_output_shows_how_it_began_and_how_it_ended() {
        let noise = "some warning that nobody asked for\n".repeat(20);
        let said = detail(&format!("the check ended with exit status 1\n{noise}1 test failed\nsee above"));
        assert!(said.starts_with("the check ended with exit status 1 … "), "{said}");
        assert!(said.ends_with("1 test failed see above"), "{said}");
        assert!(said.len() <= MAX_DETAIL + '…'.len_utf8() + 2, "{said}");
        assert_eq!(detail("one\n two \n\nthree"), "one two three");
        assert!(detail(&"x".repeat(500)).ends_with("(260 bytes more)"));
    }
}
