//! The commands for a delivered change, in a project with git: review, undo of one hunk, a comment, and an exact undo
//! of everything.

use mission::Event;
use serde_json::{Value, json};
use workspace::{Delivery, Workspace};

use super::A;
use super::sandbox::{Called, Sandbox};

const BEFORE: &str = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
const AFTER: &str = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nL\nm\n";

/// A mission whose task `one` changed `one.js` and added `new.js`, after its delivery.
fn delivered(sandbox: &Sandbox) -> Delivery {
    sandbox.write("one.js", BEFORE);
    let workspace = Workspace::open(&sandbox.project(), sandbox.state().path()).unwrap();
    let base = workspace.take_base(A).unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    std::fs::write(slot.path.join("one.js"), AFTER).unwrap();
    std::fs::write(slot.path.join("new.js"), "new\n").unwrap();
    let commit = workspace.commit_slot(&slot, &base.commit, "one").unwrap();
    let delivery = workspace.plan_delivery(&base.commit, &commit.id).unwrap();
    workspace.deliver(&delivery).unwrap();
    let check = json!({ "name": "test", "run": "npm test", "verdict": "pass", "detail": "2 passed", "kind": "test",
                        "covers": ["one.js"], "misses": ["new.js"] });
    let judged = |gate: &str, detail: &str| json!({ "event": "gate_judged", "task": "one", "gate": gate, "verdict": "pass", "tree": commit.tree, "detail": detail });
    let issue = json!({ "source": "review", "path": "one.js", "line": 2, "message": "B is not explained" });
    sandbox.mission(
        A,
        &[
            json!({ "event": "attempt_started", "task": "one", "slot": 1, "base": base.commit, "at_ms": 4_000 }),
            json!({ "event": "attempt_failed", "task": "one", "class": "review", "issues": [issue] }),
            json!({ "event": "fix_started", "task": "one", "base": base.commit, "at_ms": 5_000 }),
            judged("guardian", "no finding"),
            judged("review", "1 of 1 approve"),
            json!({ "event": "task_passed", "task": "one", "commit": commit.id, "tree": commit.tree, "verified_by": ["npm test"],
                    "at_ms": 6_000 }),
            json!({ "event": "integrated", "tasks": ["one"], "commit": commit.id, "tree": commit.tree, "checks": [check],
                    "at_ms": 7_000 }),
            json!({ "event": "delivery_intended", "delivery": delivery, "verified": true }),
            json!({ "event": "delivered", "files": 2, "branch": null, "note": null, "changed": { "files": [
                { "path": "new.js", "change": "new", "lines": [1, 0] }, { "path": "one.js", "change": "changed", "lines": [2, 2] }] } }),
            json!({ "event": "ended", "outcome": "incomplete", "at_ms": 8_000 }),
        ],
    );
    delivery
}

fn text(sandbox: &Sandbox, name: &str) -> Option<String> {
    std::fs::read_to_string(sandbox.project().join(name)).ok()
}

fn fails(called: &Called, exit: u64, why: &str) {
    assert_eq!((called.exit, called.stdout.as_str()), (exit, ""), "{}", called.stderr);
    assert!(called.stderr.contains(why), "{}", called.stderr);
}

fn file<'a>(review: &'a Value, path: &str) -> &'a Value {
    review["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap()
}

#[tokio::test]
async fn a_review_shows_tasks_files_and_evidence() {
    let sandbox = Sandbox::new();
    fails(&sandbox.call(&["review"]).await, 1, "no mission of this project has changed anything yet");
    delivered(&sandbox);
    let review = sandbox.call(&["review", "--json"]).await.json();
    assert_eq!((&review["mission"], &review["place"]), (&json!(A), &json!("in your working tree")));
    let one = file(&review, "one.js");
    assert_eq!(
        (&one["tasks"], &one["covered_by"], one["hunks"].as_array().unwrap().len()),
        (&json!(["one"]), &json!(["npm test"]), 2)
    );
    assert_eq!(
        (&file(&review, "new.js")["change"], &file(&review, "new.js")["uncovered"]),
        (&json!("added"), &json!(true))
    );
    assert_eq!(
        review["tasks"][0]["gates"][1],
        json!({ "gate": "review", "verdict": "pass", "detail": "1 of 1 approve" })
    );

    let shown = sandbox.call(&["review"]).await.stdout;
    for part in [
        "one  Do one\n  ✓ guardian: no finding\n  ✓ review: 1 of 1 approve\n",
        "  changed one.js +2 -2, covered by npm test\n\n    one.js:1  @@ -1,5 +1,5 @@\n     a\n    -b\n    +B\n",
        "  added new.js +1 -0, no test covers it\n",
        &format!("opencode-orchestrator undo {A} --hunk PATH:N"),
    ] {
        assert!(shown.contains(part), "{part}\nin\n{shown}");
    }
    assert!(!sandbox.call(&["review", "--summary"]).await.stdout.contains("@@"));
    assert!(!sandbox.call(&["review", "--file", "new.js"]).await.stdout.contains("one.js:1"));
    fails(
        &sandbox.call(&["review", "--file", "two.js"]).await,
        1,
        "did not change `two.js`; it changed `new.js`, `one.js`",
    );
}

#[tokio::test]
async fn one_hunk_goes_is_recorded_and_an_undo_of_the_rest_is_exact() {
    let sandbox = Sandbox::new();
    delivered(&sandbox);
    let called = sandbox.call(&["undo", "--hunk", "./one.js:1"]).await;
    assert_eq!(called.exit, 0, "{}", called.stderr);
    assert_eq!(text(&sandbox, "one.js").unwrap(), AFTER.replace('B', "b"));
    fails(&sandbox.call(&["undo", "--hunk", "one.js:1"]).await, 1, "this hunk was taken back already");
    fails(
        &sandbox.call(&["undo", "--hunk", "one.js:3"]).await,
        1,
        "it has no hunk 3; its hunks are numbered from 1 to 2",
    );
    fails(&sandbox.call(&["undo", "--hunk", "two.js:1"]).await, 1, "it was not changed by mission");
    fails(&sandbox.call(&["undo", "--hunk", "one.js"]).await, 2, "names no hunk");
    let review = sandbox.call(&["review", "--json"]).await.json();
    let hunks = file(&review, "one.js")["hunks"].clone();
    assert_eq!((&hunks[0]["taken_back"], &hunks[1]["taken_back"]), (&json!(true), &json!(false)));
    assert_eq!(
        file(&review, "one.js")["state"],
        "delivered",
        "a hunk that was taken back is no change of the user's"
    );
    let report = sandbox.call(&["report"]).await.stdout;
    assert!(report.contains("Taken back since: `one.js:1`."), "{report}");
    assert!(report.contains("takes it back.\n\n- `new.js` new +1\n- `one.js` +2 −2\n"), "{report}");
    // The user later changes the other hunk
    std::fs::write(sandbox.project().join("one.js"), AFTER.replace('B', "b").replace('L', "mine")).unwrap();
    fails(
        &sandbox.call(&["undo", "--hunk", "one.js:2"]).await,
        1,
        "you changed its lines, or one beside them, since (they were at line 12)",
    );
    std::fs::write(sandbox.project().join("one.js"), AFTER.replace('B', "b")).unwrap();
    let called = sandbox.call(&["undo"]).await;
    assert_eq!(called.exit, 0, "{}", called.stderr);
    assert_eq!((text(&sandbox, "one.js").unwrap(), text(&sandbox, "new.js")), (BEFORE.to_string(), None));
    assert_eq!(board(&sandbox.state().mission(A).unwrap())["undone"], true);
}

#[tokio::test]
async fn an_undo_of_the_rest_leaves_a_file_that_was_taken_back_to_the_user() {
    let sandbox = Sandbox::new();
    delivered(&sandbox);
    assert_eq!(sandbox.call(&["undo", "--file", "one.js"]).await.exit, 0);
    sandbox.write("one.js", "mine\n");
    let called = sandbox.call(&["undo"]).await;
    assert_eq!(called.exit, 0, "{}", called.stderr);
    assert_eq!((text(&sandbox, "one.js").as_deref(), text(&sandbox, "new.js")), (Some("mine\n"), None));
}

#[tokio::test]
async fn the_only_hunk_of_a_new_file_is_the_file() {
    let sandbox = Sandbox::new();
    delivered(&sandbox);
    assert_eq!(sandbox.call(&["undo", "--hunk", "new.js:1"]).await.exit, 0);
    assert_eq!(text(&sandbox, "new.js"), None);
    fails(&sandbox.call(&["undo", "--hunk", "new.js:1"]).await, 1, "was taken back already");
}

#[tokio::test]
async fn a_comment_is_typed_as_a_fix_of_that_mission_and_carries_what_is_known_of_it() {
    let sandbox = Sandbox::new();
    delivered(&sandbox);
    let asked = sandbox.call(&["review", "--comment", "one.js:2", "say why it is B", "--json"]).await.json();
    assert_eq!(
        (&asked["missions"][0]["typed"], &asked["json"]),
        (&json!(format!("fix {A} one.js:2: say why it is B")), &json!(true))
    );
    let asked = sandbox.call(&["fix", A, "make it shorter", "--timeout", "2m"]).await.json();
    assert_eq!(
        (&asked["missions"][0]["typed"], &asked["timeout_ms"]),
        (&json!(format!("fix {A} make it shorter")), &json!(120_000))
    );
    fails(&sandbox.call(&["review", "--comment", "two.js:2", "x"]).await, 2, "did not change `two.js`");
    fails(&sandbox.call(&["fix", "m-zzzzzzzz", "x"]).await, 2, "there is no mission `m-zzzzzzzz`");

    let project = sandbox.opened().await;
    let followed = project.followed(A, "one.js:2: say why it is B").await.unwrap();
    assert_eq!(followed.place.as_deref(), Some("one.js:2"));
    let text = followed.text();
    for part in [
        "Its objective: Add a thing",
        ">    2  B\n",
        "Task \"Do one\" (`one.js`)",
        "found on its way: one.js:2: B is not explained",
    ] {
        assert!(text.contains(part), "{part}\nin\n{text}");
    }
    let both = "one.js:1: say what A is\n./one.js:2: and why it is B\none.js:1: again\nand be short";
    let followed = project.followed(A, both).await.unwrap();
    assert_eq!(followed.place.as_deref(), Some("one.js:1, one.js:2"));
    assert!(
        followed.lines.contains("one.js:1\n>    1") && followed.lines.contains("one.js:2\n"),
        "{}",
        followed.lines
    );
    assert_eq!(sandbox.call(&["undo"]).await.exit, 0);
    fails(&sandbox.call(&["fix", A, "x"]).await, 1, "was taken back; nothing of it is there to fix");
}

fn planned(sandbox: &Sandbox) -> journal::MissionDir {
    let workspace = Workspace::open(&sandbox.project(), sandbox.state().path()).unwrap();
    let base = workspace.take_base(A).unwrap().commit;
    let taken = json!({ "event": "base_taken", "commit": base, "tree": base, "changed": [], "left_out": [] });
    let reason = json!({ "event": "paused", "reason": { "kind": "approval" }, "at_ms": 5_000 });
    sandbox.mission(A, &[taken, reason])
}

fn board(dir: &journal::MissionDir) -> Value {
    serde_json::from_slice(&std::fs::read(dir.board_path()).unwrap()).unwrap()
}

fn newest(dir: &journal::MissionDir) -> Event {
    journal::read::<Event>(&dir.journal_path()).unwrap().events.pop().unwrap()
}

#[tokio::test]
async fn a_plan_is_edited_as_a_file_and_refused_with_lines() {
    let sandbox = Sandbox::new();
    fails(&sandbox.call(&["plan", "show"]).await, 1, "no mission of this project waits with a plan");
    let dir = planned(&sandbox);
    let plan = sandbox.call(&["plan", "show"]).await.stdout;
    assert!(plan.contains("[[task]]\nid = \"one\"") && plan.contains("depends_on = [\"one\"]"), "{plan}");
    sandbox.write("plan.toml", &plan);
    let called = sandbox.call(&["plan", "edit", "--from", "plan.toml"]).await;
    assert!(called.stdout.contains("is as it was"), "{}{}", called.stdout, called.stderr);
    let line = plan.lines().position(|line| line == "id = \"two\"").unwrap();
    for (from, to, why) in [
        ("depends_on = [\"one\"]", "depends_on = [\"three\"]", format!("plan.toml:{line}: ")),
        ("files = [\"two.js\"]", "files = [\"../two.js\"]", format!("plan.toml:{line}: task `two`, `files`")),
        (
            "files = [\"two.js\"]",
            "fils = [\"two.js\"]",
            format!("plan.toml:{line}: a task has no key `fils`; did you mean `files`?"),
        ),
        ("id = \"two\"", "id = two", format!("plan.toml:{}: ", line + 1)),
    ] {
        assert!(plan.contains(from), "{from} in {plan}");
        sandbox.write("plan.toml", &plan.replace(from, to));
        let called = sandbox.call(&["plan", "edit", "--from", "plan.toml"]).await;
        fails(&called, 1, &why);
        assert!(called.stderr.ends_with("The plan stays as it was.\n"), "{}", called.stderr);
    }
    assert!(matches!(newest(&dir), Event::Paused { .. }), "what is refused is not written down");
    sandbox
        .write("plan.toml", &plan.replace("files = [\"two.js\"]", "files = [\"two.js\"]\nbehaviour = true"));
    let called = sandbox.call(&["plan", "edit", "--from", "plan.toml"]).await;
    assert!(called.stdout.contains("is changed: changed `two`"), "{}{}", called.stdout, called.stderr);
    assert!(matches!(newest(&dir), Event::PlanEdited { plan, .. } if plan.tasks[1].behaviour == Some(true)));
    // The file shows a plan that no longer exists
    let stale = plan.replace("title = \"Do two\"", "title = \"Do the second\"");
    sandbox.write("plan.toml", &stale);
    let called = sandbox.call(&["plan", "edit", "--from", "plan.toml"]).await;
    fails(
        &called,
        1,
        &format!("plan.toml:2: the plan of mission `{A}` has changed since this file was made"),
    );
    sandbox.write(
        "plan.toml",
        &stale.lines().filter(|l| !l.starts_with("# version: ")).collect::<Vec<_>>().join("\n"),
    );
    let called = sandbox.call(&["plan", "edit", "--from", "plan.toml"]).await;
    assert!(called.stdout.contains("is changed: changed `two`"), "{}{}", called.stdout, called.stderr);
    let Event::PlanEdited { plan, .. } = newest(&dir) else { panic!("no plan was written down") };
    assert_eq!(plan.tasks[1].title, "Do the second");
    let _lock = sandbox.running(A);
    fails(&sandbox.call(&["plan", "show"]).await, 1, "runs now");
}

#[tokio::test]
async fn what_holds_for_the_whole_is_not_taken_out_with_an_edit() {
    let sandbox = Sandbox::new();
    let dir = planned(&sandbox);
    let plan = sandbox.call(&["plan", "show"]).await.stdout;
    let at = plan.find("[[task]]").unwrap();
    sandbox.write("plan.toml", &format!("acceptance = [\"it is fast\"]\n{}", &plan[at..]));
    let called = sandbox.call(&["plan", "edit", "--from", "plan.toml"]).await;
    assert!(called.stdout.contains("is changed"), "{}{}", called.stdout, called.stderr);
    let shown = sandbox.call(&["plan", "show"]).await.stdout;
    sandbox.write("plan.toml", &shown.replace("acceptance = [\"it is fast\"]\n", ""));
    fails(
        &sandbox.call(&["plan", "edit", "--from", "plan.toml"]).await,
        1,
        "plan.toml: `acceptance` is gone",
    );
    assert!(matches!(newest(&dir), Event::PlanEdited { plan, .. } if plan.acceptance == ["it is fast"]));
}

#[tokio::test]
async fn a_dropped_task_takes_nothing_along_unsaid() {
    let sandbox = Sandbox::new();
    let dir = planned(&sandbox);
    fails(&sandbox.call(&["plan", "drop", "one"]).await, 1, "`two` would lack what they depend on");
    fails(
        &sandbox.call(&["plan", "drop", "three"]).await,
        1,
        "there is no task `three` in the plan; it has `one`, `two`",
    );
    fails(&sandbox.call(&["plan", "drop", "one", "--with-dependants"]).await, 1, "the plan has no task");
    let called = sandbox.call(&["plan", "drop", "two"]).await;
    assert!(called.stdout.contains("is changed: dropped `two`"), "{}{}", called.stdout, called.stderr);
    assert!(matches!(newest(&dir), Event::PlanEdited { plan, .. } if plan.tasks.len() == 1));
    assert_eq!(board(&dir)["tasks"].as_array().map(Vec::len), Some(1), "the board shows it at once");
}

#[tokio::test]
async fn answers_reach_the_mission_that_asks() {
    let sandbox = Sandbox::new();
    fails(&sandbox.call(&["answer", "b"]).await, 1, "no mission of this project waits for an answer");
    let dir = sandbox.state().mission(A).unwrap();
    dir.create().unwrap();
    let policy = mission::Policy { clarify: true, ..mission::Policy::default() };
    let decision = json!({ "question": "Which format?", "choices": ["JSON", "TOML"], "default": "JSON" });
    let mut journal =
        journal::Journal::<Event>::create(&dir.journal_path(), journal::Redactor::shapes_only()).unwrap();
    for event in [
        json!({ "event": "mission_started", "mission": A, "objective": "x", "policy": policy, "at_ms": 1 }),
        json!({ "event": "base_taken", "commit": "c", "tree": "t", "changed": [], "left_out": [] }),
        json!({ "event": "brief_accepted", "brief": { "summary": "x", "files": [], "decisions": [decision] } }),
    ] {
        journal.append(&serde_json::from_value(event).unwrap()).unwrap();
    }
    drop(journal);
    {
        let _lock = sandbox.running(A);
        let called = sandbox.call(&["answer", "1b"]).await;
        assert!(called.stdout.contains("has your answer"), "{}", called.stderr);
        let [request] = journal::control::poll(&dir.control_dir()).unwrap().try_into().unwrap();
        assert_eq!((request.kind.as_str(), request.text.as_deref()), (journal::control::ANSWER, Some("1b")));
    }
    fails(&sandbox.call(&["answer", "c"]).await, 1, "its choices are a to b");
    assert_eq!(sandbox.call(&["answer", "b"]).await.exit, 0);
    assert!(matches!(newest(&dir), Event::Answered { question: 1, choice, .. } if choice == "TOML"));
}
