//! Commands that act on a mission: each refusal has its own correct message, and changes nothing.

use journal::{Queued, control};
use mission::Event;
use serde_json::{Value, json};

use super::A;
use super::sandbox::{Sandbox, done, paused};
use crate::missions::queue::{Turn, Waiting, turn};
use crate::missions::run::{Start, run};
use crate::missions::running::Running;
use crate::talk::session::Sessions;

const B: &str = "m-bbbbbbbb";

fn undone() -> Vec<Value> {
    [done(), vec![json!({ "event": "undone", "files": 2 })]].concat()
}

#[tokio::test]
async fn a_second_undo_and_an_undo_of_nothing_say_what_is_so() {
    let sandbox = Sandbox::new();
    let says = |called: &super::sandbox::Called, exit: u64, text: &str| {
        assert_eq!((called.exit, called.stdout.as_str()), (exit, ""), "{}", called.stderr);
        assert!(called.stderr.contains(text), "{}", called.stderr);
    };
    says(&sandbox.call(&["undo"]).await, 1, "no mission of this project has written into the working tree");
    sandbox.mission(A, &undone());
    let again = format!("the change of mission `{A}` was taken back already");
    says(&sandbox.call(&["undo"]).await, 1, &again);
    says(&sandbox.call(&["undo", A]).await, 1, &again);
    says(&sandbox.call(&["undo", "m-zzzzzzzz"]).await, 2, "there is no mission `m-zzzzzzzz`");
    // A second undo undoes nothing else, and names what could be undone
    std::thread::sleep(std::time::Duration::from_millis(15));
    sandbox.mission(B, &done());
    std::thread::sleep(std::time::Duration::from_millis(15));
    sandbox.mission("m-cccccccc", &undone());
    says(&sandbox.call(&["undo"]).await, 1, &format!("`/task undo {B}` takes back the change before it"));
}

#[tokio::test]
async fn a_stop_during_an_undo_says_that_nothing_runs() {
    let sandbox = Sandbox::new();
    let dir = sandbox.mission(A, &done());
    let project = sandbox.opened().await;
    let _lock = sandbox.running(A);
    let called = sandbox.call(&["stop"]).await;
    let says =
        format!("mission {A} has ended, so there is nothing to stop; process 4242 still works on its files");
    assert!(called.exit == 1 && called.stderr.contains(&says), "{}", called.stderr);
    assert!(project.stop(None, "the user").await.contains(&says));
    assert!(control::poll(&dir.control_dir()).unwrap().is_empty(), "nobody is asked");
}

#[tokio::test]
async fn what_is_told_reaches_the_mission_that_runs_or_waits_in_the_journal_of_one_that_is_paused() {
    let sandbox = Sandbox::new();
    let called = sandbox.call(&["tell", "use", "tabs"]).await;
    assert_eq!(called.exit, 1);
    assert!(
        called.stderr.contains("no mission runs in this project, and none waits to be resumed"),
        "{}",
        called.stderr
    );

    let dir = sandbox.mission(A, &paused());
    let called = sandbox.call(&["tell", "two: use", "tabs"]).await;
    assert_eq!(called.exit, 0, "{}", called.stderr);
    let read = journal::read::<Event>(&dir.journal_path()).unwrap();
    let Some(Event::Corrected { text, task, .. }) = read.events.last() else { panic!("{:?}", read.events) };
    assert_eq!((text.as_str(), task.as_deref()), ("use tabs", Some("two")));

    let dir = sandbox.mission(B, &[]);
    let _lock = sandbox.running(B);
    let called = sandbox.call(&["tell", "use tabs"]).await;
    assert!(called.stdout.contains(&format!("Mission `{B}` has your text")), "{}", called.stderr);
    let [request] = control::poll(&dir.control_dir()).unwrap().try_into().unwrap();
    assert_eq!((request.kind.as_str(), request.text.as_deref()), (control::TELL, Some("use tabs")));
}

#[tokio::test]
async fn the_queue_is_listed_and_a_place_in_it_taken_out() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.call(&["queue"]).await.stdout, "No mission waits in this project.\n");
    let queued = Queued { mission: A.into(), objective: "Add one".into(), pid: 7, at_ms: 1, waits: true };
    let spot = sandbox.state().enqueue(&queued).unwrap();
    let listed = sandbox.call(&["queue", "--json"]).await.json();
    assert_eq!((&listed["queue"][0]["mission"], &listed["queue"][0]["waits"]), (&json!(A), &json!(true)));
    let called = sandbox.call(&["queue", "cancel", B]).await;
    assert!(called.exit == 1 && called.stderr.contains("does not wait"), "{}", called.stderr);
    let called = sandbox.call(&["queue", "cancel", A]).await;
    assert!(called.exit == 0 && !spot.is_kept(), "{}", called.stderr);
}

#[tokio::test]
async fn the_exit_status_says_how_a_mission_ended() {
    let sandbox = Sandbox::new();
    let verified = |verdict: &str| {
        let check = json!({ "name": "test", "run": "npm test", "verdict": verdict, "detail": "2 passed", "kind": "test",
                            "covers": ["one.js"] });
        let mut events = done();
        events[0]["checks"] = json!([check]);
        events
    };
    for (id, events, exit) in [
        (A, verified("pass"), 0),
        (B, done(), 3),
        ("m-cccccccc", paused(), 1),
        ("m-dddddddd", super::sandbox::incomplete(), 1),
        ("m-eeeeeeee", undone(), 1),
    ] {
        sandbox.mission(id, &events);
        let called = sandbox.call(&["watch", id, "--exit-status"]).await;
        assert_eq!(called.exit, exit, "{id}: {}", called.stdout);
        let called = sandbox.call(&["watch", id, "--json"]).await;
        assert_eq!((called.exit, &called.json()["exit_status"]), (0, &json!(exit)), "{id}");
    }
    let last = sandbox.call(&["watch", A]).await.stdout;
    assert!(last.trim_end().lines().next_back().unwrap().starts_with("✓ Done"), "{last}");
}

#[tokio::test]
async fn what_can_be_resumed_is_named_and_what_cannot_says_why() {
    let sandbox = Sandbox::new();
    let called = sandbox.call(&["resume"]).await;
    assert!(called.exit == 1 && called.stderr.contains("there is nothing to resume"), "{}", called.stderr);
    sandbox.mission(A, &done());
    let called = sandbox.call(&["resume", A]).await;
    assert!(
        called.exit == 1 && called.stderr.contains("is done, and there is nothing to resume"),
        "{}",
        called.stderr
    );
    sandbox.mission(B, &paused());
    let asked = sandbox.call(&["resume", "--timeout", "2m"]).await.json();
    let typed = &asked["missions"][0]["typed"];
    assert_eq!((typed, &asked["timeout_ms"]), (&json!(format!("resume {B}")), &json!(120_000)));
    let _lock = sandbox.running(B);
    let called = sandbox.call(&["resume", B]).await;
    assert!(called.exit == 1 && called.stderr.contains("runs in this project now"), "{}", called.stderr);
}

#[tokio::test]
async fn a_dry_run_of_clean_removes_nothing() {
    let sandbox = Sandbox::new();
    let dir = sandbox.mission(A, &done());
    let called = sandbox.call(&["clean", "--all", "--dry-run"]).await;
    assert!(
        called.stdout.contains("would remove") && called.stdout.contains("1 mission"),
        "{}",
        called.stdout
    );
    assert!(dir.exists());
}

#[tokio::test]
async fn a_mission_whose_turn_has_come_is_stopped_as_one_that_runs() {
    let sandbox = Sandbox::new();
    let project = sandbox.opened().await;
    let (running, waiting, lock) = (Running::default(), Waiting::default(), sandbox.running(A));
    let asked_in = Some("session".to_string());
    let waits = turn(&project, "Add a thing", asked_in.clone(), &running, &waiting);
    let ends = async {
        while sandbox.state().queue().unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        drop(lock);
    };
    let (turn, ()) = tokio::join!(waits, ends);
    let turn = turn.unwrap_or_else(|why| panic!("{why}"));
    running.asked_in(asked_in);
    assert!(!waiting.cancel("session"), "{} does not wait any more, so Esc must reach what runs", turn.id);
    assert!(running.is_of("session"));
}

#[tokio::test]
async fn a_stop_that_comes_while_the_mission_starts_is_heard() {
    let sandbox = Sandbox::new();
    let project = sandbox.opened().await;
    let (running, waiting) = (Running::default(), Waiting::default());
    let turn = turn(&project, "Add a thing", None, &running, &waiting).await;
    let Turn { id, lock, place: _place } = turn.unwrap_or_else(|why| panic!("{why}"));
    let called = sandbox.call(&["tell", "use tabs"]).await;
    assert!(called.stderr.contains("is being started; say it again in a moment"), "{}", called.stderr);
    assert!(project.stop(None, "the user").await.contains("was asked to stop"));
    let start = Start::New { objective: "Add a thing".into(), id: id.clone(), lock, follows: None };
    let hooks = std::sync::Arc::new(crate::engine::Engine::new(Default::default()));
    run(&project, start, None, &Sessions::default(), &running, hooks).await;
    let events =
        journal::read::<Event>(&sandbox.state().mission(&id).unwrap().journal_path()).unwrap().events;
    let reason = mission::PauseReason::Stopped("the user".into());
    let stopped = |event: &Event| matches!(event, Event::Paused { reason: why, .. } if *why == reason);
    assert!(events.iter().any(stopped), "{events:?}");
}
