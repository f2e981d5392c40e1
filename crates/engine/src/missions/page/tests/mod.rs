//! The page of small and large missions: complete, escaped, bounded.

use mission::mailbox::{Plan, PlannedTask};
use mission::{FailureClass, Gate, GateVerdict, Issue, Policy};

use super::*;

fn played(tasks: usize) -> (State, Vec<Event>) {
    let task = |n: usize| PlannedTask {
        id: format!("task-{n}"),
        title: format!("Do <b>{n}</b> & more"),
        instructions: "Write it. ".repeat(100),
        files: vec![format!("src/{n}.js")],
        depends_on: if n.is_multiple_of(5) { vec![] } else { vec![format!("task-{}", n - 1)] },
        acceptance: vec!["it is there".into()],
        ..PlannedTask::default()
    };
    let plan = Plan { tasks: (0..tasks).map(task).collect(), ..Plan::default() };
    let mut events = vec![
        Event::MissionStarted {
            mission: "m-00000001".into(),
            objective: "Add <script>alert(1)</script>".into(),
            policy: Policy::default(),
            at_ms: 1_000,
        },
        Event::PlanAccepted { plan, notes: vec![], parent: None },
    ];
    for n in 0..tasks {
        let (task, at_ms) = (format!("task-{n}"), 2_000 + 1_000 * n as u64);
        events.push(Event::AttemptStarted {
            task: task.clone(),
            slot: (n % 4) as u32,
            base: "b".into(),
            at_ms,
        });
        let issues = vec![Issue::new("guardian", "`x` & <y> is not defined").at("src/a.js", Some(3))];
        events.push(Event::AttemptFailed { task: task.clone(), class: FailureClass::Lint, issues });
        events.push(Event::GateJudged {
            task: Some(task.clone()),
            gate: Gate::Review,
            verdict: GateVerdict::Pass,
            tree: "t".into(),
            detail: "1 of 1 acceptance items met".into(),
            worker: None,
        });
        let (commit, tree) = ("c".to_string(), "t".to_string());
        let at_ms = at_ms + 900;
        events.push(Event::TaskPassed {
            task: task.clone(),
            commit: commit.clone(),
            tree: tree.clone(),
            verified_by: vec![],
            at_ms,
        });
        events.push(Event::Integrated { tasks: vec![task], commit, tree, checks: vec![], at_ms });
    }
    events.push(Event::Ended { outcome: Outcome::Done, at_ms: 2_000_000 });
    (State::fold(&events), events)
}

#[test]
fn the_verdict_stands_first_and_every_text_is_escaped() {
    let (state, events) = played(6);
    let diffs = [("task-0".to_string(), "@@ -1 +1 @@\n-old <a>\n+new & b\n same".to_string())].into();
    let page = html(&state, &events, &diffs, 2_000_000);
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    let order = [
        "class=\"verdict done\"",
        "id=\"graph\"",
        "id=\"slots\"",
        "id=\"cost\"",
        "id=\"tasks\"",
        "id=\"journal\"",
    ];
    assert!(order.windows(2).all(|pair| place(pair[0]) < place(pair[1])));
    assert!(
        !page.contains("<script")
            && !page.contains("<b>")
            && !page.replace("http://www.w3.org/2000/svg", "").contains("http"),
        "no text is markup"
    );
    assert!(page.contains("<span class=\"add\">+new &amp; b</span>") && page.contains("-old &lt;a&gt;"));
    assert!(page.contains("<code>x</code> &amp; &lt;y&gt;"), "{page}");
    assert!(page.contains("last for task-0"), "who waited for what");
}

/// A large mission in which every task fails twice, with long findings and verdicts of every gate.
fn troubled(tasks: usize) -> (State, Vec<Event>) {
    let (_, events) = played(tasks);
    let issue = |n: usize| {
        let what = format!("{n}: `x` & <y> is not defined; ").repeat(40);
        Issue::new("guardian", &what).at("src/a/long/path/to/a/file.js", Some(3))
    };
    let trouble = |event: &Event| -> Vec<Event> {
        let Event::AttemptFailed { task, .. } = event else { return vec![event.clone()] };
        let mut more: Vec<Event> = (0..2)
            .map(|_| Event::AttemptFailed {
                task: task.clone(),
                class: FailureClass::Lint,
                issues: (0..12).map(issue).collect(),
            })
            .collect();
        more.extend(Gate::ALL.iter().map(|gate| Event::GateJudged {
            task: Some(task.clone()),
            gate: *gate,
            verdict: GateVerdict::Fail,
            tree: "t".into(),
            detail: "what it said & <more> ".repeat(40),
            worker: None,
        }));
        more
    };
    let events: Vec<Event> = events.iter().flat_map(trouble).collect();
    (State::fold(&events), events)
}

#[test]
fn two_hundred_tasks_fit_with_attempts_findings_and_diffs() {
    let diff = "+let a = 1 < 2 && \"x\";\n".repeat(1_000);
    let diffs = (0..200).map(|n| (format!("task-{n}"), diff.clone())).collect();
    let (state, events) = played(200);
    let page = html(&state, &events, &diffs, 2_000_000);
    assert!(page.len() <= 2_000_000, "{} bytes", page.len());
    assert!(page.contains("id=\"task-task-199\""), "every task has its part");
    let (state, events) = troubled(200);
    let page = html(&state, &events, &diffs, 2_000_000);
    assert!(page.len() <= 2_000_000, "{} bytes", page.len());
    assert!(
        page.contains("id=\"task-task-199\"")
            && page.contains("id=\"journal\"")
            && page.ends_with("</html>\n")
    );
}

#[test]
fn a_mission_without_tasks_has_a_page_too() {
    let (state, events) = played(0);
    assert!(html(&state, &events, &Diffs::new(), 2_000_000).contains("No task began."));
}
