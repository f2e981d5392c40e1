//! The report at the end of a mission: the objective, what was done, what was verified and how, what was abandoned, and
//! the cost.
//!
//! Words only: `mission` decides what counts as verified.

mod coverage;
pub(crate) mod verdict_line;

use std::collections::BTreeSet;
use std::fmt::Write;

use mission::{CheckKind, Delivery, Gate, GateVerdict, Judged, Outcome, Phase, State, Task, Verified, graph};

use crate::actor::estimate_text::estimate_text;
use crate::actor::progress::setup_step;
use crate::missions::changed_files::{self, cell};
use crate::missions::report::coverage::{covered, uncovered};
use crate::missions::report::verdict_line::verdict_line;
use crate::text::{count, cut, duration, quoted};

/// The most files in one sentence.
const MAX_NAMED: usize = 10;
/// The most tasks whose rungs the report lists, and the most files whose covering checks it lists.
const MAX_HELPED: usize = 50;

/// The end of the answer in the chat: the report without its tables, with the verdict in the last line, where a
/// terminal shows it.
pub(crate) fn answer(state: &State, now_ms: u64) -> String {
    let mut text = String::from("\n");
    text.push_str(&changed_files::protected(state));
    not_done(&mut text, state);
    written_first(&mut text, state);
    side_by_side(&mut text, state);
    packages(&mut text, state);
    from_the_user(&mut text, state);
    moved(&mut text, state);
    unplanned(&mut text, state);
    whole(&mut text, state);
    verified(&mut text, state);
    delivered(&mut text, state);
    taken_back(&mut text, state);
    // A mission that waits has just shown it
    if let Some(estimate) = state.estimate.as_ref().filter(|_| state.outcome.is_some()) {
        let _ = writeln!(text, "\nExpected before the first task: {}.", estimate_text(estimate));
    }
    next_steps(&mut text, state);
    let _ = writeln!(text, "\n{}", verdict_line(state, &headline(state), now_ms));
    text
}

/// What the user can do now. The sentence about the delivery, or the verdict, has already said how to undo or resume.
fn next_steps(text: &mut String, state: &State) {
    let id = &state.mission;
    if state.outcome.is_some()
        && let Delivery::Delivered { branch, .. } = &state.delivery
    {
        // A change on a branch is merged first
        let fix = match branch {
            None => format!("; `/task fix {id} <comment>` starts a mission on top of it"),
            Some(_) => String::new(),
        };
        let _ = writeln!(
            text,
            "Next: `/task review {id}` shows the change by task and file, with what checked it{fix}."
        );
    }
    let _ = writeln!(text, "`/task report {id}` shows each task, its attempts and its cost.");
}

/// Why there is no plan. Each reason is written once.
fn without_plan(text: &mut String, state: &State) {
    let reasons: BTreeSet<&String> = state.plan_failures.iter().chain(&state.brief_failures).collect();
    for reason in reasons {
        let _ = writeln!(text, "- {}", cut(reason, 400));
    }
}

/// Tasks that were not done, with the reasons.
fn not_done(text: &mut String, state: &State) {
    if state.tasks.is_empty() {
        without_plan(text, state);
    }
    for task in state.order.iter().filter_map(|id| state.tasks.get(id)).filter(|task| task.phase.is_lost()) {
        let (word, why) = phase(task);
        let _ = writeln!(text, "- `{}` {} **{word}**: {}", task.id, cell(&task.title), cell(&why));
    }
}

/// The note for `opencode run`, which ends with status 0 whatever the result of the mission.
pub(crate) fn exit_note(state: &State) -> String {
    let status = match (state.outcome, mission::verified(&state.head_checks)) {
        (Some(Outcome::Done), Verified::Yes) => return String::new(),
        (Some(Outcome::Done), _) => 3,
        _ => 1,
    };
    format!(
        "`opencode run` itself exits with status 0; `opencode-orchestrator run` and `watch --exit-status` exit with {status}.\n"
    )
}

/// The report as Markdown.
pub(crate) fn markdown(state: &State, now_ms: u64) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "\n## Mission {}: {}", state.mission, headline(state));
    let _ = writeln!(text, "\n{}\n", cut(&state.objective, 400).replace('\n', " "));
    if let (None, Some(reason)) = (state.outcome, &state.paused) {
        let _ = writeln!(text, "**Paused**: {reason}.\n");
    }
    text.push_str(&changed_files::protected(state));
    tasks(&mut text, state);
    helped(&mut text, state);
    written_first(&mut text, state);
    side_by_side(&mut text, state);
    packages(&mut text, state);
    from_the_user(&mut text, state);
    moved(&mut text, state);
    unplanned(&mut text, state);
    whole(&mut text, state);
    verified(&mut text, state);
    if let Some(what) = &state.ended_by {
        let _ = writeln!(text, "- what commands leave running is ended by {what}");
    }
    covered(&mut text, state);
    delivered(&mut text, state);
    taken_back(&mut text, state);
    cost(&mut text, state, now_ms);
    text
}

pub(crate) fn headline(state: &State) -> String {
    match (state.outcome, &state.paused) {
        (Some(Outcome::Done), _) => match mission::verified(&state.head_checks) {
            Verified::Yes if by_own_tests(state) => "done, **verified by its own tests**".into(),
            Verified::Yes => "done, verified".into(),
            Verified::InPart(_) => "done, **verified in part**".into(),
            Verified::No => "done, **unverified**".into(),
        },
        (Some(Outcome::Incomplete), _) => "incomplete".into(),
        (Some(Outcome::Failed), _) => "nothing was integrated".into(),
        (None, Some(_)) => "paused".into(),
        (None, None) => "running".into(),
    }
}

/// Whether only tests that the mission added verify the change.
fn by_own_tests(state: &State) -> bool {
    !state.head_checks.iter().any(|check| check.vouches() && !check.own)
        && state.head_checks.iter().any(|check| check.vouches() && check.own)
}

fn tasks(text: &mut String, state: &State) {
    if state.tasks.is_empty() {
        without_plan(text, state);
        return;
    }
    let _ = writeln!(text, "| task | state | attempts | verified by |\n|---|---|---|---|");
    for task in state.order.iter().filter_map(|id| state.tasks.get(id)) {
        let (word, why) = phase(task);
        let by = if why.is_empty() { task.verified_by.join(", ") } else { why };
        let _ = writeln!(
            text,
            "| `{}` {} | {word} | {} | {} |",
            task.id,
            cell(&task.title),
            attempts(task),
            cell(&by)
        );
    }
    let _ = writeln!(
        text,
        "\nAt most {} could run at once; {} did.",
        count(graph::widest(state.tasks.values()), "task"),
        state.peak
    );
}

/// The tests that another Coder wrote before the change, and their results.
fn written_first(text: &mut String, state: &State) {
    let about = |task: &Task| {
        let tests = &task.tests;
        let Some(written) = &tests.written else {
            // If no author was due, there is nothing to report
            let reason = tests.skipped.as_ref().filter(|_| tests.draws > 0)?;
            return Some(format!("`{}`: none: {}", task.id, cell(&cut(reason, 300))));
        };
        let of_task = |judged: &&Judged| {
            judged.gate == Gate::IndependentTests && judged.task.as_ref() == Some(&task.id)
        };
        let said = || state.verdicts.iter().filter(of_task);
        let refused = said().filter(|judged| judged.verdict == GateVerdict::Fail).count();
        let now = match said().next_back().map(|judged| judged.verdict) {
            Some(GateVerdict::Pass) => "they pass now",
            Some(GateVerdict::Fail) => "they still fail",
            _ => "they were not run on a change",
        };
        let mut line = format!("`{}`: {}; {now}", task.id, cell(&cut(&written.detail, 300)));
        if refused > 0 {
            let _ = write!(line, "; {} refused by them", count(refused, "change"));
        }
        if tests.redraws > 0 {
            let _ = write!(line, "; written again, as the first ones were wrong");
        }
        if tests.upheld > 0 {
            let _ = write!(line, "; looked at again by reviewers, and found right");
        }
        Some(line)
    };
    let lines: Vec<String> =
        state.order.iter().filter_map(|id| state.tasks.get(id)).filter_map(about).collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nTests written before the change, by a coder who never saw it:\n");
    for line in lines.iter().take(MAX_HELPED) {
        let _ = writeln!(text, "- {line}");
    }
    if lines.len() > MAX_HELPED {
        let _ = writeln!(text, "- and {}", count(lines.len() - MAX_HELPED, "more task"));
    }
}

/// If several Coders made an attempt: whose change continued.
fn side_by_side(text: &mut String, state: &State) {
    let tasks = || state.order.iter().filter_map(|id| state.tasks.get(id)).filter(|t| !t.chosen.is_empty());
    if tasks().next().is_none() {
        return;
    }
    let _ = writeln!(text, "\nAttempts that several coders made side by side:\n");
    for task in tasks().take(MAX_HELPED) {
        let _ = writeln!(text, "- `{}`: {}", task.id, cell(&cut(&task.chosen.join("; then "), 300)));
    }
    let more = tasks().count().saturating_sub(MAX_HELPED);
    if more > 0 {
        let _ = writeln!(text, "- and {}", count(more, "more task"));
    }
}

/// What the mission began from, the decisions before its plan, the user's corrections, and how these changed the plan.
fn from_the_user(text: &mut String, state: &State) {
    if let Some(followed) = &state.follows {
        let what = cell(followed.objective.lines().next().unwrap_or_default());
        let _ = writeln!(text, "\nIt follows mission `{}`: {what}", followed.mission);
    }
    let mut decided = state.decided().peekable();
    if decided.peek().is_some() {
        let _ = writeln!(text, "\nDecided before the plan:\n");
    }
    for decision in decided {
        let who = if decision.by_default { "by default" } else { "by you" };
        let chosen = decision.chosen.as_deref().unwrap_or_default();
        let _ = writeln!(text, "- {} **{}** ({who})", cell(&decision.question), cell(chosen));
    }
    if state.corrections.is_empty() && state.amendments.is_empty() {
        return;
    }
    let said = if state.corrections.is_empty() { "The plan was changed" } else { "Said while it ran" };
    let _ = writeln!(text, "\n{said}:\n");
    for said in &state.corrections {
        let to = said.task.as_ref().map(|task| format!(" (about `{task}`)")).unwrap_or_default();
        let _ = writeln!(text, "- {}{to}", cell(&said.text));
    }
    for change in &state.amendments {
        let _ = writeln!(text, "- the plan after that: {change}");
    }
}

/// How each failed task was helped, and why.
fn helped(text: &mut String, state: &State) {
    let tasks = || state.order.iter().filter_map(|id| state.tasks.get(id)).filter(|t| !t.rungs.is_empty());
    if tasks().next().is_none() {
        return;
    }
    let _ = writeln!(text, "\nWhat failed, and what was tried next:\n");
    for task in tasks().take(MAX_HELPED) {
        let rungs: Vec<String> =
            task.rungs.iter().map(|c| format!("{} ({})", c.rung.name(), cut(&c.why, 160))).collect();
        let _ = writeln!(text, "- `{}`: {}", task.id, cell(&rungs.join(" → ")));
    }
    let more = tasks().count().saturating_sub(MAX_HELPED);
    if more > 0 {
        let _ = writeln!(text, "- and {}", count(more, "more task"));
    }
}

/// Whether the objective is met as a whole, with the evidence.
fn whole(text: &mut String, state: &State) {
    let plans = if state.cycle > 1 { format!(", after {} plans", state.cycle) } else { String::new() };
    if let Some(review) = &state.review {
        let all = review.met.len() + review.unmet.len();
        let stale = match (state.is_reviewed(), state.is_of_this_tree()) {
            (true, _) => "",
            (false, true) => "; what is not met was looked into since, and nothing was changed",
            (false, false) => "; something was integrated since",
        };
        let _ =
            writeln!(text, "\nThe objective as a whole: {} of {all} met{plans}{stale}.\n", review.met.len());
        for (sign, verdicts) in [("met", &review.met), ("**not met**", &review.unmet)] {
            for verdict in verdicts {
                let _ = writeln!(text, "- {sign}: {} ({})", cell(&verdict.item), cell(&verdict.evidence));
            }
        }
    }
    let pending = state.outcome.is_some() && state.integrated_tree.is_some() && !state.is_reviewed();
    if pending {
        let why = state.review_failures.last().map_or("a limit was reached before", String::as_str);
        let _ = writeln!(text, "\n**Not reviewed as a whole**: {}.", cell(why));
    }
    // The reasons are further up
    let lost = if state.outcome.is_some() { state.lost_items() } else { Default::default() };
    for (item, task) in lost {
        let _ = writeln!(text, "- **missing**: {} (`{}` was not integrated)", cell(item), task.id);
    }
}

fn attempts(task: &Task) -> String {
    match task.fixer_prompts {
        0 => task.attempt.to_string(),
        n => format!("{}, {}", task.attempt, count(n as usize, "fix").replace("fixs", "fixes")),
    }
}

fn phase(task: &Task) -> (&'static str, String) {
    match &task.phase {
        Phase::Integrated { .. } if task.unchanged => ("nothing to change", String::new()),
        Phase::Integrated { .. } => ("integrated", String::new()),
        Phase::Abandoned { reason } => ("abandoned", reason.clone()),
        Phase::Cancelled { reason } => ("cancelled", reason.clone()),
        Phase::Passed { .. } => ("passed", String::new()),
        Phase::Split => ("split", String::new()),
        Phase::Testing => ("tests in work", String::new()),
        Phase::Waiting => ("waiting", String::new()),
        Phase::Working | Phase::Judging | Phase::Failed { .. } | Phase::ToFix => ("in work", String::new()),
    }
}

/// Files that tasks moved or deleted, as the scope gate recorded them.
fn moved(text: &mut String, state: &State) {
    let integrated = |task: &&Task| matches!(task.phase, Phase::Integrated { .. });
    let moves = |task: &Task| {
        let is_of_task = |v: &&Judged| {
            v.gate == Gate::Scope && v.verdict == GateVerdict::Pass && v.task.as_ref() == Some(&task.id)
        };
        let (_, moves) = state.verdicts.iter().rev().find(is_of_task)?.detail.split_once("; ")?;
        Some(format!("- `{}`: {}", task.id, cell(moves)))
    };
    let lines: Vec<String> = state
        .order
        .iter()
        .filter_map(|id| state.tasks.get(id))
        .filter(integrated)
        .filter_map(moves)
        .collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\nMoved and deleted:\n\n{}", lines.join("\n"));
    }
}

/// Changed files that no plan names.
fn unplanned(text: &mut String, state: &State) {
    let integrated = |task: &&Task| matches!(task.phase, Phase::Integrated { .. });
    let tasks = state.order.iter().filter_map(|id| state.tasks.get(id)).filter(integrated);
    let lines: Vec<String> = tasks
        .flat_map(|task| {
            task.unplanned
                .iter()
                .map(|file| format!("- `{}` (`{}`): {}", file.path, task.id, cell(&file.why)))
        })
        .collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\nOutside the plan:\n\n{}", lines.join("\n"));
    }
}

fn packages(text: &mut String, state: &State) {
    for package in state.needs.iter().filter(|needs| needs.added).flat_map(|needs| &needs.packages) {
        let _ = writeln!(text, "\nAdded: {package} ({})", cell(&package.why));
    }
}

fn verified(text: &mut String, state: &State) {
    let _ = writeln!(text);
    for step in &state.setup {
        let _ = writeln!(text, "- set up: {}", setup_step(step));
    }
    if state.head_checks.is_empty() {
        let _ = writeln!(text, "**Unverified**: the project has no check that could be run.");
    }
    for check in &state.head_checks {
        let verdict = match check.verdict {
            GateVerdict::Pass if still_fails(&check.detail) => "has no new failure",
            GateVerdict::Pass => "passes",
            GateVerdict::Fail => "fails",
            GateVerdict::NoEvidence => "says nothing",
        };
        let kind = match check.kind {
            None | Some(CheckKind::Test | CheckKind::Custom) => String::new(),
            Some(kind) => format!(" ({})", kind.name()),
        };
        let own = if check.own { " (this mission brought it)" } else { "" };
        let _ = writeln!(text, "- `{}`{kind} {verdict}: {}{own}", check.run, cut(&check.detail, 300));
    }
    for refused in state.refused_checks.iter().take(MAX_NAMED) {
        let _ = writeln!(text, "- `{}` was not run: {}", cut(&refused.run, 120), cut(&refused.why, 300));
    }
    if by_own_tests(state) && state.outcome.is_some() {
        let who = match state.tasks.values().any(|task| task.tests.written.is_some()) {
            true => "another coder wrote tests of it before the code",
            false => "the same coders wrote both",
        };
        let _ = writeln!(text, "\nVerified by its own tests: no test stood before this mission; {who}.");
    }
    uncovered(text, state);
}

/// Whether a check that passes fails as it did before the mission.
fn still_fails(detail: &str) -> bool {
    detail.contains("failed before") || detail.contains(", as before")
}

/// Files and hunks of the delivery that the user has undone.
fn taken_back(text: &mut String, state: &State) {
    let hunks = state.hunks_back.iter().flat_map(|(path, backs)| {
        backs
            .iter()
            .filter(|_| !state.taken_back.contains(path))
            .map(move |back| format!("{path}:{}", back.hunk))
    });
    let parts: Vec<String> = state.taken_back.iter().cloned().chain(hunks).collect();
    if !parts.is_empty() && matches!(state.delivery, Delivery::Delivered { .. }) {
        let _ = writeln!(text, "Taken back since: {}.", quoted(parts.iter()));
    }
}

fn delivered(text: &mut String, state: &State) {
    let said = match &state.delivery {
        Delivery::Delivered { branch: Some(branch), note, torn, .. } => {
            let why = note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
            let but = match torn.as_slice() {
                [] => String::new(),
                torn => format!(", except {}, which was written to meanwhile", quoted(torn.iter())),
            };
            format!("The change is on branch `{branch}`; your files are as they were{but}{why}.")
        }
        Delivery::Delivered { files, torn, .. } => {
            let but = match torn.as_slice() {
                [] => String::new(),
                torn => format!(
                    "; {} keeps the part of it that it had when you last wrote to it, after an interrupted delivery",
                    quoted(torn.iter())
                ),
            };
            format!(
                "{} changed in your working tree; `/task undo {}` takes it back{but}.",
                count(*files as usize, "file"),
                state.mission
            )
        }
        Delivery::Failed { reason, torn, .. } if !torn.is_empty() => format!(
            "Part of the change is in your files, in {}: {reason}. `/task resume {}` writes the rest; if you have edited one of \
             them since, it takes this part back instead.",
            quoted(torn.iter()),
            state.mission
        ),
        Delivery::Failed { reason, .. } => format!(
            "Nothing was written into your files: {reason}. The work is kept: `/task resume {}` delivers it again.",
            state.mission
        ),
        Delivery::Undone { files, torn } => {
            let but = match torn.as_slice() {
                [] => String::new(),
                torn => format!(" {} still holds part of the change.", quoted(torn.iter())),
            };
            format!("Undone: {} as before.{but}", count(*files as usize, "file"))
        }
        Delivery::Intended { torn, .. } => {
            let but = match torn.as_slice() {
                [] => String::new(),
                torn => format!(" {} holds part of an earlier one.", quoted(torn.iter())),
            };
            format!(
                "The delivery was interrupted, and part of it may be in your files; `/task resume {}` finishes it.{but}",
                state.mission
            )
        }
        Delivery::Pending => "Your files are as they were.".into(),
    };
    let _ = writeln!(text, "\n{said}");
    if let Delivery::Delivered { changed, .. } = &state.delivery {
        text.push_str(&changed_files::list(changed));
    }
}

fn cost(text: &mut String, state: &State, now_ms: u64) {
    let _ = writeln!(
        text,
        "\n| role | calls | requests | tokens in | cached | kept out by paging | tokens out | cost |\n|---|---|---|---|---|---|---|---|"
    );
    let row = |text: &mut String, name: &str, usage: &mission::Usage| {
        let tokens = &usage.tokens;
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} | ${:.4} |",
            usage.calls,
            usage.requests,
            tokens.input,
            tokens.cache_read,
            usage.paged,
            tokens.output,
            usage.cost_usd
        );
    };
    for (role, usage) in &state.usage_by_role {
        row(text, role.name(), usage);
    }
    row(text, "**all**", &state.usage);
    if !state.at_workers.is_empty() {
        let at = |(worker, calls): (&String, &u64)| format!("{calls} at worker {worker}");
        let list: Vec<String> = state.at_workers.iter().map(at).collect();
        let _ = writeln!(text, "\nOf these calls, other machines had: {}.", list.join(", "));
    }
    let _ = writeln!(text, "\nTime: {}.", duration(state.elapsed_ms(now_ms)));
    if let Some(estimate) = &state.estimate {
        let _ = writeln!(text, "Expected before the first task: {}.", estimate_text(estimate));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivered_change_can_be_reviewed_next_and_nothing_else_can() {
        let mut state = State { mission: "m-00000001".into(), ..State::default() };
        let says = |state: &State| answer(state, 0).contains("`/task review m-00000001` shows the change");
        assert!(!says(&state));
        state.outcome = Some(Outcome::Incomplete);
        assert!(!says(&state), "nothing was delivered");
        state.delivery = Delivery::Delivered {
            files: 2,
            branch: None,
            note: None,
            changed: Default::default(),
            torn: Vec::new(),
        };
        assert!(says(&state) && answer(&state, 0).contains("`/task undo m-00000001` takes it back"));
    }

    #[test]
    fn what_does_not_run_or_fails_as_before_is_told_as_such() {
        let check: mission::CheckSummary = serde_json::from_value(serde_json::json!({
            "name": "x", "run": "npm run x", "verdict": "pass", "detail": "it ended with exit status 2, as before"
        }))
        .unwrap();
        let refused = mission::RefusedCheck { run: "npm test".into(), why: "it never ends".into() };
        let state = State { head_checks: vec![check], refused_checks: vec![refused], ..State::default() };
        let mut text = String::new();
        verified(&mut text, &state);
        assert!(text.contains("`npm run x` has no new failure: it ended"), "{text}");
        assert!(text.contains("- `npm test` was not run: it never ends"), "{text}");
    }
}
